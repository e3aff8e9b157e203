"""Where state lies under HOME: the only code that joins paths, and the way files are written whole or not at all."""

import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from machine_profiles.errors import MillwrightError


class StorageFull(MillwrightError):
    """The disk has no room; what was being written is not there."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"The disk that holds {path} is full. Free some space and try again; nothing was changed.")


class NotWritable(MillwrightError):
    """State cannot be kept; nothing may be answered as if it had been."""

    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(
            f"{path} cannot be written ({error.strerror}). Millwright keeps its state there: give it a folder that "
            f"this user may write (MILLWRIGHT_HOME), or mount it writable. Nothing was changed."
        )


class Storage:
    """The layout of HOME. Asking for a path makes its folder."""

    def __init__(self, home: Path) -> None:
        self.home = Path(home).resolve()

    def require_writable(self) -> None:
        """Raises NotWritable, or StorageFull, before any work is begun that could not be kept."""
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(prefix=".writable.", dir=self.home)
            os.close(descriptor)
            os.unlink(name)
        except OSError as error:
            raise _explained(error, self.home) from error

    @property
    def plant_file(self) -> Path:
        return self._in("plant.json")

    @property
    def profiles(self) -> Path:
        return self._folder("profiles")

    def telemetry(self, machine_id: str) -> Path:
        return self._folder("telemetry", machine_id)

    def maintenance(self, machine_id: str) -> Path:
        return self._in("maintenance", f"{machine_id}.jsonl")

    def rejected(self, machine_id: str, import_id: str) -> Path:
        return self._in("rejected", machine_id, f"{import_id}.csv")

    def datasets(self, machine_id: str) -> Path:
        return self._folder("datasets", machine_id)

    def models(self, machine_id: str, task: str) -> Path:
        return self._folder("models", machine_id, task)

    def bundles(self, machine_id: str) -> Path:
        return self._folder("bundles", machine_id)

    def plots(self) -> Path:
        return self._folder("plots")

    @property
    def uploads(self) -> Path:
        """What browsers have sent, under names of ours."""
        return self._folder("uploads")

    def uploads_of(self, person: str) -> Path:
        """What one of several people has sent; nobody else is shown it."""
        return self._folder("uploads", hashlib.sha256(person.encode()).hexdigest()[:16])

    def pictures(self, machine_id: str) -> Path:
        """What a machine's cameras saw, each with its diagnosis beside it; `rejected` keeps those refused."""
        return self._folder("pictures", machine_id)

    def reports(self, machine_id: str) -> Path:
        return self._folder("reports", machine_id)

    def drift_page(self, machine_id: str, name: str) -> Path:
        return self._in("drift", machine_id, f"{name}.html")

    @property
    def alarms(self) -> Path:
        """A file of episodes for each machine."""
        return self._folder("alarms")

    def job(self, job_id: str) -> Path:
        return self._folder("jobs", job_id)

    @property
    def jobs(self) -> Path:
        return self._folder("jobs")

    def loop(self, machine_id: str) -> Path:
        """Where a machine stands in the loop."""
        return self._in("loop", f"{machine_id}.json")

    @property
    def loop_lock(self) -> Path:
        return self._in("loop", ".lock")

    @property
    def mlflow_database(self) -> Path:
        return self._in("mlflow.db")

    @property
    def mlflow_artifacts(self) -> Path:
        return self._folder("mlflow_artifacts")

    @property
    def conversations(self) -> Path:
        return self._in("conversations.sqlite")

    @property
    def accounts(self) -> Path:
        return self._in("accounts.json")

    @property
    def audit_log(self) -> Path:
        return self._in("audit.jsonl")

    def knowledge(self, part: str) -> Path:
        """A folder of the knowledge base: `documents` that were added, `index` of all passages."""
        return self._folder("knowledge", part)

    @property
    def cache(self) -> Path:
        return self._folder("cache")

    @property
    def truth(self) -> Path:
        """What is really wrong with the simulated plant; only evals and tests may read it."""
        return self._in("truth", "truth.json")

    def relative(self, path: Path) -> str:
        """A path as it is written into records: it stays right where HOME is moved or copied."""
        return Path(path).resolve().relative_to(self.home).as_posix()

    def absolute(self, relative: str) -> Path:
        path = (self.home / relative).resolve()
        if not path.is_relative_to(self.home):
            raise MillwrightError(f"{relative!r} lies outside {self.home}; only files below it can be opened this way.")
        return path

    def clear_half_written(self, process: int) -> None:
        """Remove what a process that was killed had begun to write below HOME."""
        for left in list(self.home.rglob(f".*.{HALF}{process}.*")):
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)

    def _in(self, *parts: str) -> Path:
        path = self.home.joinpath(*parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def _folder(self, *parts: str) -> Path:
        path = self.home.joinpath(*parts)
        path.mkdir(parents=True, exist_ok=True)
        return path


HALF = "half-"  # of the temporary name of what a process writes


def _half(path: Path) -> str:
    return f".{path.name}.{HALF}{os.getpid()}."


def size_of(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a temporary name beside `path`; it takes `path`'s place when the block ends well, and goes otherwise.

    Raises StorageFull where the disk has no room, NotWritable where the place is read-only.
    """
    try:
        descriptor, name = tempfile.mkstemp(prefix=_half(path), dir=path.parent)
    except OSError as error:
        raise _explained(error, path) from error
    os.close(descriptor)
    temporary = Path(name)
    try:
        yield temporary
        _flush(temporary)
        os.replace(temporary, path)
        _flush(path.parent)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        if (explained := _explained(error, path)) is not error:
            raise explained from error
        raise
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """The same for a folder, which must not exist yet: it appears complete under its name, or not at all."""
    try:
        temporary = Path(tempfile.mkdtemp(prefix=_half(path), dir=path.parent))
    except OSError as error:
        raise _explained(error, path) from error
    try:
        yield temporary
        os.replace(temporary, path)
        _flush(path.parent)
    except OSError as error:
        shutil.rmtree(temporary, ignore_errors=True)
        if (explained := _explained(error, path)) is not error:
            raise explained from error
        raise
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def _explained(error: OSError, path: Path) -> Exception:
    """What a person can act on; any other error is itself."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageFull(path)
    here = error.filename is not None and Path(error.filename).is_relative_to(path.parent)  # not of a file being read
    if error.errno == errno.EROFS or (error.errno in (errno.EACCES, errno.EPERM) and here):
        return NotWritable(path, error)
    return error


def sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
