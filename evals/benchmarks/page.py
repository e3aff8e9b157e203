"""The benchmarks as a page, made from what `millwright bench NAME --json` wrote: `python -m evals.benchmarks.page`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from evals.benchmarks.result import BenchResult
from machine_profiles.errors import MillwrightError
from models.storage import whole_file

HEAD = """# Benchmarks

Each table is one run of `millwright bench`: the figures of Millwright beside peers that were measured in the same run,
on the same rows, by the same code. Controls (a constant, shuffled labels, one that never or always alarms) say what a
figure is worth. This page is made from the JSON documents in `docs/benchmarks/`:

    .venv/bin/millwright bench NAME [--data DIR] --json docs/benchmarks/NAME.json
    .venv/bin/python -m evals.benchmarks.page docs/benchmarks/*.json --out docs/benchmarks.md
"""


class NoBenchmark(MillwrightError):
    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} is no document of `millwright bench NAME --json {path.name}`: {why}.")


def page(results: Sequence[BenchResult]) -> str:
    """Markdown, one section a benchmark, in the order of their names."""
    ordered = sorted(results, key=lambda each: (each.name, each.data))
    listed = "\n".join(f"- [{_title(each)}](#{_anchor(each)})" for each in ordered)
    return "\n".join([HEAD, listed, "", *(_section(each) for each in ordered)])


def read(path: Path) -> BenchResult:
    """Raises NoBenchmark."""
    try:
        return BenchResult.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise NoBenchmark(path, error.strerror or str(error)) from error
    except ValidationError as error:
        raise NoBenchmark(path, f"{error.errors()[0]['loc']} {error.errors()[0]['msg']}") from error


def _section(result: BenchResult) -> str:
    columns = {"Millwright": result.figures, **{name.replace("_", " "): told for name, told in result.peers.items()}}
    names = list(dict.fromkeys(name for told in columns.values() for name in told))
    rows = [f"| {name} | {' | '.join(_figure(told.get(name)) for told in columns.values())} |" for name in names]
    table = [f"| | {' | '.join(columns)} |", f"|---|{'---:|' * len(columns)}", *rows]
    facts = f"Data: {result.data}; n = {result.n:,}; seed {result.seed}; {result.seconds:,.0f} s."
    return "\n".join([f"## {_title(result)}", "", *table, "", facts, "", result.protocol, ""])


def _title(result: BenchResult) -> str:
    return result.name if result.data.startswith(result.name) else f"{result.name}: {result.data}"


def _anchor(result: BenchResult) -> str:
    kept = "".join(c for c in _title(result).lower() if c.isalnum() or c in " -_")
    return kept.replace(" ", "-")


def _figure(value: float | None) -> str:
    if value is None:
        return "–"
    if abs(value) >= 10 and value == int(value):
        return f"{value:,.0f}"
    return f"{value:,.4g}" if abs(value) < 1 else f"{value:,.2f}"


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("results", type=Path, nargs="+", help="JSON documents of `millwright bench`")
    asked.add_argument("--out", type=Path, required=True, help="the page, such as docs/benchmarks.md")
    told = asked.parse_args()
    try:
        text = page([read(path) for path in told.results])
    except NoBenchmark as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
    with whole_file(told.out) as temporary:
        temporary.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
