"""One run of one scenario: hold the conversation, wait for its jobs, judge each turn."""

import time
from collections.abc import Sequence
from typing import Protocol

from agent.service import APOLOGY
from agent.turns import Card, Decision, ToolCall, Turn
from evals.end_state import faults_of_end
from evals.grounding import Evidence
from evals.results import CallRecord, RunRecord, TurnRecord
from evals.scenario import Edit, Scenario, ScriptedTurn
from evals.scoring import arguments_right, counted, failures_of, tools_right
from evals.snapshot import snapshot, subjects_changed
from machine_profiles.errors import MillwrightError
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
    evidence, ended = Evidence(dict(plant.machines)), {job.job_id for job in plant.jobs.list()}
    before = snapshot(plant.storage.home)
    records = [_hold(agent, plant, scripted, evidence, ended, scenario.id) for scripted in scenario.turns]
    after = snapshot(plant.storage.home)
    calls = [call for record in records for call in record.tools]
    faults = faults_of_end(scenario.end_state, before, after, plant, calls)
    return RunRecord(
        passed=not faults and not any(record.failures for record in records),
        turns=tuple(records),
        changed=subjects_changed(before, after),
        end_state=tuple(faults),
    )


def _hold(
    agent: Agent, plant: Plant, scripted: ScriptedTurn, evidence: Evidence, ended: set[str], thread: str
) -> TurnRecord:
    evidence.hear(scripted.user or "")
    started, turns, faults, jobs_s = time.monotonic(), [], [], 0.0
    try:
        turns.append(_take(agent, scripted, thread))
        for _ in range(MOST_STEPS):
            waited = _wait_for_jobs(plant, ended)
            jobs_s += sum(waited.values())
            for job_id in waited:
                evidence.learn(plant.jobs.get(job_id))
            if not waited or (going_on := agent.continue_after_jobs(thread)) is None:
                break
            turns.append(going_on)
    except MillwrightError as error:
        faults.append(str(error))
    except Exception as error:  # noqa: BLE001 - whatever agent is evaluated, its crash is a result and not our end
        faults.append(f"the agent crashed: {type(error).__name__}: {error}")
    for turn in turns:
        evidence.see(turn)
        if APOLOGY in turn.answer:
            faults.append("the agent crashed; its log has the traceback")
    return _judge(scripted, turns, faults, evidence, time.monotonic() - started - jobs_s, jobs_s)


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


def _judge(
    scripted: ScriptedTurn, turns: Sequence[Turn], faults: list[str], evidence: Evidence, spent_s: float, jobs_s: float
) -> TurnRecord:
    """Where a job lay between several turns of the agent, they are one of the scenario; the last outcome counts."""
    calls = counted([call for turn in turns for call in turn.calls])
    answer = "\n\n".join(turn.answer for turn in turns if turn.answer)
    outcome = turns[-1].outcome if turns else "error"
    citations = tuple(citation for turn in turns for citation in turn.citations)
    ungrounded = evidence.untraced(answer)
    if turns:
        faults = [*faults, *failures_of(scripted.expect, outcome, calls, answer, bool(citations), ungrounded)]
    right, expected = arguments_right(scripted.expect, calls)
    return TurnRecord(
        said=_said(scripted),
        image=scripted.image,
        outcome=outcome,
        tools=tuple(_record(call) for call in calls),
        answer=answer,
        citations=citations,
        ungrounded=tuple(ungrounded),
        failures=tuple(faults),
        tools_right=tools_right(scripted.expect, calls),
        arguments_right=right,
        arguments_expected=expected,
        latency_s=round(spent_s, 4),
        jobs_s=round(jobs_s, 4),
    )


def _said(scripted: ScriptedTurn) -> str:
    if scripted.user is not None:
        return scripted.user
    if isinstance(scripted.approve, Edit):
        return f"approve, edited: {scripted.approve.edit}"
    return "approve" if scripted.approve else "reject"


def _record(call: ToolCall) -> CallRecord:
    return CallRecord.model_validate(call.model_dump(include=set(CallRecord.model_fields)))
