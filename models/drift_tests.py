"""What is different in a window: levels, noise, frozen, clipped and silent sensors, what the machine is asked to do.

Each test compares the window with the machine's own record before it, under the memory that telemetry has; the level
that counts as drift is then raised until the record's own past windows would pass (models/drift.py).
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd

from machine_profiles.profile import Profile
from models.drift_residuals import FEWEST, Array, Explained, explain, level

LEVEL_FALSE_ALARMS = 0.04  # of the checks without drift, over all sensors' levels together
OTHER_FALSE_ALARMS = 0.002  # of the other tests, each over all sensors together: what they look for is plain to see
REFERENCE_ROWS = 1440  # levels are compared with at most so many rows before the window: two months
UNMODELLED = 0.06  # of what the operating sensors explain of a reading: so far their straight lines may be wrong
STEP = 5.0  # standard errors from which a change of level within the reference is a step (a recalibration)
NOISIER = 0.35  # of the logarithm of the row-to-row scatter: a scatter 1.4 times as wide, at least
FROZEN_SHARE = 0.3  # of the window's readings that repeat the one before, beyond the reference's share
CLIPPED_SHARE = 0.15
SILENT_SHARE = 0.5
OPERATING_SHIFT = 0.8  # standard deviations of the operating sensor's own days


@dataclass(frozen=True)
class Levels:
    """Of the condition sensors (C,): shift of the window's level, its standard error, and both for its two halves."""

    shift: Array
    error: Array
    first: Array
    first_error: Array
    second: Array
    second_error: Array

    @property
    def z(self) -> Array:
        return self.shift / self.error


@dataclass(frozen=True)
class Window:
    """A window beside its reference, and all that was tested. Arrays are (C,) over `explained.condition`."""

    explained: Explained
    levels: Levels
    reference_mean: Array  # of the readings themselves
    window_mean: Array
    noise_ratio: Array  # log of the row-to-row scatter against the reference's
    noise_z: Array
    frozen: Array  # share of readings that repeat the one before, less the reference's
    clipped: Array  # share of readings at the window's own extreme, less the reference's
    silent: Array  # share of missing readings, less the reference's
    operating: dict[str, tuple[float, float]]  # shift in the sensor's unit, and in deviations of its own days
    extrapolated: dict[str, float]  # share of the window outside the reference's 0.5 to 99.5 % of an operating sensor
    rows: int


def compare(profile: Profile, reference: pd.DataFrame, window: pd.DataFrame) -> Window:
    """`reference` and `window`: rows of one unit, oldest first, the window's after the reference's."""
    explained = explain(profile, reference.reset_index(drop=True), max(len(window), FEWEST))
    before, after = explained.residuals(reference), explained.residuals(window)
    condition = list(explained.condition)
    old, new = reference[condition].to_numpy(float), window[condition].to_numpy(float)
    noise_ratio, noise_z = _noise(before, after)
    return Window(
        explained,
        _levels(before, after, explained),
        np.nanmean(old[-REFERENCE_ROWS:], axis=0),
        _mean(new),
        noise_ratio,
        noise_z,
        _repeats(new) - _repeats(old),
        _at_extremes(new) - _at_extremes(old),
        np.isnan(new).mean(axis=0) - np.isnan(old).mean(axis=0),
        _operating(explained, reference, window),
        _outside(explained, reference, window),
        len(window),
    )


def level_threshold(sensors: int, false_alarms: float = LEVEL_FALSE_ALARMS) -> float:
    """The |z| that a share `false_alarms` of the checks passes by chance on some of so many sensors (Šidák).

    >>> round(level_threshold(8), 2)
    2.8
    """
    each = 1 - (1 - false_alarms) ** (1 / max(sensors, 1))
    return NormalDist().inv_cdf(1 - each / 2)


def _levels(before: Array, after: Array, explained: Explained) -> Levels:
    base, base_error = _base(before, explained)
    half = len(after) // 2
    parts = [level(rows, explained.spread, explained.memory) for rows in (after, after[:half], after[half:])]
    driven = UNMODELLED * np.sqrt(np.maximum(explained.raw_spread**2 - explained.spread**2, 0.0))
    found = [(mean - base, np.sqrt(error**2 + base_error**2 + driven**2)) for mean, error in parts]
    return Levels(*found[0], *found[1], *found[2])


def _base(before: Array, explained: Explained) -> tuple[Array, Array]:
    """The level before the window, since the last step of each sensor."""
    recent = before[-REFERENCE_ROWS:]
    base, error = np.empty(recent.shape[1]), np.empty(recent.shape[1])
    for place in range(recent.shape[1]):
        own = slice(place, place + 1)
        spread, memory = explained.spread[own], explained.memory[own]
        start = _last_step(recent[:, own], spread, memory)
        mean, wide = level(recent[start:, own], spread, memory)
        base[place], error[place] = mean[0], wide[0]
    return base, error


def _last_step(column: Array, spread: Array, memory: Array) -> int:
    """The row from which the level has stayed where it is; 0 where no step stands out."""
    start, rows = 0, len(column)
    while rows - start >= 4 * FEWEST:
        best, at = 0.0, None
        for cut in range(start + FEWEST, rows - FEWEST, 12):
            one, one_error = level(column[start:cut], spread, memory)
            other, other_error = level(column[cut:], spread, memory)
            z = abs(one[0] - other[0]) / np.hypot(one_error[0], other_error[0])
            if z > best:
                best, at = float(z), cut
        if at is None or best < STEP:
            return start
        start = at
    return start


def _noise(before: Array, after: Array) -> tuple[Array, Array]:
    """Log ratio of the row-to-row scatter, and how many standard errors that is (of a log of a scatter: 1/sqrt(2n))."""
    old, new = _scatter(before), _scatter(after)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.log(new / old)
        count = np.sum(~np.isnan(after), axis=0)
        return ratio, ratio * np.sqrt(count) / 1.5  # 1.5: a robust scatter, of neighbours that overlap


def _scatter(residual: Array) -> Array:
    steps = np.abs(np.diff(residual, axis=0))
    known = np.sum(~np.isnan(steps), axis=0) >= FEWEST
    return np.array([np.nanquantile(c, 0.75) if k else np.nan for c, k in zip(steps.T, known, strict=True)])


def _repeats(values: Array) -> Array:
    same = np.diff(values, axis=0) == 0
    known = ~np.isnan(np.diff(values, axis=0))
    return np.asarray(same.sum(axis=0) / np.maximum(known.sum(axis=0), 1), np.float64)


def _at_extremes(values: Array) -> Array:
    shares = []
    for column in values.T:
        known = column[~np.isnan(column)]
        ends = [float(np.mean(known == end)) for end in (known.max(), known.min())] if len(known) >= FEWEST else [0.0]
        shares.append(max(ends))
    return np.array(shares)


def _mean(values: Array) -> Array:
    known = np.sum(~np.isnan(values), axis=0)
    return np.where(known > 0, np.nansum(values, axis=0) / np.maximum(known, 1), np.nan)


def _operating(explained: Explained, reference: pd.DataFrame, window: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Day means, since a day is the shortest time a plant's load and weather repeat over."""
    found = {}
    for sensor in explained.operating:
        old = reference.groupby(reference["at"].dt.floor("D"))[sensor].mean().dropna()
        new = window.groupby(window["at"].dt.floor("D"))[sensor].mean().dropna()
        if len(old) >= 7 and len(new) >= 2:
            shift = float(new.mean() - old.tail(35).mean())
            found[sensor] = (shift, shift / max(float(old.std()), 1e-9))
    return found


def _outside(explained: Explained, reference: pd.DataFrame, window: pd.DataFrame) -> dict[str, float]:
    found = {}
    for sensor in explained.operating:
        low, high = reference[sensor].quantile([0.005, 0.995])
        known = window[sensor].dropna()
        found[sensor] = float(((known < low) | (known > high)).mean()) if len(known) else 0.0
    return found


def worst(z: Array) -> float:
    """The largest |z|, unknown ones left out."""
    return float(np.nanmax(np.abs(z))) if np.any(~np.isnan(z)) else 0.0
