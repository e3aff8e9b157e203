"""The fleet's status counts what is there, and says what cannot be read instead of counting it as none."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from models.fleet_status import FleetStatus, fleet_status
from models.jobs import Jobs
from models.registry import Registry
from models.storage import Storage
from models.telemetry import MaintenanceEvent, Telemetry
from tests.models.test_health import MOTOR, NOW, PUMP, rows, serve
from ui.fleet_status_command import status_command


def look(home: Path) -> FleetStatus:
    storage = Storage(home)
    now = NOW + timedelta(hours=3)
    return fleet_status(storage, Telemetry(storage), Registry(storage), Jobs(storage), [PUMP, MOTOR], now)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    telemetry = Telemetry(Storage(tmp_path))
    telemetry.append(PUMP.id, rows(PUMP))
    telemetry.log(PUMP.id, MaintenanceEvent(at=NOW - timedelta(hours=50), action="failure", life="1", hours=70))
    serve(tmp_path, PUMP, tasks=("rul",))
    return tmp_path


def test_record_and_models_of_each_machine(home: Path):
    pump, motor = look(home).machines
    assert (pump.last_reading_at, pump.telemetry_age_hours) == (NOW, 3.0)
    assert (pump.lives, pump.failed_lives) == (2, 1)
    assert [(model.task, model.version, model.challenger) for model in pump.models] == [("rul", 1, None)]
    assert (motor.last_reading_at, motor.telemetry_age_hours, motor.lives, motor.models) == (None, None, 0, ())


def test_a_challenger_and_the_newest_bundle_are_named(home: Path):
    place = Storage(home).models(PUMP.id, "rul")
    (place / "v1").rename(place / "v2")
    serve(home, PUMP, tasks=("rul",))
    (place / "in_service.json").write_text(json.dumps({"versions": [1, 2], "champion": 1, "challenger": 2}))
    card = json.loads((place / "v2" / "card.json").read_text()) | {"version": 2}
    (place / "v2" / "card.json").write_text(json.dumps(card))
    (Storage(home).bundles(PUMP.id) / "cpu-fp32-1").mkdir()
    found = look(home)
    assert (found.machines[0].models[0].challenger, found.challengers, found.in_service) == (2, 1, 1)
    assert found.machines[0].last_bundle == f"bundles/{PUMP.id}/cpu-fp32-1"


def test_what_cannot_be_read_is_said_and_hides_no_other_machine(home: Path):
    next(Storage(home).telemetry(PUMP.id).glob("*.parquet")).write_bytes(b"torn")
    (Storage(home).models(PUMP.id, "rul") / "in_service.json").write_text("{")
    serve(home, MOTOR, tasks=("anomaly",))
    pump, motor = look(home).machines
    assert (pump.lives, pump.failed_lives, pump.models) == (None, None, ())
    assert len(pump.trouble) == 2
    assert [model.task for model in motor.models] == ["anomaly"]


def test_the_command_prints_one_document(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("MILLWRIGHT_HOME", str(home))
    assert status_command(as_json=True) == 0
    found = json.loads(capsys.readouterr().out)
    assert len(found["machines"]) == 20
    assert status_command(as_json=False) == 0
    assert "1 models in service" in capsys.readouterr().out
