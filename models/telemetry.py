"""Sensor history and the maintenance log: DuckDB over Parquet, one append-only partition a machine."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import duckdb
import pandas as pd

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Profile
from models.datasets import frame_hash
from models.life_cuts import ended_life, life_cuts
from models.lives import EndedBy, Lives
from models.locks import locked
from models.results import Result
from models.storage import Storage, whole_file

MAIN = "main"  # the machine itself; other units are its sisters, or the members of a fleet under one profile

Action = Literal[
    "failure", "replacement", "overhaul", "repair", "inspection", "lubrication", "cleaning",
    "alignment", "balancing", "adjustment", "calibration", "other",
]  # fmt: skip
RENEWS: dict[str, EndedBy] = {"failure": "failure", "replacement": "preventive", "overhaul": "preventive"}
KEYS = ("unit", "at", "life", "hours")
_CUT = """(SELECT stored.* REPLACE (
               stored.life || coalesce('+' || cuts.number, '') AS life, stored.hours - coalesce(cuts.gone, 0) AS hours)
           FROM {stored} AS stored ASOF LEFT JOIN cuts
           ON stored.unit = cuts.unit AND stored.life = cuts.life AND stored."at" > cuts."at")"""


class NoTelemetry(MillwrightError):
    """Nothing was recorded where something was asked for; the text says what there is."""


class CorruptTelemetry(MillwrightError):
    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path.name} in the telemetry of {path.parent.name} cannot be read; it is damaged. "
            f"Move it away and import its data again; nothing else is affected."
        )


class MaintenanceEvent(Result):
    """One line of the maintenance log. A failure, replacement or overhaul ends a life of the unit."""

    at: datetime
    unit: str = MAIN
    life: str | None = None
    action: Action
    failure_mode: str | None = None
    hours: float | None = None
    note: str = ""
    by: str = ""


class Telemetry:
    """Rows: `unit`, `at` (UTC), `life`, `hours` (the life's own operating-hours meter), one column a sensor.

    Rows are stored as they came and never rewritten. Where the maintenance log ends a life before its last row, the
    rows after that are read as the next life (`2` becomes `2` and `2+1`), its meter from zero.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._cuts_of: dict[str, tuple[object, pd.DataFrame]] = {}
        self._units_of: dict[str, tuple[list[Path], list[str]]] = {}
        self._database: duckdb.DuckDBPyConnection | None = None

    def append(self, machine_id: str, rows: pd.DataFrame) -> int:
        """Store the rows that are new, all or none of them; returns how many were. A row is known by unit and time.

        Raises MillwrightError where a column is missing or a time carries no zone.
        """
        missing = [name for name in KEYS if name not in rows]
        if missing:
            raise MillwrightError(f"Telemetry rows lack {', '.join(missing)}.")
        if rows["at"].dt.tz is None:
            raise MillwrightError("Telemetry times carry no time zone; convert them to UTC first.")
        stamped = rows.assign(at=rows["at"].dt.tz_convert("UTC").dt.as_unit("us"))  # DuckDB loses the zone of others
        fresh = stamped.drop_duplicates(["unit", "at"]).sort_values(["unit", "at"])
        with locked(self._storage.telemetry(machine_id) / ".lock"):
            if self._parts(machine_id):
                stored = self._query(machine_id, 'SELECT unit, epoch_us("at") AS stored_at FROM telemetry', cut=False)
                asked = fresh["unit"].astype(str) + "@" + _microseconds(fresh["at"]).astype(str)
                known = set(stored["unit"] + "@" + stored["stored_at"].astype(str))
                fresh = fresh[~asked.isin(known).to_numpy()]
            if len(fresh):
                number = len(self._parts(machine_id))
                with whole_file(
                    self._storage.telemetry(machine_id) / f"{number:06d}-{frame_hash(fresh)[:8]}.parquet"
                ) as part:
                    fresh.to_parquet(part, compression="zstd", index=False)
        return len(fresh)

    def has(self, machine_id: str) -> bool:
        return bool(self._parts(machine_id))

    def units(self, machine_id: str) -> list[str]:
        """The units something was recorded of; empty where nothing was."""
        parts, (seen, units) = self._parts(machine_id), self._units_of.get(machine_id, ([], []))
        if parts != seen:
            found = self._query(machine_id, "SELECT DISTINCT unit FROM telemetry ORDER BY unit", cut=False)
            units = list(found["unit"])
            self._units_of[machine_id] = (parts, units)
        return list(units)

    def latest(self, machine_id: str, rows: int, unit: str = MAIN, until: datetime | None = None) -> pd.DataFrame:
        """The last `rows` samples of the unit's life at `until`, oldest first; fewer where the life is young."""
        self._require(machine_id, unit)
        until = until or datetime.max.replace(tzinfo=UTC)
        found = self._query(
            machine_id,
            """WITH upto AS (SELECT * FROM telemetry WHERE unit = $unit AND "at" <= $until),
                    last AS (SELECT life FROM upto ORDER BY "at" DESC LIMIT 1)
               SELECT * FROM upto WHERE life IN (SELECT life FROM last) ORDER BY "at" DESC LIMIT $rows""",
            {"unit": unit, "until": until, "rows": rows},
        )
        return found.iloc[::-1].reset_index(drop=True)

    def window(self, machine_id: str, start: datetime, end: datetime, unit: str = MAIN) -> pd.DataFrame:
        """Rows with start < at <= end. Raises NoTelemetry, with the span there is, where none lies there."""
        self._require(machine_id, unit)
        found = self._query(
            machine_id,
            'SELECT * FROM telemetry WHERE unit = $unit AND "at" > $start AND "at" <= $end ORDER BY "at"',
            {"unit": unit, "start": start, "end": end},
        )
        if found.empty:
            first, last = self.span(machine_id, unit)
            raise NoTelemetry(
                f"Nothing was recorded of {machine_id} between {_say(start)} and {_say(end)}; "
                f"its record runs from {_say(first)} to {_say(last)}."
            )
        return found

    def resample(
        self, machine_id: str, start: datetime, end: datetime, every_hours: float, unit: str = MAIN
    ) -> pd.DataFrame:
        """Means over steps of `every_hours`, indexed by the step's start; steps without readings are NaN."""
        rows = self.window(machine_id, start, end, unit).drop(columns=["unit", "life", "hours"])
        return rows.set_index("at").resample(pd.Timedelta(hours=every_hours)).mean()

    def span(self, machine_id: str, unit: str = MAIN) -> tuple[datetime, datetime]:
        self._require(machine_id, unit)
        found = self._query(
            machine_id, 'SELECT min("at") AS a, max("at") AS b FROM telemetry WHERE unit = $unit', {"unit": unit}
        )
        return found["a"][0].to_pydatetime(), found["b"][0].to_pydatetime()

    def baseline(self, profile: Profile, unit: str = MAIN) -> pd.Series:
        """Mean of each sensor over the first rows of the unit's current life; NaN where never measured."""
        self._require(profile.id, unit)
        first = self._query(
            profile.id,
            """WITH last AS (SELECT life FROM telemetry WHERE unit = $unit ORDER BY "at" DESC LIMIT 1)
               SELECT * FROM telemetry WHERE unit = $unit AND life IN (SELECT life FROM last)
               ORDER BY "at" LIMIT $rows""",
            {"unit": unit, "rows": profile.modelling.baseline_rows},
        )
        return first.reindex(columns=list(profile.sensor_names)).astype(float).mean()

    def lives(self, profile: Profile) -> Lives:
        """Every recorded life of every unit, with how it ended by the maintenance log.

        Raises NoTelemetry where nothing was recorded.
        """
        if not self._parts(profile.id):
            raise NoTelemetry(f"Nothing has been recorded of {profile.id} yet; import telemetry first.")
        table = self._query(profile.id, 'SELECT * FROM telemetry ORDER BY unit, life, hours, "at"')
        rows = table.reindex(columns=["life", "hours", "unit", "at", *profile.sensor_names])
        rows["life"] = rows["unit"] + "/" + rows["life"]
        for sensor in profile.sensor_names:
            rows[sensor] = rows[sensor].astype("float32")
        ends = rows.groupby("life", sort=False).agg(
            unit=("unit", "first"), first=("at", "min"), end_hours=("hours", "max")
        )
        ends["ended_by"], ends["failure_mode"] = "running", None
        for event in self.maintenance(profile.id):
            if event.action in RENEWS and (life := ended_life(ends, event.unit, event.life, event.at)) is not None:
                stated = event.hours if life == f"{event.unit}/{event.life}" else None
                ends.loc[life, ["ended_by", "failure_mode"]] = [RENEWS[event.action], event.failure_mode]
                ends.loc[life, "end_hours"] = max(ends["end_hours"][life], stated or 0.0)
        ends = ends.reset_index()
        columns = ["life", "unit", "ended_by", "failure_mode", "end_hours"]
        return Lives(rows.drop(columns="unit"), ends[columns], profile.sensor_names)

    def data_hash(self, machine_id: str) -> str:
        """Changes whenever a row or an event comes in; the same for the same content."""
        parts = [f"{p.name}:{p.stat().st_size}" for p in self._parts(machine_id)]
        log = self._storage.maintenance(machine_id)
        events = log.read_text().splitlines() if log.exists() else []
        return frame_hash(pd.DataFrame({"part": [*parts, *events]}))

    def log(self, machine_id: str, *events: MaintenanceEvent) -> None:
        """Append the events to the maintenance log, all or none of them."""
        path = self._storage.maintenance(machine_id)
        with locked(self._storage.telemetry(machine_id) / ".lock"):
            before = "".join(f"{event.model_dump_json()}\n" for event in self.maintenance(machine_id))
            with whole_file(path) as temporary:
                temporary.write_text(before + "".join(f"{event.model_dump_json()}\n" for event in events))

    def maintenance(self, machine_id: str, unit: str | None = None) -> list[MaintenanceEvent]:
        """The maintenance log, oldest first."""
        path = self._storage.maintenance(machine_id)
        if not path.exists():
            return []
        events = []
        for number, line in enumerate(path.read_text().splitlines(), 1):
            try:
                events.append(MaintenanceEvent.model_validate(json.loads(line)))
            except ValueError as error:
                raise MillwrightError(
                    f"Line {number} of the maintenance log of {machine_id} cannot be read; correct or remove it."
                ) from error
        return sorted((e for e in events if unit is None or e.unit == unit), key=lambda event: event.at)

    def current_life(self, machine_id: str, unit: str = MAIN) -> tuple[str, float]:
        """Name of the unit's life in progress, and its meter's last reading in operating hours."""
        last = self.latest(machine_id, 1, unit)
        return str(last["life"].iloc[-1]), float(last["hours"].iloc[-1])

    def meter(self, machine_id: str, as_stored: bool = False) -> pd.DataFrame:
        """`unit`, `at`, `life`, `hours` of every row, oldest first in each unit; empty where nothing was recorded.

        as_stored: with the lives as they came in, before the maintenance log divides them.
        """
        if not self._parts(machine_id):
            times = pd.Series(dtype="datetime64[us, UTC]")
            names, hours = pd.Series(dtype=object), pd.Series(dtype=float)
            return pd.DataFrame({"unit": names, "at": times, "life": names, "hours": hours})
        return self._query(
            machine_id, 'SELECT unit, "at", life, hours FROM telemetry ORDER BY unit, "at"', cut=not as_stored
        )

    def recorded(self, machine_id: str) -> pd.DataFrame:
        """Every row as it was stored. Raises NoTelemetry where there is none."""
        if not self._parts(machine_id):
            raise NoTelemetry(f"Nothing has been recorded of {machine_id} yet; import telemetry first.")
        return self._query(machine_id, 'SELECT * FROM telemetry ORDER BY unit, "at"', cut=False)

    def _cuts(self, machine_id: str) -> pd.DataFrame:
        """Where the log ends a life before its last stored row: `unit`, `life`, `at`, `gone` (hours), `number`."""
        log = self._storage.maintenance(machine_id)
        stated = log.stat() if log.exists() else None
        state = (self._parts(machine_id), stated and (stated.st_mtime_ns, stated.st_size))
        if machine_id in self._cuts_of and self._cuts_of[machine_id][0] == state:
            return self._cuts_of[machine_id][1]
        renewals = [(event.unit, event.at) for event in self.maintenance(machine_id) if event.action in RENEWS]
        cuts = life_cuts(self.meter(machine_id, as_stored=True), renewals) if renewals else pd.DataFrame()
        self._cuts_of[machine_id] = (state, cuts)
        return cuts

    def _require(self, machine_id: str, unit: str) -> None:
        units = self.units(machine_id)
        if not units:
            raise NoTelemetry(f"Nothing has been recorded of {machine_id} yet; import telemetry first.")
        if unit not in units:
            shown = ", ".join(units[:8]) + (f" and {len(units) - 8} more" if len(units) > 8 else "")
            raise NoTelemetry(f"{machine_id} has no unit {unit!r}; its record holds the units {shown}.")

    def _parts(self, machine_id: str) -> list[Path]:
        return sorted(self._storage.telemetry(machine_id).glob("[!.]*.parquet"))

    def _query(
        self, machine_id: str, sql: str, values: dict[str, object] | None = None, cut: bool = True
    ) -> pd.DataFrame:
        parts = [str(path) for path in self._parts(machine_id)]
        cuts = self._cuts(machine_id) if cut else pd.DataFrame()
        if self._database is None:  # opening one costs more than a query does
            self._database = duckdb.connect(config={"threads": 2})
        with self._database.cursor() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            names = ", ".join("'" + part.replace("'", "''") + "'" for part in parts)
            source = f"read_parquet([{names}], union_by_name = true)"
            if len(cuts):
                connection.register("cuts", cuts)
                source = _CUT.format(stored=source)
            try:
                return connection.execute(sql.replace("FROM telemetry", f"FROM {source}"), values or {}).df()
            except duckdb.Error as error:
                for path in self._parts(machine_id):
                    if str(path) in str(error):
                        raise CorruptTelemetry(path) from error
                raise


def _microseconds(times: "pd.Series[pd.Timestamp]") -> "pd.Series[int]":
    return times.dt.as_unit("us").astype("int64")


def _say(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
