"""get_job answers about the job asked for, and names the known ones otherwise."""

import time
from pathlib import Path

import pytest

from models.demo_plant import write_machine
from models.edge import EdgeBundle
from models.jobs import JobStarted, MachineBusy, UnknownJob
from models.registry_errors import NoModel
from models.storage import Storage
from models.synthesis import expected_seconds
from settings import Settings
from tests.models.test_health import serve
from tools.edge import ExportEdge, export_edge
from tools.jobs import GetJob, get_job
from tools.plant import Plant, open_plant
from tools.synthesis import AT_ONCE_S, SynthesizeData, synthesize_data
from tools.training import TrainModels, train_models


def test_a_started_training_is_found_by_the_id_it_returned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MILLWRIGHT_HOME", str(tmp_path))
    plant = open_plant(Settings())
    started = train_models.run(plant, TrainModels(machine_id="CNC_HAAS_VF2_016", tasks=("rul",)))
    assert get_job.run(plant, GetJob(job_id=started.job_id)).machine_id == "CNC_HAAS_VF2_016"
    with pytest.raises(UnknownJob, match=f"Known jobs: {started.job_id}"):
        get_job.run(plant, GetJob(job_id="train-016-nosuch"))
    ended = plant.jobs.wait(started.job_id)
    assert (ended.status, "import telemetry first" in (ended.error or "")) == ("failed", True)
    assert Storage(tmp_path).mlflow_database.exists() is False


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    write_machine(tmp_path, "PUMP_GRUNDFOS_CR3_004", seed=7)
    return Plant(Storage(tmp_path), seed=7, user="anna", job_environment=Settings(home=tmp_path).environment())


def test_an_export_is_a_job_whose_result_is_the_bundle(plant: Plant):
    serve(plant.storage.home, tasks=("failure",))
    started = export_edge.run(plant, ExportEdge(machine_id="PUMP_GRUNDFOS_CR3_004", target="cpu"))
    ended = plant.jobs.wait(started.job_id)
    assert (ended.status, ended.work, ended.progress) == ("done", "export", 1.0)
    bundle = EdgeBundle.model_validate(ended.result)
    assert (plant.storage.home / bundle.bundle / "manifest.json").is_file()


def test_what_cannot_be_exported_is_refused_before_a_job_begins(plant: Plant):
    with pytest.raises(NoModel):
        export_edge.run(plant, ExportEdge(machine_id="PUMP_GRUNDFOS_CR3_004"))
    assert plant.jobs.list() == []


@pytest.mark.parametrize(
    ("asked", "at_once"),
    [({"method": "lives"}, True), ({"method": "auto"}, False), ({"method": "tvae", "time_limit_s": 30}, False),
     ({"method": "tvae", "time_limit_s": 8}, True), ({"method": "lives", "rows": 100_000}, False)],
    ids=["lives", "several methods", "a network", "a network of a few seconds", "very many rows"],
)  # fmt: skip
def test_what_takes_more_than_ten_seconds_is_a_job(asked, at_once):
    args = SynthesizeData(machine_id="PUMP_GRUNDFOS_CR3_004", **asked)
    assert (expected_seconds(args.rows, args.method, args.time_limit_s) <= AT_ONCE_S) == at_once


def test_a_synthesis_job_is_cancelled_within_seconds_and_leaves_nothing(plant: Plant):
    started = synthesize_data.run(plant, SynthesizeData(machine_id="PUMP_GRUNDFOS_CR3_004", method="tvae"))
    assert isinstance(started, JobStarted)
    with pytest.raises(MachineBusy, match=f"Job {started.job_id} is still changing"):
        synthesize_data.run(plant, SynthesizeData(machine_id="PUMP_GRUNDFOS_CR3_004", method="tvae"))
    while plant.jobs.get(started.job_id).progress < 0.05:
        time.sleep(0.05)
    before = time.monotonic()
    assert plant.jobs.cancel(started.job_id).status == "cancelled"
    assert time.monotonic() - before < 5
    assert not [path for path in plant.storage.home.rglob("*") if "half-" in path.name or "synthetic" in path.name]
