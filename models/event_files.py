"""Event files beside a telemetry file: counts of events as readings, entries for the maintenance log."""

from pathlib import Path

import numpy as np
import pandas as pd

from models.column_map import BadColumnMap, ColumnMap, EventFile, LoggedEvents
from models.import_rows import names_of, times_of
from models.life_cuts import life_cuts
from models.table_file import UnreadableFile, read_table
from models.telemetry import RENEWS, MaintenanceEvent

ENDINGS = (".parquet", ".pq", ".csv")
_KEYS = ["unit", "at"]


def count_events(
    rows: pd.DataFrame, column_map: ColumnMap, path: Path, sample_hours: float
) -> "dict[str, pd.Series[float]]":
    """For each sensor of `counts`, how many of its events fell into (at - sample_hours, at] of each row.

    rows: `unit`, `at`. Raises UnreadableFile or BadColumnMap where an event file does not fit.
    """
    counted = {}
    for name, stated in column_map.counts.items():
        events = _events(path, stated, column_map)
        happened = events[events["what"] == stated.equals]
        upto, before = (_count_until(rows, happened, pd.Timedelta(hours=h)) for h in (0.0, sample_hours))
        counted[name] = pd.Series(upto - before, rows.index, dtype=float)
    return counted


def events_to_log(
    column_map: ColumnMap, path: Path, meter: pd.DataFrame, known: list[MaintenanceEvent]
) -> list[MaintenanceEvent]:
    """The entries of the map's `log` files that the maintenance log lacks, oldest first, of units in `meter`.

    meter: `unit`, `at`, `life`, `hours` of every row, as stored. What happened after a unit's last row is left for the
    import that brings the rows; what happened before its first one has no life.
    Raises UnreadableFile or BadColumnMap where an event file does not fit, or says what `modes` does not name.
    """
    last = meter.groupby("unit")["at"].max()
    found = []
    for stated in column_map.log:
        events = _events(path, stated, column_map)
        _require_known(events, stated)
        events = events[events["at"] <= events["unit"].map(last)]
        found += [
            (row["unit"], row["at"], stated.action, stated.modes[row["what"]]) for row in events.to_dict("records")
        ]
    logged = {(event.unit, pd.Timestamp(event.at), event.action, event.failure_mode) for event in known}
    new = sorted(set(found) - logged, key=lambda each: (each[1], each[0], each[2], each[3]))
    if not new:
        return []
    events = pd.DataFrame(new, columns=["unit", "at", "action", "failure_mode"])
    placed = _placed(events, meter, known, column_map.runs_through_gaps)
    return [
        MaintenanceEvent(
            at=row["at"].to_pydatetime(),
            unit=row["unit"],
            life=row["life"] if isinstance(row["life"], str) else None,
            action=row["action"],
            failure_mode=row["failure_mode"],
            hours=row["hours"] if np.isfinite(row["hours"]) else None,
            by="import",
        )
        for row in placed.to_dict("records")
    ]


def _placed(
    events: pd.DataFrame, meter: pd.DataFrame, known: list[MaintenanceEvent], runs_through_gaps: bool
) -> pd.DataFrame:
    """The events with the life that each fell into, as the log cuts it, and the meter's reading there."""
    new = events.loc[events["action"].isin(list(RENEWS)), _KEYS].itertuples(index=False, name=None)
    renewals = [*new, *((event.unit, event.at) for event in known if event.action in RENEWS)]
    cuts = life_cuts(meter, renewals)
    rows = meter.rename(columns={"at": "row_at"}).sort_values("row_at")
    events["at"] = events["at"].dt.as_unit("us")
    placed = pd.merge_asof(events, rows, left_on="at", right_on="row_at", by="unit")
    elapsed = (placed["at"] - placed["row_at"]).dt.total_seconds() / 3600
    placed["hours"] += elapsed if runs_through_gaps else 0.0
    if len(cuts):
        cuts = cuts.rename(columns={"at": "cut_at"}).sort_values("cut_at")
        keys = ["unit", "life"]
        placed = pd.merge_asof(placed, cuts, left_on="at", right_on="cut_at", by=keys, allow_exact_matches=False)
        cut = placed["number"].notna()
        placed.loc[cut, "life"] += "+" + placed.loc[cut, "number"].astype(int).astype(str)
        placed["hours"] -= placed["gone"].fillna(0.0)
    return placed


def _events(path: Path, stated: EventFile, column_map: ColumnMap) -> pd.DataFrame:
    """`unit`, `at` (UTC), `what` of every event of a file."""
    file = _beside(path, stated.file)
    table = read_table(file, may_lack_rows=True).table  # a week without a failure
    if missing := [name for name in stated.columns if name not in table]:
        raise BadColumnMap(
            f"{file.name} has no column {', '.join(map(repr, missing))}; its columns are {', '.join(table.columns)}."
        )
    reasons = pd.Series("", index=table.index, dtype=object)
    like = column_map.model_copy(update={"at": stated.at})
    units = names_of(table[stated.unit]) if stated.unit else pd.Series("main", index=table.index, dtype=object)
    events = pd.DataFrame(
        {
            "unit": column_map.unit_prefix + units,
            "at": times_of(table[stated.at], like, reasons),
            "what": names_of(table[stated.column]),
        }
    )
    if (faulty := reasons != "").any():
        raise BadColumnMap(f"{file.name}: {reasons[faulty].iloc[0]} ({faulty.sum()} rows in all); correct the file.")
    return events


def _beside(path: Path, name: str) -> Path:
    found = [path.parent / f"{name}{ending}" for ending in ENDINGS]
    for file in found:
        if file.is_file():
            return file
    raise UnreadableFile(
        f"The column map counts on the event file {name}.parquet or {name}.csv beside {path.name}, and it is not in "
        f"{path.parent}. Put it there, or take its entries out of the map."
    )


def _require_known(events: pd.DataFrame, stated: LoggedEvents) -> None:
    unknown = sorted(set(events["what"]) - set(stated.modes))
    if unknown:
        raise BadColumnMap(
            f"{stated.file} says {', '.join(map(repr, unknown[:5]))} in {stated.column}, which `modes` does not name; "
            f"it names {', '.join(stated.modes)}."
        )


def _count_until(rows: pd.DataFrame, events: pd.DataFrame, before: pd.Timedelta) -> np.ndarray:
    """How many of the unit's events lie at or before each row's time less `before`."""
    counts = np.zeros(len(rows))
    for unit, places in rows.groupby("unit", sort=False).indices.items():
        times = np.sort(events.loc[events["unit"] == unit, "at"].to_numpy("datetime64[us]"))
        asked = (rows["at"].iloc[places] - before).to_numpy("datetime64[us]")
        counts[places] = np.searchsorted(times, asked, side="right")
    return counts
