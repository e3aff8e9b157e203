"""The failure model: will it fail within h operating hours, for any h (decision 0003)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models import metrics
from models.calibration import fit_platt
from models.examples import Examples
from models.features import Scaling, add_features
from models.onnx_graph import Graph
from models.onnx_trees import add_trees

COPIES = 0.1  # of the feature count: how often the horizon stands among the features a tree draws from


@dataclass(frozen=True)
class FailureModel:
    """Fold models whose mean log-odds, calibrated, are the answer; `horizons` are those it was taught at, ascending."""

    boosters: list  # of lightgbm.Booster
    platt: tuple[float, float]
    horizons: tuple[float, ...]
    threshold: float  # of the probability within the profile's horizon

    def probability(self, features: NDArray[np.float32], horizon_hours: float, threads: int) -> NDArray[np.float64]:
        from models import _lightgbm  # heavy

        asked = np.clip(horizon_hours, 0.0, self.horizons[-1])
        paired = np.hstack([features, np.full((len(features), 1), asked, np.float32)])
        score = np.mean([_lightgbm.scores(booster, paired, threads) for booster in self.boosters], axis=0)
        soon = _sigmoid(self.platt[0] * score + self.platt[1])
        return 1 - (1 - soon) ** max(horizon_hours / self.horizons[-1], 1.0)

    def write(self, scaling: Scaling) -> Graph:
        """The whole graph, from readings and `horizon_hours` to `probability`.

        Beyond the longest horizon taught the hazard is taken as constant, so that a longer question never gets a
        smaller answer.
        """
        graph = Graph()
        features, names = add_features(graph, scaling)
        horizon = graph.input("horizon_hours", 1)
        longest = graph.constant(self.horizons[-1])
        asked = graph.op("Min", graph.op("Max", horizon, graph.constant(0.0)), longest)
        columns = len(names) + 1
        score = add_trees(graph, graph.op("Concat", features, asked, axis=1), self.boosters, columns)
        score = graph.op("Add", graph.op("Mul", score, graph.constant(self.platt[0])), graph.constant(self.platt[1]))
        lasts = graph.op("Sigmoid", graph.op("Neg", score))
        times = graph.op("Max", graph.op("Div", horizon, longest), graph.constant(1.0))
        graph.output("probability", graph.op("Sub", graph.constant(1.0), graph.op("Pow", lasts, times)), 1)
        return graph


def horizons_for(horizon_hours: float, cap_hours: float) -> tuple[float, ...]:
    """What the model is taught at: a day, fractions and multiples of the profile's horizon, up to the cap.

    >>> horizons_for(72.0, 400.0)
    (18.0, 24.0, 36.0, 72.0, 144.0, 288.0, 400.0)
    """
    longest = max(cap_hours, horizon_hours)
    wanted = {24.0, longest, *(horizon_hours * share for share in (0.25, 0.5, 1.0, 2.0, 4.0))}
    return tuple(sorted(h for h in wanted if h <= longest))


def fit_failure(
    examples: Examples, fold: NDArray[np.int64], horizon_hours: float, cap_hours: float, seed: int, threads: int,
    rounds: int = 150,
) -> FailureModel:  # fmt: skip
    """One model a fold, each taught by the other folds' lives and asked about its own."""
    from models import _lightgbm  # heavy

    horizons = horizons_for(horizon_hours, cap_hours)
    features, label, place, of_horizon = _pairs(examples, horizons)
    recipe = _lightgbm.Recipe("binary", rounds, rising=max(1, round(COPIES * features.shape[1])))
    boosters, score = [], np.full(len(label), np.nan)
    for number in np.unique(fold):
        own = fold[place] == number
        if len(np.unique(label[~own])) < 2:
            continue
        booster = _lightgbm.fit(recipe, features[~own], label[~own], seed + int(number), threads)
        boosters.append(booster)
        score[own] = _lightgbm.scores(booster, features[own], threads)
    asked = ~np.isnan(score)
    platt = fit_platt(score[asked], label[asked])
    at = asked & (of_horizon == horizon_hours)
    threshold, _ = metrics.best_f1_threshold(label[at], _sigmoid(platt[0] * score[at] + platt[1]))
    return FailureModel(boosters, platt, horizons, threshold)


def failure_figures(true: NDArray[np.float64], probability: NDArray[np.float64], threshold: float) -> dict[str, float]:
    """Figures on rows whose answer is known."""
    return {
        "average_precision": metrics.average_precision(true, probability),
        "f1": metrics.f1(true, probability >= threshold),
        "brier": metrics.brier(true, probability),
        "ece": metrics.expected_calibration_error(true, probability),
    }


def _pairs(
    examples: Examples, horizons: tuple[float, ...]
) -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """Every row with every horizon whose answer is known: features with the horizon last, label, row, horizon."""
    label = np.stack([examples.fails_within(horizon) for horizon in horizons], axis=1)
    row, column = np.nonzero(~np.isnan(label))
    horizon = np.array(horizons)[column]
    features = np.hstack([examples.features[row], horizon[:, None].astype(np.float32)])
    return features, label[row, column], row, horizon


def _sigmoid(score: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-np.clip(score, -40, 40)))
