"""`millwright eval`: run scenario suites, show the figures, write result and report."""

import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from evals.comparing import compare
from evals.controls import UnknownControl, run_controls
from evals.external import UnusableAgent
from evals.plant_controls import run_plant_controls
from evals.report import write_report
from evals.rescoring import NoResult, OtherScenarios, read_result, rescored
from evals.results import ControlResult, EvalResult
from evals.run_folder import NothingToResume
from evals.runner import run_suite
from evals.scenario import InvalidScenario, Scenario, read_scenarios, selected, shipped_suites
from machine_profiles.errors import MillwrightError
from models.storage import whole_file
from settings import Settings
from ui.eval_tables import comparison_lines, failed_lines, summary

DONE, MISSED, WRONG_USAGE = 0, 1, 2
USAGE = (InvalidScenario, UnknownControl, UnusableAgent, NothingToResume, NoResult, OtherScenarios)


def eval_command(
    files: list[Path],
    models: Sequence[str] = (),
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
    rescore: Path | None = None,
    against: Path | None = None,
    price: str | None = None,
    controls: bool = False,
) -> int:
    """0 done, 1 below `min_pass` or the work failed, 2 wrong usage or a scenario file that breaks the format.

    The last of several models is the candidate, which the others are compared with; so is the result `against`.
    """
    console = Console(stderr=True)
    if not files:
        console.print(f"Name at least one scenario file. Shipped suites: {', '.join(shipped_suites())}", markup=False)
        return WRONG_USAGE
    if wrong := _wrong(min_pass, repeat, workers, models, agent, rescore, price):
        console.print(wrong, markup=False)
        return WRONG_USAGE
    try:
        for folder in (report, json_file.parent if json_file else None):
            if folder is not None:
                folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:  # found before the run, not after it
        console.print(f"The result cannot be written there: {error}", markup=False, soft_wrap=True)
        return WRONG_USAGE
    settings = Settings()
    try:
        scenarios = selected(read_scenarios(files), tags, only)
        baselines = [read_result(against)] if against else []
        if rescore:
            results = [rescored(read_result(rescore), scenarios, _price(price))]
        else:
            brains = list(models) or [settings.model]
            asked = [settings.model_copy(update={"model": each}) for each in brains]
            results = [_run(scenarios, each, repeat, workers, agent, resume, price, console) for each in asked]
        beside = _run_controls(scenarios, settings, workers, console) if controls else {}
        result = results[-1].model_copy(
            update={
                "controls": run_controls(scenarios) | beside,
                "comparisons": tuple(compare(each, results[-1]) for each in [*baselines, *results[:-1]]),
            }
        )
        _write(result, json_file, report, console)
    except USAGE as error:
        console.print(str(error), markup=False, soft_wrap=True)
        return WRONG_USAGE
    except MillwrightError as error:
        console.print(str(error), markup=False, soft_wrap=True)
        return MISSED
    return DONE if result.pass_rate >= min_pass else MISSED


def _wrong(
    min_pass: float, repeat: int, workers: int, models: Sequence[str], agent: str | None, rescore: Path | None,
    price: str | None,
) -> str | None:  # fmt: skip
    if not 0 <= min_pass <= 1 or repeat < 1 or workers < 1:
        return "--min-pass lies between 0 and 1; --repeat and --workers are 1 or more."
    if agent and len(models) > 1:
        return "--agent goes with one --model at most: the agent brings its own."
    if rescore and (models or agent or repeat > 1):
        return "--rescore judges a stored run; --model, --agent and --repeat belong to a new one."
    try:
        _price(price)
    except ValueError:
        return "--price is two numbers, USD a million tokens in and out, such as 0.15,0.60."
    return None


def _price(stated: str | None) -> tuple[float, float] | None:
    if stated is None:
        return None
    into, out = (float(each) for each in stated.split(","))
    return into, out


def _run(
    scenarios: list[Scenario], settings: Settings, repeat: int, workers: int, agent: str | None, resume: bool,
    price: str | None, console: Console,
) -> EvalResult:  # fmt: skip
    with _bars(console) as bars:
        preparing = bars.add_task("preparing the demo plant", total=100)
        running = bars.add_task(f"{agent or settings.model}: scenarios", total=len(scenarios) * repeat)

        def prepared(progress: float, step: str) -> None:
            bars.update(preparing, completed=round(100 * progress), description=f"demo plant: {step}")

        def ran(done: int, of: int, ended: str) -> None:
            bars.update(preparing, visible=False)
            bars.update(running, completed=done, description=f"{agent or settings.model}: {ended}")

        return run_suite(scenarios, settings, repeat, workers, prepared, ran, agent, resume, _price(price))


def _run_controls(
    scenarios: list[Scenario], settings: Settings, workers: int, console: Console
) -> dict[str, ControlResult]:
    with _bars(console) as bars:
        running = bars.add_task("controls", total=None)

        def ran(done: int, of: int, ended: str) -> None:
            bars.update(running, total=of, completed=done, description=f"controls: {ended}")

        return run_plant_controls(scenarios, settings, workers, progress=ran)


def _bars(console: Console) -> Progress:
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    return Progress(*columns, console=console, transient=True)


def _write(result: EvalResult, json_file: Path | None, report: Path | None, console: Console) -> None:
    to_stdout = json_file is not None and str(json_file) == "-"
    if to_stdout:
        print(result.model_dump_json(indent=1))
    elif json_file is not None:
        with whole_file(json_file) as temporary:
            temporary.write_text(result.model_dump_json(indent=1), encoding="utf-8")
    shown = console if to_stdout else Console(file=sys.stdout)
    for line in (*failed_lines(result), *comparison_lines(result)):
        shown.print(line, markup=False, highlight=False, soft_wrap=True)
    shown.print(summary(result))
    if report is not None:
        shown.print(f"Report: {write_report(result, report)}", markup=False, soft_wrap=True)
