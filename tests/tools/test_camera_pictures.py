import json
import os
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from machine_profiles.errors import MillwrightError
from models.storage import Storage
from tools.camera_pictures import take_pictures
from tools.plant import Plant

FIXTURES = Path("evals/scenarios/fixtures")
PUMP = "PUMP_GRUNDFOS_CR3_004"


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    return Plant(Storage(tmp_path / "home"), seed=7, user="anna", fixed_now=datetime(2026, 6, 1, tzinfo=UTC))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "camera").mkdir()
    return tmp_path / "camera"


def leave(folder: Path, name: str, fixture: str = "housing_hot.csv", seconds_ago: float = 600) -> Path:
    path = folder / name
    shutil.copyfile(FIXTURES / fixture, path)
    os.utime(path, (time.time() - seconds_ago,) * 2)
    return path


def test_a_picture_is_judged_and_filed_once(plant: Plant, folder: Path):
    name = f"{PUMP}_2026-05-31T08-00.csv"
    left = leave(folder, name)
    filed = take_pictures(plant, folder).filed[0]
    assert filed.filed == f"pictures/{PUMP}/{name}"
    assert not left.exists()
    record = json.loads(plant.storage.absolute(f"{filed.filed}.json").read_text())
    assert record["diagnosis"]["taken_at"].startswith("2026-05-31T08:00")
    assert record["diagnosis"]["fusion"]["agreement"]
    leave(folder, name)
    again = take_pictures(plant, folder).filed[0]
    assert (again.filed, again.diagnosis) == (filed.filed, None)
    leave(folder, name, "housing_cool.csv")
    other = take_pictures(plant, folder).filed[0]
    assert other.filed != filed.filed
    assert other.diagnosis is not None
    assert len(list(plant.storage.pictures(PUMP).iterdir())) == 4


@pytest.mark.parametrize(
    ("name", "fixture", "reason"),
    [
        ("IMG_4711.png", "notice.png", "does not tell its machine and time"),
        (f"{PUMP}_2026-02-31T08-00.png", "notice.png", "there is no time 2026-02-31T08-00"),
        ("PUMP_NOBODY_2026-05-31T08-00.png", "notice.png", "PUMP_NOBODY"),
        (f"{PUMP}_2026-05-31T08-00.jpg", "notice.png", "holds PNG"),
    ],
)
def test_what_is_refused_is_kept_with_its_reason(plant: Plant, folder: Path, name: str, fixture: str, reason: str):
    left = leave(folder, name, fixture)
    refused = take_pictures(plant, folder).refused[0]
    assert reason in refused.reason
    assert plant.storage.absolute(f"{refused.kept}.txt").read_text() == f"{refused.reason}\n"
    assert plant.storage.absolute(refused.kept).read_bytes() == (FIXTURES / fixture).read_bytes()
    assert not left.exists()


def test_what_is_still_written_is_waited_for(plant: Plant, folder: Path):
    fresh = leave(folder, f"{PUMP}_2026-05-31T08-00.csv", seconds_ago=0)
    cut = leave(folder, f"{PUMP}_2026-05-31T09-00.png", "notice.png")
    cut.write_bytes(cut.read_bytes()[:900])
    os.utime(cut, (time.time() - 20,) * 2)
    leave(folder, f".{PUMP}_2026-05-31T10-00.csv")
    taken = take_pictures(plant, folder)
    assert taken.waiting == (fresh.name, cut.name)
    assert (taken.filed, taken.refused) == ((), ())
    os.utime(cut, (time.time() - 600,) * 2)
    assert [each.picture for each in take_pictures(plant, folder).refused] == [cut.name]


def test_the_folder_must_be_there_and_outside(plant: Plant, tmp_path: Path):
    with pytest.raises(MillwrightError, match="No folder"):
        take_pictures(plant, tmp_path / "none")
    with pytest.raises(MillwrightError, match="Watch a folder outside"):
        take_pictures(plant, plant.storage.pictures(PUMP))
