"""A small neural network in plain numpy: two hidden layers, fitted by AdamW, written into an ONNX graph as is."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.onnx_graph import Graph

Matrix = NDArray[np.float32]
WIDTHS = (96, 48)
BATCH = 256
PEAK_RATE, DECAY = 4e-3, 0.3
REACH = 5.0  # standardised features are clipped here


@dataclass(frozen=True)
class Network:
    """centre, scale (F,) of the features; weights and offsets of the three layers."""

    centre: Matrix
    scale: Matrix
    weights: tuple[Matrix, ...]
    offsets: tuple[Matrix, ...]

    def __call__(self, features: Matrix) -> NDArray[np.float64]:
        """Answers (n,) for features (n, F); a missing feature counts as the mean one."""
        return _forward(self._standard(features), self.weights, self.offsets)[-1][:, 0].astype(np.float64)

    def _standard(self, features: Matrix) -> Matrix:
        return np.clip(np.nan_to_num((features - self.centre) / self.scale), -REACH, REACH).astype(np.float32)

    def add(self, graph: Graph, features: str) -> str:
        """Write the network for `features` (n, F) into a graph; the value is (n, 1)."""
        value = graph.op("Div", graph.op("Sub", features, graph.constant(self.centre)), graph.constant(self.scale))
        value = graph.op("Clip", graph.without_nan(value), graph.constant(-REACH), graph.constant(REACH))
        for layer, (weight, offset) in enumerate(zip(self.weights, self.offsets, strict=True)):
            value = graph.op("Gemm", value, graph.constant(weight), graph.constant(offset))
            value = graph.op("Relu", value) if layer < len(self.weights) - 1 else value
        return value


def fit_network(features: Matrix, label: NDArray[np.float64], seed: int, steps: int) -> Network:
    """Least squares on features (n, F) and labels (n,), in `steps` steps of one batch each.

    AdamW (Loshchilov and Hutter, ICLR 2019) with one cycle of the rate (Smith, 2018): up for a third, then down.
    """
    random = np.random.default_rng(seed)
    with np.errstate(all="ignore"):
        known = ~np.isnan(features).all(axis=0)
        centre, scale = np.zeros(features.shape[1], np.float32), np.ones(features.shape[1], np.float32)
        centre[known] = np.nanmean(features[:, known], axis=0)
        scale[known] = np.nanstd(features[:, known], axis=0) + 1e-6
    sizes = (features.shape[1], *WIDTHS, 1)
    weights = [
        (random.standard_normal(shape) * np.sqrt(2.0 / shape[0])).astype(np.float32) for shape in pairwise(sizes)
    ]
    offsets = [np.zeros(size, np.float32) for size in sizes[1:]]
    offsets[-1][:] = label.mean()
    weights[-1] *= 0.1
    x = Network(centre, scale, (), ())._standard(features)
    y = label.astype(np.float32)
    moments = [[np.zeros_like(p), np.zeros_like(p)] for p in (*weights, *offsets)]
    for step in range(steps):
        batch = random.integers(0, len(x), BATCH)
        gradients = _gradients(x[batch], y[batch], weights, offsets)
        rate = PEAK_RATE * _cycle((step + 1) / steps)
        for place, (value, gradient) in enumerate(zip((*weights, *offsets), gradients, strict=True)):
            first, second = moments[place]
            first += 0.1 * (gradient - first)
            second += 0.01 * (gradient**2 - second)
            correction = np.sqrt(1 - 0.99 ** (step + 1)) / (1 - 0.9 ** (step + 1))
            value *= 1 - rate * (DECAY if value.ndim == 2 else 0.0)
            value -= rate * correction * first / (np.sqrt(second) + 1e-8)
    return Network(centre, scale, tuple(weights), tuple(offsets))


def _cycle(done: float) -> float:
    """The rate's share of its peak: from 0.04 up, then along a cosine to near nothing."""
    if done < 0.3:
        return 0.04 + 0.96 * done / 0.3
    return float(0.5 * (1 + np.cos(np.pi * (done - 0.3) / 0.7)))


def _forward(x: Matrix, weights: Sequence[Matrix], offsets: Sequence[Matrix]) -> list[Matrix]:
    layers = [x]
    for number, (weight, offset) in enumerate(zip(weights, offsets, strict=True)):
        value = layers[-1] @ weight + offset
        layers.append(np.maximum(value, 0.0) if number < len(weights) - 1 else value)
    return layers


def _gradients(x: Matrix, y: Matrix, weights: list[Matrix], offsets: list[Matrix]) -> list[Matrix]:
    _, first, second, answer = _forward(x, weights, offsets)
    error = 2 * (answer - y[:, None]) / len(x)
    back_second = (error @ weights[2].T) * (second > 0)
    back_first = (back_second @ weights[1].T) * (first > 0)
    return [
        x.T @ back_first, first.T @ back_second, second.T @ error,
        back_first.sum(axis=0), back_second.sum(axis=0), error.sum(axis=0),
    ]  # fmt: skip
