"""One task of one machine: fit it on the lives kept, score it and its baselines on the lives held out."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import onnx
from numpy.typing import NDArray

from machine_profiles.profile import Profile
from models import anomaly, forecasting, metrics
from models.examples import Examples, examples_of
from models.failure import failure_figures, fit_failure
from models.features import Scaling, answers_over, feature_model
from models.holdout import folds
from models.lives import Lives
from models.remaining_life import fit_rul, point_figures, rul_figures
from models.results import Task

FOLDS = 5
QUICK_FOLDS = 3
ROWS, QUICK_ROWS = 24_000, 6_000  # examples learnt from; more rows of the same lives teach little


@dataclass(frozen=True)
class Lot:
    """The lives learnt from and those held out, whole, with what all tasks share."""

    profile: Profile
    kept: Lives
    held: Lives
    scaling: Scaling
    cap_hours: float | None
    seed: int
    quick: bool
    threads: int
    synthetic: Lives | None = None
    synthetic_dataset: str | None = None

    @property
    def every(self) -> int:
        return max(1, round(len(self.kept.rows) / (QUICK_ROWS if self.quick else ROWS)))

    @property
    def sound_hours(self) -> float:
        """Rows known to be this far from a failure count as sound."""
        return max(self.cap_hours or 0.0, self.profile.modelling.failure_horizon_hours)

    @cached_property
    def fold(self) -> dict[str, int]:
        return folds(self.kept.names, self.kept.failed, QUICK_FOLDS if self.quick else FOLDS, self.seed)

    @cached_property
    def examples(self) -> Examples:
        return examples_of(self.profile, self.kept, self.scaling, self.every)

    @cached_property
    def judged(self) -> Examples:
        return examples_of(self.profile, self.held, self.scaling, max(1, self.every // 2))

    @property
    def fold_of_rows(self) -> NDArray[np.int64]:
        return np.array([self.fold[name] for name in self.examples.life])

    @property
    def protocol(self) -> str:
        kept, held = self.kept, self.held
        return (
            f"Whole lives held out: {len(held.names)} of {len(kept.names) + len(held.names)} ({len(held.failed)} that "
            f"failed), drawn by their names with seed {self.seed}; learnt from {len(kept.names)} lives "
            f"({len(kept.failed)} that failed), in {max(self.fold.values()) + 1} folds by life, every "
            f"{self.every}. row. All figures are of the lives held out."
        )


@dataclass(frozen=True)
class Fitted:
    graph: onnx.ModelProto
    engine: str
    metrics: dict[str, float]
    baselines: dict[str, dict[str, float]]
    threshold: float | None = None
    used_synthetic: bool = False
    plots: dict[str, bytes] = field(default_factory=dict)


def fit(task: Task, lot: Lot, seconds: float) -> Fitted:
    return {"failure": _failure, "rul": _rul, "anomaly": _anomaly, "forecast": _forecast}[task](lot, seconds)


def _failure(lot: Lot, seconds: float) -> Fitted:
    horizon, cap = lot.profile.modelling.failure_horizon_hours, lot.cap_hours or 0.0
    model = fit_failure(lot.examples, lot.fold_of_rows, horizon, cap, lot.seed, lot.threads)
    true = lot.judged.fails_within(horizon)
    known = ~np.isnan(true)
    judged, true = lot.judged.of(known), true[known]
    probability = model.probability(judged.features, horizon, lot.threads)
    figures = failure_figures(true, probability, model.threshold)
    return Fitted(
        model.write(lot.scaling).model(),
        f"LightGBM, mean of {len(model.boosters)} models of folds by life, calibrated (Platt)",
        figures,
        _failure_baselines(lot, horizon, judged, true),
        model.threshold,
    )


def _failure_baselines(
    lot: Lot, horizon: float, judged: Examples, true: NDArray[np.float64]
) -> dict[str, dict[str, float]]:
    from models import _lightgbm  # heavy

    label = lot.examples.fails_within(horizon)
    known = ~np.isnan(label)
    rate = float(label[known].mean())
    baselines = {"constant": failure_figures(true, np.full(len(true), rate), min(rate, 0.5))}
    for name, of in (("lightgbm_raw", "latest"), ("lightgbm", "features")):
        booster = _lightgbm.fit(
            _lightgbm.Recipe("binary", 100, _lightgbm.PLAIN), _columns(lot, of, lot.examples)[known], label[known],
            lot.seed, lot.threads,
        )  # fmt: skip
        score = _lightgbm.scores(booster, _columns(lot, of, judged), lot.threads)
        baselines[name] = failure_figures(true, 1 / (1 + np.exp(-score)), 0.5)
    return baselines


def _rul(lot: Lot, seconds: float) -> Fitted:
    cap = lot.cap_hours or 0.0
    model = fit_rul(lot.examples, lot.fold_of_rows, cap, lot.seed, lot.threads)
    judged = lot.judged.of(lot.judged.failed)
    true = judged.remaining(cap)
    share = model.share(judged.features, lot.threads)
    low, high = model.interval.at(share)
    figures = rul_figures(true, share * cap, np.clip(low, 0, share) * cap, np.clip(high, share, 1) * cap)
    return Fitted(
        model.write(lot.scaling).model(),
        f"LightGBM, mean of {len(model.boosters)} models of folds by life; interval from lives not learnt from",
        figures,
        _rul_baselines(lot, cap, judged, true),
    )


def _rul_baselines(lot: Lot, cap: float, judged: Examples, true: NDArray[np.float64]) -> dict[str, dict[str, float]]:
    from models import _lightgbm  # heavy

    label = lot.examples.remaining(cap)
    known = lot.examples.failed
    baselines = {"constant": point_figures(true, np.full(len(true), float(label[known].mean())))}
    for name, of in (("lightgbm_raw", "latest"), ("lightgbm", "features")):
        booster = _lightgbm.fit(
            _lightgbm.Recipe("regression", 100, _lightgbm.PLAIN), _columns(lot, of, lot.examples)[known],
            label[known], lot.seed, lot.threads,
        )  # fmt: skip
        baselines[name] = point_figures(true, _lightgbm.scores(booster, _columns(lot, of, judged), lot.threads))
    return baselines


def _columns(lot: Lot, of: str, examples: Examples) -> NDArray[np.float32]:
    """Latest raw readings; or the rolling means of all sensors, as thirty lines of LightGBM would take them."""
    if of == "latest":
        return examples.latest
    names = feature_model(lot.scaling)[1]
    return examples.features[:, ["|mean|" in name for name in names]]


def _anomaly(lot: Lot, seconds: float) -> Fitted:
    profile, every = lot.profile, max(1, lot.every // 2)
    model = anomaly.fit_anomaly(profile, lot.scaling, lot.kept, lot.sound_hours, every)
    graph = model.write().model()
    answers, keys = answers_over(profile, lot.held, graph)
    score = answers["score"][:, 0].astype(np.float64)
    life = keys["life"].to_numpy(object)
    observed = (keys["life"].map(lot.held.ends.set_index("life")["end_hours"]) - keys["hours"]).to_numpy(float)
    failed = keys["life"].isin(lot.held.failed).to_numpy()
    near = failed & (observed <= profile.modelling.failure_horizon_hours)
    sound = observed >= lot.sound_hours
    latest = lot.held.rows.sort_values(["life", "hours"], kind="stable")[list(profile.sensor_names)].to_numpy(float)
    raw = np.nanmax(np.abs(np.nan_to_num((latest - lot.scaling.centre) / lot.scaling.scale)), axis=1)
    judged = near | sound
    return Fitted(
        graph,
        f"Mahalanobis distance of {model.window}-row means of residuals from the life's own baseline",
        anomaly.anomaly_figures(score, life, near, sound, profile.modelling.sample_hours),
        {
            "constant": {"auroc": 0.5, "alarms_per_month": 0.0},
            "raw_readings": {"auroc": metrics.auroc(near[judged], raw[judged])},
        },
        anomaly.THRESHOLD,
    )


def _forecast(lot: Lot, seconds: float) -> Fitted:
    every = max(1, round(len(lot.kept.rows) / 3000))
    model = forecasting.fit_forecast(lot.profile, lot.kept, lot.fold, every)
    figures = forecasting.forecast_figures(lot.profile, model, lot.held, max(1, every // 2))
    return Fitted(
        model.write().model(),
        f"linear in the last {model.weights.shape[1]} rows, {model.steps} steps at once",
        figures.pop("model"),
        figures,
    )
