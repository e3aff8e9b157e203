"""The plant: its machines, what was recorded of them, and the models in service."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from machine_profiles.reading import SHIPPED, Catalog, load_catalog
from models.datasets import Datasets
from models.storage import Storage
from settings import Settings

if TYPE_CHECKING:
    from knowledge_base.index import Index
    from models.jobs import Jobs
    from models.registry import Registry
    from models.results import Result
    from models.telemetry import Telemetry
    from tools.tool import Tool
    from tools.vision_model import VisionModel


_speaker: ContextVar[str | None] = ContextVar("speaker", default=None)


def _as_it_is(tool: "Tool", run: "Callable[[], Result]") -> "Result":
    return run()


@dataclass(frozen=True)
class Plant:
    """Everything a tool may reach. Parts are opened when first used."""

    storage: Storage
    seed: int
    user: str
    fixed_now: datetime | None = None
    mlflow_tracking_uri: str | None = None
    chroma_url: str | None = None
    chronos_path: Path | None = None
    job_environment: dict[str, str] = field(default_factory=dict)
    vision_model: "VisionModel | None" = None
    clip_path: str | None = None
    drift_pages: bool = True  # Evidently's page beside each drift check, written by a process of its own
    around_tools: "Callable[[Tool, Callable[[], Result]], Result]" = (
        _as_it_is  # every run of a tool; evals make some fail
    )

    @property
    def speaker(self) -> str:
        """In whose name a tool runs: who speaks in this turn, else the person who runs Millwright."""
        return _speaker.get() or self.user

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
    def knowledge(self) -> "Index":
        """Service sheets, guides, documents that were added, and past cases."""
        from knowledge_base.index import Index

        return Index(self.storage, self.machines, self.chroma_url)

    @cached_property
    def jobs(self) -> "Jobs":
        from models.jobs import Jobs

        return Jobs(self.storage)


@contextmanager
def speaking(name: str) -> Iterator[None]:
    """Tools called inside run in this person's name."""
    before = _speaker.set(name)
    try:
        yield
    finally:
        _speaker.reset(before)


def open_plant(settings: Settings) -> Plant:
    """Open the plant under `settings.home`; an empty folder is a plant without telemetry.

    Raises NotWritable where its state could not be kept.
    """
    from tools.vision_model import vision_model

    storage = Storage(settings.home)
    storage.require_writable()
    stated = json.loads(storage.plant_file.read_text()) if storage.plant_file.exists() else {}
    now = datetime.fromisoformat(stated["now"]) if stated.get("now") else None
    return Plant(
        storage, settings.seed, settings.user, now, settings.mlflow_tracking_uri, settings.chroma_url,
        settings.chronos_path and settings.chronos_path.resolve(), settings.environment(),
        vision_model(settings), settings.clip_path,
    )  # fmt: skip
