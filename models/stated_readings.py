"""Readings a person states, in place of the latest recorded ones."""

from math import isfinite

import pandas as pd

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Profile, Sensor
from models.import_rows import NEVER_NEGATIVE
from models.units import absolute_zero


class ImpossibleReading(MillwrightError):
    def __init__(self, sensor: Sensor, value: float, reason: str) -> None:
        super().__init__(f"{sensor.name} = {value:g} {sensor.unit} cannot be: {reason}. State it in {sensor.unit}.")


def with_readings(profile: Profile, rows: pd.DataFrame, readings: dict[str, float] | None) -> pd.DataFrame:
    """The rows with the stated values over the rows of the shortest feature window; other sensors stay as recorded.

    Raises UnknownSensor, naming those there are, and ImpossibleReading.
    """
    if not readings:
        return rows
    for name, value in readings.items():
        _require_possible(profile.sensor(name), value)
    rows = rows.copy()
    latest = rows.index[-min(profile.modelling.windows) :]
    for name, value in readings.items():
        rows[name] = rows[name].astype(float) if name in rows else float("nan")
        rows.loc[latest, name] = float(value)
    return rows


def _require_possible(sensor: Sensor, value: float) -> None:
    if not isfinite(value):
        raise ImpossibleReading(sensor, value, "a reading is a finite number")
    zero = absolute_zero(sensor.unit)
    if zero is not None and value < zero:
        raise ImpossibleReading(sensor, value, f"it lies below absolute zero, {zero:g} {sensor.unit}")
    if sensor.quantity in NEVER_NEGATIVE and value < 0:
        raise ImpossibleReading(sensor, value, f"{sensor.quantity} is a magnitude and never negative")
