"""A plant of one machine for a benchmark: what the ordinary path keeps, in a folder of its own."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import onnx
import pandas as pd

from machine_profiles.profile import Profile
from machine_profiles.reading import read_profile
from models import importing
from models.datasets import Datasets
from models.features import answers_over
from models.model_card import GRAPH, ModelCard
from models.registry import Registry
from models.results import Task
from models.storage import Storage
from models.telemetry import Telemetry

NOW = pd.Timestamp("2026-01-01", tz="UTC").to_pydatetime()


def blank_database(folder: Path) -> Path:
    """MLflow's database of a plant without models, to be copied into each plant of a benchmark."""
    from models._mlflow import Recorder  # heavy

    storage = Storage(folder / "blank")
    Recorder(storage, None)
    return storage.mlflow_database


@dataclass(frozen=True)
class BenchPlant:
    storage: Storage
    profile: Profile
    telemetry: Telemetry
    datasets: Datasets
    registry: Registry

    @classmethod
    def at(cls, home: Path, profile_file: Path, blank: Path | None = None) -> "BenchPlant":
        """The bench's machine stands among the plant's own profiles, as an onboarded machine does.

        `blank`: what `blank_database` made; MLflow takes seconds to lay out a new one.
        """
        storage = Storage(home)
        if blank is not None:
            shutil.copyfile(blank, storage.mlflow_database)
        place = storage.profiles / f"{read_profile(profile_file).id}.yaml"
        shutil.copyfile(profile_file, place)
        return cls(storage, read_profile(place), Telemetry(storage), Datasets(storage), Registry(storage))

    def bring_in(self, file: Path, column_map: Path) -> importing.ImportResult:
        return importing.import_file(self.storage, self.telemetry, self.datasets, self.profile, file, column_map, NOW)

    def card(self, task: Task) -> ModelCard:
        return self.registry.card(self.profile.id, task, self.registry.in_service(self.profile.id)[task])

    def answers(self, task: Task, units: list[str], horizon_hours: float | None = None) -> pd.DataFrame:
        """`life`, `hours` and the outputs of the model in service, for each recorded row of these units.

        The same graph and the same windows as predict_health has, asked about all rows at once.
        """
        lives = self.telemetry.lives(self.profile)
        own = lives.only(list(lives.ends.loc[lives.ends["unit"].isin(units), "life"]))
        folder = self.registry.folder(self.profile.id, task, self.card(task).version)
        found, keys = answers_over(self.profile, own, onnx.load(folder / GRAPH), horizon_hours=horizon_hours)
        return keys.assign(**{name: value[:, 0] for name, value in found.items()})
