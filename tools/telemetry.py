"""A machine's recorded history: look at it, bring more in, write down what was done to the machine."""

from datetime import datetime
from pathlib import Path

from pydantic import Field

from models import importing, maintenance_log, sensor_statistics
from models.importing import ImportResult
from models.sensor_statistics import TelemetrySummary
from models.telemetry import MAIN, Action, MaintenanceEvent
from tools.durations import Window
from tools.plant import Plant
from tools.tool import Arguments, MachineId, Preview, UnitName, tool


class QueryTelemetry(Arguments):
    machine_id: MachineId
    sensors: tuple[str, ...] = Field((), description="Names from the machine's profile; all where it is empty.")
    window: Window = Field("24h", description="How far back from now, in clock hours: 24h, 7d, 1w.")  # type: ignore[assignment]
    unit: UnitName = MAIN


class ImportTelemetry(Arguments):
    machine_id: MachineId
    path: str = Field(description="A CSV or Parquet file with one row a sample.")
    column_map: str | None = Field(
        None, description="A YAML file that says which column is which; columns named as sensors need none."
    )


class LogMaintenance(Arguments):
    machine_id: MachineId
    action: Action = Field(description="What was done. failure, replacement and overhaul end the unit's life.")
    note: str = Field("", max_length=2000)
    at: datetime | None = Field(None, description="When, with time zone; now where it is left out.")
    failure_mode: str | None = Field(None, description="For a failure: which of the profile's failure modes.")
    unit: UnitName = MAIN


@tool("read")
def query_telemetry(plant: Plant, args: QueryTelemetry) -> TelemetrySummary:
    """Statistics and a plot of a machine's readings over a recent window.

    Use for "show me the vibration of…". For what the readings mean use predict_health.
    """
    profile = plant.machines[args.machine_id]
    return sensor_statistics.summarise(
        plant.storage, plant.telemetry, profile, args.sensors, args.window.hours, plant.now, args.unit
    )


def _preview_import(plant: Plant, args: ImportTelemetry) -> Preview:
    profile = plant.machines[args.machine_id]
    return importing.preview(plant.telemetry, profile, Path(args.path).expanduser(), _path(args.column_map), plant.now)


@tool("change", preview=_preview_import)
def import_telemetry(plant: Plant, args: ImportTelemetry) -> ImportResult:
    """Bring recorded readings of a machine in from a CSV or Parquet file.

    Rows that are already known are passed over; impossible ones go into a side file with the reason.
    """
    profile = plant.machines[args.machine_id]
    return importing.import_file(
        plant.storage,
        plant.telemetry,
        plant.datasets,
        profile,
        Path(args.path).expanduser(),
        _path(args.column_map),
        plant.now,
    )


def _preview_log(plant: Plant, args: LogMaintenance) -> Preview:
    return maintenance_log.preview_event(
        plant.telemetry, plant.machines[args.machine_id], _event(plant, args), plant.now
    )


@tool("change", preview=_preview_log)
def log_maintenance(plant: Plant, args: LogMaintenance) -> MaintenanceEvent:
    """Write down what was done to a machine in its maintenance log.

    A failure, replacement or overhaul ends the unit's present life; models learn from it at the next training.
    """
    return maintenance_log.log_event(plant.telemetry, plant.machines[args.machine_id], _event(plant, args), plant.now)


def _event(plant: Plant, args: LogMaintenance) -> MaintenanceEvent:
    return MaintenanceEvent(
        at=args.at or plant.now,
        unit=args.unit,
        action=args.action,
        failure_mode=args.failure_mode,
        note=args.note,
        by=plant.speaker,
    )


def _path(text: str | None) -> Path | None:
    return Path(text).expanduser() if text else None
