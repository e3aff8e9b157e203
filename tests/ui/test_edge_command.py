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
from ui.edge_command import edge_run_command


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    storage = Storage(home)
    serve(home, tasks=("rul",))
    edge.export(storage, Telemetry(storage), Registry(storage), PUMP, "cpu", "fp32", seed=7)
    rows(count=12)[["hours", *PUMP.sensor_names]].to_csv(home / "readings.csv", index=False)
    return home


def millwright(home: Path, *arguments: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ui.cli", "edge", "run", *arguments],
        input=text, capture_output=True, text=True, env={**os.environ, "MILLWRIGHT_HOME": str(home)},
    )  # fmt: skip


def test_a_bundle_named_as_export_names_it_answers_each_row(home: Path):
    done = millwright(home, f"bundles/{PUMP.id}/cpu-fp32-1", "--input", str(home / "readings.csv"))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["rul"]["value"] == pytest.approx(100.0)


def test_standard_input_takes_json_lines(home: Path):
    table = rows(count=12)[["hours", *PUMP.sensor_names]]
    bundle = Storage(home).bundles(PUMP.id) / "cpu-fp32-1"
    done = millwright(home, str(bundle), "--input", "-", text=table.to_json(orient="records", lines=True))
    assert (done.returncode, json.loads(done.stdout.splitlines()[-1])["rul"]["value"]) == (0, pytest.approx(100.0))


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        (lambda t: t[[*reversed(t.columns)]], 0, ""),
        (lambda t: t.drop(columns="flow"), 2, "no column for flow"),
        (lambda t: t.rename(columns={"flow": "flow [L/min]"}), 2, "flow is in L/min; this bundle takes m^3/h"),
        (lambda t: t.assign(flow=float("nan")), 0, ""),
        (lambda t: t.assign(**dict.fromkeys(PUMP.sensor_names, float("nan"))), 1, "No row could be judged: no reading"),
        (lambda t: t.head(3), 1, "No row could be judged: only 3 rows"),
    ],
    ids=["other order", "missing sensor", "wrong unit", "one silent sensor", "all silent", "too short"],
)
def test_readings_are_judged_or_refused_with_the_reason(home: Path, capfd, monkeypatch, change, code: int, said: str):
    monkeypatch.setenv("MILLWRIGHT_HOME", str(home))
    table = change(rows(count=12)[["hours", *PUMP.sensor_names]])
    table.to_csv(home / "changed.csv", index=False)
    assert edge_run_command(Path(f"bundles/{PUMP.id}/cpu-fp32-1"), home / "changed.csv") == code
    out, err = capfd.readouterr()
    answers = [json.loads(line) for line in out.splitlines()]
    assert said in err
    assert any("rul" in answer for answer in answers) == (code == 0)
    if code == 0:
        silent = [name for name in PUMP.sensor_names if table[name].isna().all()]
        assert answers[-1]["missing_sensors"] == silent


def test_a_folder_that_is_no_bundle_is_wrong_usage(home: Path):
    done = millwright(home, str(home / "telemetry"), "--input", "x.csv")
    assert (done.returncode, "is no bundle" in done.stderr, done.stdout) == (2, True, "")


def test_a_changed_bundle_is_refused(home: Path):
    bundle = Storage(home).bundles(PUMP.id) / "cpu-fp32-1"
    (bundle / "models" / f"{PUMP.id}.rul" / "1" / "model.onnx").write_bytes(b"something else")
    done = millwright(home, str(bundle), "--input", str(home / "readings.csv"))
    assert (done.returncode, "model.onnx" in done.stderr, done.stdout) == (1, True, "")
