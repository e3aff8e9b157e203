"""`millwright import`: what a file holds, and what was stored of it."""

from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from models import importing
from models.importing import ImportResult
from settings import Settings
from tools.plant import open_plant


def import_command(machine_id: str, file: Path, column_map: Path | None, dry_run: bool, json_: bool) -> int:
    """Import, or with `dry_run` show what would be imported. Raises MillwrightError where it cannot be."""
    plant = open_plant(Settings())
    profile = plant.machines[machine_id]
    result = importing.import_file(
        plant.storage, plant.telemetry, plant.datasets, profile, file, column_map, plant.now, dry_run
    )
    if json_:
        print(result.model_dump_json(indent=1))
        return 0
    _show(Console(), result, profile.modelling.time_unit)
    return 0


def _show(console: Console, result: ImportResult, time_unit: str) -> None:
    done = "would be stored (dry run, nothing was)" if result.dry_run else "stored"
    console.print(
        f"{result.machine_id}: [bold]{result.rows_stored:,} of {result.rows_read:,} rows {done}[/]", soft_wrap=True
    )
    facts = Table.grid(padding=(0, 2))
    for name, count in (
        ("already known", result.rows_already_known),
        ("duplicates in the file", result.duplicates),
        ("set aside", result.rows_rejected),
    ):
        if count:
            facts.add_row(name, f"{count:,}")
    for reason, count in result.rejected_reasons.items():
        facts.add_row("", escape(f"{count:,} × {reason}"))
    if result.rejected_file:
        facts.add_row("set aside in", result.rejected_file)
    facts.add_row("units", f"{result.units:,}")
    if result.start and result.end and time_unit == "h":
        facts.add_row("span", f"{result.start:%Y-%m-%d %H:%M} to {result.end:%Y-%m-%d %H:%M} UTC")
    if result.lives_ended:
        facts.add_row("failures logged" if not result.dry_run else "failures to log", f"{result.lives_ended:,}")
    for column in result.columns:
        unit = column.to_unit if column.from_unit == column.to_unit else f"{column.from_unit} → {column.to_unit}"
        facts.add_row(
            "column" if column is result.columns[0] else "", escape(f"{column.column} as {column.sensor} in {unit}")
        )
    if result.ignored_columns:
        facts.add_row("columns ignored", escape(", ".join(result.ignored_columns)))
    if result.sensors_missing:
        facts.add_row("sensors missing", ", ".join(result.sensors_missing))
    if result.dataset:
        facts.add_row("data set", result.dataset)
    console.print(facts)
