"""The rul task of one machine: fitted on the lives kept, scored beside its baselines on those held out."""

import time

import numpy as np
from numpy.typing import NDArray

from models import few_lives_fitting, metrics
from models.baselines import more_baselines
from models.examples import Examples
from models.folding import Array
from models.lot import CLEARLY, LONG_SECONDS, Fitted, Lot
from models.remaining_life import (
    LOOKS,
    RulModel,
    fit_profile_model,
    fit_rul,
    lean_on_profile,
    point_figures,
    rul_figures,
)
from models.teaching import ask_teacher, plain_columns, said_of, said_of_profile
from models.training_plots import learning_curve, rul_plots


def fit(lot: Lot, deadline: float) -> Fitted:
    from models import _lightgbm  # heavy

    begun = time.monotonic()
    cap, fold = lot.cap_hours or 0.0, lot.fold_of_rows
    recipes = [_lightgbm.Recipe("regression", 150 if lot.quick else 300)]
    if lot.seconds >= LONG_SECONDS:
        recipes.append(_lightgbm.Recipe("regression", 250, _lightgbm.LARGER))

    def fitted(teaching: Array | None = None, beside: Examples | None = None, like: RulModel | None = None) -> RulModel:
        looks = (tuple(LOOKS), tuple(LOOKS)) if like is None else ((like.looks[0],), (like.looks[1],))
        return fit_rul(
            lot.examples, fold, cap, lot.seed, lot.workers, recipes, lot.names, lot.network_steps, teaching, beside,
            looks,
        )  # fmt: skip

    judged = lot.judged.of(lot.judged.failed)
    true = judged.remaining(cap)
    baselines = _baselines(lot, cap, judged, true)
    model, beside = fitted(), None
    took = time.monotonic() - begun
    of_profile = fit_profile_model(lot.prior, cap, model.columns, lot.seed, lot.prior_rounds) if lot.prior else None
    if lot.beside is not None and time.monotonic() + 2 * took < deadline:
        with_synthetic = fitted(beside=lot.beside, like=model)
        if with_synthetic.validation < model.validation * (1 - CLEARLY):
            model, beside = with_synthetic, lot.beside
    label = lot.examples.remaining(cap) / cap
    teacher, figures, taught_by = ask_teacher(lot, label, judged, False, deadline - took), {}, ""
    if teacher is not None:
        figures["teacher_rmse_hours"] = metrics.rmse(true, np.clip(teacher.answers, 0, 1) * cap)
        student = fitted(0.5 * label + 0.5 * teacher.own, beside, model)
        if student.validation < model.validation * (1 - CLEARLY):
            model, taught_by = student, "AutoGluon ensemble, distilled into "
    if of_profile is not None:
        recorded_only = point_figures(true, model.share(judged.features) * cap)
        model = lean_on_profile(model, lot.examples, of_profile)
        figures |= {f"{name}_recorded_only": value for name, value in recorded_only.items()}
    if few_lives_fitting.serves_better(lot, model.own * cap):
        return few_lives_fitting.fit(lot)
    share = model.share(judged.features)
    low, high = model.interval.at(share)
    bounds = np.clip(low, 0, share) * cap, np.clip(high, share, 1) * cap
    figures = {**rul_figures(judged, share * cap, *bounds, cap), **figures}
    members = f"LightGBM ({model.looks[0]} features)"
    if model.networks:
        members += f" and networks ({model.blend:.0%}, {model.looks[1]} features)"
    return Fitted(
        model.write(lot.scaling).model(),
        f"{taught_by}{members}, mean of {len(model.boosters) - (model.lean > 0)} models of folds by life"
        f"{said_of_profile(lot, model.lean)}; interval from lives not learnt from; {said_of(lot, teacher)}",
        figures,
        baselines,
        used_synthetic=beside is not None,
        plots={
            **rul_plots(lot, judged, true, share * cap, *bounds),
            **learning_curve(
                lot,
                model.boosters,
                model.shares,
                judged.features[:, model.columns],
                lambda said: metrics.rmse(true, np.clip(said, 0, 1) * cap),
                "rmse_hours",
            ),
        },
    )


def _baselines(lot: Lot, cap: float, judged: Examples, true: NDArray[np.float64]) -> dict[str, dict[str, float]]:
    from models import _lightgbm  # heavy

    label = lot.examples.remaining(cap)
    known = lot.examples.failed
    low, high = np.quantile(label[known], [0.05, 0.95])
    constant = point_figures(true, np.full(len(true), float(label[known].mean())))
    baselines = {"constant": {**constant, "width_hours": float(high - low)}}
    for name, of in (("lightgbm_raw", "latest"), ("lightgbm", "features")):
        booster = _lightgbm.fit(
            _lightgbm.Recipe("regression", 100, _lightgbm.PLAIN), plain_columns(lot, of, lot.examples)[known],
            label[known], lot.seed,
        )  # fmt: skip
        baselines[name] = point_figures(true, _lightgbm.scores(booster, plain_columns(lot, of, judged)))
    label = np.where(known, label, np.nan)
    return baselines | more_baselines(lot, label, judged, lambda said: point_figures(true, said), False)
