"""Looking a plant's files over: what a crash left behind is put right, and what is damaged is named."""

import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from machine_profiles.errors import MillwrightError
from models.jobs import Jobs
from models.locks import Locked, locked
from models.results import TASKS, Result
from models.service_state import read_state
from models.storage import Storage, whole_file

UNFINISHED_S = 600.0  # a temporary name that nothing has touched for so long belongs to nobody
RESTORE = "Bring it back from a backup (`millwright restore`)"


class AlreadyServed(MillwrightError):
    def __init__(self, home: Path) -> None:
        super().__init__(
            f"Another Millwright serves the plant in {home} already. Use that one, stop it first, "
            f"or give this one a plant of its own (MILLWRIGHT_HOME)."
        )


class Upkeep(Result):
    """`repaired` was put right; `damaged` needs a person. Each is a sentence that names the file."""

    repaired: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()


@contextmanager
def only_server(storage: Storage) -> Iterator[None]:
    """Hold the plant as its one server while the block runs. Raises AlreadyServed."""
    storage.home.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        try:
            held.enter_context(locked(storage.home / "serve.lock", wait_s=0))
        except Locked:
            raise AlreadyServed(storage.home) from None
        yield


def look_over(storage: Storage) -> Upkeep:
    """Check every kind of file under HOME, and repair what can be repaired without losing anything.

    A damaged file is never deleted: it keeps its content under a name that says so. Call it as the plant's one server,
    or while none runs.
    """
    repaired = [
        *_unfinished(storage), *_cut_lines(storage), *_databases(storage), *_never_registered(storage), *_jobs(storage),
    ]  # fmt: skip
    damaged = [
        *_tables(storage, "telemetry/*/*.parquet", "import its data again"),
        *_tables(storage, "datasets/*/[!.]*/*.parquet", "make it again"),
        *_models(storage),
        *_small_files(storage),
        *_bundles(storage),
    ]
    return Upkeep(repaired=tuple(repaired), damaged=tuple(damaged))


def _unfinished(storage: Storage) -> Iterator[str]:
    """Temporary files and folders, named `.<name>.<random>` by whole_file and whole_folder."""
    removed = 0
    for path in storage.home.rglob(".*.*"):
        if path.suffix == ".lock" or "cache" in path.relative_to(storage.home).parts:
            continue
        if path.exists() and time.time() - _touched(path) > UNFINISHED_S:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
            removed += 1
    if removed:
        yield f"{removed} file{'s' if removed > 1 else ''} that a crash left half-written went; none had been in use."


def _touched(path: Path) -> float:
    return max((each.lstat().st_mtime for each in [path, *path.rglob("*")]), default=0.0)


def _cut_lines(storage: Storage) -> Iterator[str]:
    """A log whose last line was being written when the process died: the stump is kept beside it."""
    for path in [storage.audit_log, *sorted((storage.home / "maintenance").glob("*.jsonl"))]:
        held = path.read_bytes() if path.exists() else b""
        if held and not held.endswith(b"\n"):
            whole, stump = held[: held.rfind(b"\n") + 1], held[held.rfind(b"\n") + 1 :]
            aside = _aside(path)
            aside.write_bytes(stump)
            with whole_file(path) as temporary:
                temporary.write_bytes(whole)
            yield f"The last line of {path.name} had been cut short by a crash; the stump is in {aside.name}."


def _databases(storage: Storage) -> Iterator[str]:
    """A database that SQLite finds damaged is set aside, and a new one is begun in its place."""
    lost = {
        storage.conversations: "Conversations and changes that waited in it are out of reach until it is restored",
        storage.mlflow_database: "MLflow's record is written again from the models' own cards as they next change",
    }
    for path, consequence in lost.items():
        if path.exists() and (found := _fault(path)):
            aside = _aside(path)
            for beside in ("", "-wal", "-shm"):
                if (part := path.with_name(path.name + beside)).exists():
                    part.rename(aside.with_name(aside.name + beside))
            yield f"{path.name} was damaged ({found}); it is kept as {aside.name}. {consequence}."


def _fault(path: Path) -> str | None:
    try:
        with closing(sqlite3.connect(path, timeout=30)) as database:
            found = database.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        return str(error)
    return None if found == "ok" else str(found)


def _never_registered(storage: Storage) -> Iterator[str]:
    """Versions whose registration a crash broke off: nobody was told of them."""
    for folder in _task_folders(storage):
        try:
            known = {f"v{version}" for version in read_state(folder).versions}
        except MillwrightError:
            continue  # told under _models
        for path in [each for each in folder.iterdir() if each.is_dir() and each.name not in known]:
            shutil.rmtree(path)
            yield f"{_named(storage, path)} went: its registration had been broken off, and it never was in service."


def _jobs(storage: Storage) -> Iterator[str]:
    jobs = Jobs(storage)
    for path in sorted(storage.jobs.glob("*/job.json")):
        before = path.read_bytes()
        job = jobs.get(path.parent.name)
        if job.status == "failed" and path.read_bytes() != before:
            yield f"Job {job.job_id} had ended without a result when its process was gone; it counts as failed."


def _tables(storage: Storage, pattern: str, otherwise: str) -> Iterator[str]:
    """Parquet files below HOME whose footer cannot be read; `otherwise`: what helps without a backup."""
    import pyarrow.parquet as parquet

    for path in sorted(storage.home.glob(pattern)):
        try:
            parquet.ParquetFile(path, page_checksum_verification=True)
        except Exception as error:  # noqa: BLE001 - Arrow raises several kinds, and each means the same here
            yield f"{_named(storage, path)} cannot be read ({_first_line(error)}). {RESTORE}, or {otherwise}."


def _models(storage: Storage) -> Iterator[str]:
    from models.inference import try_graph
    from models.model_card import read_card

    for folder in _task_folders(storage):
        try:
            state = read_state(folder)
        except MillwrightError as error:
            yield str(error)
            continue
        for version in state.versions:
            place = folder / f"v{version}"
            try:
                try_graph(place, read_card(place))
            except (MillwrightError, OSError, ValueError) as error:
                served = ", which is in service," if version == state.champion else ""
                why = _first_line(error)
                yield f"{_named(storage, place)}{served} cannot be used ({why}). {RESTORE}, or train again."


def _small_files(storage: Storage) -> Iterator[str]:
    """Where machines stand in the loop, and their alarms."""
    from models.alarms import read_episodes
    from models.loop_state import read_loop  # onnx
    from models.state_file import DamagedState

    for folder, read in (("loop", read_loop), ("alarms", read_episodes)):
        for path in sorted((storage.home / folder).glob("[!.]*.json")):
            try:
                read(storage, path.stem)
            except DamagedState as error:
                yield str(error)


def _bundles(storage: Storage) -> Iterator[str]:
    from models.edge_runtime.run import Damaged, read_manifest

    for folder in sorted((storage.home / "bundles").glob("*/[!.]*")):
        try:
            read_manifest(str(folder))
        except Damaged as error:
            yield f"{_named(storage, folder)} cannot be used ({_first_line(error)}). Export it again."


def _task_folders(storage: Storage) -> Iterator[Path]:
    for machine in sorted((storage.home / "models").glob("*")):
        yield from (machine / task for task in TASKS if (machine / task).is_dir())


def _aside(path: Path) -> Path:
    return path.with_name(f"{path.name}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%S}")


def _named(storage: Storage, path: Path) -> str:
    return path.relative_to(storage.home).as_posix()


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:160].rstrip(".")
