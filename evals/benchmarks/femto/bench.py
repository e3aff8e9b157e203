"""PRONOSTIA bearings through the ordinary path: each bearing judged by a model that learnt from the others."""

import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evals.benchmarks.femto.peers import extrapolated_trend, windows_lightgbm
from evals.benchmarks.plant import BenchPlant, blank_database
from evals.benchmarks.result import BenchResult, read_all
from machine_profiles.errors import MillwrightError
from models import metrics, rul, training
from models.jobs import Report

HERE = Path(__file__).parent
TIME_LIMIT_S = 60
HELD_OUT = 0.1  # the bearing left out is the judge here
FEWEST = 5  # bearings run to failure: four to learn from, as the rul task wants, and one to judge
SECONDS_A_ROW = 10.0
NEEDED = ("bearing", "idx", "rul_s", "acch_rms", "accv_rms")
HOW_TO_GET = (
    "Get the PRONOSTIA set (IEEE PHM 2012 data challenge, FEMTO-ST) and store features of each 0.1 s snapshot as "
    "femto_features: bearing, idx (from 1, a snapshot every 10 s), acch_* and accv_*, rul_s (seconds to the failure)."
)
Array = NDArray[np.float64]


def run(
    data: Path | None, seed: int, report: Report, time_limit_s: int = TIME_LIMIT_S, at_most: int | None = None
) -> BenchResult:
    """Score the hours left that are said at every snapshot of each bearing, from the other bearings' runs.

    `at_most`: how many bearings are judged; all if left out.
    """
    started = time.monotonic()
    table = bearings(read_all(data, "femto_features", HOW_TO_GET))
    names = list(dict.fromkeys(table["bearing"]))
    left = table.groupby("bearing")["rul_s"].min()
    failed = [name for name in names if left[name] <= SECONDS_A_ROW]
    if len(failed) < FEWEST:
        raise MillwrightError(
            f"femto_features holds {len(failed)} bearings run to failure (rul_s down to 0); leaving one out needs "
            f"{FEWEST} or more. {HOW_TO_GET}"
        )
    names = names[:at_most]
    parts, engines = [], []
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        blank = blank_database(Path(folder))
        for number, name in enumerate(names):
            report(0.02 + 0.95 * number / len(names), f"{name} left out")
            taught = table[table["bearing"].isin([each for each in failed if each != name])]
            part, engine = _left_out(taught, table[table["bearing"] == name], seed, time_limit_s, blank)
            parts.append(part)
            engines.append(engine)
    answers = pd.concat(parts, ignore_index=True)
    figures = scores(answers, "millwright")
    truth = answers["true"].to_numpy(float)
    figures["coverage_90"] = metrics.coverage(truth, answers["low"].to_numpy(float), answers["high"].to_numpy(float))
    figures["width_hours"] = float((answers["high"] - answers["low"]).mean())
    return BenchResult(
        name="femto",
        figures=figures,
        peers={peer: scores(answers, peer) for peer in ("constant", "trend", "lightgbm", "shuffled")},
        protocol=(
            f"Hours left at each of {len(answers)} snapshots (one every {SECONDS_A_ROW:g} s, none left out) of "
            f"{len(names)} bearings (the set has {left.size}, {len(failed)} of which ran to failure); each bearing "
            f"is judged by a model that learnt from the other failed ones, its run imported after training. "
            f"rmse_hours is over all snapshots together; rmse_hours_per_bearing is the mean of the bearings' own; "
            f"rmse_over_constant and rmse_over_constant_per_bearing divide them by the constant's. Constant: the "
            f"mean label of the rows learnt from. Trend: a line through the logarithm of the louder axis's smoothed "
            f"RMS over the last half hour, carried on to the mean of the others' last values, at most the longest "
            f"life learnt from; the constant where it does not rise. LightGBM: means over 1, 10 and 60 min and "
            f"deviations from the first 5 min. Shuffled: the ordinary path, quickly trained, each run's readings "
            f"drawn from all runs' rows. "
            f"{engines[0]}"
        ),
        data="femto_features",
        seed=seed,
        n=len(answers),
        seconds=round(time.monotonic() - started, 1),
    )


def bearings(table: pd.DataFrame) -> pd.DataFrame:
    """One run a bearing, the longest where the set holds a shortened one too, in the order of their snapshots."""
    if missing := [name for name in NEEDED if name not in table]:
        raise MillwrightError(
            f"femto_features has no column {', '.join(missing)}; its columns are {', '.join(map(str, table))}. "
            f"{HOW_TO_GET}"
        )
    if "set" in table:
        longest = table.groupby(["bearing", "set"]).size().groupby("bearing").idxmax()
        table = table[pd.MultiIndex.from_frame(table[["bearing", "set"]]).isin(list(longest))]
    return table.sort_values(["bearing", "idx"], ignore_index=True)


def scores(answers: pd.DataFrame, who: str) -> dict[str, float]:
    truth, constant = answers["true"].to_numpy(float), answers["constant"].to_numpy(float)
    said = answers[who].to_numpy(float)
    own, constants = (
        float(np.mean([metrics.rmse(truth[rows], what[rows]) for rows in answers.groupby("bearing").indices.values()]))
        for what in (said, constant)
    )
    rmse = metrics.rmse(truth, said)
    return {
        "rmse_hours": rmse,
        "rmse_over_constant": rmse / metrics.rmse(truth, constant),
        "rmse_hours_per_bearing": own,
        "rmse_over_constant_per_bearing": own / constants,
    }


def _left_out(
    taught: pd.DataFrame, asked: pd.DataFrame, seed: int, time_limit_s: int, blank: Path
) -> tuple[pd.DataFrame, str]:
    name = asked["bearing"].iloc[0]
    answers = pd.DataFrame({"bearing": name, "hours": asked["idx"] * SECONDS_A_ROW / 3600})
    answers["true"] = asked["rul_s"].to_numpy(float) / 3600
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        plant, engine = _taught(taught, Path(home), seed, time_limit_s, blank)
        found = _answers(plant, asked)
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        control, _ = _taught(_shuffled(taught, seed), Path(home), seed, None, blank)
        answers["shuffled"] = _answers(control, asked)["rul_hours"].to_numpy(float)
    for column, source in (("millwright", "rul_hours"), ("low", "low"), ("high", "high")):
        answers[column] = found[source].to_numpy(float)
    answers["constant"] = taught["rul_s"].mean() / 3600
    answers["trend"] = extrapolated_trend(taught, asked)
    answers["lightgbm"] = windows_lightgbm(taught, asked, seed)
    return answers, engine


def _taught(
    table: pd.DataFrame, home: Path, seed: int, time_limit_s: int | None, blank: Path
) -> tuple[BenchPlant, str]:
    """A plant that has learnt from these runs; without a time limit, quickly."""
    plant = BenchPlant.at(home, HERE / "profile.yaml", blank)
    _import(plant, table, "column_map_failed.yaml")
    rul.label(plant.datasets, plant.telemetry, plant.profile, "latest", None)
    result = training.train(
        plant.datasets, plant.telemetry, plant.registry, plant.profile, ("rul",), time_limit_s or TIME_LIMIT_S, seed,
        lambda _done, _step: None, quick=time_limit_s is None, share=HELD_OUT,
    )  # fmt: skip
    return plant, f"{result.models[0].engine}. {plant.card('rul').protocol}"


def _import(plant: BenchPlant, table: pd.DataFrame, column_map: str) -> None:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        file = Path(folder) / "femto_features.parquet"
        table.to_parquet(file, index=False)
        plant.bring_in(file, HERE / column_map)


def _answers(plant: BenchPlant, asked: pd.DataFrame) -> pd.DataFrame:
    """What the registered model says at each snapshot, from the graph that predict_health runs."""
    _import(plant, asked, "column_map_stopped.yaml")
    found = plant.answers("rul", [str(asked["bearing"].iloc[0])]).sort_values("hours", ignore_index=True)
    if len(found) < len(asked):
        raise MillwrightError(f"Only {len(found)} of the {len(asked)} snapshots of one bearing could be imported.")
    return found


def _shuffled(taught: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Each run's readings drawn anew from all runs' rows, so that they tell nothing of the hours left."""
    readings = [str(name) for name in taught if str(name).startswith("acc")]
    drawn = np.random.default_rng(seed).permutation(len(taught))
    return taught.assign(**{name: taught[name].to_numpy()[drawn] for name in readings})
