"""`millwright fleet …` does what it can for every machine, and names the others with the reason."""

import json
from pathlib import Path

import pytest

from machine_profiles.errors import MillwrightError
from models.storage import Storage
from tests.models.test_health import MOTOR, PUMP, serve
from ui.fleet_command import fleet_export_command
from ui.fleet_train_command import train_command


def test_every_machine_is_bundled_or_named_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("MILLWRIGHT_HOME", str(tmp_path))
    for profile in (PUMP, MOTOR):
        serve(tmp_path, profile, tasks=("rul",))
    assert fleet_export_command("cpu", "fp32", as_json=True) == 1
    found = json.loads(capsys.readouterr().out)
    assert [bundle["machine_id"] for bundle in found["bundles"]] == [MOTOR.id, PUMP.id]
    assert found["total_bytes"] == sum(
        path.stat().st_size
        for bundle in found["bundles"]
        for path in Storage(tmp_path).absolute(bundle["bundle"]).rglob("*")
        if path.is_file()
    )
    assert len(found["not_bundled"]) == 18
    assert all("train its models first" in each["reason"] for each in found["not_bundled"])


def train(machines: list[str] | None = None, tasks: list[str] | None = None) -> int:
    return train_command(machines or [], tasks or [], 20, workers=2, quick=True, again=False, as_json=True)


def test_training_a_fleet_names_what_failed_and_ends_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("MILLWRIGHT_HOME", str(tmp_path))
    assert train([PUMP.id]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["asked"], found["failed"], found["models"]) == (1, 1, 0)
    assert "Nothing has been recorded" in found["machines"][0]["error"]


def test_training_a_fleet_of_which_nothing_was_recorded_says_how_to_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("MILLWRIGHT_HOME", str(tmp_path))
    with pytest.raises(MillwrightError, match="millwright import"):
        train()
    with pytest.raises(MillwrightError, match="There are: failure, rul, anomaly, forecast"):
        train([PUMP.id], ["remaining life"])
