"""Bring recorded telemetry in: a file, a column map, units converted, impossible rows set aside with the reason."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Profile
from models.column_map import ColumnMap, map_by_name, read_column_map, require_fit
from models.datasets import Datasets
from models.history import refresh_history
from models.import_rows import check_rows
from models.operating_meter import metered
from models.results import Preview, Result
from models.storage import Storage, sha256, whole_file
from models.table_file import TableFile, read_table
from models.telemetry import RENEWS, MaintenanceEvent, Telemetry

KEYS = ["unit", "at"]
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
    start: datetime | None
    end: datetime | None
    columns: tuple[ImportedColumn, ...]
    ignored_columns: tuple[str, ...]
    sensors_missing: tuple[str, ...]
    dataset: str | None  # the new version of `history`, where something was stored


@dataclass(frozen=True)
class _Reading:
    """A file read and checked against what is known; nothing is written yet.

    rows: new ones, as Telemetry.append takes them. keys: `unit`, `at`, `life` of every good row, known ones too.
    rejected: line → reason.
    """

    table: TableFile
    column_map: ColumnMap
    rows: pd.DataFrame
    keys: pd.DataFrame
    already_known: int
    duplicates: int
    rejected: "pd.Series[str]"


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
    reading = _read(telemetry, profile, path, column_map, now)
    result = _result(reading, profile, path, _failures(telemetry, profile, reading, path))
    if not len(reading.keys):
        raise MillwrightError(f"No row of {path.name} can be used; nothing was stored. {_say_rejected(result)}")
    if dry_run:
        return result

    telemetry.append(profile.id, reading.rows)
    failures = _failures(telemetry, profile, reading, path)
    if failures:
        telemetry.log(profile.id, *failures)
    side_file = _write_rejected(storage, profile, path, reading) if len(reading.rejected) else None
    dataset = refresh_history(telemetry, datasets, profile, now)
    return result.model_copy(
        update={
            "dry_run": False,
            "lives_ended": len(failures),
            "rejected_file": side_file,
            "dataset": dataset.reference if dataset else None,
        }
    )


def preview(
    telemetry: Telemetry, profile: Profile, path: Path, column_map: Path | None, now: datetime | None = None
) -> Preview:
    """What an import would do; what speaks against it is a warning. Reads the file and writes nothing."""
    try:
        reading = _read(telemetry, profile, path, column_map, now or datetime.now(UTC))
        result = _result(reading, profile, path, _failures(telemetry, profile, reading, path))
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
    return Preview(
        expected_seconds=round(1.0 + SECONDS_PER_ROW * result.rows_read, 1),
        warnings=tuple(_warnings(reading, result, profile)),
        facts=facts,
    )


def _read(telemetry: Telemetry, profile: Profile, path: Path, map_path: Path | None, now: datetime) -> _Reading:
    table = read_table(path)
    columns = list(table.table.columns)
    column_map = read_column_map(map_path) if map_path else map_by_name(profile, columns)
    require_fit(column_map, profile, columns)
    checked = check_rows(table, column_map, profile, now)

    known = telemetry.meter(profile.id, as_stored=True)
    asked = pd.MultiIndex.from_frame(checked.rows[KEYS])
    is_known = asked.isin(pd.MultiIndex.from_frame(known[KEYS])) if len(known) else np.zeros(len(asked), bool)
    rows, early = metered(checked.rows[~is_known], known, profile.modelling.sample_hours)
    if column_map.at is None:
        _require_same_count(rows, known, profile)
    if column_map.hours:
        late = _after_failure(rows, telemetry.maintenance(profile.id))
        early = pd.concat([early, late])
        rows = rows.drop(index=late.index)
    stored = known.set_index(KEYS)["life"].reindex(asked[is_known]).reset_index()
    return _Reading(
        table,
        column_map,
        rows[["unit", "at", "life", "hours", *profile.sensor_names]],
        pd.concat([rows[["unit", "at", "life"]], stored], ignore_index=True),
        int(is_known.sum()),
        checked.duplicates,
        pd.concat([checked.rejected, early]).sort_index(),
    )


def _require_same_count(rows: pd.DataFrame, known: pd.DataFrame, profile: Profile) -> None:
    """A counted life that is known already must count from the same time, or two machines would share one life."""
    zero, new_zero = (
        (part["at"] - pd.to_timedelta(part["hours"], unit="h")).groupby([part["unit"], part["life"]]).median()
        for part in (known, rows)
    )
    both = zero.index.intersection(new_zero.index)
    apart = both[((zero[both] - new_zero[both]).abs() > pd.Timedelta(hours=profile.modelling.sample_hours)).to_numpy()]
    for unit, life in apart:
        raise MillwrightError(
            f"Life {life} of unit {unit} of {profile.id} is known already, and its hours were counted from another time. "
            f"If these are other machines, state `unit_prefix`, or columns for `unit` or `life`, in the column map."
        )


def _after_failure(rows: pd.DataFrame, log: list[MaintenanceEvent]) -> "pd.Series[str]":
    """Counted rows beyond the end of a life that the maintenance log knows have no life to belong to."""
    ends = {(e.unit, e.life): e for e in log if e.action in RENEWS and e.life is not None and e.hours is not None}
    reasons = {}
    for (unit, life), inside in rows.groupby(["unit", "life"]):
        if (end := ends.get((unit, life))) is not None:
            for line in inside.index[inside["hours"] > end.hours]:
                reasons[line] = f"beyond the {end.action} that ended life {life} of {unit} at {end.hours:g} h"
    return pd.Series(reasons, dtype=object)


def _failures(telemetry: Telemetry, profile: Profile, reading: _Reading, path: Path) -> list[MaintenanceEvent]:
    """The failures that end the file's lives, those apart that the log knows."""
    if not reading.column_map.run_to_failure:
        return []
    known = telemetry.meter(profile.id)
    meter = pd.concat([known, reading.rows[["unit", "at", "life", "hours"]]]).drop_duplicates(KEYS)
    last = reading.keys[KEYS].merge(meter, on=KEYS).sort_values(KEYS).groupby(["unit", "life"], sort=False).tail(1)
    ended = {(event.unit, event.life) for event in telemetry.maintenance(profile.id) if event.action in RENEWS}
    return [
        MaintenanceEvent(
            at=row.at.to_pydatetime(),
            unit=row.unit,
            life=row.life,
            action="failure",
            failure_mode=reading.column_map.failure_mode,
            hours=float(row.hours),
            note=f"The record ends in failure ({path.name})",
            by="import",
        )
        for row in last.itertuples()
        if (row.unit, row.life) not in ended
    ]


def _result(reading: _Reading, profile: Profile, path: Path, failures: list[MaintenanceEvent]) -> ImportResult:
    times = reading.keys["at"]
    sensors = reading.column_map.sensors
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
        lives_ended=len(failures),
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
        ),
        ignored_columns=tuple(c for c in reading.table.table.columns if c not in reading.column_map.columns),
        sensors_missing=tuple(name for name in profile.sensor_names if name not in sensors),
        dataset=None,
    )


def _counted(rejected: "pd.Series[str]") -> dict[str, int]:
    """Reasons alike but for a quoted cell count as one."""
    return {str(k): int(n) for k, n in rejected.str.replace(r" '.*'", " '…'", regex=True).value_counts().items()}


def _warnings(reading: _Reading, result: ImportResult, profile: Profile) -> list[str]:
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


def _write_rejected(storage: Storage, profile: Profile, path: Path, reading: _Reading) -> str:
    """The side file: line, reason, then the line's fields as they stood. The same file gives the same side file."""
    whole = reading.table.table.reindex(reading.rejected.index)
    side = pd.concat([reading.rejected.rename("reason"), whole], axis=1)
    for line, fields in reading.table.broken.items():
        side.iloc[side.index.get_loc(line), 1] = "|".join(fields)
    name = re.sub(r"\W+", "_", path.stem)[:60]
    target = storage.rejected(profile.id, f"{name}-{sha256(path)[:8]}")
    with whole_file(target) as temporary:
        side.to_csv(temporary, index_label="line")
    return storage.relative(target)
