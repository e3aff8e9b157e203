"""What a stretch of telemetry shows, sensor by sensor."""

import hashlib
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from machine_profiles.profile import Limit, Profile, Sensor
from models.results import Result
from models.storage import Storage, whole_file
from models.telemetry import MAIN, Telemetry

PANELS = 8  # more are too small to read


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


def summarise(
    storage: Storage,
    telemetry: Telemetry,
    profile: Profile,
    sensors: tuple[str, ...],
    window_hours: float,
    now: datetime,
    unit: str = MAIN,
) -> TelemetrySummary:
    """Statistics and a plot of the last `window_hours` clock hours up to now; all sensors where none is named.

    Records that count cycles know no clock: their window ends at the last one recorded.
    Raises UnknownSensor, or NoTelemetry, with the span there is, where nothing was recorded in the window.
    """
    chosen = [profile.sensor(name) for name in dict.fromkeys(sensors or profile.sensor_names)]
    end = now if profile.modelling.time_unit == "h" else telemetry.span(profile.id, unit)[1]
    start = end - timedelta(hours=window_hours)
    rows = telemetry.window(profile.id, start, end, unit)
    readings = rows.set_index("at").reindex(columns=[sensor.name for sensor in chosen]).astype("float64")
    return TelemetrySummary(
        machine_id=profile.id,
        name=profile.name,
        unit=unit,
        start=start,
        end=end,
        rows=len(rows),
        sensors=tuple(_statistics(sensor, readings[sensor.name]) for sensor in chosen),
        plot=_plot(storage, profile, _worth_a_panel(chosen, readings), readings, (start, end), unit),
        data_version=telemetry.data_hash(profile.id)[:12],
    )


def slope_per_day(readings: "pd.Series[float]") -> float | None:
    """Least-squares slope in the unit a day, of readings indexed by time; None for fewer than three of them.

    >>> times = pd.date_range("2026-05-01", periods=4, freq="12h", tz="UTC")
    >>> slope_per_day(pd.Series([1.0, 2.0, float("nan"), 4.0], index=times))
    2.0
    """
    known = readings.dropna()
    days = (known.index - known.index[0]).total_seconds().to_numpy() / 86400 if len(known) >= 3 else np.zeros(1)
    if np.ptp(days) == 0:
        return None
    return round(float(np.polyfit(days, known.to_numpy(), 1)[0]), 12)


def _statistics(sensor: Sensor, readings: "pd.Series[float]") -> SensorStatistics:
    known = readings.dropna()
    return SensorStatistics(
        sensor=sensor.name,
        description=sensor.description,
        unit=sensor.unit,
        readings=len(known),
        missing=len(readings) - len(known),
        minimum=float(known.min()) if len(known) else None,
        mean=float(known.mean()) if len(known) else None,
        maximum=float(known.max()) if len(known) else None,
        latest=float(known.iloc[-1]) if len(known) else None,
        change_per_day=slope_per_day(readings),
        beyond_warning=_beyond(sensor.warning, known),
        beyond_alarm=_beyond(sensor.alarm, known),
    )


def _beyond(limit: Limit | None, known: "pd.Series[float]") -> int:
    return sum(limit.crossed_by(value) for value in known) if limit else 0


def _worth_a_panel(sensors: list[Sensor], readings: pd.DataFrame) -> list[Sensor]:
    """Those with readings; where they are too many, condition before operating and primary before other sensors."""
    recorded = [sensor for sensor in sensors if readings[sensor.name].notna().any()]
    first = sorted(recorded, key=lambda sensor: (sensor.role == "operating", not sensor.primary))[:PANELS]
    return [sensor for sensor in recorded if sensor in first]


def _plot(
    storage: Storage,
    profile: Profile,
    sensors: list[Sensor],
    readings: pd.DataFrame,
    window: tuple[datetime, datetime],
    unit: str,
) -> str | None:
    """Named by what it shows, so that the same question gives the same picture. None where there is nothing to show."""
    if not sensors:
        return None
    from models import _plots  # heavy: matplotlib

    shown = pd.util.hash_pandas_object(readings[[sensor.name for sensor in sensors]]).to_numpy().tobytes()
    drawn = "".join(f"{s.name}{s.unit}{s.warning}{s.alarm}" for s in sensors) + f"{window}{unit}"
    name = hashlib.sha256(shown + drawn.encode()).hexdigest()[:16]
    path = storage.plots() / f"{profile.id}-{name}.png"
    if not path.exists():
        title = profile.name if unit == MAIN else f"{profile.name}, unit {unit}"
        with whole_file(path) as temporary:
            temporary.write_bytes(_plots.sensor_panels(title, sensors, readings, window))
    return storage.relative(path)
