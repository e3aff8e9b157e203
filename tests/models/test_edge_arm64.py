"""The bundle's own run.py under an emulated arm64 Python answers as here; deploy/arm64/prepare.sh makes that Python."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from models import edge, training
from models.datasets import Datasets
from models.edge_arm64 import ARM64_PYTHON, answers, largest_difference
from models.registry import Registry
from models.storage import Storage
from tests.models.training_world import MACHINE, record, wearing_lives

pytestmark = pytest.mark.skipif(not ARM64_PYTHON.exists(), reason="deploy/arm64/prepare.sh was not run")


def test_every_task_answers_alike_on_arm64_over_200_rows(tmp_path: Path):
    lives = wearing_lives()
    storage = Storage(tmp_path / "home")
    telemetry, registry = record(storage, lives), Registry(storage)
    tasks = ("failure", "rul", "anomaly", "forecast")
    training.train(Datasets(storage), telemetry, registry, MACHINE, tasks, 30, 7, lambda *_: None, quick=True)
    made = edge.export(storage, telemetry, registry, MACHINE, "jetson_xavier_nx", "fp32", seed=7)
    assert {model.task for model in made.models} == set(tasks)
    file = tmp_path / "readings.csv"
    table = pd.concat([lives.rows[lives.rows["life"] == name].tail(112) for name in lives.names[:2]])
    table.to_csv(file, index=False)
    bundle = storage.absolute(made.bundle)
    said = {"here": answers(sys.executable, bundle, file), "arm64": answers(ARM64_PYTHON, bundle, file)}
    assert len(said["arm64"]) == len(table) == 224
    assert sum("abstained" not in line for line in said["arm64"]) >= 200
    assert all(set(tasks) <= set(line) for line in said["arm64"] if "abstained" not in line)
    assert largest_difference(said["here"], said["arm64"]) <= 1e-5


def test_a_difference_is_found_wherever_it_lies():
    here = [{"row": 1, "rul": {"value": 200.0, "low": [1.0, 2.0]}}]
    assert largest_difference(here, [{"row": 1, "rul": {"value": 200.0, "low": [1.0, 2.5]}}]) == 0.25
    assert largest_difference(here, [{"row": 1, "abstained": "no"}]) == np.inf
