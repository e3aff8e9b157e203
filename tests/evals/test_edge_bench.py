"""The edge benchmark's own parts: memory is that of the device program, and the clock takes each rival in turn."""

from pathlib import Path

import numpy as np
import pytest

from evals.benchmarks.edge.memory import memory_mb
from evals.benchmarks.edge.speed import Times, one_core
from models import edge
from models.registry import Registry
from models.storage import Storage
from models.telemetry import Telemetry
from tests.models.test_health import PUMP, rows, serve


def test_the_device_program_takes_less_than_150_mb_after_a_request(tmp_path: Path):
    storage = Storage(tmp_path)
    serve(tmp_path, tasks=("rul",))
    made = edge.export(storage, Telemetry(storage), Registry(storage), PUMP, "cpu", "fp32", seed=7)
    readings = tmp_path / "readings.csv"
    rows(count=80)[["hours", *PUMP.sensor_names]].to_csv(readings, index=False)
    assert 20 < memory_mb(storage.absolute(made.bundle), readings) < 150


def test_times_are_told_apart_by_their_rows():
    from evals.benchmarks.edge import bench, speed

    times = Times()
    for count, turn in ((1, -1), (1, 0), (1000, 0)):
        speed._clock(times, np.empty(count), turn, lambda: None)
    assert (len(times.one), len(times.thousand)) == (1, 1)  # a turn below zero only warms up
    assert bench._ms(Times(one=[0.001] * 99 + [0.101], thousand=[2.0]))["p50_ms_one_row"] == pytest.approx(1.0)


def test_one_core_is_given_back():
    import os

    before = os.sched_getaffinity(0)
    with one_core():
        assert len(os.sched_getaffinity(0)) == 1
    assert os.sched_getaffinity(0) == before
