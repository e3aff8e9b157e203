"""The figures of a window are those of its readings, and a silent machine is not a quiet one."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from machine_profiles.errors import UnknownSensor
from machine_profiles.profile import Profile
from machine_profiles.reading import SHIPPED, load_catalog
from models.sensor_statistics import summarise
from models.storage import Storage
from models.telemetry import NoTelemetry, Telemetry

NOW = datetime(2026, 6, 1, tzinfo=UTC)
PUMP = "PUMP_GRUNDFOS_CR3_004"


@pytest.fixture
def pump() -> Profile:
    return load_catalog(SHIPPED)[PUMP]


@pytest.fixture
def storage(tmp_path: Path, pump: Profile) -> Storage:
    """Ten days up to now: flow rises by 0.24 a day, vibration is silent but for its last 24 hours."""
    storage = Storage(tmp_path)
    hours = np.arange(240.0)
    rows = pd.DataFrame(
        {
            "unit": "main",
            "at": pd.date_range(NOW - timedelta(hours=239), NOW, freq="h"),
            "life": "1",
            "hours": hours,
            "flow": 2.0 + 0.01 * hours,
            "vibration_velocity": np.where(hours >= 216, 6.0, np.nan),
        }
    )
    Telemetry(storage).append(PUMP, rows)
    return storage


def ask(storage: Storage, pump: Profile, *sensors: str, hours: float = 48, now: datetime = NOW, unit: str = "main"):
    return summarise(storage, Telemetry(storage), pump, sensors, hours, now, unit)


def test_statistics_are_those_of_the_window(storage: Storage, pump: Profile):
    (flow,) = ask(storage, pump, "flow").sensors
    assert (flow.readings, flow.missing, flow.unit) == (48, 0, "m^3/h")
    assert flow.minimum == pytest.approx(2.0 + 1.92)
    assert flow.maximum == flow.latest == pytest.approx(2.0 + 2.39)
    assert flow.mean == pytest.approx(2.0 + (1.92 + 2.39) / 2)
    assert flow.change_per_day == pytest.approx(0.24)


def test_readings_beyond_limits_are_counted(storage: Storage, pump: Profile):
    """The warning is at 5.1 mm/s and the alarm at 8.5; 6.0 was read 24 times."""
    (vibration,) = ask(storage, pump, "vibration_velocity", hours=200).sensors
    assert (vibration.readings, vibration.missing) == (24, 176)
    assert (vibration.beyond_warning, vibration.beyond_alarm) == (24, 0)


def test_a_sensor_that_never_spoke_has_no_figures(storage: Storage, pump: Profile):
    (pressure,) = ask(storage, pump, "discharge_pressure").sensors
    assert pressure.readings == 0
    assert pressure.mean is pressure.latest is pressure.change_per_day is None


def test_all_sensors_are_shown_where_none_is_named(storage: Storage, pump: Profile):
    assert tuple(s.sensor for s in ask(storage, pump).sensors) == pump.sensor_names


def test_an_unknown_sensor_is_named_with_those_there_are(storage: Storage, pump: Profile):
    with pytest.raises(UnknownSensor, match=r"'mood'.*vibration_velocity"):
        ask(storage, pump, "flow", "mood")


def test_a_window_after_the_record_ends_is_not_answered_from_old_readings(storage: Storage, pump: Profile):
    with pytest.raises(NoTelemetry, match=r"its record runs from .* to 2026-06-01"):
        ask(storage, pump, "flow", hours=24, now=NOW + timedelta(days=30))


def test_cycle_counters_know_no_clock_so_their_window_ends_with_the_record(storage: Storage, pump: Profile):
    cycles = pump.model_copy(update={"modelling": pump.modelling.model_copy(update={"time_unit": "cycle"})})
    shown = ask(storage, cycles, "flow", hours=24, now=NOW + timedelta(days=9000))
    assert (shown.rows, shown.end) == (24, NOW)


def test_the_plot_is_a_picture_and_the_same_question_gives_the_same_one(storage: Storage, pump: Profile):
    first, again = ask(storage, pump), ask(storage, pump)
    assert first.plot is not None
    assert first.plot == again.plot
    with Image.open(storage.absolute(first.plot)) as picture:
        assert picture.format == "PNG"
        assert len(picture.convert("L").getcolors() or []) > 20  # something is drawn on it
    assert ask(storage, pump, hours=24).plot != first.plot


def test_there_is_no_plot_of_nothing(storage: Storage, pump: Profile):
    assert ask(storage, pump, "discharge_pressure").plot is None
