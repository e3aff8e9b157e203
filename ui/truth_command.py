"""`millwright eval --truth N`: what the copilot claims of fresh plants, beside what is true of them."""

import sys
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from evals.controls import UnknownControl
from evals.truth import TruthResult, run_truth
from evals.truth_report import percent, widths, write_truth_report
from machine_profiles.errors import MillwrightError
from models.storage import whole_file
from settings import Settings

DONE, FAILED, WRONG_USAGE = 0, 1, 2


def truth_command(
    plants: int,
    seed: int | None = None,
    model: str | None = None,
    report: Path | None = None,
    json_file: Path | None = None,
    workers: int = 2,
    controls: bool = True,
) -> int:
    """0 done, 1 the work failed, 2 wrong usage. `seed` of the fresh plants alone; the models are the setting's."""
    console = Console(stderr=True)
    settings = Settings()
    settings = settings.model_copy(update={"model": model or settings.model})
    try:
        result = _run(plants, settings, seed, workers, controls, console)
    except UnknownControl as error:
        console.print(str(error), markup=False, soft_wrap=True)
        return WRONG_USAGE
    except MillwrightError as error:
        console.print(str(error), markup=False, soft_wrap=True)
        return FAILED
    to_stdout = str(json_file) == "-"
    if to_stdout:
        print(result.model_dump_json(indent=1))
    elif json_file is not None:
        json_file.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(json_file) as temporary:
            temporary.write_text(result.model_dump_json(indent=1), encoding="utf-8")
    shown = console if to_stdout else Console(file=sys.stdout)
    shown.print(_table(result))
    shown.print(widths(result).capitalize() + ". What each claim means is in the report and the JSON.", soft_wrap=True)
    if report is not None:
        shown.print(f"Report: {write_truth_report(result, report)}", markup=False, soft_wrap=True)
    return DONE


def _run(
    plants: int, settings: Settings, seed: int | None, workers: int, controls: bool, console: Console
) -> TruthResult:
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True) as bars:
        preparing = bars.add_task("preparing the models", total=100)
        asking = bars.add_task("asking about fresh plants", total=None)

        def prepared(progress: float, step: str) -> None:
            bars.update(preparing, completed=round(100 * progress), description=f"models: {step}")

        def ran(done: int, of: int, ended: str) -> None:
            bars.update(preparing, visible=False)
            bars.update(asking, total=of, completed=done)

        return run_truth(plants, settings, seed, controls, workers, prepared, ran)


def _table(result: TruthResult) -> Table:
    lead = f"; first alarm {result.lead_hours:.0f} h before the failure (median)" if result.lead_hours else ""
    table = Table(title=f"{result.model}: {result.plants} fresh plants, seed {result.seed}{lead}")
    names = list(result.claims[0].controls)
    for column in ("claim", "share", "95 %", "of", *(name.replace("_", " ") for name in names)):
        table.add_column(column, no_wrap=column in ("claim", "share", "95 %", "of"))
    for each in result.claims:
        interval = f"{percent(each.interval.low)} to {percent(each.interval.high)}"
        beside = [percent(each.controls[name]) for name in names]
        table.add_row(each.claim.replace("_", " "), percent(each.share), interval, f"{each.right}/{each.n}", *beside)
    return table
