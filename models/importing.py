"""Bring recorded telemetry in: a file, a column map, units converted, impossible rows set aside with the reason."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Profile
from models.datasets import Datasets
from models.history import refresh_history
from models.import_reading import KEYS, ImportReading, entries_of, read_import
from models.locks import locked
from models.results import Preview, Result
from models.storage import Storage, sha256, whole_file
from models.telemetry import RENEWS, MaintenanceEvent, Telemetry

SECONDS_PER_ROW = 5e-5  # measured on C-MAPSS FD001, 24 sensors: see docs/log.md
REASONS_SHOWN = 5


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
    entries_logged: int = 0  # in the maintenance log, failures among them
    start: datetime | None
    end: datetime | None
    columns: tuple[ImportedColumn, ...]
    ignored_columns: tuple[str, ...]
    sensors_missing: tuple[str, ...]
    dataset: str | None  # the new version of `history`, where something was stored


def import_file(
    storage: Storage,
    telemetry: Telemetry,
    datasets: Datasets,
    profile: Profile,
    path: Path,
    column_map: Path | None,
    now: datetime,
    dry_run: bool = False,
) -> ImportResult:
    """Store the file's new rows, end the lives it says ended, and write the data set `history` anew.

    The rows come in whole or not at all; where the process dies after them, importing the file again does what is left.
    Without a column map the columns must bear the sensors' names. With `dry_run` nothing is written.

    Raises MillwrightError where the file, the map and the machine do not fit each other, or no row is usable.
    """
    if dry_run:
        return _checked(telemetry, profile, path, column_map, now)[1]
    with locked(storage.telemetry(profile.id) / ".import.lock"):  # two imports at once would count the same hours
        reading, result = _checked(telemetry, profile, path, column_map, now)
        return _store(storage, telemetry, datasets, profile, path, reading, result, now)


def preview(
    telemetry: Telemetry, profile: Profile, path: Path, column_map: Path | None, now: datetime | None = None
) -> Preview:
    """What an import would do; what speaks against it is a warning. Reads the file and writes nothing."""
    try:
        reading = read_import(telemetry, profile, path, column_map, now or datetime.now(UTC))
        result = _result(reading, profile, path, entries_of(telemetry, profile, reading, path))
    except MillwrightError as error:
        return Preview(facts={"file": path.name}, warnings=(f"This import would fail: {error}",))
    facts = {
        "file": path.name,
        "rows": f"{result.rows_stored} new of {result.rows_read} read",
        "columns": ", ".join(f"{c.column} [{c.from_unit}] as {c.sensor} [{c.to_unit}]" for c in result.columns),
        "units": str(result.units),
    }
    if result.start and result.end:
        facts["span"] = f"{result.start:%Y-%m-%d %H:%M} to {result.end:%Y-%m-%d %H:%M} UTC"
    for key, count in (("already known", result.rows_already_known), ("duplicates", result.duplicates)):
        if count:
            facts[key] = f"{count} rows, passed over"
    if result.lives_ended:
        facts["failures"] = f"{result.lives_ended} lives end in failure; each goes into the maintenance log"
    if others := result.entries_logged - result.lives_ended:
        facts["maintenance"] = f"{others} other entries go into the maintenance log"
    return Preview(
        expected_seconds=round(1.0 + SECONDS_PER_ROW * result.rows_read, 1),
        expected_bytes=path.stat().st_size,
        warnings=tuple(_warnings(reading, result, profile)),
        facts=facts,
    )


def _checked(
    telemetry: Telemetry, profile: Profile, path: Path, column_map: Path | None, now: datetime
) -> tuple[ImportReading, ImportResult]:
    reading = read_import(telemetry, profile, path, column_map, now)
    result = _result(reading, profile, path, entries_of(telemetry, profile, reading, path))
    if not len(reading.keys):
        raise MillwrightError(f"No row of {path.name} can be used; nothing was stored. {_say_rejected(result)}")
    return reading, result


def _store(
    storage: Storage,
    telemetry: Telemetry,
    datasets: Datasets,
    profile: Profile,
    path: Path,
    reading: ImportReading,
    result: ImportResult,
    now: datetime,
) -> ImportResult:
    telemetry.append(profile.id, reading.rows)
    entries = entries_of(telemetry, profile, reading, path)
    if entries:
        telemetry.log(profile.id, *entries)
    side_file = _write_rejected(storage, profile, path, reading) if len(reading.rejected) else None
    dataset = refresh_history(telemetry, datasets, profile, now)
    return result.model_copy(
        update={
            "dry_run": False,
            "lives_ended": _ended(entries),
            "entries_logged": len(entries),
            "rejected_file": side_file,
            "dataset": dataset.reference if dataset else None,
        }
    )


def _result(reading: ImportReading, profile: Profile, path: Path, entries: list[MaintenanceEvent]) -> ImportResult:
    times = reading.keys["at"]
    sensors, counts = reading.column_map.sensors, reading.column_map.counts
    conditions = [stated.column for stated in reading.column_map.conditions.values()]
    understood = {*reading.column_map.columns, *conditions}
    return ImportResult(
        machine_id=profile.id,
        file=path.name,
        dry_run=True,
        rows_read=reading.table.rows,
        rows_stored=len(reading.rows),
        rows_already_known=reading.already_known,
        duplicates=reading.duplicates,
        rows_rejected=len(reading.rejected),
        rejected_file=None,
        rejected_reasons=_counted(reading.rejected),
        units=reading.keys["unit"].nunique(),
        lives_ended=_ended(entries),
        entries_logged=len(entries),
        start=times.min().to_pydatetime() if len(times) else None,
        end=times.max().to_pydatetime() if len(times) else None,
        columns=tuple(
            ImportedColumn(
                column=stated.column,
                sensor=name,
                from_unit=stated.unit or profile.sensor(name).unit,
                to_unit=profile.sensor(name).unit,
            )
            for name, stated in sensors.items()
        )
        + tuple(
            ImportedColumn(
                column=f"{stated.column} {stated.equals} in {stated.file}",
                sensor=name,
                from_unit="events",
                to_unit=profile.sensor(name).unit,
            )
            for name, stated in counts.items()
        ),
        ignored_columns=tuple(c for c in reading.table.table.columns if c not in understood),
        sensors_missing=tuple(name for name in profile.sensor_names if name not in reading.column_map.filled),
        dataset=None,
    )


def _ended(entries: list[MaintenanceEvent]) -> int:
    return sum(entry.action in RENEWS for entry in entries)


def _counted(rejected: "pd.Series[str]") -> dict[str, int]:
    """Reasons alike but for a quoted cell count as one."""
    return {str(k): int(n) for k, n in rejected.str.replace(r" '.*'", " '…'", regex=True).value_counts().items()}


def _warnings(reading: ImportReading, result: ImportResult, profile: Profile) -> list[str]:
    warnings = []
    if not len(reading.keys):
        warnings.append(f"No row can be used; this import would fail. {_say_rejected(result)}")
    elif not result.rows_stored:
        warnings.append("Every row is known already; nothing new would be stored.")
    if result.rows_rejected and len(reading.keys):
        warnings.append(f"{result.rows_rejected} rows would be set aside. {_say_rejected(result)}")
    if result.ignored_columns:
        warnings.append(f"Columns that are no sensor of {profile.id} are ignored: {', '.join(result.ignored_columns)}.")
    if result.sensors_missing:
        warnings.append(f"The file holds no readings of {', '.join(result.sensors_missing)}.")
    step, expected = _median_step(reading.keys), profile.modelling.sample_hours
    if step and not 0.5 <= step / expected <= 2.0:
        warnings.append(f"Rows lie {step:.3g} h apart; the models of {profile.id} expect {expected:g} h.")
    return warnings


def _median_step(keys: pd.DataFrame) -> float | None:
    steps = keys.sort_values(KEYS).groupby("unit")["at"].diff().dt.total_seconds().dropna()
    return float(steps.median()) / 3600 if len(steps) else None


def _say_rejected(result: ImportResult) -> str:
    shown = list(result.rejected_reasons.items())[:REASONS_SHOWN]
    more = len(result.rejected_reasons) - len(shown)
    return "; ".join(f"{count} × {reason}" for reason, count in shown) + (
        f"; and {more} more reasons." if more else "."
    )


def _write_rejected(storage: Storage, profile: Profile, path: Path, reading: ImportReading) -> str:
    """The side file: line, reason, then the line's fields as they stood. The same file gives the same side file."""
    whole = reading.table.table.reindex(reading.rejected.index)
    side = pd.concat([reading.rejected.rename("reason"), whole], axis=1)
    first = side.columns[1]
    side[first] = side[first].astype(object)
    for line, fields in reading.table.broken.items():
        side.loc[line, first] = "|".join(fields)
    name = re.sub(r"\W+", "_", path.stem)[:60]
    target = storage.rejected(profile.id, f"{name}-{sha256(path)[:8]}")
    with whole_file(target) as temporary:
        side.to_csv(temporary, index_label="line")
    return storage.relative(target)
