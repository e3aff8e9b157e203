"""Which sensors an answer comes from: Shapley values of a model's graph against the life's own sound state."""

from collections.abc import Callable
from itertools import combinations
from math import factorial

import numpy as np
from numpy.typing import NDArray

from machine_profiles.profile import Profile
from models.results import Quantity, Result
from models.windows import ModelInput

MOST_EXACT = 9  # sensors; 512 coalitions
ORDERS = 24  # random orders, each also walked backwards, where there are more
NEGLIGIBLE = 1e-6

Array = NDArray[np.float64]
Answer = Callable[[ModelInput], Array]


class SensorContribution(Result):
    """`contribution`: what this sensor's departure from its sound course adds to the answer, in the answer's unit."""

    sensor: str
    unit: str
    latest: float | None  # median of its latest readings
    sound: float | None  # the life's baseline
    contribution: Quantity


class Attribution(Result):
    """An answer as a sum: `reference` and all contributions give `value`, whatever the model is made of.

    `reference` is the answer for the same machine with every sensor on its sound course. Weightiest first.
    """

    of: str  # failure_probability or rul
    unit: str
    reference: float
    value: float
    contributions: tuple[SensorContribution, ...]


def attribute(
    of: str, unit: str, profile: Profile, model_input: ModelInput, answer: Answer, latest: dict[str, float]
) -> Attribution:
    """Shapley values (Shapley 1953; Lundberg and Lee, NeurIPS 2017) with sensors as players.

    A sensor that does not take part is set back to its sound course: its window is moved to the life's baseline and
    freed of its straight-line trend, its noise kept. Up to MOST_EXACT sensors all coalitions are asked; beyond, orders
    drawn with a fixed seed, whose sums add up as exactly (Castro, Gómez and Tejada, Computers & OR 36, 2009).
    A sensor without readings or baseline stays as it is in every coalition, and contributes nothing.
    `answer` gives (n,) for n windows. `model_input` is one window.
    """
    window, baseline = model_input.window[0].astype(np.float64), model_input.baseline[0].astype(np.float64)
    sound = _sound_course(window, baseline)
    moved = [place for place in range(window.shape[1]) if np.nanmax(np.abs(_apart(window, sound, place))) > 0]
    players = [place for place in moved if not np.isnan(baseline[place])]
    if len(players) <= MOST_EXACT:
        asked, weigh = _all_coalitions(len(players))
    else:
        asked, weigh = _random_orders(len(players))
    windows = np.repeat(window[None], len(asked), axis=0)
    for number, place in enumerate(players):
        windows[~asked[:, number], :, place] = sound[:, place]
    given = ModelInput(
        windows.astype(np.float32),
        np.repeat(model_input.baseline, len(asked), axis=0),
        np.repeat(model_input.age_hours, len(asked), axis=0),
    )
    answers = np.asarray(answer(given), np.float64)
    contributions = weigh(answers)
    none, everyone = ~asked.any(axis=1), asked.all(axis=1)
    found = [
        SensorContribution(
            sensor=profile.sensors[place].name,
            unit=profile.sensors[place].unit,
            latest=_finite(latest.get(profile.sensors[place].name)),
            sound=_finite(float(baseline[place])),
            contribution=Quantity(value=float(contributions[number]), unit=unit),
        )
        for number, place in enumerate(players)
        if abs(contributions[number]) > NEGLIGIBLE
    ]
    return Attribution(
        of=of,
        unit=unit,
        reference=float(answers[np.argmax(none)]),
        value=float(answers[np.argmax(everyone)]),
        contributions=tuple(sorted(found, key=lambda each: -abs(each.contribution.value))),
    )


def _sound_course(window: Array, baseline: Array) -> Array:
    """(T, S): the baseline, and each sensor's scatter about its own straight line; NaN where it was not measured."""
    time = np.arange(len(window), dtype=float)
    sound = np.full(window.shape, np.nan)
    for place in range(window.shape[1]):
        known = ~np.isnan(window[:, place])
        if known.any():
            degree = 1 if known.sum() > 2 else 0
            line = np.polyval(np.polyfit(time[known], window[known, place], degree), time[known])
            sound[known, place] = baseline[place] + window[known, place] - line
    return sound


def _apart(window: Array, sound: Array, place: int) -> Array:
    return np.nan_to_num(window[:, place] - sound[:, place])


def _all_coalitions(count: int) -> tuple[NDArray[np.bool_], Callable[[Array], Array]]:
    members = [set(chosen) for size in range(count + 1) for chosen in combinations(range(count), size)]
    asked = np.array([[number in chosen for number in range(count)] for chosen in members], bool)
    asked = asked.reshape(len(members), count)
    row = {frozenset(chosen): place for place, chosen in enumerate(members)}

    def weigh(answers: Array) -> Array:
        values = np.zeros(count)
        for number in range(count):
            for chosen in members:
                if number not in chosen:
                    size = len(chosen)
                    weight = factorial(size) * factorial(count - size - 1) / factorial(count)
                    joined = row[frozenset(chosen | {number})]
                    values[number] += weight * (answers[joined] - answers[row[frozenset(chosen)]])
        return values

    return asked, weigh


def _random_orders(count: int) -> tuple[NDArray[np.bool_], Callable[[Array], Array]]:
    random = np.random.default_rng(count)
    orders = [order for _ in range(ORDERS) for order in _there_and_back(random.permutation(count))]
    row: dict[bytes, int] = {}
    asked: list[NDArray[np.bool_]] = []
    paths = []
    for order in orders:
        chosen = np.zeros(count, bool)
        path = [_place(row, asked, chosen)]
        for number in order:
            chosen[number] = True
            path.append(_place(row, asked, chosen))
        paths.append(path)

    def weigh(answers: Array) -> Array:
        values = np.zeros(count)
        for order, path in zip(orders, paths, strict=True):
            values[order] += np.diff(answers[path])
        return values / len(orders)

    return np.array(asked), weigh


def _there_and_back(order: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    return order, order[::-1]


def _place(row: dict[bytes, int], asked: list[NDArray[np.bool_]], chosen: NDArray[np.bool_]) -> int:
    key = chosen.tobytes()
    if key not in row:
        row[key] = len(asked)
        asked.append(chosen.copy())
    return row[key]


def _finite(value: float | None) -> float | None:
    return value if value is not None and np.isfinite(value) else None
