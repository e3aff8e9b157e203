"""Sound, watch, act or alarm: what a machine's limits and models together say of it."""

from typing import Literal

import pandas as pd

from machine_profiles.profile import Limit, Profile
from models.results import Quantity, Result

State = Literal["sound", "watch", "act", "alarm"]


class LimitCrossing(Result):
    sensor: str
    level: Literal["warning", "alarm"]
    value: float
    limit: float
    side: Literal["above", "below"]
    unit: str


def smoothed(profile: Profile, rows: pd.DataFrame) -> "pd.Series[float]":
    """The median of each sensor over the shortest feature window, so that one outlier moves nothing; NaN if silent."""
    latest = rows.reindex(columns=list(profile.sensor_names)).tail(min(profile.modelling.windows))
    return latest.astype(float).median()


def limits_crossed(profile: Profile, values: "pd.Series[float]") -> tuple[LimitCrossing, ...]:
    """The highest limit each sensor is beyond, alarms first; a NaN crosses none."""
    found = []
    for sensor in profile.sensors:
        value = float(values[sensor.name])
        for level, limit in (("alarm", sensor.alarm), ("warning", sensor.warning)):
            if limit is not None and (side := _side(limit, value)) is not None:
                bound = limit.high if side == "above" else limit.low
                found.append(
                    LimitCrossing.model_validate(
                        {"sensor": sensor.name, "level": level, "value": value, "limit": bound, "side": side,
                         "unit": sensor.unit}
                    )
                )  # fmt: skip
                break
    return tuple(sorted(found, key=lambda crossing: crossing.level))


def state_of(
    crossed: tuple[LimitCrossing, ...],
    failure_expected: bool | None,
    rul: Quantity | None,
    rul_at_cap: bool | None,
    anomalous: bool | None,
    horizon_hours: float,
    complete: bool,
    failure_ahead: bool | None = None,
) -> State:
    """The worst that any of these says; None is an answer nobody gave.

    alarm: an alarm limit is crossed, or failure is expected and the whole RUL interval lies within the horizon.
    act: failure is expected, or `failure_ahead`: it is within the longer horizon that the model's threshold is for, so
    that a short question hides nothing; or the RUL lies within the horizon, or a warning limit is crossed by an
    anomalous machine.
    watch: a warning limit is crossed, the machine is anomalous, the RUL interval reaches into the horizon, or what is
    known is not `complete` (a model is missing, a sensor silent, the record short or old): not known to be sound.
    """
    levels = {crossing.level for crossing in crossed}
    left = rul if rul is not None and not rul_at_cap else None
    low, high = (left.interval.low, left.interval.high) if left and left.interval else (float("inf"), float("inf"))
    if "alarm" in levels or (failure_expected and high <= horizon_hours):
        return "alarm"
    ends_within = left is not None and left.value <= horizon_hours
    if failure_expected or failure_ahead or ends_within or (anomalous and levels):
        return "act"
    if levels or anomalous or low <= horizon_hours or not complete:
        return "watch"
    return "sound"


def _side(limit: Limit, value: float) -> Literal["above", "below"] | None:
    if limit.high is not None and value > limit.high:
        return "above"
    if limit.low is not None and value < limit.low:
        return "below"
    return None
