"""Tool calls by a JSON schema that a server holds its model to: one typed branch a tool, one example each."""

import json
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import yaml
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolCall, ToolMessage
from langchain_core.runnables import Runnable

from agent.brains.faults import BrainFault
from agent.messages import DECISION, GUARD, JOB_ENDED, text_of
from agent.turns import Outcome
from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Profile
from tools.tool import Tool

MOST_CALLS = 6
RESULT_CHARACTERS = 1500  # of a tool's result, as it is shown to a model with little room
_KEPT = ("type", "enum", "const", "items", "properties", "required", "additionalProperties", "minItems", "maxItems")
_OUTCOMES: tuple[Outcome, ...] = ("answer", "clarify", "refuse", "error")
_TOLD = {DECISION: "The person answered the card", JOB_ENDED: "A job has ended", GUARD: "Correct your last answer"}


class NoSchemaCalling(MillwrightError):
    def __init__(self, provider: str) -> None:
        super().__init__(
            f"MILLWRIGHT_TOOL_CALLING=schema works with openai: and ollama: models, not with {provider}. "
            "Set it to native."
        )


def constrained(model: BaseChatModel, schema: dict[str, Any]) -> Runnable[Any, Any]:
    """The model, its server held to the schema. Raises NoSchemaCalling where the protocol has no way to say so."""
    provider = model._llm_type
    if provider.startswith("openai"):
        held = {"type": "json_schema", "json_schema": {"name": "step", "strict": True, "schema": schema}}
        return model.bind(extra_body={"response_format": held})
    if "ollama" in provider:
        return model.bind(format=schema)
    raise NoSchemaCalling(provider)


def schema_of(tools: Iterable[Tool], machines: Collection[str], must_call: bool = False) -> dict[str, Any]:
    """Either calls, each of one tool with its arguments, or an answer in words; `must_call` leaves no choice."""
    branches = [
        _object({"tool": {"const": each.name}, "arguments": _arguments(each, machines)}, ["tool", "arguments"])
        for each in tools
    ]
    calls = {"type": "array", "items": {"anyOf": branches}, "minItems": 1, "maxItems": MOST_CALLS}
    if must_call:
        return _object({"calls": calls}, ["calls"])
    said = {"outcome": {"type": "string", "enum": list(_OUTCOMES)}, "answer": {"type": "string"}}
    return {"anyOf": [_object({"calls": calls}, ["calls"]), _object(said, list(said))]}


def as_text(
    messages: Iterable[BaseMessage], tools: Iterable[Tool], machines: Mapping[str, Profile]
) -> list[BaseMessage]:
    """The conversation in turns of user and assistant, which any chat template knows; calls stand in it as JSON.

    What never changes comes first, so that a server reads it once and keeps it.
    """
    plain: list[BaseMessage] = []
    for message in messages:
        if isinstance(message, SystemMessage):
            plain.append(SystemMessage(f"{text_of(message)}\n\n{_instruction(tools, machines)}"))
        elif isinstance(message, AIMessage) and message.tool_calls:
            calls = [{"tool": call["name"], "arguments": call["args"]} for call in message.tool_calls]
            plain.append(AIMessage(json.dumps({"calls": calls})))
        elif isinstance(message, AIMessage):
            told = message.additional_kwargs.get("outcome", "answer")
            plain.append(AIMessage(json.dumps({"outcome": told, "answer": text_of(message)}, ensure_ascii=False)))
        elif isinstance(message, ToolMessage):
            state = "failed" if message.status == "error" else "returned"
            plain.append(HumanMessage(f"{message.name} {state}: {text_of(message)[:RESULT_CHARACTERS]}"))
        elif message.name in _TOLD:
            plain.append(HumanMessage(f"{_TOLD[str(message.name)]}: {text_of(message)[:RESULT_CHARACTERS]}"))
        else:
            image = message.additional_kwargs.get("image")
            plain.append(HumanMessage(text_of(message) + (f"\n(Attached picture: {image})" if image else "")))
    return _alternating(plain)


def read(said: AIMessage) -> AIMessage:
    """The message that the constrained text stands for. Raises BrainFault where it fits no form."""
    try:
        step = json.loads(text_of(said))
        if "calls" in step:
            calls = [
                ToolCall(name=str(call["tool"]), args=_stated(call["arguments"]), id=f"call_{uuid4().hex[:12]}")
                for call in step["calls"]
            ]
            return AIMessage("", tool_calls=_without_repeats(calls))
        return AIMessage(str(step["answer"]), additional_kwargs={"outcome": step["outcome"]})
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BrainFault("its answers fit no form, so its server may not hold it to a schema", once_more=True) from None


def _instruction(tools: Iterable[Tool], machines: Mapping[str, Profile]) -> str:
    lines = ['You answer in JSON: {"calls": […]} to use tools, or {"outcome": …, "answer": …} to say something.',
             "Fill in only the arguments that the person states.", "", "Machines:"]  # fmt: skip
    lines += [f"{id_}: {profile.name} ({profile.kind} {profile.number})" for id_, profile in machines.items()]
    lines += ["", "Tools, each with what it is for and an example:"]
    for each in tools:
        example = examples()[each.name]
        call = {"calls": [{"tool": each.name, "arguments": example["args"]}]}
        lines += [f"{each.name}: {each.description.splitlines()[0]}", f"“{example['says']}” → {json.dumps(call)}"]
    return "\n".join(lines)


@cache
def examples() -> dict[str, dict[str, Any]]:
    stated: dict[str, dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("examples.yaml").read_text("utf-8"))
    return stated


def _arguments(tool: Tool, machines: Collection[str]) -> dict[str, Any]:
    """The tool's schema without prose, references and bounds, which grammars of servers do not know."""
    whole = tool.arguments.model_json_schema()
    plain: dict[str, Any] = _plain(whole, whole.get("$defs", {}))
    for name, field in plain.get("properties", {}).items():
        if name == "machine_id":
            may_lack = "anyOf" in field
            ids: dict[str, Any] = {"type": "string", "enum": list(machines)}
            plain["properties"][name] = {"anyOf": [ids, {"type": "null"}]} if may_lack else ids
    return plain


def _plain(schema: Any, definitions: Mapping[str, Any]) -> Any:
    if "$ref" in schema:
        return _plain(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in schema:
        return {"anyOf": [_plain(each, definitions) for each in schema["anyOf"]]}
    kept = {key: schema[key] for key in _KEPT if key in schema}
    if "properties" in kept:
        kept["properties"] = {name: _plain(each, definitions) for name, each in kept["properties"].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(kept.get(key), dict):
            kept[key] = _plain(kept[key], definitions)
    return kept


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _stated(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Without the nulls, by which a model says that an argument was not stated."""
    return {name: value for name, value in arguments.items() if value is not None}


def _without_repeats(calls: list[ToolCall]) -> list[ToolCall]:
    kept: list[ToolCall] = []
    for call in calls:
        if all((call["name"], call["args"]) != (other["name"], other["args"]) for other in kept):
            kept.append(call)
    return kept


def _alternating(messages: list[BaseMessage]) -> list[BaseMessage]:
    """Several messages of one speaker made one: some templates refuse two in a row."""
    joined: list[BaseMessage] = []
    for message in messages:
        if joined and joined[-1].type == message.type:
            joined[-1] = type(message)(f"{text_of(joined[-1])}\n\n{text_of(message)}")
        else:
            joined.append(message)
    return joined
