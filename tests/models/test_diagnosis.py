"""The readings of a machine in trouble name its failure mode; a sound one has nothing to explain."""

import pandas as pd
import pytest

from evals.benchmarks.drift.worlds import World, world
from machine_profiles.reading import SHIPPED, load_catalog
from models.diagnosis import Diagnosis, NothingToCompareWith, diagnose

CATALOG = load_catalog(SHIPPED)
PUMP = CATALOG["PUMP_KSB_ETANORM_005"]


def diagnosed(known: World) -> Diagnosis:
    return diagnose(known.profile, pd.concat([known.reference, known.window]), "main")


def test_the_true_mode_comes_first_with_the_sensors_that_speak_for_it():
    known = world(PUMP, "trouble", 1)
    found = diagnosed(known)
    first = found.candidates[0]
    assert found.moved
    assert first.failure_mode == known.failure_mode
    assert first.signs[0].supports
    assert first.signs[0].moved.value * first.signs[0].at_failure.value > 0
    total = sum(each.probability for each in found.candidates) + found.sensor_fault + found.unknown
    assert total == pytest.approx(1.0)


def test_a_sound_machine_has_nothing_to_explain():
    assert not diagnosed(world(PUMP, "none", 1)).moved


def test_a_single_sensor_that_is_off_is_weighed_against_the_failure_modes():
    known = world(PUMP, "bias", 3)
    found = diagnosed(known)
    assert found.faulty_sensor == known.sensor
    assert found.sensor_fault > max(each.probability for each in found.candidates)


def test_an_old_machine_makes_the_mode_of_wear_likelier():
    known = world(PUMP, "none", 1)
    rows = pd.concat([known.reference, known.window])
    weibull = {mode.name: mode.weibull for mode in PUMP.failure_modes}
    steepest = max(weibull, key=lambda name: weibull[name].shape)
    young, old = (diagnose(PUMP, rows, "main", age) for age in (500.0, 30000.0))

    def share(found: Diagnosis) -> float:
        return next(each.probability for each in found.candidates if each.failure_mode == steepest)

    assert share(old) > share(young)


def test_a_life_that_has_just_begun_cannot_be_compared_with_itself():
    known = world(PUMP, "trouble", 1)
    with pytest.raises(NothingToCompareWith, match="100 rows"):
        diagnose(PUMP, known.window.tail(100), "main")
