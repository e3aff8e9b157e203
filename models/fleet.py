"""Train every machine of the fleet on Ray; what the same data and the same code have trained already is kept."""

import tempfile
import time
from collections import deque
from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Profile
from models.code_version import code_version
from models.datasets import Datasets
from models.fleet_fitting import FittedParts, Graph, Wish, fit_parts
from models.gates import MAIN_METRIC
from models.model_card import GRAPH, ModelCard
from models.registry import NewModel, Registry
from models.results import TASKS, Result, Task
from models.telemetry import Telemetry
from models.training import lessons_of

if TYPE_CHECKING:
    from models._ray import Pool
    from models.fitting import Lessons

TIME_LIMIT_S = 120  # of each machine, so that twenty take 25 minutes at most on two cores


class FleetModel(Result):
    task: Task
    version: int
    alias: str  # champion where the task had none in service before, else challenger
    metric: str
    value: float | None  # on lives held out; None where it could not be computed
    engine: str


class MachineTraining(Result):
    """How a machine stands: its training has begun, or what came of it."""

    machine_id: str
    state: Literal["training", "trained", "kept", "failed"]
    models: tuple[FleetModel, ...] = ()  # the newly registered ones; of `kept`, those that were there
    skipped: dict[str, str] = {}  # task → why it could not be trained
    error: str | None = None
    seconds: float = 0.0
    node: str | None = None  # the computer that fitted it


def train_fleet(
    datasets: Datasets,
    telemetry: Telemetry,
    registry: Registry,
    machines: Sequence[Profile],
    tasks: tuple[Task, ...] = TASKS,
    time_limit_s: float = TIME_LIMIT_S,
    seed: int = 7,
    workers: int = 2,
    address: str | None = None,
    quick: bool = False,
    again: bool = False,
) -> Generator[MachineTraining, None, None]:
    """Yield each machine as its training begins and as it ends, in the order in which that happens.

    `address`: of a Ray cluster, which gets the lessons and gives back models, so that no disk need be shared; else
    `workers` processes of this computer. `again`: train what the same data, code and seed have trained before, too.
    This process alone registers, a machine at a time and whole; closing the iterator leaves no half machine, and the
    next call goes on with what is missing. One machine's trouble does not stop the others. Raises RayUnavailable.
    """
    waiting, code, pool = deque(machines), code_version(), None
    with ExitStack() as opened:
        while waiting or (pool is not None and pool.busy):
            while waiting and (pool is None or pool.free):
                profile = waiting.popleft()
                try:
                    lessons = lessons_of(datasets, telemetry, profile)
                    made = {} if again else _made_before(registry, lessons, tasks, seed, code)
                    champions = _champions(registry, profile.id, tasks)
                except MillwrightError as error:
                    yield MachineTraining(machine_id=profile.id, state="failed", error=str(error))
                    continue
                missing = tuple(task for task in tasks if task not in made)
                if not missing:
                    kept = tuple(_model(card, registry.alias(card) or "") for card in made.values())
                    yield MachineTraining(machine_id=profile.id, state="kept", models=kept)
                    continue
                pool = pool or opened.enter_context(_pool(address, workers))
                pool.start(profile.id, fit_parts, lessons, Wish(missing, time_limit_s, seed, quick, code), champions)
                yield MachineTraining(machine_id=profile.id, state="training")
            if pool is not None and pool.busy and (ended := pool.finished()) is not None:
                yield _registered(registry, *ended)


def with_record(datasets: Datasets, telemetry: Telemetry, machines: Sequence[Profile]) -> list[Profile]:
    """The machines of which something was recorded, or lives are kept."""
    return [each for each in machines if telemetry.has(each.id) or datasets.list(each.id)]


def _pool(address: str | None, workers: int) -> "AbstractContextManager[Pool]":
    from models import _ray  # heavy

    return _ray.pool(address, workers)


def _made_before(
    registry: Registry, lessons: "Lessons", tasks: tuple[Task, ...], seed: int, code: str
) -> dict[Task, ModelCard]:
    """The newest model of each task that these lessons, this seed and this code have made."""
    return {
        task: card
        for task in tasks
        for card in registry.versions(lessons.profile.id, task)
        if (card.data_hash, card.seed, card.code) == (lessons.data_hash, seed, code)
        and set(lessons.datasets) <= set(card.datasets)
    }


def _champions(registry: Registry, machine_id: str, tasks: tuple[Task, ...]) -> dict[Task, Graph]:
    return {
        task: Graph(
            registry.card(machine_id, task, version),
            (registry.folder(machine_id, task, version) / GRAPH).read_bytes(),
            {},
        )
        for task, version in registry.in_service(machine_id).items()
        if task in tasks
    }


def _registered(registry: Registry, machine_id: str, parts: FittedParts | MillwrightError) -> MachineTraining:
    if isinstance(parts, MillwrightError):
        return MachineTraining(machine_id=machine_id, state="failed", error=str(parts))
    began = time.monotonic()
    skipped = {str(task): reason for task, reason in parts.skipped.items()}
    error, models = parts.error, tuple[FleetModel, ...]()
    if error is None and not parts.models:
        error = "No task could be trained. " + " ".join(dict.fromkeys(skipped.values()))
    if error is None:
        try:
            models = _register(registry, parts)
        except MillwrightError as refused:
            error = str(refused)
    return MachineTraining(
        machine_id=machine_id,
        state="failed" if error else "trained",
        models=models,
        skipped=skipped,
        error=error,
        seconds=round(parts.seconds + time.monotonic() - began, 1),
        node=parts.node,
    )


def _register(registry: Registry, parts: FittedParts) -> tuple[FleetModel, ...]:
    with tempfile.TemporaryDirectory(prefix="fleet-") as scratch:
        new = []
        for model in parts.models:
            folder = Path(scratch) / model.card.task
            folder.mkdir()
            (folder / GRAPH).write_bytes(model.graph)
            new.append(NewModel(model.card, folder, model.plots))
        return tuple(_model(card, alias) for card, alias in registry.register_many(new))


def _model(card: ModelCard, alias: str) -> FleetModel:
    metric = MAIN_METRIC[card.task].name
    return FleetModel(
        task=card.task,
        version=card.version,
        alias=alias,
        metric=metric,
        value=card.metrics.get(metric),
        engine=card.engine,
    )
