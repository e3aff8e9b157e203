"""Evidently's HTML page on what load, ambient and warm-up do not explain, its thresholds set by the record itself."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from machine_profiles.profile import Profile
from models.drift_residuals import Array, explain
from models.storage import whole_file

BLOCKS = 12
BEYOND = 0.98  # of the record's own blocks lie below the threshold


def start_evidently_report(profile: Profile, reference: pd.DataFrame, window: pd.DataFrame, path: Path) -> None:
    """Residuals of both go into the page; a sensor without readings in either is left out.

    The page is written by a process of its own within half a minute, as Evidently takes seconds to load; until then,
    and where it fails, `path` does not exist, and its log lies beside it.
    """
    explained = explain(profile, reference.reset_index(drop=True), len(window))
    before, after = explained.residuals(reference), explained.residuals(window)
    names = [
        name
        for place, name in enumerate(explained.condition)
        if np.isfinite(before[:, place]).sum() > 24 and np.isfinite(after[:, place]).sum() > 24
    ]
    columns = [explained.condition.index(name) for name in names]
    thresholds = _thresholds(before[:, columns], len(window))
    given = path.with_suffix(".npz")
    with whole_file(given) as temporary, temporary.open("wb") as file:
        np.savez(file, names=names, thresholds=thresholds, before=before[:, columns], after=after[:, columns])
    with path.with_suffix(".log").open("w") as log:
        subprocess.Popen(
            [sys.executable, "-m", "models.drift_report", str(given), str(path)], stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip


def write_page(given: Path, path: Path) -> None:
    """What the process of its own does: read the residuals, write the page, and leave nothing else behind."""
    from models import _evidently  # heavy: 7 s

    with np.load(given) as held:
        names, thresholds = [str(name) for name in held["names"]], held["thresholds"].tolist()
        old, new = (pd.DataFrame(held[part], columns=names) for part in ("before", "after"))
    _evidently.write_report(old, new, dict(zip(names, thresholds, strict=True)), path)
    given.unlink()
    path.with_suffix(".log").unlink(missing_ok=True)


def _thresholds(before: Array, rows: int) -> list[float]:
    """For each sensor the distance that BEYOND of the record's own blocks of so many rows keep below; 0.1 at least."""
    found = []
    for column in before.T:
        rest = column[np.isfinite(column)]
        starts = np.linspace(0, max(len(rest) - rows, 0), BLOCKS).astype(int)
        distances = [_distance(rest, rest[start : start + rows]) for start in starts]
        found.append(max(float(np.quantile(distances, BEYOND)) * 1.1, 0.1))
    return found


def _distance(reference: Array, window: Array) -> float:
    """The 1-Wasserstein distance over the reference's standard deviation, by quantiles."""
    shares = np.linspace(0.005, 0.995, 100)
    apart = np.abs(np.quantile(reference, shares) - np.quantile(window, shares)).mean()
    return float(apart / max(float(reference.std()), 1e-12))


if __name__ == "__main__":
    write_page(Path(sys.argv[1]), Path(sys.argv[2]))
