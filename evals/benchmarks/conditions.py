"""Conditions told of rows held out, through the ordinary path, beside peers of the same rows."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.benchmarks.plant import NOW, BenchPlant
from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Condition
from models import condition
from models.condition_labels import import_conditions, labelled_rows
from models.jobs import Report
from models.lives import Lives

PEERS = ("lightgbm_raw", "constant", "shuffled")
Array = NDArray[np.float64]
Places = NDArray[Any]


@dataclass(frozen=True)
class Told:
    """Of one condition, n rows judged: `true` places of levels, `fold`, and by who answered: `given` places and
    `probability` of the last level. `chosen`: the candidate of each fold's model.
    """

    condition: Condition
    true: Places
    fold: Places
    given: dict[str, Places]
    probability: dict[str, Array]
    chosen: tuple[str, ...]


def tell_held_out(
    file: Path, here: Path, names: list[str], fold_of: Callable[[Places, int], Places], seed: int, report: Report
) -> list[Told]:
    """Import rows and conditions of `file` by `here`'s profile and column map, and tell each row's conditions by a
    model that has not learnt from its fold. `fold_of(label, seed)` gives each row's fold, rows standing in order.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        plant = BenchPlant.at(Path(home), here / "profile.yaml")
        report(0.02, f"importing {file.name}")
        plant.bring_in(file, here / "column_map.yaml")
        import_conditions(plant.datasets, plant.profile, file, here / "column_map.yaml", NOW)
        rows = labelled_rows(plant.telemetry, plant.datasets, plant.profile)
        told = []
        for number, name in enumerate(names):
            asked = plant.profile.condition(name)
            place = {level: at for at, level in enumerate(asked.levels)}
            label: Places = rows.labels[name].map(place).fillna(-1).to_numpy(np.int64)
            report(0.05 + 0.9 * number / len(names), f"telling {name}")
            told.append(_tell(plant, rows.lives, asked, label, fold_of(label, seed), seed))
    return told


def _tell(plant: BenchPlant, lives: Lives, asked: Condition, label: Places, fold: Places, seed: int) -> Told:
    known = label >= 0
    if not known.any():
        raise MillwrightError(f"No row states the condition {asked.name}.")
    given = {who: np.full(len(label), -1) for who in ("millwright", *PEERS)}
    probability = {who: np.zeros(len(label)) for who in given}
    raw = lives.rows[list(lives.sensors)].to_numpy(np.float32)
    chosen: list[str] = []
    random = np.random.default_rng(seed)
    for number in np.unique(fold[known]):
        taught, held = known & (fold != number), known & (fold == number)
        shuffled = label.copy()
        shuffled[taught] = random.permutation(label[taught])
        for who, learnt in (("millwright", label), ("shuffled", shuffled)):
            among = () if who == "millwright" else (chosen[-1],)
            model = condition.learn(plant.profile, asked, lives, learnt, taught, seed, among)
            found = model.probabilities(condition.row_features(plant.profile, lives, model.scaling)[held])
            given[who][held], probability[who][held] = model.levels(found), found[:, -1]
            if who == "millwright":
                chosen.append(model.candidate)
        share = np.bincount(label[taught], minlength=len(asked.levels)) / taught.sum()
        given["constant"][held], probability["constant"][held] = int(np.argmax(share)), share[-1]
        found = lightgbm_raw(raw[taught], label[taught], raw[held], len(asked.levels), seed)
        given["lightgbm_raw"][held], probability["lightgbm_raw"][held] = np.argmax(found, axis=1), found[:, -1]
    return Told(
        asked, label[known], fold[known], {who: of[known] for who, of in given.items()},
        {who: of[known] for who, of in probability.items()}, tuple(chosen),
    )  # fmt: skip


def lightgbm_raw(
    taught: NDArray[np.float32], label: Places, asked: NDArray[np.float32], levels: int, seed: int
) -> Array:
    """LightGBM as it comes, on the file's own columns: probabilities (n, levels). No part of Millwright's modelling."""
    import lightgbm

    model = lightgbm.LGBMClassifier(random_state=seed, n_jobs=1, deterministic=True, force_row_wise=True, verbose=-1)
    model.fit(taught, label)
    found = np.zeros((len(asked), levels))
    found[:, model.classes_] = model.predict_proba(asked)
    return found
