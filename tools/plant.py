"""The plant: its machines, what was recorded of them, and the models in service."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from machine_profiles.reading import SHIPPED, Catalog, load_catalog
from models.datasets import Datasets
from models.storage import Storage

if TYPE_CHECKING:
    from models.registry import Registry
    from models.telemetry import Telemetry

    from models.jobs import Jobs


@dataclass(frozen=True)
class Plant:
    """Everything a tool may reach. Parts are opened when first used."""

    storage: Storage
    seed: int
    user: str
    fixed_now: datetime | None = None
    mlflow_tracking_uri: str | None = None

    @property
    def now(self) -> datetime:
        """The present moment; a prepared plant's stands still."""
        return self.fixed_now or datetime.now(UTC)

    @property
    def machines(self) -> Catalog:
        """The shipped machines and those onboarded here, read afresh so that a new one is seen at once."""
        return load_catalog(SHIPPED, self.storage.profiles)

    @cached_property
    def telemetry(self) -> "Telemetry":
        from models.telemetry import Telemetry

        return Telemetry(self.storage)

    @cached_property
    def datasets(self) -> Datasets:
        return Datasets(self.storage)

    @cached_property
    def registry(self) -> "Registry":
        from models.registry import Registry

        return Registry(self.storage, self.mlflow_tracking_uri)

    @cached_property
    def jobs(self) -> "Jobs":
        from models.jobs import Jobs

        return Jobs(self.storage)


def open_plant(home: Path, seed: int, user: str, mlflow_tracking_uri: str | None = None) -> Plant:
    """Open the plant under `home`; an empty folder is a plant without telemetry."""
    storage = Storage(home)
    stated = json.loads(storage.plant_file.read_text()) if storage.plant_file.exists() else {}
    now = datetime.fromisoformat(stated["now"]) if stated.get("now") else None
    return Plant(storage, seed, user, now, mlflow_tracking_uri)
