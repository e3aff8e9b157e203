"""What a score is worth: probabilities by Platt scaling, intervals by the errors made on lives not learnt from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.onnx_graph import Graph

Array = NDArray[np.float64]
KNOTS = 9
FEWEST_ROWS_A_KNOT = 40
WIDENINGS = tuple(np.arange(0.8, 3.01, 0.05).tolist())
NARROWINGS = (0.7,)  # of the upper bound, where the lower one had to be widened


def fit_platt(score: Array, true: Array, weight: Array | None = None) -> tuple[float, float]:
    """Slope and offset of the logistic regression of `true` (0 or 1) on `score` (log-odds), slope above zero.

    Targets are smoothed as in Platt, Probabilistic outputs for support vector machines, 1999, section 2.2.
    """
    positive, negative = float(np.sum(true)), float(np.sum(1 - true))
    target = np.where(true > 0.5, (positive + 1) / (positive + 2), 1 / (negative + 2))
    weight = np.ones_like(target) if weight is None else weight
    design = np.stack([score, np.ones_like(score)], axis=1)
    found = np.array([1.0, 0.0])
    for _ in range(50):
        probability = 1 / (1 + np.exp(-np.clip(design @ found, -40, 40)))
        gradient = design.T @ (weight * (probability - target))
        curve = (design * (weight * probability * (1 - probability))[:, None]).T @ design + 1e-9 * np.eye(2)
        step = np.linalg.solve(curve, gradient)
        found = found - step * min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-12))
        if float(np.abs(step).max()) < 1e-9:
            break
    return max(float(found[0]), 1e-3), float(found[1])


@dataclass(frozen=True)
class Interval:
    """Low and high as piecewise-linear functions of the prediction; knots ascend."""

    knots: Array
    low: Array
    high: Array

    def add(self, graph: Graph, value: str) -> tuple[str, str]:
        """Write both bounds for `value` (n, 1) into a graph."""
        return _add_curve(graph, value, self.knots, self.low), _add_curve(graph, value, self.knots, self.high)

    def at(self, value: Array) -> tuple[Array, Array]:
        return np.interp(value, self.knots, self.low), np.interp(value, self.knots, self.high)


def fit_interval(
    true: Array,
    predicted: Array,
    life: NDArray[np.object_],
    confidence: float = 0.9,
    late: NDArray[np.bool_] | None = None,
) -> Interval:
    """Bounds that hold `confidence` of the truths seen for about the same prediction.

    From predictions of lives not learnt from. Each life weighs the same; the quantiles are then widened, the same at
    every knot, until the lives' mean coverage reaches the confidence plus what a new life may deviate (split
    conformal prediction on whole lives: Dunn, Wasserman and Ramdas, JASA 118, 2023). Where `late` marks the rows at the
    end of each life, the lower bound is widened first until it holds for these as well: a wear-out that is seen too
    late lies below it.
    """
    names, place, count = np.unique(life, return_inverse=True, return_counts=True)
    weight = 1.0 / count[place]
    knots = _knots(predicted)
    lows, highs = np.empty(len(knots)), np.empty(len(knots))
    tail = (1 - confidence) / 2
    for at, knot in enumerate(knots):
        near = _near(predicted, knot, knots)
        error = true[near] - predicted[near]
        lows[at], highs[at] = (weighted_quantile(error, weight[near], q) for q in (tail, 1 - tail))
    wanted = min(confidence + (1 - confidence) / (len(names) + 1), 1.0)

    def widened(below: float, above: float) -> Interval:
        low, high = knots + np.minimum(lows * below, 0.0), knots + np.maximum(highs * above, 0.0)
        return Interval(knots, np.maximum(np.maximum.accumulate(low), 0.0), np.maximum.accumulate(high))

    def covered(interval: Interval, rows: NDArray[np.bool_]) -> float:
        low, high = interval.at(predicted)
        inside = (true >= np.minimum(low, predicted) - 1e-6) & (true <= np.maximum(high, predicted) + 1e-6)
        return float(np.sum((weight * inside)[rows]) / np.sum(weight[rows]))

    everywhere = np.ones(len(true), bool)
    if late is not None and late.any():
        below = next((by for by in WIDENINGS if covered(widened(by, max(by, 1.0)), late) >= wanted), WIDENINGS[-1])
        sides = [widened(below, by) for by in (*NARROWINGS, *WIDENINGS)]
    else:
        sides = [widened(by, by) for by in WIDENINGS]
    return next((interval for interval in sides if covered(interval, everywhere) >= wanted), sides[-1])


def weighted_quantile(values: Array, weight: Array, share: float) -> float:
    """The value below which `share` of the weight lies.

    >>> weighted_quantile(np.array([3.0, 1.0, 2.0]), np.array([1.0, 1.0, 2.0]), 0.5)
    2.0
    """
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weight[order])
    return float(values[order][min(int(np.searchsorted(reached, share * reached[-1])), len(values) - 1)])


def _knots(predicted: Array) -> Array:
    count = int(np.clip(len(predicted) // FEWEST_ROWS_A_KNOT, 1, KNOTS))
    low, high = np.quantile(predicted, [0.02, 0.98])
    return np.unique(np.linspace(low, high, count)) if high > low else np.array([low])


def _near(predicted: Array, knot: float, knots: Array) -> NDArray[np.int64]:
    """Rows predicted within a knot's reach, or the nearest ones where those are too few."""
    reach = (knots[-1] - knots[0]) / max(len(knots) - 1, 1)
    distance = np.abs(predicted - knot)
    inside = np.flatnonzero(distance <= max(reach, 1e-9))
    return inside if len(inside) >= FEWEST_ROWS_A_KNOT else np.argsort(distance, kind="stable")[:FEWEST_ROWS_A_KNOT]


def _add_curve(graph: Graph, value: str, knots: Array, heights: Array) -> str:
    """A piecewise-linear curve, flat outside its knots, as a sum of ramps."""
    curve = graph.constant([[heights[0]]])
    if len(knots) == 1:
        return graph.op("Add", graph.op("Mul", value, graph.constant(0.0)), curve)
    span = np.diff(knots)
    ramps = graph.op("Div", graph.op("Sub", value, graph.constant(knots[:-1][None])), graph.constant(span[None]))
    ramps = graph.op("Clip", ramps, graph.constant(0.0), graph.constant(1.0))
    return graph.op("Add", graph.op("MatMul", ramps, graph.constant(np.diff(heights)[:, None])), curve)
