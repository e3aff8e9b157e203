"""One task of one machine: fit it on the lives kept, score it and its baselines on the lives held out."""

import time
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import onnx
from numpy.typing import NDArray

from machine_profiles.profile import Profile
from models import anomaly, forecasting, metrics
from models.examples import Examples, examples_of
from models.failure import FailureModel, failure_figures, fit_failure
from models.features import Scaling, answers_over, feature_model
from models.folding import Array
from models.holdout import folds
from models.lives import Lives
from models.remaining_life import RulModel, fit_rul, point_figures, rul_figures
from models.results import Task
from models.teacher import Teacher, ask_autogluon

QUICK_ROWS, ROWS = 6_000, 24_000  # examples learnt from; more rows of the same lives teach little
ROWS_PER_SECOND, STEPS_PER_SECOND = 400, 20
QUICK_SECONDS = 12.0  # a task given less is fitted the quick way
LONG_SECONDS = 60.0
CLEARLY = 0.01  # what a rival must gain on lives not learnt from, to be preferred to the plain model


@dataclass(frozen=True)
class Lot:
    """The lives learnt from and those held out, whole, with what all tasks share."""

    profile: Profile
    kept: Lives
    held: Lives
    scaling: Scaling
    cap_hours: float | None
    seed: int
    seconds: float  # what a task that searches may take; what is fitted depends on it, never on the clock
    workers: int
    synthetic: Lives | None = None
    synthetic_dataset: str | None = None

    @property
    def quick(self) -> bool:
        return self.seconds < QUICK_SECONDS

    @property
    def every(self) -> int:
        wanted = np.clip(ROWS_PER_SECOND * self.seconds, QUICK_ROWS, ROWS)
        return max(1, round(len(self.kept.rows) / wanted))

    @property
    def fold_count(self) -> int:
        return 3 if self.quick else 5 if self.seconds < LONG_SECONDS else 8

    @property
    def network_steps(self) -> int:
        return 0 if self.quick else int(np.clip(STEPS_PER_SECOND * self.seconds, 400, 2500))

    @property
    def sound_hours(self) -> float:
        """Rows known to be this far from a failure count as sound."""
        return max(self.cap_hours or 0.0, self.profile.modelling.failure_horizon_hours)

    @cached_property
    def fold(self) -> dict[str, int]:
        return folds(self.kept.names, self.kept.failed, self.fold_count, self.seed)

    @cached_property
    def examples(self) -> Examples:
        return examples_of(self.profile, self.kept, self.scaling, self.every)

    @cached_property
    def judged(self) -> Examples:
        return examples_of(self.profile, self.held, self.scaling, max(1, self.every // 2))

    @cached_property
    def beside(self) -> Examples | None:
        """Synthetic lives to learn from, at most as many rows as there are recorded ones."""
        if self.synthetic is None or self.quick or not self.synthetic.failed:
            return None
        every = max(1, round(len(self.synthetic.rows) / len(self.examples)))
        return examples_of(self.profile, self.synthetic, self.scaling, every)

    @cached_property
    def names(self) -> list[str]:
        return feature_model(self.scaling)[1]

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


def fit(task: Task, lot: Lot, deadline: float) -> Fitted:
    """`deadline` (monotonic seconds): AutoGluon is stopped, and what comes after it left out, when it nears."""
    return {"failure": _failure, "rul": _rul, "anomaly": _anomaly, "forecast": _forecast}[task](lot, deadline)


def _failure(lot: Lot, deadline: float) -> Fitted:
    begun = time.monotonic()
    horizon, cap = lot.profile.modelling.failure_horizon_hours, lot.cap_hours or 0.0
    fold = lot.fold_of_rows

    def fitted(teaching: Array | None = None, beside: Examples | None = None) -> FailureModel:
        return fit_failure(lot.examples, fold, horizon, cap, lot.seed, lot.workers, teaching, beside)

    true = lot.judged.fails_within(horizon)
    judged, true = lot.judged.of(~np.isnan(true)), true[~np.isnan(true)]
    baselines = _failure_baselines(lot, horizon, judged, true)
    model, beside = fitted(), None
    took = time.monotonic() - begun
    if lot.beside is not None and time.monotonic() + 2 * took < deadline:
        with_synthetic = fitted(beside=lot.beside)
        if with_synthetic.validation > model.validation * (1 + CLEARLY):
            model, beside = with_synthetic, lot.beside
    label = lot.examples.fails_within(horizon)
    teacher, figures, engine = _ask_teacher(lot, label, judged, True, deadline - took), {}, "LightGBM"
    if teacher is not None:
        figures["teacher_average_precision"] = metrics.average_precision(true, teacher.answers)
        student = fitted(0.5 * label + 0.5 * teacher.own, beside)
        if student.validation > model.validation * (1 + CLEARLY):
            model, engine = student, "AutoGluon ensemble, distilled into LightGBM"
    probability = model.probability(judged.features, horizon)
    figures = {**failure_figures(true, probability, model.threshold), **figures}
    return Fitted(
        model.write(lot.scaling).model(),
        f"{engine}, mean of {len(model.boosters)} models of folds by life, calibrated (Platt); "
        f"{_said_of(lot, teacher)}",
        figures,
        baselines,
        model.threshold,
        used_synthetic=beside is not None,
    )


def _ask_teacher(lot: Lot, label: Array, judged: Examples, binary: bool, deadline: float) -> Teacher | None:
    """AutoGluon's answers for the rows taught (n,), NaN where no label is known, and for the rows judged."""
    if lot.quick:
        return None
    known = ~np.isnan(label)
    found = ask_autogluon(
        lot.examples.features[known], label[known], lot.fold_of_rows[known] % 3, judged.features, binary,
        deadline - time.monotonic(), lot.seed, lot.workers,
    )  # fmt: skip
    if found is None:
        return None
    own = np.full(len(label), np.nan)
    own[known] = found.own
    return Teacher(own, found.answers, found.name)


def _said_of(lot: Lot, teacher: Teacher | None) -> str:
    if teacher is not None:
        return f"chosen on lives not learnt from, beside AutoGluon {teacher.name}"
    return "fitted the quick way, without AutoGluon" if lot.quick else "AutoGluon was left out, the time being short"


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
            lot.seed,
        )  # fmt: skip
        score = _lightgbm.scores(booster, _columns(lot, of, judged))
        baselines[name] = failure_figures(true, 1 / (1 + np.exp(-score)), 0.5)
    return baselines


def _rul(lot: Lot, deadline: float) -> Fitted:
    from models import _lightgbm  # heavy

    begun = time.monotonic()
    cap, fold = lot.cap_hours or 0.0, lot.fold_of_rows
    recipes = [_lightgbm.Recipe("regression", 150 if lot.quick else 300)]
    if lot.seconds >= LONG_SECONDS:
        recipes.append(_lightgbm.Recipe("regression", 400, _lightgbm.LARGER))

    def fitted(teaching: Array | None = None, beside: Examples | None = None) -> RulModel:
        return fit_rul(
            lot.examples, fold, cap, lot.seed, lot.workers, recipes, lot.names, lot.network_steps, teaching, beside
        )

    judged = lot.judged.of(lot.judged.failed)
    true = judged.remaining(cap)
    baselines = _rul_baselines(lot, cap, judged, true)
    model, beside = fitted(), None
    took = time.monotonic() - begun
    if lot.beside is not None and time.monotonic() + 2 * took < deadline:
        with_synthetic = fitted(beside=lot.beside)
        if with_synthetic.validation < model.validation * (1 - CLEARLY):
            model, beside = with_synthetic, lot.beside
    label = lot.examples.remaining(cap) / cap
    teacher, figures, taught_by = _ask_teacher(lot, label, judged, False, deadline - took), {}, ""
    if teacher is not None:
        figures["teacher_rmse_hours"] = metrics.rmse(true, np.clip(teacher.answers, 0, 1) * cap)
        student = fitted(0.5 * label + 0.5 * teacher.own, beside)
        if student.validation < model.validation * (1 - CLEARLY):
            model, taught_by = student, "AutoGluon ensemble, distilled into "
    share = model.share(judged.features)
    low, high = model.interval.at(share)
    figures = {**rul_figures(true, share * cap, np.clip(low, 0, share) * cap, np.clip(high, share, 1) * cap), **figures}
    blend = f" and networks ({model.blend:.0%})" if model.networks else ""
    return Fitted(
        model.write(lot.scaling).model(),
        f"{taught_by}LightGBM{blend}, mean of {len(model.boosters)} models of folds by life; interval from lives not "
        f"learnt from; {_said_of(lot, teacher)}",
        figures,
        baselines,
        used_synthetic=beside is not None,
    )


def _rul_baselines(lot: Lot, cap: float, judged: Examples, true: NDArray[np.float64]) -> dict[str, dict[str, float]]:
    from models import _lightgbm  # heavy

    label = lot.examples.remaining(cap)
    known = lot.examples.failed
    baselines = {"constant": point_figures(true, np.full(len(true), float(label[known].mean())))}
    for name, of in (("lightgbm_raw", "latest"), ("lightgbm", "features")):
        booster = _lightgbm.fit(
            _lightgbm.Recipe("regression", 100, _lightgbm.PLAIN), _columns(lot, of, lot.examples)[known],
            label[known], lot.seed,
        )  # fmt: skip
        baselines[name] = point_figures(true, _lightgbm.scores(booster, _columns(lot, of, judged)))
    return baselines


def _columns(lot: Lot, of: str, examples: Examples) -> NDArray[np.float32]:
    """Latest raw readings; or the rolling means of all sensors, as thirty lines of LightGBM would take them."""
    if of == "latest":
        return examples.latest
    return examples.features[:, ["|mean|" in name for name in lot.names]]


def _anomaly(lot: Lot, deadline: float) -> Fitted:
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


def _forecast(lot: Lot, deadline: float) -> Fitted:
    every = max(1, round(len(lot.kept.rows) / 3000))
    model = forecasting.fit_forecast(lot.profile, lot.kept, lot.fold, every)
    figures = forecasting.forecast_figures(lot.profile, model, lot.held, max(1, every // 2))
    return Fitted(
        model.write().model(),
        f"linear in the last {model.weights.shape[1]} rows, {model.steps} steps at once",
        figures.pop("model"),
        figures,
    )
