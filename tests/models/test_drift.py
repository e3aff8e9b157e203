"""Drift is found where there is some, told apart by its cause, and not cried where there is none."""

import time
from pathlib import Path

import pandas as pd
import pytest

from evals.benchmarks.drift.worlds import World, world
from machine_profiles.reading import SHIPPED, load_catalog
from models.drift import DriftReport, TooLittleToCompare, judge
from models.drift_causes import probabilities, weigh_levels
from models.drift_report import start_evidently_report
from models.drift_tests import compare, level_threshold

CATALOG = load_catalog(SHIPPED)
MOTOR = CATALOG["MOTOR_ABB_M3BP_002"]
PUMP = CATALOG["PUMP_KSB_ETANORM_005"]


def judged(found: World) -> DriftReport:
    return judge(found.profile, found.reference, found.window)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_sound_week_has_not_drifted(seed: int):
    found = judged(world(MOTOR, "none", seed))
    assert (found.drifted, found.findings, found.causes) == (False, (), ())
    assert found.largest_level < found.level_threshold


@pytest.mark.parametrize(
    ("change", "fault"),
    [("bias", "bias"), ("frozen", "frozen"), ("noisier", "noisier"), ("clipped", "clipped"), ("swapped", "swapped")],
)
def test_a_sensor_that_is_off_is_named_with_what_is_wrong_with_it(change: str, fault: str):
    known = world(MOTOR, change, 4)
    found = judged(known)
    assert (found.causes[0].cause, found.causes[0].sensor_fault) == ("sensor", fault)
    assert found.causes[0].sensor in str(known.sensor).split(", ")


def test_a_degrading_machine_is_no_sensor_fault_and_its_mode_is_named():
    known = world(PUMP, "degradation", 5)
    found = judged(known)
    assert found.causes[0].cause == "degradation"
    assert found.causes[0].failure_mode == known.failure_mode
    assert sum(cause.probability for cause in found.causes) == pytest.approx(1.0, abs=0.1)


def test_another_load_is_a_changed_process_and_no_fault():
    found = judged(world(MOTOR, "process", 6))
    assert found.causes[0].cause == "process"
    assert found.causes[0].sensor == "load"


def test_levels_that_moved_as_in_no_failure_mode_mean_that_the_models_no_longer_fit():
    assert judged(world(MOTOR, "model", 7)).causes[0].cause == "model"


def test_weights_of_causes_are_probabilities_likeliest_first():
    known = world(MOTOR, "bias", 4)
    ranked = probabilities(weigh_levels(MOTOR, compare(MOTOR, known.reference, known.window)))
    shares = [share for _, share in ranked]
    assert sum(shares) == pytest.approx(1.0)
    assert shares == sorted(shares, reverse=True)


def test_the_threshold_rises_with_the_number_of_sensors_looked_at():
    # one sensor: two-sided 4 % of a normal distribution
    assert level_threshold(1) == pytest.approx(2.054, abs=0.001)
    assert level_threshold(12) > level_threshold(8) > level_threshold(1)


@pytest.mark.parametrize(("reference", "window", "said"), [(2000, 10, "window of"), (100, 168, "record before")])
def test_too_little_data_is_an_error_and_never_no_drift(reference: int, window: int, said: str):
    known = world(MOTOR, "none", 1)
    with pytest.raises(TooLittleToCompare, match=said):
        judge(MOTOR, known.reference.tail(reference), known.window.tail(window))


def test_a_silent_sensor_is_a_finding():
    known = world(MOTOR, "none", 1)
    name = MOTOR.sensors[0].name
    window: pd.DataFrame = known.window.assign(**{name: float("nan")})
    found = judge(MOTOR, known.reference, window)
    assert found.causes[0].sensor_fault == "silent"
    assert found.causes[0].sensor == name


def test_evidentlys_page_is_written_whole_and_leaves_nothing_else(tmp_path: Path):
    known, page = world(MOTOR, "bias", 4), tmp_path / "page.html"
    start_evidently_report(MOTOR, known.reference, known.window, page)
    until = time.monotonic() + 240
    while (not page.exists() or len(list(tmp_path.iterdir())) > 1) and time.monotonic() < until:
        time.sleep(0.2)
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
    assert str(known.sensor) in page.read_text()
