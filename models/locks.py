"""One writer at a time, across processes and threads, by a lock file that the system frees when its holder dies."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from machine_profiles.errors import MillwrightError


class Locked(MillwrightError):
    def __init__(self, path: Path, wait_s: float) -> None:
        super().__init__(
            f"Another process has held {path.parent.name}/{path.name} for more than {wait_s:g} s; "
            f"try again when it has ended. Nothing was changed."
        )


@contextmanager
def locked(path: Path, wait_s: float = 60.0) -> Iterator[None]:
    """Hold the lock file `path` for the block. Raises Locked where another keeps it longer than `wait_s`."""
    with path.open("a") as file:
        deadline = time.monotonic() + wait_s
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise Locked(path, wait_s) from None
                time.sleep(0.02)
        yield  # closing the file frees the lock
