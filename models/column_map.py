"""Which column of a file holds what: stated in a YAML column map, or read off the columns' own names."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Self
from zoneinfo import ZoneInfo

import yaml
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Profile
from machine_profiles.reading import say_fault
from models.telemetry import Action
from models.units import require_convertible

TIME_NAMES = ("at", "time", "timestamp")
_NAME_AND_UNIT = re.compile(r"^(?P<name>[^\[(]*?)\s*(?:[\[(](?P<unit>[^\])]*(?:\([^)]*\))?)[\])])?\s*$")


class BadColumnMap(MillwrightError):
    """The column map breaks its schema or does not fit the file or the machine; the text says what would be right."""


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:  # a folder's name, an absolute path, an unknown name
        raise ValueError(f"{name!r} is no time zone; write UTC or a name such as Europe/Berlin") from error
    return name


Cell = Annotated[str, BeforeValidator(str)]  # what stands in a column; YAML reads some of it as numbers


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SensorColumn(_Part):
    column: str
    unit: str | None = Field(None, description="What the column is recorded in; the sensor's own unit if left out.")
    values: dict[Cell, float] = Field(default_factory=dict, description="What stands in a column of words → reading.")


class ConditionColumn(_Part):
    column: str
    values: dict[Cell, Cell] = Field(
        default_factory=dict, description="What stands in the column → level; the levels themselves if left out."
    )


class EventFile(_Part):
    """A table beside the imported file, one row an event; times and units are written as in the imported file."""

    file: str = Field(description="Its name without the ending; it lies in the imported file's folder.")
    at: str = Field(description="The column that holds the time.")
    unit: str | None = Field(None, description="The column that says which unit an event is of; `main` if left out.")
    column: str = Field(description="The column that says what happened.")

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(name for name in (self.at, self.unit, self.column) if name)


class CountedEvents(EventFile):
    """How many events of one sort fell into a sample's time; none where the file holds none."""

    equals: str = Field(description="What stands in the column where an event counts.")


class LoggedEvents(EventFile):
    """Events that go into the maintenance log. A repair renews a component, a failure ends a life of the machine."""

    action: Action
    modes: dict[str, str] = Field(min_length=1, description="What stands in the column → failure mode of the profile.")


class HoursSince(_Part):
    """Operating hours since the maintenance log's last such entry before the sample."""

    action: Action
    failure_mode: str | None = None


class ColumnMap(_Part):
    """One row of the file is one sample of one unit."""

    at: str | None = Field(None, description="The column that holds the time.")
    time_zone: Annotated[str, AfterValidator(_known_zone)] | None = Field(
        None, description="The zone of times that state none, such as Europe/Berlin."
    )
    time_format: str | None = Field(
        None, description="ISO 8601 if left out; a strptime format such as %d.%m.%Y %H:%M, or unix (seconds)."
    )
    hours: str | None = Field(None, description="The column that holds the life's operating hours, or its cycles.")
    hours_unit: str = Field("h", description="What that column counts: h, min, s, or cycle (one stands for an hour).")
    row_hours: float | None = Field(
        None, gt=0, description="Hours from one row to the next, where the file has neither times nor a counter."
    )
    start: AwareDatetime | None = Field(None, description="When the counter stood at zero; needed without `at`.")
    unit: str | None = Field(None, description="The column that says which unit a row is of; `main` if left out.")
    unit_prefix: str = Field("", description="Put before the unit's name: train- makes unit 7 train-7.")
    life: str | None = Field(None, description="The column that tells a unit's lives apart.")
    run_to_failure: bool = Field(False, description="Each life in the file ends in failure.")
    failure_mode: str | None = Field(None, description="Which of the profile's failure modes ended them.")
    runs_through_gaps: bool = Field(
        False, description="The machine ran on where no rows were kept; else a gap counts as standing still."
    )
    sensors: dict[str, SensorColumn] = Field(min_length=1)
    counts: dict[str, CountedEvents] = Field(default_factory=dict, description="Sensors that count events of a file.")
    conditions: dict[str, ConditionColumn] = Field(
        default_factory=dict, description="Columns that hold a condition of the machine: what is to be told, no input."
    )
    log: tuple[LoggedEvents, ...] = Field((), description="Files whose events go into the maintenance log.")
    since: dict[str, HoursSince] = Field(default_factory=dict, description="Sensors that are a component's hour meter.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.at is None and self.hours is None and self.row_hours is None:
            raise ValueError(
                "state `at`, the column of the time, or `hours`, the column of an hour or cycle counter, or `row_hours`"
            )
        if self.row_hours is not None and (self.at or self.hours):
            raise ValueError("`row_hours` is for files without `at` and `hours`; leave it out")
        outcomes = {stated.column for stated in self.conditions.values()}
        if leaking := sorted(name for name, stated in self.sensors.items() if stated.column in outcomes):
            raise ValueError(
                f"sensors: {', '.join(leaking)} would be read from a column that holds a condition; what is to be told "
                f"cannot be an input. Leave it out of `sensors` or of `conditions`"
            )
        if self.at is None and self.start is None:
            raise ValueError(
                "`hours` or `row_hours` without `at` needs `start`, the time at which the counter stood at zero"
            )
        if self.failure_mode and not self.run_to_failure:
            raise ValueError("`failure_mode` has a meaning only with `run_to_failure: true`")
        named = [*self.sensors, *self.counts, *self.since]
        if doubled := sorted({name for name in named if named.count(name) > 1}):
            raise ValueError(f"{', '.join(doubled)} stands under more than one of `sensors`, `counts` and `since`")
        return self

    @property
    def filled(self) -> tuple[str, ...]:
        """The sensors that the map fills."""
        return (*self.sensors, *self.counts, *self.since)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column of the file that the map names."""
        keys = (self.at, self.hours, self.unit, self.life)
        return tuple(name for name in keys if name) + tuple(sensor.column for sensor in self.sensors.values())


def read_column_map(path: Path) -> ColumnMap:
    """Raises BadColumnMap where the file is missing, not YAML, or breaks the schema."""
    if not path.is_file():
        raise BadColumnMap(f"There is no column map {path}; check the path.")
    try:
        stated = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadColumnMap(f"{path.name} is not readable YAML: {error}") from error
    if not isinstance(stated, dict):
        raise BadColumnMap(f"{path.name}: a column map is a mapping of fields such as `at` and `sensors`.")
    try:
        return ColumnMap.model_validate(stated)
    except ValidationError as error:
        raise BadColumnMap(f"{path.name}: {'; '.join(say_fault(fault) for fault in error.errors())}") from error


def map_by_name(profile: Profile, columns: Sequence[str]) -> ColumnMap:
    """The map of a file whose columns bear the sensors' names, a unit in brackets allowed, and `at`, `time` or
    `timestamp`; `unit`, `life` and `hours` are understood too. Raises BadColumnMap where that is not so.
    """
    named = {_name(column): column for column in reversed(columns)}
    time = next((named[name] for name in TIME_NAMES if name in named), None)
    if time is None:
        raise BadColumnMap(
            f"No column is named {', '.join(TIME_NAMES[:-1])} or {TIME_NAMES[-1]}; the columns are {_list(columns)}. "
            f"Rename one, or give a column map that says which column holds the time."
        )
    sensors = {
        name: SensorColumn(column=named[name], unit=_unit(named[name]))
        for name in profile.sensor_names
        if name in named and named[name] != time
    }
    if not sensors:
        raise BadColumnMap(
            f"No column bears the name of a sensor of {profile.id}. The columns are {_list(columns)}; the sensors are "
            f"{', '.join(profile.sensor_names)}. Rename the columns, or give a column map."
        )
    keys = {key: named[key] for key in ("unit", "life", "hours") if key in named}
    return ColumnMap(at=time, sensors=sensors, **keys)


def require_fit(column_map: ColumnMap, profile: Profile, columns: Sequence[str]) -> None:
    """Raises UnknownSensor, BadColumnMap or a unit error where map, machine and file do not fit each other."""
    for name, stated in column_map.sensors.items():
        sensor = profile.sensor(name)
        try:
            require_convertible(stated.unit or sensor.unit, sensor.unit)
        except MillwrightError as error:
            raise BadColumnMap(f"Column {stated.column!r} for {name}: {error}") from error
    missing = [name for name in column_map.columns if name not in columns]
    if missing:
        raise BadColumnMap(f"The file has no column {_list(missing)}; its columns are {_list(columns)}.")
    try:
        require_convertible(column_map.hours_unit, "h")
    except MillwrightError as error:
        raise BadColumnMap(f"hours_unit: {error}") from error
    for name in (*column_map.counts, *column_map.since):
        profile.sensor(name)
    modes = [mode.name for mode in profile.failure_modes]
    stated_modes = [column_map.failure_mode, *(since.failure_mode for since in column_map.since.values())]
    stated_modes += [mode for events in column_map.log for mode in events.modes.values()]
    for stated_mode in stated_modes:
        if stated_mode and stated_mode not in modes:
            raise BadColumnMap(
                f"failure_mode: {profile.id} has no failure mode {stated_mode!r}. "
                f"It has {', '.join(modes) or 'none; leave it out'}."
            )


def _name(column: str) -> str:
    found = _NAME_AND_UNIT.match(column.strip())
    return re.sub(r"\W+", "_", (found["name"] if found else column).strip().lower())


def _unit(column: str) -> str | None:
    found = _NAME_AND_UNIT.match(column.strip())
    return (found["unit"] or "").strip() or None if found else None


def _list(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names[:30])) + (f" and {len(names) - 30} more" if len(names) > 30 else "")
