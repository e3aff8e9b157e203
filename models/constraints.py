"""What synthetic rows must obey: ranges, signs and inequalities, from the profile and checked against the record."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from machine_profiles.profile import Profile, Sensor

NEVER_NEGATIVE = {
    "vibration", "flow", "current", "speed", "load", "level", "noise", "ratio", "oil condition",
}  # fmt: skip
TEMPERATURES = {"temperature", "bearing temperature", "oil temperature", "winding temperature"}
MARGIN = 0.05  # of the span between limits and observed extremes, beyond them


@dataclass(frozen=True)
class Constraints:
    """Bounds by column, and pairs (lower, higher) of columns that keep their order in every row."""

    bounds: dict[str, tuple[float, float]]
    inequalities: tuple[tuple[str, str], ...] = ()
    units: tuple[tuple[str, str], ...] = ()  # column and unit, for the words

    def violated(self, rows: pd.DataFrame) -> pd.Series:
        """For each row, whether it breaks a constraint. A missing reading breaks none."""
        broken = pd.Series(False, index=rows.index)
        for column, (low, high) in self.bounds.items():
            broken |= (rows[column] < low) | (rows[column] > high)
        for lower, higher in self.inequalities:
            broken |= rows[lower] > rows[higher]
        return broken

    def kept(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The rows with each reading moved to the nearest one allowed, as a transmitter saturates at its range."""
        held = rows.copy()
        for column, (low, high) in self.bounds.items():
            held[column] = held[column].clip(low, high)
        for lower, higher in self.inequalities:
            held[higher] = held[higher].where(~(held[lower] > held[higher]), held[lower])
        return held

    def in_words(self) -> tuple[str, ...]:
        units = dict(self.units)
        return (
            *(f"{c} between {lo:g} and {hi:g} {units.get(c, '')}".strip() for c, (lo, hi) in self.bounds.items()),
            *(f"{higher} not below {lower}" for lower, higher in self.inequalities),
        )


def constraints_of(profile: Profile, rows: pd.DataFrame) -> Constraints:
    """Constraints for the sensors of a profile that `rows`, the recorded readings, all satisfy.

    A range runs from the lowest to the highest of the profile's normal band, its limits and the recorded readings,
    with a margin of 5 % of that span; it is physical, not the normal band. Quantities that cannot be negative stop
    at 0, unless readings below were recorded. A temperature lies above the ambient one, and a discharge pressure
    above the suction pressure, where no recorded row contradicts it.
    """
    bounds = {}
    for sensor in profile.sensors:
        observed = rows[sensor.name].dropna()
        if len(observed):
            bounds[sensor.name] = _range(sensor, float(observed.min()), float(observed.max()))
    pairs = tuple(
        (low, high)
        for low, high in _expected_pairs(profile)
        if low in bounds and high in bounds and _never_contradicted(rows[low], rows[high])
    )
    return Constraints(bounds, pairs, tuple((sensor.name, sensor.unit) for sensor in profile.sensors))


def _range(sensor: Sensor, lowest: float, highest: float) -> tuple[float, float]:
    stated = [
        value
        for limit in (sensor.normal, sensor.warning, sensor.alarm)
        if limit is not None
        for value in (limit.low, limit.high)
        if value is not None
    ]
    low, high = min([lowest, *stated]), max([highest, *stated])
    margin = MARGIN * (high - low)
    floor = low - margin
    if sensor.quantity in NEVER_NEGATIVE and lowest >= 0.0:
        floor = max(floor, 0.0)
    if margin == 0.0:
        return floor, high
    return float(f"{floor:.4g}") if floor else 0.0, float(f"{high + margin:.4g}")


def _expected_pairs(profile: Profile) -> list[tuple[str, str]]:
    ambient = [s.name for s in profile.sensors if s.quantity == "ambient temperature"][:1]
    warm = [s.name for s in profile.sensors if s.quantity in TEMPERATURES]
    pressures = [s.name for s in profile.sensors if s.quantity == "pressure"]
    inlet = [n for n in pressures if any(word in n for word in ("suction", "inlet", "intake"))][:1]
    outlet = [n for n in pressures if any(word in n for word in ("discharge", "outlet", "delivery"))]
    return [(low, high) for low in ambient for high in warm] + [(low, high) for low in inlet for high in outlet]


def _never_contradicted(low: pd.Series, high: pd.Series) -> bool:
    both = low.notna() & high.notna()
    return bool(both.any()) and bool(np.all(low[both] <= high[both]))
