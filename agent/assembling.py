"""One turn put together from its messages: calls, outcome, receipts, answer."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage

from agent.answers.naming import say_change
from agent.messages import text_of
from agent.receipts import has_receipt, receipt_of
from agent.tool_calls import tool_call
from agent.turns import Card, Outcome, ProposedChange, ToolCall, Turn
from machine_profiles.profile import Profile

NO_ANSWER = "I have no answer to that; please put it in other words."
_TAG = re.compile(r"^\s*\[(asks|declines|failed)\]\s*", re.IGNORECASE)
_TAGGED: dict[str, Outcome] = {"asks": "clarify", "declines": "refuse", "failed": "error"}


def assemble(
    *, thread: str, messages: Sequence[BaseMessage], card: Card | None, proposed: Sequence[str],
    stopped: str | None, refused: Sequence[str], postscript: str, model: str, latency_s: float,
) -> Turn:  # fmt: skip
    """`messages` are the turn's own; `proposed` the calls it put on the card; `stopped` what ended it early;
    `refused` the calls that the person's role did not reach.
    """
    calls = calls_of(messages)
    last = messages[-1] if messages and isinstance(messages[-1], AIMessage) and not messages[-1].tool_calls else None
    told = last.additional_kwargs if last else {}
    waiting = {change.call_id for change in card.changes} if card else set()
    answer, outcome = _read(last)
    if stopped:
        answer, outcome = stopped, "error"
    elif not answer:
        answer, outcome = NO_ANSWER, "error"
    elif waiting & set(proposed):
        outcome = "approval"
    elif outcome is None:
        outcome = "error" if calls and calls[-1].status == "failed" else "answer"
    failed = [call.call_id for call in calls if call.status == "failed"]
    if outcome == "error" and not stopped and failed and set(failed) <= set(refused):
        outcome = "refuse"
    return Turn(
        thread=thread,
        outcome=outcome,
        answer="\n\n".join(part for part in (answer, postscript) if part),
        calls=tuple(calls),
        card=card,
        receipts=tuple(receipt_of(m) for m in messages if isinstance(m, ToolMessage) and has_receipt(m)),
        citations=tuple(dict.fromkeys(cite for call in calls for cite in _citations(call))),
        ungrounded=tuple(told.get("ungrounded", ())),
        suggestions=tuple(told.get("suggestions", ())),
        model=told.get("model", model),
        latency_s=round(latency_s, 3),
    )


def calls_of(messages: Sequence[BaseMessage]) -> list[ToolCall]:
    """Every call of the turn, in the order they were made."""
    answers = {message.tool_call_id: message for message in messages if isinstance(message, ToolMessage)}
    calls = []
    for message in messages:
        for call in message.tool_calls if isinstance(message, AIMessage) else ():
            answer = answers.get(str(call["id"]))
            shown = tool_call(call, answer)
            if answer is None:
                shown = shown.model_copy(update={"status": "failed", "error": "It was stopped before it ended."})
            calls.append(shown)
    return calls


def say_left(rejected: Sequence[ProposedChange], machines: Mapping[str, Profile]) -> str:
    """What was not done, as the person decided."""
    if not rejected:
        return ""
    changes = "; ".join(say_change(change.tool, change.args, machines) for change in rejected)
    return f"Not done, as you decided: {changes}. Nothing was changed by it."


def say_waits(waiting: Sequence[ProposedChange], machines: Mapping[str, Profile]) -> str:
    """What the person's own yes does not settle."""
    return "\n".join(
        f"Still waiting, for the approval of an {change.approver}: {say_change(change.tool, change.args, machines)}."
        for change in waiting
    )


def _read(last: AIMessage | None) -> tuple[str, Outcome | None]:
    """The answer's text, and the outcome the brain states: by `additional_kwargs`, or a tag in front of the text."""
    if last is None:
        return "", None
    text, stated = text_of(last), last.additional_kwargs.get("outcome")
    if stated in get_args(Outcome):
        return text, stated
    tag = _TAG.match(text)
    return (text[tag.end() :], _TAGGED[tag[1].lower()]) if tag else (text, None)


def _citations(call: ToolCall) -> list[str]:
    cited: Any = (call.result or {}).get("citations", ())
    return [item if isinstance(item, str) else str(item.get("reference", "")) for item in cited]
