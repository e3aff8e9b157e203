"""Condition models: which level a condition is at, told from a row's features (ISO 13374-1, state detection)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Condition, Profile
from models import metrics
from models.features import Scaling, feature_model, features_of, fit_scaling
from models.lives import Lives

FOLDS = 3  # in which candidates are compared and the probabilities calibrated
FEWEST_ROWS = 20
SHARPNESS = np.geomspace(0.1, 10.0, 41)
LEAST = 1e-6

Array = NDArray[np.float64]
Ask = Callable[[NDArray[np.float32]], Array]


class TooFewLabels(MillwrightError):
    """A condition has too few labelled rows, or one level only; the text says which."""


@dataclass(frozen=True)
class ConditionModel:
    """A calibrated classifier of the `known` levels, ascending places in the condition's levels.

    `cut`: of two levels the second is given from this probability on; of more, the one whose probability stands highest
    above its `share` of the rows learnt from. `compared`: each candidate's figure on rows it had not learnt from.
    """

    condition: Condition
    known: tuple[int, ...]
    share: Array
    candidate: str
    compared: dict[str, float]
    sharpness: float
    cut: float
    scaling: Scaling
    ask: Ask

    def probabilities(self, features: NDArray[np.float32]) -> Array:
        """(n, levels), rows summing to one; a level never seen has zero."""
        found = np.zeros((len(features), len(self.condition.levels)))
        found[:, self.known] = _sharpened(self.ask(features), self.share, self.sharpness)
        return found

    def levels(self, probabilities: Array) -> NDArray[np.int64]:
        """The place (n,) of the level given for each row."""
        given = _decide(probabilities[:, self.known], self.share, self.cut)
        return np.asarray(self.known, np.int64)[given]


def learn(
    profile: Profile,
    condition: Condition,
    lives: Lives,
    label: NDArray[np.int64],
    taught: NDArray[np.bool_],
    seed: int,
    candidates: tuple[str, ...] = (),
) -> ConditionModel:
    """Fit on the `taught` rows of `lives` (sorted by life and hours); `label` (n,): place of the level, -1 unknown.

    Candidates (all that fit the condition, if left out) are compared, and probabilities and cut set, on folds of the
    taught rows alone: runs of neighbouring rows where the profile's windows look back over several rows, else rows
    drawn by level. Raises TooFewLabels.
    """
    taught = taught & (label >= 0)
    known = np.unique(label[taught])
    if taught.sum() < FEWEST_ROWS or len(known) < 2:
        raise TooFewLabels(
            f"{condition.name} of {profile.id} has {int(taught.sum())} labelled rows of {len(known)} levels to learn "
            f"from; it takes at least {FEWEST_ROWS} rows and two levels. Import labelled rows of other levels."
        )
    scaling = fit_scaling(profile, lives.rows[taught])
    features = row_features(profile, lives, scaling)[taught]
    place = np.searchsorted(known, label[taught])
    fold = _folds(place, max(profile.modelling.windows) > 1, seed)
    return _fitted(condition, tuple(known.tolist()), scaling, features, place, fold, seed, candidates)


def row_features(profile: Profile, lives: Lives, scaling: Scaling) -> NDArray[np.float32]:
    """Of each row: means of standardised readings and derived quantities over each window that ends with it.

    Nothing of the row's place in time or of later rows.
    """
    features, _ = features_of(profile, lives, scaling)
    means = [place for place, name in enumerate(feature_model(scaling)[1]) if name.split("|")[1:2] == ["mean"]]
    return features[:, means]


def _fitted(
    condition: Condition, known: tuple[int, ...], scaling: Scaling, features: NDArray[np.float32],
    place: NDArray[np.int64], fold: NDArray[np.int64], seed: int,
    candidates: tuple[str, ...],
) -> ConditionModel:  # fmt: skip
    from models import _condition_candidates  # heavy

    count = len(known)
    share = np.bincount(place, minlength=count) / len(place)
    own: dict[str, Array] = {}
    for name in candidates or _condition_candidates.names(condition.ordered or count == 2):
        own[name] = np.tile(share, (len(place), 1))
        for number in np.unique(fold):
            rest, asked = fold != number, fold == number
            own[name][asked] = _condition_candidates.fit(name, features[rest], place[rest], count, seed)(
                features[asked]
            )
    compared = {name: _figure(place, found, share) for name, found in own.items()}
    best = max(compared, key=lambda name: compared[name])
    sharpness = _sharpness(own[best], share, place)
    judged = _sharpened(own[best], share, sharpness)
    cut = _cut(place, judged[:, 1]) if count == 2 else 0.5
    ask = _condition_candidates.fit(best, features, place, count, seed)
    return ConditionModel(condition, known, share, best, compared, sharpness, cut, scaling, ask)


def _figure(place: NDArray[np.int64], probability: Array, share: Array) -> float:
    """What candidates are compared by: average precision of the rarer of two levels, else balanced accuracy."""
    if len(share) == 2:
        rare = int(np.argmin(share))
        return metrics.average_precision((place == rare).astype(float), probability[:, rare])
    return metrics.balanced_accuracy(place, _decide(probability, share, 0.5))


def _decide(probability: Array, share: Array, cut: float) -> NDArray[np.int64]:
    if len(share) == 2:
        return (probability[:, 1] >= cut).astype(np.int64)
    return np.argmax(probability / share, axis=1)


def _cut(place: NDArray[np.int64], probability: Array) -> float:
    """The cut with the highest mean of both levels' F1."""
    cuts = np.unique(np.quantile(probability, np.linspace(0, 1, 401)))
    return float(max(cuts, key=lambda cut: metrics.macro_f1(place, (probability >= cut).astype(np.int64))))


def _sharpness(probability: Array, share: Array, place: NDArray[np.int64]) -> float:
    """The power that gives the least log loss on rows not learnt from (temperature scaling, Guo et al., ICML 2017)."""

    def loss(power: float) -> float:
        own = _sharpened(probability, share, power)[np.arange(len(place)), place]
        return float(-np.mean(np.log(np.maximum(own, LEAST))))

    return float(min(SHARPNESS, key=loss))


def _sharpened(probability: Array, share: Array, power: float) -> Array:
    """What the row says is raised to the power, the shares are not: else rare levels would be given for saying little,
    and a block held out, whose level is rare among the others, would be told by that.
    """
    raised = share * (np.maximum(probability, LEAST) / share) ** power
    return raised / raised.sum(axis=1, keepdims=True)


def _folds(place: NDArray[np.int64], in_order: bool, seed: int) -> NDArray[np.int64]:
    if in_order:
        return np.arange(len(place)) * FOLDS // len(place)
    random, fold = np.random.default_rng(seed), np.zeros(len(place), np.int64)
    for level in np.unique(place):
        rows = random.permutation(np.flatnonzero(place == level))
        fold[rows] = np.arange(len(rows)) % FOLDS
    return fold
