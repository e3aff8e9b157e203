"""Run-to-failure physics from a profile: readings of one life, and the archive of a machine's sisters."""

import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from machine_profiles.profile import Operating, Profile, Sensor
from models.degradation import Course, degradation, draw_course, response
from models.lives import Lives

# MetroPT-3 (air compressor of a metro train; UCI Machine Learning Repository; hourly means, February to May 2020)
# has 69 gaps of 4.8 h on average, half of them 2 h or less, and 0.4 to 2.7 % of the hours further than six robust
# standard deviations from the course of day and week; its lag-1 correlations, 0.58 to 0.82, are those of the profiles.
DROPOUT_MEAN_HOURS = 4.8
DROPOUTS_PER_HOUR = 1 / 400  # estimate: a fixed plant loses single sensors, and more rarely
OUTLIER_SHARE = 0.004
OUTLIER_NOISES = 6.0
# Estimates from plant practice
REGIME_CHANGE_PER_HOUR = 1 / 500  # the process asks for another load for a day to a week
RECALIBRATION_PER_HOUR = 1 / 3000  # a sensor is exchanged or recalibrated, and reads a little differently
STOP_PER_HOUR = 1 / 720  # a planned stop about once a month
STOP_HOURS = (4, 17)
WARM_UP_HOURS = 2.0  # thermal time constant of a machine and its oil, between a fan's minutes and a turbine's hours
PREVENTIVE_SHARE = 1 / 3  # of the archived lives; the rest failed
SHORTEST_LIFE = 100.0
ARCHIVE_HOURS = (400, 1500)
WARMING = {"temperature", "bearing temperature", "oil temperature", "winding temperature"}
ARCHIVE_END = datetime(2025, 12, 1, tzinfo=UTC)


@dataclass(frozen=True)
class KnownLife:
    """What is really true of a simulated life; nobody but evals and tests may look."""

    life: str
    unit: str
    ended_by: str
    failure_mode: str
    onset_hours: float
    failure_hours: float
    end_hours: float


def generator(seed: int, *names: str) -> np.random.Generator:
    """A generator of its own for each name under one seed; the same everywhere and always."""
    return np.random.default_rng([seed, *(zlib.crc32(name.encode()) for name in names)])


def simulate_fleet(profile: Profile, lives: int, seed: int) -> tuple[Lives, list[KnownLife]]:
    """The archive of `lives` sister units: the last 400 to 1500 h before each failure or preventive replacement.

    How much of a life was kept is drawn apart from everything else, so the length of a record says nothing.
    """
    frames, known = [], []
    for number in range(1, lives + 1):
        unit = f"S{number:02d}"
        random = generator(seed, profile.id, unit)
        course = draw_course(profile, random)
        preventive = random.random() < PREVENTIVE_SHARE
        stop = random.uniform(-0.5, 0.9) * (course.failure_hours - course.onset_hours) if preventive else 0.0
        end = max(course.onset_hours + stop, SHORTEST_LIFE) if preventive else course.failure_hours
        rows = int(min(random.uniform(*ARCHIVE_HOURS), end - 10))
        last = ARCHIVE_END - timedelta(days=float(random.uniform(0, 1400)))
        times = running_times(profile.operating, last, rows, random)
        frame = simulate_rows(profile, course, end - np.arange(rows - 1, -1, -1.0), times, random)
        frame.insert(0, "unit", unit)
        frame.insert(2, "life", "1")
        frames.append(frame)
        ended = "preventive" if preventive else "failure"
        known.append(
            KnownLife("1", unit, ended, course.mode.name, course.onset_hours, course.failure_hours, float(end))
        )
    rows_ = pd.concat(frames, ignore_index=True)
    rows_["life"] = rows_["unit"] + "/" + rows_["life"]
    ends = pd.DataFrame(
        {
            "life": [f"{k.unit}/{k.life}" for k in known],
            "unit": [k.unit for k in known],
            "ended_by": [k.ended_by for k in known],
            "failure_mode": [k.failure_mode if k.ended_by == "failure" else None for k in known],
            "end_hours": [k.end_hours for k in known],
        }
    )
    columns = ["life", "hours", "at", *profile.sensor_names]
    return Lives(rows_[columns], ends, profile.sensor_names), known


def simulate_rows(
    profile: Profile,
    course: Course,
    hours: NDArray[np.float64],
    times: pd.DatetimeIndex,
    random: np.random.Generator,
) -> pd.DataFrame:
    """Readings of one life: `at`, `hours` and a column a sensor, float32, NaN where a sensor was silent.

    hours (n,) on the life's meter and times (n,), one for each running hour.
    """
    operating = profile.operating or Operating(basis="estimate", source="default")
    load, ambient = _load(operating, times, random), _ambient(operating, times, random)
    latent = degradation(course, hours, random)
    since_start = _hours_since_start(times)
    readings = response(profile, course, latent)
    for column, sensor in enumerate(profile.sensors):
        if sensor.role == "operating":
            true = 100 * load if sensor.quantity == "load" else ambient
            readings[:, column] = true + _noise(sensor, len(times), random)
        else:
            readings[:, column] += _sound(sensor, operating, load, ambient, since_start, random)
        readings[:, column] = _as_recorded(sensor, readings[:, column], random)
    frame = pd.DataFrame(readings.astype("float32"), columns=list(profile.sensor_names))
    frame.insert(0, "at", times)
    frame.insert(1, "hours", np.round(hours, 3))
    return frame


def running_times(
    operating: Operating | None, last: datetime, count: int, random: np.random.Generator
) -> pd.DatetimeIndex:
    """The `count` running hours that end at `last`, each stamped with its end.

    Machines of a shift pattern rest early in the day and run to midnight; further starts a day are hours at rest within
    the shift; every machine has now and then a planned stop. `hours_per_day` and `days_per_week` hold while it is used.
    """
    pattern = operating or Operating(basis="estimate", source="default")
    top = pd.Timestamp(last).floor("h")
    span = int(1.3 * count * 24 / pattern.hours_per_day * 7 / pattern.days_per_week) + 24 * 21
    hours = pd.date_range(end=top, periods=span, freq="h", tz="UTC")
    began = hours - pd.Timedelta(hours=1)
    runs = began.hour.to_numpy() >= 24 - pattern.hours_per_day
    runs &= began.dayofweek.to_numpy() < pattern.days_per_week
    shifts = 1 if pattern.hours_per_day < 24 else 0
    within = max(pattern.starts_per_day - shifts, 0.0) / pattern.hours_per_day
    runs &= random.random(span) >= within
    for start in np.flatnonzero(random.random(span) < STOP_PER_HOUR):
        runs[start : start + int(random.integers(*STOP_HOURS))] = False
    runs[-1] = True
    return hours[runs][-count:]


def _sound(
    sensor: Sensor,
    operating: Operating,
    load: NDArray[np.float64],
    ambient: NDArray[np.float64],
    since_start: NDArray[np.float64],
    random: np.random.Generator,
) -> NDArray[np.float64]:
    """What the sensor reads on a sound machine of this unit: its own level, load, ambient, warm-up, noise."""
    behaviour, normal = sensor.behaviour, sensor.normal
    if behaviour is None or normal is None:
        return random.standard_normal(len(load))
    level = (normal.low + normal.high) / 2 + behaviour.between_units * random.standard_normal()
    reading = level + behaviour.load_effect * (1 + 0.2 * random.standard_normal()) * (load - operating.load_mean)
    reading = reading + behaviour.ambient_effect * (ambient - operating.ambient_mean)
    if sensor.quantity in WARMING:
        cold = np.exp(-since_start / WARM_UP_HOURS)
        reading = reading - cold * np.clip(level - operating.ambient_mean, 0.0, None)
    if behaviour.between_units:
        steps = random.random(len(load)) < RECALIBRATION_PER_HOUR
        reading = reading + np.cumsum(steps * random.normal(0.0, 0.5 * behaviour.between_units, len(load)))
    return reading + _noise(sensor, len(load), random)


def _noise(sensor: Sensor, count: int, random: np.random.Generator) -> NDArray[np.float64]:
    """First-order autoregressive noise of the stated standard deviation and lag-1 correlation."""
    if sensor.behaviour is None:
        return np.zeros(count)
    phi, scale = sensor.behaviour.autocorrelation, sensor.behaviour.noise
    return scale * _autoregressive(phi, count, random)


def _autoregressive(phi: float, count: int, random: np.random.Generator) -> NDArray[np.float64]:
    shocks = random.standard_normal(count) * np.sqrt(1 - phi**2)
    reach = 1 if phi == 0 else min(count, int(np.ceil(np.log(1e-4) / np.log(phi))) + 1)
    before = random.standard_normal(reach - 1) * np.sqrt(1 - phi**2)
    return np.convolve(np.concatenate([before, shocks]), phi ** np.arange(reach), mode="valid")


def _as_recorded(sensor: Sensor, reading: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.float64]:
    """Outliers, resolution and silence, as a historian keeps them."""
    noise = sensor.behaviour.noise if sensor.behaviour else 0.0
    outliers = random.random(len(reading)) < OUTLIER_SHARE
    recorded = reading + outliers * random.normal(0.0, OUTLIER_NOISES * noise, len(reading))
    if noise:
        resolution = 10 ** np.floor(np.log10(noise / 3))
        recorded = np.round(recorded / resolution) * resolution
    if sensor.normal is not None and sensor.normal.low >= 0 and sensor.role == "condition":
        recorded = np.clip(recorded, 0.0, None)
    starts = np.flatnonzero(random.random(len(reading)) < DROPOUTS_PER_HOUR)
    for start, length in zip(starts, random.geometric(1 / DROPOUT_MEAN_HOURS, len(starts)), strict=True):
        recorded[start : start + length] = np.nan
    return recorded


def _load(operating: Operating, times: pd.DatetimeIndex, random: np.random.Generator) -> NDArray[np.float64]:
    hour, weekend = times.hour.to_numpy(), times.dayofweek.to_numpy() >= 5
    daily = operating.load_daily_swing * np.sin(2 * np.pi * (hour - 8) / 24)
    wandering = operating.load_noise * _autoregressive(0.7, len(times), random)
    regime, changes = np.zeros(len(times)), np.flatnonzero(random.random(len(times)) < REGIME_CHANGE_PER_HOUR)
    for start, length in zip(changes, random.integers(24, 168, len(changes)), strict=True):
        regime[start : start + length] = random.normal(0.0, 0.12)
    return np.clip(operating.load_mean + daily - 0.05 * weekend + wandering + regime, 0.1, 1.15)


def _ambient(operating: Operating, times: pd.DatetimeIndex, random: np.random.Generator) -> NDArray[np.float64]:
    hour, day = times.hour.to_numpy(), times.dayofyear.to_numpy()
    yearly = operating.ambient_yearly_swing * np.cos(2 * np.pi * (day - 200) / 365)
    daily = operating.ambient_daily_swing * np.cos(2 * np.pi * (hour - 15) / 24)
    weather = 2.0 * _autoregressive(0.97, len(times), random)
    return operating.ambient_mean + yearly + daily + weather


def _hours_since_start(times: pd.DatetimeIndex) -> NDArray[np.float64]:
    """Running hours since the last stop, 0 in the first; a stop is any gap in the hours."""
    gap = np.diff(times.asi8, prepend=times.asi8[0] - 1) > 3_700_000_000_000 // _unit_divisor(times)
    position = np.arange(len(times))
    start = np.maximum.accumulate(np.where(gap, position, 0))
    since = (position - start).astype(float)
    return since if gap.any() else since + 1000.0


def _unit_divisor(times: pd.DatetimeIndex) -> int:
    return {"ns": 1, "us": 1_000, "ms": 1_000_000, "s": 1_000_000_000}[times.unit]
