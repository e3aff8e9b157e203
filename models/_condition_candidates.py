"""Classifiers that a condition model chooses from: levels on a line, LightGBM trees, a random forest."""

from collections.abc import Callable

import lightgbm
import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier

Array = NDArray[np.float64]
Ask = Callable[[NDArray[np.float32]], Array]

PENALTY = 0.01  # of the ridge, on standardised features
TREES, BAGS, ROUNDS = 120, 3, 40
FOREST = 150
NARROWEST = 0.05  # of a level's spread around its place, in levels


def names(on_a_line: bool) -> tuple[str, ...]:
    return ("levels", "trees", "forest") if on_a_line else ("trees", "forest")


def fit(name: str, features: NDArray[np.float32], place: NDArray[np.int64], count: int, seed: int) -> Ask:
    """features (n, F), place (n,) of 0 … count - 1; the answer gives probabilities (n, count)."""
    return {"levels": _levels, "trees": _trees, "forest": _forest}[name](features, place, count, seed)


def _levels(features: NDArray[np.float32], place: NDArray[np.int64], count: int, _seed: int) -> Ask:
    """Ridge regression of the level's place, every level weighing the same; around it a normal error, times the share.

    Few settings seen make trees remember settings; a line through ordered levels holds between and beyond them.
    """
    known = np.nan_to_num(features.astype(np.float64))
    centre, scale = known.mean(axis=0), known.std(axis=0)
    scale[scale < 1e-9] = 1.0
    share = np.bincount(place, minlength=count) / len(place)
    weight = 1.0 / np.maximum(share[place] * (share > 0).sum(), 1e-12)
    x = np.hstack([(known - centre) / scale, np.ones((len(known), 1))])
    penalty = PENALTY * np.eye(x.shape[1])
    penalty[-1, -1] = 0.0
    slopes = np.linalg.solve((x * weight[:, None]).T @ x + penalty, (x * weight[:, None]).T @ place)
    spread = max(float(np.sqrt(np.average((x @ slopes - place) ** 2, weights=weight))), NARROWEST)

    def ask(asked: NDArray[np.float32]) -> Array:
        standard = (np.nan_to_num(asked.astype(np.float64)) - centre) / scale
        found = np.hstack([standard, np.ones((len(asked), 1))]) @ slopes
        away = -0.5 * ((np.clip(found, 0, count - 1)[:, None] - np.arange(count)) / spread) ** 2
        likely = np.exp(away - away.max(axis=1, keepdims=True)) * share
        return likely / likely.sum(axis=1, keepdims=True)

    return ask


def _trees(features: NDArray[np.float32], place: NDArray[np.int64], count: int, seed: int) -> Ask:
    """Bagged LightGBM with leaves small enough for rare levels."""
    settings = {
        "objective": "binary" if count == 2 else "multiclass", "learning_rate": 0.05, "num_leaves": 31,
        "min_child_samples": 2, "min_child_weight": 0.0 if count == 2 else 1e-3, "bagging_fraction": 0.6,
        "bagging_freq": 1, "feature_fraction_bynode": 0.5, "max_bin": 1023, "num_threads": 1, "deterministic": True,
        "force_row_wise": True, "verbose": -1,
    }  # fmt: skip
    if count > 2:
        settings |= {"num_class": count, "max_bin": 63, "num_leaves": 15, "feature_fraction_bynode": 0.2}
    boosters = [
        lightgbm.train(
            {**settings, "seed": seed + bag}, lightgbm.Dataset(features, place), TREES if count == 2 else ROUNDS
        )
        for bag in range(BAGS if count == 2 else 1)
    ]

    def ask(asked: NDArray[np.float32]) -> Array:
        found = np.mean([booster.predict(asked, num_threads=1) for booster in boosters], axis=0)
        return np.stack([1 - found, found], axis=1) if count == 2 else np.asarray(found, np.float64)

    return ask


def _forest(features: NDArray[np.float32], place: NDArray[np.int64], count: int, seed: int) -> Ask:
    """Breiman's random forest, fully grown (Machine Learning 45, 2001)."""
    forest = RandomForestClassifier(
        FOREST if count == 2 else FOREST // 2, max_features=0.5 if count == 2 else "sqrt", random_state=seed, n_jobs=1
    )
    forest.fit(np.nan_to_num(features), place)

    def ask(asked: NDArray[np.float32]) -> Array:
        found = np.zeros((len(asked), count))
        found[:, forest.classes_] = forest.predict_proba(np.nan_to_num(asked))
        return found

    return ask
