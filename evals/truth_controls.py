"""Models that know nothing: the same machines, trained on labels that belong to other lives."""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from machine_profiles.reading import SHIPPED, load_catalog
from models.datasets import Datasets
from models.demo_machine import NOW
from models.examples import Examples
from models.holdout import SHARE
from models.jobs import Report
from models.locks import locked
from models.model_card import write_card
from models.results import Task
from models.service_state import ServiceState, write_state
from models.storage import Storage, whole_folder
from models.telemetry import Telemetry
from models.training import lessons_of

MISTAUGHT: tuple[Task, ...] = ("failure", "rul")  # the tasks that learn from labels


def mistaught_models(cache: Path, prepared: Path, machines: Sequence[str], seed: int, report: Report) -> Path:
    """A home in `cache` with failure and RUL models of these machines of `prepared`, taught the labels of other lives.

    The anomaly model, which learns from no label, is the plant's own. What lies there already is kept.
    """
    home = cache / f"mistaught-{prepared.name.removeprefix('indexed-')}"
    home.mkdir(parents=True, exist_ok=True)
    for place, machine_id in enumerate(machines):
        report(place / len(machines), f"mistaught {machine_id}")
        folder = home / "models" / machine_id
        folder.parent.mkdir(exist_ok=True)
        with locked(home / f".{machine_id}.lock", wait_s=600.0):
            if not folder.exists():
                with whole_folder(folder) as building:
                    _mistaught(prepared, machine_id, seed, building)
    return home


def along_others(taught: Examples, seed: int) -> Examples:
    """The same labels, laid along other lives' rows: lives in a drawn order, from a drawn place on."""
    random = np.random.default_rng(seed)
    names = random.permutation(np.unique(taught.life.astype(str)))
    rows = np.concatenate([np.flatnonzero(taught.life == name) for name in names])
    rows = np.roll(rows, int(random.integers(len(rows))))
    return Examples(
        taught.features, taught.latest, taught.life, taught.hours, taught.failed[rows], taught.observed[rows]
    )


def _mistaught(prepared: Path, machine_id: str, seed: int, folder: Path) -> None:
    from models import fitting, task_fitting  # heavy: onnx
    from models.demo_plant import copy_plant
    from models.lot import QUICK_PLAN

    profile, storage = load_catalog(SHIPPED)[machine_id], Storage(prepared)
    lessons = replace(lessons_of(Datasets(storage), Telemetry(storage), profile), now=NOW)
    lot = fitting.lot_of(lessons, seed, SHARE, QUICK_PLAN, 1)
    # both are cached properties: what is put there now is what the fitting finds
    vars(lot)["examples"] = along_others(lot.examples, seed)
    vars(lot)["prior"] = along_others(lot.prior, seed) if lot.prior else None
    with tempfile.TemporaryDirectory() as scratch:
        for task in MISTAUGHT:
            fitted = task_fitting.fit(task, lot, float("inf"))
            stored = fitting.store(lessons, lot, task, fitted, seed, Path(scratch) / task, 0.0)
            place = folder / task / "v1"
            copy_plant(stored.folder, place)
            write_card(place, stored.card.model_copy(update={"version": 1}))
            write_state(folder / task, ServiceState().registered(1))
    copy_plant(prepared / "models" / machine_id / "anomaly", folder / "anomaly")
