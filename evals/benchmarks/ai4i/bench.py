"""AI4I 2020 through the ordinary path: import rows and conditions, learn, and tell of rows held out."""

import time
from pathlib import Path

import numpy as np

from evals.benchmarks.conditions import PEERS, Places, Told, tell_held_out
from evals.benchmarks.result import BenchResult, files_of
from models import metrics
from models.jobs import Report

HERE = Path(__file__).parent
FOLDS = 5
HOW_TO_GET = (
    "Get the AI4I 2020 Predictive Maintenance Dataset from the UCI Machine Learning Repository and store its table, "
    "columns as they are, as ai4i2020.csv or .parquet."
)


def run(data: Path | None, seed: int, report: Report) -> BenchResult:
    """Score, for each row, whether the machine failed, told by a model that learnt from the other four folds."""
    started = time.monotonic()
    files = files_of(data, "ai4i2020", HOW_TO_GET)
    told = [tell_held_out(file, HERE, ["machine"], stratified, seed, report)[0] for file in files]
    chosen = sorted({name for each in told for name in each.chosen})
    return BenchResult(
        name="ai4i",
        figures=scores(told, "millwright"),
        peers={who: scores(told, who) for who in PEERS},
        protocol=(
            f"Machine failure of each row, {FOLDS} folds within the file, drawn by level with seed {seed}; figures are "
            f"means over folds, macro_f1_pooled is over all rows at once. Inputs: type, temperatures, speed, torque, "
            f"tool wear, and the profile's derived quantities; TWF, HDF, PWF, OSF and RNF are outcomes and no inputs. "
            f"Model and cut are chosen on folds inside the rows learnt from ({', '.join(chosen)}). LightGBM: its "
            f"defaults on the six raw columns, cut at 0.5. Constant: the commonest level. Shuffled: the same path on "
            f"labels exchanged between the rows learnt from."
        ),
        data=", ".join(file.stem for file in files),
        seed=seed,
        n=sum(len(each.true) for each in told),
        seconds=round(time.monotonic() - started, 1),
    )


def scores(told: list[Told], who: str) -> dict[str, float]:
    by_fold = [
        (each.true[own], each.given[who][own], each.probability[who][own])
        for each in told
        for own in (each.fold == number for number in np.unique(each.fold))
    ]
    true = np.concatenate([each.true for each in told])
    given = np.concatenate([each.given[who] for each in told])
    return {
        "macro_f1": float(np.mean([metrics.macro_f1(own, said) for own, said, _ in by_fold])),
        "average_precision": float(
            np.mean([metrics.average_precision(own.astype(float), said) for own, _, said in by_fold])
        ),
        "macro_f1_pooled": metrics.macro_f1(true, given),
    }


def stratified(label: Places, seed: int) -> Places:
    random, fold = np.random.default_rng(seed), np.zeros(len(label), np.int64)
    for level in np.unique(label):
        rows = random.permutation(np.flatnonzero(label == level))
        fold[rows] = np.arange(len(rows)) % FOLDS
    return fold
