"""get_job answers about the job asked for, and names the known ones otherwise."""

from pathlib import Path

import pytest

from models.jobs import UnknownJob
from models.storage import Storage
from tools.jobs import GetJob, get_job
from tools.plant import open_plant
from tools.training import TrainModels, train_models


def test_a_started_training_is_found_by_the_id_it_returned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from settings import Settings

    monkeypatch.setenv("MILLWRIGHT_HOME", str(tmp_path))
    plant = open_plant(Settings())
    started = train_models.run(plant, TrainModels(machine_id="CNC_HAAS_VF2_016", tasks=("rul",)))
    assert get_job.run(plant, GetJob(job_id=started.job_id)).machine_id == "CNC_HAAS_VF2_016"
    with pytest.raises(UnknownJob, match=f"Known jobs: {started.job_id}"):
        get_job.run(plant, GetJob(job_id="train-016-nosuch"))
    ended = plant.jobs.wait(started.job_id)
    assert (ended.status, "import telemetry first" in (ended.error or "")) == ("failed", True)
    assert Storage(tmp_path).mlflow_database.exists() is False
