"""Pictures that cameras write are diagnosed once, filed by machine and time, or rejected with the reason."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from models.storage import Storage
from tools.camera_folder import CameraFolder, Filed
from tools.plant import Plant
from ui.cli import app

FIXTURES = Path("evals/scenarios/fixtures")
PUMP = "PUMP_GRUNDFOS_CR3_004"
STEEL, HEAT = FIXTURES / "scratched_steel.png", FIXTURES / "housing_hot.csv"


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    return Plant(Storage(tmp_path / "home"), 7, "test", datetime(2026, 6, 1, tzinfo=UTC))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "camera").mkdir()
    return tmp_path / "camera"


def settled(plant: Plant, camera: CameraFolder, at: float = 0.0) -> tuple[list[Filed], int]:
    assert camera.look(plant, at)[0] == []
    return camera.look(plant, at + 3)


def test_a_picture_is_filed_with_its_diagnosis_and_taken_once(plant, folder):
    shutil.copy(STEEL, folder / f"{PUMP}_2026-05-31T08-00.png")
    (first,), waited = settled(plant, CameraFolder(folder))
    assert (first.machine_id, first.reason, waited) == (PUMP, None, 0)
    kept = plant.storage.absolute(first.kept)
    found = json.loads(kept.read_text())
    assert found["taken_at"] == "2026-05-31T08:00:00Z"
    assert found["machine_id"] == PUMP
    assert found["fusion"]["not_judged"]  # no readings in this plant: said, not passed over
    assert kept.with_suffix(".png").read_bytes() == STEEL.read_bytes()
    assert not list(folder.glob("*.png"))

    before = kept.stat().st_mtime_ns
    shutil.copy(STEEL, folder / f"{PUMP}_2026-05-31T08-00.png")
    (again,), _ = settled(plant, CameraFolder(folder))
    assert (again.kept, again.said) == (first.kept, "already filed")
    assert kept.stat().st_mtime_ns == before
    assert len(list(kept.parent.iterdir())) == 2


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("IMG_0001.png", "names no machine and time"),
        ("PUMP_X_2026-05-31T08-00.png", "No machine"),
        (f"{PUMP}_2026-13-31T08-00.png", "is no time"),
        (f"{PUMP}_2027-05-31T08-00.png", "from the future"),
        (f"{PUMP}_2026-05-31T08-00.jpg", "named as JPEG but holds PNG"),
        (f"{PUMP}_2026-05-31T08-00.exe", "no kind of picture"),
    ],
)
def test_what_cannot_be_judged_is_rejected_with_the_reason(plant, folder, name, why):
    shutil.copy(STEEL, folder / name)
    (filed,), _ = settled(plant, CameraFolder(folder))
    assert filed.kept is None
    assert why in filed.reason
    assert why in (folder / "rejected" / f"{name}.txt").read_text()
    assert (folder / "rejected" / name).read_bytes() == STEEL.read_bytes()
    assert not (plant.storage.home / "pictures" / PUMP).exists() or not list(plant.storage.pictures(PUMP).iterdir())


def test_a_half_written_picture_is_waited_for(plant, folder):
    path, whole = folder / f"{PUMP}_2026-05-31T08-00.png", STEEL.read_bytes()
    camera = CameraFolder(folder)
    path.write_bytes(whole[:4000])
    assert camera.look(plant, 0) == ([], 1)
    path.write_bytes(whole[:9000])
    assert camera.look(plant, 3) == ([], 1)  # it grew
    assert camera.look(plant, 6) == ([], 1)  # it stands still, but has no end
    path.write_bytes(whole)
    assert camera.look(plant, 9) == ([], 1)
    (filed,), waited = camera.look(plant, 12)
    assert (filed.reason, waited) == (None, 0)


def test_one_that_never_gets_whole_is_rejected_in_the_end(plant, folder):
    (folder / f"{PUMP}_2026-05-31T08-00.png").write_bytes(STEEL.read_bytes()[:4000])
    camera = CameraFolder(folder)
    assert settled(plant, camera) == ([], 1)
    (filed,), _ = camera.look(plant, 61)
    assert "damaged or cut off" in filed.reason


def test_the_command_takes_what_is_there_and_says_what_it_rejected(plant, folder, monkeypatch):
    monkeypatch.setenv("MILLWRIGHT_HOME", str(plant.storage.home))
    shutil.copy(HEAT, folder / f"{PUMP}_2026-05-31T08-00.csv")
    shutil.copy(STEEL, folder / "unnamed.png")
    ran = CliRunner().invoke(app, ["pictures", "watch", str(folder), "--once", "--every", "2.1", "--json"])
    filed = {each["picture"]: each for each in map(json.loads, ran.stdout.splitlines())}
    assert ran.exit_code == 1
    assert filed["unnamed.png"]["reason"]
    found = json.loads(plant.storage.absolute(filed[f"{PUMP}_2026-05-31T08-00.csv"]["kept"]).read_text())
    assert found["thermal"]["severity"]
