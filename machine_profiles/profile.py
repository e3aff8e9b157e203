"""A machine's profile, as its YAML file states it."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from machine_profiles.errors import UnknownCondition, UnknownSensor
from machine_profiles.formula import parse_formula

Kind = Literal[
    "motor", "pump", "compressor", "fan", "gearbox", "conveyor",
    "hydraulic", "chiller", "cnc", "robot", "turbine", "blower",
]  # fmt: skip
Quantity = Literal[
    "vibration", "temperature", "bearing temperature", "oil temperature", "winding temperature", "pressure",
    "differential pressure", "flow", "current", "power", "speed", "torque", "load", "ambient temperature", "level",
    "oil condition", "noise", "position", "ratio", "force", "voltage", "count", "age",
]  # fmt: skip
Basis = Literal["datasheet", "standard", "estimate"]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", description="snake_case, letters and digits")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Sourced(_Part):
    """Figures that say where they come from."""

    basis: Basis
    source: str = Field(min_length=3, description="Document and section or page, or the standard and clause.")


class Figure(Sourced):
    value: float
    unit: str


class Band(Sourced):
    low: float
    high: float

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low >= self.high:
            raise ValueError(f"low ({self.low}) must be below high ({self.high})")
        return self


class Limit(Sourced):
    """A limit is crossed above `high` or below `low`; either may be absent."""

    low: float | None = None
    high: float | None = None

    @model_validator(mode="after")
    def _one_side(self) -> Self:
        if self.low is None and self.high is None:
            raise ValueError("a limit needs `low`, `high` or both")
        return self

    def crossed_by(self, value: float) -> bool:
        return (self.high is not None and value > self.high) or (self.low is not None and value < self.low)


class VibrationZones(Sourced):
    """Boundaries of evaluation zones A to D, r.m.s. vibration velocity in the sensor's unit (ISO 20816-1, clause 6)."""

    a_b: float = Field(gt=0)
    b_c: float = Field(gt=0)
    c_d: float = Field(gt=0)

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if not self.a_b < self.b_c < self.c_d:
            raise ValueError(f"zone boundaries must rise: a_b {self.a_b}, b_c {self.b_c}, c_d {self.c_d}")
        return self


class Behaviour(Sourced):
    """How a sound sensor reads: in the sensor's own unit unless said otherwise."""

    noise: float = Field(ge=0, description="Standard deviation of the reading around its true course.")
    autocorrelation: float = Field(0.0, ge=0, lt=1, description="Lag-1 correlation of that noise, one sample apart.")
    load_effect: float = Field(0.0, description="Change of the reading from no load to rated load.")
    ambient_effect: float = Field(0.0, description="Change of the reading for each kelvin of ambient temperature.")
    between_units: float = Field(0.0, ge=0, description="Standard deviation between sound machines of the same type.")


class Sensor(_Part):
    name: Name
    description: str
    quantity: Quantity
    unit: str = Field(description="A unit that pint reads, such as mm/s, degC, bar, A, rpm, kW, percent.")
    primary: bool = Field(False, description="The one that an everyday word for its quantity means.")
    role: Literal["condition", "operating"] = Field(
        "condition", description="operating: says what the machine is asked to do (load, ambient, set speed)."
    )
    synonyms: tuple[str, ...] = ()
    normal: Band | None = None
    warning: Limit | None = None
    alarm: Limit | None = None
    vibration_zones: VibrationZones | None = None
    behaviour: Behaviour | None = None

    @model_validator(mode="after")
    def _alarm_beyond_warning(self) -> Self:
        if self.warning is None or self.alarm is None:
            return self
        warning, alarm = self.warning, self.alarm
        if warning.low is not None and alarm.low is not None and alarm.low > warning.low:
            raise ValueError(f"the low alarm ({alarm.low}) must lie below the warning ({warning.low})")
        if warning.high is not None and alarm.high is not None and alarm.high < warning.high:
            raise ValueError(f"the high alarm ({alarm.high}) must lie above the warning ({warning.high})")
        return self


class Derived(_Part):
    """A quantity worked out from the row's sensors; models read it beside them, files and cards do not hold it."""

    name: Name
    description: str
    quantity: Quantity
    unit: str
    formula: str = Field(
        description="Arithmetic over sensor names, in their units: + - * / **, parentheses, abs, sqrt, min, max."
    )
    role: Literal["condition", "operating"] = "condition"


class Condition(_Part):
    """A state of the machine or a component that labelled rows teach models to tell (ISO 13374-1, state detection)."""

    name: Name
    description: str
    levels: tuple[Annotated[str, BeforeValidator(str)], ...] = Field(
        min_length=2, description="As files state them; the sound one first, or from one end to the other."
    )
    ordered: bool = Field(False, description="Each level lies between its neighbours, as 73 %, 80 %, 90 % open do.")

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        if len(set(self.levels)) < len(self.levels):
            raise ValueError(f"levels must differ, got {', '.join(self.levels)}")
        return self


class Response(_Part):
    """How one sensor answers to one failure mode as it grows from the first sign (P) to functional failure (F)."""

    sensor: Name
    change: float = Field(description="Change of the reading at functional failure, in the sensor's unit; signed.")
    onset: float = Field(0.0, ge=0, lt=1, description="Share of the P-F interval gone by before the sensor answers.")
    exponent: float = Field(1.0, gt=0, description="1: in step with the degradation; above 1: late and steep.")


class Weibull(Sourced):
    shape: float = Field(gt=0)
    scale_hours: float = Field(gt=0, description="Characteristic life in operating hours.")


class PFInterval(Sourced):
    hours: float = Field(gt=0, description="Median operating hours from first detectable sign to functional failure.")
    spread: float = Field(gt=0, description="Standard deviation of the interval's logarithm.")


class Iso14224(_Part):
    """The failure in the terms of ISO 14224:2016 (tables B.2, B.3, B.4 and B.6 to B.15)."""

    mode: str = Field(description="Failure mode code, such as VIB, OHE, ELP, INL, LOO, BRD.")
    mechanism: str = Field(description="Failure mechanism, such as '2.4 Wear'.")
    cause: str = Field(description="Failure cause, such as '3.4 Expected wear and tear'.")
    detection: str = Field(description="Detection method, such as 'Condition monitoring'.")


class FailureMode(_Part):
    name: Name
    title: str
    iso14224: Iso14224
    symptoms: str
    weibull: Weibull
    pf_interval: PFInterval
    responses: tuple[Response, ...] = Field(min_length=1)
    responses_basis: Basis
    responses_source: str


class MaintenanceTask(Sourced):
    action: str
    interval_hours: float = Field(gt=0)
    detail: str = ""


class Operating(Sourced):
    """How the machine is used. Loads are shares of rated load."""

    hours_per_day: float = Field(24.0, gt=0, le=24)
    days_per_week: float = Field(7.0, gt=0, le=7)
    load_mean: float = Field(0.75, gt=0, le=1.2)
    load_daily_swing: float = Field(0.1, ge=0, description="Half the difference between the day's peak and trough.")
    load_noise: float = Field(0.05, ge=0)
    starts_per_day: float = Field(0.0, ge=0)
    ambient_mean: float = Field(20.0, description="degC")
    ambient_daily_swing: float = Field(4.0, ge=0, description="kelvin")
    ambient_yearly_swing: float = Field(8.0, ge=0, description="kelvin")


class Costs(_Part):
    """What a wrong answer costs, in any unit; only the ratio counts."""

    missed_failure: float = Field(2.0, gt=0, description="Of an hour before a failure in which nothing was said.")
    false_alarm: float = Field(1.0, gt=0, description="Of an hour in which a failure was expected and did not come.")

    @property
    def threshold(self) -> float:
        """The probability from which on saying "it will fail" costs less than saying nothing (Elkan, IJCAI 2001)."""
        return self.false_alarm / (self.false_alarm + self.missed_failure)


class Modelling(_Part):
    """What the models look at. A row is one sample of the telemetry."""

    sample_hours: float = Field(1.0, gt=0, description="Operating hours from one row to the next.")
    windows: tuple[int, ...] = Field((6, 24, 72), min_length=1, description="Rows each feature looks back over.")
    baseline_rows: int = Field(72, gt=0, description="Rows at the start of a life taken as its sound state.")
    failure_horizon_hours: float = Field(72.0, gt=0, description="The horizon the failure figures are reported at.")
    rul_cap_hours: float | None = Field(
        None, gt=0, description="Labels are flat above this; none: taken from the data by label_rul."
    )
    costs: Costs = Field(Costs(), description="They set the probability from which on a failure is expected.")
    time_unit: str = Field("h", description="What an hour stands for in answers, where the data counts otherwise.")


class Profile(_Part):
    id: str = Field(pattern=r"^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*_\d{3}$")
    name: str
    manufacturer: str = ""
    model: str = ""
    kind: Kind
    aliases: tuple[str, ...] = Field((), description="What people call it, beside id, name, brand and model.")
    description: str = ""
    rated: dict[Name, Figure] = Field(default_factory=dict)
    sensors: tuple[Sensor, ...] = Field(min_length=1)
    derived: tuple[Derived, ...] = ()
    conditions: tuple[Condition, ...] = ()
    failure_modes: tuple[FailureMode, ...] = ()
    maintenance: tuple[MaintenanceTask, ...] = ()
    operating: Operating | None = None
    modelling: Modelling = Modelling()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [sensor.name for sensor in self.sensors]
        if len(set(names)) < len(names):
            raise ValueError(f"sensors: names must differ, got {', '.join(names)}")
        taken = set(names)
        for each in self.derived:
            if each.name in taken:
                raise ValueError(f"derived.{each.name}: the name is taken; names of sensors and derived ones differ")
            taken.add(each.name)
            try:
                parse_formula(each.formula, names)
            except ValueError as error:
                raise ValueError(f"derived.{each.name}.formula: {error}") from error
        primaries = [sensor.quantity for sensor in self.sensors if sensor.primary]
        if len(set(primaries)) < len(primaries):
            raise ValueError("sensors: only one sensor of a quantity may be primary")
        for mode in self.failure_modes:
            for response in mode.responses:
                if response.sensor not in names:
                    raise ValueError(
                        f"failure_modes.{mode.name}.responses: no sensor {response.sensor!r}; "
                        f"the sensors are {', '.join(names)}"
                    )
        return self

    @property
    def machine_id(self) -> str:
        return self.id

    @property
    def number(self) -> int:
        """The number people call it by: 4 for PUMP_GRUNDFOS_CR3_004."""
        return int(self.id.rsplit("_", 1)[1])

    @property
    def sensor_names(self) -> tuple[str, ...]:
        return tuple(sensor.name for sensor in self.sensors)

    def sensor(self, name: str) -> Sensor:
        for sensor in self.sensors:
            if sensor.name == name:
                return sensor
        raise UnknownSensor(self.id, name, self.sensor_names)

    def condition(self, name: str) -> Condition:
        """Raises UnknownCondition."""
        for condition in self.conditions:
            if condition.name == name:
                return condition
        raise UnknownCondition(self.id, name, [condition.name for condition in self.conditions])

    def primary(self, quantity: Quantity) -> Sensor | None:
        """The sensor that an everyday word for the quantity means; the only one of its quantity needs no mark."""
        of_quantity = [sensor for sensor in self.sensors if sensor.quantity == quantity]
        marked = [sensor for sensor in of_quantity if sensor.primary]
        return marked[0] if marked else of_quantity[0] if len(of_quantity) == 1 else None
