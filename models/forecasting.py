"""The forecast model: every sensor's next rows at once, linear in its latest rows, with bounds from errors made."""

from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray

from machine_profiles.profile import Profile
from models.lives import Lives
from models.onnx_graph import Graph, open_session, run
from models.windows import window_rows

Array = NDArray[np.float64]

RIDGE = 0.05  # on readings in standard deviations, per row
TAIL = 0.05


@dataclass(frozen=True)
class ForecastModel:
    """Weights (S, T, H) on the window's deviations from its own mean; low, high (H, S) to be added to the path.

    After Zeng et al., Are Transformers Effective for Time Series Forecasting?, AAAI 2023: one linear layer a channel.
    """

    weights: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    @property
    def steps(self) -> int:
        return self.weights.shape[2]

    def write(self) -> Graph:
        """The graph from `window` to `path`, `low`, `high` (n, H, S); NaN where a sensor was silent all along."""
        graph = Graph()
        sensors, length, steps = self.weights.shape
        window = graph.op("Transpose", graph.input("window", length, sensors), perm=[2, 0, 1])  # (S, n, T)
        missing = graph.op("IsNaN", window)
        there = graph.op("Where", missing, graph.constant(0.0), graph.constant(1.0))
        axis = graph.constant([2], np.int64)
        count = graph.op("ReduceSum", there, axis, keepdims=1)
        total = graph.op("ReduceSum", graph.op("Where", missing, graph.constant(0.0), window), axis, keepdims=1)
        mean = graph.op("Div", total, graph.op("Max", count, graph.constant(1.0)))
        moved = graph.op("Where", missing, graph.constant(0.0), graph.op("Sub", window, mean))
        path = graph.op("Add", graph.op("MatMul", moved, graph.constant(self.weights)), mean)
        path = graph.nan_unless(graph.op("Greater", count, graph.constant(0.5)), path)
        path = graph.op("Transpose", path, perm=[1, 2, 0])
        graph.output("path", path, steps, sensors)
        graph.output("low", graph.op("Add", path, graph.constant(self.low[None])), steps, sensors)
        graph.output("high", graph.op("Add", path, graph.constant(self.high[None])), steps, sensors)
        return graph

    def path(self, window: NDArray[np.float32]) -> NDArray[np.float64]:
        mean, moved = _centred(window)
        return np.einsum("nts,sth->nhs", moved, self.weights) + mean[:, None, :]

    def answers(self, window: NDArray[np.float32]) -> tuple[Array, Array, Array]:
        path = self.path(window)
        return path, path + self.low, path + self.high


class ForecastAnswers:
    """The same answers from a written graph."""

    def __init__(self, graph: onnx.ModelProto) -> None:
        self._session = open_session(graph.SerializeToString(), threads=2)
        self.steps = int(self._session.get_outputs()[0].shape[1])

    def answers(self, window: NDArray[np.float32]) -> tuple[Array, Array, Array]:
        found = run(self._session, {"window": np.ascontiguousarray(window, np.float32)})
        path, low, high = (found[name].astype(np.float64) for name in ("path", "low", "high"))
        return path, low, high


def fit_forecast(profile: Profile, lives: Lives, fold: dict[str, int], every: int) -> ForecastModel:
    """Ridge regression a sensor; the bounds are the quantiles of errors on lives the weights had not seen."""
    steps = window_rows(profile)
    window, future, life = windows_and_futures(profile, lives, steps, every)
    number = np.array([fold[name] % 2 for name in life])
    halves = [_weights(window[number == half], future[number == half]) for half in (0, 1)]
    errors = np.concatenate(
        [
            future[number == half]
            - ForecastModel(halves[1 - half], np.zeros(0), np.zeros(0)).path(window[number == half])
            for half in (0, 1)
        ]
    )
    return ForecastModel(_weights(window, future), _quantile(errors, TAIL), _quantile(errors, 1 - TAIL))


def windows_and_futures(
    profile: Profile, lives: Lives, steps: int, every: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.object_]]:
    """Full windows (n, T, S), the `steps` rows after each (n, steps, S), and the life; `every` rows apart."""
    length, sensors = window_rows(profile), list(profile.sensor_names)
    windows, futures, names = [], [], []
    for name, rows in lives.rows.sort_values(["life", "hours"], kind="stable").groupby("life", sort=False):
        values = rows[sensors].to_numpy(np.float32)
        if len(values) < length + steps:
            continue
        whole = np.lib.stride_tricks.sliding_window_view(values, length + steps, axis=0)[::every]
        windows.append(whole[:, :, :length].transpose(0, 2, 1))
        futures.append(whole[:, :, length:].transpose(0, 2, 1))
        names += [name] * len(whole)
    if not windows:
        nothing = np.empty((0, length, len(sensors)), np.float32)
        return nothing, nothing[:, :0], np.array([], object)
    return np.concatenate(windows), np.concatenate(futures), np.array(names, object)


def season_rows(profile: Profile) -> int:
    """Rows of one running day, where rows are hours or so; else 1, and the naive forecast is persistence."""
    per_day = profile.operating.hours_per_day if profile.operating else 24.0
    rows = round(per_day / profile.modelling.sample_hours)
    return rows if 1 < rows <= window_rows(profile) and profile.modelling.time_unit == "h" else 1


def forecast_figures(
    profile: Profile, model: "ForecastModel | ForecastAnswers", lives: Lives, every: int
) -> dict[str, dict[str, float]]:
    """MASE and coverage of the `model`, and MASE of `seasonal_naive`, `persistence` and `constant`, on lives."""
    window, future, _ = windows_and_futures(profile, lives, model.steps, every)
    mean, _ = _centred(window)
    path, low, high = model.answers(window)
    again = seasonal_naive(profile, window, model.steps)
    peers = {
        "model": path,
        "seasonal_naive": again,
        "persistence": np.repeat(window[:, -1:, :], model.steps, axis=1),
        "constant": np.repeat(mean[:, None, :], model.steps, axis=1),
    }
    figures = {name: {"mase": mase(future, np.asarray(peer, np.float64), again)} for name, peer in peers.items()}
    known = ~np.isnan(future) & ~np.isnan(path)
    inside = (future >= low) & (future <= high)
    figures["model"]["coverage_90"] = float(inside[known].mean()) if known.any() else float("nan")
    return figures


def mase(future: NDArray[np.float32], path: Array, naive: NDArray[np.float32]) -> float:
    """Mean absolute error of `path` over that of the seasonal naive forecast on the same rows, mean over sensors.

    All (n, steps, sensors). Hyndman and Koehler, International Journal of Forecasting 22, 2006, scaled here by the
    out-of-sample naive error.
    """
    error, scale = (np.nanmean(np.abs(future - each), axis=(0, 1)) for each in (path, naive))
    judged = scale > 0
    return float(np.mean(error[judged] / scale[judged]))


def seasonal_naive(profile: Profile, window: NDArray[np.float32], steps: int) -> NDArray[np.float32]:
    """The window's last season over and over, (n, steps, sensors)."""
    season = season_rows(profile)
    return window[:, -season + np.arange(steps) % season, :]


def _centred(window: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean of each sensor over its window (n, S), NaN where silent; deviations from it (n, T, S), 0 where missing."""
    there = ~np.isnan(window)
    count = there.sum(axis=1)
    total = np.where(there, window, 0.0).sum(axis=1, dtype=np.float64)
    mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return mean, np.where(there, window - mean[:, None, :], 0.0)


def _weights(window: NDArray[np.float32], future: NDArray[np.float32]) -> NDArray[np.float64]:
    length, sensors = window.shape[1:]
    mean, moved = _centred(window)
    target = future - mean[:, None, :]
    weights = np.zeros((sensors, length, future.shape[1]))
    for sensor in range(sensors):
        y = target[:, :, sensor]
        whole = ~np.isnan(y).any(axis=1)
        x, y = moved[whole, :, sensor], y[whole]
        scale = float(np.mean(x**2)) if len(x) else 0.0
        if scale > 0:
            gram = x.T @ x + RIDGE * scale * len(x) * np.eye(length)
            weights[sensor] = np.linalg.solve(gram, x.T @ y)
    return weights


def _quantile(errors: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    silent = np.isnan(errors).all(axis=0)
    return np.where(silent, 0.0, np.nanquantile(np.where(silent, 0.0, errors), share, axis=0))
