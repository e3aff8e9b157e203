"""The fleet trained from nothing on Ray, as `millwright fleet train` does, and the same command once more."""

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from evals.benchmarks.result import BenchResult
from machine_profiles.profile import Profile
from machine_profiles.reading import SHIPPED, load_catalog
from models.datasets import Datasets
from models.demo_plant import prepare_data
from models.fleet import TIME_LIMIT_S, MachineTraining, train_fleet
from models.jobs import Report
from models.registry import Registry
from models.results import TASKS
from models.storage import Storage
from models.telemetry import Telemetry
from settings import Settings

WORKERS = 2


def run(
    data: Path | None,
    seed: int,
    report: Report,
    machines: Sequence[str] | None = None,
    time_limit_s: int = TIME_LIMIT_S,
) -> BenchResult:
    """Seconds and models of the demo plant without models; `data` is not used, as the plant is simulated.

    `machines`: the ids to train, all where none is given.
    """
    started = time.monotonic()
    catalog = load_catalog(SHIPPED)
    profiles = [catalog[machine] for machine in machines or catalog]
    address = Settings().ray_address
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as home:
        storage = Storage(Path(home))
        ids = [profile.id for profile in profiles]
        prepare_data(storage.home, seed, lambda done, step: report(0.1 * done, step), WORKERS, ids)
        first, seconds = _trained(storage, profiles, seed, time_limit_s, address, report)
        again, resumed = _trained(storage, profiles, seed, time_limit_s, address, lambda _done, _step: None)
        one, alone = _trained(storage, profiles[:1], seed, time_limit_s, None, lambda _done, _step: None, 1, again=True)
    fitted = [step.seconds for step in first if step.state == "trained"]
    return BenchResult(
        name="fleet",
        figures={
            "seconds": round(seconds, 1),
            "models": float(sum(len(step.models) for step in first)),
            "machines_failed": float(sum(step.state == "failed" for step in first)),
            "seconds_per_machine": round(sum(fitted) / max(1, len(fitted)), 1),
            "longest_machine_s": max(fitted, default=0.0),
            "seconds_when_done_before": round(resumed, 1),
            "trained_again": float(sum(step.state != "kept" for step in again)),
        },
        peers={
            "one_worker": {
                "seconds": round(alone * len(profiles), 1),
                "seconds_per_machine": round(alone, 1),
                "machines_failed": float(sum(step.state == "failed" for step in one)),
            }
        },
        protocol=(
            f"{len(profiles)} machines of the simulated plant without any model, {', '.join(TASKS)}, at most "
            f"{time_limit_s} s a machine, on {f'the Ray cluster at {address}' if address else f'{WORKERS} Ray workers'}"
            f"; from the call until the last machine is registered, Ray's start and MLflow's included, the plant's "
            f"simulation not. Then the same call again, which must train nothing. One worker: the first machine alone, "
            f"in the same run, times the number of machines. Times depend on what else the computer does."
        ),
        data=f"demo plant, seed {seed}, {len(profiles)} machines",
        seed=seed,
        n=len(profiles),
        seconds=round(time.monotonic() - started, 1),
    )


def _trained(
    storage: Storage,
    profiles: list[Profile],
    seed: int,
    time_limit_s: int,
    address: str | None,
    report: Report,
    workers: int = WORKERS,
    again: bool = False,
) -> tuple[list[MachineTraining], float]:
    """What came of each machine, and the seconds all took."""
    began, ended = time.monotonic(), []
    steps = train_fleet(
        Datasets(storage), Telemetry(storage), Registry(storage), profiles, TASKS, time_limit_s, seed, workers, address,
        again=again,
    )  # fmt: skip
    for step in steps:
        if step.state != "training":
            ended.append(step)
        report(0.1 + 0.9 * len(ended) / len(profiles), f"{step.machine_id}: {step.state}")
    return ended, time.monotonic() - began
