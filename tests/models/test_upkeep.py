"""What a crash, a full disk or a bad sector leaves behind is put right or named; nothing acknowledged is lost."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from agent.access import Person
from agent.audit import AuditLog
from agent.database import Sqlite as Database
from machine_profiles.reading import SHIPPED, load_catalog
from models.jobs import Job, Jobs
from models.registry import Registry
from models.storage import Storage
from models.upkeep import AlreadyServed, Upkeep, look_over, only_server
from tests.models.small_models import register_small
from tests.models.training_world import MACHINE, record, wearing_lives

PUMP = load_catalog(SHIPPED)["PUMP_GRUNDFOS_CR3_004"]


@pytest.fixture
def plant(tmp_path: Path) -> Storage:
    storage = Storage(tmp_path / "home")
    register_small(Registry(storage), PUMP, tmp_path / "graphs", ("failure", "rul"))
    return storage


def test_a_sound_plant_is_left_alone(plant: Storage):
    record(plant, wearing_lives(failed=2, preventive=0))
    Database(plant.conversations).close()
    AuditLog(plant.audit_log).append(
        "done", who=Person(name="ann"), thread="t", call_id="1", tool="promote_model", args={}
    )
    before = {path: path.read_bytes() for path in plant.home.rglob("*") if path.is_file() and path.suffix != ".db"}
    assert look_over(plant) == Upkeep()
    assert {path: path.read_bytes() for path in before} == before


def test_unfinished_files_go_once_nobody_touches_them(plant: Storage):
    old, fresh = plant.home / ".plant.json.abc123", plant.home / "models" / ".v9.xyz789"
    old.write_text("half")
    fresh.mkdir()
    os.utime(old, (1, 1))
    assert look_over(plant).repaired == ("1 file that a crash left half-written went; none had been in use.",)
    assert not old.exists()
    assert fresh.exists()


def test_an_audit_line_cut_short_is_set_aside_and_the_chain_holds(plant: Storage):
    audit = AuditLog(plant.audit_log)
    audit.append("done", who=Person(name="ann"), thread="t", call_id="1", tool="promote_model", args={})
    with plant.audit_log.open("ab") as file:
        file.write(b'{"at": "2026-')
    (said,) = look_over(plant).repaired
    assert "last line of audit.jsonl had been cut short" in said
    audit.append("done", who=Person(name="ann"), thread="t", call_id="2", tool="promote_model", args={})
    assert audit.first_broken_line() is None
    assert [line.call_id for line in audit.lines()] == ["1", "2"]
    assert next(plant.home.glob("audit.jsonl.damaged-*")).read_bytes() == b'{"at": "2026-'


@pytest.mark.parametrize("name", ["conversations.sqlite", "mlflow.db"])
def test_a_damaged_database_is_kept_and_a_new_one_begun(plant: Storage, name: str):
    Database(plant.conversations).close()
    path = plant.home / name
    held = path.read_bytes()
    path.write_bytes(held[:100] + b"\xff" * 8000 + held[8100:])
    for beside in ("-wal", "-shm"):
        path.with_name(name + beside).unlink(missing_ok=True)
    (said,) = look_over(plant).repaired
    assert said.startswith(f"{name} was damaged")
    (kept,) = [each for each in plant.home.glob(f"{name}.damaged-*") if not each.name.endswith(("-wal", "-shm"))]
    assert kept.stat().st_size == len(held)
    assert Database(plant.conversations).rows("SELECT * FROM threads") == []
    assert Registry(plant).promote(PUMP.id, "rul", 1).version == 1  # MLflow's record is written again from the cards


def test_a_registration_broken_off_is_cleared(plant: Storage):
    stray = plant.models(PUMP.id, "rul") / "v2"
    stray.mkdir()
    (said,) = look_over(plant).repaired
    assert said.startswith(f"models/{PUMP.id}/rul/v2 went")
    assert Registry(plant).in_service(PUMP.id)["rul"] == 1


def test_a_job_whose_process_was_killed_counts_as_failed(plant: Storage):
    jobs = Jobs(plant)
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True)
    job = Job.model_validate(
        {"job_id": "train-004-x", "work": "train", "machine_id": PUMP.id, "arguments": {}, "status": "running",
         "progress": 0.4, "step": "learning", "started_at": "2026-06-01T00:00:00Z"}
    )  # fmt: skip
    jobs.report(job, 0.4, "learning")
    jobs.adopt(job.job_id, process.pid)
    assert look_over(plant) == Upkeep()
    process.send_signal(signal.SIGKILL)
    process.wait()
    (said,) = look_over(plant).repaired
    assert "train-004-x" in said
    assert jobs.get(job.job_id).status == "failed"


def _half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize(
    ("which", "says"),
    [
        (f"models/{PUMP.id}/rul/v1/model.onnx", "which is in service, cannot be used"),
        (f"models/{PUMP.id}/rul/in_service.json", "in_service.json"),
        (f"telemetry/{MACHINE.id}/*.parquet", "or import its data again"),
    ],
)
def test_damage_is_named_with_what_to_do(plant: Storage, which: str, says: str):
    record(plant, wearing_lives(failed=2, preventive=0))
    path = next(plant.home.glob(which))
    _half(path)
    found = look_over(plant)
    assert found.repaired == ()
    (said,) = found.damaged
    assert says in said
    assert "backup" in said
    assert path.exists(), "what is damaged is never deleted"


def test_a_damaged_bundle_is_named(plant: Storage):
    folder = plant.bundles(PUMP.id) / "cpu-fp32-1"
    folder.mkdir()
    (folder / "manifest.json").write_text('{"files": {')
    (said,) = look_over(plant).damaged
    assert said.startswith(f"bundles/{PUMP.id}/cpu-fp32-1 cannot be used")


def test_two_servers_on_one_plant_are_refused_until_the_first_is_gone(plant: Storage):
    code = (
        "import sys; from pathlib import Path; from models.storage import Storage\n"
        "from models.upkeep import only_server\n"
        "with only_server(Storage(Path(sys.argv[1]))):\n    print('serving', flush=True)\n    input()"
    )
    first = subprocess.Popen(
        [sys.executable, "-c", code, str(plant.home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert first.stdout is not None
    assert first.stdout.readline() == b"serving\n"
    with pytest.raises(AlreadyServed, match="stop it first"), only_server(plant):
        pass
    first.kill()
    first.wait()
    with only_server(plant):
        pass


def test_conversations_survive_a_kill_in_mid_write(plant: Storage):
    """Every row whose write was acknowledged is there after kill -9."""
    code = (
        "import sys; from pathlib import Path; from agent.database import Sqlite as Database\n"
        "database = Database(Path(sys.argv[1]))\n"
        "for n in range(100000):\n"
        "    database.rows(\"INSERT INTO turns VALUES ('t', ?, '{}')\", n)\n"
        "    print(n, flush=True)"
    )
    writer = subprocess.Popen([sys.executable, "-c", code, str(plant.conversations)], stdout=subprocess.PIPE)
    assert writer.stdout is not None
    for _ in range(200):
        acknowledged = int(writer.stdout.readline())
    writer.kill()
    acknowledged = int((writer.stdout.read().split() or [acknowledged])[-1])
    writer.wait()
    assert look_over(plant) == Upkeep()
    with sqlite3.connect(plant.conversations) as database:
        assert database.execute("SELECT max(number) FROM turns").fetchone()[0] >= acknowledged
