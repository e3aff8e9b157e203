"""Features are worked out inside the ONNX graph, and can be worked out by hand."""

import numpy as np
import pytest

from models.features import answers_over, feature_model, features_of, fit_scaling
from models.onnx_graph import open_session, run
from tests.models.training_world import MACHINE, wearing_lives

LIVES = wearing_lives()
SCALING = fit_scaling(MACHINE, LIVES.rows)
MODEL, NAMES = feature_model(SCALING)


def features(window: np.ndarray, baseline: np.ndarray) -> dict[str, float]:
    feeds = {
        "window": window[None].astype(np.float32),
        "baseline": baseline[None].astype(np.float32),
        "age_hours": np.array([[100.0]], np.float32),
    }
    answer = run(open_session(MODEL.SerializeToString()), feeds)["features"][0]
    return dict(zip(NAMES, answer.tolist(), strict=True))


def window_of(vibration: list[float]) -> np.ndarray:
    """Load and temperature at their centre, so that no effect of load is taken off."""
    window = np.tile(SCALING.centre, (12, 1))
    window[:, 0] = vibration
    return window


def test_mean_slope_spread_and_deviation_are_those_of_the_readings():
    rising = [float(reading) for reading in range(1, 13)]
    found = features(window_of(rising), np.array([1.0, *SCALING.centre[1:]]))
    scale, centre = SCALING.scale[0], SCALING.centre[0]
    assert found["vibration|mean|3"] == pytest.approx((11 - centre) / scale, rel=1e-4)
    assert found["vibration|deviation|12"] == pytest.approx((6.5 - 1) / scale, rel=1e-4)
    assert found["vibration|slope|12"] == pytest.approx(12 / scale, rel=1e-4)  # 1 a row, over 12 rows
    assert found["vibration|spread|3"] == pytest.approx(np.std([10, 11, 12]) / scale, rel=1e-3)
    assert found["age_hours"] == 100.0


def test_missing_readings_are_left_out_of_a_mean():
    holed = [np.nan] * 9 + [4.0, np.nan, 8.0]
    found = features(window_of(holed), SCALING.centre)
    assert found["vibration|mean|3"] == pytest.approx((6 - SCALING.centre[0]) / SCALING.scale[0], rel=1e-4)
    assert np.isnan(found["vibration|spread|3"])  # two readings show no spread


def test_a_silent_sensor_has_no_features_at_all():
    found = features(window_of([np.nan] * 12), SCALING.centre)
    silent = [value for name, value in found.items() if name.startswith("vibration|")]
    assert silent
    assert np.isnan(silent).all()


def test_what_the_load_does_is_taken_off_the_temperature():
    hot = np.tile(SCALING.centre, (12, 1))
    hot[:, 2] += 20.0  # 20 % more load makes it 10 K warmer
    hot[:, 1] += 10.0
    found = features(hot, SCALING.centre)
    assert abs(found["temperature|deviation|12"]) < 0.25 * 10 / SCALING.scale[1]


def test_a_sensor_that_never_varies_is_left_out():
    rows = LIVES.rows.assign(vibration=np.float32(3.0))
    names = feature_model(fit_scaling(MACHINE, rows))[1]
    assert not [name for name in names if name.startswith("vibration|")]


def test_features_of_lives_are_the_graphs_own():
    table, keys = features_of(MACHINE, LIVES, SCALING, every=7)
    answers, _ = answers_over(MACHINE, LIVES, MODEL, every=7)
    np.testing.assert_array_equal(table, answers["features"])
    assert len(table) == len(keys)
