"""Files appear whole or not at all, and records hold paths that survive a move of HOME."""

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from machine_profiles.errors import MillwrightError
from models.storage import NotWritable, Storage, StorageFull, sha256, whole_file, whole_folder


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path):
    path = tmp_path / "plant.json"
    path.write_text("old")
    with pytest.raises(RuntimeError), whole_file(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert [p.name for p in tmp_path.iterdir()] == ["plant.json"]
    assert path.read_text() == "old"


def test_a_full_disk_is_said_so_and_nothing_is_left(tmp_path: Path):
    with pytest.raises(StorageFull, match="Free some space"), whole_folder(tmp_path / "bundle") as temporary:
        (temporary / "model.onnx").write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert list(tmp_path.iterdir()) == []


def test_a_really_full_disk_is_said_so(tmp_path: Path):
    """/dev/full refuses every write as a full disk does."""
    with pytest.raises(StorageFull), whole_file(tmp_path / "x"), open("/dev/full", "w") as full:
        full.write("x" * 100_000)
    assert list(tmp_path.iterdir()) == []


def test_a_kill_in_mid_write_leaves_the_old_file(tmp_path: Path):
    path = tmp_path / "registry.json"
    path.write_text("old")
    code = (
        "import os, sys, pathlib\n"
        "from models.storage import whole_file\n"
        "with whole_file(pathlib.Path(sys.argv[1])) as temporary:\n"
        "    temporary.write_text('half')\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    assert subprocess.run([sys.executable, "-c", code, str(path)]).returncode == -9
    assert path.read_text() == "old"


def test_records_hold_paths_that_survive_a_move(tmp_path: Path):
    before, after = Storage(tmp_path / "a"), Storage(tmp_path / "b")
    recorded = before.relative(before.models("PUMP_X_001", "rul") / "v1")
    assert after.absolute(recorded) == (tmp_path / "b/models/PUMP_X_001/rul/v1").resolve()


def test_a_path_outside_home_is_refused(tmp_path: Path):
    with pytest.raises(MillwrightError, match="outside"):
        Storage(tmp_path).absolute("../../etc/passwd")


def test_sha256_of_a_known_text(tmp_path: Path):
    (tmp_path / "abc").write_bytes(b"abc")
    assert sha256(tmp_path / "abc").startswith("ba7816bf8f01cfea")


def test_a_home_that_cannot_be_written_is_refused_with_what_to_do():
    """Nobody may make a folder in /sys, root included."""
    with pytest.raises(NotWritable, match="MILLWRIGHT_HOME"):
        Storage(Path("/sys/millwright")).require_writable()


def test_a_place_that_has_become_read_only_is_said_so():
    with pytest.raises(NotWritable, match="cannot be written"), whole_file(Path("/sys/plant.json")):
        pass
    with pytest.raises(NotWritable, match="cannot be written"), whole_folder(Path("/sys/v1")):
        pass
