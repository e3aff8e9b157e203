"""The RUL model of a machine that few lives are known of: two ridge regressions, checked life by life."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models import metrics
from models.calibration import Interval, fit_interval
from models.examples import Examples
from models.features import Scaling, add_features
from models.folding import Array
from models.onnx_graph import Graph

MOST_LIVES = 20  # failed lives; with more, trees and networks have enough to learn from
LOOKED_AT = ("|mean|", "|deviation|")  # levels and how far they have moved; slopes and spreads differ from life to life
STRENGTHS = (1.0, 3.0, 10.0, 30.0)  # of the ridge penalty, for features of unit variance
REACH = 3.0  # standardised features are clipped here: a new life may go where none has been
SLACK = 0.02  # of the median life, added to both hours of the ratio, so that neither is zero
BEYOND = 1.5  # times the longest life: no answer reaches further
CONFIDENCE = 0.9
WIDEST = 5.0  # times the interval that holds on average


@dataclass(frozen=True)
class FewLivesModel:
    """Hours left as the mean of two views: hours left, and the ratio of hours left to hours run.

    The first view is right where lives are alike. The second lets a life that ages slowly last long. Both are linear in
    the same features: z = clip((asinh(x) - centre) / scale). weights (F, 2), offsets (2,): hours; log ratio.
    own (n,): for each row taught the answer of a model that had not seen its life; validation: their RMSE in hours.
    """

    columns: NDArray[np.int64]
    centre: Array
    scale: Array
    weights: Array
    offsets: Array
    slack_hours: float
    longest_hours: float
    cap_hours: float
    strength: float
    interval: Interval
    validation: float
    own: Array = field(repr=False)

    def hours(self, features: NDArray[np.float32]) -> Array:
        """(n,) for features (n, F), of which the last is the age."""
        views = _standard(features[:, self.columns], self.centre, self.scale) @ self.weights + self.offsets
        return _blend(views, features[:, -1].astype(float), self.slack_hours, self.longest_hours, self.cap_hours)

    def write(self, scaling: Scaling) -> Graph:
        """The whole graph, from readings to `rul_hours`, `low` and `high`."""
        g = Graph()
        features, names = add_features(g, scaling)
        seen = g.op("Asinh", g.without_nan(g.pick(features, self.columns, axis=1)))
        standard = g.op("Mul", g.op("Sub", seen, g.constant(self.centre)), g.constant(1.0 / self.scale))
        standard = g.op("Clip", standard, g.constant(-REACH), g.constant(REACH))
        views = g.op("Gemm", standard, g.constant(self.weights), g.constant(self.offsets))
        slack, zero = g.constant(self.slack_hours), g.constant(0.0)
        age = g.op("Add", g.pick(features, [len(names) - 1], axis=1), slack)
        by_hours = g.op("Clip", g.pick(views, [0], axis=1), zero, g.constant(self.longest_hours))
        ratio = g.op("Exp", g.op("Clip", g.pick(views, [1], axis=1), g.constant(-8.0), g.constant(8.0)))
        by_ratio = g.op("Sub", g.op("Mul", age, ratio), slack)
        by_ratio = g.op("Clip", by_ratio, zero, g.constant(BEYOND * self.longest_hours))
        cap = g.constant(self.cap_hours)
        hours = g.op("Min", g.op("Mul", g.op("Add", by_hours, by_ratio), g.constant(0.5)), cap)
        low, high = self.interval.add(g, hours)
        low = g.op("Clip", g.op("Min", low, hours), zero, cap)
        high = g.op("Clip", g.op("Max", high, hours), zero, cap)
        for name, value in (("rul_hours", hours), ("low", low), ("high", high)):
            g.output(name, value, 1)
        return g


def fit_few_lives(examples: Examples, cap_hours: float, names: Sequence[str]) -> FewLivesModel:
    """Taught by every failed life; the penalty is the one with the smallest error on lives left out one by one.

    Each life weighs the same, however long. `names` of the features. Needs two failed lives or more.
    """
    columns = np.array([at for at, name in enumerate(names) if any(kind in name for kind in LOOKED_AT)], int)
    truth, failed = examples.remaining(cap_hours), examples.failed
    own = {strength: np.full(len(examples), np.nan) for strength in STRENGTHS}
    for life in np.unique(examples.life[failed]):
        left_out = examples.life == life
        for strength, taught in _ridges(examples, truth, failed & ~left_out, columns).items():
            own[strength][left_out] = taught.hours(examples.features[left_out], cap_hours)
    errors = {strength: metrics.rmse(truth[failed], own[strength][failed]) for strength in STRENGTHS}
    best = min(STRENGTHS, key=lambda strength: errors[strength])
    ridge = _ridges(examples, truth, failed, columns)[best]
    interval = worst_life_interval(truth[failed], own[best][failed], examples.life[failed])
    return FewLivesModel(
        columns, ridge.centre, ridge.scale, ridge.weights, ridge.offsets, ridge.slack_hours, ridge.longest_hours,
        cap_hours, best, interval, errors[best], own[best],
    )  # fmt: skip


def worst_life_interval(true: Array, predicted: Array, life: NDArray[np.object_]) -> Interval:
    """Bounds that hold CONFIDENCE of the truths of each life, of the worst too.

    Of n lives not learnt from the widest error is the highest that can be known: a new life exceeds it once in n + 1.
    """
    usual = fit_interval(true, predicted, life, CONFIDENCE)
    _, place, count = np.unique(life, return_inverse=True, return_counts=True)
    wider = usual
    for by in np.arange(1.0, WIDEST + 0.01, 0.1):
        low = np.maximum(np.maximum.accumulate(usual.knots - by * (usual.knots - usual.low)), 0.0)
        wider = Interval(usual.knots, low, np.maximum.accumulate(usual.knots + by * (usual.high - usual.knots)))
        lowest, highest = wider.at(predicted)
        held = np.bincount(place, (true >= lowest - 1e-6) & (true <= highest + 1e-6)) / count
        if held.min() >= CONFIDENCE:
            break
    return wider


def own_intervals(examples: Examples, cap_hours: float, own: Array) -> tuple[Array, Array]:
    """Low and high (n,) in hours of each row of a failed life, by an interval that the other lives' errors set."""
    truth, failed = examples.remaining(cap_hours), examples.failed
    low, high = np.full(len(own), np.nan), np.full(len(own), np.nan)
    for life in np.unique(examples.life[failed]):
        left_out = examples.life == life
        others = failed & ~left_out
        interval = worst_life_interval(truth[others], own[others], examples.life[others])
        low[left_out], high[left_out] = interval.at(own[left_out])
    return np.clip(np.minimum(low, own), 0.0, cap_hours), np.clip(np.maximum(high, own), 0.0, cap_hours)


@dataclass(frozen=True)
class _Ridge:
    columns: NDArray[np.int64]
    centre: Array
    scale: Array
    weights: Array
    offsets: Array
    slack_hours: float
    longest_hours: float

    def hours(self, features: NDArray[np.float32], cap_hours: float) -> Array:
        views = _standard(features[:, self.columns], self.centre, self.scale) @ self.weights + self.offsets
        return _blend(views, features[:, -1].astype(float), self.slack_hours, self.longest_hours, cap_hours)


def _ridges(
    examples: Examples, truth: Array, taught: NDArray[np.bool_], columns: NDArray[np.int64]
) -> dict[float, _Ridge]:
    """Both views fitted by the rows taught, for each strength of the penalty."""
    seen, age, left = examples.features[taught][:, columns], examples.hours[taught], truth[taught]
    _, place, count = np.unique(examples.life[taught], return_inverse=True, return_counts=True)
    weight = 1.0 / (count[place] * len(count))
    spans = np.zeros(len(count))
    np.maximum.at(spans, place, age + left)
    slack, longest = SLACK * float(np.median(spans)), float(left.max())
    bent = _bent(seen)
    centre = weight @ bent
    scale = np.sqrt(weight @ (bent - centre) ** 2) + 1e-6
    standard = np.clip((bent - centre) / scale, -REACH, REACH)
    views = np.stack([left, np.log((left + slack) / (age + slack))], axis=1)
    root, middle, mean = np.sqrt(weight)[:, None], weight @ standard, weight @ views
    x, y = (standard - middle) * root, (views - mean) * root
    products, answers = x.T @ x, x.T @ y
    found = {}
    for strength in STRENGTHS:
        weights = np.linalg.solve(products + strength * np.eye(len(columns)), answers)
        found[strength] = _Ridge(columns, centre, scale, weights, mean - middle @ weights, slack, longest)
    return found


def _bent(features: NDArray[np.float32]) -> Array:
    """Unknown features count as the level readings have by and large; high ones are drawn in."""
    return np.arcsinh(np.nan_to_num(features.astype(float)))


def _standard(features: NDArray[np.float32], centre: Array, scale: Array) -> Array:
    return np.clip((_bent(features) - centre) / scale, -REACH, REACH)


def _blend(views: Array, age: Array, slack_hours: float, longest_hours: float, cap_hours: float) -> Array:
    by_hours = np.clip(views[:, 0], 0.0, longest_hours)
    by_ratio = (age + slack_hours) * np.exp(np.clip(views[:, 1], -8.0, 8.0)) - slack_hours
    return np.minimum((by_hours + np.clip(by_ratio, 0.0, BEYOND * longest_hours)) / 2, cap_hours)
