"""Why a window differs: the machine degrades, a sensor is off, the process changed, or the models no longer fit.

Each explanation is a statement of how far each sensor's level should have moved in the first and in the second half of
the window; they are weighed by their marginal likelihood (Kass and Raftery, JASA 90, 1995).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from machine_profiles.profile import FailureMode, Profile
from models.drift_residuals import Array
from models.drift_tests import Levels, Window

CauseName = Literal["degradation", "sensor", "process", "model"]

STRENGTHS = 0.45  # log standard deviation, between lives, of how strongly a sensor answers to a failure mode
STAGES = np.array([0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0])  # shares of the way from P to F
BIAS = 3.0  # standard deviations of its readings: about how far a sensor that is off may be off
WANDER = 0.6  # standard deviations of its noise: how far a sound sensor's level may lie off (recalibrations, regimes)
TEMPER = 5.0  # of log likelihoods, which know too little of real courses to be taken at their word; of 1 to 12 the best
UNEXPLAINED = 1.5  # the same for a relation that changed in every sensor
PRIOR: dict[CauseName, float] = {"degradation": 0.45, "sensor": 0.4, "process": 0.1, "model": 0.05}


@dataclass(frozen=True)
class Explanation:
    cause: CauseName
    weight: float  # log of prior times marginal likelihood
    sensor: str | None = None
    failure_mode: str | None = None


def weigh_levels(profile: Profile, window: Window, share_of: dict[str, float] | None = None) -> list[Explanation]:
    """Explanations of moved levels, likeliest first. `share_of`: what each failure mode has of their prior."""
    levels, explained = window.levels, window.explained
    known = ~np.isnan(levels.first) | ~np.isnan(levels.second)
    if not known.any():
        return []
    moved = np.nan_to_num(np.concatenate([levels.first[known], levels.second[known]]))
    wander = WANDER * explained.spread[known]
    noise = _noise(levels, known, explained.raw_spread) + np.kron(np.ones((2, 2)), np.diag(wander**2))
    names = [name for name, there in zip(explained.condition, known, strict=True) if there]
    raw = explained.raw_spread[known]
    found = []
    for place, name in enumerate(names):
        direction = np.zeros(len(names))
        direction[place] = 1.0
        weight = _log_mean([
            _log_likelihood(moved, np.zeros(len(moved)), noise + (BIAS * raw[place]) ** 2 * np.outer(d, d))
            for d in (np.concatenate([direction, direction]), np.concatenate([0 * direction, direction]))
        ])  # fmt: skip
        found.append(Explanation("sensor", np.log(PRIOR["sensor"] / len(names)) + weight, sensor=name))
    for mode in profile.failure_modes:
        course = course_of(mode, names)
        if np.any(course[-1]):
            weight = _degrading(moved, noise, course)
            part = share_of[mode.name] if share_of else 1 / len(profile.failure_modes)
            prior = np.log(PRIOR["degradation"] * part)
            found.append(Explanation("degradation", prior + weight, failure_mode=mode.name))
    both = np.concatenate([UNEXPLAINED * raw, UNEXPLAINED * raw])
    halves = np.kron(np.ones((2, 2)), np.eye(len(names)))
    weight = _log_likelihood(moved, np.zeros(len(moved)), noise + np.outer(both, both) * halves)
    found.append(Explanation("model", np.log(PRIOR["model"]) + weight))
    return sorted(found, key=lambda each: -each.weight)


def probabilities(found: list[Explanation]) -> list[tuple[Explanation, float]]:
    """Shares of the tempered weights, likeliest first."""
    if not found:
        return []
    weights = np.array([each.weight for each in found]) / TEMPER
    share = np.exp(weights - weights.max())
    share /= share.sum()
    return sorted(zip(found, share.tolist(), strict=True), key=lambda pair: -pair[1])


def _noise(levels: Levels, known: NDArray[np.bool_], raw_spread: Array) -> Array:
    """A half in which a sensor was not measured may be anywhere."""
    errors = [np.where(np.isnan(e), 100 * raw_spread, e)[known] for e in (levels.first_error, levels.second_error)]
    return np.diag(np.concatenate(errors) ** 2)


def course_of(mode: FailureMode, names: list[str]) -> Array:
    """(stages, C): mean shift of each sensor at each stage of the mode, in the sensor's unit."""
    course = np.zeros((len(STAGES), len(names)))
    for response in mode.responses:
        if response.sensor in names:
            grown = np.clip((STAGES - response.onset) / (1 - response.onset), 0.0, None) ** response.exponent
            course[:, names.index(response.sensor)] = response.change * grown
    return course


def _degrading(moved: Array, noise: Array, course: Array) -> float:
    """Averaged over the stages that the window's halves may have reached: never falling, at most two steps on."""
    weights = []
    width = course.shape[1]
    for first in range(len(STAGES)):
        for second in range(first, min(first + 3, len(STAGES))):
            mean = np.concatenate([course[first], course[second]])
            scaled = STRENGTHS * mean
            same = np.kron(np.ones((2, 2)), np.eye(width))  # a sensor's strength is the same in both halves
            weights.append(_log_likelihood(moved, mean, noise + np.outer(scaled, scaled) * same))
    return _log_mean(weights)


def _log_likelihood(moved: Array, mean: Array, covariance: Array) -> float:
    covariance = covariance + 1e-12 * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    scale = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(scale, scale)
    apart = (moved - mean) / scale
    _, determinant = np.linalg.slogdet(correlation)
    away = float(apart @ np.linalg.solve(correlation, apart))
    return -0.5 * (away + float(determinant) + 2 * float(np.log(scale).sum()))


def _log_mean(weights: list[float]) -> float:
    top = max(weights)
    return top + float(np.log(np.mean(np.exp(np.array(weights) - top))))
