"""LightGBM, fitted the same way every time: one seed, one result.

On one thread: on a busy machine its threads wait for each other, and two took 55 s where one took 3. Folds run side by
side instead (models.folding).
"""

from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]

SETTINGS = {
    "learning_rate": 0.05, "num_leaves": 15, "min_child_samples": 40, "feature_fraction": 0.08,
    "bagging_fraction": 0.7, "bagging_freq": 1, "lambda_l2": 5.0, "max_bin": 127,
}  # fmt: skip
LARGER = {
    "learning_rate": 0.04, "num_leaves": 31, "min_child_samples": 60, "feature_fraction": 0.5, "extra_trees": True,
    "bagging_fraction": 0.7, "bagging_freq": 1, "lambda_l2": 5.0, "max_bin": 127,
}  # fmt: skip  # for many lives: each split may choose among more
PLAIN = {"learning_rate": 0.1, "num_leaves": 31}  # LightGBM's own defaults, for the baseline


@dataclass(frozen=True)
class Recipe:
    """What is fitted: the objective, how many trees, and settings that differ from SETTINGS."""

    objective: str
    rounds: int = 150
    settings: dict[str, float | int | bool] | None = None
    rising: int = 0  # copies of the last feature, in which the score may only rise


def fit(recipe: Recipe, features: Matrix, labels: NDArray[np.float64], seed: int) -> lightgbm.Booster:
    """features (n, F), labels (n,). With `rising` the last feature stands that many times more, so that a tree which
    sees a random tenth of the features seldom lacks it; read such trees with one column by `models.onnx_trees`.
    """
    columns = features.shape[1]
    if recipe.rising:
        features = np.hstack([features, np.repeat(features[:, -1:], recipe.rising, axis=1)])
    settings: dict[str, Any] = {**(SETTINGS if recipe.settings is None else recipe.settings)}
    if recipe.rising:
        settings["monotone_constraints"] = [0] * (columns - 1) + [1] * (recipe.rising + 1)
    fixed = {
        "objective": recipe.objective, "seed": seed, "num_threads": 1, "deterministic": True,
        "force_row_wise": True, "verbose": -1,
    }  # fmt: skip
    return lightgbm.train({**settings, **fixed}, lightgbm.Dataset(features, labels), recipe.rounds)


def scores(booster: lightgbm.Booster, features: Matrix, trees: int | None = None) -> NDArray[np.float64]:
    """Raw scores (n,), of the first `trees` alone where stated; copies of the last feature are added where the booster
    knows them.
    """
    copies = booster.num_feature() - features.shape[1]
    if copies:
        features = np.hstack([features, np.repeat(features[:, -1:], copies, axis=1)])
    return np.asarray(booster.predict(features, raw_score=True, num_threads=1, num_iteration=trees), np.float64)
