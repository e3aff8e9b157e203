"""AutoGluon as the teacher: what its ensemble answers, and nothing when the time was too short for it."""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.timed_process import run_in_time

STARTING_S = 12.0  # its libraries take this long to load on a busy core
FEWEST_SECONDS = 20.0  # less than this teaches nothing that LightGBM alone does not


@dataclass(frozen=True)
class Teacher:
    """own (n,): answers for the rows taught, each from models that had not seen its life; answers: for other rows."""

    own: NDArray[np.float64]
    answers: NDArray[np.float64]
    name: str


def ask_autogluon(
    features: NDArray[np.float32],
    label: NDArray[np.float64],
    fold: NDArray[np.int64],
    judged: NDArray[np.float32],
    binary: bool,
    seconds: float,
    seed: int,
    threads: int,
) -> Teacher | None:
    """Search for `seconds` in all, in a process of its own; None where it did not come to an answer in time."""
    started = time.monotonic()
    if seconds < FEWEST_SECONDS:
        return None
    with tempfile.TemporaryDirectory(prefix="teacher-") as folder:
        work = Path(folder)
        np.savez(
            work / "in.npz", features=features, label=label, fold=fold, judged=judged, binary=binary, seed=seed,
            threads=threads, seconds=max(0.75 * (seconds - STARTING_S), 4.0),
        )  # fmt: skip
        ended = run_in_time("models._autogluon", work, seconds - (time.monotonic() - started))
        if not ended or not (work / "out.npz").exists():
            return None
        with np.load(work / "out.npz") as found:
            return Teacher(found["own"], found["answers"], str(found["name"]))
