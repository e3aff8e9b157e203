"""The failure task of one machine: fitted on the lives kept, scored beside its baselines on those held out."""

import time

import numpy as np
from numpy.typing import NDArray

from models import metrics
from models.baselines import more_baselines
from models.examples import Examples
from models.failure import FailureModel, failure_figures, fit_failure, fit_profile_model, lean_on_profile
from models.folding import Array
from models.lot import CLEARLY, Fitted, Lot
from models.teaching import ask_teacher, plain_columns, said_of, said_of_profile
from models.training_plots import average_precision_of, failure_plots, learning_curve


def fit(lot: Lot, deadline: float) -> Fitted:
    begun = time.monotonic()
    horizon, cap = lot.profile.modelling.failure_horizon_hours, lot.cap_hours or 0.0
    fold = lot.fold_of_rows

    def fitted(teaching: Array | None = None, beside: Examples | None = None) -> FailureModel:
        return fit_failure(lot.examples, fold, horizon, cap, lot.seed, lot.workers, teaching, beside)

    true = lot.judged.fails_within(horizon)
    judged, true = lot.judged.of(~np.isnan(true)), true[~np.isnan(true)]
    baselines = _baselines(lot, horizon, judged, true)
    model, beside = fitted(), None
    took, costs = time.monotonic() - begun, lot.profile.modelling.costs
    of_profile = fit_profile_model(lot.prior, horizon, cap, lot.seed, lot.prior_rounds) if lot.prior else None
    if lot.beside is not None and time.monotonic() + 2 * took < deadline:
        with_synthetic = fitted(beside=lot.beside)
        if with_synthetic.validation > model.validation * (1 + CLEARLY):
            model, beside = with_synthetic, lot.beside
    label = lot.examples.fails_within(horizon)
    teacher, figures, engine = ask_teacher(lot, label, judged, True, deadline - took), {}, "LightGBM"
    if teacher is not None:
        figures["teacher_average_precision"] = metrics.average_precision(true, teacher.answers)
        student = fitted(0.5 * label + 0.5 * teacher.own, beside)
        if student.validation > model.validation * (1 + CLEARLY):
            model, engine = student, "AutoGluon ensemble, distilled into LightGBM"
    recorded_only = failure_figures(true, model.probability(judged.features, horizon), costs.threshold)
    if of_profile is not None:
        model = lean_on_profile(model, of_profile)
        figures |= {f"{name}_recorded_only": value for name, value in recorded_only.items()}
    probability = model.probability(judged.features, horizon)
    figures = {**failure_figures(true, probability, costs.threshold), **figures}
    figures["f1_at_learnt_threshold"] = metrics.f1(true, probability >= model.threshold)
    figures["learnt_threshold"] = model.threshold
    return Fitted(
        model.write(lot.scaling).model(),
        f"{engine}, mean of {len(model.boosters) - (model.lean > 0)} models of folds by life"
        f"{said_of_profile(lot, model.lean)}, calibrated (Platt); a failure is expected from "
        f"{costs.threshold:.2f} on, as missing one costs {costs.missed_failure / costs.false_alarm:g} times a false "
        f"alarm; {said_of(lot, teacher)}",
        figures,
        baselines,
        costs.threshold,
        used_synthetic=beside is not None,
        plots={
            **failure_plots(lot, judged, true, probability, model.threshold),
            **learning_curve(
                lot,
                model.boosters,
                model.shares,
                np.hstack([judged.features, np.full((len(judged), 1), horizon, np.float32)]),
                average_precision_of(true),
                "average_precision",
            ),
        },
    )


def _baselines(lot: Lot, horizon: float, judged: Examples, true: NDArray[np.float64]) -> dict[str, dict[str, float]]:
    from models import _lightgbm  # heavy

    label = lot.examples.fails_within(horizon)
    known = ~np.isnan(label)
    rate = float(label[known].mean())
    baselines = {"constant": failure_figures(true, np.full(len(true), rate), min(rate, 0.5))}
    for name, of in (("lightgbm_raw", "latest"), ("lightgbm", "features")):
        booster = _lightgbm.fit(
            _lightgbm.Recipe("binary", 100, _lightgbm.PLAIN), plain_columns(lot, of, lot.examples)[known], label[known],
            lot.seed,
        )  # fmt: skip
        score = _lightgbm.scores(booster, plain_columns(lot, of, judged))
        baselines[name] = failure_figures(true, 1 / (1 + np.exp(-score)), 0.5)
    return baselines | more_baselines(lot, label, judged, lambda said: failure_figures(true, said, 0.5), True)
