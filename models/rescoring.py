"""A model in service, judged again on the lives that a new training holds out: the same rows for both."""

from pathlib import Path

import numpy as np
import onnx

from models import anomaly, forecasting
from models.examples import Examples
from models.failure import failure_figures
from models.features import answers_over
from models.forecast_fitting import rows_apart
from models.forecasting import ForecastAnswers
from models.inference import UnusableGraph, try_graph
from models.lot import Lot
from models.model_card import GRAPH, ModelCard
from models.remaining_life import rul_figures
from models.windows import window_rows


def score_again(card: ModelCard, folder: Path, lot: Lot) -> dict[str, float]:
    """The figures of the model in `folder` on `lot.held`; empty where it reads other sensors or another window.

    Lives it may have learnt from itself are not left out: then the comparison is in its favour, never in the new one's.
    """
    profile = lot.profile
    if (card.sensors, card.window_rows) != (profile.sensor_names, window_rows(profile)):
        return {}
    try:
        try_graph(folder, card)
    except UnusableGraph:  # damaged or foreign: it has no figure here
        return {}
    return _figures(card, onnx.load(str(folder / GRAPH)), lot)


def _figures(card: ModelCard, graph: onnx.ModelProto, lot: Lot) -> dict[str, float]:
    judged, every = lot.judged, max(1, lot.every // 2)
    if card.task == "failure":
        horizon = lot.profile.modelling.failure_horizon_hours
        answers, _ = answers_over(lot.profile, lot.held, graph, every, horizon)
        true = judged.fails_within(horizon)
        known = ~np.isnan(true)
        probability = answers["probability"][known, 0].astype(np.float64)
        return failure_figures(true[known], probability, 0.5 if card.threshold is None else card.threshold)
    if card.task == "rul":
        answers, _ = answers_over(lot.profile, lot.held, graph, every)
        return _rul(answers, judged, lot.cap_hours or np.inf)
    if card.task == "anomaly":
        answers, keys = answers_over(lot.profile, lot.held, graph)
        observed = (keys["life"].map(lot.held.ends.set_index("life")["end_hours"]) - keys["hours"]).to_numpy(float)
        failed = keys["life"].isin(lot.held.failed).to_numpy()
        near, sound = failed & (observed <= lot.profile.modelling.failure_horizon_hours), observed >= lot.sound_hours
        score = answers["score"][:, 0].astype(np.float64)
        life = keys["life"].to_numpy(object)
        return anomaly.anomaly_figures(score, life, near, sound, lot.profile.modelling.sample_hours)
    every = max(1, rows_apart(lot) // 2)
    return forecasting.forecast_figures(lot.profile, ForecastAnswers(graph), lot.held, every)["model"]


def _rul(answers: dict[str, np.ndarray], judged: Examples, cap_hours: float) -> dict[str, float]:
    """Answers above the new cap mean no more than it does."""
    failed = judged.failed
    said, low, high = (
        np.minimum(answers[name][failed, 0].astype(np.float64), cap_hours) for name in ("rul_hours", "low", "high")
    )
    return rul_figures(judged.of(failed), said, low, high, cap_hours)
