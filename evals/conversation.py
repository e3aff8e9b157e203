"""One run of one scenario: hold the conversation, wait for its jobs, keep what came of it."""

import time
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from langchain_core.callbacks import get_usage_metadata_callback

from agent.service import APOLOGY
from agent.turns import Card, Decision, ToolCall, Turn
from evals.end_state import faults_of_end
from evals.judging import counted, judged
from evals.results import CallRecord, RunRecord, Tokens, TurnRecord
from evals.scenario import Edit, Scenario, ScriptedTurn
from evals.snapshot import snapshot, subjects_changed
from machine_profiles.errors import MillwrightError
from models.jobs import Job
from tools.plant import Plant

JOB_GRACE_S = 300.0  # beyond its own time limit, for a loaded machine
MOST_STEPS = 5  # jobs that one turn may start one after the other


class Agent(Protocol):
    """What is evaluated: agent.service.Copilot, or anything that speaks like it."""

    def say(self, thread: str, message: str, image: str | None = None) -> Turn: ...
    def decide(self, thread: str, decisions: list[Decision]) -> Turn: ...
    def pending(self, thread: str) -> Card | None: ...
    def continue_after_jobs(self, thread: str) -> Turn | None: ...


class _NothingWaits(MillwrightError):
    """The scenario answers a card, and the agent has proposed nothing, or not that."""


def hold(agent: Agent, plant: Plant, scenario: Scenario) -> RunRecord:
    """Play the scenario's turns in one thread. A crash fails its turn, and the conversation goes on."""
    machines, ended = dict(plant.machines), {job.job_id for job in plant.jobs.list()}
    before = snapshot(plant.storage.home)
    records = [_hold(agent, plant, scripted, ended, scenario.id) for scripted in scenario.turns]
    after = snapshot(plant.storage.home)
    calls = [call for record in records for call in record.tools]
    faults = faults_of_end(scenario.end_state, before, after, plant, calls)
    observed = RunRecord(
        passed=False, turns=tuple(records), changed=subjects_changed(before, after), end_state=tuple(faults)
    )
    return judged(scenario, observed, machines)


def _hold(agent: Agent, plant: Plant, scripted: ScriptedTurn, ended: set[str], thread: str) -> TurnRecord:
    started, turns, faults = time.monotonic(), [], []
    jobs: dict[str, float] = {}
    with get_usage_metadata_callback() as usage:
        try:
            turns.append(_take(agent, scripted, thread))
            for _ in range(MOST_STEPS):
                waited = _wait_for_jobs(plant, ended)
                jobs |= waited
                if not waited or (going_on := agent.continue_after_jobs(thread)) is None:
                    break
                turns.append(going_on)
        except MillwrightError as error:
            faults.append(str(error))
        except Exception as error:  # noqa: BLE001 - whatever agent is evaluated, its crash is a result, not our end
            faults.append(f"the agent crashed: {type(error).__name__}: {error}")
    faults += ["the agent crashed; its log has the traceback" for turn in turns if APOLOGY in turn.answer]
    jobs_s = sum(jobs.values())
    return _observed(scripted, turns, faults, [plant.jobs.get(each) for each in jobs], jobs_s).model_copy(
        update={
            "latency_s": round(time.monotonic() - started - jobs_s, 4),
            "tokens": _tokens(usage.usage_metadata.values()),
        }
    )


def _take(agent: Agent, scripted: ScriptedTurn, thread: str) -> Turn:
    if scripted.user is not None:
        return agent.say(thread, scripted.user, scripted.image)
    card = agent.pending(thread)
    if card is None or not card.changes:
        raise _NothingWaits("approve: no change is waiting for an answer")
    edits = scripted.approve.edit if isinstance(scripted.approve, Edit) else {}
    if absent := sorted(set(edits) - {change.tool for change in card.changes}):
        raise _NothingWaits(f"approve: no proposal of {', '.join(absent)} is waiting")
    if scripted.approve is False:
        return agent.decide(thread, [Decision(call_id=c.call_id, verdict="reject") for c in card.changes])
    return agent.decide(
        thread,
        [
            Decision(call_id=c.call_id, verdict="edit", args=edits[c.tool])
            if c.tool in edits
            else Decision(call_id=c.call_id, verdict="approve")
            for c in card.changes
        ],
    )


def _wait_for_jobs(plant: Plant, ended: set[str]) -> dict[str, float]:
    """Wait for the plant's jobs not yet `ended`; how long each took. One that overruns its time is cancelled."""
    waited = {}
    for job in plant.jobs.list():
        if job.job_id in ended:
            continue
        ended.add(job.job_id)
        started = time.monotonic()
        limit = float(job.arguments.get("time_limit_s", 60)) + JOB_GRACE_S
        while plant.jobs.get(job.job_id).status == "running":
            if time.monotonic() - started > limit:
                plant.jobs.cancel(job.job_id)
                raise MillwrightError(f"jobs: {job.job_id} had not ended after {limit:.0f} s and was cancelled")
            time.sleep(0.2)
        waited[job.job_id] = time.monotonic() - started
    return waited


def _observed(
    scripted: ScriptedTurn, turns: Sequence[Turn], faults: list[str], jobs: Sequence[Job], jobs_s: float
) -> TurnRecord:
    """Where a job lay between several turns of the agent, they are one of the scenario; the last outcome counts."""
    cards = [turn.card for turn in turns if turn.card]
    return TurnRecord(
        said=scripted.said,
        image=scripted.image,
        outcome=turns[-1].outcome if turns else "error",
        tools=tuple(counted([_record(call) for turn in turns for call in turn.calls])),
        answer="\n\n".join(turn.answer for turn in turns if turn.answer),
        citations=tuple(citation for turn in turns for citation in turn.citations),
        card=tuple(change.model_dump(mode="json", include={"args", "preview"}) for c in cards for change in c.changes),
        jobs=tuple(job.model_dump(mode="json") for job in jobs),
        faults=tuple(faults),
        answered=bool(turns),
        latency_s=0.0,
        jobs_s=round(jobs_s, 4),
    )


def _tokens(used: Iterable[Any]) -> Tokens | None:
    told = list(used)
    if not told:
        return None
    return Tokens(input=sum(each["input_tokens"] for each in told), output=sum(each["output_tokens"] for each in told))


def _record(call: ToolCall) -> CallRecord:
    return CallRecord.model_validate(call.model_dump(include=set(CallRecord.model_fields)))
