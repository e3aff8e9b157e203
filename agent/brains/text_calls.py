"""Tool calls that a model wrote as text or spelt badly, made real ones."""

import ast
import json
import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any
from uuid import uuid4

from langchain_core.messages import AIMessage, AIMessageChunk, InvalidToolCall, ToolCall

from agent.messages import text_of

_FENCED = re.compile(r"```(?:json|tool_code|python|tool_call)?\s*(.*?)```", re.DOTALL | re.IGNORECASE)
_TAGGED = re.compile(r"<(tool_call|function_call|tools?)>\s*(.*?)\s*(?:</\1>|$)", re.DOTALL | re.IGNORECASE)
_NAMES = ("name", "tool", "tool_name", "function", "function_name", "action")
_ARGUMENTS = ("arguments", "args", "parameters", "params", "input", "action_input")


def repaired(answer: AIMessage, tools: Collection[str]) -> AIMessage:
    """The answer with calls in place of what was meant as some; itself where nothing was.

    A value is never made up: arguments that break off are left as they are, for the model to write again.
    """
    written = _written(answer)
    if written:
        mended = [_mended(*each) for each in written]
        calls = [call for call in mended if call is not None]
        if len(calls) == len(mended):
            return _calling(answer, calls)
        return AIMessage(
            "",
            invalid_tool_calls=[
                InvalidToolCall(type="invalid_tool_call", name=n, args=a, id=i, error="no JSON") for n, a, i in written
            ],
        )
    if answer.tool_calls:
        return answer
    calls = list(_calls_in(text_of(answer), tools))
    return _calling(answer, calls) if calls else answer


def _calling(answer: AIMessage, calls: list[ToolCall]) -> AIMessage:
    """Built anew: a streamed message keeps the pieces of its calls, and would read them again."""
    return AIMessage(
        "", tool_calls=calls, response_metadata=answer.response_metadata, usage_metadata=answer.usage_metadata
    )


def read_json(text: str) -> Any:
    """JSON, or what differs from it in quotes, trailing commas and Python's True and None. Raises ValueError."""
    try:
        return json.loads(text)
    except ValueError:
        pass
    without_commas = re.sub(r",\s*([}\]])", r"\1", text.strip())
    try:
        return json.loads(without_commas)
    except ValueError:
        pass
    try:
        return ast.literal_eval(without_commas)
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        raise ValueError("it is neither JSON nor close to it") from None


def _written(answer: AIMessage) -> list[tuple[Any, Any, Any]]:
    """Name, arguments as text, and id of each call as the model wrote it. Of a stream these are put together anew: in
    LangChain's reading arguments that broke off are taken as whole, with a number cut short."""
    pieces: Sequence[Any] = answer.tool_call_chunks if isinstance(answer, AIMessageChunk) else answer.invalid_tool_calls
    return [(each.get("name"), each.get("args") or "{}", each.get("id")) for each in pieces]


def _mended(name: Any, args: Any, id_: Any) -> ToolCall | None:
    if not isinstance(name, str) or not isinstance(args, str):
        return None
    fenced = _FENCED.search(args)
    try:
        read = read_json(fenced[1] if fenced else args)
        read = read_json(read) if isinstance(read, str) else read  # encoded twice
    except ValueError:
        return None
    return ToolCall(name=name, args=read, id=str(id_ or _new_id())) if isinstance(read, dict) else None


def _calls_in(text: str, tools: Collection[str]) -> Iterator[ToolCall]:
    pieces = [found[2] for found in _TAGGED.finditer(text)] or [found[1] for found in _FENCED.finditer(text)]
    for piece in pieces or [text.strip()]:
        for item in _objects(piece):
            name, args = _named(item)
            if name in tools and isinstance(args, dict):
                yield ToolCall(name=name, args=args, id=_new_id())


def _objects(piece: str) -> Iterator[dict[str, Any]]:
    """The JSON objects of a piece that is nothing else: one, a list, or one a line."""
    try:
        read = read_json(piece)
    except ValueError:
        read = []
        for line in piece.splitlines():
            if line.strip():
                try:
                    read.append(read_json(line))
                except ValueError:
                    return
    if isinstance(read, dict) and isinstance(listed := read.get("calls") or read.get("tool_calls"), list):
        read = listed
    for item in read if isinstance(read, list) else [read]:
        if isinstance(item, dict):
            yield item


def _named(item: dict[str, Any]) -> tuple[str, Any]:
    inner = item.get("function")
    if isinstance(inner, dict):
        return _named(inner)
    name = next((str(item[key]) for key in _NAMES if key in item), "")
    args: Any = next((item[key] for key in _ARGUMENTS if key in item), {})
    if isinstance(args, str):
        try:
            args = read_json(args)
        except ValueError:
            args = None
    return name.removeprefix("functions."), args


def _new_id() -> str:
    return f"call_{uuid4().hex[:12]}"
