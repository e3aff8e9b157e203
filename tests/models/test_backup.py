"""A backup holds one coherent plant, made while others write, and what comes back is what was there."""

import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest

from agent.audit import AuditLog
from agent.database import Sqlite as Database
from machine_profiles.reading import SHIPPED, load_catalog
from models.backup import BadBackup, HomeInUse, back_up, restore
from models.registry import Registry
from models.storage import Storage
from tests.models.small_models import register_small

PUMP = load_catalog(SHIPPED)["PUMP_GRUNDFOS_CR3_004"]

WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from agent.audit import AuditLog
from agent.access import Person
from agent.database import Sqlite as Database
from models.storage import Storage

storage = Storage(Path(sys.argv[1]))
database, audit = Database(storage.conversations), AuditLog(storage.audit_log)
for number in range(100_000):
    database.rows("INSERT INTO changes VALUES (?, ?, 'ann', '{}', 'done', ?)", "t", str(number), "now")
    audit.append("done", who=Person(name="ann"), thread="t", call_id=str(number), tool="promote_model", args={})
    if number == 0:
        print("writing", flush=True)
"""


@pytest.fixture
def plant(tmp_path: Path) -> Storage:
    storage = Storage(tmp_path / "home")
    register_small(Registry(storage), PUMP, tmp_path / "graphs", ("failure", "rul"))
    (storage.cache / "large").write_text("made again")
    storage.plant_file.write_text("{}")
    return storage


def test_models_links_and_records_come_back_as_they_were(plant: Storage, tmp_path: Path):
    made = back_up(plant, tmp_path / "plant.tar.gz")
    back = Storage(tmp_path / "elsewhere")
    assert restore(tmp_path / "plant.tar.gz", back.home).files == made.files
    assert Registry(back).in_service(PUMP.id) == {"failure": 1, "rul": 1}
    for name in made.links:
        assert (back.home / name).exists()
    assert made.links, "MLflow shows the versions' folders by links"
    assert not (back.home / "cache" / "large").exists()
    compared = Registry(back).compare(PUMP.id, "rul")
    assert compared == Registry(plant).compare(PUMP.id, "rul")
    assert Registry(back).promote(PUMP.id, "rul", 1).version == 1  # MLflow's own record works at the new place


def test_a_backup_made_while_others_write_is_whole(plant: Storage, tmp_path: Path):
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(plant.home)], stdout=subprocess.PIPE)
    assert writer.stdout is not None
    writer.stdout.readline()
    try:
        for number in range(3):
            back_up(plant, tmp_path / f"{number}.tar.gz")
            time.sleep(0.1)
        assert writer.poll() is None, "it wrote all the while"
    finally:
        writer.kill()
        writer.wait()
    held = []
    for number in range(3):
        back = Storage(tmp_path / f"back-{number}")
        restore(tmp_path / f"{number}.tar.gz", back.home)
        audit = AuditLog(back.audit_log)
        assert audit.first_broken_line() is None
        database = Database(back.conversations)
        assert database.rows("PRAGMA integrity_check") == [("ok",)]
        changes = {call_id for (call_id,) in database.rows("SELECT call_id FROM changes")}
        database.close()
        audited = {line.call_id for line in audit.lines()}
        assert len(changes - audited) <= 1, "the log, copied last, knows of every change but the one being written"
        held.append(len(audited))
    assert held == sorted(held)
    assert held[0] > 0


@pytest.mark.parametrize(
    "harm",
    [
        lambda path: path.write_bytes(path.read_bytes()[:-2000]),
        lambda path: path.write_bytes(b"no tar file"),
        lambda path: path.unlink(),
    ],
    ids=["cut short", "something else", "not there"],
)
def test_a_damaged_backup_is_refused_and_nothing_is_left(plant: Storage, tmp_path: Path, harm):
    path, home = tmp_path / "plant.tar.gz", tmp_path / "new" / "home"
    back_up(plant, path)
    harm(path)
    with pytest.raises(BadBackup, match="Nothing was changed"):
        restore(path, home)
    assert list(home.parent.iterdir()) == []


def test_a_file_changed_in_the_backup_is_found(plant: Storage, tmp_path: Path):
    back_up(plant, tmp_path / "plant.tar.gz")
    with tarfile.open(tmp_path / "plant.tar.gz") as tar:
        tar.extractall(tmp_path / "opened", filter="data")
    (tmp_path / "opened" / "plant.json").write_text('{"now": "2020-01-01"}')
    with tarfile.open(tmp_path / "changed.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "opened", ".")
    with pytest.raises(BadBackup, match=r"plant\.json in it is missing or damaged"):
        restore(tmp_path / "changed.tar.gz", tmp_path / "back")


def test_a_plant_is_never_overwritten(plant: Storage, tmp_path: Path):
    back_up(plant, tmp_path / "plant.tar.gz")
    with pytest.raises(HomeInUse, match="Restore into an empty folder"):
        restore(tmp_path / "plant.tar.gz", plant.home)
