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
BLENDS = (0.0, 0.25, 0.5, 0.75)  # the networks' share that is tried
LEANS = (0.0, 0.25, 0.5, 0.75, 1.0)  # the share of the profile's own lives that is tried
PRIOR = {
    "learning_rate": 0.07, "num_leaves": 31, "min_child_samples": 40, "feature_fraction": 0.15,
    "bagging_fraction": 0.7, "bagging_freq": 1, "lambda_l2": 5.0, "max_bin": 63,
}  # fmt: skip
FLAT_SHARE = 8  # one in so many of the rows above the cap is learnt from: they all say the same
LEFT_OUT = ("|spread|", "|latest|")  # features that are mostly noise, and are learnt by heart


@dataclass(frozen=True)
class RulModel:
    """Trees and networks, one of each a fold, as shares of the cap; their means are blended.

    `validation`: root mean square error, as a share of the cap, on rows of failed lives not learnt from.
    `own` (n,): the answers for the rows taught, each from models that had not seen its life.
    """

    boosters: "list[lightgbm.Booster]"
    networks: list[Network]
    columns: NDArray[np.int64]  # the features they look at
    blend: float  # the networks' share
    interval: Interval
    cap_hours: float
    validation: float
    own: Array = field(repr=False)
    lean: float = (
        0.0  # the share of the last booster, taught by lives simulated from the profile; the others', the rest
    )

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
            networks = np.mean([network(seen) for network in self.networks], axis=0)
            answer = answer + (1 - self.lean) * self.blend * networks
        return np.clip(answer, 0.0, 1.0)

    def write(self, scaling: Scaling) -> Graph:
        """The whole graph, from readings to `rul_hours`, `low` and `high`."""
        graph = Graph()
        features, _ = add_features(graph, scaling)
        zero, one, cap = graph.constant(0.0), graph.constant(1.0), graph.constant(self.cap_hours)
        seen = graph.pick(features, self.columns, axis=1)
        share = add_trees(graph, seen, self.boosters, len(self.columns), self.shares)
        if self.networks:
            answers = [network.add(graph, seen) for network in self.networks]
            total = graph.op("Sum", *answers)
            networks = graph.op("Mul", total, graph.constant((1 - self.lean) * self.blend / len(answers)))
            share = graph.op("Add", share, networks)
        share = graph.op("Clip", share, zero, one)
        low, high = self.interval.add(graph, share)
        low = graph.op("Clip", graph.op("Min", low, share), zero, one)
        high = graph.op("Clip", graph.op("Max", high, share), zero, one)
        for name, value in (("rul_hours", share), ("low", low), ("high", high)):
            graph.output(name, graph.op("Mul", value, cap), 1)
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
) -> RulModel:
    """One model a fold, taught by the other folds' lives and asked about its own; those errors choose and calibrate.

    The best of `recipes` is kept; with `network_steps` networks are blended in where that helps. `teaching` (n,):
    labels, as shares of the cap, to learn in place of the true ones. `beside`: examples (synthetic lives) that are
    learnt from and never asked about.
    """
    truth = examples.remaining(cap_hours) / cap_hours
    columns = _columns(names)
    telling = _telling(examples, cap_hours)
    judged = examples.failed & telling
    more = beside.remaining(cap_hours) / cap_hours if beside is not None else np.empty(0)
    more_features = beside.features if beside is not None else examples.features[:0]
    lesson = _Lesson(
        examples.features[:, columns], np.where(telling, truth if teaching is None else teaching, np.nan), fold, seed,
        workers,
        more_features[~np.isnan(more)][:, columns], more[~np.isnan(more)],
    )  # fmt: skip
    trees = [_trees(lesson, recipe) for recipe in recipes]
    boosters, own = min(trees, key=lambda tried: metrics.rmse(truth[judged], np.clip(tried[1][judged], 0, 1)))
    networks: list[Network] = []
    blend = 0.0
    if network_steps:
        fitted, answers = _networks(lesson, network_steps)
        losses = [metrics.rmse(truth[judged], np.clip((1 - b) * own + b * answers, 0, 1)[judged]) for b in BLENDS]
        blend = BLENDS[int(np.argmin(losses))]
        if blend:
            networks, own = fitted, (1 - blend) * own + blend * answers
    own = np.clip(own, 0.0, 1.0)
    failed = examples.failed
    interval = fit_interval(truth[failed], own[failed], examples.life[failed], CONFIDENCE)
    return RulModel(
        boosters, networks, columns, blend, interval, cap_hours, metrics.rmse(truth[judged], own[judged]), own
    )


def fit_profile_model(
    prior: Examples, cap_hours: float, names: Sequence[str], seed: int, rounds: int
) -> "lightgbm.Booster":
    """A model taught by nothing but lives simulated from the profile."""
    from models import _lightgbm  # heavy

    label = prior.remaining(cap_hours) / cap_hours
    known = ~np.isnan(label)
    recipe = _lightgbm.Recipe("regression", rounds, PRIOR)
    return _lightgbm.fit(recipe, prior.features[known][:, _columns(names)], label[known], seed)


def lean_on_profile(model: RulModel, examples: Examples, of_profile: "lightgbm.Booster") -> RulModel:
    """Give the profile's model the share that serves the recorded lives best, each asked about lives it never saw.

    `examples` are those the model was taught by. The model itself comes back where no share serves better.
    """
    from models import _lightgbm  # heavy

    truth = examples.remaining(model.cap_hours) / model.cap_hours
    judged = examples.failed & _telling(examples, model.cap_hours)
    theirs = np.clip(_lightgbm.scores(of_profile, examples.features[:, model.columns]), 0.0, 1.0)
    answers = [(1 - lean) * model.own + lean * theirs for lean in LEANS]
    losses = [metrics.rmse(truth[judged], answer[judged]) for answer in answers]
    best = int(np.argmin(losses))
    if not LEANS[best]:
        return model
    failed = examples.failed
    return replace(
        model,
        boosters=[*(model.boosters if LEANS[best] < 1 else []), of_profile],
        networks=model.networks if LEANS[best] < 1 else [],
        interval=fit_interval(truth[failed], answers[best][failed], examples.life[failed], CONFIDENCE),
        validation=losses[best],
        own=answers[best],
        lean=LEANS[best],
    )


def _columns(names: Sequence[str]) -> NDArray[np.int64]:
    return np.array([at for at, name in enumerate(names) if not any(kind in name for kind in LEFT_OUT)], int)


def _telling(examples: Examples, cap_hours: float) -> NDArray[np.bool_]:
    """Rows below the cap, and one in FLAT_SHARE of those above, where every label is the same.

    Learnt from in full, the long sound part of each life pulls every early answer up to the cap.
    """
    flat = examples.observed > cap_hours
    return ~flat | (np.cumsum(flat) % FLAT_SHARE == 0)


def rul_figures(true: Array, predicted: Array, low: Array, high: Array) -> dict[str, float]:
    """Figures in hours on rows of lives that failed; the truth is flat above the cap."""
    return {
        **point_figures(true, predicted),
        "coverage_90": metrics.coverage(true, low, high),
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


def _networks(lesson: _Lesson, steps: int) -> tuple[list[Network], Array]:
    def fit_and_ask(own: NDArray[np.bool_], number: int) -> tuple[Network, Array]:
        features, label = lesson.without(own)
        network = fit_network(features, label, lesson.seed + number, steps)
        return network, network(lesson.features[own])

    return by_fold(fit_and_ask, lesson.fold, lesson.workers)
