"""The telemetry tools: what they show, what they propose, and what they refuse."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from pydantic import ValidationError

from machine_profiles.errors import MillwrightError, UnknownMachine, UnknownSensor
from models.storage import Storage
from tools.plant import Plant
from tools.telemetry import import_telemetry, log_maintenance, query_telemetry

NOW = datetime(2026, 6, 1, tzinfo=UTC)
PUMP = "PUMP_GRUNDFOS_CR3_004"


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    """A plant whose pump 4 has shaken at 1.0 mm/s for ten days."""
    plant = Plant(Storage(tmp_path / "home"), seed=7, user="Kim", fixed_now=NOW)
    times = pd.date_range(NOW - timedelta(hours=239), NOW, freq="h")
    rows = pd.DataFrame({"unit": "main", "at": times, "life": "1", "hours": range(240), "vibration_velocity": 1.0})
    plant.telemetry.append(PUMP, rows.astype({"hours": float}))
    return plant


def run(tool, plant: Plant, **arguments):
    return tool.run(plant, tool.arguments(**arguments))


def card(tool, plant: Plant, **arguments):
    return tool.preview(plant, tool.arguments(**arguments))


@pytest.mark.parametrize(("window", "rows"), [("24h", 24), ("2d", 48), ("1w", 168), ("90 min", 2), (12, 12)])
def test_a_window_is_clock_time_up_to_now(plant: Plant, window, rows: int):
    shown = run(query_telemetry, plant, machine_id=PUMP, sensors=["vibration_velocity"], window=window)
    assert (shown.rows, shown.end) == (rows, NOW)


@pytest.mark.parametrize("window", ["soon", "0h", "-3d", "99 years", None])
def test_what_is_no_duration_is_refused_with_the_forms_there_are(window):
    with pytest.raises(ValidationError, match="write it as 24h, 7d or 2w"):
        query_telemetry.arguments(machine_id=PUMP, window=window)


def test_unknown_machine_and_sensor_are_named_with_those_there_are(plant: Plant):
    with pytest.raises(UnknownMachine, match=PUMP):
        run(query_telemetry, plant, machine_id="PUMP_4")
    with pytest.raises(UnknownSensor, match="vibration_velocity"):
        run(query_telemetry, plant, machine_id=PUMP, sensors=["mood"])


def test_a_machine_without_a_record_is_no_quiet_machine(plant: Plant):
    with pytest.raises(MillwrightError, match="import telemetry first"):
        run(query_telemetry, plant, machine_id="MOTOR_WEG_W22_003")


def test_an_import_is_proposed_then_done_and_proved(plant: Plant, tmp_path: Path):
    path = tmp_path / "more.csv"
    path.write_text("at,flow,mood\n2026-05-31T23:30Z,3.1,fine\n2026-05-31T23:45Z,-,fine\n")
    proposed = card(import_telemetry, plant, machine_id=PUMP, path=str(path))
    assert proposed.facts["rows"] == "2 new of 2 read"
    assert any("mood" in warning for warning in proposed.warnings)
    assert len(plant.telemetry.meter(PUMP)) == 240
    done = run(import_telemetry, plant, machine_id=PUMP, path=str(path))
    assert (done.rows_stored, done.ignored_columns, done.dataset) == (2, ("mood",), "history@1")
    assert len(plant.telemetry.meter(PUMP)) == 242


def test_an_import_that_would_fail_is_still_proposed_with_the_reason(plant: Plant, tmp_path: Path):
    nowhere = str(tmp_path / "nowhere.csv")
    assert "no file" in card(import_telemetry, plant, machine_id=PUMP, path=nowhere).warnings[0]
    with pytest.raises(MillwrightError, match=r"no file .*nowhere\.csv"):
        run(import_telemetry, plant, machine_id=PUMP, path=nowhere)


def test_a_logged_failure_ends_the_life_and_says_who_logged_it(plant: Plant):
    proposed = card(log_maintenance, plant, machine_id=PUMP, action="failure", failure_mode="cavitation")
    assert proposed.facts["ends"] == "life 1 at 239 operating hours"
    assert plant.telemetry.maintenance(PUMP) == []
    logged = run(log_maintenance, plant, machine_id=PUMP, action="failure", failure_mode="cavitation", note="loud")
    assert (logged.at, logged.life, logged.hours, logged.by) == (NOW, "1", 239.0, "Kim")
    profile = plant.machines[PUMP]
    assert list(plant.telemetry.lives(profile).ends["ended_by"]) == ["failure"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"action": "failure", "failure_mode": "rust"}, "no failure mode 'rust'.*cavitation"),
        ({"action": "inspection", "at": "2026-07-01T00:00Z"}, "after now"),
        ({"action": "inspection", "at": "2026-05-01T00:00"}, "no zone"),
        ({"action": "inspection", "unit": "rig-7"}, "no unit 'rig-7'"),
    ],
    ids=["unknown failure mode", "future", "no time zone", "unknown unit"],
)
def test_an_event_that_cannot_be_is_warned_of_then_refused(plant: Plant, arguments: dict, message: str):
    (warning,) = card(log_maintenance, plant, machine_id=PUMP, **arguments).warnings
    assert "could not be logged" in warning
    with pytest.raises(MillwrightError, match=message):
        run(log_maintenance, plant, machine_id=PUMP, **arguments)
    assert plant.telemetry.maintenance(PUMP) == []


def test_an_unknown_action_is_answered_with_those_there_are():
    with pytest.raises(ValidationError, match="'failure', 'replacement', 'overhaul'"):
        log_maintenance.arguments(machine_id=PUMP, action="painting")
