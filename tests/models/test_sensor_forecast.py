"""A sensor's forecast says where it goes, how surely, and when it passes a limit; a silent sensor has none."""

from pathlib import Path

import pytest

from machine_profiles.errors import MillwrightError, UnknownSensor
from models.registry_errors import NoModel
from models.sensor_forecast import SensorForecast, TooFarAhead, forecast
from models.storage import Storage
from models.telemetry import Telemetry
from tests.models.test_health import NOW, PUMP, rows, serve

# The small model repeats the last row for 12 rows, one unit either way; vibration warns at 5.1 and alarms at 8.5.


def ahead(home: Path, moved: float = 0.0, hours: float = 12, sensor: str = "vibration_velocity") -> SensorForecast:
    telemetry = Telemetry(Storage(home))
    table = rows(moved=moved)
    if sensor == "flow":
        table["flow"] = float("nan")
    telemetry.append(PUMP.id, table)
    return forecast(telemetry, serve(home), PUMP, sensor, hours, NOW)


def test_the_path_its_interval_and_both_limits_are_stated(tmp_path: Path):
    found = ahead(tmp_path, moved=2.5)  # 2 mm/s in the sound state
    assert found.at_horizon.value == pytest.approx(4.5)
    assert found.at_horizon.interval is not None
    assert (found.at_horizon.interval.low, found.at_horizon.interval.high) == pytest.approx((3.5, 5.5))
    warning, alarm = found.limits
    assert (warning.level, warning.path_after_hours, warning.interval_after_hours) == ("warning", None, 1.0)
    assert (alarm.level, alarm.path_after_hours, alarm.interval_after_hours) == ("alarm", None, None)
    assert (found.version, found.doubts, len(found.points)) == (1, (), 12)


def test_beyond_the_models_reach_the_interval_widens_and_the_answer_says_so(tmp_path: Path):
    found = ahead(tmp_path, hours=36)
    interval = found.at_horizon.interval
    assert interval is not None
    assert interval.high - found.at_horizon.value == pytest.approx(3**0.5, rel=1e-5)  # the third pass
    assert "goes on from its own end" in found.doubts[0]
    with pytest.raises(TooFarAhead, match="36 h ahead at most, not 37 h"):
        ahead(tmp_path, hours=37)


def test_a_limit_passed_already_is_said(tmp_path: Path):
    assert [(c.level, c.limit) for c in ahead(tmp_path, moved=7.0).crossed_now] == [("alarm", 8.5)]


def test_what_cannot_be_forecast_is_an_error_with_the_way_out(tmp_path: Path):
    with pytest.raises(MillwrightError, match="flow of PUMP_GRUNDFOS_CR3_004 has given no reading"):
        ahead(tmp_path, sensor="flow")
    with pytest.raises(UnknownSensor):
        ahead(tmp_path, sensor="humidity")
    telemetry = Telemetry(Storage(tmp_path / "other"))
    telemetry.append(PUMP.id, rows())
    with pytest.raises(NoModel):
        forecast(telemetry, serve(tmp_path / "other", tasks=("rul",)), PUMP, "flow", 12, NOW)
