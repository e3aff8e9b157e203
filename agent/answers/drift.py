"""Whether the data has drifted, in words: the cause first, then what moved, then what to do."""

from agent.answers.asked import Asked
from agent.answers.figures import count, say_figure, say_number, say_probability, say_time, say_unit
from agent.answers.naming import TASK_NAMES, machine_name, sensor_name
from agent.answers.said import Said
from models.drift import DriftCause, DriftFinding, DriftReport
from models.drift_predictions import PredictionShift

SURE, LIKELY = 0.85, 0.6
_FAULTS = {
    "bias": "reads higher or lower than it did", "noisier": "is noisier than it was", "frozen": "is stuck",
    "clipped": "is cut off at one value", "silent": "is mostly silent", "swapped": "seems to be swapped with another",
}  # fmt: skip
_ADVICE = {
    "degradation": "The models expect this, so they need no retraining for it. Ask how the machine is doing, or why.",
    "sensor": "Have the sensor and its cabling checked or calibrated before you trust what the models say; "
    "note it in the maintenance log. Do not retrain on these readings.",
    "process": "If the change is to last, gather some weeks of it and retrain; until then take the answers with care.",
    "model": "If the machine was worked on, log it. If it stays like this, retrain the models on the new readings.",
}


def say_drift(found: DriftReport, asked: Asked) -> Said:
    machine = machine_name(found.machine_id, asked.catalog)
    rests = (
        f"The window runs from {say_time(found.window_start)} to {say_time(found.window_end)} "
        f"({count(found.window_rows, 'sample')}), against {count(found.reference_rows, 'sample')} before it; what "
        f"load, ambient and warm-up explain is taken out."
    )
    page = f" Evidently's own page: {found.evidently_report}." if found.evidently_report else ""
    doubts = (
        []
        if found.outcomes
        else ["No failure has come since the models were trained, so their errors on new ones are not known."]
    )
    if not found.drifted:
        return Said(
            finding=f"{machine}: no drift. None of its {found.sensors_tested} sensors has moved beyond chance.",
            rests_on=rests + page,
            doubts=tuple(doubts),
        )
    first = found.causes[0] if found.causes else None
    others = [_other(each, found, asked) for each in found.causes[1:2] if each.probability > 0.15]
    return Said(
        finding=f"{machine}: {_cause(first, found, asked) if first else 'its data has drifted'}.",
        figures=(
            *(_finding(each) for each in found.findings[:5]),
            *others,
            *(_shift(each) for each in found.predictions if first and first.cause != "sensor"),
        ),
        advice=(_ADVICE[first.cause],) if first else (),
        rests_on=rests + page,
        doubts=tuple(doubts),
    )


def _cause(cause: DriftCause, found: DriftReport, asked: Asked) -> str:
    sure = "" if cause.probability >= SURE else "probably " if cause.probability >= LIKELY else "possibly "
    if cause.cause == "degradation":
        mode = _mode(cause, asked, found)
        return f"its data has drifted, {sure or 'almost certainly '}because the machine is degrading ({mode})"
    if cause.cause == "sensor":
        return f"{sure}a sensor is off: {sensor_name(str(cause.sensor))} {_FAULTS[cause.sensor_fault or 'bias']}"
    if cause.cause == "process":
        asked_of = sensor_name(str(cause.sensor))
        return f"its data has drifted, {sure}because the process changed ({asked_of} is not what it was)"
    return (
        f"its data has drifted, and {sure}the models no longer fit: several sensors moved as in no failure mode "
        f"that is known"
    )


def _other(cause: DriftCause, found: DriftReport, asked: Asked) -> str:
    what = {
        "degradation": f"degradation ({_mode(cause, asked, found)})", "process": "a changed process",
        "sensor": f"a fault of the {sensor_name(str(cause.sensor))} sensor", "model": "a model that no longer fits",
    }[cause.cause]  # fmt: skip
    return f"It may also be {what} ({say_probability(cause.probability)})"


def _mode(cause: DriftCause, asked: Asked, found: DriftReport) -> str:
    profile = asked.catalog[found.machine_id] if asked.catalog and found.machine_id in asked.catalog else None
    titles = {mode.name: mode.title.lower() for mode in profile.failure_modes} if profile else {}
    return titles.get(str(cause.failure_mode), str(cause.failure_mode).replace("_", " "))


def _finding(each: DriftFinding) -> str:
    name = sensor_name(each.sensor).capitalize()
    if each.kind in ("level", "operating"):
        way = "up" if each.shift.value > 0 else "down"
        size = say_figure(abs(each.shift.value), each.shift.unit)
        return f"{name}: {way} by {size}, {say_number(abs(each.deviations))} standard deviations"
    if each.kind == "noise":
        return f"{name}: scatters {say_number(each.shift.value)} times as much as before"
    words = {"frozen": "repeats the same value in", "clipped": "stands at its extreme in", "silent": "is missing in"}
    return f"{name}: {words[each.kind]} {say_probability(each.shift.value)} more of its samples than before"


def _shift(each: PredictionShift) -> str:
    unit = say_unit(each.now.unit) if each.now.unit == "h" else ""
    before, now = (f"{say_number(value)} {unit}".strip() for value in (each.before.value, each.now.value))
    if each.task == "failure":
        before, now = say_probability(each.before.value), say_probability(each.now.value)
    return f"The {TASK_NAMES[each.task]} model's mean answer went from {before} to {now}"
