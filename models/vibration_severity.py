"""Vibration severity in the field's terms: the zone of ISO 20816-3 and its sister standards."""

from typing import Literal

import pandas as pd

from machine_profiles.profile import Profile
from models.results import Result

Zone = Literal["A", "B", "C", "D"]

# The zones' meaning as in ISO 20816-1:2016, clause 6.1
MEANING: dict[Zone, str] = {
    "A": "as of a newly commissioned machine",
    "B": "acceptable for unrestricted long-term operation",
    "C": "unsatisfactory for long-term operation; it may run until remedial action can be taken",
    "D": "severe enough to cause damage",
}


class VibrationZone(Result):
    """Where a sensor's broadband r.m.s. velocity stands; `next_above` is the boundary to the next worse zone."""

    sensor: str
    value: float
    unit: str
    zone: Zone
    meaning: str
    next_above: float | None
    standard: str


def vibration_zones(profile: Profile, values: "pd.Series[float]") -> tuple[VibrationZone, ...]:
    """The zone of each vibration sensor whose profile states the boundaries, worst first; a silent one has none."""
    found = []
    for sensor in profile.sensors:
        stated, value = sensor.vibration_zones, float(values[sensor.name])
        if stated is None or pd.isna(value):
            continue
        bounds: tuple[tuple[Zone, float], ...] = (("A", stated.a_b), ("B", stated.b_c), ("C", stated.c_d))
        passed: tuple[Zone, float | None] = ("D", None)
        zone, above = next(((name, bound) for name, bound in bounds if value <= bound), passed)
        found.append(
            VibrationZone(
                sensor=sensor.name, value=value, unit=sensor.unit, zone=zone, meaning=MEANING[zone], next_above=above,
                standard=stated.source,
            )
        )  # fmt: skip
    return tuple(sorted(found, key=lambda each: each.zone, reverse=True))
