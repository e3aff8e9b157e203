"""The RUL model: operating hours left, flat above the cap, with an interval that lives not learnt from have set."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models import metrics
from models.calibration import Interval, fit_interval
from models.examples import Examples
from models.features import Scaling, add_features
from models.folding import Array, by_fold
from models.network import Network, fit_network
from models.onnx_graph import Graph
from models.onnx_trees import add_trees

if TYPE_CHECKING:
    import lightgbm

    from models._lightgbm import Recipe

CONFIDENCE = 0.9
LATE = 0.2  # the last part of a life, that the interval must hold in as well
BLENDS = (0.0, 0.25, 0.5, 0.75)  # the networks' share that is tried
LEANS = (0.0, 0.25, 0.5, 0.75, 1.0)  # the share of the profile's own lives that is tried
PRIOR = {
    "learning_rate": 0.07, "num_leaves": 31, "min_child_samples": 40, "feature_fraction": 0.15,
    "bagging_fraction": 0.7, "bagging_freq": 1, "lambda_l2": 5.0, "max_bin": 63,
}  # fmt: skip
NETWORKS_A_FOLD = 2
EARLIER, DEARER = (0.0, 0.01, 0.02, 0.03), 0.01  # answers are lowered by a share that costs this much of the error
NOISE = ("spread", "latest")
LOOKS: dict[str, tuple[str, ...]] = {  # kinds of features left out; which look serves is a matter of the machine
    "wide": NOISE,
    "level": (*NOISE, "ewma", "deviation", "operating"),
    "trend": (*NOISE, "ewma", "mean", "operating"),
}


@dataclass(frozen=True)
class RulModel:
    """Trees and networks, some of each a fold, as shares of the cap; their means are blended.

    `validation`: root mean square error, as a share of the cap, on rows of failed lives not learnt from.
    `own` (n,): the answers for the rows taught, each from models that had not seen its life, not lowered yet.
    """

    boosters: "list[lightgbm.Booster]"
    networks: list[Network]
    columns: NDArray[np.int64]  # the features the trees look at
    network_columns: NDArray[np.int64]  # and the networks
    looks: tuple[str, str]  # their names in LOOKS
    blend: float  # the networks' share
    interval: Interval
    cap_hours: float
    validation: float
    own: Array = field(repr=False)
    lean: float = 0.0  # the share of the last booster, taught by lives simulated from the profile
    early: float = 0.0  # answers are lowered by this share, as one too late costs more than one too early

    @property
    def shares(self) -> tuple[float, ...]:
        """Of each booster; with the networks' they sum to 1."""
        recorded = len(self.boosters) - (self.lean > 0)
        each = (1 - self.lean) * (1 - self.blend) / max(recorded, 1)
        return (*[each] * recorded, *[self.lean] * (self.lean > 0))

    def share(self, features: NDArray[np.float32]) -> Array:
        from models import _lightgbm  # heavy

        seen = features[:, self.columns]
        answer = np.asarray(self.shares) @ [_lightgbm.scores(booster, seen) for booster in self.boosters]
        if self.networks:
            networks = np.mean([network(features[:, self.network_columns]) for network in self.networks], axis=0)
            answer = answer + (1 - self.lean) * self.blend * networks
        return np.clip(answer, 0.0, 1.0) * (1 - self.early)

    def write(self, scaling: Scaling) -> Graph:
        """The whole graph, from readings to `rul_hours`, `low` and `high`: NaN where the window holds nothing known."""
        graph = Graph()
        features, names = add_features(graph, scaling)
        zero, one, cap = graph.constant(0.0), graph.constant(1.0), graph.constant(self.cap_hours)
        seen = graph.pick(features, self.columns, axis=1)
        share = add_trees(graph, seen, self.boosters, len(self.columns), self.shares)
        if self.networks:
            seen = graph.pick(features, self.network_columns, axis=1)
            answers = [network.add(graph, seen) for network in self.networks]
            total = graph.op("Sum", *answers)
            networks = graph.op("Mul", total, graph.constant((1 - self.lean) * self.blend / len(answers)))
            share = graph.op("Add", share, networks)
        share = graph.op("Mul", graph.op("Clip", share, zero, one), graph.constant(1 - self.early))
        low, high = self.interval.add(graph, share)
        low = graph.op("Clip", graph.op("Min", low, share), zero, one)
        high = graph.op("Clip", graph.op("Max", high, share), zero, one)
        means = [at for at, name in enumerate(names) if "|mean|" in name]
        silent = graph.op("IsNaN", graph.pick(features, means, axis=1))
        silent = graph.op("Where", silent, one, zero)
        measured = graph.op("Less", graph.op("ReduceMin", silent, axes=[1], keepdims=1), graph.constant(0.5))
        for name, value in (("rul_hours", share), ("low", low), ("high", high)):
            graph.output(name, graph.nan_unless(measured, graph.op("Mul", value, cap)), 1)
        return graph


def fit_rul(
    examples: Examples,
    fold: NDArray[np.int64],
    cap_hours: float,
    seed: int,
    workers: int,
    recipes: "Sequence[Recipe]",
    names: Sequence[str],
    network_steps: int = 0,
    teaching: Array | None = None,
    beside: Examples | None = None,
    looks: tuple[tuple[str, ...], tuple[str, ...]] = (tuple(LOOKS), tuple(LOOKS)),
) -> RulModel:
    """One model a fold, taught by the other folds' lives and asked about its own; those errors choose and calibrate.

    The best of `recipes` and of `looks`, of the trees and of the networks, is kept; with `network_steps` networks are
    blended in where that helps. `teaching` (n,): labels, as shares of the cap, to learn in place of the true ones.
    `beside`: examples (synthetic lives) that are learnt from and never asked about.
    """
    truth = examples.remaining(cap_hours) / cap_hours
    failed = examples.failed
    more = beside.remaining(cap_hours) / cap_hours if beside is not None else np.empty(0)
    more_features = beside.features if beside is not None else examples.features[:0]
    lesson = _Lesson(
        examples.features, truth if teaching is None else teaching, fold, seed, workers,
        more_features[~np.isnan(more)], more[~np.isnan(more)],
    )  # fmt: skip

    def loss(answers: Array) -> float:
        return metrics.rmse(truth[failed], np.clip(answers, 0, 1)[failed])

    seen = {look: columns for look in LOOKS if len(columns := columns_of(names, look)) > 1}
    trees = {
        (look, at): _trees(lesson.of(seen[look]), recipe)
        for look in looks[0]
        if look in seen
        for at, recipe in enumerate(recipes)
    }
    look, at = min(trees, key=lambda tried: loss(trees[tried][1]))
    boosters, own = trees[look, at]
    networks: list[Network] = []
    blend, by = 0.0, look
    if network_steps:
        tried = {each: _networks(lesson.of(seen[each]), network_steps, 0) for each in looks[1] if each in seen}
        by = min(tried, key=lambda each: loss(tried[each][1]))
        rounds = [tried[by], *(_networks(lesson.of(seen[by]), network_steps, n) for n in range(1, NETWORKS_A_FOLD))]
        answers = np.mean([each[1] for each in rounds], axis=0)
        blend = min(BLENDS, key=lambda b: loss((1 - b) * own + b * answers))
        if blend:
            networks, own = [network for each in rounds for network in each[0]], (1 - blend) * own + blend * answers
    nothing = Interval(np.zeros(1), np.zeros(1), np.ones(1))
    model = RulModel(boosters, networks, seen[look], seen[by], (look, by), blend, nothing, cap_hours, 1.0, own)
    return _finished(model, examples, own)


def _finished(model: RulModel, examples: Examples, own: Array) -> RulModel:
    """With the interval, and as much earliness as hardly costs anything, that the answers `own` call for."""
    failed = examples.failed
    truth, own = (examples.remaining(model.cap_hours) / model.cap_hours)[failed], np.clip(own, 0.0, 1.0)
    losses = [metrics.rmse(truth, (1 - early) * own[failed]) for early in EARLIER]
    early = max(early for early, loss in zip(EARLIER, losses, strict=True) if loss <= losses[0] * (1 + DEARER))
    answers = (1 - early) * own
    late = examples.in_last(LATE)[failed]
    interval = fit_interval(truth, answers[failed], examples.life[failed], CONFIDENCE, late)
    return replace(model, early=early, own=own, interval=interval, validation=metrics.rmse(truth, answers[failed]))


def columns_of(names: Sequence[str], look: str) -> NDArray[np.int64]:
    """Places of the features a look takes, of the names that add_features gives: sensor, kind, span."""
    left_out = LOOKS[look]
    condition = {name.split("|")[0] for name in names if "|latest|" in name}
    places = []
    for at, name in enumerate(names):
        sensor, kind, *_ = [*name.split("|"), ""]
        operating = kind == "mean" and sensor not in condition
        if kind not in left_out and not (operating and "operating" in left_out):
            places.append(at)
    return np.array(places, np.int64)


def fit_profile_model(
    prior: Examples, cap_hours: float, columns: NDArray[np.int64], seed: int, rounds: int
) -> "lightgbm.Booster":
    """A model of the features `columns`, taught by nothing but lives simulated from the profile."""
    from models import _lightgbm  # heavy

    label = prior.remaining(cap_hours) / cap_hours
    known = ~np.isnan(label)
    recipe = _lightgbm.Recipe("regression", rounds, PRIOR)
    return _lightgbm.fit(recipe, prior.features[known][:, columns], label[known], seed)


def lean_on_profile(model: RulModel, examples: Examples, of_profile: "lightgbm.Booster") -> RulModel:
    """Give the profile's model the share that serves the recorded lives best, each asked about lives it never saw.

    `examples` are those the model was taught by. The model itself comes back where no share serves better.
    """
    from models import _lightgbm  # heavy

    truth, judged = examples.remaining(model.cap_hours) / model.cap_hours, examples.failed
    theirs = np.clip(_lightgbm.scores(of_profile, examples.features[:, model.columns]), 0.0, 1.0)
    answers = [(1 - lean) * model.own + lean * theirs for lean in LEANS]
    losses = [metrics.rmse(truth[judged], answer[judged]) for answer in answers]
    best = int(np.argmin(losses))
    if not LEANS[best]:
        return model
    recorded = LEANS[best] < 1
    leaning = replace(
        model,
        boosters=[*(model.boosters if recorded else []), of_profile],
        networks=model.networks if recorded else [],
        lean=LEANS[best],
    )
    return _finished(leaning, examples, answers[best])


def rul_figures(judged: Examples, predicted: Array, low: Array, high: Array, cap_hours: float) -> dict[str, float]:
    """Figures in hours on rows of lives that failed; the truth is flat above the cap."""
    true = judged.remaining(cap_hours)
    late = judged.in_last(LATE)
    return {
        **point_figures(true, predicted),
        "coverage_90": metrics.coverage(true, low, high),
        "coverage_90_last_fifth": metrics.coverage(true[late], low[late], high[late]),
        "width_hours": float(np.mean(high - low)),
    }


def point_figures(true: Array, predicted: Array) -> dict[str, float]:
    return {
        "rmse_hours": metrics.rmse(true, predicted),
        "mae_hours": float(np.mean(np.abs(predicted - true))),
        "r2": metrics.r2(true, predicted),
    }


@dataclass(frozen=True)
class _Lesson:
    """What every member learns from: labels are shares of the cap, NaN where unknown."""

    features: NDArray[np.float32]
    label: Array
    fold: NDArray[np.int64]
    seed: int
    workers: int
    more: NDArray[np.float32]
    more_label: Array

    def of(self, columns: NDArray[np.int64]) -> "_Lesson":
        return replace(self, features=self.features[:, columns], more=self.more[:, columns])

    def without(self, own: NDArray[np.bool_]) -> tuple[NDArray[np.float32], Array]:
        taught = ~own & ~np.isnan(self.label)
        return (
            np.concatenate([self.features[taught], self.more]),
            np.concatenate([self.label[taught], self.more_label]),
        )


def _trees(lesson: _Lesson, recipe: "Recipe") -> "tuple[list[lightgbm.Booster], Array]":
    from models import _lightgbm  # heavy

    def fit_and_ask(own: NDArray[np.bool_], number: int) -> "tuple[lightgbm.Booster, Array]":
        booster = _lightgbm.fit(recipe, *lesson.without(own), lesson.seed + number)
        return booster, _lightgbm.scores(booster, lesson.features[own])

    return by_fold(fit_and_ask, lesson.fold, lesson.workers)


def _networks(lesson: _Lesson, steps: int, turn: int) -> tuple[list[Network], Array]:
    def fit_and_ask(own: NDArray[np.bool_], number: int) -> tuple[Network, Array]:
        features, label = lesson.without(own)
        network = fit_network(features, label, lesson.seed + number + 100 * turn, steps)
        return network, network(lesson.features[own])

    return by_fold(fit_and_ask, lesson.fold, lesson.workers)
