"""The demo plant: twenty machines with their history, six of them in trouble now, prepared once and copied at will."""

import json
import multiprocessing
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from machine_profiles.errors import MillwrightError
from machine_profiles.reading import SHIPPED, load_catalog
from models.datasets import Datasets
from models.demo_machine import NOW, simulate_machine
from models.jobs import Report
from models.plant_truth import MachineTruth, PlantTruth, write_truth
from models.storage import Storage, whole_file, whole_folder
from models.telemetry import Telemetry

WRITTEN_ONCE = (".parquet", ".onnx", ".png", ".html")  # never changed in place, so copies may share them


class PlantExists(MillwrightError):
    def __init__(self, home: Path) -> None:
        super().__init__(f"{home} already holds a plant; choose an empty folder, or remove it first.")


def prepare_data(home: Path, seed: int, report: Report, workers: int = 2) -> None:
    """Write telemetry, maintenance logs, the data sets `history`, the truth and plant.json of the demo plant.

    The same seed gives the same files, whatever the number of workers. plant.json comes last: a home without it is
    unfinished. Raises PlantExists where `home` already holds a plant.
    """
    storage = Storage(home)
    if storage.plant_file.exists():
        raise PlantExists(home)
    ids = list(load_catalog(SHIPPED))
    truths: dict[str, MachineTruth] = {}
    for done, truth in enumerate(_each_machine(storage.home, ids, seed, workers), 1):
        truths[truth.machine_id] = truth
        report(done / len(ids), f"simulated {truth.machine_id}")
    write_truth(storage, PlantTruth(now=NOW, seed=seed, machines={i: truths[i] for i in ids}))
    with whole_file(storage.plant_file) as temporary:
        temporary.write_text(json.dumps({"now": NOW.isoformat(), "name": "demo", "seed": seed}, indent=1))


def write_machine(home: Path, machine_id: str, seed: int) -> MachineTruth:
    """Simulate one machine into `home`: telemetry, maintenance log, data set `history`; returns what is true of it."""
    profile = load_catalog(SHIPPED)[machine_id]
    storage = Storage(home)
    telemetry = Telemetry(storage)
    record = simulate_machine(profile, seed)
    telemetry.append(machine_id, record.rows)
    telemetry.log(machine_id, *record.events)
    lives = telemetry.lives(profile)
    Datasets(storage).write(
        {
            "machine_id": machine_id, "name": "history", "content": "lives", "origin": "recorded",
            "made_from": "telemetry", "seed": seed, "created_at": NOW,
            "details": {"telemetry_hash": telemetry.data_hash(machine_id), "units": len(telemetry.units(machine_id))},
        },
        lives.rows,
        lives.ends,
    )  # fmt: skip
    return record.truth


def _each_machine(home: Path, ids: list[str], seed: int, workers: int) -> Iterator[MachineTruth]:
    if workers <= 1:
        yield from (write_machine(home, machine_id, seed) for machine_id in ids)
        return
    # spawn: a forked child would inherit locks that threads of this process may hold
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        for future in as_completed([pool.submit(write_machine, home, machine_id, seed) for machine_id in ids]):
            yield future.result()


def copy_plant(source: Path, destination: Path) -> None:
    """A fresh copy of a prepared home under `destination`, which must not exist yet.

    Files that are written once are hard-linked where the file system allows; all others are copied.
    """
    if Path(destination).exists():
        raise PlantExists(destination)
    Path(destination).parent.mkdir(parents=True, exist_ok=True)
    with whole_folder(Path(destination)) as folder:
        shutil.copytree(source, folder, copy_function=_link_or_copy, dirs_exist_ok=True)


def _link_or_copy(source: str, destination: str) -> None:
    if source.endswith(WRITTEN_ONCE):
        try:
            os.link(source, destination)
            return
        except OSError:
            pass  # another file system
    shutil.copy2(source, destination)
