"""One machine of the demo plant: its sisters' archive, its own last months, its maintenance log, and the truth."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Operating, Profile
from models.degradation import Course, draw_course, shows
from models.demo_maintenance import failure_and_repair, routine, sisters_ends
from models.lives import Lives
from models.plant_simulator import KnownLife, generator, running_times, simulate_fleet, simulate_rows
from models.plant_truth import MachineTruth
from models.telemetry import MAIN, MaintenanceEvent

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SISTERS = 36
MAIN_DAYS = 120
METER_AT_START = (2500.0, 9000.0)
SOUND_FOR_HOURS = (1000.0, 6000.0)
FAILED_BEFORE_SHARE = 0.35  # of the sound machines: failed, were repaired and restarted within MAIN_DAYS
# Mode and about how many operating hours are left; the drawn figure lies within 15 % of it.
TROUBLE = {
    "COMPRESSOR_ATLAS_COPCO_GA30_007": ("overheating", 26.0),
    "PUMP_GRUNDFOS_CR3_004": ("cavitation", 55.0),
    "GEARBOX_SEW_R77_011": ("bearing_wear", 85.0),
    "CHILLER_CARRIER_30RB_015": ("fouling", 130.0),
    "FAN_SYSTEMAIR_AXC_010": ("imbalance", 170.0),
    "TURBINE_SIEMENS_SST060_019": ("gland_leak", 215.0),
}


@dataclass(frozen=True)
class MachineRecord:
    """Everything recorded of one machine, and what is true of it."""

    rows: pd.DataFrame  # as Telemetry.append takes them: unit, at, life, hours, a float32 column a sensor
    events: list[MaintenanceEvent]
    truth: MachineTruth


def simulate_machine(profile: Profile, seed: int) -> MachineRecord:
    """The demo plant's record of one machine; the same profile and seed give the same record.

    Its own unit runs for MAIN_DAYS up to NOW. Machines of TROUBLE are between P and F of their mode and show it; of the
    others the next first sign lies SOUND_FOR_HOURS ahead.
    """
    sisters, known = simulate_fleet(profile, SISTERS, seed)
    own = _own_unit(profile, seed)
    events = sorted([*own.events, *sisters_ends(sisters, known)], key=lambda event: (event.at, event.unit))
    return MachineRecord(
        rows=pd.concat([_as_telemetry(sisters), own.rows], ignore_index=True),
        events=events,
        truth=own.truth.model_copy(update={"lives": (*own.truth.lives, *known)}),
    )


def _own_unit(profile: Profile, seed: int) -> MachineRecord:
    random = generator(seed, profile.id, MAIN)
    operating = profile.operating or Operating(basis="estimate", source="default")
    times = running_times(operating, NOW, int(MAIN_DAYS * operating.hours_per_day), random)
    begun = float(np.round(random.uniform(*METER_AT_START)))
    frames: list[pd.DataFrame] = []
    events: list[MaintenanceEvent] = []
    known: list[KnownLife] = []
    if profile.id not in TROUBLE and random.random() < FAILED_BEFORE_SHARE:
        last = int(random.uniform(0.3, 0.7) * len(times))
        hours = begun + np.arange(1.0, last + 1)
        course = _ending_at(draw_course(profile, random), float(hours[-1]))
        frames.append(_life(profile, course, "1", hours, times[:last], random))
        known.append(_known(course, "1", "failure", float(hours[-1])))
        failed, times = times[last - 1], times[last + int(random.integers(10, 40)) :]
        back = (times[0] - timedelta(hours=1)).to_pydatetime()
        events += failure_and_repair(course.mode, "1", float(hours[-1]), failed.to_pydatetime(), back)
        begun = 0.0
    life = "2" if frames else "1"
    hours = begun + np.arange(1.0, len(times) + 1)
    course = _present_course(profile, float(hours[-1]), random)
    frames.append(_life(profile, course, life, hours, times, random))
    known.append(_known(course, life, "running", float(hours[-1])))
    rows = pd.concat(frames, ignore_index=True)
    truth = MachineTruth(
        machine_id=profile.id, in_trouble=profile.id in TROUBLE, failure_mode=course.mode.name, life=life,
        now_hours=float(hours[-1]), onset_hours=course.onset_hours, failure_hours=course.failure_hours,
        rul_hours=course.failure_hours - float(hours[-1]), lives=tuple(known),
    )  # fmt: skip
    return MachineRecord(rows, events + routine(profile, operating, rows, NOW, random), truth)


def _present_course(profile: Profile, now_hours: float, random: np.random.Generator) -> Course:
    if profile.id not in TROUBLE:
        course = draw_course(profile, random)
        interval = course.failure_hours - course.onset_hours
        return _ending_at(course, now_hours + float(random.uniform(*SOUND_FOR_HOURS)) + interval)
    name, about = TROUBLE[profile.id]
    mode = next((mode for mode in profile.failure_modes if mode.name == name), None)
    if mode is None:
        have = ", ".join(mode.name for mode in profile.failure_modes)
        raise MillwrightError(f"{profile.id} has no failure mode {name!r}; it has {have}.")
    left = float(np.round(about * random.uniform(0.85, 1.15), 1))
    for _ in range(500):  # drawn until it lies between P and F now, and shows
        course = _ending_at(draw_course(profile, random, mode), now_hours + left)
        if course.onset_hours < now_hours and shows(profile, course, now_hours):
            return course
    raise MillwrightError(f"{name} of {profile.id} does not show {left:.0f} h before failure; choose fewer hours.")


def _ending_at(course: Course, hours: float) -> Course:
    interval = course.failure_hours - course.onset_hours
    return replace(course, failure_hours=hours, onset_hours=hours - interval)


def _life(
    profile: Profile, course: Course, life: str, hours: np.ndarray, times: pd.DatetimeIndex, random: np.random.Generator
) -> pd.DataFrame:
    frame = simulate_rows(profile, course, hours, times, random)
    frame.insert(0, "unit", MAIN)
    frame.insert(2, "life", life)
    return frame


def _known(course: Course, life: str, ended_by: str, end_hours: float) -> KnownLife:
    return KnownLife(life, MAIN, ended_by, course.mode.name, course.onset_hours, course.failure_hours, end_hours)


def _as_telemetry(lives: Lives) -> pd.DataFrame:
    names = lives.rows["life"].str.split("/", expand=True)
    return lives.rows.assign(unit=names[0], life=names[1])[["unit", "at", "life", "hours", *lives.sensors]]
