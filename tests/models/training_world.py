"""A small real world to learn in: a machine with two sensors and a load, whose lives end in a visible wear-out."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd

from machine_profiles.profile import Modelling, Profile, Sensor
from models.fitting import Lessons
from models.lives import Lives
from models.storage import Storage
from models.telemetry import MaintenanceEvent, Telemetry

MACHINE = Profile(
    id="PUMP_SMALL_001",
    name="small pump",
    kind="pump",
    sensors=(
        Sensor(name="vibration", description="vibration", quantity="vibration", unit="mm/s"),
        Sensor(name="temperature", description="temperature", quantity="temperature", unit="degC"),
        Sensor(name="load", description="load", quantity="load", unit="percent", role="operating"),
    ),
    modelling=Modelling(windows=(3, 12), baseline_rows=10, failure_horizon_hours=24, rul_cap_hours=60),
)
START = pd.Timestamp("2026-01-01", tz="UTC")


def wearing_lives(failed: int = 12, preventive: int = 4, seed: int = 0, rows: int = 160) -> Lives:
    """Vibration and temperature rise over the last 60 h of each failing life; temperature follows the load as well."""
    random = np.random.default_rng(seed)
    frames, ends = [], []
    for number in range(failed + preventive):
        fails, name = number < failed, f"S{number:02d}/1"
        count = rows + int(random.integers(0, 40))
        begun = float(random.integers(0, 3000))  # when recording began, so that age alone tells nothing
        left = np.arange(count - 1, -1, -1.0) if fails else np.full(count, np.inf)
        wear = np.clip(1 - left / 60, 0, 1)
        load = 70 + 10 * np.sin(np.arange(count) / 4) + random.normal(0, 2, count)
        frame = pd.DataFrame(
            {
                "life": name,
                "hours": begun + np.arange(1.0, count + 1),
                "vibration": 2 + 3 * wear + random.normal(0, 0.3) + random.normal(0, 0.3, count),
                "temperature": 50 + 8 * wear + 0.5 * (load - 70) + random.normal(0, 1.0, count),
                "load": load,
            }
        )
        frame.loc[random.random(count) < 0.02, "vibration"] = np.nan
        frames.append(frame.astype(dict.fromkeys(MACHINE.sensor_names, "float32")))
        ends.append(
            {"life": name, "unit": name[:3], "ended_by": "failure" if fails else "preventive",
             "failure_mode": "wear" if fails else None, "end_hours": begun + count}
        )  # fmt: skip
    return Lives(pd.concat(frames, ignore_index=True), pd.DataFrame(ends), MACHINE.sensor_names)


def lessons(lives: Lives | None = None) -> Lessons:
    lives = wearing_lives() if lives is None else lives
    cap = 60.0 if lives.failed else None
    return Lessons(MACHINE, lives, cap, ("history@1",), "0" * 64, datetime(2026, 6, 1, tzinfo=UTC))


def record(storage: Storage, lives: Lives, machine: Profile = MACHINE) -> Telemetry:
    """The lives as recorded telemetry and maintenance log."""
    telemetry = Telemetry(storage)
    rows = lives.rows.assign(unit=lives.rows["life"].str[:3], at=START + pd.to_timedelta(lives.rows["hours"], unit="h"))
    telemetry.append(machine.id, rows.assign(life="1"))
    telemetry.log(
        machine.id,
        *(
            MaintenanceEvent(
                at=START.to_pydatetime() + pd.Timedelta(hours=end.end_hours),
                unit=end.unit,
                life="1",
                action="failure" if end.ended_by == "failure" else "replacement",
                hours=end.end_hours,
            )
            for end in lives.ends.itertuples()
        ),
    )
    return telemetry
