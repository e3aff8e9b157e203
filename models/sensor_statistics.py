"""What a stretch of telemetry shows, sensor by sensor."""

from datetime import datetime

from models.results import Result


class SensorStatistics(Result):
    """`change_per_day` is the least-squares slope, in the unit a day; counts are of readings beyond the limits."""

    sensor: str
    description: str
    unit: str
    readings: int
    missing: int
    minimum: float | None
    mean: float | None
    maximum: float | None
    latest: float | None
    change_per_day: float | None
    beyond_warning: int
    beyond_alarm: int


class TelemetrySummary(Result):
    machine_id: str
    name: str
    unit: str
    start: datetime  # of the window asked for
    end: datetime
    rows: int
    sensors: tuple[SensorStatistics, ...]
    plot: str | None  # path of the picture under HOME
    data_version: str
