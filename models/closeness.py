"""How near synthetic rows lie to recorded ones: private data must not be copied, nor a row be learnt by heart."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.lives import Lives
from models.results import Result

ROWS = 2000  # of each part compared
CHUNK = 200
COPIED = 1e-6  # in standard deviations: as good as the same row

Array = NDArray[np.float64]


class Closeness(Result):
    """Distance to the closest record, in standard deviations a sensor (Euclidean, over the root of their number).

    The yardstick is recorded too: rows of some lives against the rows of the others, which nobody copied.
    """

    median: float  # of synthetic rows, to the closest recorded row
    recorded_median: float  # of the rows of half the recorded lives, to those of the other half
    nearer_than_usual: float  # share of synthetic rows nearer than 5 % of the recorded ones are
    copies: int  # among the rows compared: the same as a recorded row in every sensor
    compared: int

    @property
    def memorised(self) -> bool:
        """Copies, or far more near rows than chance would give."""
        return self.copies > 0 or self.nearer_than_usual > 0.25


def closeness(recorded: Lives, synthetic: pd.DataFrame, seed: int) -> Closeness | None:
    """Compare complete rows of both; None where fewer than two recorded lives or too few rows are complete."""
    sensors = [s for s in recorded.sensors if s in synthetic and recorded.rows[s].nunique() > 1]
    known = recorded.rows[["life", *sensors]].dropna()
    made = synthetic[sensors].dropna()
    random = np.random.default_rng(seed)
    names = list(random.permutation(known["life"].unique()))
    if len(names) < 2 or len(made) < 10:
        return None
    values = known[sensors].to_numpy(float)
    scale = values.std(axis=0) * np.sqrt(len(sensors))
    half = known["life"].isin(names[: len(names) // 2]).to_numpy()
    ones, others, whole = _some(values[half], random), _some(values[~half], random), _some(values, random)
    between = _nearest(ones / scale, others / scale)
    near = _nearest(_some(made.to_numpy(float), random) / scale, whole / scale)
    return Closeness(
        median=round(float(np.median(near)), 4),
        recorded_median=round(float(np.median(between)), 4),
        nearer_than_usual=round(float(np.mean(near < np.quantile(between, 0.05))), 4),
        copies=int((near <= COPIED).sum()),
        compared=len(near),
    )


def _some(values: Array, random: np.random.Generator) -> Array:
    return values[random.permutation(len(values))[:ROWS]]


def _nearest(these: Array, those: Array) -> Array:
    squares = (those**2).sum(axis=1)
    found = []
    for start in range(0, len(these), CHUNK):
        part = these[start : start + CHUNK]
        distance = (part**2).sum(axis=1)[:, None] + squares - 2.0 * part @ those.T
        found.append(np.sqrt(np.maximum(distance.min(axis=1), 0.0)))
    return np.concatenate(found)
