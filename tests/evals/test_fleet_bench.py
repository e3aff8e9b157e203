"""The fleet benchmark counts what came of each machine, and knows its machines before it begins."""

from pathlib import Path

import pytest

from evals.benchmarks.fleet import bench
from machine_profiles.errors import UnknownMachine
from models.storage import Storage
from tests.models.test_health import MOTOR, PUMP


def silent(_done: float, _step: str) -> None: ...


def test_each_machine_is_counted_once_when_it_has_ended(tmp_path: Path):
    shares: list[float] = []
    ended, seconds = bench._trained(
        Storage(tmp_path), [PUMP, MOTOR], 7, 20, None, lambda done, step: shares.append(done)
    )
    assert [(step.machine_id, step.state) for step in ended] == [(PUMP.id, "failed"), (MOTOR.id, "failed")]
    assert shares == pytest.approx([0.55, 1.0])
    assert seconds > 0


def test_an_unknown_machine_is_named_before_anything_is_simulated():
    with pytest.raises(UnknownMachine, match="PUMP_4"):
        bench.run(None, 7, silent, machines=["PUMP_4"])
