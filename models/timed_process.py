"""A computation in a process of its own, which is stopped when its time is up."""

import subprocess
import sys
from pathlib import Path


def run_in_time(module: str, work: Path, seconds: float) -> bool:
    """Run `python -m module work`; whether it ended by itself, and well, within `seconds`. None of it stays behind."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, str(work)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=_root(),
    )  # fmt: skip
    try:
        return process.wait(timeout=max(seconds, 0.0)) == 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _root() -> Path:
    return Path(__file__).resolve().parent.parent
