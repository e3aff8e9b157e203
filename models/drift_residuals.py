"""What load, ambient and warm-up do not explain: residuals of a machine's readings, and their levels by block."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from machine_profiles.profile import Profile

Array = NDArray[np.float64]

WARM_UP_HOURS = 2.0  # a machine's readings after a stop follow their own course for a few of these
OUTLYING = 5.0  # robust standard deviations; such readings are noise of the recording
RIDGE = 1e-3
FEWEST = 24  # readings a level rests on


@dataclass(frozen=True)
class Explained:
    """How each condition sensor follows the operating sensors: learnt from the reference, used on both.

    weights (1 + operating + 1, C): of a constant, the operating sensors (standardised) and the warm-up; spread (C,): of
    the residuals; memory (C,): their lag-1 correlation; raw_spread (C,): of the readings themselves.
    """

    condition: tuple[str, ...]
    operating: tuple[str, ...]
    centre: Array
    scale: Array
    weights: Array
    spread: Array
    memory: Array
    raw_spread: Array

    def residuals(self, rows: pd.DataFrame) -> Array:
        """(n, C), in the sensors' units, NaN where a reading or an operating sensor is missing."""
        design = _design(rows, self.operating, self.centre, self.scale)
        return np.asarray(rows[list(self.condition)].to_numpy(float) - design @ self.weights, np.float64)


def explain(profile: Profile, reference: pd.DataFrame, block_rows: int) -> Explained:
    """Least squares within blocks of `block_rows`, so that a slow change of level is not mistaken for load's doing.

    `reference`: rows of one unit, oldest first, with `at` and a column a sensor.
    """
    condition = tuple(
        s.name for s in profile.sensors if s.role == "condition" and reference[s.name].notna().sum() > FEWEST
    )
    operating = tuple(
        s.name for s in profile.sensors
        if s.role == "operating" and reference[s.name].notna().sum() > FEWEST and reference[s.name].std() > 0
    )  # fmt: skip
    asked = reference[list(operating)].to_numpy(float)
    centre, scale = np.nanmean(asked, axis=0), np.nanstd(asked, axis=0)
    design = _design(reference, operating, centre, scale)
    block = np.arange(len(reference)) // block_rows
    values = reference[list(condition)].to_numpy(float)
    weights = np.zeros((design.shape[1], len(condition)))
    for place in range(len(condition)):
        weights[:, place] = _fit(design, values[:, place], block)
    found = Explained(
        condition, operating, centre, scale, weights, np.ones(len(condition)), np.zeros(len(condition)),
        np.nanstd(values, axis=0),
    )  # fmt: skip
    residual = _within(found.residuals(reference), block)
    spread = np.maximum(1.4826 * np.nanmedian(np.abs(residual), axis=0), 1e-9)
    kept = np.where(np.abs(residual) > OUTLYING * spread, np.nan, residual)
    spread = np.maximum(np.nanstd(kept, axis=0), 1e-9)
    return Explained(
        condition, operating, centre, scale, weights, spread, _memory(kept), found.raw_spread
    )  # fmt: skip


def level(residual: Array, spread: Array, memory: Array) -> tuple[Array, Array]:
    """Mean (C,) of residuals (n, C) without outliers, and its standard error under first-order memory; NaN if few."""
    middle = _median(residual)
    own = 1.4826 * _median(np.abs(residual - middle))  # a noisier window is no window of outliers
    kept = np.where(np.abs(residual - middle) > OUTLYING * np.maximum(spread, own), np.nan, residual)
    count = np.sum(~np.isnan(kept), axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        error = spread * np.sqrt((1 + memory) / (1 - memory) / count)
        mean = np.nansum(kept, axis=0) / count
    few = count < FEWEST
    return np.where(few, np.nan, mean), np.where(few, np.nan, error)


def hours_since_stop(at: pd.Series) -> Array:
    """Rows since the record was last interrupted; a thousand where the whole record shows no stop before."""
    gap = at.diff().dt.total_seconds().to_numpy() > 3700.0
    position = np.arange(len(at))
    last = np.maximum.accumulate(np.where(gap, position, -1000))
    return (position - last).astype(float)


def _median(values: Array) -> Array:
    """(C,), NaN for a column that holds nothing."""
    return np.array([np.nan if np.isnan(column).all() else float(np.nanmedian(column)) for column in values.T])


def _design(rows: pd.DataFrame, operating: tuple[str, ...], centre: Array, scale: Array) -> Array:
    """A silent operating sensor counts as between its neighbours in time, and as usual where it has none."""
    asked = rows[list(operating)].interpolate(limit_direction="both").to_numpy(float)
    asked = np.where(np.isnan(asked), centre, asked)
    warm = np.exp(-hours_since_stop(rows["at"]) / WARM_UP_HOURS)
    return np.column_stack([np.ones(len(rows)), (asked - centre) / scale, warm])


def _fit(design: Array, values: Array, block: NDArray[np.int64]) -> Array:
    known = ~np.isnan(values) & ~np.isnan(design).any(axis=1)
    for _ in range(2):
        x, y = _within(design[known, 1:], block[known]), _within(values[known][:, None], block[known])[:, 0]
        slopes = np.linalg.solve(x.T @ x + RIDGE * len(x) * np.eye(x.shape[1]), x.T @ y)
        residual = y - x @ slopes
        spread = max(1.4826 * float(np.median(np.abs(residual))), 1e-12)
        inside = np.zeros(len(values), bool)
        inside[known] = np.abs(residual) <= OUTLYING * spread
        known = inside
    constant = float(np.mean(values[known] - design[known, 1:] @ slopes))
    return np.array([constant, *slopes])


def _within(values: Array, block: NDArray[np.int64]) -> Array:
    """Values less the mean of their block."""
    frame = pd.DataFrame(values)
    return np.asarray((frame - frame.groupby(block).transform("mean")).to_numpy(), np.float64)


def _memory(residual: Array) -> Array:
    """Lag-1 correlation of each column, as far as neighbours are both known; between 0 and 0.95."""
    found = []
    for column in residual.T:
        one, next_one = column[:-1], column[1:]
        known = ~np.isnan(one) & ~np.isnan(next_one)
        usable = known.sum() > FEWEST and one[known].std() > 0 and next_one[known].std() > 0
        found.append(float(np.corrcoef(one[known], next_one[known])[0, 1]) if usable else 0.0)
    return np.clip(np.array(found), 0.0, 0.95)
