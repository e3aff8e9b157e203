"""Contributions add up, go to the sensors that earned them, and leave what is unknown alone."""

import numpy as np
import pytest

from machine_profiles.reading import SHIPPED, load_catalog
from models.attribution import attribute
from models.windows import ModelInput

PUMP = load_catalog(SHIPPED)["PUMP_KSB_ETANORM_005"]
COUNT = len(PUMP.sensors)


def window(moved: dict[int, float], rows: int = 24) -> ModelInput:
    values = np.ones((1, rows, COUNT), np.float32)
    for place, by in moved.items():
        values[0, :, place] += np.float32(by)
    return ModelInput(values, np.ones((1, COUNT), np.float32), np.full((1, 1), 50.0, np.float32))


def level(given: ModelInput, place: int) -> np.ndarray:
    return given.window[:, -1, place].astype(float)


def test_a_sum_is_shared_out_as_it_was_added_up():
    found = attribute("rul", "h", PUMP, window({0: 2.0, 1: 3.0}), lambda w: 100 - 10 * level(w, 0) - level(w, 1), {})
    assert {each.sensor: each.contribution.value for each in found.contributions} == pytest.approx(
        {PUMP.sensors[0].name: -20.0, PUMP.sensors[1].name: -3.0}
    )
    assert (found.reference, found.value) == pytest.approx((89.0, 66.0))


def test_what_two_sensors_do_together_is_halved_between_them():
    found = attribute("rul", "h", PUMP, window({0: 1.0, 1: 1.0}), lambda w: (level(w, 0) - 1) * (level(w, 1) - 1), {})
    assert [each.contribution.value for each in found.contributions] == pytest.approx([0.5, 0.5])


@pytest.mark.parametrize("count", [3, COUNT], ids=["every coalition", "random orders"])
def test_contributions_add_up_to_the_answer_whatever_the_model(count: int):
    given = window({place: 0.3 * (place + 1) for place in range(count)})

    def crooked(w: ModelInput) -> np.ndarray:
        levels = w.window[:, -1].astype(float)
        return np.tanh(levels.prod(axis=1)) + np.maximum(levels[:, 0], levels[:, 1]) * levels[:, 2]

    found = attribute("failure_probability", "probability", PUMP, given, crooked, {})
    assert len(found.contributions) == count
    total = found.reference + sum(each.contribution.value for each in found.contributions)
    assert total == pytest.approx(found.value, abs=1e-9)
    assert found.value == pytest.approx(float(crooked(given)[0]))


def test_a_trend_is_part_of_what_a_sensor_is_asked_about():
    given = window({})
    given.window[0, :, 0] = np.linspace(0.0, 2.0, 24)  # on the baseline on average, and rising
    found = attribute("rul", "h", PUMP, given, lambda w: w.window[:, -1, 0] - w.window[:, 0, 0], {})
    assert found.reference == pytest.approx(0.0, abs=1e-5)
    assert found.contributions[0].contribution.value == pytest.approx(2.0, abs=1e-5)


def test_a_silent_sensor_and_one_without_a_baseline_contribute_nothing():
    given = window({0: 2.0, 1: 3.0})
    given.window[0, :, 0] = np.nan
    given.baseline[0, 1] = np.nan
    found = attribute("rul", "h", PUMP, given, lambda w: np.nansum(w.window[:, -1], axis=1), {})
    assert found.contributions == ()
    assert found.reference == found.value
