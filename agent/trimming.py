"""What the brain reads of a long conversation: its last exchanges, and those that something still hangs on."""

import json
from collections.abc import Sequence
from typing import Any

from langchain.agents.middleware.types import AgentMiddleware
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, RemoveMessage, ToolMessage
from langgraph.graph.message import REMOVE_ALL_MESSAGES

from agent.approvals import Approvals
from agent.brains.offline.plan import place_of
from agent.messages import APPROVED, JOB_ENDED, is_from_person, number_of, numbered, text_of
from agent.threads import Threads

KEPT = 12  # exchanges: a person's message and all up to the next one


class Trimming(AgentMiddleware):
    """Every turn costs the same, however long the conversation: what was said before stays in its turns on disk.

    Kept beside the last exchanges: the last one about a machine, and those whose change waits or whose job runs, with
    the messages that it came from. Receipts are counted on disk, and the guard looks there for older figures.
    """

    def __init__(self, approvals: Approvals, threads: Threads) -> None:
        super().__init__()
        self._approvals, self._threads = approvals, threads

    def before_agent(self, state: Any, runtime: Any) -> dict[str, Any] | None:
        messages, thread = state["messages"], runtime.context.thread
        if sum(is_from_person(message) for message in messages) <= KEPT:
            return None
        open_ = {*self._approvals.open_calls(thread), *self._threads.untold_jobs(thread), *_ended(messages)}
        return {"messages": [RemoveMessage(id=REMOVE_ALL_MESSAGES), *trimmed(messages, open_)]}


def trimmed(messages: Sequence[BaseMessage], open_: set[str], kept: int = KEPT) -> list[BaseMessage]:
    """The messages of the last `kept` exchanges and of those that name something `open_`: call or job ids."""
    groups = _exchanges(messages)
    hanging = {id_ for group in groups for id_ in _calls(group) if id_ in open_ or _jobs(group, id_) & open_}
    origins = {found[0] for id_ in hanging if (found := place_of(id_)) is not None}
    about = max((place for place, group in enumerate(groups) if _machines(group)), default=-1)
    left: list[BaseMessage] = []
    for place, group in enumerate(groups):
        ids = _calls(group)
        belongs = {found[0] for id_ in ids if (found := place_of(id_)) is not None} & origins
        if place >= len(groups) - kept or place == about or ids & hanging or belongs or number_of(group[0]) in origins:
            left += group
    return left


def _exchanges(messages: Sequence[BaseMessage]) -> list[list[BaseMessage]]:
    """The messages by exchange; each exchange's first message is numbered."""
    groups: list[list[BaseMessage]] = []
    for message in numbered(messages):
        if number_of(message) is not None or not groups:
            groups.append([])
        groups[-1].append(message)
    return groups


def _calls(group: Sequence[BaseMessage]) -> set[str]:
    """Ids of the calls made, an approved one by the id it was proposed under."""
    made = [call["id"] for message in group if isinstance(message, AIMessage) for call in message.tool_calls]
    return {str(id_).removesuffix(APPROVED) for id_ in made}


def _jobs(group: Sequence[BaseMessage], call_id: str) -> set[str]:
    return {
        str(message.artifact["data"]["job_id"])
        for message in group
        if isinstance(message, ToolMessage) and message.tool_call_id.removesuffix(APPROVED) == call_id
        if isinstance(message.artifact, dict) and message.artifact["data"].get("job_id")
    }


def _machines(group: Sequence[BaseMessage]) -> bool:
    return any(
        call["args"].get("machine_id") for message in group if isinstance(message, AIMessage)
        for call in message.tool_calls
    )  # fmt: skip


def _ended(messages: Sequence[BaseMessage]) -> set[str]:
    """Jobs whose end this turn tells."""
    ended: set[str] = set()
    for message in reversed(messages):
        if not (isinstance(message, HumanMessage) and message.name == JOB_ENDED):
            break
        ended.add(json.loads(text_of(message))["job_id"])
    return ended
