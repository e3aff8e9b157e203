"""The messages of a conversation that neither a person typed nor the brain wrote: decisions, and jobs that ended.

A turn reads, in order:

- `HumanMessage(content=words)`: the person; `additional_kwargs["image"]` is the path of an attached picture, and
  `["number"]` its place among the person's messages, once older ones have been left out.
- `AIMessage(tool_calls=…)` of the brain, then one `ToolMessage` a call: `content` is JSON (or an error's text, with
  status error) and `artifact` is `{"kind": class of the result, "data": the result as JSON}`.
- A change is not run: its ToolMessage has the kind `Proposal`, and data `{call_id, tool, args, preview, replaces}`.
- `HumanMessage(name="decision")`, content JSON `{"decisions": [{call_id, tool, verdict, args}]}`: the person's answer
  to the card. Then an AIMessage flagged `additional_kwargs["approved"]` with the approved calls (ids end in
  `_approved`), their ToolMessages, and the brain's answer. Where all were rejected the answer follows at once, without
  the brain.
- `HumanMessage(name="job_ended")`, content the Job as JSON: a job started in this thread has ended.
- `HumanMessage(name="guard")`: figures of the brain's last answer that no tool result bears out; it may write it anew.

The brain's last AIMessage states `additional_kwargs["outcome"]`: answer, clarify, refuse or error. It may say of a new
proposal, in `additional_kwargs["joins"] = [call ids]`, that it stands beside a waiting one rather than replaces it.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

DECISION, JOB_ENDED, GUARD = "decision", "job_ended", "guard"
PROPOSAL = "Proposal"
APPROVED = "_approved"  # what the id of an approved call ends in


def decision(decisions: list[dict[str, Any]]) -> HumanMessage:
    return HumanMessage(json.dumps({"decisions": decisions}), name=DECISION)


def approved_calls(calls: list[dict[str, Any]]) -> AIMessage:
    """The calls a person let pass; `calls` hold call_id, tool and args."""
    return AIMessage(
        "",
        tool_calls=[{"name": call["tool"], "args": call["args"], "id": call["call_id"] + APPROVED} for call in calls],
        additional_kwargs={"approved": True},
    )


def job_ended(job: dict[str, Any]) -> HumanMessage:
    return HumanMessage(json.dumps(job), name=JOB_ENDED)


def is_from_person(message: BaseMessage) -> bool:
    """Typed by a person, not one of ours."""
    return isinstance(message, HumanMessage) and message.name is None


def numbered(messages: Sequence[BaseMessage]) -> list[BaseMessage]:
    """The messages, with each of a person's carrying its number in the whole conversation, from 0."""
    last, found = -1, []
    for message in messages:
        if is_from_person(message):
            last = last + 1 if (known := number_of(message)) is None else known
            kept = {**message.additional_kwargs, "number": last}
            message = message.model_copy(update={"additional_kwargs": kept})
        found.append(message)
    return found


def number_of(message: BaseMessage) -> int | None:
    """Of a person's message that a trimming has numbered."""
    return message.additional_kwargs.get("number") if is_from_person(message) else None


def this_turn(messages: Sequence[BaseMessage]) -> list[BaseMessage]:
    """From the message that began it on."""
    starts = [n for n, each in enumerate(messages) if isinstance(each, HumanMessage) and each.name != GUARD]
    return list(messages[starts[-1] :]) if starts else list(messages)


def kind_of(message: BaseMessage) -> str | None:
    """The result class that a tool message holds; None for an error or any other message."""
    if not isinstance(message, ToolMessage) or message.status == "error" or not message.artifact:
        return None
    return str(message.artifact["kind"])


def text_of(message: BaseMessage) -> str:
    return str(message.text).strip()


def unanswered(messages: Iterable[BaseMessage]) -> list[str]:
    """Ids of tool calls without a tool message, oldest first."""
    listed = list(messages)
    answered = {message.tool_call_id for message in listed if isinstance(message, ToolMessage)}
    return [
        call["id"]
        for message in listed
        if isinstance(message, AIMessage)
        for call in message.tool_calls
        if call["id"] and call["id"] not in answered
    ]
