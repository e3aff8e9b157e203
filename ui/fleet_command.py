"""`millwright fleet …`: what is done to every machine at once."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from models.edge_platforms import Precision, Target
from settings import Settings

if TYPE_CHECKING:
    from models.fleet_export import FleetBundles

fleet = typer.Typer(help="What is done to every machine at once.", no_args_is_help=True)


@fleet.command()
def export(
    target: Annotated[Target, typer.Option(help="The computer the bundles are for.")] = "jetson_nano",
    precision: Annotated[Precision, typer.Option(help="Of neural parts; trees stay exact.")] = "int8",
    json_: Annotated[bool, typer.Option("--json", help="Print the result as one JSON document.")] = False,
) -> None:
    """Bundle every machine's models in service. Exit code 1 where a machine could not be bundled."""
    raise typer.Exit(fleet_export_command(target, precision, json_))


@fleet.command()
def train(
    machines: Annotated[str, typer.Option(help="Ids, with commas between; all that have a record where empty.")] = "",
    tasks: Annotated[str, typer.Option(help="Of failure, rul, anomaly and forecast; all four where empty.")] = "",
    time_limit: Annotated[int, typer.Option(min=10, max=86_400, help="Seconds for each machine.")] = 120,
    workers: Annotated[int, typer.Option(min=1, max=256, help="Machines at a time, where no cluster is set.")] = 2,
    quick: Annotated[bool, typer.Option("--quick", help="LightGBM alone: some seconds a machine.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Train what this data and code have trained, too.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print the result as one JSON document.")] = False,
) -> None:
    """Train every machine on Ray; what is trained already is kept, and Ctrl-C may stop it. Exit code 1 on a failure."""
    from ui.fleet_train_command import train_command

    raise typer.Exit(train_command(_names(machines), _names(tasks), time_limit, workers, quick, again, json_))


@fleet.command()
def status(
    json_: Annotated[bool, typer.Option("--json", help="Print the result as one JSON document.")] = False,
) -> None:
    """Show every machine's record, models, last bundle and open jobs."""
    from ui.fleet_status_command import status_command

    raise typer.Exit(status_command(json_))


def fleet_export_command(target: Target, precision: Precision, as_json: bool) -> int:
    """Machines without any model count as not bundled, with the reason."""
    from models.fleet_export import export_fleet
    from tools.plant import open_plant

    plant = open_plant(Settings())
    found = export_fleet(
        plant.storage, plant.telemetry, plant.registry, plant.machines, target, precision, plant.seed, _report
    )
    print(found.model_dump_json(indent=1) if as_json else _said(found))
    return 1 if found.not_bundled else 0


def _names(listed: str) -> list[str]:
    return [name.strip() for name in listed.split(",") if name.strip()]


def _report(progress: float, step: str) -> None:
    print(f"  {progress:4.0%}  {step}", file=sys.stderr, flush=True)


def _said(found: "FleetBundles") -> str:
    lines = [
        f"{bundle.machine_id:<32} {len(bundle.models)} models  {bundle.total_bytes / 1e6:6.2f} MB  "
        f"{bundle.seconds:5.1f} s  {bundle.bundle}"
        for bundle in found.bundles
    ]
    lines += [f"{each.machine_id:<32} not bundled: {each.reason}" for each in found.not_bundled]
    lines.append(
        f"{len(found.bundles)} bundles for {found.target}, {found.models} models, {found.total_bytes / 1e6:.1f} MB in "
        f"all (the largest model {found.largest_model_bytes / 1e6:.2f} MB), in {found.seconds:.0f} s."
    )
    return "\n".join(lines)
