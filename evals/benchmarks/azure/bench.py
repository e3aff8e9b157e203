"""Azure PdM through the ordinary path: import with event files, label, train, and an answer for each hour."""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evals.benchmarks.azure.peer import windows_lightgbm
from evals.benchmarks.plant import BenchPlant, blank_database
from evals.benchmarks.result import BenchResult, read_all
from machine_profiles.errors import MillwrightError
from models import metrics, rul, training
from models.examples import sorted_lives
from models.jobs import Report

HERE = Path(__file__).parent
HORIZON = 24.0
FOLDS = 5
TIME_LIMIT_S = 150
HELD_OUT = 0.1  # the machines held out are the judges here; a tenth of the lives sets the card's own figures
PARTS = ("telemetry", "errors", "failures", "maint")
HOW_TO_GET = (
    "Get the Microsoft Azure Predictive Maintenance set (PdM_telemetry, PdM_errors, PdM_failures, PdM_maint) and store "
    "each table as azure_pdm_telemetry, azure_pdm_errors, azure_pdm_failures and azure_pdm_maint, Parquet or CSV."
)
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Fold:
    """What was said of the hours of machines held out: `unit`, `at`, `true`, and a column for each that answered."""

    answers: pd.DataFrame
    threshold: float
    engine: str


def run(data: Path | None, seed: int, report: Report, time_limit_s: int = TIME_LIMIT_S) -> BenchResult:
    """Score, for each hour of machines never learnt from, the probability that a component fails within 24 hours."""
    started = time.monotonic()
    tables = {part: read_all(data, f"azure_pdm_{part}", HOW_TO_GET) for part in PARTS}
    machines = _machines(tables)
    groups = [group for group in np.array_split(np.random.default_rng(seed).permutation(machines), FOLDS) if len(group)]
    folds = []
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        blank = blank_database(Path(folder))
        for number, group in enumerate(groups):
            report(0.02 + 0.95 * number / len(groups), f"machines {', '.join(map(str, sorted(group)))} held out")
            kept = [machine for machine in machines if machine not in set(group)]
            folds.append(_fold(tables, kept, list(group), seed, time_limit_s, blank))
    answers = pd.concat([fold.answers for fold in folds], ignore_index=True)
    unbroken = _unbroken(answers, tables["telemetry"])
    yes = np.concatenate([fold.answers["millwright"] >= fold.threshold for fold in folds])
    judged = answers[unbroken]
    figures = scores(judged, "millwright")
    figures["f1_at_threshold"] = metrics.f1(judged["true"].to_numpy(float), yes[unbroken])
    figures["average_precision_all_hours"] = scores(answers, "millwright")["average_precision"]
    return BenchResult(
        name="azure",
        figures=figures,
        peers={peer: scores(judged, peer) for peer in ("lightgbm", "constant", "shuffled")},
        protocol=(
            f"Failure of any component within {HORIZON:g} h, asked for each hour. {len(machines)} machines in "
            f"{len(groups)} groups; each group is judged by a model that learnt from the others, and its records were "
            f"imported after training. Judged: the {len(judged)} hours marked as unbroken history (all, where the file "
            f"marks none) whose next {HORIZON:g} h are known; {int(judged['true'].sum())} of them precede a failure. "
            f"The other hours are learnt from; they were kept because of what followed, so they are no fair sample "
            f"(average_precision_all_hours counts them). f1: the best over all thresholds, on the answers judged, for "
            f"model and peers alike; f1_at_threshold: at each model's own, chosen on the machines learnt from. "
            f"LightGBM: means and deviations of the telemetry over 3 h and 24 h, error counts over 24 h, same machines "
            f"and hours. Constant: the share of hours learnt from that precede a failure. Shuffled: the ordinary path, "
            f"quickly trained, on failures exchanged between machines. {folds[0].engine}"
        ),
        data="azure_pdm",
        seed=seed,
        n=len(judged),
        seconds=round(time.monotonic() - started, 1),
    )


def scores(answers: pd.DataFrame, who: str) -> dict[str, float]:
    true, probability = answers["true"].to_numpy(float), answers[who].to_numpy(float)
    return {
        "average_precision": metrics.average_precision(true, probability),
        "f1": metrics.best_f1_threshold(true, probability)[1],
        "ece": metrics.expected_calibration_error(true, probability),
    }


def _fold(
    tables: dict[str, pd.DataFrame], kept: list[int], held: list[int], seed: int, time_limit_s: int, blank: Path
) -> Fold:
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        plant, engine = _taught(tables, kept, Path(home), seed, time_limit_s, blank)
        taught = _truths(plant)
        _import(plant, tables, held)
        answers = _truths(plant)
        answers = answers[answers["unit"].isin([f"machine-{m}" for m in held])].reset_index(drop=True)
        answers["millwright"] = _answers(plant, answers)
        threshold = plant.card("failure").threshold
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        control, _ = _taught(_exchanged(tables, kept, seed), kept, Path(home), seed, None, blank)
        _import(control, tables, held)
        answers["shuffled"] = _answers(control, answers)
    answers["constant"] = taught["true"].mean()
    answers["lightgbm"] = windows_lightgbm(tables, taught, answers, seed)
    return Fold(answers, 0.5 if threshold is None else threshold, engine)


def _taught(
    tables: dict[str, pd.DataFrame], machines: list[int], home: Path, seed: int, time_limit_s: int | None, blank: Path
) -> tuple[BenchPlant, str]:
    """A plant that has learnt from these machines; without a time limit, quickly."""
    plant = BenchPlant.at(home, HERE / "profile.yaml", blank)
    _import(plant, tables, machines)
    rul.label(plant.datasets, plant.telemetry, plant.profile, "latest", None)
    result = training.train(
        plant.datasets, plant.telemetry, plant.registry, plant.profile, ("failure",), time_limit_s or TIME_LIMIT_S,
        seed, lambda _done, _step: None, quick=time_limit_s is None, share=HELD_OUT,
    )  # fmt: skip
    return plant, f"{result.models[0].engine}. {result.protocol}"


def _import(plant: BenchPlant, tables: dict[str, pd.DataFrame], machines: list[int]) -> None:
    """The records of these machines, as files of the set's own layout."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        for part, table in tables.items():
            own = table[table["machineID"].isin(machines)] if part == "telemetry" else table
            own.to_parquet(Path(folder) / f"azure_pdm_{part}.parquet", index=False)
        plant.bring_in(Path(folder) / "azure_pdm_telemetry.parquet", HERE / "column_map.yaml")


def _truths(plant: BenchPlant) -> pd.DataFrame:
    """`life`, `hours`, `unit`, `at` and `true` (1 or 0) of every hour whose next 24 are known."""
    lives = sorted_lives(plant.telemetry.lives(plant.profile))
    labelled = rul.label_lives(lives, np.inf)
    soon = labelled["observed_for_hours"] <= HORIZON
    labelled["true"] = (soon & ~labelled["censored"]).astype(float)
    known = ~labelled["censored"] | (labelled["observed_for_hours"] >= HORIZON)
    return labelled.loc[known, ["life", "hours", "unit", "at", "true"]].reset_index(drop=True)


def _answers(plant: BenchPlant, asked: pd.DataFrame) -> Array:
    """The registered model's answer for each hour, from the graph that predict_health runs."""
    found = plant.answers("failure", sorted(set(asked["unit"])), HORIZON)
    return asked.merge(found, on=["life", "hours"], how="left")["probability"].to_numpy(float)


def _unbroken(answers: pd.DataFrame, telemetry: pd.DataFrame) -> NDArray[np.bool_]:
    if "continuous" not in telemetry:
        return np.ones(len(answers), bool)
    marked = telemetry.loc[telemetry["continuous"].astype(float) > 0, ["machineID", "datetime"]]
    at = pd.to_datetime(marked["datetime"], utc=True).dt.as_unit("us")
    known = pd.MultiIndex.from_arrays(["machine-" + marked["machineID"].astype(str), at])
    return pd.MultiIndex.from_arrays([answers["unit"], answers["at"].dt.as_unit("us")]).isin(known)


def _exchanged(tables: dict[str, pd.DataFrame], machines: list[int], seed: int) -> dict[str, pd.DataFrame]:
    """The same tables, the failures of each machine given to another one."""
    order = np.random.default_rng(seed).permutation(machines)
    failures = tables["failures"].copy()
    failures["machineID"] = failures["machineID"].map(dict(zip(order, np.roll(order, 1), strict=True)))
    return {**tables, "failures": failures.dropna(subset="machineID").astype({"machineID": int})}


def _machines(tables: dict[str, pd.DataFrame]) -> list[int]:
    for part, table in tables.items():
        if missing := [name for name in ("machineID", "datetime") if name not in table]:
            raise MillwrightError(
                f"azure_pdm_{part} has no column {', '.join(missing)}; its columns are "
                f"{', '.join(map(str, table))}. {HOW_TO_GET}"
            )
    machines = sorted(set(tables["telemetry"]["machineID"]))
    if len(machines) < 3:
        raise MillwrightError(f"azure_pdm_telemetry holds {len(machines)} machines; holding some out needs 3 or more.")
    return machines
