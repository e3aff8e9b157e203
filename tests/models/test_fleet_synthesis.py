"""A fleet's data is made once; what lacks a record is learnt from simulated sisters and says so."""

from pathlib import Path

import pytest

from models import fleet_synthesis
from models.datasets import Datasets
from models.fleet_synthesis import SIMULATED, synthesize_fleet
from models.storage import Storage

PUMP, FAN = "PUMP_GRUNDFOS_CR3_004", "FAN_SYSTEMAIR_AXC_010"


def made(home: Path, machines: list[str], rows: int = 400) -> list[fleet_synthesis.MachineSynthesis]:
    return list(synthesize_fleet(home, machines, rows, "gaussian_copula", 5.0, 7, workers=1))


def test_a_second_call_keeps_what_is_there_and_makes_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fleet_synthesis, "SISTERS", 5)
    (first,) = made(tmp_path, [PUMP])
    assert first.made is not None
    assert (first.made.rows, first.made.violations, first.made.made_from) == (400, 0, "history@1")
    source = Datasets(Storage(tmp_path)).find(PUMP, "history")
    assert (source.origin, source.method, source.lives) == ("synthetic", SIMULATED, 5)
    again, new = made(tmp_path, [PUMP, FAN])
    assert (again.kept, again.made) == ("synthetic@1", None)
    assert new.made is not None
    assert new.made.machine_id == FAN
    (other,) = made(tmp_path, [PUMP], rows=300)  # another wish
    assert other.made is not None
    assert other.made.dataset == "synthetic@2"
