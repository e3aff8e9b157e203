"""The edge bundles of the demo plant: parity, size, speed beside AutoGluon and bare ONNX Runtime, memory, arm64."""

import tempfile
import time
from pathlib import Path

import numpy as np

from evals.benchmarks.edge.memory import memory_mb
from evals.benchmarks.edge.speed import Times, timed
from evals.benchmarks.result import BenchResult
from machine_profiles.reading import SHIPPED, load_catalog
from models import edge
from models.datasets import Datasets
from models.demo_plant import cached_demo_plant, copy_plant
from models.edge import EdgeBundle
from models.edge_arm64 import arm64_difference
from models.edge_runtime.run import Bundle
from models.edge_windows import recorded_windows
from models.jobs import Report
from models.registry import Registry
from models.results import Task
from models.storage import Storage
from models.telemetry import Telemetry
from settings import Settings

TIMED = "PUMP_GRUNDFOS_CR3_004"
JUDGING: tuple[Task, ...] = ("failure", "rul", "anomaly")
ARM64_ROWS = 260
AUTOGLUON_S = 30.0


def run(data: Path | None, seed: int, report: Report, autogluon_s: float = AUTOGLUON_S) -> BenchResult:
    """Export every machine of the demo plant (or of the prepared plant `data`) and measure the bundles.

    `autogluon_s`: what AutoGluon may take to fit the ensemble that is timed.
    """
    started = time.monotonic()
    source = data or cached_demo_plant(Storage(Settings().home).cache, seed, report)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        home = Path(folder) / "home"
        copy_plant(source, home)
        storage = Storage(home)
        telemetry, registry, machines = Telemetry(storage), Registry(storage), load_catalog(SHIPPED, storage.profiles)
        served = [machine for machine in machines if registry.in_service(machine)]
        bundles: list[EdgeBundle] = []
        for done, machine in enumerate(served):
            report(0.1 + 0.5 * done / len(served), f"exporting {machine}")
            bundles.append(
                edge.export(storage, telemetry, registry, machines[machine], "jetson_xavier_nx", "int8", seed)
            )
        exported = time.monotonic() - started
        timed_machine = TIMED if TIMED in served else served[0]
        profile = machines[timed_machine]
        place = storage.absolute(next(each.bundle for each in bundles if each.machine_id == timed_machine))
        readings = Path(folder) / "readings.csv"
        telemetry.latest(timed_machine, ARM64_ROWS).drop(columns=["unit"]).to_csv(readings, index=False)
        report(0.62, "the same bundle on arm64")
        arm64 = arm64_difference(place, readings)
        report(0.7, "memory of the device program")
        megabytes = memory_mb(place, readings)
        report(0.72, "AutoGluon, and the clock")
        cards = [registry.card(timed_machine, task, registry.in_service(timed_machine)[task]) for task in JUDGING]
        windows = recorded_windows(storage, telemetry, profile, cards[0], 1000)
        if windows is None:
            raise RuntimeError(f"{timed_machine} has no recorded windows.")
        device = Bundle(str(place))
        times = timed(registry, Datasets(storage), telemetry, profile, cards, device, windows.inputs, autogluon_s, seed)
    models = [model for bundle in bundles for model in bundle.models]
    figures = {
        "parity_max_abs": max(model.parity_max_abs for model in models),
        "parity_p999": max(model.parity_p999 or 0.0 for model in models),
        "decisions_changed": float(sum(model.decisions_changed for model in models)),
        "largest_model_mb": max(model.size_bytes for model in models) / 1e6,
        "total_mb": sum(bundle.total_bytes for bundle in bundles) / 1e6,
        **_ms(times["millwright"]),
        "speedup_over_autogluon": _ratio(times["autogluon"].one, times["failure"].one),
        "speedup_over_autogluon_1000_rows": _ratio(times["autogluon"].thousand, times["failure"].thousand),
        "overhead_over_onnxruntime": _ratio(times["answer"].one, times["onnxruntime"].one),
        **({} if arm64 is None else {"arm64_max_abs": arm64}),
        "memory_mb": megabytes,
        "export_s_per_machine": exported / len(bundles),
    }
    return BenchResult(
        name="edge",
        figures=figures,
        peers={who: _ms(times[who]) for who in ("autogluon", "onnxruntime")},
        protocol=_protocol(bundles, timed_machine, times, arm64),
        data=f"demo plant, {len(bundles)} machines",
        seed=seed,
        n=max(model.parity_rows for model in models),
        seconds=round(time.monotonic() - started, 1),
    )


def _ms(times: Times) -> dict[str, float]:
    return {
        f"p{q}_ms_{name}": float(np.percentile(measured, q)) * 1e3
        for name, measured in (("one_row", times.one), ("1000_rows", times.thousand))
        for q in (50, 99)
    }


def _ratio(slower: list[float], faster: list[float]) -> float:
    return float(np.median(slower) / np.median(faster))


def _protocol(bundles: list[EdgeBundle], machine: str, times: dict[str, Times], arm64: float | None) -> str:
    precisions = [model.precision for bundle in bundles for model in bundle.models]
    on_arm64 = f"run.py under an emulated arm64 Python with ONNX Runtime 1.16.3, {ARM64_ROWS} rows, every figure"
    autogluon = times["autogluon"].name
    return (
        f"All {len(bundles)} machines exported for jetson_xavier_nx, int8 asked for ({precisions.count('int8')} of "
        f"{len(precisions)} models have neural parts, the others are exact); each model beside the registered one on "
        f"10,000 recorded windows, held-out lives first, and on 1,000 random ones. Times are of {machine}, on one "
        f"core, rivals in turn within one loop: failure, rul and anomaly together by the bundle's own code, from the "
        f"raw window; bare ONNX Runtime runs the same graphs on ready inputs, and the overhead is that of "
        f"predict_health's models.inference.answer over it (medians). AutoGluon ({autogluon}) answers the failure "
        f"task alone from features already computed, its models kept in memory; the speedup is its median over that "
        f"of our failure graph from the raw window. Memory is the resident set of run.py --serve after a request. "
        f"arm64: {'not measured, deploy/arm64/prepare.sh was not run' if arm64 is None else on_arm64}."
    )
