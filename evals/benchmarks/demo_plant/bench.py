"""The demo plant through the ordinary path: every machine trained, its registered models asked about unseen lives."""

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from evals.benchmarks.demo_plant.scoring import Figures, score_machine
from evals.benchmarks.result import BenchResult
from machine_profiles.reading import SHIPPED, load_catalog
from models import training
from models.datasets import Datasets
from models.demo_plant import prepare_data
from models.jobs import Report
from models.registry import Registry
from models.results import TASKS
from models.storage import Storage
from models.telemetry import Telemetry

TIME_LIMIT_S = 60  # of each machine, for its four models


def run(
    data: Path | None,
    seed: int,
    report: Report,
    machines: Sequence[str] | None = None,
    time_limit_s: int = TIME_LIMIT_S,
) -> BenchResult:
    """Means over the machines; `data` is not used, as the plant is simulated from the seed.

    `machines`: the ids to train, all where none is given.
    """
    started = time.monotonic()
    catalog = load_catalog(SHIPPED)
    ids = [catalog[machine].id for machine in machines or catalog]
    scored: list[dict[str, Figures]] = []
    taken: list[float] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        storage = Storage(Path(home))
        prepare_data(storage.home, seed, lambda done, step: report(0.05 * done, step), machines=ids)
        telemetry, datasets, registry = Telemetry(storage), Datasets(storage), Registry(storage)
        for number, machine in enumerate(ids):
            report(0.05 + 0.95 * number / len(ids), f"training {machine}")
            begun = time.monotonic()
            training.train(
                datasets, telemetry, registry, catalog[machine], TASKS, time_limit_s, seed, lambda _done, _step: None
            )
            taken.append(time.monotonic() - begun)
            scored.append(score_machine(telemetry, registry, catalog[machine], seed))
    return BenchResult(
        name="plant",
        figures=_means([found["millwright"] for found in scored]),
        peers={peer: _means([found[peer] for found in scored]) for peer in scored[0] if peer != "millwright"},
        protocol=(
            f"Mean of {len(ids)} machines, each trained for at most {time_limit_s} s (longest {max(taken):.0f} s, mean "
            f"{np.mean(taken):.0f} s); the registered graphs were asked about whole lives held out. Failure within the "
            f"profile's horizon, f1 at the threshold of the profile's costs; RUL of lives that failed, capped as the "
            f"profile says; its last fifth is that of each life's record; sound rows of anomaly are those known to be "
            f"further from a failure than the cap. *_recorded_only: without the lives simulated from the profile, "
            f"which here come from the same simulator as the plant. Peers: LightGBM on the latest raw readings, a "
            f"constant, and LightGBM on Millwright's features with labels laid along other lives."
        ),
        data=f"demo plant, seed {seed}",
        seed=seed,
        n=len(ids),
        seconds=round(time.monotonic() - started, 1),
    )


def _means(found: Sequence[Figures]) -> Figures:
    """Over the machines that state a figure; one that none states is left out."""
    names = dict.fromkeys(name for each in found for name in each)
    known = {name: [each[name] for each in found if np.isfinite(each.get(name, np.nan))] for name in names}
    return {name: round(float(np.mean(values)), 4) for name, values in known.items() if values}
