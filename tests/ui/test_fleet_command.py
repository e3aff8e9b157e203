"""`millwright fleet export` bundles what has models, and names what has none."""

import json
from pathlib import Path

import pytest

from models.storage import Storage
from tests.models.test_health import MOTOR, PUMP, serve
from ui.fleet_command import fleet_export_command


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
