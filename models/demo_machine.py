"""One machine of the demo plant: its sisters' archive, its own last months, its maintenance log, and the truth."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import cast, get_args

import numpy as np
import pandas as pd

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Operating, Profile
from models.degradation import Course, draw_course, shows
from models.lives import Lives
from models.plant_simulator import KnownLife, generator, running_times, simulate_fleet, simulate_rows
from models.plant_truth import MachineTruth
from models.telemetry import MAIN, Action, MaintenanceEvent

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SISTERS = 36
MAIN_DAYS = 120
LOG_DAYS = 540
SOUND_FOR_HOURS = (1000.0, 6000.0)
# mode and about how many operating hours are left; the drawn figure lies within 15 % of it
TROUBLE = {
    "COMPRESSOR_ATLAS_COPCO_GA30_007": ("overheating", 26.0),
    "PUMP_GRUNDFOS_CR3_004": ("cavitation", 55.0),
    "GEARBOX_SEW_R77_011": ("bearing_wear", 85.0),
    "CHILLER_CARRIER_30RB_015": ("fouling", 130.0),
    "FAN_SYSTEMAIR_AXC_010": ("imbalance", 170.0),
    "TURBINE_SIEMENS_SST060_019": ("gland_leak", 215.0),
}
FAILED_BEFORE_SHARE = 0.35
ACTION_WORDS: tuple[tuple[str, Action], ...] = (
    ("separator", "other"), ("grease", "lubrication"), ("oil sample", "inspection"), ("filter", "cleaning"), ("oil", "lubrication"),
    ("clean", "cleaning"), ("calibrat", "calibration"), ("align", "alignment"), ("balanc", "balancing"),
)  # fmt: skip
LOOKS = ("check", "inspect", "test", "measure", "take", "analyse", "open")


@dataclass(frozen=True)
class MachineRecord:
    """Everything recorded of one machine, and what is true of it."""

    rows: pd.DataFrame  # as Telemetry.append takes them: unit, at, life, hours, a float32 column a sensor
    events: list[MaintenanceEvent]
    truth: MachineTruth


def simulate_machine(profile: Profile, seed: int) -> MachineRecord:
    """The demo plant's record of one machine; the same profile and seed give the same record."""
    lives, known = simulate_fleet(profile, SISTERS, seed)
    main, events, truth = _main_unit(profile, seed)
    rows = pd.concat([_as_telemetry(lives), main], ignore_index=True)
    sisters = _sister_events(lives, known)
    return MachineRecord(
        rows,
        sorted(events + sisters, key=lambda e: (e.at, e.unit)),
        truth.model_copy(update={"lives": (*truth.lives, *known)}),
    )


def _main_unit(profile: Profile, seed: int) -> tuple[pd.DataFrame, list[MaintenanceEvent], MachineTruth]:
    random = generator(seed, profile.id, MAIN)
    operating = profile.operating or Operating(basis="estimate", source="default")
    times = running_times(operating, NOW, int(MAIN_DAYS * operating.hours_per_day), random)
    trouble = TROUBLE.get(profile.id)
    frames, events, known = [], [], []
    first = 0
    begun = float(np.round(random.uniform(2500.0, 9000.0)))  # the meter at the start of the record
    if trouble is None and random.random() < FAILED_BEFORE_SHARE:
        last = int(random.uniform(0.3, 0.7) * len(times))
        meter = begun + np.arange(1.0, last + 1)
        course = _ending_at(draw_course(profile, random), float(meter[-1]))
        frames.append(_unit_rows(profile, course, "1", meter, times[:last], random))
        known.append(_known(course, "1", "failure", float(meter[-1])))
        first = last + int(random.integers(10, 40))
        events += _failure_events(course, "1", times[last - 1].to_pydatetime(), times[first].to_pydatetime())
        begun = 0.0
    life = "2" if frames else "1"
    meter = begun + np.arange(1.0, len(times) - first + 1)
    now_hours = float(meter[-1])
    if trouble is not None:
        course = _in_trouble(profile, *trouble, now_hours, random)
    else:
        sound = now_hours + float(random.uniform(*SOUND_FOR_HOURS))
        drawn = draw_course(profile, random)
        course = _ending_at(drawn, sound + drawn.failure_hours - drawn.onset_hours)
    frames.append(_unit_rows(profile, course, life, meter, times[first:], random))
    known.append(_known(course, life, "running", now_hours))
    events += _routine(profile, operating, frames, random)
    truth = MachineTruth(
        machine_id=profile.id, in_trouble=trouble is not None, failure_mode=course.mode.name, life=life,
        now_hours=now_hours, onset_hours=course.onset_hours, failure_hours=course.failure_hours,
        rul_hours=course.failure_hours - now_hours, lives=tuple(known),
    )  # fmt: skip
    return pd.concat(frames, ignore_index=True), events, truth


def _in_trouble(profile: Profile, mode: str, about: float, now_hours: float, random: np.random.Generator) -> Course:
    """A course that ends by `mode` in `about` hours and already shows: drawn until it lies between P and F."""
    ending = next((m for m in profile.failure_modes if m.name == mode), None)
    if ending is None:
        have = ", ".join(m.name for m in profile.failure_modes)
        raise MillwrightError(f"{profile.id} has no failure mode {mode!r}; it has {have}.")
    left = float(np.round(about * random.uniform(0.85, 1.15), 1))
    for _ in range(500):
        course = _ending_at(draw_course(profile, random, ending), now_hours + left)
        if course.onset_hours < now_hours and shows(profile, course, now_hours):
            return course
    raise MillwrightError(f"{mode} of {profile.id} never shows {left:.0f} h before failure; choose fewer hours.")


def _ending_at(course: Course, hours: float) -> Course:
    interval = course.failure_hours - course.onset_hours
    return replace(course, failure_hours=hours, onset_hours=hours - interval)


def _known(course: Course, life: str, ended_by: str, end_hours: float) -> KnownLife:
    return KnownLife(life, MAIN, ended_by, course.mode.name, course.onset_hours, course.failure_hours, end_hours)


def _unit_rows(
    profile: Profile,
    course: Course,
    life: str,
    meter: np.ndarray,
    times: pd.DatetimeIndex,
    random: np.random.Generator,
) -> pd.DataFrame:
    frame = simulate_rows(profile, course, meter, times, random)
    frame.insert(0, "unit", MAIN)
    frame.insert(2, "life", life)
    return frame


def _as_telemetry(lives: Lives) -> pd.DataFrame:
    names = lives.rows["life"].str.split("/", expand=True)
    return lives.rows.assign(unit=names[0], life=names[1])[["unit", "at", "life", "hours", *lives.sensors]]


def _failure_events(course: Course, life: str, failed: datetime, back: datetime) -> list[MaintenanceEvent]:
    title = course.mode.title
    return [
        MaintenanceEvent(
            at=failed, life=life, action="failure", failure_mode=course.mode.name, hours=course.failure_hours,
            note=f"Stopped: {title}", by="operations",
        ),
        MaintenanceEvent(
            at=back - timedelta(hours=1), life=None, action="repair", failure_mode=course.mode.name,
            note=f"Repaired after {title.lower()}; restarted as good as new", by="maintenance",
        ),
    ]  # fmt: skip


def _sister_events(lives: Lives, known: list[KnownLife]) -> list[MaintenanceEvent]:
    last = lives.rows.groupby("life")["at"].max()
    return [
        MaintenanceEvent(
            at=last[f"{k.unit}/{k.life}"].to_pydatetime(), unit=k.unit, life=k.life, hours=k.end_hours,
            action="failure" if k.ended_by == "failure" else "replacement",
            failure_mode=k.failure_mode if k.ended_by == "failure" else None,
            note="Failed in service" if k.ended_by == "failure" else "Replaced as planned, before failure",
            by="archive",
        )
        for k in known
    ]  # fmt: skip


def _routine(
    profile: Profile, operating: Operating, frames: list[pd.DataFrame], random: np.random.Generator
) -> list[MaintenanceEvent]:
    """The profile's maintenance tasks as they fell due over the last LOG_DAYS, a few days early or late."""
    first = frames[0].iloc[0]
    events = []
    for task in profile.maintenance:
        every = timedelta(days=task.interval_hours / operating.hours_per_day)
        due = NOW - every * float(random.uniform(0.02, 1.0))
        while due > NOW - timedelta(days=LOG_DAYS):
            at = (due + timedelta(hours=float(random.normal(0.0, 36.0)))).replace(minute=0, second=0, microsecond=0)
            if at < NOW:
                events.append(_done(task.action, at, frames, first, operating))
            due -= every
    return events


def _done(
    task: str, at: datetime, frames: list[pd.DataFrame], first: pd.Series, operating: Operating
) -> MaintenanceEvent:
    before = pd.concat(frames).loc[lambda rows: rows["at"] <= at].tail(1)
    if len(before):
        life, hours = str(before["life"].iloc[0]), float(before["hours"].iloc[0])
    else:
        earlier = (first["at"].to_pydatetime() - at) / timedelta(hours=1) * operating.hours_per_day / 24
        life, hours = str(first["life"]), float(np.round(first["hours"] - earlier))
    known_hours = hours if hours > 0 else None
    return MaintenanceEvent(
        at=at, life=life if known_hours else None, action=_action(task), hours=known_hours,
        note=task[:1].upper() + task[1:], by="maintenance",
    )  # fmt: skip


def _action(task: str) -> Action:
    if task.startswith(LOOKS):
        return "inspection"
    found = next((action for word, action in ACTION_WORDS if word in task), "other")
    return cast(Action, found if found in get_args(Action) else "other")
