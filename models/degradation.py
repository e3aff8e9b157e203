"""How a failure mode grows: competing Weibull lives, the P-F interval, and the path from P to F."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import FailureMode, Profile

# Between the six learning bearings of PRONOSTIA (Nectoux et al., IEEE PHM 2012) the rise of RMS vibration at failure
# has a log standard deviation of 0.46, and of 0.35 within one load and speed (10 s snapshots, medians of six).
RESPONSE_SPREAD = 0.35  # log standard deviation, between lives, of how strongly a sensor answers
# The same bearings reach a fifth of that rise after 0.26 to 0.99 of their record: elapsed time counts very unequally.
ACCELERATION_SPREAD = 0.3  # log standard deviation, between lives, of the exponent of elapsed time
# Estimate: a coefficient of variation of 1/sqrt(30) = 18 % over the interval, on top of the spreads above.
GAMMA_SHAPE = 30.0  # total shape of the gamma process from P to F


@dataclass(frozen=True)
class Course:
    """One life: what ends it, when, and from when on it shows. Hours on the life's own meter."""

    mode: FailureMode
    failure_hours: float
    onset_hours: float
    acceleration: float
    strength: dict[str, float]  # by sensor: factor on the profile's response


def draw_course(profile: Profile, random: np.random.Generator, mode: FailureMode | None = None) -> Course:
    """Draw a life by competing Weibull times; a given `mode` is made the one that ends it.

    Raises MillwrightError where the profile states no failure mode.
    """
    if not profile.failure_modes:
        raise MillwrightError(f"{profile.id} states no failure modes; add some to its profile to simulate its lives.")
    times = [m.weibull.scale_hours * random.weibull(m.weibull.shape) for m in profile.failure_modes]
    ending = mode or profile.failure_modes[int(np.argmin(times))]
    interval = ending.pf_interval.hours * float(np.exp(ending.pf_interval.spread * random.standard_normal()))
    failure = max(float(min(times)), 1.2 * interval + 200.0)
    strength = {
        response.sensor: float(np.exp(RESPONSE_SPREAD * random.standard_normal())) for response in ending.responses
    }
    return Course(
        mode=ending,
        failure_hours=failure,
        onset_hours=failure - interval,
        acceleration=float(np.exp(ACCELERATION_SPREAD * random.standard_normal())),
        strength=strength,
    )


def degradation(course: Course, hours: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.float64]:
    """Latent degradation at these hours: 0 until P, 1 at F, a gamma process in between.

    hours (n,), ascending, on the life's own meter; the result (n,) never falls. The gamma process is the usual model
    of monotone wear (van Noortwijk, Reliability Engineering & System Safety 94, 2009); it is tied to 1 at F.
    """
    interval = course.failure_hours - course.onset_hours
    knots = np.linspace(0.0, 1.0, 201)
    steps = random.gamma(GAMMA_SHAPE * np.diff(knots**course.acceleration), 1.0)
    path = np.concatenate([[0.0], np.cumsum(steps)]) / max(float(steps.sum()), 1e-12)
    return np.interp((hours - course.onset_hours) / interval, knots, path, left=0.0, right=1.0)


def response(profile: Profile, course: Course, latent: NDArray[np.float64]) -> NDArray[np.float64]:
    """What the degradation (n,) adds to each sensor: (n, sensors), each in its own unit."""
    added = np.zeros((len(latent), len(profile.sensors)))
    for answer in course.mode.responses:
        column = profile.sensor_names.index(answer.sensor)
        grown = np.clip((latent - answer.onset) / (1.0 - answer.onset), 0.0, None) ** answer.exponent
        added[:, column] = answer.change * course.strength[answer.sensor] * grown
    return added


def shows(profile: Profile, course: Course, hours: float, spreads: float = 8.0) -> bool:
    """Whether by then, on the mean path, some sensor has moved by this many standard deviations of its noise."""
    gone = (hours - course.onset_hours) / (course.failure_hours - course.onset_hours)
    latent = np.array([np.clip(gone, 0.0, 1.0) ** course.acceleration])
    moved = np.abs(response(profile, course, latent))[0]
    noise = np.array([sensor.behaviour.noise if sensor.behaviour else np.inf for sensor in profile.sensors])
    return bool(np.any(moved > spreads * noise))
