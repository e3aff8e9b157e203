"""How a machine is doing, and which is worst, in words."""

from agent.answers.asked import Asked
from agent.answers.figures import (
    count,
    say_figure,
    say_hours,
    say_interval,
    say_life,
    say_probability,
    say_rounded,
    say_time,
)  # fmt: skip
from agent.answers.naming import TASK_NAMES, in_plain_words, machine_name, say_list, sensor_name
from agent.answers.safety import before_touching
from agent.answers.said import Said
from models.attribution import Attribution
from models.health import FleetRanking, HealthPrediction, LimitCrossing, NotRanked, RankedMachine, SensorMovement
from models.results import Quantity
from models.telemetry import MAIN
from models.trends import SensorTrend
from models.vibration_severity import VibrationZone

UNLIKELY, LIKELY = 0.2, 0.8
WEIGHTY = 0.05  # of the sound answer: a sensor that weighs less is not worth a word
MOVED = 2.0  # standard deviations of sound readings from which a sensor is worth a word
_FINDING = {
    "alarm": "{machine} is in alarm and should be looked at now",
    "act": "{machine} needs attention soon",
    "watch": "{machine} can run on, but keep an eye on it",
    "sound": "{machine} looks sound",
}
_STATES = {"alarm": "in alarm", "act": "needs attention", "watch": "to be watched", "sound": "sound"}


def say_health(found: HealthPrediction, asked: Asked, given_readings: bool = False) -> Said:
    machine, unit = _machine(found, asked), asked.time_unit(found.machine_id)
    touch = found.state in ("alarm", "act")
    return Said(
        finding=f"{_FINDING[found.state].format(machine=machine)}{_because(found, unit)}.",
        figures=tuple(_figures(found, asked, unit)),
        advice=(_advice(found), before_touching(asked.kind(found.machine_id))) if touch else (),
        rests_on=_rests_on(found, given_readings),
        doubts=tuple(_doubts(found)),
    )


def say_ranking(found: FleetRanking, asked: Asked) -> Said:
    by = {"rul": "remaining useful life (RUL)", "failure_probability": "chance of failure", "anomaly": "anomaly score"}
    trouble = [each for each in found.machines if each.state != "sound"]
    if not found.machines:
        finding = "No machine could be ranked."
    elif trouble:
        first = machine_name(found.machines[0].machine_id, asked.catalog)
        finding = f"{first} comes first. Of {count(found.ranked, 'machine')} compared, ranked by {by[found.by]}:"
    else:
        finding = f"None of these is in trouble; of {count(found.ranked, 'machine')} compared, by {by[found.by]}:"
    latest = max((each.at for each in found.machines), default=None)
    worst = next((each for each in found.machines if each.state in ("alarm", "act")), None)
    return Said(
        finding="\n".join([finding, *(_ranked(each, found, asked) for each in found.machines)]),
        advice=(before_touching(asked.kind(worst.machine_id)),) if worst else (),
        rests_on=f"Readings up to {say_time(latest)}; hours are operating hours." if latest else "",
        doubts=tuple(_unknown(found, asked)),
    )


def _unknown(found: FleetRanking, asked: Asked) -> list[str]:
    """The machines that were not ranked, in one sentence a reason."""
    alike: dict[str, list[NotRanked]] = {}
    for each in found.not_ranked:
        alike.setdefault(each.reason.removeprefix(each.machine_id), []).append(each)
    return [_not_ranked(group, asked) for group in alike.values()]


def _not_ranked(group: list[NotRanked], asked: Asked) -> str:
    names = [machine_name(each.machine_id, asked.catalog) for each in group]
    named = names if len(names) <= 5 else [*names[:4], f"{len(names) - 4} others"]
    reason = in_plain_words(group[0].reason, asked.catalog).rstrip(".")
    why = f"({reason})" if len(group) == 1 else f"for one reason: {reason}, and so with the others"
    return f"Not ranked, so not known: {say_list(named)}{' ' if len(group) == 1 else ', '}{why}."


def _ranked(each: RankedMachine, found: FleetRanking, asked: Asked) -> str:
    unit = asked.time_unit(each.machine_id)
    parts = [_STATES[each.state]]
    if each.rul is not None:
        parts.append(f"RUL {_short_life(each, unit)}")
    if each.failure_probability is not None:
        chance = say_probability(each.failure_probability.value)
        parts.append(f"{chance} chance of failure within {say_hours(found.horizon_hours, unit)}")
    if found.by == "anomaly" and each.anomaly is not None:
        parts.append(f"anomaly score {each.anomaly.value:.2f}")
    parts += [_crossing(crossing, asked, each.machine_id) for crossing in each.limits_crossed[:1]]
    return f"{each.rank}. {machine_name(each.machine_id, asked.catalog)}: {', '.join(parts)}"


def _short_life(each: RankedMachine, unit: str) -> str:
    if each.rul is None:
        return "not known"
    return f"{say_hours(each.rul.value, unit)}{say_interval(each.rul.interval, unit)}"


def _because(found: HealthPrediction, unit: str) -> str:
    """The weightiest reason for the state."""
    limits = {crossing.level: sensor_name(crossing.sensor) for crossing in reversed(found.limits_crossed)}
    if found.state == "sound":
        return ""
    if "alarm" in limits:
        return f": {limits['alarm']} is beyond its alarm limit"
    if found.failure_expected:
        return ": it is likely to fail within the time asked about"
    if found.failure_ahead and found.ahead_hours is not None:
        return f": it may well fail within {say_hours(found.ahead_hours, unit)}"
    if "warning" in limits:
        return f": {limits['warning']} is beyond its warning limit"
    if found.anomalous:
        return ": its readings are unusual for it"
    if found.rul is not None and not found.rul_at_cap and _earliest_end(found.rul) <= found.horizon_hours:
        return ": its life may end within the time asked about"
    return ": not enough is known to call it sound"


def _earliest_end(rul: Quantity) -> float:
    return rul.interval.low if rul.interval else rul.value


def _figures(found: HealthPrediction, asked: Asked, unit: str) -> list[str]:
    when = f" ({asked.horizon})" if asked.horizon else ""
    horizon = f"within {say_hours(found.horizon_hours, unit)} of operation" if unit == "h" else (
        f"within {say_hours(found.horizon_hours, unit)}"
    )  # fmt: skip
    chance = say_probability(found.failure_probability.value) if found.failure_probability else "not known"
    rul = say_life(found.rul, found.rul_at_cap, found.cap_hours, unit) if found.rul else "not known"
    lines = [f"Chance of failure {horizon}{when}: {chance}", *_ahead(found, unit)]
    lines.append(f"Remaining useful life (RUL): {rul}")
    if found.anomaly is not None:
        verdict = "unusual for this machine" if found.anomalous else "as usual for this machine"
        lines.append(f"Readings: {verdict} (anomaly score {found.anomaly.value:.2f})")
    lines += [_first_up(_crossing(crossing, asked, found.machine_id)) for crossing in found.limits_crossed]
    lines += [_zone(zone) for zone in found.vibration_zones[:1] if found.state != "sound" or zone.zone in "CD"]
    if found.state != "sound":
        moved = [each for each in found.moved if abs(each.deviation) >= MOVED][:3]
        lines += [f"Moved most: {say_list(map(_movement, moved))}"] if moved else []
        lines += [_weight(each, unit) for each in found.attributions if each.of == "rul" and not found.rul_at_cap]
        lines += [_trend(each) for each in found.trends[:2]]
    return [line for line in lines if line]


def _ahead(found: HealthPrediction, unit: str) -> list[str]:
    """The longer outlook, where it says more than the time asked about."""
    if not found.failure_ahead or found.failure_expected or found.probability_ahead is None:
        return []
    chance = say_probability(found.probability_ahead.value)
    return [f"Chance of failure within {say_hours(found.ahead_hours or 0.0, unit)}: {chance}"]


def _zone(zone: VibrationZone) -> str:
    standard, value = zone.standard.split(",")[0], say_figure(zone.value, zone.unit)
    return f"Vibration severity: zone {zone.zone} of {standard}, {zone.meaning} ({value})"


def _weight(attribution: Attribution, unit: str) -> str:
    """What takes most off the remaining life, as far as it is worth a word."""
    worth = WEIGHTY * attribution.reference
    lost = [each for each in attribution.contributions if each.contribution.value < -worth][:3]
    said = [f"{sensor_name(each.sensor)} (about {say_hours(-each.contribution.value, unit)})" for each in lost]
    return f"What takes most off the RUL: {say_list(said)}" if said else ""


def _trend(trend: SensorTrend) -> str:
    way = "rising" if trend.per_day > 0 else "falling"
    said = f"{sensor_name(trend.sensor).capitalize()} is {way} by {say_rounded(abs(trend.per_day), trend.unit)} a day"
    if trend.hours_to_alarm is None:
        return said
    return f"{said}; at that pace it meets its alarm limit in about {say_hours(trend.hours_to_alarm)}"


def _movement(each: SensorMovement) -> str:
    latest, sound = say_figure(each.latest, each.unit), say_figure(each.sound, each.unit)
    return f"{sensor_name(each.sensor)} {latest} (sound: {sound})"


def _crossing(crossing: LimitCrossing, asked: Asked, machine_id: str) -> str:
    value, limit = say_figure(crossing.value, crossing.unit), say_figure(crossing.limit, crossing.unit)
    return f"{sensor_name(crossing.sensor)} {value}, {crossing.side} its {crossing.level} limit of {limit}"


def _first_up(said: str) -> str:
    """A capital letter first and all else as it is: units keep theirs."""
    return said[:1].upper() + said[1:]


def _advice(found: HealthPrediction) -> str:
    looked_at = [c.sensor for c in found.limits_crossed] or [m.sensor for m in found.moved if abs(m.deviation) >= MOVED]
    where = f"; start where {sensor_name(looked_at[0])} is measured" if looked_at else ""
    if found.state == "alarm":
        return f"Have it checked now, and agree with whoever runs it whether it may run on meanwhile{where}."
    return f"Plan a check at the next chance to stop it{where}. Ask “why?” for likely causes."


def _rests_on(found: HealthPrediction, given_readings: bool) -> str:
    versions = say_list(f"{TASK_NAMES.get(task, task)} model version {n}" for task, n in found.models.items())
    if len(found.models) > 1 and len(set(found.models.values())) == 1:
        tasks = say_list(TASK_NAMES.get(task, task) for task in found.models)
        versions = f"the {tasks} models, version {next(iter(found.models.values()))}"
    readings = "the readings you gave" if given_readings else f"readings up to {say_time(found.at)}"
    return f"This rests on {readings}" + (f" and {versions}." if versions else "; no model is in service.")


def _doubts(found: HealthPrediction) -> list[str]:
    doubts = [f"Take it with care: {'; '.join(found.doubts)}."] if found.doubts else []
    if found.failure_probability is None:
        doubts.append("No failure model is in service, so the chance of failure is not known.")
    if found.rul is None:
        doubts.append("No RUL model is in service, so the remaining life is not known.")
    if _at_odds(found):
        doubts.append("The failure and RUL models do not agree here; go by the worse of the two.")
    interval = found.rul.interval if found.rul and not found.rul_at_cap else None
    if interval is not None and found.rul is not None and interval.high - interval.low > 1.5 * found.rul.value:
        doubts.append("The interval is wide: few comparable lives have been seen.")
    return doubts


def _at_odds(found: HealthPrediction) -> bool:
    """A life that ends within the time asked about at a small chance of failure, or a long one at a great chance."""
    if found.failure_probability is None or found.rul is None:
        return False
    chance, horizon = found.failure_probability.value, found.horizon_hours
    ends_within = found.rul.value <= horizon and not found.rul_at_cap
    return (chance < UNLIKELY and ends_within) or (chance > LIKELY and _earliest_end(found.rul) > horizon)


def _machine(found: HealthPrediction, asked: Asked) -> str:
    name = machine_name(found.machine_id, asked.catalog)
    return name if found.unit == MAIN else f"{name}, unit {found.unit},"
