"""C-MAPSS files enter through a profile and a column map, like any machine's."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from machine_profiles.reading import read_profile
from models.column_map import read_column_map
from models.datasets import Datasets
from models.importing import import_file
from models.storage import Storage
from models.telemetry import Telemetry

FOLDER = Path(__file__).parents[2] / "evals" / "benchmarks" / "cmapss"
COLUMNS = ["unit", "cycle", "set1", "set2", "set3", *(f"s{i}" for i in range(1, 22))]
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def engines(path: Path, lengths: dict[int, int]) -> Path:
    """A file as C-MAPSS ones are: integer units and cycles, float32 readings."""
    rows = [(unit, cycle) for unit, length in lengths.items() for cycle in range(1, length + 1)]
    frame = pd.DataFrame(rows, columns=["unit", "cycle"]).reindex(columns=COLUMNS)
    frame[COLUMNS[2:]] = np.random.default_rng(1).uniform(1, 9, (len(rows), 24)).astype("float32")
    frame.to_parquet(path)
    return path


def test_every_column_of_the_files_is_mapped_to_a_sensor_of_the_profile():
    profile = read_profile(FOLDER / "profile.yaml")
    for part in ("train", "test"):
        column_map = read_column_map(FOLDER / f"column_map_{part}.yaml")
        assert set(column_map.columns) == set(COLUMNS)
        assert tuple(column_map.sensors) == profile.sensor_names


@pytest.mark.parametrize("quantity", ["temperature", "pressure", "speed", "flow"])
def test_everyday_words_mean_one_of_the_engines_sensors(quantity: str):
    assert read_profile(FOLDER / "profile.yaml").primary(quantity) is not None  # type: ignore[arg-type]


def test_training_engines_end_in_failure_and_test_engines_go_on(tmp_path: Path):
    profile = read_profile(FOLDER / "profile.yaml")
    storage = Storage(tmp_path / "home")
    telemetry = Telemetry(storage)
    for part, lengths in (("train", {1: 30, 2: 45}), ("test", {1: 20})):
        path = engines(tmp_path / f"{part}.parquet", lengths)
        column_map = FOLDER / f"column_map_{part}.yaml"
        done = import_file(storage, telemetry, Datasets(storage), profile, path, column_map, NOW)
        assert done.rows_rejected == 0
        assert done.ignored_columns == ()
    ends = telemetry.lives(profile).ends.set_index("unit")
    assert dict(ends["ended_by"]) == {"train-1": "failure", "train-2": "failure", "test-1": "running"}
    assert dict(ends["end_hours"]) == {"train-1": 30.0, "train-2": 45.0, "test-1": 20.0}
    assert len(telemetry.latest(profile.id, 50, "test-1")) == 20
