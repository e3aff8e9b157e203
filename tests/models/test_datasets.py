"""Data sets are versioned, whole, and found by the names people use."""

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from models.datasets import Datasets, UnknownDataset, frame_hash
from models.storage import Storage

PUMP = "PUMP_X_001"


def card(name: str = "history", content: str = "rows", day: int = 1) -> dict:
    made = datetime(2026, 1, day, tzinfo=UTC)
    return {"machine_id": PUMP, "name": name, "content": content, "origin": "recorded", "created_at": made}


def test_a_second_write_is_a_second_version_and_the_first_stays(tmp_path: Path):
    datasets = Datasets(Storage(tmp_path))
    datasets.write(card(), pd.DataFrame({"vibration": [1.0, 2.0]}))
    datasets.write(card(day=2), pd.DataFrame({"vibration": [3.0]}))
    assert [d.reference for d in datasets.list(PUMP)] == ["history@1", "history@2"]
    assert list(datasets.rows(datasets.find(PUMP, "history@1"))["vibration"]) == [1.0, 2.0]


def test_latest_is_the_newest_of_the_content_asked_for(tmp_path: Path):
    datasets = Datasets(Storage(tmp_path))
    datasets.write(card("history", day=1), pd.DataFrame({"x": [1.0]}))
    datasets.write(card("labels", "labels", day=2), pd.DataFrame({"x": [1.0]}))
    assert datasets.find(PUMP).reference == "labels@1"
    assert datasets.find(PUMP, content=("rows",)).reference == "history@1"


def test_an_unknown_data_set_names_those_there_are(tmp_path: Path):
    datasets = Datasets(Storage(tmp_path))
    with pytest.raises(UnknownDataset, match="none yet"):
        datasets.find(PUMP)
    datasets.write(card(), pd.DataFrame({"x": [1.0]}))
    with pytest.raises(UnknownDataset, match="history@1"):
        datasets.find(PUMP, "histroy")


def test_a_write_that_fails_leaves_no_version(tmp_path: Path):
    datasets = Datasets(Storage(tmp_path))
    with pytest.raises(pa.ArrowInvalid):  # Parquet cannot hold a column of mixed types
        datasets.write(card(), pd.DataFrame({"mixed": [1, "a"]}))
    assert datasets.list(PUMP) == []
    assert list(Storage(tmp_path).datasets(PUMP).iterdir()) == []


def test_the_hash_follows_the_values_and_not_the_index():
    one, two = pd.DataFrame({"x": [1.0, 2.0]}), pd.DataFrame({"x": [1.0, 2.0]}, index=[7, 9])
    assert frame_hash(one) == frame_hash(two)
    assert frame_hash(one) != frame_hash(pd.DataFrame({"x": [1.0, 2.5]}))


def test_latest_is_the_one_written_last_even_where_the_clock_stands_still(tmp_path: Path):
    datasets = Datasets(Storage(tmp_path))
    for name in ("synthetic", "history", "synthetic"):
        datasets.write(card(name), pd.DataFrame({"x": [1.0]}))
    assert datasets.find(PUMP).reference == "synthetic@2"
    datasets.write(card("history"), pd.DataFrame({"x": [2.0]}))
    assert datasets.find(PUMP).reference == "history@2"
