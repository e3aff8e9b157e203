"""Backup and restore of HOME: one file that holds a coherent copy, made while Millwright runs."""

import gzip
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from machine_profiles.errors import MillwrightError
from models.results import Result
from models.service_state import STATE
from models.storage import Storage, sha256, whole_file

MANIFEST = "backup.json"
LEFT_OUT = {"cache", "knowledge/index", "backups"}  # made again from what is kept; older backups
DATABASES = (".sqlite", ".sqlite3", ".db")
BESIDE_DATABASES = ("-wal", "-shm", "-journal")
GROWING = (".jsonl", ".log")  # appended to in place, where every other file is replaced whole


class BadBackup(MillwrightError):
    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} cannot be restored: {reason} Nothing was changed.")


class HomeInUse(MillwrightError):
    def __init__(self, home: Path) -> None:
        super().__init__(
            f"{home} holds a plant already. Restore into an empty folder (set MILLWRIGHT_HOME), "
            f"or move {home} away first."
        )


class Backup(Result):
    """What a backup holds: SHA-256 by path below HOME. Links stand in `links`, with where they lead."""

    made_at: datetime
    files: dict[str, str]
    links: dict[str, str]
    size_bytes: int = 0


def back_up(storage: Storage, target: Path) -> Backup:
    """Write everything under HOME but caches into `target`, a gzipped tar file, whole or not at all.

    Models in service are read before the versions they name, and the audit log last, so that the copy never names
    what it lacks. Databases are copied by SQLite itself, in one transaction each.
    """
    target = Path(target).absolute()
    if not storage.home.is_dir():
        raise MillwrightError(f"There is no plant in {storage.home}; nothing to back up.")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=storage.home) as folder:
        copy = Path(folder)
        links = _copy_all(storage.home, copy)
        files = {path.relative_to(copy).as_posix(): sha256(path) for path in sorted(copy.rglob("*")) if path.is_file()}
        made = Backup(made_at=datetime.now(UTC), files=files, links=links)
        (copy / MANIFEST).write_text(made.model_dump_json(indent=1, exclude={"size_bytes"}))
        with whole_file(target) as temporary:
            _pack(copy, temporary)
    return made.model_copy(update={"size_bytes": target.stat().st_size})


def restore(source: Path, home: Path) -> Backup:
    """Put a backup's plant into `home`, which must not hold one. Every file is checked before the first is in place.

    Raises BadBackup where the file is damaged or no backup, HomeInUse where `home` is not empty.
    """
    source, home = Path(source), Path(home).absolute()
    if home.exists() and any(home.iterdir()):
        raise HomeInUse(home)
    home.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{home.name}.", dir=home.parent) as folder:
        unpacked = Path(folder) / "plant"
        unpacked.mkdir()
        made = _unpack(source, unpacked)
        (unpacked / MANIFEST).unlink()
        if home.exists():
            home.rmdir()
        os.replace(unpacked, home)
    return made


def _copy_all(home: Path, copy: Path) -> dict[str, str]:
    """Copy HOME's files; the links found, as text. Files replaced whole are linked, which takes no time or room."""
    links: dict[str, str] = {}
    for path in sorted(_kept(home), key=lambda path: (_turn(path), path)):
        name = path.relative_to(home)
        to = copy / name
        to.parent.mkdir(parents=True, exist_ok=True)
        try:
            if path.is_symlink():
                links[name.as_posix()] = os.readlink(path)
            elif path.suffix in DATABASES:
                _copy_database(path, to)
            elif path.suffix in GROWING:
                shutil.copy2(path, to)
                _end_at_line(to)
            else:
                _link(path, to)
        except FileNotFoundError:
            continue  # gone since the folder was listed: a temporary name, or something deleted
    return links


def _turn(path: Path) -> int:
    """What names other files comes first, the audit log last."""
    return 0 if path.name == STATE else 2 if path.name == "audit.jsonl" else 1


def _kept(home: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(home):
        here = Path(folder)
        inside = here.relative_to(home).as_posix()
        linked = [name for name in folders if (here / name).is_symlink()]
        folders[:] = [
            name for name in folders
            if name not in linked and not name.startswith(".") and f"{inside}/{name}".removeprefix("./") not in LEFT_OUT
        ]  # fmt: skip
        for name in [*names, *linked]:
            if not name.startswith(".") and not name.endswith((".lock", *BESIDE_DATABASES)):
                yield here / name


def _copy_database(path: Path, to: Path) -> None:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as source, closing(sqlite3.connect(to)) as target:
        try:
            source.backup(target)
        except sqlite3.DatabaseError as error:
            raise MillwrightError(f"{path} cannot be read ({error}); the backup was not made.") from error


def _end_at_line(path: Path) -> None:
    """A line that was being written is not part of the copy."""
    held = path.read_bytes()
    if not held.endswith(b"\n"):
        path.write_bytes(held[: held.rfind(b"\n") + 1])


def _link(path: Path, to: Path) -> None:
    try:
        os.link(path, to)
    except OSError as error:
        if isinstance(error, FileNotFoundError):
            raise
        shutil.copy2(path, to)  # a file system without hard links


def _pack(copy: Path, target: Path) -> None:
    with gzip.open(target, "wb", compresslevel=1) as stream, tarfile.open(fileobj=stream, mode="w|") as tar:
        tar.add(copy / MANIFEST, MANIFEST)
        for path in sorted(copy.rglob("*")):
            if path.is_file() and path != copy / MANIFEST:
                info = tar.gettarinfo(path, path.relative_to(copy).as_posix())
                info.type, info.linkname = tarfile.REGTYPE, ""  # a hard link of the copy's is a file of the backup's
                info.size = path.stat().st_size
                with path.open("rb") as content:
                    tar.addfile(info, content)


def _unpack(source: Path, folder: Path) -> Backup:
    if not source.is_file():
        raise BadBackup(source, "there is no such file.")
    try:
        with tarfile.open(source, "r:gz") as tar:
            tar.extractall(folder, filter="data")
        made = Backup.model_validate_json((folder / MANIFEST).read_text())
    except (tarfile.TarError, EOFError, OSError, gzip.BadGzipFile) as error:
        raise BadBackup(source, f"it is damaged, or no backup of Millwright's ({error}).") from error
    except (ValidationError, json.JSONDecodeError) as error:
        raise BadBackup(source, "its table of contents cannot be read.") from error
    for name, expected in made.files.items():
        path = folder / name
        if not path.is_file() or sha256(path) != expected:
            raise BadBackup(source, f"{name} in it is missing or damaged.")
    for name, leads_to in made.links.items():
        link = folder / name
        if not (link.parent / leads_to).resolve().is_relative_to(folder.resolve()):
            raise BadBackup(source, f"the link {name} in it leads out of the plant.")
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(leads_to)
    return made.model_copy(update={"size_bytes": source.stat().st_size})
