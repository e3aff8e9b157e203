"""SKAB through the ordinary path: import experiments, and judge each against its own first 400 rows."""

import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evals.benchmarks.plant import NOW, BenchPlant
from evals.benchmarks.result import BenchResult, files_of
from machine_profiles.errors import MillwrightError
from models import metrics
from models.condition_labels import import_conditions, labelled_rows
from models.jobs import Report
from models.own_baseline import judge_by_own_baseline

HERE = Path(__file__).parent
HOW_TO_GET = (
    "Get SKAB from github.com/waico/SKAB, put the experiments' tables together with a column `file` that names each "
    "(anomaly-free files may be among them), and store them as skab.parquet or skab.csv."
)
Answers = dict[str, NDArray[np.bool_]]


def run(data: Path | None, seed: int, report: Report) -> BenchResult:
    """Score which rows behind each experiment's first 400 are anomalous, as SKAB's leaderboard does."""
    started = time.monotonic()
    files = files_of(data, "skab", HOW_TO_GET)
    judged = pd.concat([_judged(file, seed, report) for file in files], ignore_index=True)
    faulty = judged.groupby("life")["true"].transform("any")
    asked, sound = judged[faulty], judged[~faulty]
    if asked.empty:
        raise MillwrightError(f"No experiment of {', '.join(f.name for f in files)} has an anomalous row to be found.")
    figures = scores(asked, "millwright")
    if len(sound):
        figures["far_sound_files"] = 100 * float(sound["millwright"].mean())
    return BenchResult(
        name="skab",
        figures=figures,
        peers={who: scores(asked, who) for who in ("isolation_forest", "constant", "shuffled")},
        protocol=(
            f"Outlier detection as SKAB's leaderboard: rows of all experiments with a fault at once, F1, FAR and MAR "
            f"(percent) of rows. Each experiment is judged against its own first 400 rows, which are left out of the "
            f"figures; how far sound readings wander is learnt from those first rows of all experiments in the folder "
            f"(the leaderboard's models learn from one experiment's alone), and the alarm is the distance that 1 % of "
            f"them pass; no label is used. "
            f"{asked['life'].nunique()} experiments with a fault, {sound['life'].nunique()} without: far_sound_files "
            f"is the share of rows called anomalous there. Isolation forest: scikit-learn's defaults on the raw "
            f"columns, learnt from the same 400 rows. Constant: every row anomalous. Shuffled: the model's answers "
            f"exchanged between the rows of each experiment."
        ),
        data=", ".join(file.stem for file in files),
        seed=seed,
        n=len(asked),
        seconds=round(time.monotonic() - started, 1),
    )


def scores(rows: pd.DataFrame, who: str) -> dict[str, float]:
    """F1; FAR and MAR, sound rows called anomalous and the reverse, in percent (SKAB, core/metrics.py)."""
    true, said = rows["true"].to_numpy(bool), rows[who].to_numpy(bool)
    return {
        "f1": metrics.f1(true.astype(float), said),
        "far": 100 * float(said[~true].mean()),
        "mar": 100 * float((~said[true]).mean()),
    }


def _judged(file: Path, seed: int, report: Report) -> pd.DataFrame:
    """`life`, `true`, and what each said, of every row that is judged."""
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        plant = BenchPlant.at(Path(home), HERE / "profile.yaml")
        report(0.1, f"importing {file.name}")
        plant.bring_in(file, HERE / "column_map.yaml")
        import_conditions(plant.datasets, plant.profile, file, HERE / "column_map.yaml", NOW)
        rows = labelled_rows(plant.telemetry, plant.datasets, plant.profile)
        report(0.5, f"judging {len(rows.lives.names)} experiments")
        said = judge_by_own_baseline(plant.profile, rows.lives)
        judged = said.assign(true=(rows.labels["rig"] == "anomalous").loc[said.index])
    random = np.random.default_rng(seed)
    report(0.7, "the peers")
    forest = _isolation_forest(rows.lives.rows, list(rows.lives.sensors), plant.profile.modelling.baseline_rows, seed)
    return judged.assign(
        millwright=judged["anomalous"],
        isolation_forest=forest,
        constant=True,
        shuffled=judged.groupby("life")["anomalous"].transform(lambda own: random.permutation(own.to_numpy())),
    )


def _isolation_forest(rows: pd.DataFrame, sensors: list[str], first: int, seed: int) -> NDArray[np.bool_]:
    """The leaderboard's simplest peer: no part of Millwright's modelling."""
    from sklearn.ensemble import IsolationForest

    said = []
    for _, own in rows.groupby("life", sort=False):
        values = own.sort_values("hours", kind="stable")[sensors].to_numpy(np.float64)
        forest = IsolationForest(random_state=seed, n_jobs=1).fit(values[:first])
        said.append(forest.predict(values[first:]) < 0)
    return np.concatenate(said)
