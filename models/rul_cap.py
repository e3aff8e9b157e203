"""The hours before failure at which readings begin to tell: above them, RUL labels are flat."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.lives import Lives
from models.regimes import find_regimes

SOUND_SHARE = 0.25  # the first quarter of a failed life counts as its sound state
SMOOTHING = 15  # rows of the trailing mean that the change point is sought in
MOST_CANDIDATES = 300  # places the change point is sought at
FEWEST_ROWS = 12  # a shorter life shows no course
MOVING_BEFORE = 0.15  # share of lives whose index moves earlier than the cap,
ENOUGH_LIVES = 15  # and at most so many lives: what comes that early can be learnt from these
LIFE_SHARE = 0.6  # of the median life, where too few lives show a course
LARGEST_SHARE = 0.7  # of the median life: further from the end most lives have hardly been watched


def cap_from_data(lives: Lives, operating: tuple[str, ...] = ()) -> tuple[float, str]:
    """A cap for RUL labels in hours, and how it was found, from the lives that ended in failure.

    For each life a health index is formed: the readings, freed of the operating sensors' influence (within regimes,
    or by quadratic regression), as deviations from the life's first quarter, weighed by how far they have moved at the
    end of the lives of the same failure mode, in units of their noise. A change point (one level, then a straight
    line: least squares) says when the index begins to move. The cap is the time from
    there to failure that 15 % of the lives exceed, or fifteen lives where those are fewer, but no more than 0.7 of the
    median life: in a large fleet even early courses have been seen often enough to learn from. Where fewer than three
    lives show a course, it is 0.6 of the median life. The piecewise-linear label is
    that of Heimes, "Recurrent neural networks for remaining useful life estimation", PHM 2008.
    """
    ends = lives.ends[lives.ends["ended_by"] == "failure"].set_index("life")
    readings = without_operating(lives, operating)
    groups = {life: rows for life, rows in readings.groupby("life", sort=False) if life in ends.index}
    used = {str(life): rows for life, rows in groups.items() if len(rows) >= FEWEST_ROWS}
    lead = [
        float(ends.loc[life, "end_hours"] - rows["hours"].iloc[change_point(index)])
        for (life, rows), index in zip(used.items(), _health_indices(used, ends, lives.sensors), strict=True)
        if index is not None
    ]
    starts = lives.rows.groupby("life")["hours"].min()
    spans = (ends["end_hours"] - starts.reindex(ends.index)).where(lambda h: h > 0, ends["end_hours"])
    median = float(spans.median())
    if len(lead) >= 3:
        earlier = max(1, round(min(MOVING_BEFORE * len(lead), ENOUGH_LIVES)))
        found = sorted(lead, reverse=True)[earlier - 1]
        return _rounded(min(found, LARGEST_SHARE * median)), (
            f"data: in all but {earlier} of the {len(lead)} failed lives whose course shows, the health index begins "
            f"to move no earlier than {found:.3g} before the failure; at most {LARGEST_SHARE} of the median life"
        )
    return _rounded(LIFE_SHARE * median), (
        f"data: {LIFE_SHARE} of the median life, as fewer than three failed lives show when their readings move"
    )


def change_point(index: NDArray[np.float64]) -> int:
    """The row from which a level followed by a straight line fits `index` (n,) best, in least squares.

    >>> change_point(np.array([0.0] * 30 + [0.1 * k for k in range(31)]))
    30
    """
    n = len(index)
    rows = np.arange(n, dtype=float)
    losses = np.full(n, np.inf)
    for start in range(2, n - 3, max(n // MOST_CANDIDATES, 1)):
        design = np.stack([np.ones(n), np.clip(rows - start, 0.0, None)], axis=1)
        gram = design.T @ design
        fitted = design @ np.linalg.solve(gram, design.T @ index)
        losses[start] = ((index - fitted) ** 2).sum()
    return int(np.argmin(losses))


def without_operating(lives: Lives, operating: tuple[str, ...]) -> pd.DataFrame:
    """Rows whose condition sensors have lost what the operating sensors explain: by regime, or quadratic regression."""
    rows = lives.rows.copy()
    given = [name for name in operating if name in lives.sensors and rows[name].std() > 0]
    if not given:
        return rows
    sensors = list(lives.sensors)
    values, places = rows[sensors].to_numpy(float), tuple(sensors.index(name) for name in given)
    regimes = find_regimes(values, places)
    if regimes is not None:
        rows[sensors] = regimes.standardised(values, regimes.of(values[:, list(places)]))
        rows[given] = 0.0
        return rows
    x = rows[given].to_numpy(float)
    x = np.nan_to_num((x - np.nanmean(x, axis=0)) / np.nanstd(x, axis=0))
    pairs = [x[:, i] * x[:, j] for i in range(x.shape[1]) for j in range(i, x.shape[1])]
    design = np.column_stack([np.ones(len(x)), x, *pairs])
    for sensor in lives.sensors:
        if sensor in given:
            rows[sensor] = 0.0
            continue
        y = rows[sensor].to_numpy(float)
        known = np.isfinite(y)
        if known.sum() > design.shape[1]:
            weights = np.linalg.lstsq(design[known], y[known], rcond=None)[0]
            rows[sensor] = y - design @ weights + float(np.mean(y[known]))
    return rows


def _health_indices(
    used: dict[str, pd.DataFrame], ends: pd.DataFrame, sensors: tuple[str, ...]
) -> list[NDArray[np.float64] | None]:
    """For each life a smoothed index that is near 0 while sound; None where its readings do not move at all."""
    deviations, moved = {}, {}
    for life, rows in used.items():
        values = rows[list(sensors)].to_numpy(float)
        sound = values[: max(int(SOUND_SHARE * len(values)), 3)]
        with np.errstate(all="ignore"):
            noise = np.nanstd(sound, axis=0)
            scaled = (values - np.nanmean(sound, axis=0)) / np.where(noise > 0, noise, np.inf)
        smooth = pd.DataFrame(np.nan_to_num(scaled)).rolling(SMOOTHING, min_periods=1).mean().to_numpy()
        deviations[life], moved[life] = smooth, smooth[-max(len(smooth) // 20, 1) :].mean(axis=0)
    modes = ends["failure_mode"].fillna("").reindex(list(used))
    indices: list[NDArray[np.float64] | None] = []
    for life in used:
        alike = [moved[other] for other in used if modes[other] == modes[life]]
        direction = np.mean(alike, axis=0)
        direction = np.where(np.abs(direction) > 1.0, direction, 0.0)  # less than its own noise: it does not answer
        index = deviations[life] @ direction
        indices.append(index if np.any(direction) and index[-1] > 2.0 * index[: len(index) // 4].std() else None)
    return indices


def _rounded(hours: float) -> float:
    """Two significant figures and a half: a cap is no more exact than that."""
    step = 10.0 ** np.floor(np.log10(max(hours, 1e-9))) / 20.0
    return float(round(hours / step) * step)
