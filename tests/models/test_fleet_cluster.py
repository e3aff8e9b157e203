"""A Ray cluster of two nodes, one killed in mid-fit: every machine is registered, as one computer would have it."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import ray
from ray.cluster_utils import Cluster

from models import fleet
from models.code_version import code_version
from models.datasets import Datasets
from models.fitting import Lessons
from models.fleet_fitting import FittedParts, Graph, Wish, fit_parts
from models.model_card import GRAPH
from models.registry import Registry
from models.results import Task
from models.storage import Storage
from models.training import lessons_of
from settings import Settings
from tests.models.training_world import MACHINE, record, wearing_lives

TWIN = MACHINE.model_copy(update={"id": "PUMP_SMALL_002"})
TASKS: tuple[Task, ...] = ("anomaly",)
NODE = {"num_cpus": 1, "object_store_memory": 100 << 20}
PATIENCE_S = 40.0


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    Settings()  # says to Ray that no usage statistics are to be sent
    made = Cluster(initialize_head=True, head_node_args={**NODE, "include_dashboard": False})
    try:
        yield made
    finally:
        made.shutdown()


def test_a_node_killed_in_mid_fit_loses_nothing(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    second = cluster.add_node(**NODE)
    doomed = second.node_id
    storage, caught = Storage(tmp_path / "home"), tmp_path / "caught"
    record(storage, wearing_lives(6, 2))
    telemetry = record(storage, wearing_lives(6, 2, seed=1), TWIN)
    datasets, registry = Datasets(storage), Registry(storage)

    def caught_on_the_second(lessons: Lessons, wish: Wish, champions: dict[Task, Graph]) -> FittedParts:
        if ray.get_runtime_context().get_node_id() == doomed:
            caught.touch()
            time.sleep(40.0)  # until the node is killed
        return fit_parts(lessons, wish, champions)

    def kill() -> None:
        until = time.monotonic() + PATIENCE_S
        while not caught.exists() and time.monotonic() < until:
            time.sleep(0.1)
        cluster.remove_node(second, allow_graceful=False)

    monkeypatch.setattr(fleet, "fit_parts", caught_on_the_second)
    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    steps = list(
        fleet.train_fleet(
            datasets, telemetry, registry, [MACHINE, TWIN], TASKS, 20, 7, address=cluster.address, quick=True
        )
    )
    killer.join(PATIENCE_S)
    assert caught.exists()  # so both nodes had work: each has one processor
    assert sorted(step.machine_id for step in steps if step.state == "trained") == [MACHINE.id, TWIN.id]
    for profile in (MACHINE, TWIN):
        lessons = lessons_of(datasets, telemetry, profile)
        here = fit_parts(lessons, Wish(TASKS, 20, 7, True, code_version()), {})
        assert (registry.folder(profile.id, "anomaly", 1) / GRAPH).read_bytes() == here.models[0].graph


def test_a_cluster_that_is_not_there_is_named():
    from models import _ray

    with pytest.raises(_ray.RayUnavailable, match=r"127\.0\.0\.1:9 cannot be used"), _ray.pool("127.0.0.1:9", 2):
        pass
