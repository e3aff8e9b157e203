"""What happens around each tool call: a change becomes a proposal, a result gets its receipt, and all is told."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event as Signal
from typing import Any

from langchain.agents.middleware.types import AgentMiddleware, ToolCallRequest
from langchain_core.messages import AIMessage, ToolMessage
from langgraph.types import Command

from agent import approvals
from agent.access import NotAllowed, Person, check_call
from agent.approvals import Approvals
from agent.confinement import check_files
from agent.messages import APPROVED, PROPOSAL
from agent.threads import Threads
from agent.time_limit import TookTooLong, within
from agent.turns import Event, ToolCall
from machine_profiles.errors import MillwrightError
from models.storage import Storage
from tools.plant import speaking
from tools.registry import InvalidArguments, all_tools, read_arguments

TOOL_CALLS = 24  # of one turn; a brain that needs more is going round in circles
OnEvent = Callable[[Event], None]


class TurnCancelled(MillwrightError):
    def __init__(self) -> None:
        super().__init__("Stopped, as you asked. What had already run stays done; nothing else was started.")


class TurnTooLong(MillwrightError):
    def __init__(self, limit_s: float) -> None:
        super().__init__(
            f"Stopped: this turn has taken more than {limit_s:.0f} s. What had already run stays done; nothing else "
            "was started. Please ask for less at a time."
        )


@dataclass
class TurnContext:
    """What one turn carries beside the conversation; gone when it ends."""

    thread: str
    on_event: OnEvent
    person: Person  # in whose name it runs
    approved: frozenset[str] = frozenset()  # ids of calls a person let pass
    receipts: int = 0  # given so far in this thread
    proposed: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)  # calls that the person's role does not reach
    calls: int = 0
    repairs: int = 0  # answers sent back to the brain for figures without a receipt
    stands_in: str = ""  # why the offline brain answers in the language model's place
    found: bool = False  # whether that model's calls had brought results before
    cancelled: Signal = field(default_factory=Signal)
    limit_s: float = 300.0
    tool_limit_s: float = 180.0
    began: float = field(default_factory=time.monotonic)

    def stop_if_cancelled(self) -> None:
        """Raises TurnCancelled, and TurnTooLong where its time is over."""
        if self.cancelled.is_set():
            raise TurnCancelled
        if time.monotonic() - self.began > self.limit_s:
            raise TurnTooLong(self.limit_s)

    def time_left_s(self) -> float:
        """What the next tool may take."""
        return min(self.tool_limit_s, self.limit_s - (time.monotonic() - self.began))


class ToolCalls(AgentMiddleware):
    """Runs reads and creates at once, and a change only where a person has approved this very call."""

    def __init__(self, approvals: Approvals, threads: Threads, storage: Storage) -> None:
        super().__init__()
        self._approvals, self._threads, self._storage = approvals, threads, storage

    def wrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], ToolMessage | Command[Any]]
    ) -> ToolMessage | Command[Any]:
        turn: Any = request.runtime.context
        call = request.tool_call
        turn.stop_if_cancelled()
        turn.calls += 1
        turn.on_event(Event(kind="tool_started", call=tool_call(call, None)))
        started = time.perf_counter()
        with speaking(turn.person.name):
            message = self._answer(turn, request, handler)
        if isinstance(message, ToolMessage):
            message.additional_kwargs |= {
                "seconds": round(time.perf_counter() - started, 3),
                "at": datetime.now(UTC).isoformat(),
            }
            if message.status == "success" and message.artifact["kind"] != PROPOSAL:
                turn.receipts += 1
                message.additional_kwargs["receipt"] = f"r{turn.receipts}"
            turn.on_event(Event(kind="tool_done", call=tool_call(call, message)))
        return message

    def _answer(self, turn: TurnContext, request: ToolCallRequest, handler: Any) -> ToolMessage | Command[Any]:
        call = request.tool_call
        declared = all_tools().get(call["name"])
        if turn.calls > TOOL_CALLS:
            return _failed(call, f"This turn has made {TOOL_CALLS} calls already; answer with what there is.")
        if declared is None:
            return handler(request)
        try:
            check_call(turn.person, declared.name)
            if declared.effect != "change":  # a change is looked at where it is proposed
                check_files(turn.person, self._storage, call["args"])
        except NotAllowed as error:
            turn.refused.append(str(call["id"]))
            return _failed(call, str(error))
        if declared.effect != "change":
            message = _run(turn, request, handler, declared.effect)
            if declared.effect == "create":
                self._note_job(turn, message)
            return message
        if call["id"] not in turn.approved:
            return self._propose(turn, request)
        return self._run_approved(turn, request, handler)

    def _propose(self, turn: TurnContext, request: ToolCallRequest) -> ToolMessage:
        call = request.tool_call
        brain = _calling(request.state["messages"], call["id"])
        joins = brain.additional_kwargs.get("joins", ()) if brain else ()
        withdraws = brain.additional_kwargs.get("withdraws", ()) if brain else ()
        try:
            change, replaced = self._approvals.propose(
                turn.thread,
                str(call["id"]),
                all_tools()[call["name"]],
                call["args"],
                turn.person,
                turn.proposed,
                joins,
                withdraws,
            )
        except MillwrightError as error:
            return _failed(call, str(error))
        turn.proposed.append(change.call_id)
        return ToolMessage(
            approvals.note(change, replaced),
            tool_call_id=call["id"],
            name=call["name"],
            artifact={"kind": PROPOSAL, "data": approvals.as_json(change, replaced)},
        )

    def _run_approved(self, turn: TurnContext, request: ToolCallRequest, handler: Any) -> ToolMessage | Command[Any]:
        proposal = str(request.tool_call["id"]).removesuffix(APPROVED)
        try:
            message = _run(turn, request, handler, "change")
        except BaseException as error:
            self._approvals.failed(turn.thread, proposal, f"A fault in Millwright: {type(error).__name__}.")
            raise
        if message.status == "error":
            self._approvals.failed(turn.thread, proposal, str(message.content))
            return message
        self._note_job(turn, message)
        self._approvals.done(turn.thread, proposal, message.artifact["data"])
        return message

    def _note_job(self, turn: TurnContext, message: Any) -> None:
        """A job that was started here will be told of here when it ends."""
        if message.status == "success" and (job_id := message.artifact["data"].get("job_id")):
            self._threads.add_job(turn.thread, job_id)


def tool_call(call: Mapping[str, Any], message: ToolMessage | None, rejected: bool = False) -> ToolCall:
    """A call as a turn shows it; without its message it is still running."""
    declared = all_tools().get(call["name"])
    args, status = dict(call["args"]), "done"
    if declared is not None:
        try:
            args = read_arguments(declared, args).model_dump(mode="json")
        except InvalidArguments:
            status = "failed"
    told = message.additional_kwargs if message is not None else {}
    artifact = message.artifact if message is not None and message.status == "success" else None
    if message is not None and message.status == "error":
        status = "failed"
    elif artifact and artifact["kind"] == PROPOSAL:
        status = "proposed"
    return ToolCall(
        call_id=str(call["id"]),
        name=call["name"],
        args=args,
        effect=declared.effect if declared else "read",
        status="rejected" if rejected else status,
        kind=artifact["kind"] if artifact else None,
        result=artifact["data"] if artifact else None,
        error=str(message.content) if message is not None and status == "failed" else None,
        seconds=told.get("seconds", 0.0),
        receipt=told.get("receipt"),
    )


def _run(turn: TurnContext, request: ToolCallRequest, handler: Any, effect: str) -> Any:
    """The tool's message; an error where it takes longer than the turn can wait."""
    call = request.tool_call
    try:
        return within(turn.time_left_s(), effect, lambda: handler(request))
    except TookTooLong as error:
        return _failed(call, str(error))


def _failed(call: Mapping[str, Any], text: str) -> ToolMessage:
    return ToolMessage(text, tool_call_id=call["id"], name=call["name"], status="error")


def _calling(messages: list[Any], call_id: str | None) -> AIMessage | None:
    for message in reversed(messages):
        if isinstance(message, AIMessage) and any(call["id"] == call_id for call in message.tool_calls):
            return message
    return None
