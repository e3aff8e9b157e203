"""The UCI hydraulic rig through the ordinary path: import cycles and conditions, learn, tell of blocks held out."""

import time
from pathlib import Path

import numpy as np

from evals.benchmarks.conditions import PEERS, Places, Told, tell_held_out
from evals.benchmarks.result import BenchResult, files_of
from models import metrics
from models.jobs import Report

HERE = Path(__file__).parent
BLOCKS = 10
CONDITIONS = ["cooler", "valve", "pump_leak", "accumulator"]
HOW_TO_GET = (
    "Get Condition monitoring of hydraulic systems from the UCI Machine Learning Repository, take each sensor's mean "
    "over each cycle, and store them with the four conditions as hydraulic_cycle_means.parquet, cycles in order."
)


def run(data: Path | None, seed: int, report: Report) -> BenchResult:
    """Score the level of four conditions in each cycle, told by models that learnt from the other blocks."""
    started = time.monotonic()
    files = files_of(data, "hydraulic_cycle_means", HOW_TO_GET)
    told = [each for file in files for each in tell_held_out(file, HERE, CONDITIONS, blocks, seed, report)]
    chosen = {each.condition.name: ", ".join(sorted(set(each.chosen))) for each in told}
    return BenchResult(
        name="hydraulic",
        figures=scores(told, "millwright"),
        peers={who: scores(told, who) for who in PEERS},
        protocol=(
            f"Level of {', '.join(CONDITIONS)} in each cycle; whole blocks held out: {BLOCKS} runs of neighbouring "
            f"cycles of equal length, each told by a model that learnt from the other {BLOCKS - 1}. Balanced accuracy: "
            f"mean recall of the levels over all cycles, then the mean of the four conditions. Model, cut and "
            f"calibration are chosen on runs of neighbouring cycles inside those learnt from "
            f"({'; '.join(f'{name}: {by}' for name, by in chosen.items())}). Inputs: readings and derived quantities "
            f"of the cycle and their means over the cycles before it, no labels of other cycles, no place in time; "
            f"`stable` is no input. LightGBM: its defaults on the cycle means. Constant: the commonest level. "
            f"Shuffled: the chosen model on labels exchanged between the cycles learnt from."
        ),
        data=", ".join(file.stem for file in files),
        seed=seed,
        n=sum(len(each.true) for each in told if each.condition.name == CONDITIONS[0]),
        seconds=round(time.monotonic() - started, 1),
    )


def scores(told: list[Told], who: str) -> dict[str, float]:
    found = {}
    for name in CONDITIONS:
        own = [each for each in told if each.condition.name == name]
        true, given = (np.concatenate(parts) for parts in ([e.true for e in own], [e.given[who] for e in own]))
        found[f"balanced_accuracy_{name}"] = metrics.balanced_accuracy(true, given)
    return {"balanced_accuracy": float(np.mean(list(found.values()))), **found}


def blocks(label: Places, _seed: int) -> Places:
    """Runs of neighbouring rows."""
    return np.arange(len(label)) * BLOCKS // len(label)
