"""An empty plant with one pump, and files to bring in."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd

from machine_profiles.profile import Profile
from machine_profiles.reading import SHIPPED, load_catalog
from models.datasets import Datasets
from models.importing import ImportResult, import_file, preview
from models.results import Preview
from models.storage import Storage
from models.telemetry import Telemetry

NOW = datetime(2026, 6, 1, tzinfo=UTC)
START = datetime(2026, 5, 1, tzinfo=UTC)
PUMP = "PUMP_GRUNDFOS_CR3_004"
RUN_TO_FAILURE = (
    "hours: cycle\nstart: 2020-01-01T00:00Z\nunit: unit\nunit_prefix: rig-\nrun_to_failure: true\n"
    "failure_mode: cavitation\nsensors: {flow: {column: q}}\n"
)


class World:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pump: Profile = load_catalog(SHIPPED)[PUMP]
        self.at_home("home")

    def at_home(self, name: str) -> None:
        self.storage = Storage(self.folder / name)
        self.telemetry = Telemetry(self.storage)
        self.datasets = Datasets(self.storage)

    def file(self, text: str, name: str = "readings.csv") -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def map(self, text: str) -> Path:
        return self.file(text, "map.yaml")

    def bring_in(self, path: Path, column_map: Path | None = None, **more) -> ImportResult:
        return import_file(self.storage, self.telemetry, self.datasets, self.pump, path, column_map, NOW, **more)

    def preview(self, path: Path, column_map: Path | None = None) -> Preview:
        return preview(self.telemetry, self.pump, path, column_map, NOW)

    @property
    def rows(self) -> pd.DataFrame:
        return self.telemetry.window(PUMP, START - timedelta(days=3650), NOW)


def hourly(count: int, first: datetime = START, vibration: float = 1.0) -> str:
    lines = [f"{first + timedelta(hours=i):%Y-%m-%dT%H:%M}Z,{vibration + i / 1000:.3f}" for i in range(count)]
    return "\n".join(["at,vibration_velocity", *lines]) + "\n"
