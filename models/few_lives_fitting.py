"""The rul task of a machine with few failed lives: every life teaches, and each is judged by the others."""

import numpy as np
from numpy.typing import NDArray

from models import metrics
from models.examples import Examples, examples_of
from models.few_lives import MOST_LIVES, fit_few_lives, own_intervals
from models.folding import Array
from models.lot import CLEARLY, Fitted, Lot
from models.remaining_life import point_figures, rul_figures
from models.teaching import plain_columns


def serves_better(lot: Lot, own_hours: Array) -> bool:
    """Whether few lives failed, and the lives kept are told better by these regressions than by another model.

    own_hours (n,): what that model said of each of `lot.examples` without having seen its life.
    """
    if len(lot.kept.failed) + len(lot.held.failed) > MOST_LIVES or len(lot.kept.failed) < 2:
        return False
    failed = lot.examples.of(lot.examples.failed)
    cap = lot.cap_hours or 0.0
    theirs = metrics.rmse(failed.remaining(cap), own_hours[lot.examples.failed])
    return fit_few_lives(failed, cap, lot.names).validation < theirs * (1 - CLEARLY)


def fit(lot: Lot) -> Fitted:
    cap = lot.cap_hours or 0.0
    examples = examples_of(lot.profile, lot.kept.joined(lot.held), lot.scaling, lot.every)
    examples = examples.of(examples.failed)
    model = fit_few_lives(examples, cap, lot.names)
    truth = examples.remaining(cap)
    baselines = _baselines(lot, examples, truth)
    low, high = own_intervals(examples, cap, model.own)
    lives = len(np.unique(examples.life))
    return Fitted(
        model.write(lot.scaling).model(),
        f"Mean of two ridge regressions, of hours left and of their ratio to hours run (penalty {model.strength:g}, "
        f"set life by life); interval from lives not learnt from",
        rul_figures(examples, model.own, low, high, cap),
        baselines,
        protocol=(
            f"Only {lives} lives failed, so none is put aside for good: each is judged by a model that learnt from the "
            f"{lives - 1} others, and the model in service learnt from all. All figures are of lives not learnt from."
        ),
    )


def _baselines(lot: Lot, examples: Examples, truth: Array) -> dict[str, dict[str, float]]:
    """What a constant and LightGBM say of each life, taught by the others."""
    from models import _lightgbm  # heavy

    recipe = _lightgbm.Recipe("regression", 100, _lightgbm.PLAIN)
    asked = {
        "lightgbm_raw": plain_columns(lot, "latest", examples),
        "lightgbm": plain_columns(lot, "features", examples),
    }
    answers = {name: np.zeros(len(truth)) for name in ("constant", *asked)}
    for life in np.unique(examples.life):
        own: NDArray[np.bool_] = examples.life == life
        answers["constant"][own] = truth[~own].mean()
        for name, columns in asked.items():
            booster = _lightgbm.fit(recipe, columns[~own], truth[~own], lot.seed)
            answers[name][own] = _lightgbm.scores(booster, columns[own])
    return {name: point_figures(truth, answer) for name, answer in answers.items()}
