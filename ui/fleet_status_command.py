"""`millwright fleet status`: one line a machine."""

import sys

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from models.fleet_status import FleetStatus, MachineStatus, ServingModel, fleet_status
from models.results import TASKS
from settings import Settings
from tools.plant import open_plant


def status_command(as_json: bool, console: Console | None = None) -> int:
    """0, whatever the machines' state; what could not be read stands below the table."""
    plant = open_plant(Settings())
    found = fleet_status(plant.storage, plant.telemetry, plant.registry, plant.jobs, plant.machines.values(), plant.now)
    if as_json:
        sys.stdout.write(found.model_dump_json(indent=1) + "\n")
        return 0
    console = console or Console()
    console.print(_table(found))
    console.print(
        f"{len(found.machines)} machines, {found.in_service} models in service, {found.challengers} challengers, "
        f"{found.open_jobs} open jobs, as of {found.at:%Y-%m-%d %H:%M} UTC. Beside a version stands its main figure on "
        f"lives held out (failure: average precision; rul: RMSE in hours; anomaly: AUROC; forecast: MASE), and after "
        f"an arrow the challenger.",
        soft_wrap=True,
    )
    for each in found.machines:
        for trouble in each.trouble:
            console.print(f"[red]{each.machine_id}:[/] {escape(trouble)}", soft_wrap=True)
    return 0


def _table(found: FleetStatus) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("machine", no_wrap=True)
    for name in ("last reading", "lives", *TASKS):
        table.add_column(name, justify="right")
    table.add_column("last bundle", overflow="fold")
    table.add_column("open jobs", overflow="fold")
    for each in found.machines:
        models = {model.task: model for model in each.models}
        bundle = each.last_bundle.rsplit("/", 1)[1] if each.last_bundle else "–"
        table.add_row(
            each.machine_id, _age(each), _lives(each), *(_model(models.get(task)) for task in TASKS), bundle,
            ", ".join(each.open_jobs) or "–",
        )  # fmt: skip
    return table


def _age(each: MachineStatus) -> str:
    if each.telemetry_age_hours is None:
        return "unreadable" if each.trouble and each.lives is None else "never"
    hours = each.telemetry_age_hours
    return f"{hours:.1f} h ago" if hours < 48 else f"{hours / 24:.0f} d ago"


def _lives(each: MachineStatus) -> str:
    if each.lives is None:
        return "?"
    return f"{each.lives}, {each.failed_lives} failed" if each.lives else "–"


def _model(model: ServingModel | None) -> str:
    if model is None:
        return "–"
    version = "none" if model.version is None else f"v{model.version}"
    value = "" if model.value is None else f" {model.value:.{2 if abs(model.value) < 10 else 1}f}"
    return f"{version}{value}{'' if model.challenger is None else f' → v{model.challenger}'}"
