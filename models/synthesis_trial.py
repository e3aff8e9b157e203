"""Which method's data teaches best: each is learnt from some of the lives and tried on the others."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Profile
from models.holdout import folds
from models.lives import Lives
from models.results import Result
from models.rul_cap import cap_from_data

if TYPE_CHECKING:
    from models._tstr import Usefulness

Made = Literal["lives", "gaussian_copula", "ctgan", "tvae", "par"]

FOLDS = 3
FOLDS_FROM_S = 30.0  # below, one fold is all there is time for
MANY_FAILED = 15  # from so many failed lives on, one fold held out tells enough


class MethodTried(Result):
    method: str
    score: float  # the figure it was chosen by, named in `scored_by`
    seconds: float


class Taught(Result):
    """What a small LightGBM reaches on recorded lives that neither it nor the synthesis ever saw: means over folds."""

    trained_on: Literal["recorded", "synthetic", "recorded and synthetic"]
    average_precision: float  # of failure within the horizon
    f1: float  # at the best threshold
    rul_r2: float
    rul_rmse_hours: float


@dataclass(frozen=True)
class Choice:
    """The method that taught best, and what was seen on the way; `taught` is of that method."""

    method: Made
    tried: tuple[MethodTried, ...] = ()
    scored_by: str = ""
    taught: tuple[Taught, ...] = ()
    prevalence: float | None = None  # the average precision of chance
    recorded_score: float | None = None


def try_methods(
    recorded: Lives,
    profile: Profile,
    candidates: Sequence[Made],
    make: Callable[[Made, Lives], Lives],
    seed: int,
    limit_s: float,
) -> Choice:
    """Learn each candidate from part of the lives, and keep the one whose data trains the better model for the rest.

    `make` draws from lives by a method; what it cannot learn raises MillwrightError, and is passed over. With few
    failed lives and 30 s or more, three folds are held out in turn, unless 0.6 of the time is gone; else one.
    Raises MillwrightError where no candidate can learn. Fewer than three failed lives: BadLives, see `triable`.
    """
    from models import _tstr  # heavy: scikit-learn, LightGBM

    modelling, began = profile.modelling, time.monotonic()
    operating = tuple(sensor.name for sensor in profile.sensors if sensor.role == "operating")
    cap = modelling.rul_cap_hours or cap_from_data(recorded, operating)[0]

    def taught(train: Lives, held: Lives) -> "Usefulness":
        return _tstr.usefulness(train, held, modelling.failure_horizon_hours, cap, modelling.baseline_rows, seed)

    parts = _parts(recorded, seed)[: None if limit_s >= FOLDS_FROM_S else 1]
    scores: dict[Made, list[tuple[Usefulness, Usefulness]]] = {method: [] for method in candidates}
    real: list[Usefulness] = []
    took = dict.fromkeys(candidates, 0.0)
    reasons: dict[Made, str] = {}
    for number, (kept, held) in enumerate(parts):
        if number and time.monotonic() - began > 0.6 * limit_s * number / (number + 1):
            break
        for method in candidates:
            if method in reasons:
                continue
            started = time.monotonic()
            try:
                made = make(method, kept)
            except MillwrightError as error:
                reasons[method] = f"{method} could not be tried ({error})"
                continue
            both = kept.joined(made) if len(kept.failed) else made
            scores[method].append((taught(made, held), taught(both, held)))
            took[method] += time.monotonic() - started
        real.append(taught(kept, held))
    tried = {method: found for method, found in scores.items() if found and method not in reasons}
    if not tried:
        raise MillwrightError(
            f"No method can learn from what is recorded of {profile.id}: {'; '.join(reasons.values())}."
        )
    means = {method: float(np.mean([alone.score for alone, _ in found])) for method, found in tried.items()}
    best = max(means, key=lambda method: means[method])
    held_lives = [held for _, held in parts[: len(real)]]
    said = (
        f"mean of average precision (failure within {modelling.failure_horizon_hours:g} {modelling.time_unit}) and RUL "
        f"R² of a small LightGBM trained on the synthetic data and tested on "
        f"{sum(len(h.names) for h in held_lives)} held-out recorded lives "
        f"({sum(len(h.failed) for h in held_lives)} failed){f', in {len(real)} folds' if len(real) > 1 else ''}"
    )
    return Choice(
        best,
        tuple(
            MethodTried(method=method, score=round(score, 4), seconds=round(took[method], 2))
            for method, score in means.items()
        ),
        "; ".join([said, *reasons.values()]),
        (
            _mean("recorded", real),
            _mean("synthetic", [alone for alone, _ in tried[best]]),
            _mean("recorded and synthetic", [both for _, both in tried[best]]),
        ),
        round(float(np.mean([each.prevalence for each in real])), 4),
        round(float(np.mean([each.score for each in real])), 4),
    )


def triable(recorded: Lives) -> bool:
    """Whether a failed life can be held out and two are left to learn from."""
    return len(recorded.failed) >= 3


def _parts(recorded: Lives, seed: int) -> list[tuple[Lives, Lives]]:
    fold = folds(recorded.names, recorded.failed, FOLDS, seed)
    held = [[name for name in recorded.names if fold[name] == each] for each in range(FOLDS)]
    kept = [[name for name in recorded.names if fold[name] != each] for each in range(FOLDS)]
    parts = [(recorded.only(k), recorded.only(h)) for k, h in zip(kept, held, strict=True)]
    return parts[:1] if len(recorded.failed) >= MANY_FAILED else parts


def _mean(trained_on: Literal["recorded", "synthetic", "recorded and synthetic"], found: "list[Usefulness]") -> Taught:
    def mean(name: str) -> float:
        return round(float(np.mean([getattr(each, name) for each in found])), 4)

    return Taught(
        trained_on=trained_on,
        average_precision=mean("average_precision"),
        f1=mean("f1"),
        rul_r2=mean("rul_r2"),
        rul_rmse_hours=mean("rul_rmse_hours"),
    )
