"""Synthetic rows stay where the machine and its sensors can be."""

import numpy as np
import pandas as pd

from machine_profiles.profile import Limit, Profile, Sensor
from models.constraints import constraints_of

ALARM = Limit(high=90.0, basis="estimate", source="a test")
PUMP = Profile(
    id="PUMP_X_001",
    name="A pump",
    kind="pump",
    sensors=(
        Sensor(name="vibration", description="RMS", quantity="vibration", unit="mm/s"),
        Sensor(name="bearing", description="drive end", quantity="bearing temperature", unit="degC", alarm=ALARM),
        Sensor(name="ambient", description="air", quantity="ambient temperature", unit="degC", role="operating"),
    ),
)


def rows(bearing_at_start: float = 45.0) -> pd.DataFrame:
    return pd.DataFrame(
        {"vibration": [0.2, 4.2], "bearing": [bearing_at_start, 60.0], "ambient": [-10.0, 30.0]}, dtype=float
    )


def test_a_range_reaches_the_alarm_limit_and_what_cannot_be_negative_stops_at_zero():
    bounds = constraints_of(PUMP, rows()).bounds
    assert bounds["vibration"][0] == 0.0
    assert bounds["vibration"][1] == 4.4  # 4.2 and 5 % of the span of 4.0
    assert bounds["bearing"][1] == 92.25  # 90 and 5 % of 45 to 90
    assert bounds["ambient"][0] == -12.0  # a temperature may be below zero


def test_bearing_above_ambient_is_a_constraint_only_while_the_record_agrees():
    assert constraints_of(PUMP, rows()).inequalities == (("ambient", "bearing"),)
    assert constraints_of(PUMP, rows(bearing_at_start=-11.0)).inequalities == ()


def test_violations_are_found_and_a_missing_reading_is_none():
    constraints = constraints_of(PUMP, rows())
    tried = pd.DataFrame(
        {
            "vibration": [1.0, 9.0, np.nan, 1.0],
            "bearing": [50.0, 50.0, np.nan, 45.0],
            "ambient": [20.0, 20.0, 20.0, 46.0],
        }
    )
    assert list(constraints.violated(tried)) == [False, True, False, True]
    assert not constraints.violated(constraints.kept(tried)).any()


def test_constraints_are_said_in_words_with_units():
    assert "vibration between 0 and 4.4 mm/s" in constraints_of(PUMP, rows()).in_words()
    assert "bearing not below ambient" in constraints_of(PUMP, rows()).in_words()
