"""`millwright fleet train`: every machine's models, with a live table of how each stands."""

import json
import sys
import time
from contextlib import AbstractContextManager, nullcontext
from typing import get_args

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from machine_profiles.errors import MillwrightError
from models.fleet import MachineTraining, train_fleet, with_record
from models.results import TASKS, Task
from settings import Settings
from tools.plant import open_plant


def train_command(
    machines: list[str],
    tasks: list[str],
    seconds: int,
    workers: int,
    quick: bool,
    again: bool,
    as_json: bool,
    console: Console | None = None,
) -> int:
    """Train what is missing; 1 where a machine failed or Ctrl-C stopped the work."""
    console, began = console or Console(stderr=as_json), time.monotonic()
    wanted, settings = _tasks(tasks), Settings()
    plant = open_plant(settings)
    catalog = plant.machines
    asked = [catalog[machine] for machine in machines]
    profiles = asked or with_record(plant.datasets, plant.telemetry, list(catalog.values()))
    if not profiles:
        raise MillwrightError(
            f"Nothing was recorded of any machine under {plant.storage.home}. Bring readings in with "
            f"`millwright import`, or prepare the demo plant with `millwright demo`."
        )
    stand: dict[str, MachineTraining | None] = {profile.id: None for profile in profiles}
    stopped = False
    steps = train_fleet(
        plant.datasets, plant.telemetry, plant.registry, profiles, wanted, seconds, plant.seed, workers,
        settings.ray_address, quick, again,
    )  # fmt: skip
    try:
        with _live(console, stand):
            for step in steps:
                stand[step.machine_id] = step
                if not console.is_terminal:  # where nothing can be drawn over, each step is a line
                    console.print(escape(_line(step)), soft_wrap=True)
    except KeyboardInterrupt:
        stopped = True
    finally:
        steps.close()
    took = time.monotonic() - began
    ended = [step for step in stand.values() if step is not None and step.state != "training"]
    if as_json:
        sys.stdout.write(json.dumps(_document(ended, len(profiles), took, stopped), indent=1) + "\n")
    else:
        console.print(_summary(ended, len(profiles), took, stopped), soft_wrap=True)
    return 1 if stopped or any(step.state == "failed" for step in ended) else 0


def _tasks(names: list[str]) -> tuple[Task, ...]:
    for name in names:
        if name not in get_args(Task):
            raise MillwrightError(f"No task {name!r}. There are: {', '.join(TASKS)}.")
    return tuple(task for task in TASKS if task in names) or TASKS


def _live(console: Console, stand: dict[str, MachineTraining | None]) -> AbstractContextManager[object]:
    if not console.is_terminal:
        return nullcontext()
    return Live(console=console, refresh_per_second=4, get_renderable=lambda: _table(stand))


def _table(stand: dict[str, MachineTraining | None]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("machine", no_wrap=True)
    table.add_column("state")
    table.add_column("s", justify="right")
    table.add_column("models: version, main figure on held-out lives", overflow="fold")
    for machine_id, step in stand.items():
        if step is None:
            table.add_row(machine_id, "[dim]waiting[/]", "", "")
            continue
        took = f"{step.seconds:.0f}" if step.state == "trained" else ""
        table.add_row(machine_id, _STYLES[step.state], took, escape(_told(step)))
    return table


_STYLES = {
    "training": "[cyan]training[/]",
    "trained": "[green]trained[/]",
    "kept": "kept",
    "failed": "[red]failed[/]",
}


def _line(step: MachineTraining) -> str:
    took = f" in {step.seconds:.0f} s" if step.state == "trained" else ""
    told = _told(step)
    return f"{step.machine_id}: {step.state}{took}{': ' if told else ''}{told}"


def _told(step: MachineTraining) -> str:
    if step.error:
        return step.error
    said = [
        f"{model.task} v{model.version} {model.metric} {'–' if model.value is None else f'{model.value:.3g}'}"
        for model in step.models
    ]
    return "; ".join(said + [f"{task} left out: {reason}" for task, reason in step.skipped.items()])


def _summary(ended: list[MachineTraining], asked: int, took: float, stopped: bool) -> str:
    count = {state: sum(step.state == state for step in ended) for state in ("trained", "kept", "failed")}
    models = sum(len(step.models) for step in ended if step.state == "trained")
    said = [f"{models} models of {count['trained']} of {asked} machines trained in {took:.0f} s"]
    said += [f"{count['kept']} were trained by this data and code before"] if count["kept"] else []
    said += [f"{count['failed']} failed"] if count["failed"] else []
    end = " Stopped: what is registered is whole; the same command goes on with the rest." if stopped else ""
    return "; ".join(said) + "." + end


def _document(ended: list[MachineTraining], asked: int, took: float, stopped: bool) -> dict[str, object]:
    return {
        "name": "fleet train",
        "machines": [step.model_dump(mode="json") for step in ended],
        "asked": asked,
        "trained": sum(step.state == "trained" for step in ended),
        "kept": sum(step.state == "kept" for step in ended),
        "failed": sum(step.state == "failed" for step in ended),
        "models": sum(len(step.models) for step in ended if step.state == "trained"),
        "stopped": stopped,
        "seconds": round(took, 1),
    }
