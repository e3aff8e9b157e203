"""Whether synthetic lives run like recorded ones: how long they last, and how steadily their health falls."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.lives import Lives
from models.results import Result

SMOOTH_ROWS = 24
FEWEST_ROWS = 24
POINTS = 20  # each life's index is read at these many shares of its last hours
ANSWERS = 0.5  # standard deviations that a sensor must move towards failure, to count in the index

Array = NDArray[np.float64]


class LifeChecks(Result):
    """Of lives that ended in failure. `hours` is the recorded span of a life: last row less first."""

    recorded_lives: int
    synthetic_lives: int
    recorded_median_hours: float
    synthetic_median_hours: float
    length_distance: float  # Kolmogorov-Smirnov distance of the two distributions of hours, 0 to 1
    recorded_monotonicity: float  # rank correlation of the health index with time, median of lives; -1 to 1
    synthetic_monotonicity: float


def check_lives(recorded: Lives, synthetic: Lives, lead_hours: float) -> LifeChecks | None:
    """Compare failed lives; None where either side has none of at least 24 rows (the row-wise methods make such).

    The health index weighs each sensor by how far it moves from a life's first quarter to its last rows, in the mean
    of the recorded lives of the same mode; its monotonicity is taken over the last `lead_hours` before the failure.
    """
    directions = _directions(recorded)
    ours, theirs = _courses(recorded, directions, lead_hours), _courses(synthetic, directions, lead_hours)
    if not ours or not theirs:
        return None
    lengths, made = (np.array([hours for hours, _ in part]) for part in (ours, theirs))
    return LifeChecks(
        recorded_lives=len(ours),
        synthetic_lives=len(theirs),
        recorded_median_hours=round(float(np.median(lengths)), 1),
        synthetic_median_hours=round(float(np.median(made)), 1),
        length_distance=round(_distance(lengths, made), 4),
        recorded_monotonicity=round(float(np.median([m for _, m in ours])), 4),
        synthetic_monotonicity=round(float(np.median([m for _, m in theirs])), 4),
    )


def _directions(lives: Lives) -> dict[str, Array]:
    """By failure mode, the sensors' mean move from sound to failed in standard deviations; small ones count as none."""
    spread = lives.rows[list(lives.sensors)].std().to_numpy(float)
    moves: dict[str, list[Array]] = {}
    for mode, rows in _failed(lives):
        values = rows[list(lives.sensors)].to_numpy(float)
        sound, last = values[: max(len(values) // 4, 6)], values[-max(len(values) // 40, 6) :]
        with np.errstate(all="ignore"):
            move = (pd.DataFrame(last).mean() - pd.DataFrame(sound).mean()).to_numpy(float) / spread
        moves.setdefault(mode, []).append(np.nan_to_num(move, posinf=0.0, neginf=0.0))
    means = {mode: np.mean(each, axis=0) / np.where(spread > 0, spread, np.inf) for mode, each in moves.items()}
    return {mode: np.where(np.abs(mean * spread) > ANSWERS, mean, 0.0) for mode, mean in means.items()}


def _courses(lives: Lives, directions: dict[str, Array], lead_hours: float) -> list[tuple[float, float]]:
    found = []
    for mode, rows in _failed(lives):
        direction = directions.get(mode)
        if direction is None or not direction.any():
            continue
        values = rows[list(lives.sensors)].astype(float).ffill().bfill().fillna(0.0).to_numpy()
        index = pd.Series(values @ direction).rolling(SMOOTH_ROWS, min_periods=1).mean()
        hours = rows["hours"].to_numpy(float)
        near = hours >= hours[-1] - lead_hours
        place = np.minimum((np.arange(near.sum()) * POINTS) // max(int(near.sum()), 1), POINTS - 1)
        steps = index[near].groupby(place).mean()
        rank = steps.rank().corr(pd.Series(np.arange(len(steps)), dtype=float).set_axis(steps.index))
        found.append((float(hours[-1] - hours[0]), float(np.nan_to_num(rank))))
    return found


def _failed(lives: Lives) -> list[tuple[str, pd.DataFrame]]:
    modes = lives.ends.set_index("life")["failure_mode"].fillna("").astype(str)
    failed = set(lives.failed)
    return [
        (str(modes[str(life)]), rows)
        for life, rows in lives.rows.groupby("life", sort=False)
        if life in failed and len(rows) >= FEWEST_ROWS
    ]


def _distance(one: Array, other: Array) -> float:
    places = np.sort(np.concatenate([one, other]))
    shares = [np.searchsorted(np.sort(part), places, side="right") / len(part) for part in (one, other)]
    return float(np.abs(shares[0] - shares[1]).max())
