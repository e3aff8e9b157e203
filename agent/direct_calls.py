"""One tool called by a program, without a brain: rights, receipts, approvals and record as in a conversation."""

import time
import uuid
from datetime import UTC, datetime
from typing import Any

from agent import approvals
from agent.access import Person, check_call
from agent.approvals import Approvals
from agent.confinement import check_files
from agent.messages import PROPOSAL
from agent.receipts import receipt_for
from agent.threads import Threads
from agent.time_limit import within
from agent.turns import ToolCall, Turn
from machine_profiles.errors import MillwrightError
from tools.plant import Plant, speaking
from tools.registry import all_tools, read_arguments
from tools.running import run_tool

PROGRAM = "program"  # who speaks in such a turn, as answers state it


class UnknownTool(MillwrightError):
    def __init__(self, tool: str) -> None:
        super().__init__(f"No tool {tool!r}. There are {', '.join(sorted(all_tools()))}.")


def call_tool(
    plant: Plant, approvals_: Approvals, threads: Threads, thread: str, tool: str, arguments: dict[str, Any],
    person: Person, why: str = "", limit_s: float = 180.0,
) -> Turn:  # fmt: skip
    """Run a read or a create at once and put a change on the thread's card; the turn is kept in the thread.

    Raises UnknownTool, NotAllowed, NotYours, InvalidArguments, TookTooLong, or what the tool itself says is wrong.
    """
    if tool not in all_tools():
        raise UnknownTool(tool)
    check_call(person, tool)
    declared, call_id, said = all_tools()[tool], f"call-{uuid.uuid4().hex[:12]}", f"({tool}, called by a program)"
    args = read_arguments(declared, arguments)
    check_files(person, plant.storage, args.model_dump(mode="json"))
    threads.begin(thread, person, said)
    started, receipt = time.perf_counter(), None
    if declared.effect == "change":
        change, replaced = approvals_.propose(thread, call_id, declared, arguments, person, why=why)
        status, kind, data = "proposed", PROPOSAL, approvals.as_json(change, replaced)
        answer = "This waits for a person's approval; nothing has been done yet."
    else:
        with speaking(person.name):
            result = within(limit_s, declared.effect, lambda: run_tool(plant, declared, args))
        status, kind, data = "done", type(result).__name__, result.model_dump(mode="json")
        receipt, answer = f"r{threads.receipts_given(thread) + 1}", f"{tool} was called."
        if job_id := data.get("job_id"):
            threads.add_job(thread, job_id)
    call = ToolCall.model_validate(
        {"call_id": call_id, "name": tool, "args": args.model_dump(mode="json"), "effect": declared.effect,
         "status": status, "kind": kind, "result": data, "receipt": receipt,
         "seconds": round(time.perf_counter() - started, 3)}
    )  # fmt: skip
    now = datetime.now(UTC)
    turn = Turn(
        thread=thread, message=said, at=now, by=person.name, outcome="approval" if status == "proposed" else "answer",
        answer=answer, calls=(call,), card=approvals_.pending(thread),
        receipts=(receipt_for(receipt, tool, data, now),) if receipt else (), model=PROGRAM,
        latency_s=time.perf_counter() - started,
    )  # fmt: skip
    threads.add(turn)
    return turn
