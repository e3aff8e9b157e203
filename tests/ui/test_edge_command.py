"""`millwright edge run` is the device's own program, and its exit code is the command's."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from models import edge
from models.registry import Registry
from models.storage import Storage
from models.telemetry import Telemetry
from tests.models.test_health import PUMP, rows, serve


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    storage = Storage(home)
    serve(home, tasks=("rul",))
    edge.export(storage, Telemetry(storage), Registry(storage), PUMP, "cpu", "fp32", seed=7)
    rows(count=12)[["hours", *PUMP.sensor_names]].to_csv(home / "readings.csv", index=False)
    return home


def millwright(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ui.cli", "edge", "run", *arguments],
        capture_output=True, text=True, env={**os.environ, "MILLWRIGHT_HOME": str(home)},
    )  # fmt: skip


def test_a_bundle_named_as_export_names_it_answers_each_row(home: Path):
    done = millwright(home, f"bundles/{PUMP.id}/cpu-fp32-1", "--input", str(home / "readings.csv"))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["rul"]["value"] == pytest.approx(100.0)


def test_a_folder_that_is_no_bundle_is_wrong_usage(home: Path):
    done = millwright(home, str(home / "telemetry"), "--input", "x.csv")
    assert (done.returncode, "is no bundle" in done.stderr, done.stdout) == (2, True, "")


def test_a_changed_bundle_is_refused(home: Path):
    bundle = Storage(home).bundles(PUMP.id) / "cpu-fp32-1"
    (bundle / "models" / f"{PUMP.id}.rul" / "1" / "model.onnx").write_bytes(b"something else")
    done = millwright(home, str(bundle), "--input", str(home / "readings.csv"))
    assert (done.returncode, "model.onnx" in done.stderr, done.stdout) == (1, True, "")
