"""The demo plant: twenty machines with their history, six of them in trouble now, prepared once and copied at will."""

import json
import multiprocessing
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from machine_profiles.errors import MillwrightError
from machine_profiles.reading import SHIPPED, load_catalog
from models.code_version import code_version
from models.datasets import Datasets
from models.demo_machine import NOW, simulate_machine
from models.history import write_history
from models.jobs import Report
from models.locks import locked
from models.plant_truth import MachineTruth, PlantTruth, write_truth
from models.registry import NewModel, Registry
from models.results import TASKS
from models.storage import Storage, whole_file, whole_folder
from models.telemetry import Telemetry
from models.training import lessons_of

# Written once and never changed in place, so that copies may share them; all else is copied.
WRITTEN_ONCE = (".parquet", ".onnx", ".png", ".html", "card.json", "info.json")
SECONDS_A_MACHINE = 60.0
KEPT_S = 86_400.0

T = TypeVar("T")


class PlantExists(MillwrightError):
    def __init__(self, home: Path) -> None:
        super().__init__(f"{home} already holds a plant; choose an empty folder, or remove it first.")


def prepare_demo_plant(
    home: Path, seed: int, report: Report, workers: int = 2, machines: Sequence[str] | None = None
) -> None:
    """Simulate the demo plant under `home` and put a quickly trained model of each task into service.

    `machines`: the ids to prepare; all where none is given. A machine's record does not depend on which others there
    are. `home` must hold no plant; what else lies there stays, and the plant appears only when it is complete.
    Raises PlantExists, UnknownMachine. The same seed gives the same data, whatever the number of workers.
    """
    ids = _ids(machines)
    with _building(home) as building:
        _simulate(building, ids, seed, _part(report, 0.0, 0.15), workers)
        _train(building, ids, seed, _part(report, 0.15, 0.84), workers)
        report(0.99, "putting the plant in place")
    report(1.0, "the demo plant is ready")


def prepare_data(
    home: Path, seed: int, report: Report, workers: int = 2, machines: Sequence[str] | None = None
) -> None:
    """The same without models: telemetry, maintenance logs, the data sets `history`, and the truth."""
    ids = _ids(machines)
    with _building(home) as building:
        _simulate(building, ids, seed, report, workers)


def copy_plant(source: Path, destination: Path) -> None:
    """A fresh copy of a prepared home at `destination`, which must be missing or empty.

    Files that are written once are hard-linked where the file system allows; all others are copied.
    Raises PlantExists where something lies at `destination`.
    """
    destination = Path(destination)
    if destination.exists() and any(destination.iterdir()):
        raise PlantExists(destination)
    destination.parent.mkdir(parents=True, exist_ok=True)
    with whole_folder(destination) as folder:
        _fill(folder, source)


def place_plant(source: Path, home: Path) -> None:
    """A copy of a prepared home as the plant of `home`, beside what else lies there. Raises PlantExists."""
    with _building(home) as building:
        _fill(building, source)


def cached_demo_plant(
    cache: Path, seed: int, report: Report, workers: int = 2, machines: Sequence[str] | None = None
) -> Path:
    """The home of a prepared demo plant in `cache`, made where none of this seed and this code lies there.

    Never write into it: copy_plant makes a copy to work with. Processes that ask at the same time build it once.
    """
    cache = Path(cache).resolve()
    cache.mkdir(parents=True, exist_ok=True)
    which = "demo" if machines is None else "demo-" + "-".join(each.rsplit("_", 1)[-1] for each in _ids(machines))
    home = cache / f"{which}-seed{seed}-{code_version()}"
    with locked(cache / f"{which}-seed{seed}.lock", wait_s=1800.0):
        if not home.exists():
            for old in cache.glob(f"{which}-seed{seed}-*"):
                if time.time() - old.stat().st_mtime > KEPT_S:
                    shutil.rmtree(old, ignore_errors=True)
            with whole_folder(home) as folder:
                prepare_demo_plant(folder, seed, report, workers, machines)
    return home


def write_machine(home: Path, machine_id: str, seed: int) -> MachineTruth:
    """Simulate one machine into `home`: telemetry, maintenance log, data set `history`; returns what is true of it."""
    profile = load_catalog(SHIPPED)[machine_id]
    storage = Storage(home)
    telemetry = Telemetry(storage)
    record = simulate_machine(profile, seed)
    telemetry.append(machine_id, record.rows)
    telemetry.log(machine_id, *record.events)
    write_history(Datasets(storage), profile, telemetry.lives(profile), NOW)
    return record.truth


def fit_one(home: Path, machine_id: str, seed: int, folder: Path) -> list[NewModel]:
    """Fit one machine's models from its data set `history` into `folder`; nothing is registered."""
    from models.fitting import fit_machine  # heavy: onnx

    profile, storage = load_catalog(SHIPPED)[machine_id], Storage(home)
    lessons = replace(lessons_of(Datasets(storage), Telemetry(storage), profile), now=NOW)
    fitted = fit_machine(lessons, TASKS, SECONDS_A_MACHINE, seed, lambda _done, _step: None, folder, quick=True)
    if fitted.skipped:
        reasons = "; ".join(f"{task}: {reason}" for task, reason in fitted.skipped.items())
        raise MillwrightError(f"The demo plant needs every task of {machine_id} trained, but {reasons}")
    return [NewModel(model.card, model.folder, model.plots) for model in fitted.models]


def _ids(machines: Sequence[str] | None) -> list[str]:
    catalog = load_catalog(SHIPPED)
    wanted = {catalog[machine_id].id for machine_id in machines or catalog}
    return [machine_id for machine_id in catalog if machine_id in wanted]


def _simulate(home: Path, ids: list[str], seed: int, report: Report, workers: int) -> None:
    storage = Storage(home)
    truths: dict[str, MachineTruth] = {}
    for truth in _each(write_machine, [(storage.home, machine_id, seed) for machine_id in ids], workers):
        truths[truth.machine_id] = truth
        report(len(truths) / len(ids), f"simulated {truth.machine_id}")
    write_truth(storage, PlantTruth(now=NOW, seed=seed, machines={each: truths[each] for each in ids}))
    with whole_file(storage.plant_file) as temporary:
        temporary.write_text(json.dumps({"now": NOW.isoformat(), "name": "demo", "seed": seed}, indent=1))


def _train(home: Path, ids: list[str], seed: int, report: Report, workers: int) -> None:
    """Workers fit; this process registers, because the registry has one writer."""
    storage = Storage(home)
    registry = Registry(storage, None)
    with tempfile.TemporaryDirectory(prefix=".fitting-", dir=home) as scratch:
        work = [(storage.home, machine_id, seed, Path(scratch) / machine_id) for machine_id in ids]
        for _, _, _, folder in work:
            folder.mkdir()
        for done, fitted in enumerate(_each(fit_one, work, workers), 1):
            registry.register_many(fitted)
            report(done / len(ids), f"trained {fitted[0].card.machine_id}")


def _each(work: Callable[..., T], arguments: Sequence[tuple[object, ...]], workers: int) -> Iterator[T]:
    """Results as they come; in this process where `workers` is 1."""
    if workers <= 1:
        yield from (work(*each) for each in arguments)
        return
    # spawn: a forked child would inherit locks that threads of this process may hold
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        futures = [pool.submit(work, *each) for each in arguments]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _building(home: Path) -> Iterator[Path]:
    """A folder within `home` to build in; its entries move up when the block ends well, plant.json last."""
    home = Path(home).resolve()
    home.mkdir(parents=True, exist_ok=True)
    built = ("plant.json", "telemetry", "datasets", "models", "maintenance", "truth")
    if any(path.is_file() for name in built for path in [home / name, *(home / name).rglob("*")]):
        raise PlantExists(home)
    with tempfile.TemporaryDirectory(prefix=".preparing-", dir=home) as name:
        building = Path(name)
        yield building
        for entry in sorted(building.iterdir(), key=lambda entry: entry.name == "plant.json"):
            if (home / entry.name).is_dir():  # made by Storage when asked for, and empty
                shutil.rmtree(home / entry.name)
            os.replace(entry, home / entry.name)


def _part(report: Report, start: float, share: float) -> Report:
    return lambda done, step: report(start + share * done, step)


def _fill(folder: Path, source: Path) -> None:
    shutil.copytree(source, folder, symlinks=True, copy_function=_link_or_copy, dirs_exist_ok=True)


def _link_or_copy(source: str, destination: str) -> None:
    if source.endswith(WRITTEN_ONCE):
        try:
            os.link(source, destination)
            return
        except OSError:
            pass  # another file system
    shutil.copy2(source, destination)
