"""`millwright bench NAME`: known data through the ordinary path, figures beside their peers."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from evals.benchmarks import BENCHMARKS
from evals.benchmarks.result import BenchResult
from machine_profiles.errors import MillwrightError
from models.storage import whole_file
from settings import Settings


def bench_command(
    name: str,
    data: Path | None,
    json_file: Path | None,
    subset: str,
    machines: str = "",
    time_limit_s: int | None = None,
    seeds: int = 3,
) -> int:
    """Run a benchmark, print its table, and write the JSON document where asked; 0 when it ran."""
    if name not in BENCHMARKS:
        raise MillwrightError(f"No benchmark {name!r}. There are: {', '.join(sorted(BENCHMARKS))}.")
    options: dict[str, Any] = {"subset": subset} if name == "cmapss" else {}
    if name in ("fleet", "plant", "synthesis") and machines:
        options["machines"] = machines.split(",")
    if name == "synthesis":
        options["seeds"] = seeds
    if time_limit_s is not None:
        options["time_limit_s"] = time_limit_s
    result: BenchResult = import_module(BENCHMARKS[name]).run(data, Settings().seed, _report, **options)
    if json_file == Path("-"):
        print(result.model_dump_json(indent=1))
        return 0
    print(_table(result))
    if json_file is not None:
        with whole_file(json_file.absolute()) as temporary:
            temporary.write_text(result.model_dump_json(indent=1) + "\n")
    return 0


def _report(progress: float, step: str) -> None:
    print(f"  {progress:4.0%}  {step}", file=sys.stderr, flush=True)


def _table(result: BenchResult) -> str:
    rows = {"millwright": result.figures, **result.peers}
    names = list(result.figures)
    lines = [f"{result.name} ({result.data}), n = {result.n}, seed {result.seed}, {result.seconds:.0f} s"]
    wide = {name: max(15, len(name) + 2) for name in names}
    lines.append(" " * 16 + "".join(f"{name:>{wide[name]}}" for name in names))
    for who, figures in rows.items():
        cells = (f"{figures[name]:{wide[name]}.2f}" if name in figures else "–".rjust(wide[name]) for name in names)
        lines.append(f"{who:<16}" + "".join(cells))
    return "\n".join([*lines, result.protocol])
