"""What a result rests on, how sure it is, and what its interval and its finding mean: answers about an answer."""

from collections.abc import Callable, Sequence

from agent.answers.asked import Asked
from agent.answers.composing import KINDS, said_of
from agent.answers.figures import say_figure, say_hours, say_number, say_probability, say_time
from agent.answers.naming import TASK_NAMES, machine_name, sensor_name
from agent.turns import ToolCall
from models.health import FleetRanking, HealthPrediction
from models.results import Interval
from models.sensor_forecast import SensorForecast

WITH_INTERVAL = ("HealthPrediction", "SensorForecast", "FleetRanking")
_SOURCES = {
    "TelemetrySummary": "They are recorded readings, as the sensors gave them; no model stands between.",
    "MachineDescription": "It stands in the machine's profile, with the document it was taken from.",
    "ModelComparison": "They were measured on lives that the models had not seen.",
    "Explanation": "The weighing compares how the sensors have moved with how each failure mode moves them.",
    "MachineList": "They are the profiles of this plant.",
    "ImageDiagnosis": "It is judged from the picture alone, beside the readings where there are any.",
}  # fmt: skip
_NOT_SURE = {
    "TelemetrySummary": "These are readings, so they are as good as the sensors; missing ones are not filled in.",
    "MachineDescription": "It is what the profile states; an estimate is marked as one.",
    "DriftReport": "It is a statistical test: a small change can still pass unseen, and one in a while is chance.",
    "Explanation": "The share weighs the causes I know against each other. It is no proof: the check named there is "
    "what "
    "confirms or rules it out.",
    "ModelComparison": "It is measured on few lives, so a small difference between versions may be chance.",
    "ImageDiagnosis": "It is one picture of one part; look again, or have it looked at, before you act on it.",
}  # fmt: skip


def say_source(call: ToolCall, asked: Asked) -> str:
    """Where the figures of a result come from."""
    if call.kind == "HealthPrediction":
        return _health_source(HealthPrediction.model_validate(call.result), asked)
    said = said_of(call, asked)
    machine = call.args.get("machine_id")
    of = f" of {machine_name(machine, asked.catalog)}" if machine else ""
    return " ".join(
        part for part in (f"That is from the last answer{of}.", _SOURCES.get(str(call.kind), ""), said.rests_on) if part
    )


def say_sureness(call: ToolCall, asked: Asked) -> str | None:
    """How far a result can be trusted; None where that is nothing to be said of."""
    if call.kind == "HealthPrediction":
        return _health_sureness(HealthPrediction.model_validate(call.result), asked)
    if call.kind == "SensorForecast":
        found = SensorForecast.model_validate(call.result)
        machine, interval = machine_name(found.machine_id, asked.catalog), found.at_horizon.interval
        first = f"{sensor_name(found.sensor).capitalize()} of {machine} in {say_hours(found.horizon_hours)}"
        if interval is None:
            return (
                f"{first}: {say_figure(found.at_horizon.value, found.unit)}, with no interval, so take it as a guess."
            )
        return f"{first}: {_inside(interval, lambda value: say_figure(value, found.unit))}"
    text = _NOT_SURE.get(str(call.kind))
    if text is None:
        return None
    doubts = said_of(call, asked).doubts
    return " ".join([text, *(doubt for doubt in doubts if doubt not in text)])


def say_what_interval(call: ToolCall, asked: Asked) -> str | None:
    """What the interval of a result says; None where the result has none to speak of."""
    if call.kind == "HealthPrediction":
        found = HealthPrediction.model_validate(call.result)
        unit = asked.time_unit(found.machine_id)
        machine = machine_name(found.machine_id, asked.catalog)
        if found.rul is None:
            return f"No RUL model of {machine} is in service, so there is no interval."
        if found.rul_at_cap or found.rul.interval is None:
            return (
                f"There is no interval for {machine}: the labels its RUL model learnt from end there, so the figure "
                f"is a "
                f"lower bound. How much more it has, the model cannot tell."
            )
        inside = _inside(found.rul.interval, lambda value: say_hours(value, unit))
        return f"RUL of {machine}: {inside} Plan by the lower end."
    if call.kind == "FleetRanking":
        found_ = FleetRanking.model_validate(call.result)
        first = next((each for each in found_.machines if each.rul and each.rul.interval), None)
        if first is None or first.rul is None or first.rul.interval is None:
            return None
        inside = _inside(first.rul.interval, say_hours)
        return f"For example {machine_name(first.machine_id, asked.catalog)}: {inside} Plan by the lower end."
    return say_sureness(call, asked) if call.kind == "SensorForecast" else None


def say_meaning(call: ToolCall, asked: Asked) -> str | None:
    """What a result comes to, in plain words."""
    if call.kind == "HealthPrediction":
        found = HealthPrediction.model_validate(call.result)
        return _MEANS[found.state].format(machine=machine_name(found.machine_id, asked.catalog))
    if call.kind == "DriftReport" and call.result is not None:
        machine = machine_name(call.result["machine_id"], asked.catalog)
        if not call.result["drifted"]:
            return (
                f"The readings of {machine} still look like those before, load and weather allowed for. So its models "
                f"answer on ground they know, and nothing calls for retraining."
            )
        return (
            f"The readings of {machine} are no longer like those before, more than load and weather explain. "
            f"The cause named first decides what to do: a worn machine needs care, a faulty sensor a check, a changed "
            f"process new data."
        )
    if call.kind == "ModelComparison":
        return (
            "Each version answered for lives it had not seen. The metric says how well; the constant beside it is what "
            "guessing would reach. Only a version that is better and passes every gate is worth putting into service."
        )
    return say_what_interval(call, asked)


_MEANS = {
    "alarm": "{machine} is beyond an alarm limit: have it looked at now, and do not count on the hours left.",
    "act": "{machine} shows signs of failing: plan a check at the next stop, before the lower end of its RUL.",
    "watch": "{machine} can run on; something about it is not as usual, so look again soon.",
    "sound": "Nothing about {machine} calls for action now. That is a judgement of its latest readings, not a "
    "guarantee.",
}


def _health_source(found: HealthPrediction, asked: Asked) -> str:
    machine = machine_name(found.machine_id, asked.catalog)
    gives = {"failure": "Chance of failure", "rul": "RUL and its interval", "anomaly": "Anomaly score"}
    lines = [
        f"- {gives[task]}: {TASK_NAMES[task]} model version {version}"
        for task, version in found.models.items()
        if task in gives
    ]
    limits = ["- Limits: the machine's profile"] if found.limits_crossed else []
    return "\n".join(
        [
            f"From the latest readings of {machine}, up to {say_time(found.at)}, through its models in service:",
            *lines,
            *limits,
            "The interval is set by how far each model was off on lives it had not seen. Ask me to compare its models "
            "for "
            "how good they are.",
        ]
    )


def _health_sureness(found: HealthPrediction, asked: Asked) -> str:
    unit, machine = asked.time_unit(found.machine_id), machine_name(found.machine_id, asked.catalog)
    lines = []
    if found.failure_probability is not None:
        chance = say_probability(found.failure_probability.value)
        lines.append(f"The chance of failure of {machine} ({chance}) is an estimate, no certainty either way.")
    if found.rul is not None and found.rul_at_cap:
        lines.append("The RUL is a lower bound: the labels it learnt from end there.")
    elif found.rul is not None and found.rul.interval is not None:
        interval = found.rul.interval
        lines.append(f"RUL: {_inside(interval, lambda value: say_hours(value, unit))}")
    lines += [f"What makes it less sure: {doubt.rstrip('.')}." for doubt in found.doubts]
    return " ".join(lines) or f"No model of {machine} gives a figure here, so there is nothing to be sure of."


def _inside(interval: Interval, say: Callable[[float], str]) -> str:
    share = f"{say_number(100 * interval.confidence)} %"
    low, high = say(interval.low), say(interval.high)
    low = low.split()[0] if low.split()[1:] == high.split()[1:] else low
    return (
        f"the {share} interval runs from {low} to {high}. On lives that the model had not seen, such intervals held "
        f"the "
        f"true value in about {share} of cases; in the rest it lay outside. A wide one says that few comparable lives "
        f"have been seen, not that all is well."
    )


def last_result(calls: Sequence[ToolCall]) -> ToolCall | None:
    """The latest call that found something."""
    return next((c for c in reversed(calls) if c.status == "done" and c.result and c.kind in KINDS), None)
