"""Estimated ends of lives that have not failed: a sensor's trend carried on to its alarm limit, with its interval.

Residuals are drawn again in blocks (moving-block bootstrap: Künsch, Annals of Statistics 17, 1989), since neighbouring
rows err alike.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from machine_profiles.profile import Profile
from models.lives import Lives
from models.rul_cap import SMOOTHING, change_point

FEWEST_ROWS = 96
FEWEST_IN_TREND = 24
LEAST_RISE = 0.1  # of the way to the alarm limit that the trend must have gone
BLOCK, DRAWS = 24, 200
TRUST = 3.0  # times as long as the trend has been seen, it is carried on
TAIL = 0.05

Array = NDArray[np.float64]


@dataclass(frozen=True)
class EstimatedEnd:
    """Hours on the life's meter: from `start_hours` on the trend is seen; the limit is reached at `end_hours`."""

    life: str
    sensor: str
    limit: float
    start_hours: float
    end_hours: float
    low_hours: float
    high_hours: float


def estimate_ends(profile: Profile, lives: Lives, seed: int = 0) -> list[EstimatedEnd]:
    """For each life that shows a trend towards an alarm limit the earliest end; lives without a trend are left out."""
    found = []
    for name, rows in lives.rows.groupby("life", sort=False):
        ends = []
        for sensor in profile.sensors:
            if sensor.alarm is None or sensor.role != "condition":
                continue
            values = rows[sensor.name].to_numpy(float)
            known = np.isfinite(values)
            hours = rows["hours"].to_numpy(float)[known]
            for limit in (sensor.alarm.high, sensor.alarm.low):
                if limit is not None and (end := _end(hours, values[known], limit, seed)) is not None:
                    ends.append(EstimatedEnd(str(name), sensor.name, limit, *end))
        if ends:
            found.append(min(ends, key=lambda end: end.end_hours))
    return found


def _end(hours: Array, values: Array, limit: float, seed: int) -> tuple[float, float, float, float] | None:
    """Start of the trend, the hour the limit is reached, and its 90 % interval; None without a clear trend."""
    if len(values) < FEWEST_ROWS:
        return None
    base = float(np.median(values[: len(values) // 4]))
    if base == limit:
        return None
    share = (values - base) / (limit - base)  # 0 in the sound state, 1 at the limit
    smooth = np.convolve(share, np.ones(SMOOTHING) / SMOOTHING, "valid")
    start = min(change_point(smooth) + SMOOTHING - 1, len(share) - FEWEST_IN_TREND)
    x, y = hours[start:], share[start:]
    slope, level = np.polyfit(x - x[-1], y, 1)
    if slope <= 0 or level >= 1 or slope * (x[-1] - x[0]) < LEAST_RISE:
        return None
    fitted = level + slope * (x - x[-1])
    ends = _drawn_again(x, fitted, y - fitted, seed)
    end = float(x[-1] + (1 - level) / slope)
    if len(ends) < (1 - TAIL) * DRAWS or end - x[-1] > TRUST * (x[-1] - x[0]):
        return None
    low, high = np.quantile(ends, [TAIL, 1 - TAIL])
    return float(x[0]), end, float(min(low, end)), float(max(high, end))


def _drawn_again(x: Array, fitted: Array, residual: Array, seed: int) -> Array:
    """Hours at which the limit is reached with residuals drawn in blocks; draws without a rise are left out."""
    random = np.random.default_rng(seed)
    block = min(BLOCK, len(x) // 2)
    starts = random.integers(0, len(x) - block + 1, (DRAWS, -(-len(x) // block)))
    drawn = residual[(starts[:, :, None] + np.arange(block)).reshape(DRAWS, -1)[:, : len(x)]]
    slope, level = np.polyfit(x - x[-1], (fitted + drawn).T, 1)
    rises = slope > 1e-12
    return np.asarray(x[-1] + (1 - level[rises]) / slope[rises], np.float64)
