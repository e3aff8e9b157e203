"""The lines of a file as telemetry: times in UTC, readings in the profile's units, and what is impossible set aside."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Profile
from models.column_map import ColumnMap, SensorColumn
from models.table_file import TableFile
from models.units import absolute_zero, convert

NEVER_NEGATIVE = frozenset(
    {"vibration", "current", "level", "oil condition", "count", "age"}
)  # quantities that are magnitudes
MISSING = frozenset({"", "nan", "null", "none", "na", "n/a", "#n/a", "-", "--"})
_ZONED = r"(?i)(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})\s*$"
_LARGEST = float(np.finfo(np.float32).max)  # the models read float32


@dataclass(frozen=True)
class CheckedRows:
    """rows: `unit`, `at` (UTC), `life` and `hours` where the file states them, a float column a sensor; one row a unit
    and time, in the order of the file; the index is the line. rejected: line → reason. duplicates: rows left out
    because the file holds the same unit and time before.
    """

    rows: pd.DataFrame
    rejected: "pd.Series[str]"
    duplicates: int


def check_rows(table: TableFile, column_map: ColumnMap, profile: Profile, now: datetime) -> CheckedRows:
    """Raises MillwrightError where no time has a zone and the map states none."""
    reasons = pd.Series("", index=table.table.index, dtype=object)
    rows = pd.DataFrame(index=table.table.index)
    rows["unit"] = _units(table.table, column_map, reasons)
    if column_map.life:
        rows["life"] = names_of(table.table[column_map.life])
        _mark(reasons, rows["life"] == "", "no life is stated")
    if column_map.hours:
        counted = _numbers(table.table[column_map.hours], table.decimal, reasons, column_map.hours)
        rows["hours"] = convert(counted.to_numpy(), column_map.hours_unit, "h")
        _mark(reasons, ~(rows["hours"] >= 0), f"{column_map.hours} is no hour count of zero or more")
    if column_map.row_hours:
        rows["hours"] = np.arange(len(rows)) * column_map.row_hours
    if column_map.at:
        rows["at"] = times_of(table.table[column_map.at], column_map, reasons)
    else:
        rows["at"] = _counted_times(rows, column_map, profile.modelling.sample_hours, now)
    _mark(reasons, rows["at"] > pd.Timestamp(now), f"the time lies after now ({now:%Y-%m-%d %H:%M} UTC)")
    for name in profile.sensor_names:
        stated = column_map.sensors.get(name)
        rows[name] = np.nan
        if stated is not None:
            sensor = profile.sensor(name)
            numbers = _readings(table, stated, reasons)
            rows[name] = convert(numbers.to_numpy(), stated.unit or sensor.unit, sensor.unit)
            _mark_impossible(reasons, rows[name], name, sensor.unit, sensor.quantity in NEVER_NEGATIVE)

    good = rows[reasons == ""]
    first = ~good.duplicated(["unit", "at"])
    short = pd.Series(
        {
            line: f"the line has {len(fields)} fields, the header another number"
            for line, fields in table.broken.items()
        },
        dtype=object,
    )
    return CheckedRows(good[first], pd.concat([reasons[reasons != ""], short]).sort_index(), int((~first).sum()))


def _units(table: pd.DataFrame, column_map: ColumnMap, reasons: "pd.Series[str]") -> "pd.Series[str]":
    if column_map.unit is None:
        return pd.Series(f"{column_map.unit_prefix}main", index=table.index, dtype=object)
    names = names_of(table[column_map.unit])
    _mark(reasons, names == "", f"no unit is stated in {column_map.unit}")
    return column_map.unit_prefix + names


def names_of(column: pd.Series) -> "pd.Series[str]":
    """Text as it stands; whole numbers without their decimals, so that 7.0 and 7 are one unit."""
    if pd.api.types.is_float_dtype(column) and (column.dropna() % 1 == 0).all():
        column = column.astype("Int64")
    names = column.astype("string").fillna("").str.strip()
    return names.where(~names.str.lower().isin(MISSING), "").astype(object)


def _readings(table: TableFile, stated: SensorColumn, reasons: "pd.Series[str]") -> "pd.Series[float]":
    if not stated.values:
        return _numbers(table.table[stated.column], table.decimal, reasons, stated.column)
    words = names_of(table.table[stated.column])
    unknown = (words != "") & ~words.isin(stated.values)
    known = ", ".join(stated.values)
    _mark(reasons, unknown, words.map(lambda cell: f"{stated.column} is {cell!r:.40}, not one of {known}"))
    return words.map(stated.values).astype("float64")


def _numbers(column: pd.Series, decimal: str, reasons: "pd.Series[str]", name: str) -> "pd.Series[float]":
    """Numbers, NaN where nothing was measured; a cell that is neither is marked."""
    if pd.api.types.is_bool_dtype(column) or pd.api.types.is_datetime64_any_dtype(column):
        raise MillwrightError(f"Column {name!r} holds {column.dtype} values, not readings; name another column.")
    if pd.api.types.is_numeric_dtype(column):
        return column.astype("float64")
    text = column.astype("string").str.strip()
    text = text.where(~text.str.lower().isin(MISSING))
    plain = text.str.replace(",", ".", regex=False) if decimal == "," else text
    numbers = pd.to_numeric(plain, errors="coerce").astype("Float64").to_numpy("float64", na_value=np.nan)
    faulty = text.notna() & np.isnan(numbers)
    if faulty.any():
        _mark(reasons, faulty, text.fillna("").map(lambda cell: f"{name} is {cell!r:.40}, not a number"))
    return pd.Series(numbers, index=column.index)


def times_of(column: pd.Series, column_map: ColumnMap, reasons: "pd.Series[str]") -> pd.Series:
    """UTC times, NaT where marked. Each stamp's own offset counts; the map's zone is for stamps that state none."""
    if column_map.time_format == "unix":
        seconds = pd.to_numeric(column, errors="coerce")
        times = pd.to_datetime(seconds.where(seconds.abs() < 1e11), unit="s", utc=True, errors="coerce")
        text = column.astype("string").fillna("")
    elif isinstance(column.dtype, pd.DatetimeTZDtype):
        times, text = column.dt.tz_convert("UTC"), column.astype("string").fillna("")
    else:
        if pd.api.types.is_numeric_dtype(column):
            raise MillwrightError(
                f"Column {column_map.at!r} holds numbers, not times; state `time_format: unix` in the column map "
                f"where they are seconds since 1970, or name the column under `hours` where they count hours."
            )
        text = column.astype("string").fillna("").str.strip()
        times = _parsed(column, text, column_map, reasons)
    unreadable = times.isna() & (reasons.reindex(times.index) == "")
    form = column_map.time_format or "ISO 8601, such as 2026-05-01T14:00:00Z"
    _mark(reasons, unreadable, text.map(lambda cell: f"the time {cell!r:.40} is not {form}"))
    return times.dt.as_unit("us")


def _parsed(column: pd.Series, text: pd.Series, column_map: ColumnMap, reasons: "pd.Series[str]") -> pd.Series:
    if pd.api.types.is_datetime64_any_dtype(column):
        zoned, local = pd.Series(False, index=text.index), column
    else:
        zoned = text.str.contains(_ZONED, regex=True) & text.str.contains(":", regex=False)
        local = pd.to_datetime(text.where(~zoned), format=column_map.time_format or "ISO8601", errors="coerce")
        if isinstance(local.dtype, pd.DatetimeTZDtype):  # a strptime format with %z
            return local.dt.tz_convert("UTC")
    naive = local.notna() & ~zoned
    aware = pd.to_datetime(text.where(zoned), format=_zoned_format(column_map), errors="coerce", utc=True)
    if naive.any() and column_map.time_zone is None:
        if not zoned.any():
            raise MillwrightError(
                f"Times such as {text[naive].iloc[0]!r} state no time zone. Give a column map with `at` and "
                f"`time_zone`, such as UTC or Europe/Berlin."
            )
        _mark(reasons, naive, text.map(lambda cell: f"the time {cell!r:.40} states no zone, and neither does the map"))
        return aware
    if not naive.any():
        return aware
    placed = local.dt.tz_localize(column_map.time_zone, ambiguous="NaT", nonexistent="NaT").dt.tz_convert("UTC")
    _mark(
        reasons,
        naive & placed.isna(),
        text.map(lambda cell: f"the time {cell!r:.40} is skipped or doubled by the clock change; state its offset"),
    )
    return placed.fillna(aware)


def _zoned_format(column_map: ColumnMap) -> str:
    stated = column_map.time_format
    return "ISO8601" if stated is None else stated if "%z" in stated else f"{stated}%z"


def _counted_times(rows: pd.DataFrame, column_map: ColumnMap, sample_hours: float, now: datetime) -> pd.Series:
    """The stated start plus the counter; a unit's lives stand one after another, in the order of the file."""
    before = pd.Series(0.0, index=rows.index)
    if column_map.life:
        spans = rows.groupby(["unit", "life"], sort=False)["hours"].max() + sample_hours
        earlier = spans.groupby("unit", sort=False).cumsum() - spans
        before = pd.Series(earlier.reindex(pd.MultiIndex.from_frame(rows[["unit", "life"]])).to_numpy(), rows.index)
    start = pd.Timestamp(column_map.start or now)  # the map has one where it has no time column
    passed = pd.to_timedelta((rows["hours"] + before).where(lambda hours: hours < 1e6), unit="h")
    return (start.tz_convert("UTC") + passed).dt.as_unit("us")


def _mark_impossible(reasons: "pd.Series[str]", values: pd.Series, name: str, unit: str, magnitude: bool) -> None:
    _mark(reasons, values.abs() > _LARGEST, f"{name} is infinite or beyond any measurement")
    if (zero := absolute_zero(unit)) is not None:
        _mark(reasons, values < zero, f"{name} is below absolute zero ({zero:g} {unit})")
    if magnitude:
        _mark(reasons, values < 0, f"{name} is negative, which a {unit} reading of its kind cannot be")


def _mark(reasons: "pd.Series[str]", where: pd.Series, reason: "str | pd.Series[str]") -> None:
    """A line keeps the first reason found."""
    fresh = where.fillna(False).to_numpy(bool) & (reasons == "").to_numpy()
    reasons[fresh] = reason if isinstance(reason, str) else reason.to_numpy()[fresh]
