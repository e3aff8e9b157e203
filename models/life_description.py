"""Each recorded life in a few figures: when it shows, how far and how steeply each sensor moves, and what is noise."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.lives import Lives

Array = NDArray[np.float64]

FEWEST_ROWS = 12  # a shorter life cannot be described
EXPONENTS = (0.7, 1.0, 1.4, 2.0, 2.8, 4.0)  # of the share of the time from onset to failure
ONSETS = 80  # places an onset is sought at
SOUND_SHARE = 0.25  # of a failed life's rows: sound, to begin with
ANSWERS = 1.0  # a sensor answers to a mode if it ends this many noise deviations off, in the mean of its lives
INERTIA_ROWS = 6  # span of the exponential mean by which a sensor follows load and ambient late
NOT_STATED = "not stated"


@dataclass(frozen=True)
class LifeDescription:
    """One life. Arrays have one column a condition sensor, in the order of `Described.condition`."""

    life: str
    mode: str | None  # None: the life did not fail
    rows: int
    onset_row: int  # rows before it are sound; equals `rows` where the life did not fail
    first_hours: float
    gap_hours: float  # from the last row to the end
    exponent: float  # of the health index
    noise: float  # factor on the usual noise
    level: Array  # (S,) sound reading at mean operation
    change: Array  # (S,) at failure
    residual: Array  # (rows, S): what level, operation and path leave
    operation: Array  # (rows, operating sensors)
    missing: NDArray[np.bool_]  # (rows, all sensors)
    hour_of_day: NDArray[np.int64] | None


@dataclass(frozen=True)
class Described:
    """All lives of a machine, and what they share."""

    lives: tuple[LifeDescription, ...]
    condition: tuple[str, ...]
    operating: tuple[str, ...]
    step_hours: float
    effects: Array  # (terms, S): influence of operation, see `operation_terms`
    centre: Array  # (2, operating): mean and spread of the operating sensors
    spread: Array  # (S,): usual noise
    shape: dict[str, Array]  # by mode: (S,) exponent of each sensor relative to the health index
    mean_change: dict[str, Array]  # by mode: (S,) at failure; 0 where the sensor does not answer


def describe(lives: Lives, operating: tuple[str, ...]) -> Described:
    """Describe every life with at least 12 rows; no profile and no simulator is asked, only the readings.

    A sensor's course is its level while sound, plus what load and ambient explain (quadratic, and late by a few
    rows), plus change * u ** exponent, where u runs from 0 at the onset to 1 at failure, plus noise.
    """
    operating = tuple(name for name in operating if name in lives.sensors)
    condition = tuple(name for name in lives.sensors if name not in operating)
    parts = [_read(rows, condition, operating) for rows in _usable(lives)]
    ends = lives.ends.set_index("life").loc[[part.life for part in parts]]
    failed = (ends["ended_by"] == "failure").to_numpy()
    modes = ends["failure_mode"].fillna(NOT_STATED).astype(str).to_numpy()

    centre = np.stack([_mean([p.operation for p in parts]), _spread([p.operation for p in parts])])
    sound = [max(int(SOUND_SHARE * len(p.hours)), 6) if f else len(p.hours) for p, f in zip(parts, failed, strict=True)]
    effects = _effects(parts, sound, centre)
    freed = [p.readings - operation_terms(p.operation, centre) @ effects for p in parts]
    levels = [np.median(r[:s], axis=0) for r, s in zip(freed, sound, strict=True)]
    spread = np.sqrt(np.mean([np.var(r[:s], axis=0) for r, s in zip(freed, sound, strict=True)], axis=0))
    scaled = [(r - level) / np.where(spread > 0, spread, np.inf) for r, level in zip(freed, levels, strict=True)]

    ended = {i: _smooth(scaled[i])[-max(len(scaled[i]) // 40, 2) :].mean(axis=0) for i in np.flatnonzero(failed)}
    described, shapes, changes = [], {}, {}
    for mode in sorted(set(modes[failed])):
        of_mode = [i for i in ended if modes[i] == mode]
        mean = np.mean([ended[i] for i in of_mode], axis=0)
        weights = np.where(np.abs(mean) > ANSWERS, mean, 0.0)
        fits = {i: _onset(_smooth(scaled[i]) @ weights) for i in of_mode}
        shapes[mode] = _shapes([(_smooth(scaled[i]), *fits[i]) for i in of_mode], weights)
        for i in of_mode:
            onset, exponent = fits[i]
            path = _paths(len(parts[i].hours), onset, exponent * shapes[mode])
            level = np.median(freed[i][: max(onset, 6)], axis=0)
            moved = freed[i] - level
            change = (path * moved).sum(axis=0) / np.maximum((path**2).sum(axis=0), 1e-12)
            change = np.where(weights != 0.0, change, 0.0)
            described.append((i, onset, exponent, level, change, moved - path * change))
        changes[mode] = np.mean([d[4] for d in described if modes[d[0]] == mode], axis=0)
    for i in np.flatnonzero(~failed):
        level = np.median(freed[i], axis=0)
        described.append((i, len(freed[i]), 1.0, level, np.zeros(len(condition)), freed[i] - level))
    usual = np.where(spread > 0, spread, np.inf)
    return Described(
        tuple(
            LifeDescription(
                life=parts[i].life,
                mode=str(modes[i]) if failed[i] else None,
                rows=len(parts[i].hours),
                onset_row=onset,
                first_hours=float(parts[i].hours[0]),
                gap_hours=float(ends["end_hours"].iloc[i] - parts[i].hours[-1]),
                exponent=exponent,
                noise=float(np.mean(residual[: max(onset, 6)].std(axis=0)[spread > 0] / usual[spread > 0])) or 1.0,
                level=level,
                change=change,
                residual=residual,
                operation=parts[i].operation,
                missing=parts[i].missing,
                hour_of_day=parts[i].hour_of_day,
            )
            for i, onset, exponent, level, change, residual in sorted(described, key=lambda d: d[0])
        ),
        condition,
        operating,
        float(np.median(np.concatenate([np.diff(p.hours) for p in parts]))),
        effects,
        centre,
        spread,
        shapes,
        changes,
    )


def operation_terms(operation: Array, centre: Array) -> Array:
    """What a sensor may follow: (rows, terms) of the operating sensors (rows, O), at once and a few rows late."""
    if operation.shape[1] == 0:
        return np.zeros((len(operation), 0))
    x = (operation - centre[0]) / np.where(centre[1] > 0, centre[1], np.inf)
    late = pd.DataFrame(x).ewm(span=INERTIA_ROWS, adjust=False).mean().to_numpy()
    pairs = [x[:, i] * x[:, j] for i in range(x.shape[1]) for j in range(i, x.shape[1])]
    return np.column_stack([x, late, *pairs])


@dataclass(frozen=True)
class _Part:
    life: str
    hours: Array
    readings: Array
    operation: Array
    missing: NDArray[np.bool_]
    hour_of_day: NDArray[np.int64] | None


def _usable(lives: Lives) -> list[pd.DataFrame]:
    return [rows for _, rows in lives.rows.groupby("life", sort=False) if len(rows) >= FEWEST_ROWS]


def _read(rows: pd.DataFrame, condition: tuple[str, ...], operating: tuple[str, ...]) -> _Part:
    values = rows[[*condition, *operating]].astype(float)
    filled = values.interpolate(limit_direction="both").fillna(0.0).to_numpy()
    hour = rows["at"].dt.hour.to_numpy(np.int64) if "at" in rows and rows["at"].notna().all() else None
    return _Part(
        str(rows["life"].iloc[0]),
        rows["hours"].to_numpy(float),
        filled[:, : len(condition)],
        filled[:, len(condition) :],
        values.isna().to_numpy(),
        hour,
    )


def _effects(parts: list[_Part], sound: list[int], centre: Array) -> Array:
    """Least squares within lives (each about its own mean), so that a unit's level is not taken for its load's."""
    left, right = [], []
    for part, rows in zip(parts, sound, strict=True):
        terms, readings = operation_terms(part.operation, centre)[:rows], part.readings[:rows]
        left.append(terms - terms.mean(axis=0))
        right.append(readings - readings.mean(axis=0))
    x, y = np.concatenate(left), np.concatenate(right)
    if x.shape[1] == 0:
        return np.zeros((0, y.shape[1]))
    return np.linalg.solve(x.T @ x + 1e-3 * len(x) * np.eye(x.shape[1]), x.T @ y)


def _onset(index: Array) -> tuple[int, float]:
    """Row and exponent for which a level of 0, then a power of the time since, fit the index best."""
    rows = np.arange(len(index))
    best = (np.inf, len(index) // 2, 1.0)
    first = max(len(index) // 20, 2)
    for onset in np.unique(np.linspace(first, len(index) - 4, ONSETS).astype(int)):
        u = np.clip((rows - onset + 1) / (len(index) - onset), 0.0, 1.0)
        for exponent in EXPONENTS[1:]:
            path = u**exponent
            fitted = (path @ index) / (path @ path)
            loss = float(((index - fitted * path) ** 2).sum())
            if loss < best[0]:
                best = (loss, int(onset), exponent)
    return best[1], best[2]


def _shapes(fits: list[tuple[Array, int, float]], weights: Array) -> Array:
    """For each sensor the factor on the index's exponent that fits the lives of a mode best."""
    losses = np.zeros((len(EXPONENTS), len(weights)))
    for scaled, onset, exponent in fits:
        for k, factor in enumerate(EXPONENTS):
            path = _paths(len(scaled), onset, np.full(len(weights), exponent * factor))
            fitted = (path * scaled).sum(axis=0) / (path**2).sum(axis=0)
            losses[k] += ((scaled - path * fitted) ** 2).sum(axis=0)
    return np.where(weights != 0.0, np.array(EXPONENTS)[losses.argmin(axis=0)], 1.0)


def _paths(rows: int, onset: int, exponents: Array) -> Array:
    u = np.clip((np.arange(rows) - onset + 1) / max(rows - onset, 1), 0.0, 1.0)
    return u[:, None] ** exponents


def _smooth(values: Array) -> Array:
    window = max(min(len(values) // 20, 24), 3)
    return pd.DataFrame(values).rolling(window, min_periods=1, center=True).mean().to_numpy()


def _mean(parts: list[Array]) -> Array:
    return np.concatenate(parts).mean(axis=0)


def _spread(parts: list[Array]) -> Array:
    return np.concatenate(parts).std(axis=0)
