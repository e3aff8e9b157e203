"""Which sensors are on the move: straight lines over the latest window, and where they lead."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from machine_profiles.profile import Profile, Sensor
from models.results import Result

FEWEST = 12  # readings; a line through fewer says little
SURE = 4.0  # standard errors; several sensors are looked at, and their noise is only roughly known
MOST_AHEAD = 10.0  # lengths of the line seen so far; an alarm limit further ahead is not spoken of


class SensorTrend(Result):
    """A reading that rises or falls beyond doubt over `hours`; `per_day` in the sensor's unit a day of operation.

    `hours_to_alarm`: operating hours until the line meets the alarm limit it heads for, None if it meets none soon.
    """

    sensor: str
    unit: str
    hours: float
    per_day: float
    change: float
    hours_to_alarm: float | None


def trends(profile: Profile, rows: pd.DataFrame) -> tuple[SensorTrend, ...]:
    """Condition sensors with a least-squares slope over `rows` (one life, `hours` and a column a sensor) beyond doubt.

    The slope's standard error is widened for the residuals' lag-1 correlation r by sqrt((1 + r) / (1 - r)) (Santer et
    al., JGR 105, 2000); what the operating sensors explain over these rows is taken out first. Surest first.
    """
    operating = [s.name for s in profile.sensors if s.role == "operating" and s.name in rows]
    found = []
    for sensor in profile.sensors:
        if sensor.role == "condition" and sensor.name in rows:
            fitted = _line(rows["hours"].to_numpy(float), rows[sensor.name].to_numpy(float), rows[operating])
            if fitted is not None and abs(fitted[0]) > SURE * fitted[1]:
                found.append((abs(fitted[0]) / fitted[1], _trend(sensor, rows, fitted[0])))
    return tuple(trend for _, trend in sorted(found, key=lambda pair: -pair[0]))


def _line(
    hours: NDArray[np.float64], values: NDArray[np.float64], operating: pd.DataFrame
) -> tuple[float, float] | None:
    """Slope per hour and its standard error."""
    asked = operating.to_numpy(float)
    known = ~np.isnan(values) & ~np.isnan(asked).any(axis=1)
    if known.sum() < FEWEST:
        return None
    time, x = hours[known] - hours[known].mean(), asked[known]
    x = x[:, x.std(axis=0) > 1e-9] if x.size else np.empty((len(time), 0))
    design = np.column_stack([time, np.ones(len(time)), x - x.mean(axis=0)])
    gram = np.linalg.pinv(design.T @ design)
    weights = gram @ design.T @ values[known]
    residual = values[known] - design @ weights
    free = len(time) - design.shape[1]
    if free < FEWEST // 2 or not residual.std() > 0:
        return None
    r = float(np.clip(np.corrcoef(residual[:-1], residual[1:])[0, 1], 0.0, 0.95))
    error = np.sqrt(residual @ residual / free * gram[0, 0] * (1 + r) / (1 - r))
    return float(weights[0]), float(error)


def _trend(sensor: Sensor, rows: pd.DataFrame, slope: float) -> SensorTrend:
    known = rows[["hours", sensor.name]].dropna()
    span = float(known["hours"].iloc[-1] - known["hours"].iloc[0])
    limit = None if sensor.alarm is None else sensor.alarm.high if slope > 0 else sensor.alarm.low
    latest = float(known[sensor.name].tail(6).median())
    ahead = None if limit is None else (limit - latest) / slope
    return SensorTrend(
        sensor=sensor.name, unit=sensor.unit, hours=span, per_day=24 * slope, change=slope * span,
        hours_to_alarm=ahead if ahead is not None and 0 < ahead <= MOST_AHEAD * span else None,
    )  # fmt: skip
