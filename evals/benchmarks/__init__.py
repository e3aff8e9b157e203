"""Benchmarks: known data through the ordinary path, beside peers measured in the same run.

A benchmark is a module with `run(data: Path | None, seed: int, report, **options) -> BenchResult`.
"""

BENCHMARKS = {
    "agent": "evals.benchmarks.agent.bench",
    "ai4i": "evals.benchmarks.ai4i.bench",
    "azure": "evals.benchmarks.azure.bench",
    "cmapss": "evals.benchmarks.cmapss.bench",
    "diagnosis": "evals.benchmarks.diagnosis.bench",
    "drift": "evals.benchmarks.drift.bench",
    "edge": "evals.benchmarks.edge.bench",
    "femto": "evals.benchmarks.femto.bench",
    "fleet": "evals.benchmarks.fleet.bench",
    "hydraulic": "evals.benchmarks.hydraulic.bench",
    "images": "evals.benchmarks.images.bench",
    "plant": "evals.benchmarks.demo_plant.bench",
    "retrieval": "evals.benchmarks.retrieval.bench",
    "skab": "evals.benchmarks.skab.bench",
    "synthesis": "evals.benchmarks.synthesis.bench",
}
