"""A machine's condition now: failure probability, RUL, anomaly and limits, from the models in service."""

from datetime import datetime
from typing import Literal

from models.results import Quantity, Result

State = Literal["sound", "watch", "act", "alarm"]


class SensorMovement(Result):
    """How far a sensor stands from the life's sound state; `deviation` is in standard deviations of sound readings."""

    sensor: str
    description: str
    unit: str
    latest: float
    sound: float
    deviation: float


class LimitCrossing(Result):
    sensor: str
    level: Literal["warning", "alarm"]
    value: float
    limit: float
    side: Literal["above", "below"]
    unit: str


class HealthPrediction(Result):
    """What is said of a unit at `at`. An answer without a model in service is None, never a sound number."""

    machine_id: str
    name: str
    unit: str
    at: datetime  # the latest reading used
    horizon_hours: float
    age_hours: float | None
    state: State
    failure_probability: Quantity | None  # within the horizon; unit "probability"
    failure_expected: bool | None  # probability at or above the model's threshold
    rul: Quantity | None  # operating hours (or the profile's time unit), with its interval
    rul_at_cap: bool | None  # True: "at least"; labels are flat above cap_hours
    cap_hours: float | None
    anomaly: Quantity | None  # unit "score", 0 sound to 1
    anomalous: bool | None
    moved: tuple[SensorMovement, ...]  # most moved first
    limits_crossed: tuple[LimitCrossing, ...]
    rows_used: int
    missing_sensors: tuple[str, ...]
    models: dict[str, int]  # task → version in service
    data_version: str


class RankedMachine(Result):
    rank: int
    machine_id: str
    name: str
    state: State
    failure_probability: Quantity | None
    rul: Quantity | None
    anomaly: Quantity | None
    limits_crossed: tuple[LimitCrossing, ...]
    at: datetime


class NotRanked(Result):
    machine_id: str
    reason: str


class FleetRanking(Result):
    """Worst first. Machines without telemetry or models stand apart, with the reason: not sound, but unknown."""

    by: Literal["rul", "failure_probability", "anomaly"]
    horizon_hours: float
    machines: tuple[RankedMachine, ...]
    ranked: int  # how many were compared, of which `machines` are the first
    not_ranked: tuple[NotRanked, ...]
