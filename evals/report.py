"""A run's report: one HTML file that needs nothing else, and the JSON result beside it."""

import json
from html import escape
from pathlib import Path
from string import Template

from evals.junit import write_junit
from evals.results import CallRecord, EvalResult, RunRecord, ScenarioResult, Tally, TurnRecord
from models.storage import whole_file

PAGE = Path(__file__).parent / "report_page.html"


def write_report(result: EvalResult, folder: Path) -> Path:
    """Write report.html, result.json and junit.xml into the folder, each whole; the path of the page."""
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "result.json", result.model_dump_json(indent=1))
    write_junit(result, folder / "junit.xml")
    page = folder / "report.html"
    _write(page, render(result))
    return page


def render(result: EvalResult) -> str:
    return Template(PAGE.read_text(encoding="utf-8")).substitute(
        title=escape(f"{result.model}: {result.passed} of {result.n} scenarios passed"),
        figures=_figures(result),
        tags=_tallies("Tag", result.by_tag),
        tools=_tallies("Tool expected", result.by_tool),
        scenarios="\n".join(_scenario(each) for each in sorted(result.scenarios, key=lambda s: s.passed)),
    )


def _write(path: Path, text: str) -> None:
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _figures(result: EvalResult) -> str:
    interval = result.pass_rate_interval
    figures = {
        "pass rate": f"{result.pass_rate:.1%} <small>{interval.low:.1%} to {interval.high:.1%}</small>",
        "pass@1": f"{result.pass_at_1:.1%}",
        f"pass^{result.repeat}": f"{result.pass_hat_k:.1%}",
        "tool accuracy": _share(result.tool_accuracy),
        "argument accuracy": _share(result.argument_accuracy),
        "grounded": f"{result.grounded_rate:.1%}",
        "latency p50": f"{result.latency_p50_s:.2f} s",
        "latency p95": f"{result.latency_p95_s:.2f} s",
    }
    return "".join(f"<div><b>{value}</b><span>{name}</span></div>" for name, value in figures.items())


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _tallies(head: str, tallies: dict[str, Tally]) -> str:
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td>{t.passed}</td><td>{t.n}</td><td>{t.passed / t.n:.0%}</td></tr>"
        for name, t in tallies.items()
    )
    return f"<table><tr><th>{head}</th><th>passed</th><th>of</th><th></th></tr>{rows}</table>"


def _scenario(result: ScenarioResult) -> str:
    mark = "pass" if result.passed else "fail"
    passed = sum(run.passed for run in result.runs)
    count = f" <small>{passed} of {len(result.runs)} runs</small>" if len(result.runs) > 1 else ""
    tags = " ".join(f"<i>{escape(tag)}</i>" for tag in result.tags)
    runs = "".join(_run(number, run, len(result.runs)) for number, run in enumerate(result.runs, start=1))
    opened = "" if result.passed else " open"
    return f'<details class="{mark}"{opened}><summary>{escape(result.id)}{count} {tags}</summary>{runs}</details>'


def _run(number: int, run: RunRecord, of: int) -> str:
    head = f"<h4>Run {number}: {'passed' if run.passed else 'failed'}</h4>" if of > 1 else ""
    ended = "".join(f"<li>{escape(fault)}</li>" for fault in run.end_state)
    return head + "".join(_turn(turn) for turn in run.turns) + (f'<ul class="why">{ended}</ul>' if ended else "")


def _turn(turn: TurnRecord) -> str:
    image = f" <small>with {escape(Path(turn.image).name)}</small>" if turn.image else ""
    failures = "".join(f"<li>{escape(failure)}</li>" for failure in turn.failures)
    reasons = f'<ul class="why">{failures}</ul>' if failures else ""
    return (
        f'<div class="turn"><p class="said">{escape(turn.said)}{image}</p>{"".join(_call(c) for c in turn.tools)}'
        f'<p class="answer"><small>{escape(turn.outcome)}, {turn.latency_s:.2f} s</small>{escape(turn.answer)}</p>'
        f"{reasons}</div>"
    )


def _call(call: CallRecord) -> str:
    args = ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in call.args.items())
    came = call.error if call.error else json.dumps(call.result, ensure_ascii=False, indent=1)
    return (
        f'<details class="call"><summary><code>{escape(call.name)}({escape(args)})</code> {call.status}</summary>'
        f"<pre>{escape(came)}</pre></details>"
    )
