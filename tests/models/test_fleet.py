"""The fleet is trained by two real Ray workers: whole machines only, each once, and none stops the others."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

import pytest

from models import fleet
from models.code_version import code_version
from models.datasets import Datasets
from models.fitting import Lessons
from models.fleet import MachineTraining
from models.fleet_fitting import FittedParts, Graph, Wish, fit_parts
from models.registry import Registry
from models.results import Task
from models.storage import Storage
from models.telemetry import Telemetry
from tests.models.training_world import MACHINE, lessons, record, wearing_lives

TWIN = MACHINE.model_copy(update={"id": "PUMP_SMALL_002"})
SHORT = MACHINE.model_copy(update={"id": "PUMP_SMALL_003"})  # its only life is too short to be cut in two
SILENT = MACHINE.model_copy(update={"id": "PUMP_SMALL_004"})
TASKS: tuple[Task, ...] = ("anomaly", "forecast")


@dataclass
class World:
    datasets: Datasets
    telemetry: Telemetry
    registry: Registry
    steps: list[MachineTraining]

    def train(self, *machines, seed: int = 7, **options) -> list[MachineTraining]:
        return list(
            fleet.train_fleet(
                self.datasets, self.telemetry, self.registry, machines, TASKS, 20, seed, quick=True, **options
            )
        )


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> World:
    storage = Storage(tmp_path_factory.mktemp("fleet"))
    record(storage, wearing_lives(6, 2))
    record(storage, wearing_lives(6, 2, seed=1), TWIN)
    telemetry = record(storage, wearing_lives(0, 1, rows=2), SHORT)
    world = World(Datasets(storage), telemetry, Registry(storage), [])
    killed = storage.home / "killed"

    def killed_once(lessons: Lessons, wish: Wish, champions: dict[Task, Graph]) -> FittedParts:
        if lessons.profile.id == TWIN.id and not killed.exists():
            killed.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return fit_parts(lessons, wish, champions)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fleet, "fit_parts", killed_once)
        world.steps = world.train(SILENT, SHORT, MACHINE, TWIN)
    assert killed.exists()
    return world


def test_every_machine_is_registered_whole_though_a_worker_was_killed(trained: World):
    done = {step.machine_id: step for step in trained.steps if step.state == "trained"}
    assert set(done) == {MACHINE.id, TWIN.id}
    for machine_id, step in done.items():
        assert trained.registry.in_service(machine_id) == {"anomaly": 1, "forecast": 1}
        assert [(model.task, model.alias) for model in step.models] == [(task, "champion") for task in TASKS]
        assert all(model.value is not None for model in step.models)
    cards = [trained.registry.card(machine, task, 1) for machine in done for task in TASKS]
    assert {card.code for card in cards} == {code_version()}


def test_one_machines_trouble_is_told_and_does_not_stop_the_others(trained: World):
    failed = {step.machine_id: step.error for step in trained.steps if step.state == "failed"}
    assert set(failed) == {SHORT.id, SILENT.id}
    assert "training needs at least" in failed[SHORT.id]  # said by a worker
    assert "Nothing has been recorded" in failed[SILENT.id]  # before one was asked
    assert not trained.registry.in_service(SHORT.id)


def test_the_second_run_trains_nothing_and_starts_no_ray(trained: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fleet, "_pool", lambda address, workers: pytest.fail("Ray was started"))
    steps = trained.train(MACHINE, TWIN)
    assert [(step.machine_id, step.state) for step in steps] == [(MACHINE.id, "kept"), (TWIN.id, "kept")]
    assert [model.version for model in steps[0].models] == [1, 1]


@pytest.mark.parametrize("changed", ["seed", "code", "again"])
def test_another_seed_other_code_or_an_order_to_trains_anew(
    trained: World, monkeypatch: pytest.MonkeyPatch, changed: str
):
    class Asked(Exception): ...

    def ask(address, workers):
        raise Asked

    monkeypatch.setattr(fleet, "_pool", ask)
    if changed == "code":
        monkeypatch.setattr(fleet, "code_version", lambda: "0" * 12)
    with pytest.raises(Asked):
        trained.train(MACHINE, seed=8 if changed == "seed" else 7, again=changed == "again")


def test_only_machines_with_a_record_are_taken(trained: World):
    assert fleet.with_record(trained.datasets, trained.telemetry, [SILENT, TWIN]) == [TWIN]


def test_a_node_of_another_version_says_so_instead_of_training():
    parts = fit_parts(lessons(), Wish(TASKS, 20, 7, True, "another"), {})
    assert not parts.models
    assert "runs another version of Millwright" in parts.error


def test_a_new_model_is_judged_beside_the_one_in_service(trained: World, tmp_path: Path):
    champions = fleet._champions(trained.registry, MACHINE.id, ("anomaly",))
    parts = fit_parts(lessons(wearing_lives(6, 2)), Wish(("anomaly",), 20, 8, True, code_version()), champions)
    assert "champion_v1" in parts.models[0].card.baselines
