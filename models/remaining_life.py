"""The RUL model: operating hours left, flat above the cap, with an interval that lives not learnt from have set."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models import metrics
from models.calibration import Interval, fit_interval
from models.examples import Examples
from models.features import Scaling, add_features
from models.onnx_graph import Graph
from models.onnx_trees import add_trees

CONFIDENCE = 0.9


@dataclass(frozen=True)
class RulModel:
    """Fold models whose mean is the answer, as a share of the cap; the interval in the same unit."""

    boosters: list  # of lightgbm.Booster
    interval: Interval
    cap_hours: float

    def share(self, features: NDArray[np.float32], threads: int) -> NDArray[np.float64]:
        from models import _lightgbm  # heavy

        mean = np.mean([_lightgbm.scores(booster, features, threads) for booster in self.boosters], axis=0)
        return np.clip(mean, 0.0, 1.0)

    def write(self, scaling: Scaling) -> Graph:
        """The whole graph, from readings to `rul_hours`, `low` and `high`."""
        graph = Graph()
        features, names = add_features(graph, scaling)
        zero, one, cap = graph.constant(0.0), graph.constant(1.0), graph.constant(self.cap_hours)
        share = graph.op("Clip", add_trees(graph, features, self.boosters, len(names)), zero, one)
        low, high = self.interval.add(graph, share)
        low = graph.op("Clip", graph.op("Min", low, share), zero, one)
        high = graph.op("Clip", graph.op("Max", high, share), zero, one)
        for name, value in (("rul_hours", share), ("low", low), ("high", high)):
            graph.output(name, graph.op("Mul", value, cap), 1)
        return graph


def fit_rul(
    examples: Examples, fold: NDArray[np.int64], cap_hours: float, seed: int, threads: int, rounds: int = 150,
    settings: dict | None = None,
) -> RulModel:  # fmt: skip
    """One model a fold, taught by the other folds' lives and asked about its own; those errors set the interval."""
    from models import _lightgbm  # heavy

    label = examples.remaining(cap_hours) / cap_hours
    known = ~np.isnan(label)
    recipe = _lightgbm.Recipe("regression", rounds, settings)
    boosters, predicted = [], np.full(len(label), np.nan)
    for number in np.unique(fold):
        own = fold == number
        taught = ~own & known
        booster = _lightgbm.fit(recipe, examples.features[taught], label[taught], seed + int(number), threads)
        boosters.append(booster)
        predicted[own] = _lightgbm.scores(booster, examples.features[own], threads)
    judged = examples.failed & ~np.isnan(predicted)
    interval = fit_interval(label[judged], np.clip(predicted[judged], 0.0, 1.0), examples.life[judged], CONFIDENCE)
    return RulModel(boosters, interval, cap_hours)


def rul_figures(
    true: NDArray[np.float64], predicted: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64]
) -> dict[str, float]:
    """Figures in hours on rows of lives that failed; the truth is flat above the cap."""
    return {
        **point_figures(true, predicted),
        "coverage_90": metrics.coverage(true, low, high),
        "width_hours": float(np.mean(high - low)),
    }


def point_figures(true: NDArray[np.float64], predicted: NDArray[np.float64]) -> dict[str, float]:
    return {
        "rmse_hours": metrics.rmse(true, predicted),
        "mae_hours": float(np.mean(np.abs(predicted - true))),
        "r2": metrics.r2(true, predicted),
    }
