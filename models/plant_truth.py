"""What is really wrong with the simulated plant. Only evals and tests may read it."""

import json
from datetime import datetime

from models.plant_simulator import KnownLife
from models.results import Result
from models.storage import Storage, whole_file


class MachineTruth(Result):
    """The machine's own unit at the plant's now; hours are on the meter of its current life."""

    machine_id: str
    in_trouble: bool
    failure_mode: str  # of a sound machine: the one that will end it, long after now
    life: str
    now_hours: float
    onset_hours: float
    failure_hours: float
    rul_hours: float
    lives: tuple[KnownLife, ...]  # its own, then its sisters'


class PlantTruth(Result):
    now: datetime
    seed: int
    machines: dict[str, MachineTruth]


def write_truth(storage: Storage, truth: PlantTruth) -> None:
    with whole_file(storage.truth) as temporary:
        temporary.write_text(json.dumps(truth.model_dump(mode="json"), indent=1))


def read_truth(storage: Storage) -> PlantTruth:
    return PlantTruth.model_validate_json(storage.truth.read_text())
