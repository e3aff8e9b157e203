"""Windows of simulated machines with one known change, or none."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from machine_profiles.profile import Operating, Profile
from models.degradation import Course, draw_course, shows
from models.demo_machine import NOW
from models.plant_simulator import generator, running_times, simulate_rows

REFERENCE_DAYS, WINDOW_DAYS = 90, 7
Change = Callable[[Profile, pd.DataFrame, pd.Timestamp, np.random.Generator], str | None]


@dataclass(frozen=True)
class World:
    """`sensor`: the one that was changed, where one was."""

    profile: Profile
    reference: pd.DataFrame
    window: pd.DataFrame
    change: str
    sensor: str | None = None
    failure_mode: str | None = None


def world(profile: Profile, change: str, seed: int, now: datetime = NOW, recalibrated: bool = False) -> World:
    """A unit's 97 days, of which the last 7 are the window.

    `change`: none, degradation, trouble (degradation that shows), process, model, or a sensor's: half_sigma, bias,
    frozen, noisier, clipped, swapped.
    `recalibrated`: sensors now and then get another level, as in the demo plant; that is a sensor's change of its own,
    and is left out where another one is looked for.
    """
    random = generator(seed, profile.id, change)
    operating = profile.operating or Operating(basis="estimate", source="default")
    hours_a_day = operating.hours_per_day * operating.days_per_week / 7
    times = running_times(operating, now, int((REFERENCE_DAYS + WINDOW_DAYS) * hours_a_day), random)
    cut = pd.Timestamp(now) - pd.Timedelta(days=WINDOW_DAYS)
    hours = 4000.0 + np.arange(1.0, len(times) + 1)
    course = _course(profile, change, hours, times, cut, random)
    simulated = profile if recalibrated else _without_recalibration(profile)
    rows = simulate_rows(simulated, course, hours, times, random)
    if change == "process":
        rows = _other_process(simulated, course, hours, times, cut, seed, rows, random)
    sensor = _SENSOR_CHANGES[change](profile, rows, cut, random) if change in _SENSOR_CHANGES else None
    if change == "model":
        _other_relation(profile, rows, cut, random)
    before = rows["at"] <= cut
    mode = course.mode.name if change in ("degradation", "trouble") else None
    return World(profile, rows[before], rows[~before], change, sensor, mode)


def _without_recalibration(profile: Profile) -> Profile:
    """Units that read alike are not told apart by a recalibration either."""
    sensors = tuple(
        s.model_copy(update={"behaviour": s.behaviour.model_copy(update={"between_units": 1e-9})}) if s.behaviour else s
        for s in profile.sensors
    )
    return profile.model_copy(update={"sensors": sensors})


def _course(
    profile: Profile, change: str, hours: np.ndarray, times: pd.DatetimeIndex, cut: pd.Timestamp,
    random: np.random.Generator,
) -> Course:  # fmt: skip
    course = draw_course(profile, random)
    interval = course.failure_hours - course.onset_hours
    if change == "trouble":
        return _in_trouble(profile, course, float(hours[-1]), random)
    if change != "degradation":
        failure = float(hours[-1]) + 1000.0 + interval
    else:  # at the window's end between 55 and 90 % of the way from P to F
        failure = float(hours[-1]) + interval * random.uniform(0.1, 0.45)
    return replace(course, failure_hours=failure, onset_hours=failure - interval)


def _in_trouble(profile: Profile, course: Course, now_hours: float, random: np.random.Generator) -> Course:
    """Between P and F and showing it, as the demo plant's machines in trouble are; drawn until it is so."""
    for _ in range(500):
        interval = course.failure_hours - course.onset_hours
        failure = now_hours + interval * random.uniform(0.05, 0.7)
        moved = replace(course, failure_hours=failure, onset_hours=failure - interval)
        if shows(profile, moved, now_hours):
            return moved
        course = draw_course(profile, random)
    raise RuntimeError(f"no failure mode of {profile.id} ever shows")


def _other_process(
    profile: Profile, course: Course, hours: np.ndarray, times: pd.DatetimeIndex, cut: pd.Timestamp, seed: int,
    rows: pd.DataFrame, random: np.random.Generator,
) -> pd.DataFrame:  # fmt: skip
    """From the window on another product: the load's mean moves by a quarter to four tenths of rated load."""
    operating = profile.operating or Operating(basis="estimate", source="default")
    sign = -1.0 if operating.load_mean > 0.7 or random.random() < 0.5 else 1.0
    mean = float(np.clip(operating.load_mean + sign * random.uniform(0.25, 0.4), 0.15, 1.1))
    shifted = profile.model_copy(update={"operating": operating.model_copy(update={"load_mean": mean})})
    moved = simulate_rows(shifted, course, hours, times, generator(seed, profile.id, "process"))
    return rows.where(rows["at"] <= cut, moved)


def _other_relation(profile: Profile, rows: pd.DataFrame, cut: pd.Timestamp, random: np.random.Generator) -> None:
    """After an overhaul every sensor finds another level, in directions of no failure mode."""
    after = _after(rows, cut)
    for sensor in profile.sensors:
        if sensor.role == "condition":
            by = random.choice([-1, 1]) * random.uniform(1.0, 2.0) * float(rows[sensor.name].std())
            _write(rows, after, sensor.name, _values(rows, after, sensor.name) + by)


def _half_sigma(profile: Profile, rows: pd.DataFrame, cut: pd.Timestamp, random: np.random.Generator) -> str:
    return _moved(profile, rows, cut, random, 0.5)


def _bias(profile: Profile, rows: pd.DataFrame, cut: pd.Timestamp, random: np.random.Generator) -> str:
    return _moved(profile, rows, cut, random, random.uniform(1.5, 3.0))


def _moved(
    profile: Profile, rows: pd.DataFrame, cut: pd.Timestamp, random: np.random.Generator, deviations: float
) -> str:
    name, after = _pick(profile, random), _after(rows, cut)
    by = random.choice([-1, 1]) * deviations * float(rows.loc[~after, name].std())
    _write(rows, after, name, _values(rows, after, name) + by)
    return name


def _frozen(profile: Profile, rows: pd.DataFrame, cut: pd.Timestamp, random: np.random.Generator) -> str:
    name, after = _pick(profile, random), np.flatnonzero(_after(rows, cut))
    start = int(after[int(random.uniform(0.0, 0.4) * len(after))])
    values = rows[name].to_numpy(float)
    values[start:] = values[:start][np.isfinite(values[:start])][-1]
    rows[name] = values.astype(np.float32)
    return name


def _noisier(profile: Profile, rows: pd.DataFrame, cut: pd.Timestamp, random: np.random.Generator) -> str:
    name, after = _pick(profile, random), _after(rows, cut)
    behaviour = profile.sensor(name).behaviour
    noise = (behaviour.noise if behaviour else 1.0) * random.uniform(2.0, 4.0)
    _write(rows, after, name, _values(rows, after, name) + noise * random.standard_normal(int(after.sum())))
    return name


def _clipped(profile: Profile, rows: pd.DataFrame, cut: pd.Timestamp, random: np.random.Generator) -> str:
    name, after = _pick(profile, random), _after(rows, cut)
    values = _values(rows, after, name)
    _write(rows, after, name, np.minimum(values, np.nanquantile(values, random.uniform(0.4, 0.65))))
    return name


def _swapped(profile: Profile, rows: pd.DataFrame, cut: pd.Timestamp, random: np.random.Generator) -> str:
    one, other = random.choice([s.name for s in profile.sensors if s.role == "condition"], 2, replace=False)
    after = _after(rows, cut)
    first, second = _values(rows, after, one), _values(rows, after, other)
    _write(rows, after, one, second)
    _write(rows, after, other, first)
    return f"{one}, {other}"


def _pick(profile: Profile, random: np.random.Generator) -> str:
    return str(random.choice([s.name for s in profile.sensors if s.role == "condition"]))


def _after(rows: pd.DataFrame, cut: pd.Timestamp) -> NDArray[np.bool_]:
    return np.asarray(rows["at"] > cut, bool)


def _values(rows: pd.DataFrame, after: NDArray[np.bool_], name: str) -> NDArray[np.float64]:
    return np.asarray(rows[name].to_numpy(float)[after], np.float64)


def _write(rows: pd.DataFrame, after: NDArray[np.bool_], name: str, values: NDArray[np.float64]) -> None:
    column = rows[name].to_numpy(np.float32).copy()
    column[after] = values.astype(np.float32)
    rows[name] = column


_SENSOR_CHANGES: dict[str, Change] = {
    "half_sigma": _half_sigma, "bias": _bias, "frozen": _frozen, "noisier": _noisier, "clipped": _clipped,
    "swapped": _swapped,
}  # fmt: skip
