"""The anomaly model: how far smoothed residuals stand from the life's own baseline, in units of sound behaviour."""

from dataclasses import dataclass

import numpy as np
import onnx
import pandas as pd
from numpy.typing import NDArray

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Profile
from models import metrics
from models.features import Scaling, WindowSums, add_residuals, answers_over
from models.lives import Lives
from models.onnx_graph import Graph

SHRINKAGE = 0.1  # of the covariance towards its diagonal
ALARMS_PER_MONTH = 0.5  # what the sound rows of training lives may raise
MONTH_HOURS = 720.0
THRESHOLD = 0.5
FEWEST_SOUND = 48


class TooFewRows(MillwrightError):
    def __init__(self, machine_id: str, rows: int) -> None:
        super().__init__(
            f"Only {rows} rows of {machine_id} have all sensors measured and a baseline before them; an anomaly model "
            f"needs at least {FEWEST_SOUND}. Import more telemetry."
        )


@dataclass(frozen=True)
class AnomalyModel:
    """Of sound deviations: spread (S,) of each sensor, precision (C, C) of the condition sensors.

    `alarm`: the squared distance at which the score is 0.5.
    """

    scaling: Scaling
    window: int
    spread: NDArray[np.float64]
    precision: NDArray[np.float64]
    alarm: float

    def write(self) -> Graph:
        """The graph to `score` (NaN where no sensor can be judged) and `deviation` (NaN for a sensor that cannot be).

        The score is d² / (d² + alarm), d the Mahalanobis distance of the condition sensors; a missing one is left out
        and the others' distance scaled up to the full number.
        """
        graph, scaling = Graph(), self.scaling
        moved = add_deviation(graph, scaling, self.window)
        measured = graph.op("Div", moved, graph.constant(self.spread[None]))
        if scaling.derived:
            measured = graph.pick(measured, range(len(scaling.measured)), axis=1)
        graph.output("deviation", measured, len(scaling.measured))
        moved = graph.pick(moved, scaling.condition, axis=1)
        there = graph.op("Where", graph.op("IsNaN", moved), graph.constant(0.0), graph.constant(1.0))
        count = graph.op("ReduceSum", there, graph.constant([1], np.int64), keepdims=1)
        clean = graph.without_nan(moved)
        square = graph.op("Mul", graph.op("MatMul", clean, graph.constant(self.precision)), clean)
        square = graph.op("ReduceSum", square, graph.constant([1], np.int64), keepdims=1)
        full = graph.constant(float(len(scaling.condition)))
        square = graph.op("Mul", square, graph.op("Div", full, graph.op("Max", count, graph.constant(1.0))))
        score = graph.op("Div", square, graph.op("Add", square, graph.constant(self.alarm)))
        some = graph.op("Greater", count, graph.constant(0.5))
        graph.output("score", graph.nan_unless(some, score), 1)
        return graph


def add_deviation(graph: Graph, scaling: Scaling, window: int) -> str:
    """Mean residual over the last `window` rows less the baseline's: (n, S)."""
    residuals = add_residuals(graph, scaling)
    sums = WindowSums(graph, residuals.window, scaling.windows)
    mean = graph.pick(sums.means(), [scaling.windows.index(window)], axis=2)
    return graph.op("Sub", graph.flat(mean, len(scaling.sensors)), residuals.baseline)


def deviation_model(scaling: Scaling, window: int) -> onnx.ModelProto:
    graph = Graph()
    graph.output("moved", add_deviation(graph, scaling, window), len(scaling.sensors))
    return graph.model()


def smoothing_window(profile: Profile) -> int:
    """The middle one of the profile's windows: a day of hourly rows by default."""
    return sorted(profile.modelling.windows)[len(profile.modelling.windows) // 2]


def fit_anomaly(profile: Profile, scaling: Scaling, lives: Lives, sound_hours: float, every: int) -> AnomalyModel:
    """Learn sound behaviour from rows known to be at least `sound_hours` before a failure."""
    window, condition = smoothing_window(profile), list(scaling.condition)
    answers, keys = answers_over(profile, lives, deviation_model(scaling, window), every)
    moved = answers["moved"].astype(np.float64)
    whole = ~np.isnan(moved[:, condition]).any(axis=1)
    sound: NDArray[np.bool_] = sound_rows(lives, keys, sound_hours) & whole
    if sound.sum() < FEWEST_SOUND:
        sound = np.asarray(whole)
    if sound.sum() < FEWEST_SOUND:
        raise TooFewRows(profile.id, int(sound.sum()))
    moved = moved[sound]
    judged = moved[:, condition]
    covariance = judged.T @ judged / len(judged) + 1e-9 * np.eye(len(condition))
    covariance = (1 - SHRINKAGE) * covariance + SHRINKAGE * np.diag(np.diag(covariance))
    precision = np.asarray(np.linalg.inv(covariance), np.float64)
    distance = np.einsum("ni,ij,nj->n", judged, precision, judged)
    alarm = _alarm(distance, keys[sound]["life"].to_numpy(object), profile.modelling.sample_hours * every)
    return AnomalyModel(scaling, window, _spread(moved, scaling), precision, alarm)


def sound_rows(lives: Lives, keys: pd.DataFrame, sound_hours: float) -> NDArray[np.bool_]:
    """Rows known to have lasted `sound_hours`; the rows of a life shorter than that are all unknown."""
    end = keys["life"].map(lives.ends.set_index("life")["end_hours"])
    return (end - keys["hours"]).to_numpy(float) >= sound_hours


def anomaly_figures(
    score: NDArray[np.float64], life: NDArray[np.object_], near: NDArray[np.bool_], sound: NDArray[np.bool_],
    row_hours: float,
) -> dict[str, float]:  # fmt: skip
    """AUROC of rows near a failure against sound rows, and alarms raised in sound rows a month of operation."""
    judged = ~np.isnan(score) & (near | sound)
    calm = judged & sound
    return {
        "auroc": metrics.auroc(near[judged], score[judged]),
        "alarms_per_month": alarms_per_month(score[calm] >= THRESHOLD, life[calm], row_hours),
    }


def alarms_per_month(raised: NDArray[np.bool_], life: NDArray[np.object_], row_hours: float) -> float:
    """Alarms that begin, per 720 operating hours; rows stand in the order of their lives."""
    if not len(raised):
        return float("nan")
    begins = raised & ~(np.concatenate([[False], raised[:-1]]) & np.concatenate([[False], life[1:] == life[:-1]]))
    return float(begins.sum() / (len(raised) * row_hours / MONTH_HOURS))


def _spread(moved: NDArray[np.float64], scaling: Scaling) -> NDArray[np.float64]:
    """Root mean square of each sensor's sound deviations; of one that never moved, a thousandth of its level."""
    known = ~np.isnan(moved)
    square = np.where(known, moved, 0.0) ** 2
    spread = np.sqrt(square.sum(axis=0) / np.maximum(known.sum(axis=0), 1))
    still = np.maximum(1e-3 * np.abs(scaling.centre) / scaling.scale, 1e-6)
    return np.where(np.isin(np.arange(len(spread)), scaling.used), np.maximum(spread, 1e-6), still)


def _alarm(distance: NDArray[np.float64], life: NDArray[np.object_], row_hours: float) -> float:
    """The lowest of a row of high quantiles that sound rows pass no more often than ALARMS_PER_MONTH."""
    for share in (0.99, 0.995, 0.998, 0.999, 0.9995, 1.0):
        level = float(np.quantile(distance, share))
        if alarms_per_month(distance > level, life, row_hours) <= ALARMS_PER_MONTH:
            return max(level, 1e-6)
    return max(float(distance.max()), 1e-6)
