"""The maintenance log of a simulated machine: failures and repairs, its sisters' ends, and the routine tasks."""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from machine_profiles.profile import FailureMode, Operating, Profile
from models.lives import Lives
from models.plant_simulator import KnownLife
from models.telemetry import Action, MaintenanceEvent

LOG_DAYS = 540
# The first word found counts. A part exchanged in passing is `other`: a `replacement` in the log starts a new life.
ACTION_WORDS: dict[str, Action] = {
    "check": "inspection", "inspect": "inspection", "test": "inspection", "measure": "inspection",
    "take": "inspection", "analyse": "inspection", "open": "inspection", "grease": "lubrication", "clean": "cleaning",
    "replace oil and": "lubrication", "change oil": "lubrication",
}  # fmt: skip


def failure_and_repair(
    mode: FailureMode, life: str, hours: float, failed: datetime, back: datetime
) -> list[MaintenanceEvent]:
    return [
        MaintenanceEvent(
            at=failed, life=life, action="failure", failure_mode=mode.name, hours=hours,
            note=f"Stopped: {mode.title}", by="operations",
        ),
        MaintenanceEvent(
            at=back, action="repair", failure_mode=mode.name,
            note=f"Repaired ({mode.title.lower()}); runs again as good as new", by="maintenance",
        ),
    ]  # fmt: skip


def sisters_ends(lives: Lives, known: list[KnownLife]) -> list[MaintenanceEvent]:
    """How each archived life ended, at the time of its last reading."""
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


def routine(
    profile: Profile, operating: Operating, rows: pd.DataFrame, now: datetime, random: np.random.Generator
) -> list[MaintenanceEvent]:
    """The profile's tasks as they fell due over the last LOG_DAYS before `now`, a day or two early or late.

    rows: the unit's telemetry, oldest first; before it the meter is reckoned back by the running hours a day.
    """
    events = []
    for task in profile.maintenance:
        every = timedelta(days=task.interval_hours / (operating.hours_per_day * operating.days_per_week / 7))
        due = now - every * float(random.uniform(0.02, 1.0))
        while due > now - timedelta(days=LOG_DAYS):
            at = (due + timedelta(hours=float(random.normal(0.0, 36.0)))).replace(minute=0, second=0, microsecond=0)
            if at < now:
                events.append(_done(task.action, at, rows, operating))
            due -= every
    return events


def _done(task: str, at: datetime, rows: pd.DataFrame, operating: Operating) -> MaintenanceEvent:
    before = int(rows["at"].searchsorted(pd.Timestamp(at), side="right")) - 1
    nearest = rows.iloc[max(before, 0)]
    hours = float(nearest["hours"])
    if before < 0:
        days = (nearest["at"].to_pydatetime() - at) / timedelta(days=1)
        hours = round(hours - days * operating.hours_per_day * operating.days_per_week / 7)
    known = hours > 0  # else it was done in a life that nothing else is known of
    return MaintenanceEvent(
        at=at, life=str(nearest["life"]) if known else None, hours=hours if known else None,
        action=next((action for word, action in ACTION_WORDS.items() if word in task.lower()), "other"),
        note=task[:1].upper() + task[1:], by="maintenance",
    )  # fmt: skip
