"""A pump and its sisters on one product, and from CHANGE on another: a higher load, hotter and rougher."""

from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from agent.service import Copilot
from models import training
from models.lives import Lives
from models.storage import Storage
from models.telemetry import MAIN, MaintenanceEvent
from settings import Settings
from tests.models.training_world import MACHINE
from tools.plant import Plant

CHANGE = pd.Timestamp("2026-05-01", tz="UTC")


def plant_on(home: Path, now: datetime) -> Plant:
    settings = Settings(home=home, seed=7)
    return Plant(Storage(home), 7, "anna", now, job_environment=settings.environment(), drift_pages=False)


def copilot_on(home: Path, now: datetime) -> Copilot:
    return Copilot(plant_on(home, now), Settings(home=home, user="anna", role="engineer", model="offline"))


def running(home: Path) -> Plant:
    """The pump on the old product for sixty days; no model is in service."""
    storage = Storage(home)
    (storage.profiles / f"{MACHINE.id}.yaml").write_text(yaml.safe_dump(MACHINE.model_dump(mode="json")))
    plant = plant_on(home, CHANGE.to_pydatetime())
    record(plant, MAIN, CHANGE, 60 * 24, np.random.default_rng(2), fails=False)
    return plant


def begin(home: Path) -> Plant:
    """Beside it sixteen sisters that failed on the old product, and quick models of them in service."""
    plant = running(home)
    random = np.random.default_rng(1)
    for number in range(16):
        record(plant, f"A{number:02d}", CHANGE - pd.Timedelta(days=float(random.uniform(2, 90))), 170, random)
    training.train(
        plant.datasets, plant.telemetry, plant.registry, MACHINE, ("rul",), 20, 7, lambda share, step: None, quick=True
    )
    return plant


def record(
    plant: Plant, unit: str, end: pd.Timestamp, rows: int, random: np.random.Generator, fails: bool = True
) -> None:
    frame = readings(end, rows, random, fails)
    if unit == MAIN:
        frame["hours"] = (frame["at"] - (CHANGE - pd.Timedelta(hours=60 * 24))) / pd.Timedelta(hours=1)
    plant.telemetry.append(MACHINE.id, frame.assign(unit=unit, life="1"))
    if fails:
        event = MaintenanceEvent(
            at=end.floor("s").to_pydatetime(), unit=unit, life="1", action="failure", failure_mode="wear"
        )
        plant.telemetry.log(MACHINE.id, event)


def readings(end: pd.Timestamp, rows: int, random: np.random.Generator, fails: bool = True) -> pd.DataFrame:
    at = pd.date_range(end=end, periods=rows, freq="h").as_unit("us")
    wear = np.clip(1 - np.arange(rows - 1, -1, -1.0) / 60, 0, 1) if fails else np.zeros(rows)
    new = np.asarray(at > CHANGE, float)
    load = 70 + 22 * new + 4 * np.sin(np.arange(rows) / 4) + random.normal(0, 2, rows)
    return pd.DataFrame(
        {
            "at": at,
            "hours": np.arange(1.0, rows + 1),
            "vibration": 2 + 3 * wear + 1.5 * new + random.normal(0, 0.2) + random.normal(0, 0.3, rows),
            "temperature": 50 + 8 * wear + 4 * new + 0.5 * (load - 70) + random.normal(0, 1.0, rows),
            "load": load,
        }
    )


def fresh(end: pd.Timestamp, count: int, seed: int) -> Lives:
    """Lives that nothing learns from, to measure on; each ends `end` or up to four days later."""
    random = np.random.default_rng(seed)
    frames, ends = [], []
    for number in range(count):
        frame = readings(end + pd.Timedelta(hours=float(random.integers(0, 96))), 170, random)
        frames.append(frame.assign(life=f"F{number}/1"))
        ends.append({"life": f"F{number}/1", "unit": f"F{number}", "ended_by": "failure", "failure_mode": "wear",
                     "end_hours": 170.0})  # fmt: skip
    rows = pd.concat(frames, ignore_index=True)
    return Lives(rows.astype(dict.fromkeys(MACHINE.sensor_names, "float32")), pd.DataFrame(ends), MACHINE.sensor_names)
