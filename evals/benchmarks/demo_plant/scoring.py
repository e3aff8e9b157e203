"""What a machine's registered models say of its held-out lives, beside peers that learn from the same others."""

from typing import Any

import numpy as np
import onnx
import pandas as pd
from numpy.typing import NDArray

from evals.truth_controls import along_others
from machine_profiles.profile import Profile
from models import anomaly, metrics
from models.examples import Examples, examples_of
from models.failure import failure_figures
from models.features import answers_over, fit_scaling
from models.holdout import held_out
from models.lives import Lives
from models.model_card import GRAPH, ModelCard
from models.registry import Registry
from models.remaining_life import point_figures
from models.results import Task
from models.telemetry import Telemetry

Array = NDArray[np.float64]
Figures = dict[str, float]
LAST_SHARE = 0.2
STATED: dict[Task, dict[str, str]] = {
    "failure": {
        "average_precision_recorded_only": "failure_ap_recorded_only",
        "f1_recorded_only": "failure_f1_recorded_only",
        "f1_at_learnt_threshold": "failure_f1_at_learnt_threshold",
    },
    "rul": {"r2_recorded_only": "rul_r2_recorded_only"},
    "forecast": {"mase": "forecast_mase"},
}
EVERY = 2  # rows learnt from by the peers
PARAMETERS: dict[str, Any] = {
    "n_estimators": 200, "learning_rate": 0.05, "num_leaves": 15, "min_child_samples": 50, "deterministic": True,
    "force_row_wise": True, "n_jobs": 1, "verbose": -1,
}  # fmt: skip


def score_machine(telemetry: Telemetry, registry: Registry, profile: Profile, seed: int) -> dict[str, Figures]:
    """The figures of `millwright` and of each peer on the lives held out by `seed`."""
    lives = telemetry.lives(profile)
    names = held_out(lives, seed)
    held, kept = lives.only(names), lives.only([name for name in lives.names if name not in set(names)])
    cap = profile.modelling.rul_cap_hours or float("inf")
    scaling = fit_scaling(profile, kept.rows)
    taught, judged = (examples_of(profile, each, scaling, every) for each, every in ((kept, EVERY), (held, 1)))
    ours: Figures = {}
    judging: tuple[Task, ...] = ("failure", "rul", "anomaly")
    for task in judging:
        graph, card = _in_service(registry, profile, task)
        horizon = profile.modelling.failure_horizon_hours if task == "failure" else None
        answers, keys = answers_over(profile, held, graph, 1, horizon)
        if task == "failure":
            ours |= _failure(judged, answers["probability"][:, 0].astype(float), card.threshold or 0.5, profile)
        elif task == "rul":
            rul, low, high = (answers[name][:, 0].astype(float) for name in ("rul_hours", "low", "high"))
            ours |= _rul(judged, rul, low, high, cap)
        else:
            ours |= _anomaly(profile, held, keys, answers["score"][:, 0].astype(float), cap)
        ours |= _stated(task, card.metrics)
    ours |= _stated("forecast", _in_service(registry, profile, "forecast")[1].metrics)
    return {
        "millwright": ours,
        "lightgbm_raw": _peer(taught.latest, taught, judged.latest, judged, profile, cap, seed),
        "constant": _constant(taught, judged, profile, cap),
        "shuffled_labels": _peer(
            taught.features, along_others(taught, seed), judged.features, judged, profile, cap, seed
        ),
    }


def _in_service(registry: Registry, profile: Profile, task: Task) -> tuple[onnx.ModelProto, ModelCard]:
    version = registry.in_service(profile.id)[task]
    folder = registry.folder(profile.id, task, version)
    return onnx.load(folder / GRAPH), registry.card(profile.id, task, version)


def _failure(judged: Examples, probability: Array, threshold: float, profile: Profile) -> Figures:
    true = judged.fails_within(profile.modelling.failure_horizon_hours)
    known = ~np.isnan(true)
    found = failure_figures(true[known], probability[known], threshold)
    return {
        "failure_f1": found["f1"], "failure_ap": found["average_precision"], "ece": found["ece"],
        "brier": found["brier"],
    }  # fmt: skip


def _rul(judged: Examples, rul: Array, low: Array, high: Array, cap: float) -> Figures:
    failed = judged.failed
    true = judged.remaining(cap)[failed]
    inside = (low[failed] - 1e-3 <= true) & (true <= high[failed] + 1e-3)
    last = _last_fifth(judged)[failed]
    return {
        "rul_r2": metrics.r2(true, rul[failed]),
        "rul_rmse_hours": metrics.rmse(true, rul[failed]),
        "coverage_90": float(inside.mean()),
        "coverage_90_last_fifth": float(inside[last].mean()),
        "width_90_hours": float(np.mean(high[failed] - low[failed])),
    }


def _last_fifth(judged: Examples) -> NDArray[np.bool_]:
    """Rows in the last fifth of their life's record."""
    rows = pd.DataFrame({"life": judged.life, "left": judged.observed})
    longest = rows.groupby("life", sort=False)["left"].transform("max")
    return (rows["left"] <= LAST_SHARE * longest).to_numpy()


def _anomaly(profile: Profile, held: Lives, keys: pd.DataFrame, score: Array, cap: float) -> Figures:
    observed = (keys["life"].map(held.ends.set_index("life")["end_hours"]) - keys["hours"]).to_numpy(float)
    failed = keys["life"].isin(held.failed).to_numpy()
    horizon = profile.modelling.failure_horizon_hours
    found = anomaly.anomaly_figures(
        score, keys["life"].to_numpy(object), failed & (observed <= horizon), observed >= max(cap, horizon),
        profile.modelling.sample_hours,
    )  # fmt: skip
    return {"anomaly_auroc": found["auroc"], "false_alarms_per_month": found["alarms_per_month"]}


def _stated(task: Task, stated: Figures) -> Figures:
    """What only the training could measure, as the card states it."""
    wanted = STATED.get(task, {})
    return {name: stated[figure] for figure, name in wanted.items() if figure in stated}


def _peer(
    features: NDArray[np.float32], taught: Examples, asked: NDArray[np.float32], judged: Examples, profile: Profile,
    cap: float, seed: int,
) -> Figures:  # fmt: skip
    """LightGBM, in its own way: one classifier for the horizon, one regressor for the capped RUL."""
    import lightgbm

    true = taught.fails_within(profile.modelling.failure_horizon_hours)
    known = ~np.isnan(true)
    settings = {**PARAMETERS, "random_state": seed}
    classifier = lightgbm.LGBMClassifier(**settings).fit(features[known], true[known])
    regressor = lightgbm.LGBMRegressor(**settings).fit(features[taught.failed], taught.remaining(cap)[taught.failed])
    figures = _failure(judged, np.asarray(classifier.predict_proba(asked))[:, 1], 0.5, profile)
    rul = point_figures(judged.remaining(cap)[judged.failed], np.asarray(regressor.predict(asked[judged.failed])))
    return {**figures, "rul_r2": rul["r2"], "rul_rmse_hours": rul["rmse_hours"]}


def _constant(taught: Examples, judged: Examples, profile: Profile, cap: float) -> Figures:
    rate = float(np.nanmean(taught.fails_within(profile.modelling.failure_horizon_hours)))
    figures = _failure(judged, np.full(len(judged), rate), min(rate, 0.5), profile)
    true = judged.remaining(cap)[judged.failed]
    rul = point_figures(true, np.full(len(true), float(taught.remaining(cap)[taught.failed].mean())))
    return {**figures, "rul_r2": rul["r2"], "rul_rmse_hours": rul["rmse_hours"], "anomaly_auroc": 0.5}
