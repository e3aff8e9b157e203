"""`millwright eval`: run scenario suites, show the figures, write result and report."""

import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from evals.controls import UnknownControl
from evals.external import UnusableAgent
from evals.report import write_report
from evals.results import EvalResult
from evals.run_folder import NothingToResume
from evals.runner import run_suite
from evals.scenario import InvalidScenario, Scenario, read_scenarios, selected, shipped_suites
from machine_profiles.errors import MillwrightError
from models.storage import whole_file
from settings import Settings

DONE, MISSED, WRONG_USAGE = 0, 1, 2


def eval_command(
    files: list[Path],
    model: str | None = None,
    *,
    repeat: int = 1,
    report: Path | None = None,
    json_file: Path | None = None,
    min_pass: float = 0.0,
    workers: int = 2,
    tags: Sequence[str] = (),
    only: Sequence[str] = (),
    agent: str | None = None,
    resume: bool = False,
) -> int:
    """0 done, 1 below `min_pass` or the work failed, 2 wrong usage or a scenario file that breaks the format."""
    console = Console(stderr=True)
    if not files:
        console.print(f"Name at least one scenario file. Shipped suites: {', '.join(shipped_suites())}", markup=False)
        return WRONG_USAGE
    if not 0 <= min_pass <= 1 or repeat < 1 or workers < 1:
        console.print("--min-pass lies between 0 and 1; --repeat and --workers are 1 or more.", markup=False)
        return WRONG_USAGE
    settings = Settings()
    settings = settings.model_copy(update={"model": model or settings.model})
    try:
        for folder in (report, json_file.parent if json_file else None):
            if folder is not None:
                folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:  # found before the run, not after it
        console.print(f"The result cannot be written there: {error}", markup=False, soft_wrap=True)
        return WRONG_USAGE
    try:
        scenarios = selected(read_scenarios(files), tags, only)
        result = _run(scenarios, settings, repeat, workers, agent, resume, console)
        _write(result, json_file, report, console)
    except (InvalidScenario, UnknownControl, UnusableAgent, NothingToResume) as error:
        console.print(str(error), markup=False, soft_wrap=True)
        return WRONG_USAGE
    except MillwrightError as error:
        console.print(str(error), markup=False, soft_wrap=True)
        return MISSED
    return DONE if result.pass_rate >= min_pass else MISSED


def _run(
    scenarios: list[Scenario], settings: Settings, repeat: int, workers: int, agent: str | None, resume: bool,
    console: Console,
) -> EvalResult:  # fmt: skip
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True) as bars:
        preparing = bars.add_task("preparing the demo plant", total=100)
        running = bars.add_task("running the scenarios", total=len(scenarios) * repeat)

        def prepared(progress: float, step: str) -> None:
            bars.update(preparing, completed=round(100 * progress), description=f"demo plant: {step}")

        def ran(done: int, of: int, ended: str) -> None:
            bars.update(preparing, visible=False)
            bars.update(running, completed=done, description=f"scenarios: {ended}")

        return run_suite(scenarios, settings, repeat, workers, prepared, ran, agent, resume)


def _write(result: EvalResult, json_file: Path | None, report: Path | None, console: Console) -> None:
    to_stdout = json_file is not None and str(json_file) == "-"
    if to_stdout:
        print(result.model_dump_json(indent=1))
    elif json_file is not None:
        with whole_file(json_file) as temporary:
            temporary.write_text(result.model_dump_json(indent=1), encoding="utf-8")
    shown = console if to_stdout else Console(file=sys.stdout)
    for scenario in result.scenarios:
        if not scenario.passed:
            reasons = [f"  turn {n}: {why}" for n, turn in enumerate(scenario.turns, 1) for why in turn.failures]
            reasons += [f"  {why}" for why in dict.fromkeys(why for run in scenario.runs for why in run.end_state)]
            shown.print("\n".join([f"failed: {scenario.id}", *reasons]), markup=False, highlight=False, soft_wrap=True)
    shown.print(_summary(result))
    if report is not None:
        shown.print(f"Report: {write_report(result, report)}", markup=False, soft_wrap=True)


def _summary(result: EvalResult) -> Table:
    interval = result.pass_rate_interval
    table = Table(title=f"{result.model}: {result.passed} of {result.n} scenarios passed", show_header=False)
    rows = {
        "pass rate": f"{result.pass_rate:.1%} (95 %: {interval.low:.1%} to {interval.high:.1%})",
        "pass@1": f"{result.pass_at_1:.1%}",
        f"pass^{result.repeat}": f"{result.pass_hat_k:.1%}",
        "tool accuracy": "–" if result.tool_accuracy is None else f"{result.tool_accuracy:.1%}",
        "argument accuracy": "–" if result.argument_accuracy is None else f"{result.argument_accuracy:.1%}",
        "grounded": f"{result.grounded_rate:.1%}",
        "latency p50, p95": f"{result.latency_p50_s:.2f} s, {result.latency_p95_s:.2f} s",
        "time": f"{result.seconds:.0f} s",
    }
    for name, value in rows.items():
        table.add_row(name, value)
    return table
