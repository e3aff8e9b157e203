"""The features of a window, as ONNX nodes: the one definition for training, for chat and for the edge."""

import json
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import onnx
import pandas as pd
from numpy.typing import NDArray

from machine_profiles.profile import Derived, Profile, Sensor
from models.derived import add_derived, derived_of
from models.lives import Lives
from models.model_card import TYPICAL
from models.onnx_graph import Graph, open_session, run
from models.regimes import Regimes, find_regimes
from models.windows import life_inputs

FEW = 3.0  # a spread or a slope needs this many readings
FAST, SLOW = 0.2, 0.04  # weights of the newest row in the two exponential means
RIDGE = 1e-3  # on standardised readings, per row


@dataclass(frozen=True)
class Scaling:
    """How readings become residuals: standardised, less the linear effect of the operating sensors (load, ambient).

    Where the machine is run in a few regimes, readings are standardised within each.

    centre, scale (S,); effect (operating, S): standard deviations of each sensor for one of the operating sensor,
    zero for the operating sensors themselves. `used`: positions of the sensors that vary at all. `sensors` are those
    of the inputs and behind them the `derived` quantities, which the graph works out itself; S counts both.
    """

    sensors: tuple[str, ...]
    windows: tuple[int, ...]
    centre: NDArray[np.float64]
    scale: NDArray[np.float64]
    operating: tuple[int, ...]
    effect: NDArray[np.float64]
    used: tuple[int, ...]
    derived: tuple[Derived, ...] = ()
    regimes: Regimes | None = None  # where there are some, readings are standardised within them

    @property
    def measured(self) -> tuple[str, ...]:
        """The sensors of the inputs."""
        return self.sensors[: len(self.sensors) - len(self.derived)]

    @property
    def typical(self) -> NDArray[np.float64]:
        """A reading of each measured sensor that the models have seen the like of."""
        centre = self.centre if self.regimes is None else self.regimes.centre[0]
        return centre[: len(self.measured)]

    @property
    def condition(self) -> tuple[int, ...]:
        return tuple(place for place in self.used if place not in self.operating)


@dataclass(frozen=True)
class Residuals:
    """Names of graph values: standardised residuals of the window (n, S, T) and of the baseline (n, S)."""

    window: str
    baseline: str


def fit_scaling(profile: Profile, rows: pd.DataFrame) -> Scaling:
    """Learn centre, scale and operating effects from training rows (`life` and a column a sensor).

    Effects are least-squares slopes within lives, so that a machine's own level is not mistaken for its load's doing.
    """
    parts: tuple[Sensor | Derived, ...] = (*profile.sensors, *profile.derived)
    values = np.hstack([rows[list(profile.sensor_names)].to_numpy(np.float64), derived_of(profile, rows).to_numpy()])
    sensors = [part.name for part in parts]
    known = ~np.isnan(values).all(axis=0)
    centre, scale = np.zeros(len(sensors)), np.ones(len(sensors))
    centre[known] = np.nanmedian(values[:, known], axis=0)
    scale[known] = np.nanstd(values[:, known], axis=0)
    flat = scale <= 1e-6 * np.maximum(np.abs(centre), 1e-6)
    used = tuple(np.flatnonzero(known & ~flat).tolist())
    scale[flat | ~known] = 1.0
    operating = tuple(p for p in used if parts[p].role == "operating")
    regimes = find_regimes(values, operating)
    if regimes is None:
        standard = (values - centre) / scale
    else:
        standard = regimes.standardised(values, regimes.of(values[:, list(operating)]))
        used = tuple(p for p in used if p in operating or np.nanstd(standard[:, p]) > 0)
    return Scaling(
        tuple(sensors), profile.modelling.windows, centre, scale, operating,
        _effects(standard, rows["life"].to_numpy(), operating, used), used, profile.derived, regimes,
    )  # fmt: skip


def add_residuals(graph: Graph, scaling: Scaling) -> Residuals:
    """Declare the inputs `window` and `baseline` and turn both into residuals.

    Where there are regimes, rows of an unknown regime count as not measured, and the life's baseline is taken to be the
    fleet's level in each regime, as a mean of raw readings over several is the level of none.
    """
    sensors, length = len(scaling.measured), max(scaling.windows)
    centre, scale = graph.constant(scaling.centre), graph.constant(1.0 / scaling.scale)
    window, baseline = graph.input("window", length, sensors), graph.input("baseline", sensors)
    graph.state(TYPICAL, json.dumps(scaling.typical.tolist()))
    residuals = []
    for given in (window, baseline):
        raw = add_derived(graph, given, scaling.measured, scaling.derived)
        if scaling.regimes is not None and given == baseline:
            residuals.append(graph.op("Mul", graph.without_nan(raw), graph.constant(0.0)))
            continue
        if scaling.regimes is not None:
            standard = scaling.regimes.add(graph, raw, scaling.operating)
        else:
            standard = graph.op("Mul", graph.op("Sub", raw, centre), scale)
        if scaling.operating:
            asked = graph.without_nan(graph.pick(standard, scaling.operating, axis=-1))
            standard = graph.op("Sub", standard, graph.op("MatMul", asked, graph.constant(scaling.effect)))
        residuals.append(standard)
    return Residuals(graph.op("Transpose", residuals[0], perm=[0, 2, 1]), residuals[1])


def add_features(graph: Graph, scaling: Scaling) -> tuple[str, list[str]]:
    """Declare the inputs and write the features of each row; returns the value's name (n, F) and the features' names.

    Of each sensor's residual: the latest, masked means, their deviation from the life's baseline, spreads and slopes
    over each window, a fast less a slow exponential mean. Of operating sensors the means alone. Then the age.
    """
    residuals = add_residuals(graph, scaling)
    age = graph.input("age_hours", 1)
    windows, condition = scaling.windows, list(scaling.condition)
    sums = WindowSums(graph, residuals.window, windows)
    means, count = sums.means(), len(windows)
    baseline = graph.op("Unsqueeze", residuals.baseline, graph.constant([2], np.int64))
    blocks = [
        ("mean", windows, list(scaling.used), means),
        ("latest", (1,), condition, graph.pick(residuals.window, [-1], axis=2)),
        ("deviation", windows, condition, graph.op("Sub", means, baseline)),
        ("spread", windows, condition, sums.spreads(means)),
        ("slope", windows, condition, sums.slopes()),
        ("ewma", (1,), condition, sums.fast_less_slow()),
    ]
    if scaling.regimes is not None:  # operating sensors say nothing within a regime, nor deviations beside the means
        blocks = [("mean", windows, condition, means), *(block for block in blocks[1:] if block[0] != "deviation")]
    values, names = [], []
    for kind, spans, places, value in blocks:
        if places:
            width = len(places) * (count if len(spans) == count and kind not in ("latest", "ewma") else 1)
            values.append(graph.flat(graph.pick(value, places, axis=1), width))
            names += [f"{scaling.sensors[p]}|{kind}|{span}" for p in places for span in spans]
    return graph.op("Concat", *values, age, axis=1), [*names, "age_hours"]


class WindowSums:
    """Masked sums over the last rows of `residual` (n, S, T), from which means, spreads and slopes follow."""

    def __init__(self, graph: Graph, residual: str, windows: tuple[int, ...]) -> None:
        self._graph, self._count = graph, len(windows)
        length = max(windows)
        place = np.arange(length)[:, None] - (length - 1)  # 0 for the latest row
        inside = (place > -np.array(windows)).astype(float)
        time = inside * (place / np.array(windows))
        weights = np.stack([a * (1 - a) ** -place[:, 0] for a in (FAST, SLOW)], axis=1)
        missing = graph.op("IsNaN", residual)
        there = graph.op("Where", missing, graph.constant(0.0), graph.constant(1.0))
        value = graph.op("Where", missing, graph.constant(0.0), residual)
        of_value = graph.op("MatMul", value, graph.constant(np.hstack([inside, time, weights])))
        of_there = graph.op("MatMul", there, graph.constant(np.hstack([inside, time, time**2, weights])))
        self._square = graph.op("MatMul", graph.op("Mul", value, value), graph.constant(inside))
        self._y, self._ty, self._wy = self._parts(of_value, 1, 1, 2 / self._count)
        self._n, self._t, self._tt, self._w = self._parts(of_there, 1, 1, 1, 2 / self._count)

    def means(self) -> str:
        g = self._graph
        mean = g.op("Div", self._y, g.op("Max", self._n, g.constant(1.0)))
        return g.nan_unless(g.op("Greater", self._n, g.constant(0.5)), mean)

    def spreads(self, means: str) -> str:
        g = self._graph
        of_squares = g.op("Div", self._square, g.op("Max", self._n, g.constant(1.0)))
        variance = g.op("Max", g.op("Sub", of_squares, g.op("Mul", means, means)), g.constant(0.0))
        return g.nan_unless(self._enough(), g.op("Sqrt", variance))

    def slopes(self) -> str:
        """Least-squares change over one window's length."""
        g = self._graph
        over = g.op("Sub", g.op("Mul", self._n, self._ty), g.op("Mul", self._t, self._y))
        under = g.op("Sub", g.op("Mul", self._n, self._tt), g.op("Mul", self._t, self._t))
        safe = g.op("Where", self._enough(), under, g.constant(1.0))
        return g.nan_unless(self._enough(), g.op("Div", over, safe))

    def fast_less_slow(self) -> str:
        g = self._graph
        known = g.op("Greater", self._w, g.constant(1e-6))
        mean = g.nan_unless(known, g.op("Div", self._wy, g.op("Max", self._w, g.constant(1e-6))))
        return g.op("Sub", g.pick(mean, [0], axis=2), g.pick(mean, [1], axis=2))

    def _enough(self) -> str:
        return self._graph.op("Greater", self._n, self._graph.constant(FEW - 0.5))

    def _parts(self, value: str, *shares: float) -> list[str]:
        ends = np.cumsum([0, *(round(share * self._count) for share in shares)])
        return [self._graph.pick(value, np.arange(a, b), axis=2) for a, b in pairwise(ends)]


def feature_model(scaling: Scaling) -> tuple[onnx.ModelProto, list[str]]:
    """The feature graph alone, with the output `features` (n, F)."""
    graph = Graph()
    value, names = add_features(graph, scaling)
    graph.output("features", value, len(names))
    return graph.model(), names


def features_of(
    profile: Profile, lives: Lives, scaling: Scaling, every: int = 1
) -> tuple[NDArray[np.float32], pd.DataFrame]:
    """Features (n, F) of each `every`-th row of each life, with the `life` and `hours` they belong to."""
    model, _ = feature_model(scaling)
    answers, keys = answers_over(profile, lives, model, every)
    return answers["features"], keys


def answers_over(
    profile: Profile, lives: Lives, model: onnx.ModelProto, every: int = 1, horizon_hours: float | None = None
) -> tuple[dict[str, NDArray[np.float32]], pd.DataFrame]:
    """Every output of a graph for each `every`-th row of each life, life by life, so that memory stays small."""
    session = open_session(model.SerializeToString(), threads=2)
    parts, keys = [], []
    for inputs, key in life_inputs(profile, lives, every):
        feeds = inputs.feeds()
        if horizon_hours is not None:
            feeds["horizon_hours"] = np.full((len(inputs), 1), horizon_hours, np.float32)
        parts.append(run(session, feeds))
        keys.append(key)
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}, pd.concat(
        keys, ignore_index=True
    )


def _effects(
    standard: NDArray[np.float64], life: NDArray[np.object_], operating: tuple[int, ...], used: tuple[int, ...]
) -> NDArray[np.float64]:
    effect = np.zeros((len(operating), standard.shape[1]))
    if not operating:
        return effect
    within = pd.DataFrame(standard).groupby(life).transform(lambda column: column - column.mean()).to_numpy()
    asked = np.nan_to_num(within[:, list(operating)])
    for place in used:
        if place not in operating:
            there = ~np.isnan(within[:, place])
            x, y = asked[there], within[there, place]
            effect[:, place] = np.linalg.solve(x.T @ x + RIDGE * len(x) * np.eye(x.shape[1]), x.T @ y)
    return effect
