"""Bring recorded telemetry in: a file, a column map, units converted, impossible rows set aside with the reason."""

from datetime import datetime

from models.results import Result


class ImportedColumn(Result):
    column: str
    sensor: str
    from_unit: str
    to_unit: str


class ImportResult(Result):
    """What an import did, or would do (dry run). read = stored + already_known + duplicates + rejected."""

    machine_id: str
    file: str
    dry_run: bool
    rows_read: int
    rows_stored: int
    rows_already_known: int
    duplicates: int
    rows_rejected: int
    rejected_file: str | None
    rejected_reasons: dict[str, int]
    units: int
    lives_ended: int
    start: datetime | None
    end: datetime | None
    columns: tuple[ImportedColumn, ...]
    ignored_columns: tuple[str, ...]
    sensors_missing: tuple[str, ...]
    dataset: str | None  # the new version of `history`, where something was stored
