"""Zones by the boundaries that the profile states; what is not measured has none."""

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from machine_profiles.profile import VibrationZones
from machine_profiles.reading import SHIPPED, load_catalog
from models.vibration_severity import vibration_zones

CATALOG = load_catalog(SHIPPED)
MOTOR = CATALOG["MOTOR_ABB_M3BP_002"]  # group 2, rigid: 1.4, 2.8, 4.5 mm/s


def values(level: float) -> "pd.Series[float]":
    return pd.Series({sensor.name: level for sensor in MOTOR.sensors})


@pytest.mark.parametrize(
    ("level", "zone", "next_above"),
    [(0.5, "A", 1.4), (1.4, "A", 1.4), (2.0, "B", 2.8), (3.0, "C", 4.5), (4.6, "D", None)],
)
def test_the_zone_follows_the_boundaries(level: float, zone: str, next_above: float | None):
    (found,) = vibration_zones(MOTOR, values(level))
    assert (found.zone, found.next_above) == (zone, next_above)
    assert "20816-3" in found.standard


def test_a_silent_sensor_is_in_no_zone():
    assert vibration_zones(MOTOR, values(np.nan)) == ()


def test_boundaries_must_rise():
    with pytest.raises(ValidationError, match="must rise"):
        VibrationZones(a_b=2.8, b_c=1.4, c_d=4.5, basis="standard", source="ISO 20816-3:2022")


def test_limits_of_the_catalog_that_quote_zone_boundaries_agree_with_the_zones():
    quoting = [s for p in CATALOG.values() for s in p.sensors if s.alarm and "zone boundaries" in s.alarm.source]
    assert len(quoting) == 16
    for sensor in quoting:
        assert (sensor.warning.high, sensor.alarm.high) == (sensor.vibration_zones.b_c, sensor.vibration_zones.c_d)
