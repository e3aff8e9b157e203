"""A file checked against what is recorded already: which of its rows are new, and which lives end in it."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Profile
from models.column_map import ColumnMap, map_by_name, read_column_map, require_fit
from models.component_meter import hours_since
from models.event_files import count_events, events_to_log
from models.import_rows import check_rows
from models.operating_meter import longest_step_hours, metered
from models.table_file import TableFile, read_table
from models.telemetry import RENEWS, MaintenanceEvent, Telemetry

KEYS = ["unit", "at"]
SAME_READING = 1e-5  # relative; what rounding to float32 and unit conversion may change


@dataclass(frozen=True)
class ImportReading:
    """A file read and checked against what is known; nothing is written yet.

    rows: new ones, as Telemetry.append takes them. keys: `unit`, `at`, `life` of every good row, known ones too.
    rejected: line → reason. events: of the event files, those that the maintenance log lacks.
    """

    table: TableFile
    column_map: ColumnMap
    rows: pd.DataFrame
    keys: pd.DataFrame
    already_known: int
    duplicates: int
    rejected: "pd.Series[str]"
    events: list[MaintenanceEvent]


def read_import(
    telemetry: Telemetry, profile: Profile, path: Path, map_path: Path | None, now: datetime
) -> ImportReading:
    """Raises MillwrightError where the file, the map and the machine do not fit each other."""
    table = read_table(path)
    columns = list(table.table.columns)
    column_map = read_column_map(map_path) if map_path else map_by_name(profile, columns)
    require_fit(column_map, profile, columns)
    checked = check_rows(table, column_map, profile, now)

    known = telemetry.meter(profile.id, as_stored=True)
    asked = pd.MultiIndex.from_frame(checked.rows[KEYS])
    is_known = asked.isin(pd.MultiIndex.from_frame(known[KEYS])) if len(known) else np.zeros(len(asked), bool)
    longest_step = longest_step_hours(profile.modelling.sample_hours, column_map.runs_through_gaps)
    rows, early = metered(checked.rows[~is_known], known, longest_step)
    if column_map.at is None:
        _require_same_count(rows, known, profile)
    if column_map.hours:
        late = _after_failure(rows, telemetry.maintenance(profile.id))
        early = pd.concat([early, late])
        rows = rows.drop(index=late.index)
    log = telemetry.maintenance(profile.id)
    meter = pd.concat([known, rows[["unit", "at", "life", "hours"]]], ignore_index=True)
    events = events_to_log(column_map, path, meter, log)
    for name, counted in count_events(rows, column_map, path, profile.modelling.sample_hours).items():
        rows[name] = counted
    for name, since in column_map.since.items():
        rows[name] = hours_since(rows, meter, [*log, *events], since, longest_step)
    contradicting = _contradicting(checked.rows[is_known], telemetry, profile)
    agreeing = checked.rows[is_known].drop(index=contradicting.index)
    stored = known.set_index(KEYS)["life"].reindex(pd.MultiIndex.from_frame(agreeing[KEYS])).reset_index()
    return ImportReading(
        table,
        column_map,
        rows[["unit", "at", "life", "hours", *profile.sensor_names]],
        pd.concat([rows[["unit", "at", "life"]], stored], ignore_index=True),
        len(agreeing),
        checked.duplicates,
        pd.concat([checked.rejected, early, contradicting]).sort_index(),
        events,
    )


def entries_of(telemetry: Telemetry, profile: Profile, reading: ImportReading, path: Path) -> list[MaintenanceEvent]:
    """What the maintenance log lacks: the event files' events, and the failures that end the file's lives."""
    if not reading.column_map.run_to_failure:
        return reading.events
    known = telemetry.meter(profile.id)
    meter = pd.concat([known, reading.rows[["unit", "at", "life", "hours"]]]).drop_duplicates(KEYS)
    last = reading.keys[KEYS].merge(meter, on=KEYS).sort_values(KEYS).groupby(["unit", "life"], sort=False).tail(1)
    logged = [*telemetry.maintenance(profile.id), *reading.events]
    ended = {(event.unit, event.life) for event in logged if event.action in RENEWS}
    return reading.events + [
        MaintenanceEvent(
            at=row["at"].to_pydatetime(),
            unit=row["unit"],
            life=row["life"],
            action="failure",
            failure_mode=reading.column_map.failure_mode,
            hours=row["hours"],
            note=f"The record ends in failure ({path.name})",
            by="import",
        )
        for row in last.to_dict("records")
        if (row["unit"], row["life"]) not in ended
    ]


def _contradicting(rows: pd.DataFrame, telemetry: Telemetry, profile: Profile) -> "pd.Series[str]":
    """Rows whose unit and time are known with other readings: another machine's, or a corrected record."""
    if rows.empty:
        return pd.Series(dtype=object)
    sensors = list(profile.sensor_names)
    recorded = telemetry.recorded(profile.id).set_index(KEYS).reindex(columns=sensors)
    before = recorded.reindex(pd.MultiIndex.from_frame(rows[KEYS])).to_numpy("float64")
    now = rows[sensors].to_numpy("float64")
    apart = np.abs(now - before) > SAME_READING * np.maximum(np.abs(now), np.abs(before))  # False where one is missing
    reason = "recorded already with other readings; if it is another machine's row, state `unit_prefix` in a column map"
    return pd.Series(reason, index=rows.index[apart.any(axis=1)], dtype=object)


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
            f"Life {life} of unit {unit} of {profile.id} is known already, its hours counted from another time. "
            f"If these are other machines, state `unit_prefix`, or columns for `unit` or `life`, in the column map."
        )


def _after_failure(rows: pd.DataFrame, log: list[MaintenanceEvent]) -> "pd.Series[str]":
    """Counted rows beyond the end of a life that the maintenance log knows have no life to belong to."""
    ends = {(e.unit, e.life): e for e in log if e.action in RENEWS and e.life is not None and e.hours is not None}
    reasons = pd.Series(dtype=object)
    for (unit, life), end in ends.items():
        beyond = rows.index[(rows["unit"] == unit) & (rows["life"] == life) & (rows["hours"] > end.hours)]
        said = f"beyond the {end.action} that ended life {life} of {unit} at {end.hours:g} h"
        reasons = pd.concat([reasons, pd.Series(said, index=beyond, dtype=object)])
    return reasons
