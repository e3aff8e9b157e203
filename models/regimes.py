"""Operating regimes: the few settings a machine is run at, found from its operating sensors."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.onnx_graph import Graph

Array = NDArray[np.float64]
GAP = 0.02  # of a sensor's range: readings further apart belong to different levels
MOST_LEVELS, MOST_REGIMES = 12, 24
FEWEST_SHARE = 0.005  # of the rows: a rarer setting teaches nothing of its own
COVERED = 0.95  # of the rows, at least, lie in a regime
TELLING = 0.5  # of the scatter that a straight line leaves: regimes leave less than this, or there are none
FEW_READINGS = 2  # a level's own from fewer than this is unknown


@dataclass(frozen=True)
class Regimes:
    """K regimes. at (K, O): the operating sensors' levels; reach (O,): how near a reading must lie to each level.

    centre, scale (K, S): level and spread of every sensor in each regime; the spread of one that never moves is inf.
    """

    at: Array
    reach: Array
    centre: Array
    scale: Array

    def of(self, operating: Array) -> NDArray[np.int64]:
        """The regime of each row of operating readings (n, O); -1 where none, or more than one, is near."""
        inside = _inside(operating, self.at, self.reach)
        return np.where(inside.sum(axis=1) == 1, inside.argmax(axis=1), -1)

    def standardised(self, values: Array, regime: NDArray[np.int64]) -> Array:
        """Readings (n, S) in their regime's standard deviations from its level; NaN where the regime is unknown."""
        return np.where(regime[:, None] >= 0, (values - self.centre[regime]) / self.scale[regime], np.nan)

    def add(self, graph: Graph, values: str, operating: tuple[int, ...]) -> str:
        """The same for `values` (n, T, S) in a graph."""
        asked = graph.op("Unsqueeze", graph.pick(values, operating, axis=-1), graph.constant([2], np.int64))
        apart = graph.op("Div", graph.op("Sub", asked, graph.constant(self.at)), graph.constant(self.reach))
        apart = graph.op("ReduceMax", graph.op("Abs", graph.without_nan(apart)), axes=[3], keepdims=0)
        near = graph.op("Less", apart, graph.constant(1.0))
        inside = graph.op("Where", near, graph.constant(1.0), graph.constant(0.0))
        count = graph.op("ReduceSum", inside, graph.constant([2], np.int64), keepdims=1)
        centre = graph.op("MatMul", inside, graph.constant(self.centre))
        inverse = graph.op("MatMul", inside, graph.constant(1 / self.scale))
        known = graph.op("Less", graph.op("Abs", graph.op("Sub", count, graph.constant(1.0))), graph.constant(0.5))
        return graph.nan_unless(known, graph.op("Mul", graph.op("Sub", values, centre), inverse))


def find_regimes(values: Array, operating: tuple[int, ...]) -> Regimes | None:
    """Regimes of readings (n, S), where the operating sensors take few levels that explain the others; else None.

    A sensor's levels are parted by gaps; a regime is a combination of levels that occurs. They are kept where the
    readings scatter less within regimes than about a straight line through the operating sensors (TELLING): a load
    that hovers about one value, or counts in steps, makes no regimes.
    """
    asked = values[:, list(operating)]
    there = np.isfinite(asked).all(axis=1)
    if not operating or there.sum() < 1 / FEWEST_SHARE:
        return None
    levels, reach = zip(*(_levels(column) for column in asked[there].T), strict=True)
    if max(len(each) for each in levels) not in range(2, MOST_LEVELS + 1):
        return None
    nearest = np.stack(
        [np.abs(column[:, None] - each).argmin(axis=1) for column, each in zip(asked[there].T, levels, strict=True)], 1
    )
    combined, count = np.unique(nearest, axis=0, return_counts=True)
    often = combined[count >= FEWEST_SHARE * there.sum()]
    if not 1 < len(often) <= MOST_REGIMES:
        return None
    at = np.stack([np.array(each)[often[:, place]] for place, each in enumerate(levels)], axis=1)
    regime = Regimes(at, np.array(reach), at, at).of(asked)
    if (regime >= 0).mean() < COVERED:
        return None
    centre, scale = np.zeros((len(at), values.shape[1])), np.zeros((len(at), values.shape[1]))
    for number in range(len(at)):
        own = values[regime == number]
        known = np.isfinite(own).sum(axis=0) >= FEW_READINGS
        centre[number, known] = np.nanmean(own[:, known], axis=0)
        scale[number, known] = np.nanstd(own[:, known], axis=0)
    scale = np.where(scale > 1e-6 * np.maximum(np.abs(centre), 1e-6), scale, np.inf)
    found = Regimes(at, np.array(reach), centre, scale)
    return found if _tell(found, values, regime, operating) else None


def _levels(readings: Array) -> tuple[Array, float]:
    """The middle of each run of readings between gaps, and a quarter of the least distance between two of them."""
    ascending = np.unique(readings)
    span = ascending[-1] - ascending[0]
    if span <= 1e-9 * max(abs(ascending[-1]), 1e-9):
        return np.array([ascending.mean()]), max(0.25 * abs(float(ascending.mean())), 1.0)
    runs = np.split(ascending, np.flatnonzero(np.diff(ascending) > GAP * span) + 1)
    middle = np.array([0.5 * (run[0] + run[-1]) for run in runs])
    if len(middle) == 1:
        return middle, float(span)
    return middle, max(0.25 * float(np.diff(middle).min()), 0.6 * max(float(np.ptp(run)) for run in runs))


def _inside(operating: Array, at: Array, reach: Array) -> NDArray[np.bool_]:
    apart = np.nan_to_num((operating[:, None, :].astype(np.float32) - at.astype(np.float32)) / reach.astype(np.float32))
    return np.asarray(np.abs(apart).max(axis=2) < 1.0)


def _tell(found: Regimes, values: Array, regime: NDArray[np.int64], operating: tuple[int, ...]) -> bool:
    inside = regime >= 0
    x = np.column_stack([np.ones(int(inside.sum())), values[inside][:, list(operating)]])
    shares = []
    for place in range(values.shape[1]):
        y = values[inside, place]
        known = np.isfinite(y)
        if place in operating or known.sum() < len(x[0]) or np.std(y[known]) <= 1e-6 * max(abs(y[known].mean()), 1e-6):
            continue
        left = y[known] - x[known] @ np.linalg.lstsq(x[known], y[known], rcond=None)[0]
        within = y[known] - found.centre[regime[inside][known], place]
        shares.append(float(within.var() / max(left.var(), 1e-30)))
    return bool(shares) and float(np.median(shares)) < TELLING
