"""A run's report: one HTML file that needs nothing else, with the result as JSON and as JUnit XML beside it."""

import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from evals.comparing import reasons
from evals.controls import MOST_THAT_MAY_PASS
from evals.junit import write_junit
from evals.results import EvalResult, RunRecord, ScenarioResult, Tally, TurnRecord
from models.storage import whole_file

PAGE = Path(__file__).parent / "report_page.html"
WORDINGS = ("plain", "paraphrase", "noisy")
SHOWN, SHOWN_PASSED = 8000, 1500  # characters of a tool result; result.json has all


def write_report(result: EvalResult, folder: Path) -> Path:
    """Write report.html, result.json and junit.xml into the folder, each whole; the path of the page."""
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "result.json", result.model_dump_json(indent=1))
    write_junit(result, folder / "junit.xml")
    page = folder / "report.html"
    _write(page, render(result))
    return page


def render(result: EvalResult) -> str:
    """Failed scenarios stand first, then those that flip."""
    return _page().render(
        result=result,
        scenarios=sorted(result.scenarios, key=lambda s: (s.passed, not _flips(s))),
        failed=[each for each in result.scenarios if not each.passed],
        wordings={name: result.by_tag[name] for name in WORDINGS if name in result.by_tag},
        tags={name: tally for name, tally in result.by_tag.items() if name not in WORDINGS},
        most=MOST_THAT_MAY_PASS,
    )


@cache
def _page() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters |= {
        "percent": _percent, "share": _share, "anchor": _anchor, "json": _json, "expected": _expected,
        "cut": _cut, "flips": _flips, "reasons": reasons, "spent": _spent,
        "shown_runs": _shown_runs,
    }  # fmt: skip
    return environment.from_string(PAGE.read_text(encoding="utf-8"))


def _write(path: Path, text: str) -> None:
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _percent(value: float | None, digits: int = 1) -> str:
    return "–" if value is None else f"{100 * value:.{digits}f}\u202f%"


def _share(tally: Tally) -> float:
    return tally.passed / tally.n


def _anchor(id_: str) -> str:
    return "s-" + re.sub(r"[^\w-]", "-", id_)


def _json(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _cut(text: str, passed: bool) -> str:
    longest = SHOWN_PASSED if passed else SHOWN
    return text if len(text) <= longest else f"{text[:longest]}\n… {len(text) - longest:,} more in result.json"


def _expected(turn: TurnRecord) -> list[tuple[str, str]]:
    """What the scenario expects of a turn, a line for each key."""
    lines = []
    for key, value in turn.expected.items():
        if key == "tools":
            calls = [f"{c['name']}({_arguments(c.get('args', {}))})" for c in value]
            how = turn.expected.get("match", "superset")
            lines.append((f"tools, {how}", "\n".join(calls) or "none"))
        elif key != "match":
            lines.append((key, ", ".join(map(str, value)) if isinstance(value, list) else _json(value)))
    return lines


def _arguments(args: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value if isinstance(value, str) else _json(value)}" for name, value in args.items())


def _flips(scenario: ScenarioResult) -> bool:
    return 0 < sum(run.passed for run in scenario.runs) < len(scenario.runs)


def _shown_runs(scenario: ScenarioResult) -> list[tuple[int, RunRecord]]:
    """Every run that failed, and the first that passed."""
    passed = next((run for run in scenario.runs if run.passed), None)
    return [(n, run) for n, run in enumerate(scenario.runs, 1) if not run.passed or run is passed]


def _spent(turns: Sequence[TurnRecord]) -> float:
    return sum(turn.latency_s + turn.jobs_s for turn in turns)
