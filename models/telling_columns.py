"""Columns that are the label in disguise: a countdown, an outcome written back over the rows, a life's total length."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.lives import Lives

FEWEST_LIVES = 3
MOST_ROWS = 6000
MONOTONE = 0.998  # rank correlation with the remaining hours that no wear reaches in lives of unlike length
AGE_TELLS = 0.99  # where the age alone orders the rows as well, lives are alike, and no column can be blamed
SHARES = (np.inf, 0.5, 0.25)  # of the median life: a countdown may be capped
FLAG_VALUES = 10
FLAG_LIVES = 0.8
LENGTH_LIVES = 6

Array = NDArray[np.float64]


def columns_that_tell(lives: Lives) -> list[str]:
    """Sensors that tell the remaining hours as only the outcome itself can, each with the reason.

    The running age is no such column: it orders the rows of one life, but not those of lives of unlike length.
    """
    failed = lives.failed
    if len(failed) < FEWEST_LIVES:
        return []
    ends = lives.ends.set_index("life")
    rows = lives.rows
    remaining = (rows["life"].map(ends["end_hours"]) - rows["hours"]).to_numpy(float)
    of_failed = rows["life"].isin(failed).to_numpy()
    code, names = pd.factorize(rows["life"])
    found = []
    for sensor in lives.sensors:
        values = rows[sensor].to_numpy(float)
        reason = (
            _countdown(values, rows["hours"].to_numpy(float), remaining, of_failed, code)
            or _flag(values, remaining, of_failed, code, len(failed))
            or _length(values, code, ends["end_hours"].reindex(names).to_numpy(float))
        )
        if reason:
            found.append(f"The column {sensor} {reason}; take it out of the profile's sensors.")
    return found


def _countdown(
    values: Array, hours: Array, remaining: Array, of_failed: NDArray[np.bool_], code: NDArray[np.int64]
) -> str | None:
    known = np.flatnonzero(of_failed & ~np.isnan(values))
    if len(known) < 50 or len(np.unique(code[known])) < FEWEST_LIVES:
        return None
    span = float(pd.Series(remaining[known]).groupby(code[known]).max().median())
    for share in SHARES:
        rows = known[remaining[known] <= share * span]
        rows = rows[:: max(1, len(rows) // MOST_ROWS)]
        if len(rows) < 50 or len(np.unique(values[rows])) < 20:
            continue
        left = _ranks(remaining[rows])
        told = abs(_correlation(_ranks(values[rows]), left))
        by_age = abs(_correlation(_ranks(hours[rows]), left))
        if told >= MONOTONE and by_age < AGE_TELLS:
            return (
                f"orders the rows of all lives by their remaining hours (rank correlation {told:.4f}), as only a "
                f"countdown can"
            )
    return None


def _flag(
    values: Array, remaining: Array, of_failed: NDArray[np.bool_], code: NDArray[np.int64], failed: int
) -> str | None:
    """A value that stands in all rows from so many hours before each failure, always as many, and nowhere else."""
    known = values[~np.isnan(values)]
    kinds = np.unique(known[:2000]) if len(known) else known
    if len(kinds) > FLAG_VALUES:
        kinds = kinds[:0]
    elif len(known) > 2000:
        kinds = np.unique(known)
    if len(kinds) > FLAG_VALUES:
        return None
    for said, there in _kinds(values, kinds):
        if not there.any() or there.all() or (there & ~of_failed).any():
            continue
        starts = pd.Series(remaining[there]).groupby(code[there]).max()
        if len(starts) < max(FEWEST_LIVES, FLAG_LIVES * failed):
            continue
        from_then = pd.Series(code).map(starts).to_numpy(float)
        inside = remaining <= from_then + 1e-9
        step = float(np.median(-np.diff(remaining[code == code[0]]))) if (code == code[0]).sum() > 1 else 1.0
        reaches_back = inside.sum() < 0.9 * np.isin(code, starts.index).sum()
        if there[inside].all() and reaches_back and float(starts.max() - starts.min()) <= 2.001 * abs(step):
            return (
                f"{said} from {float(starts.median()):g} h before each failure on and at no other time: an outcome, "
                f"written back"
            )
    return None


def _kinds(values: Array, kinds: Array) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    missing = np.isnan(values)
    yield "is empty", missing
    yield "is filled", ~missing
    for kind in kinds:
        yield f"is {kind:g}", values == kind


def _length(values: Array, code: NDArray[np.int64], end_hours: Array) -> str | None:
    by_life = pd.Series(values).groupby(code)
    low, high = by_life.min(), by_life.max()
    if low.isna().any() or (low != high).any() or low.nunique() < LENGTH_LIVES:
        return None
    told = abs(_correlation(np.asarray(low, np.float64), end_hours[np.asarray(low.index)]))
    return f"is each life's length (correlation {told:.4f}), known only when it is over" if told >= MONOTONE else None


def _ranks(values: Array) -> Array:
    return np.asarray(pd.Series(values).rank(), np.float64)


def _correlation(one: Array, other: Array) -> float:
    if one.std() == 0 or other.std() == 0:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])
