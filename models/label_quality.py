"""How well a sensor's course suits prognosis: monotonicity, trendability, prognosability.

Definitions: Coble and Hines, "Identifying optimal prognostic parameters from data: a genetic algorithms approach",
Annual Conference of the PHM Society, 2009, equations 1 to 3. Each lies between 0 and 1; 1 is best.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.lives import Lives

POINTS = 50  # each life is read at these many shares of its span, as means between them
MOST_LIVES = 60  # pairs grow with the square; these many lives say enough


def sensor_quality(lives: Lives) -> dict[str, dict[str, float]]:
    """By sensor: monotonicity, trendability and prognosability over the lives that ended in failure.

    A sensor with fewer than two usable lives is left out.
    """
    failed = set(lives.failed[:MOST_LIVES])
    groups = [rows for life, rows in lives.rows.groupby("life", sort=False) if life in failed and len(rows) >= 10]
    quality: dict[str, dict[str, float]] = {}
    for sensor in lives.sensors:
        paths = [path for rows in groups if (path := _path(rows[sensor])) is not None]
        if len(paths) >= 2:
            quality[sensor] = {
                "monotonicity": round(monotonicity(paths), 3),
                "trendability": round(trendability(paths), 3),
                "prognosability": round(prognosability(paths), 3),
            }
    return quality


def monotonicity(paths: list[NDArray[np.float64]]) -> float:
    """Mean over lives of |rises - falls| / (n - 1).

    >>> monotonicity([np.array([0.0, 1.0, 2.0, 3.0]), np.array([0.0, 1.0, 0.0, 1.0])])  # (3/3 + 1/3) / 2
    0.6666666666666666
    """
    shares = [abs(int((np.diff(p) > 0).sum()) - int((np.diff(p) < 0).sum())) / (len(p) - 1) for p in paths]
    return float(np.mean(shares))


def trendability(paths: list[NDArray[np.float64]]) -> float:
    """The smallest |correlation| between two lives' courses, which must be equally long.

    >>> trendability([np.array([0.0, 1.0, 2.0]), np.array([5.0, 4.0, 3.0])])
    1.0
    """
    with np.errstate(all="ignore"):
        correlations = np.abs(np.corrcoef(np.stack(paths)))
    pairs = correlations[np.triu_indices(len(paths), 1)]
    return float(min(1.0, np.nan_to_num(pairs).min()))


def prognosability(paths: list[NDArray[np.float64]]) -> float:
    """exp(- spread of the final values / mean of |final - first|): 1 where all lives fail at the same reading.

    >>> prognosability([np.array([0.0, 4.0]), np.array([1.0, 4.0])])
    1.0
    """
    finals, firsts = np.array([p[-1] for p in paths]), np.array([p[0] for p in paths])
    travelled = float(np.abs(finals - firsts).mean())
    spread = float(finals.std(ddof=1))
    return float(np.exp(-spread / travelled)) if travelled > 0 else float(spread == 0.0)


def _path(readings: "pd.Series[float]") -> NDArray[np.float64] | None:
    """A life's course as POINTS means (fewer rows: interpolated); None where too little was measured."""
    values = readings.interpolate(limit_direction="both").to_numpy(float)
    if not np.isfinite(values).all():
        return None
    parts = min(POINTS, len(values))
    means = np.array([part.mean() for part in np.array_split(values, parts)])
    return np.interp(np.linspace(0, parts - 1, POINTS), np.arange(parts), means)
