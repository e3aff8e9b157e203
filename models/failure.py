"""The failure model: will it fail within h operating hours, for any h (decision 0003)."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from machine_profiles.errors import MillwrightError
from models import metrics
from models.calibration import fit_platt
from models.examples import Examples
from models.features import Scaling, add_features
from models.folding import Array, by_fold
from models.onnx_graph import Graph
from models.onnx_trees import add_trees

if TYPE_CHECKING:
    import lightgbm

COPIES = 0.1  # of the feature count: how often the horizon stands among the features a tree draws from
OTHERS = 2  # horizons beside the profile's that each row is asked about
LEANS = (0.25, 0.5, 0.75, 1.0)  # shares of the profile's own lives that are tried
PRIOR = {
    "learning_rate": 0.07, "num_leaves": 31, "min_child_samples": 40, "feature_fraction": 0.15,
    "bagging_fraction": 0.7, "bagging_freq": 1, "lambda_l2": 5.0, "max_bin": 63,
}  # fmt: skip


@dataclass(frozen=True)
class FailureModel:
    """Models whose mean log-odds, calibrated, are the answer; `horizons` are those it was taught at, ascending.

    The last booster is the one taught by lives simulated from the profile where `lean`, its share, is above 0; the
    others are of folds by life, and share the rest.

    `own` (n,): probabilities within the profile's horizon for the rows taught, each from a model that had not seen its
    life, NaN where the truth is not known; `validation`: their average precision.
    """

    boosters: "list[lightgbm.Booster]"
    platt: tuple[float, float]
    horizons: tuple[float, ...]
    threshold: float  # of the probability within the profile's horizon, where F1 was highest on the rows taught
    validation: float
    own: NDArray[np.float64] = field(repr=False)
    asked: "Asked" = field(repr=False)
    lean: float = 0.0

    @property
    def shares(self) -> tuple[float, ...]:
        recorded = len(self.boosters) - (self.lean > 0)
        return (*[(1 - self.lean) / recorded] * recorded, *[self.lean] * (self.lean > 0)) if recorded else (1.0,)

    def probability(self, features: NDArray[np.float32], horizon_hours: float) -> NDArray[np.float64]:
        from models import _lightgbm  # heavy

        asked = np.clip(horizon_hours, 0.0, self.horizons[-1])
        paired = np.hstack([features, np.full((len(features), 1), asked, np.float32)])
        score = np.asarray(self.shares) @ [_lightgbm.scores(booster, paired) for booster in self.boosters]
        soon = _sigmoid(self.platt[0] * score + self.platt[1])
        return 1 - (1 - soon) ** max(horizon_hours / self.horizons[-1], 1.0)

    def write(self, scaling: Scaling) -> Graph:
        """The whole graph, from readings and `horizon_hours` to `probability`.

        Beyond the longest horizon taught the hazard is taken as constant, so that a longer question never gets a
        smaller answer.
        """
        graph = Graph()
        features, names = add_features(graph, scaling)
        horizon = graph.input("horizon_hours", 1)
        longest = graph.constant(self.horizons[-1])
        asked = graph.op("Min", graph.op("Max", horizon, graph.constant(0.0)), longest)
        columns = len(names) + 1
        score = add_trees(graph, graph.op("Concat", features, asked, axis=1), self.boosters, columns, self.shares)
        score = graph.op("Add", graph.op("Mul", score, graph.constant(self.platt[0])), graph.constant(self.platt[1]))
        lasts = graph.op("Sigmoid", graph.op("Neg", score))
        times = graph.op("Max", graph.op("Div", horizon, longest), graph.constant(1.0))
        graph.output("probability", graph.op("Sub", graph.constant(1.0), graph.op("Pow", lasts, times)), 1)
        return graph


def horizons_for(horizon_hours: float, cap_hours: float) -> tuple[float, ...]:
    """What the model is taught at: a day, fractions and multiples of the profile's horizon, up to the cap.

    >>> horizons_for(72.0, 400.0)
    (18.0, 24.0, 36.0, 72.0, 144.0, 288.0, 400.0)
    """
    longest = max(cap_hours, horizon_hours)
    wanted = {24.0, longest, *(horizon_hours * share for share in (0.25, 0.5, 1.0, 2.0, 4.0))}
    return tuple(sorted(h for h in wanted if h <= longest))


def fit_failure(
    examples: Examples,
    fold: NDArray[np.int64],
    horizon_hours: float,
    cap_hours: float,
    seed: int,
    workers: int,
    teaching: NDArray[np.float64] | None = None,
    beside: Examples | None = None,
) -> FailureModel:
    """One model a fold, taught by the other folds' lives and asked about its own.

    `teaching` (n,): probabilities within the profile's horizon to learn in place of the plain yes and no. `beside`:
    examples (synthetic lives) that are learnt from and never asked about.
    """
    from models import _lightgbm  # heavy

    horizons = horizons_for(horizon_hours, cap_hours)
    features, label, place, of_horizon = _pairs(examples, horizons, horizon_hours)
    at = of_horizon == horizon_hours
    taught = label if teaching is None else np.where(at & ~np.isnan(teaching[place]), teaching[place], label)
    objective = "binary" if teaching is None else "cross_entropy"
    recipe = _lightgbm.Recipe(objective, rising=max(1, round(COPIES * features.shape[1])))
    more = _pairs(beside, horizons, horizon_hours) if beside is not None else None

    def fit_and_ask(own: NDArray[np.bool_], number: int) -> "tuple[lightgbm.Booster, Array] | None":
        x, y = features[~own], taught[~own]
        if more is not None:
            x, y = np.concatenate([x, more[0]]), np.concatenate([y, more[1]])
        if y.min() == y.max():
            return None
        booster = _lightgbm.fit(recipe, x, y, seed + number)
        return booster, _lightgbm.scores(booster, features[own])

    boosters, score = by_fold(fit_and_ask, fold[place], workers)
    if not boosters:
        raise NothingFails(horizon_hours)
    asked = Asked(features, label, place, at, score, len(examples))
    return _calibrated(boosters, asked, score, horizons, 0.0)


def fit_profile_model(
    prior: Examples, horizon_hours: float, cap_hours: float, seed: int, rounds: int
) -> "lightgbm.Booster":
    """A model taught by nothing but lives simulated from the profile."""
    from models import _lightgbm  # heavy

    features, label, _, _ = _pairs(prior, horizons_for(horizon_hours, cap_hours), horizon_hours, others=1)
    rising = max(1, round(COPIES * features.shape[1]))
    return _lightgbm.fit(_lightgbm.Recipe("binary", rounds, PRIOR, rising), features, label, seed)


def lean_on_profile(model: FailureModel, of_profile: "lightgbm.Booster") -> FailureModel:
    """Give the profile's model the share that serves the recorded lives best, each asked about lives it never saw.

    Judged by the likelihood of what became of them, calibrated alike, among those whose average precision is no less;
    the model itself where no share serves better.
    """
    from models import _lightgbm  # heavy

    asked = model.asked
    theirs = _lightgbm.scores(of_profile, asked.features)
    tried = [model]
    for lean in LEANS:
        boosters = [*(model.boosters if lean < 1 else []), of_profile]
        tried.append(_calibrated(boosters, asked, (1 - lean) * asked.score + lean * theirs, model.horizons, lean))
    serving = [found for found in tried if found.validation >= model.validation]
    return min(serving, key=lambda found: _surprise(found, asked))


@dataclass(frozen=True)
class Asked:
    """The pairs of row and horizon that the fold models were asked about: their label, their row, whether the horizon
    is the profile's, and what the fold that had not seen the life answered (log-odds, NaN where none did).
    """

    features: NDArray[np.float32]
    label: Array
    place: NDArray[np.int64]
    at: NDArray[np.bool_]
    score: Array
    rows: int


def _calibrated(
    boosters: "list[lightgbm.Booster]", asked: Asked, score: Array, horizons: tuple[float, ...], lean: float
) -> FailureModel:
    judged = ~np.isnan(score)
    platt = fit_platt(score[judged], asked.label[judged])
    probability = _sigmoid(platt[0] * score + platt[1])
    at = asked.at & judged
    threshold, _ = metrics.best_f1_threshold(asked.label[at], probability[at])
    own = np.full(asked.rows, np.nan)
    own[asked.place[at]] = probability[at]
    validation = metrics.average_precision(asked.label[at], probability[at])
    return FailureModel(boosters, platt, horizons, threshold, validation, own, asked, lean)


def _surprise(model: FailureModel, asked: Asked) -> float:
    """Mean negative log-likelihood within the profile's horizon."""
    of_row = np.full(asked.rows, np.nan)
    of_row[asked.place[asked.at]] = asked.label[asked.at]
    known = ~np.isnan(model.own) & ~np.isnan(of_row)
    p = np.clip(model.own[known], 1e-6, 1 - 1e-6)
    return float(-np.mean(of_row[known] * np.log(p) + (1 - of_row[known]) * np.log(1 - p)))


class NothingFails(MillwrightError):
    def __init__(self, horizon_hours: float) -> None:
        super().__init__(
            f"No row of the lives learnt from lies within {horizon_hours:g} operating hours of a failure, so there is "
            f"nothing to tell apart. Import readings up to the failures, or raise the profile's failure_horizon_hours."
        )


def failure_figures(true: NDArray[np.float64], probability: NDArray[np.float64], threshold: float) -> dict[str, float]:
    """Figures on rows whose answer is known."""
    return {
        "average_precision": metrics.average_precision(true, probability),
        "f1": metrics.f1(true, probability >= threshold),
        "brier": metrics.brier(true, probability),
        "ece": metrics.expected_calibration_error(true, probability),
    }


def _pairs(
    examples: Examples, horizons: tuple[float, ...], horizon_hours: float, others: int = OTHERS
) -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """Rows with horizons whose answer is known: features with the horizon last, label, row, horizon.

    Each row meets the profile's horizon, and so many of the others in turn.
    """
    label = np.stack([examples.fails_within(horizon) for horizon in horizons], axis=1)
    rest = [at for at, horizon in enumerate(horizons) if horizon != horizon_hours]
    met = np.zeros(label.shape, bool)
    met[:, horizons.index(horizon_hours)] = True
    for turn in range(min(others, len(rest))):
        met[np.arange(len(label)), np.array(rest)[(np.arange(len(label)) * others + turn) % len(rest)]] = True
    row, column = np.nonzero(met & ~np.isnan(label))
    horizon = np.array(horizons)[column]
    features = np.hstack([examples.features[row], horizon[:, None].astype(np.float32)])
    return features, label[row, column], row, horizon


def _sigmoid(score: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-np.clip(score, -40, 40)))
