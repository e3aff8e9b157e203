"""A trend is said where it is beyond doubt, freed of what the load explains, and led to the alarm limit."""

import numpy as np
import pandas as pd
import pytest

from machine_profiles.reading import SHIPPED, load_catalog
from models.trends import trends

PUMP = load_catalog(SHIPPED)["PUMP_KSB_ETANORM_005"]
HOURS = np.arange(72.0)
VIBRATION = PUMP.primary("vibration")


def rows(rise_per_hour: float = 0.0, load: np.ndarray | None = None, load_effect: float = 0.0) -> pd.DataFrame:
    random = np.random.default_rng(0)
    load = np.full(72, 75.0) if load is None else load
    table = pd.DataFrame({"hours": HOURS, "load": load})
    table[VIBRATION.name] = 2.0 + rise_per_hour * HOURS + load_effect * (load - 75.0) + random.normal(0, 0.05, 72)
    return table


def test_a_rise_is_told_in_the_sensors_unit_a_day_and_led_to_its_alarm_limit():
    (found,) = trends(PUMP, rows(rise_per_hour=0.05))
    assert found.sensor == VIBRATION.name
    assert found.per_day == pytest.approx(1.2, rel=0.03)
    latest = 2.0 + 0.05 * 68.5
    assert found.hours_to_alarm == pytest.approx((VIBRATION.alarm.high - latest) / 0.05, rel=0.05)


def test_noise_is_no_trend():
    assert trends(PUMP, rows()) == ()


def test_what_a_rising_load_explains_is_no_trend():
    load = 60.0 + 20.0 * np.sin(HOURS / 40.0) + np.random.default_rng(1).normal(0, 2, 72)
    assert trends(PUMP, rows(load=load, load_effect=0.05)) == ()


def test_a_fall_away_from_the_limit_meets_none():
    (found,) = trends(PUMP, rows(rise_per_hour=-0.01))
    assert found.per_day < 0
    assert found.hours_to_alarm is None


def test_too_few_readings_say_nothing():
    assert trends(PUMP, rows(rise_per_hour=0.05).tail(8)) == ()
