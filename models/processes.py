"""Processes of ours: whether one still runs, and how its whole group is stopped."""

import os
import signal
import time
from pathlib import Path


def identity(process: int) -> str:
    """A process's number and when it started: a number alone is given out again."""
    return f"{process} {_started(process) or '-'}"


def runs(identity: str) -> bool:
    """Whether that very process is there; one that has ended but was not yet waited for is not."""
    process, started = identity.split()
    return _started(int(process)) == started


def stop_group(identity: str, patience_s: float = 2.0) -> None:
    """End the process and its children: asked first, killed after `patience_s`. Other processes are never touched."""
    process, started = identity.split()
    if _started(int(process)) not in (started, None):  # the number is another's now, so its group is too
        return
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(int(process), sign)
        except (ProcessLookupError, PermissionError):
            return
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline and runs(identity):
            time.sleep(0.05)


def _started(process: int) -> str | None:
    """Clock ticks from boot to the process's start (proc(5), field 22); None where it is gone or a zombie."""
    try:
        stated = Path(f"/proc/{process}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stated.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else fields[19]
