"""Pictures and curves of a model on the lives held out, kept beside it; none where the training is quick."""

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models import metrics
from models.examples import Examples
from models.forecasting import ForecastModel, windows_and_futures
from models.lot import Lot
from models.model_card import CURVES

if TYPE_CHECKING:
    import lightgbm

STEPS = 15  # places a learning curve is read at
SHOWN_LIVES = 4
SHOWN_SENSORS = 4

Array = NDArray[np.float64]
Pictures = dict[str, bytes]
_SAID = {"average_precision": "average precision", "rmse_hours": "RMSE, h"}


def failure_plots(lot: Lot, judged: Examples, true: Array, probability: Array, threshold: float) -> Pictures:
    """Precision against recall with the threshold, and stated against observed frequency."""
    if lot.quick or not true.any():
        return {}
    from models import _model_plots  # heavy: matplotlib

    horizon = lot.profile.modelling.failure_horizon_hours
    title = f"{lot.profile.name}: failure within {horizon:g} {lot.profile.modelling.time_unit}, {_lives(judged)}"
    return {
        "precision_recall.png": _model_plots.precision_recall(title, true, probability, threshold),
        "calibration.png": _model_plots.calibration(title, true, probability),
    }


def rul_plots(lot: Lot, judged: Examples, true: Array, predicted: Array, low: Array, high: Array) -> Pictures:
    """Predicted against true hours with the interval, and its coverage over the course of life."""
    if lot.quick or not len(true):
        return {}
    from models import _model_plots  # heavy: matplotlib

    unit = lot.profile.modelling.time_unit
    title = f"{lot.profile.name}: remaining useful life, {_lives(judged)}"
    began = pd.Series(judged.hours).groupby(judged.life).transform("min").to_numpy(float)
    share = (judged.hours - began) / np.maximum(judged.hours - began + judged.observed, 1e-9)
    inside = (true >= low - 1e-4 * np.maximum(true, 1)) & (true <= high + 1e-4 * np.maximum(true, 1))
    return {
        "predicted_true.png": _model_plots.predicted_true(title, true, predicted, low, high, unit),
        "coverage.png": _model_plots.coverage_over_life(title, share, inside.astype(float)),
    }


def anomaly_plots(lot: Lot, keys: pd.DataFrame, score: Array, threshold: float) -> Pictures:
    """The score over the last part of some held-out lives: failed ones first."""
    if lot.quick or not len(score):
        return {}
    from models import _model_plots  # heavy: matplotlib

    end_hours = dict(zip(lot.held.ends["life"], lot.held.ends["end_hours"], strict=True))
    failed = [name for name in lot.held.names if name in set(lot.held.failed)]
    others = [name for name in lot.held.names if name not in set(failed)]
    chosen = [*failed[: SHOWN_LIVES - min(1, len(others))], *others][:SHOWN_LIVES]
    courses = []
    for name in chosen:
        rows = (keys["life"] == name).to_numpy()
        if rows.any():
            left = float(end_hours[name]) - keys["hours"][rows].to_numpy(float)
            courses.append((name, left, score[rows], name in failed))
    title = f"{lot.profile.name}: anomaly score of lives held out"
    return {"scores.png": _model_plots.scores(title, courses, threshold, lot.profile.modelling.time_unit)}


def forecast_plots(lot: Lot, model: ForecastModel) -> Pictures:
    """One held-out window with the path and its interval, sensor by sensor."""
    if lot.quick:
        return {}
    window, future, life = windows_and_futures(lot.profile, lot.held, model.steps, max(1, len(lot.held.rows) // 200))
    if not len(window):
        return {}
    from models import _model_plots  # heavy: matplotlib

    last = len(window) - 1
    place = int(np.flatnonzero(np.isin(life, lot.held.failed))[-1]) if np.isin(life, lot.held.failed).any() else last
    path, low, high = (found[0] for found in model.answers(window[place : place + 1]))
    sensors = [p for p, s in enumerate(lot.profile.sensors) if s.role == "condition"][:SHOWN_SENSORS]
    fans = [
        (lot.profile.sensors[p], window[place, :, p], future[place, :, p], path[:, p], low[:, p], high[:, p])
        for p in sensors
    ]
    step, unit = lot.profile.modelling.sample_hours, lot.profile.modelling.time_unit
    title = f"{lot.profile.name}: forecast of {model.steps} rows, life {life[place]} (held out)"
    return {"forecast.png": _model_plots.fans(title, fans, step, unit)}


def learning_curve(
    lot: Lot,
    boosters: "Sequence[lightgbm.Booster]",
    shares: Sequence[float],
    features: NDArray[np.float32],
    judge: Callable[[Array], float],
    figure: str,
) -> Pictures:
    """`figure` of the raw score on held-out rows by the number of trees, boosters weighed by `shares`."""
    if lot.quick or not boosters:
        return {}
    from models import _lightgbm, _model_plots  # heavy: matplotlib

    most = max(booster.num_trees() for booster in boosters)
    steps = sorted({max(1, round(share * most)) for share in np.linspace(0, 1, STEPS + 1)[1:]})
    values = []
    for step in steps:
        score = np.asarray(shares) @ [_lightgbm.scores(booster, features, step) for booster in boosters]
        values.append(judge(score / sum(shares)))
    title = f"{lot.profile.name}: learning curve on lives held out"
    return {
        "learning_curve.png": _model_plots.curve(
            title, steps, values, "trees in each model", _SAID.get(figure, figure)
        ),
        CURVES: json.dumps({f"held_out_{figure}": [list(pair) for pair in zip(steps, values, strict=True)]}).encode(),
    }


def average_precision_of(true: Array) -> Callable[[Array], float]:
    return lambda score: metrics.average_precision(true, score)


def _lives(judged: Examples) -> str:
    count = len(set(judged.life))
    return f"{count} {'life' if count == 1 else 'lives'} held out"
