"""Train on synthetic lives, test on recorded ones: how useful synthetic data is, by a small LightGBM."""

from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, r2_score

from models.lives import Lives
from models.metrics import best_f1_threshold, rmse
from models.rul import label_lives

SHORT_ROWS, LONG_ROWS = 6, 48
TEST_EVERY = 3  # recorded rows lie close together; every third one tells as much
FEWEST_FAILING = 5  # rows within the horizon, below which the classifier has nothing to learn


@dataclass(frozen=True)
class Usefulness:
    """On recorded lives the training never saw: of failure within the horizon, and of the capped RUL."""

    average_precision: float
    rul_r2: float
    prevalence: float  # what the average precision would be by chance
    f1: float  # at the threshold that is best on these lives
    rul_rmse_hours: float

    @property
    def score(self) -> float:
        """The mean of both; a negative R2, worse than a constant, counts as 0."""
        return (self.average_precision + max(self.rul_r2, 0.0)) / 2.0


def usefulness(
    train: Lives, test: Lives, horizon_hours: float, cap_hours: float, baseline_rows: int, seed: int
) -> Usefulness:
    """Fit on `train`, score on `test`. Censored rows count as sound where they were seen to outlast the horizon."""
    x, fails, rul = _table(train, horizon_hours, cap_hours, baseline_rows)
    held_x, held_fails, held_rul = (
        part[::TEST_EVERY] for part in _table(test, horizon_hours, cap_hours, baseline_rows)
    )
    options: dict[str, Any] = {
        "n_estimators": 120, "learning_rate": 0.06, "num_leaves": 15, "min_child_samples": 20, "subsample": 0.8,
        "subsample_freq": 1, "colsample_bytree": 0.7, "random_state": seed, "n_jobs": 1, "deterministic": True,
        "verbose": -1,
    }  # fmt: skip
    known, held_known = np.isfinite(fails), np.isfinite(held_fails)
    prevalence = float(held_fails[held_known].mean()) if held_known.any() else float("nan")
    precision, f1 = prevalence, best_f1_threshold(held_fails[held_known], np.ones(int(held_known.sum())))[1]
    if min((fails == 1).sum(), (fails == 0).sum()) >= FEWEST_FAILING and 0.0 < prevalence < 1.0:
        model = lgb.LGBMClassifier(**options).fit(x[known], fails[known])
        probability = np.asarray(model.predict_proba(held_x[held_known]))[:, 1]
        precision = average_precision_score(held_fails[held_known], probability)
        f1 = best_f1_threshold(held_fails[held_known], probability)[1]
    dated, held_dated = np.isfinite(rul), np.isfinite(held_rul)
    r2, error = 0.0, float(np.nanstd(held_rul)) if held_dated.any() else float("nan")
    if dated.sum() >= FEWEST_FAILING and held_dated.sum() > 1:
        predicted = lgb.LGBMRegressor(**options).fit(x[dated], rul[dated]).predict(held_x[held_dated])
        r2, error = r2_score(held_rul[held_dated], predicted), rmse(held_rul[held_dated], np.asarray(predicted))
    return Usefulness(float(precision), float(r2), prevalence, float(f1), float(error))


def _table(
    lives: Lives, horizon_hours: float, cap_hours: float, baseline_rows: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Causal inputs (n, 4 x sensors), whether it fails within the horizon and capped RUL; NaN where not known."""
    labelled = label_lives(lives, cap_hours)
    values = labelled[list(lives.sensors)].astype(float)
    life = labelled["life"]
    values = values.groupby(life, sort=False).ffill()
    starts = np.flatnonzero(life.to_numpy() != life.shift().to_numpy())
    age = _rows_since(starts, len(life))
    steps = labelled["hours"].diff().to_numpy()
    usual = np.median(steps[age > 0]) if (age > 0).any() else np.inf
    whole = _rows_since(np.flatnonzero((age == 0) | (steps > LONG_ROWS * usual)), len(life))
    readings = np.nan_to_num(values.to_numpy())
    short, long = _trailing_mean(readings, whole, SHORT_ROWS), _trailing_mean(readings, whole, LONG_ROWS)
    first = _baseline(readings, starts, age, baseline_rows)
    observed = labelled["observed_for_hours"].to_numpy()
    censored = labelled["censored"].to_numpy()
    fails = np.where(observed <= horizon_hours, np.where(censored, np.nan, 1.0), 0.0)
    return np.column_stack([readings, short, long, short - first]), fails, labelled["rul_hours"].to_numpy(float)


def _rows_since(starts: NDArray[np.int64], rows: int) -> NDArray[np.int64]:
    return np.arange(rows) - np.repeat(starts, np.diff([*starts, rows]))


def _trailing_mean(values: NDArray[np.float64], age: NDArray[np.int64], rows: int) -> NDArray[np.float64]:
    """Mean over the last `rows` rows of the same life, and of the same side of a hole as long; fewer where young."""
    sums = np.vstack([np.zeros(values.shape[1]), np.cumsum(values, axis=0)])
    count = np.minimum(age + 1, rows)
    here = np.arange(len(values)) + 1
    return (sums[here] - sums[here - count]) / count[:, None]


def _baseline(
    values: NDArray[np.float64], starts: NDArray[np.int64], age: NDArray[np.int64], rows: int
) -> NDArray[np.float64]:
    """Mean of a life's first rows, as far as they have passed."""
    sums = np.vstack([np.zeros(values.shape[1]), np.cumsum(values, axis=0)])
    start = np.arange(len(values)) - age
    count = np.minimum(age + 1, rows)
    return (sums[start + count] - sums[start]) / count[:, None]
