"""Random forest, XGBoost and isolation forest as anyone would fit them, on one core and seeded."""

import numpy as np
import xgboost
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest, RandomForestClassifier, RandomForestRegressor

MOST_ROWS = 8000
TREES, ROUNDS = 100, 120
ALARM_QUANTILE = 0.998

Array = NDArray[np.float64]
Matrix = NDArray[np.float32]


def forest(features: Matrix, label: Array, asked: Matrix, binary: bool, seed: int) -> Array:
    """Answers for `asked` (n,): probabilities where `binary`."""
    x, y = _fewer(np.nan_to_num(features), label, seed)
    settings = {"n_estimators": TREES, "min_samples_leaf": 5, "max_features": "sqrt", "n_jobs": 1, "random_state": seed}
    asked = np.nan_to_num(asked)
    if binary:
        answers = RandomForestClassifier(**settings).fit(x, y > 0.5).predict_proba(asked)
        return np.asarray(answers[:, -1] if answers.shape[1] > 1 else np.full(len(asked), float(y[0])), np.float64)
    return np.asarray(RandomForestRegressor(**settings).fit(x, y).predict(asked), np.float64)


def boosted(features: Matrix, label: Array, asked: Matrix, binary: bool, seed: int) -> Array:
    x, y = _fewer(features, label, seed)
    settings = {
        "objective": "binary:logistic" if binary else "reg:squarederror", "eta": 0.1, "max_depth": 5,
        "tree_method": "hist", "nthread": 1, "seed": seed,
    }  # fmt: skip
    booster = xgboost.train(settings, xgboost.DMatrix(x, y, nthread=1), ROUNDS)
    return np.asarray(booster.predict(xgboost.DMatrix(asked, nthread=1)), np.float64)


def isolation(sound: Array, asked: Array, seed: int) -> Array:
    """Scores of `asked` (n,), scaled so that 0.5 is the level that 2 in 1,000 sound rows pass."""
    x, _ = _fewer(sound, np.zeros(len(sound)), seed)
    fitted = IsolationForest(n_estimators=TREES, n_jobs=1, random_state=seed).fit(x)
    level = float(np.quantile(-fitted.score_samples(x), ALARM_QUANTILE))
    return np.asarray(0.5 * -fitted.score_samples(asked) / level, np.float64)


def _fewer(features: NDArray[np.floating], label: Array, seed: int) -> tuple[NDArray[np.floating], Array]:
    if len(label) <= MOST_ROWS:
        return features, label
    chosen = np.sort(np.random.default_rng(seed).choice(len(label), MOST_ROWS, replace=False))
    return features[chosen], label[chosen]
