"""Agents that are not ours: a function from the conversation to a reply, spoken to as the runner speaks to ours."""

import importlib
import importlib.util
import json
import re
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.tools import BaseTool, StructuredTool, ToolException
from langchain_core.utils.function_calling import convert_to_openai_tool

from agent import approvals
from agent.assembling import calls_of
from agent.messages import PROPOSAL, text_of
from agent.turns import Card, Decision, Outcome, ProposedChange, ToolCall, Turn
from machine_profiles.errors import MillwrightError
from models.results import Preview
from tools.plant import Plant
from tools.registry import all_tools, langchain_tools, read_arguments
from tools.running import run_tool

_DECLINES = re.compile(
    r"\b(?:can(?:no|')t|cannot|unable to|not able to|won't|outside (?:of )?what|no evidence)\b", re.I
)


class UnusableAgent(MillwrightError):
    def __init__(self, named: str, why: str) -> None:
        super().__init__(
            f"--agent {named!r} cannot be used: {why}. Name a function as module:function or file.py:function."
        )


class Conversation:
    """What an agent is given each turn: the messages so far, the image, and our tools on this scenario's plant."""

    def __init__(self, plant: Plant) -> None:
        self.plant = plant
        self.image: str | None = None
        self.messages: list[dict[str, Any]] = []  # as OpenAI's chat protocol has them: what was said and answered

    @cached_property
    def tools(self) -> list[BaseTool]:
        """Our tools as LangChain takes them. A change is only proposed; it runs when the scenario approves it."""
        return [
            _proposing(each) if all_tools()[each.name].effect == "change" else each
            for each in langchain_tools(self.plant)
        ]

    @property
    def schemas(self) -> list[dict[str, Any]]:
        """The same as OpenAI's protocol has them."""
        return [convert_to_openai_tool(each) for each in self.tools]

    def call(self, call: dict[str, Any]) -> ToolMessage:
        """Run one of our tools for an agent that has no loop of its own; `call` has id, name and args."""
        named = {each.name: each for each in self.tools}
        if call["name"] not in named:
            return ToolMessage(f"There is no tool {call['name']!r}.", tool_call_id=call["id"], status="error")
        message: ToolMessage = named[call["name"]].invoke({**call, "type": "tool_call"})
        return message


Function = Callable[[Conversation], Sequence[BaseMessage] | str]


class ExternalAgent:
    """Speaks like the Copilot for a function that gives a text, or the LangChain messages of its turn."""

    def __init__(self, function: Function, name: str, plant: Plant) -> None:
        self._function, self._name, self._plant = function, name, plant
        self._conversation = Conversation(plant)
        self._waiting: tuple[ProposedChange, ...] = ()

    def say(self, thread: str, message: str, image: str | None = None) -> Turn:
        self._conversation.image = image
        return self._turn(thread, message, [])

    def decide(self, thread: str, decisions: list[Decision]) -> Turn:
        """Carry the approved changes out, and tell the agent in the next message what came of them."""
        verdicts = {each.call_id: each for each in decisions}
        waiting, self._waiting = self._waiting, ()
        done = [self._carry_out(change, verdicts[change.call_id]) for change in waiting]
        told = "; ".join(f"{call.name}: {json.dumps(call.result) if call.result else call.error}" for call in done)
        return self._turn(thread, f"I have decided on your proposals. {told}", done)

    def pending(self, thread: str) -> Card | None:
        if not self._waiting:
            return None
        return Card(thread=thread, user=self._plant.user, changes=self._waiting, proposed_at=datetime.now(UTC))

    def continue_after_jobs(self, thread: str) -> Turn | None:
        return None

    def _turn(self, thread: str, said: str, before: list[ToolCall]) -> Turn:
        started = time.perf_counter()
        self._conversation.messages.append({"role": "user", "content": said})
        replied = self._function(self._conversation)
        messages = [AIMessage(replied)] if isinstance(replied, str) else list(replied)
        last = messages[-1] if messages else AIMessage("")
        answer = text_of(last) if isinstance(last, AIMessage) else ""
        self._conversation.messages.append({"role": "assistant", "content": answer})
        calls = [*before, *calls_of(messages)]
        self._waiting += tuple(_change(call) for call in calls if call.status == "proposed")
        return Turn(
            thread=thread, message=said, outcome=last.additional_kwargs.get("outcome") or outcome_of(answer, calls),
            answer=answer, calls=tuple(calls), card=self.pending(thread), receipts=(), model=self._name,
            citations=tuple(dict.fromkeys(cite for call in calls for cite in _citations(call))),
            latency_s=time.perf_counter() - started,
        )  # fmt: skip

    def _carry_out(self, change: ProposedChange, decision: Decision) -> ToolCall:
        call = ToolCall(
            call_id=change.call_id, name=change.tool, args=change.args, effect="change", status="rejected",
            error="rejected by a person",
        )  # fmt: skip
        if decision.verdict == "reject":
            return call
        declared = all_tools()[change.tool]
        try:
            args = read_arguments(declared, {**change.args, **decision.args})
            call = call.model_copy(update={"args": args.model_dump(mode="json")})
            result = run_tool(self._plant, declared, args).model_dump(mode="json")
        except MillwrightError as error:
            return call.model_copy(update={"status": "failed", "error": str(error)})
        return call.model_copy(update={"status": "done", "result": result, "error": None})


def outcome_of(answer: str, calls: Sequence[ToolCall]) -> Outcome:
    """What an answer that states no outcome amounts to, by what was called and how it reads.

    An agent of another make may state it itself, in `additional_kwargs["outcome"]` of its last message.
    """
    if any(call.status == "proposed" for call in calls):
        return "approval"
    if calls and all(call.status == "failed" for call in calls):
        return "error"
    if any(call.status == "done" for call in calls):
        return "answer"
    if answer.rstrip().endswith("?"):
        return "clarify"
    return "refuse" if _DECLINES.search(answer) else "answer"


def load_agent(named: str) -> Function:
    """The function that `module:function` or `file.py:function` names. Raises UnusableAgent."""
    module, _, function = named.rpartition(":")
    if not module or not function:
        raise UnusableAgent(named, "it has no colon")
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        loaded = _from_file(Path(module)) if module.endswith(".py") else importlib.import_module(module)
        found = getattr(loaded, function)
    except (ImportError, OSError, AttributeError) as error:
        raise UnusableAgent(named, str(error)) from error
    if not callable(found):
        raise UnusableAgent(named, f"{function} is no function")
    return found


def _from_file(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"no module in {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(path.stem, module)
    spec.loader.exec_module(module)
    return module


def _proposing(tool: BaseTool) -> BaseTool:
    declared = all_tools()[tool.name]

    def propose(**arguments: Any) -> tuple[str, dict[str, Any]]:
        try:
            args = read_arguments(declared, arguments).model_dump(mode="json")
        except MillwrightError as error:
            raise ToolException(str(error)) from error
        change = ProposedChange(call_id="", tool=tool.name, args=args, preview=Preview(), schema_={})
        return approvals.note(change, ()), {"kind": PROPOSAL, "data": approvals.as_json(change, ())}

    return StructuredTool(
        func=propose, name=tool.name, description=tool.description, args_schema=tool.args_schema,
        response_format="content_and_artifact", handle_tool_error=True,
    )  # fmt: skip


def _change(call: ToolCall) -> ProposedChange:
    return ProposedChange(call_id=call.call_id, tool=call.name, args=call.args, preview=Preview(), schema_={})


def _citations(call: ToolCall) -> list[str]:
    cited: Any = (call.result or {}).get("citations", ())
    return [item if isinstance(item, str) else str(item.get("reference", "")) for item in cited]
