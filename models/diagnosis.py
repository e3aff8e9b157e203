"""Which failure mode a machine's readings look like: the profile's signatures against how far each sensor has moved."""

import numpy as np
import pandas as pd

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import FailureMode, Profile
from models.drift_causes import STAGES, course_of, probabilities, weigh_levels
from models.drift_residuals import FEWEST
from models.drift_tests import Window, compare, level_threshold
from models.results import Quantity, Result

WINDOW_ROWS = 72
BETWEEN_ROWS = 240  # left out between record and window: the course from P on is no sound state
FEWEST_SOUND_ROWS = 120
FALSE_ALARMS = 0.005  # of sound machines said to have something to explain; a fault that shows passes it by far
MOVED = 2.5  # standard errors from which a sensor is said to have moved
TOLD_APART = 0.2  # of the way a sensor should have gone: below it, its silence speaks against a mode


class SensorSign(Result):
    """What one sensor says of a failure mode: how far it has moved, and how far it would move up to failure."""

    sensor: str
    unit: str
    moved: Quantity
    at_failure: Quantity
    supports: bool


class ModeCandidate(Result):
    """`probability` weighs failure modes and a faulty sensor against each other; it is no chance of failure."""

    failure_mode: str
    title: str
    probability: float
    stage: float | None  # share of the way from the first sign to failure that fits best
    signs: tuple[SensorSign, ...]  # strongest first
    symptoms: str


class Diagnosis(Result):
    """Failure modes, likeliest first. `moved` is false where no sensor has left its course."""

    machine_id: str
    unit: str
    moved: bool
    candidates: tuple[ModeCandidate, ...]
    sensor_fault: float  # probability that a single sensor is off instead
    faulty_sensor: str | None
    unknown: float  # probability of something that no failure mode of the profile describes
    window_rows: int
    reference_rows: int


class NothingToCompareWith(MillwrightError):
    def __init__(self, profile: Profile, rows: int) -> None:
        needed = FEWEST_SOUND_ROWS + WINDOW_ROWS
        super().__init__(
            f"{profile.id} has {rows} rows of its present life; naming a cause from its readings takes at least "
            f"{needed}, so that its own sound state is known. Ask about its failure modes instead."
        )


def diagnose(profile: Profile, rows: pd.DataFrame, unit: str, age_hours: float | None = None) -> Diagnosis:
    """`rows`: the present life, oldest first, with `at`, `hours` and a column a sensor. Raises NothingToCompareWith.

    Priors are the modes' Weibull hazards at the machine's age (Weibull hazard: k/s (t/s)^(k-1)), since modes compete.
    """
    window = rows.tail(WINDOW_ROWS)
    before = rows.iloc[: -WINDOW_ROWS - BETWEEN_ROWS]
    reference = before if len(before) >= FEWEST_SOUND_ROWS else rows.iloc[: max(len(rows) - WINDOW_ROWS, 0)]
    if len(reference) < FEWEST_SOUND_ROWS or len(window) < 2 * FEWEST:
        raise NothingToCompareWith(profile, len(rows))
    found = compare(profile, reference, window)
    limit = level_threshold(len(found.explained.condition), FALSE_ALARMS)
    moved = bool(np.nanmax(np.abs(np.nan_to_num(found.levels.z))) > limit)
    ranked = probabilities(weigh_levels(profile, found, _hazards(profile, age_hours)))
    modes = [(each, share) for each, share in ranked if each.cause == "degradation"]
    sensors = [(each, share) for each, share in ranked if each.cause == "sensor"]
    by_name = {mode.name: mode for mode in profile.failure_modes}
    return Diagnosis(
        machine_id=profile.id,
        unit=unit,
        moved=moved,
        candidates=tuple(_candidate(profile, found, by_name[str(each.failure_mode)], share) for each, share in modes),
        sensor_fault=float(sum(share for _, share in sensors)),
        faulty_sensor=sensors[0][0].sensor if sensors else None,
        unknown=float(sum(share for each, share in ranked if each.cause == "model")),
        window_rows=len(window),
        reference_rows=len(reference),
    )


def _hazards(profile: Profile, age_hours: float | None) -> dict[str, float] | None:
    """Each mode's share of the hazard at this age; None where the age is not known."""
    if age_hours is None or age_hours <= 0 or not profile.failure_modes:
        return None
    hazard = {
        mode.name: mode.weibull.shape
        / mode.weibull.scale_hours
        * (age_hours / mode.weibull.scale_hours) ** (mode.weibull.shape - 1)
        for mode in profile.failure_modes
    }
    total = sum(hazard.values())
    return {name: max(value / total, 0.02) for name, value in hazard.items()}


def _candidate(profile: Profile, found: Window, mode: FailureMode, share: float) -> ModeCandidate:
    names = list(found.explained.condition)
    course, z = course_of(mode, names), np.nan_to_num(found.levels.z)
    error = np.maximum(np.nan_to_num(found.levels.error, nan=np.inf), 1e-12)
    shift = np.nan_to_num(found.levels.second)
    apart = ((course - shift) / np.maximum(error, 0.3 * np.abs(course[-1]) + error)) ** 2
    stage = float(STAGES[int(np.argmin(apart.sum(axis=1)))]) if np.any(course[-1]) else None
    signs = []
    for place, name in enumerate(names):
        end, unit = float(course[-1, place]), profile.sensor(name).unit
        answers = abs(end) > 2 * float(error[place])
        if answers or abs(z[place]) > MOVED:
            signs.append(
                SensorSign(
                    sensor=name,
                    unit=unit,
                    moved=Quantity(value=float(shift[place]), unit=unit),
                    at_failure=Quantity(value=end, unit=unit),
                    supports=bool(answers and abs(z[place]) > MOVED and shift[place] * end > 0),
                )
            )
    order = sorted(signs, key=lambda sign: (not sign.supports, -abs(z[names.index(sign.sensor)])))
    return ModeCandidate(
        failure_mode=mode.name,
        title=mode.title,
        probability=share,
        stage=stage,
        signs=tuple(order),
        symptoms=mode.symptoms,
    )
