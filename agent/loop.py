"""The loop: drift or worse outcomes → retraining → challenger → shadow → promotion → watched; a person approves each.

One pass moves every machine by at most a step. What it proposes waits like any change, in a thread of its own; a pass
without an answer proposes nothing again. Nothing is ever carried out here.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from agent.access import Person
from agent.alarming import look
from agent.service import Copilot
from agent.threads import LOOP, LOOP_SPEAKER
from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Profile
from models import drift
from models.alarm_channels import Channels
from models.alarms import Episode
from models.locks import locked
from models.loop_state import LoopState, read_loop, write_loop
from models.results import Result, Task
from models.shadow import AT_TRAINING, OUTPUT, Shadow, error_since, learnt_until, run_beside
from models.telemetry import NoTelemetry
from tools.plant import Plant

log = logging.getLogger(__name__)

SPEAKER = Person(name=LOOP_SPEAKER, role="technician")  # below an engineer, so that any engineer can answer it
WINDOW_HOURS = 168.0
WORSE = 1.25  # times the error at training, over FEWEST_LIVES that failed since
FEWEST_LIVES = 3
SHADOW_ROWS = 48
LEAST_AGREEMENT = 0.9  # on live rows, where no outcome is known yet
NO_WORSE = 1.05  # times the other's error: less is noise of so few lives
WATCHED_DAYS = 14
QUIET_DAYS = 7
NOBODY = Channels()


class LoopPass(Result):
    machines: tuple[LoopState, ...]
    alarms: tuple[Episode, ...] = ()  # open now, or not yet told to everybody
    failed: dict[str, str] = {}  # machine → why its step could not be taken


def run_pass(
    copilot: Copilot, machine_ids: list[str] | None = None, time_limit_s: int = 60, channels: Channels = NOBODY
) -> LoopPass:
    """Take each machine's next step; one that fails is named and holds no other up. Raises Locked beside another.

    Alarms are kept as episodes, and `channels` told of each once.
    """
    plant, states, failed = copilot.plant, [], {}
    alarms: list[Episode] = []
    machines = plant.machines
    with locked(plant.storage.loop_lock, wait_s=5.0):
        for machine_id in machine_ids or sorted(machines):
            profile = machines[machine_id]
            if not plant.telemetry.has(profile.id):
                continue
            faults: list[str] = []
            with _told(profile, faults):
                report = _drift(plant, profile)
            with _told(profile, faults):
                state = _step(copilot, profile, read_loop(plant.storage, profile.id), report, time_limit_s)
                drifted = report.drifted if report is not None else None
                state = state.model_copy(update={"passed_at": plant.now, "drifted": drifted})
                write_loop(plant.storage, state)
                states.append(state)
            with _told(profile, faults):  # whatever became of the step: trouble is told all the same
                episodes = look(plant, profile, report.drifted if report else None, channels, datetime.now(UTC))
                alarms += [each for each in episodes if each.open or each.undelivered]
            if faults:
                failed[profile.id] = " ".join(dict.fromkeys(faults))
    return LoopPass(machines=tuple(states), alarms=tuple(alarms), failed=failed)


@contextmanager
def _told(profile: Profile, faults: list[str]) -> Iterator[None]:
    """What goes wrong in the block ends the block, not the pass."""
    try:
        yield
    except NoTelemetry as error:
        log.info("%s", error)  # of a machine whose record begins later than now
    except MillwrightError as error:
        faults.append(str(error))
    except Exception:
        log.exception("The loop's step of %s crashed", profile.id)
        faults.append("A fault in Millwright stopped this step; the log has the details.")


def _drift(plant: Plant, profile: Profile) -> drift.DriftReport | None:
    """Looked at whatever stage the machine is in; None where there is too little to compare."""
    try:
        return drift.check(plant.storage, plant.telemetry, plant.registry, profile, WINDOW_HOURS, plant.now, page=False)
    except drift.TooLittleToCompare as error:
        log.info("%s", error)
        return None


def _step(
    copilot: Copilot, profile: Profile, state: LoopState, report: drift.DriftReport | None, time_limit_s: int
) -> LoopState:
    plant = copilot.plant
    if state.stage == "watching":
        return _watch(copilot, profile, state, report, time_limit_s)
    if state.stage == "training":
        return _trained(plant, profile, state)
    if state.stage == "shadow":
        return _shadowed(copilot, profile, state)
    if state.stage == "watched":
        return _watched(copilot, profile, state)
    return _answered(copilot, state)


def _watch(
    copilot: Copilot, profile: Profile, state: LoopState, report: drift.DriftReport | None, time_limit_s: int
) -> LoopState:
    plant = copilot.plant
    serving = [task for task in plant.registry.in_service(profile.id) if task in OUTPUT]
    if not serving:
        return state.noted("No model is in service; there is nothing to retrain.")
    why = _reason(plant, profile, report)
    if why is None:
        seen = "What is recorded looks like before" if report is not None else "Whether the data drifted is not known"
        drifted = report is not None and report.drifted
        said = "The data drifted, but not so that learning again would help" if drifted else seen
        return state.noted(f"{said}; no outcome speaks against the models.")
    if state.quiet_until is not None and plant.now < state.quiet_until:
        return state.noted(f"{why} A retraining was refused; asked again after {state.quiet_until:%Y-%m-%d}.")
    thread = f"{LOOP}{profile.id}-training"
    arguments = {"machine_id": profile.id, "tasks": serving, "time_limit_s": time_limit_s}
    call_id = _propose(copilot, thread, "train_models", arguments, why)
    return state.moved("retraining", calls={thread: call_id}, reason=why, versions={}, shadows=(),
                       note="A retraining is proposed and waits for an engineer.")  # fmt: skip


def _reason(plant: Plant, profile: Profile, report: drift.DriftReport | None) -> str | None:
    """Why the models should learn again; None where they should not."""
    found = []
    cards = [plant.registry.card(profile.id, t, v) for t, v in plant.registry.in_service(profile.id).items()]
    known = {card.task: learnt_until(plant.datasets, card) for card in cards}
    for card in cards:
        at_training = card.metrics.get(AT_TRAINING.get(card.task, ""))
        lives, error = error_since(plant.telemetry, plant.registry, profile, card, known[card.task])
        if lives >= FEWEST_LIVES and error is not None and at_training is not None and error > WORSE * at_training:
            found.append(
                f"The {card.task} model errs by {error:.4g} on {lives} lives that failed since it was trained, "
                f"against {at_training:.4g} then ({AT_TRAINING[card.task]})."
            )
    cause = report.causes[0] if report is not None and report.causes else None
    unlearnt = report is not None and all(until <= report.window_start for until in known.values())
    if cause is not None and cause.cause in ("process", "model") and unlearnt:
        what = "the process changed" if cause.cause == "process" else "the models no longer fit"
        found.append(f"The last 7 days have drifted: {what} ({'; '.join(cause.evidence)}).")
    return " ".join(found) or None


def _answered(copilot: Copilot, state: LoopState) -> LoopState:
    """What became of what was proposed; as long as one part waits or runs, nothing is done."""
    plant = copilot.plant
    status = {thread: copilot.change_status(thread, call_id) for thread, call_id in state.calls.items()}
    if set(status.values()) & {"waiting", "running"}:
        return state.noted("What is proposed waits for a person.")
    done = [thread for thread, each in status.items() if each == "done"]
    if not done:
        quiet = plant.now + timedelta(days=QUIET_DAYS)
        return state.moved("watching", quiet_until=quiet, note=f"It was not done: {', '.join(set(status.values()))}.")
    if state.stage == "retraining":
        outcome = copilot.change_outcome(state.calls[done[0]])
        return state.moved("training", job_id=str(outcome["job_id"]), note="The challengers are being trained.")
    if state.stage == "promotion":
        promoted = {task: version for task, version in state.versions.items() if _thread(state, task) in done}
        return state.moved("watched", versions=promoted, since=_last(plant, state.machine_id), shadows=(),
                           note="Promoted; watched beside the version before.")  # fmt: skip
    quiet = plant.now + timedelta(days=QUIET_DAYS)
    return state.moved("watching", versions={}, quiet_until=quiet, note="Rolled back.")


def _trained(plant: Plant, profile: Profile, state: LoopState) -> LoopState:
    job = plant.jobs.get(state.job_id or "")
    if job.status == "running":
        return state.noted("The challengers are being trained.")
    if job.status != "done" or job.result is None:
        quiet = plant.now + timedelta(days=QUIET_DAYS)
        return state.moved("watching", quiet_until=quiet, note=f"The training ended as {job.status}: {job.error}")
    passed: dict[Task, int] = {}
    said = []
    for model in job.result["models"]:
        if model["task"] not in OUTPUT or model["alias"] != "challenger":
            continue
        compared = plant.registry.compare(profile.id, model["task"])
        version = next(each for each in compared.versions if each.version == model["version"])
        failed = [f"{gate.name}: {gate.figure}" for gate in version.gates if not gate.passed]
        if failed:
            said.append(f"{model['task']} version {version.version} does not pass a gate ({'; '.join(failed)})")
        else:
            passed[model["task"]] = version.version
    if not passed:
        quiet = plant.now + timedelta(days=QUIET_DAYS)
        return state.moved("watching", quiet_until=quiet, note=f"No challenger passes: {'; '.join(said)}.")
    card = plant.registry.card(profile.id, *next(iter(passed.items())))
    since = learnt_until(plant.datasets, card)
    return state.moved("shadow", versions=passed, since=since, note="; ".join(["In shadow on live rows", *said]) + ".")


def _shadowed(copilot: Copilot, profile: Profile, state: LoopState) -> LoopState:
    plant = copilot.plant
    shadows = tuple(_beside(plant, profile, state, state.versions, champion_first=True))
    good = [each for each in shadows if _good(each)]
    if not shadows or min(each.rows for each in shadows) < SHADOW_ROWS:
        rows = min((each.rows for each in shadows), default=0)
        return state.noted(f"In shadow: {rows} rows of the {SHADOW_ROWS} it takes.", shadows=shadows)
    if not good:
        return state.noted("In shadow: not good enough yet on live rows.", shadows=shadows)
    calls = {}
    for each in good:
        why = f"{state.reason} It passes the gates; {_said(each)}."
        arguments = {"machine_id": profile.id, "task": each.task, "version": each.challenger}
        calls[_thread(state, each.task)] = _propose(copilot, _thread(state, each.task), "promote_model", arguments, why)
    versions = {each.task: each.challenger for each in good}
    return state.moved("promotion", calls=calls, shadows=shadows, versions=versions,
                       note="A promotion is proposed and waits for an engineer.")  # fmt: skip


def _watched(copilot: Copilot, profile: Profile, state: LoopState) -> LoopState:
    plant = copilot.plant
    shadows = tuple(_beside(plant, profile, state, state.versions, champion_first=False))
    known = [each for each in shadows if each.lives >= FEWEST_LIVES]
    worse = [each for each in known if _worse(each)]
    if worse:
        calls = {}
        for each in worse:
            why = f"Version {each.challenger} does worse than the one before it: {_said(each)}."
            arguments = {"machine_id": profile.id, "task": each.task}
            thread = _thread(state, each.task)
            calls[thread] = _propose(copilot, thread, "rollback_model", arguments, why)
        return state.moved("rollback", calls=calls, shadows=shadows, note="A rollback is proposed.")
    over = state.since is not None and plant.now > state.since + timedelta(days=WATCHED_DAYS)
    if over or (known and len(known) == len([each for each in shadows if each.task in AT_TRAINING])):
        return state.moved("watching", shadows=shadows, versions={}, reason="", note="The promoted version holds.")
    return state.noted("Watched beside the version before.", shadows=shadows)


def _beside(
    plant: Plant, profile: Profile, state: LoopState, versions: dict[Task, int], champion_first: bool
) -> list[Shadow]:
    """The challenger beside the version in service, or the version promoted beside the one it replaced."""
    found = []
    for task, version in versions.items():
        other = plant.registry.in_service(profile.id)[task] if champion_first else plant.registry.former(
            profile.id, task
        )  # fmt: skip
        if other is None or other == version or state.since is None:
            continue
        cards = (plant.registry.card(profile.id, task, other), plant.registry.card(profile.id, task, version))
        if (shadow := run_beside(plant.telemetry, plant.registry, profile, *cards, state.since)) is not None:
            found.append(shadow)
    return found


def _good(each: Shadow) -> bool:
    """By outcomes where enough lives failed; before that by agreement on live rows."""
    if each.lives >= FEWEST_LIVES and each.champion_error is not None and each.challenger_error is not None:
        return not _worse(each)
    return each.agreement >= LEAST_AGREEMENT


def _worse(each: Shadow) -> bool:
    if each.champion_error is None or each.challenger_error is None:
        return False
    return each.challenger_error > NO_WORSE * each.champion_error


def _said(each: Shadow) -> str:
    outcomes = (
        f", error {each.challenger_error:.4g} against {each.champion_error:.4g} on {each.lives} failed lives"
        if each.champion_error is not None and each.challenger_error is not None
        else ", no outcome known yet"
    )
    return f"over {each.rows} live rows it agrees with version {each.champion} on {each.agreement:.0%}{outcomes}"


def _thread(state: LoopState, task: Task) -> str:
    return f"{LOOP}{state.machine_id}-{task}"


def _propose(copilot: Copilot, thread: str, tool: str, arguments: dict[str, Any], why: str) -> str:
    turn = copilot.call(thread, tool, arguments, by=SPEAKER, why=why)
    return turn.calls[0].call_id


def _last(plant: Plant, machine_id: str) -> Any:
    return plant.telemetry.meter(machine_id)["at"].max().to_pydatetime()
