"""Where a sensor is going, in words."""

from agent.answers.asked import Asked
from agent.answers.figures import say_figure, say_hours, say_number, say_time
from agent.answers.naming import machine_name, say_list, sensor_name
from agent.answers.safety import before_touching
from agent.answers.said import Said
from models.sensor_forecast import ForecastPoint, LimitAhead, SensorForecast

_WORST = {"alarm": 0, "warning": 1}


def say_forecast(found: SensorForecast, asked: Asked) -> Said:
    touch = any(crossing.level == "alarm" for crossing in found.crossed_now) or any(
        limit.level == "alarm" and limit.path_after_hours is not None for limit in found.limits
    )
    advice = ("Plan a check before then; ask how the machine is doing for its condition and remaining life.",)
    return Said(
        finding=_finding(found, asked),
        figures=tuple(_figures(found)),
        advice=(*advice, before_touching(asked.kind(found.machine_id))) if touch else (),
        rests_on=f"This rests on readings up to {say_time(found.at)} and forecast model version {found.version}; hours "
        f"are operating hours.",
        doubts=tuple(_doubts(found)),
    )


def _finding(found: SensorForecast, asked: Asked) -> str:
    what = f"{sensor_name(found.sensor).capitalize()} of {machine_name(found.machine_id, asked.catalog)}"
    within = f"the next {say_hours(found.horizon_hours, found.time_unit)}"
    now = min(found.crossed_now, key=lambda crossing: _WORST[crossing.level], default=None)
    passed = [limit for limit in found.limits if limit.path_after_hours is not None and not _crossed(limit, found)]
    if passed:
        first = min(passed, key=lambda limit: (_WORST[limit.level], limit.path_after_hours))
        when = say_hours(first.path_after_hours or 0.0, found.time_unit)
        already = f" It is already {now.side} its {now.level} limit." if now else ""
        return f"{what} is forecast to go {_beyond(first, found)} in about {when}.{already}"
    if now is not None:
        return f"{what} is already {now.side} its {now.level} limit of {say_figure(now.limit, found.unit)}."
    possible = [limit for limit in found.limits if limit.interval_after_hours is not None]
    if possible:
        first = min(possible, key=lambda limit: (_WORST[limit.level], limit.interval_after_hours))
        return f"{what} is not expected to go {_beyond(first, found)} within {within}, but it may."
    if found.limits:
        return f"{what} is forecast to stay within its limits over {within}."
    return f"{what} has no limit in its profile; this is where it is going over {within}."


def _crossed(limit: LimitAhead, found: SensorForecast) -> bool:
    levels = {crossing.level for crossing in found.crossed_now}
    return limit.level in levels or (limit.level == "warning" and "alarm" in levels)


def _figures(found: SensorForecast) -> list[str]:
    unit, hours = found.unit, found.time_unit
    interval = found.at_horizon.interval
    at_end = f"In {say_hours(found.horizon_hours, hours)}: {say_figure(found.at_horizon.value, unit)}"
    if interval is not None:
        at_end += f" ({100 * interval.confidence:.0f} % interval {say_number(interval.low)} to "
        at_end += f"{say_figure(interval.high, unit)})"
    lines = [f"Now: {say_figure(found.latest, unit)}", at_end]
    if len(found.points) > 1:
        lines.append(f"On the way: from {_at(found.lowest, found)} to {_at(found.highest, found)}")
    for limit in found.limits:
        lines.append(f"{limit.level.capitalize()} limit {say_figure(limit.limit, unit)}: {_when(limit, found)}")
    return lines


def _when(limit: LimitAhead, found: SensorForecast) -> str:
    if _crossed(limit, found):
        return "already passed"
    early = limit.interval_after_hours
    if limit.path_after_hours is not None:
        soon = f", at the earliest in {say_hours(early, found.time_unit)}" if early is not None else ""
        return f"passed in about {say_hours(limit.path_after_hours, found.time_unit)}{soon}"
    if early is not None:
        return f"not on the expected course, at the earliest in {say_hours(early, found.time_unit)}"
    return "not passed, nor by the interval"


def _beyond(limit: LimitAhead, found: SensorForecast) -> str:
    return f"{limit.side} its {limit.level} limit of {say_figure(limit.limit, found.unit)}"


def _at(point: ForecastPoint, found: SensorForecast) -> str:
    return f"{say_figure(point.value, found.unit)} after {say_hours(point.after_hours, found.time_unit)}"


def _doubts(found: SensorForecast) -> list[str]:
    doubts = [f"Take it with care: {say_list(found.doubts)}."] if found.doubts else []
    if any(limit.interval_after_hours is not None and limit.path_after_hours is None for limit in found.limits):
        doubts.append("Only the interval reaches a limit: one course in twenty goes further on that side.")
    return doubts
