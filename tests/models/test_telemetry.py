"""History is kept whole, read by life and window, and the maintenance log decides where lives end."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Profile
from machine_profiles.reading import SHIPPED, load_catalog
from models.maintenance_log import BadEvent, log_event, preview_event
from models.storage import Storage
from models.telemetry import CorruptTelemetry, MaintenanceEvent, NoTelemetry, Telemetry

START = datetime(2026, 5, 1, tzinfo=UTC)
NOW = datetime(2026, 6, 1, tzinfo=UTC)
PUMP = "PUMP_GRUNDFOS_CR3_004"


@pytest.fixture
def pump() -> Profile:
    return load_catalog(SHIPPED)[PUMP]


@pytest.fixture
def telemetry(tmp_path: Path) -> Telemetry:
    return Telemetry(Storage(tmp_path))


def rows(count: int, unit: str = "main", life: str = "1", first: datetime = START, flow: float = 3.0) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "unit": unit,
            "at": pd.date_range(first, periods=count, freq="h"),
            "life": life,
            "hours": np.arange(float(count)),
            "flow": flow + np.arange(count) / 100,
        }
    )


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


# --- rows ---------------------------------------------------------------------------------------------------------


def test_what_is_appended_comes_back(telemetry: Telemetry):
    telemetry.append(PUMP, rows(5))
    back = telemetry.window(PUMP, at(-1), at(9))
    pd.testing.assert_frame_equal(back[["hours", "flow"]], rows(5)[["hours", "flow"]])
    assert str(back["at"].dt.tz) == "UTC"


def test_a_row_is_known_by_unit_and_time(telemetry: Telemetry):
    assert telemetry.append(PUMP, rows(5)) == 5
    assert telemetry.append(PUMP, rows(8)) == 3
    assert telemetry.append(PUMP, rows(8)) == 0
    assert telemetry.append(PUMP, rows(8, unit="sister")) == 8


def test_a_window_holds_its_end_but_not_its_start(telemetry: Telemetry):
    telemetry.append(PUMP, rows(5))
    assert list(telemetry.window(PUMP, at(1), at(3))["hours"]) == [2.0, 3.0]


def test_an_empty_window_says_what_there_is(telemetry: Telemetry):
    telemetry.append(PUMP, rows(5))
    with pytest.raises(NoTelemetry, match="from 2026-05-01 00:00 UTC to 2026-05-01 04:00 UTC"):
        telemetry.window(PUMP, at(100), at(200))


@pytest.mark.parametrize("ask", ["latest", "span", "lives", "current_life"])
def test_nothing_recorded_is_said_so(telemetry: Telemetry, pump: Profile, ask: str):
    with pytest.raises(NoTelemetry, match=r"Nothing .* recorded of PUMP_GRUNDFOS_CR3_004 yet"):
        {
            "latest": lambda: telemetry.latest(PUMP, 5),
            "span": lambda: telemetry.span(PUMP),
            "lives": lambda: telemetry.lives(pump),
            "current_life": lambda: telemetry.current_life(PUMP),
        }[ask]()


def test_an_unknown_unit_is_named_with_those_there_are(telemetry: Telemetry):
    telemetry.append(PUMP, rows(3, unit="rig-1"))
    with pytest.raises(NoTelemetry, match=r"no unit 'main'.*rig-1"):
        telemetry.latest(PUMP, 5)


def test_the_latest_rows_are_of_one_life_and_oldest_first(telemetry: Telemetry):
    telemetry.append(PUMP, rows(5, life="1"))
    telemetry.append(PUMP, rows(3, life="2", first=at(10)))
    assert list(telemetry.latest(PUMP, 100)["hours"]) == [0.0, 1.0, 2.0]
    assert list(telemetry.latest(PUMP, 2)["hours"]) == [1.0, 2.0]
    assert list(telemetry.latest(PUMP, 2, until=at(9))["hours"]) == [3.0, 4.0]


def test_steps_without_readings_are_missing_not_made_up(telemetry: Telemetry):
    telemetry.append(PUMP, rows(2))
    telemetry.append(PUMP, rows(2, first=at(6)))
    means = telemetry.resample(PUMP, at(-1), at(9), every_hours=2)
    assert list(means["flow"].isna()) == [False, True, True, False]
    assert means["flow"].iloc[0] == pytest.approx(3.005)


def test_the_baseline_is_the_mean_of_the_lifes_first_rows(telemetry: Telemetry, pump: Profile):
    telemetry.append(PUMP, rows(200))
    baseline = telemetry.baseline(pump)
    assert baseline["flow"] == pytest.approx(3.0 + (pump.modelling.baseline_rows - 1) / 200)
    assert np.isnan(baseline["vibration_velocity"])


def test_times_without_a_zone_are_refused(telemetry: Telemetry):
    naive = rows(3).assign(at=lambda table: table["at"].dt.tz_localize(None))
    with pytest.raises(MillwrightError, match="no time zone"):
        telemetry.append(PUMP, naive)


def test_a_damaged_part_is_named_with_the_remedy(telemetry: Telemetry, tmp_path: Path):
    telemetry.append(PUMP, rows(5))
    (part,) = (tmp_path / "telemetry" / PUMP).glob("*.parquet")
    part.write_bytes(part.read_bytes()[:100])
    with pytest.raises(CorruptTelemetry, match=rf"{part.name}.*import its data again"):
        telemetry.latest(PUMP, 5)


def test_a_sensor_measured_only_lately_is_missing_before(telemetry: Telemetry):
    telemetry.append(PUMP, rows(2))
    telemetry.append(PUMP, rows(2, first=at(2)).assign(vibration_velocity=1.5))
    assert list(telemetry.window(PUMP, at(-1), at(9))["vibration_velocity"].isna()) == [True, True, False, False]


# --- lives and the log --------------------------------------------------------------------------------------------


def failure(hours: float, **more) -> MaintenanceEvent:
    return MaintenanceEvent(at=at(hours), action="failure", **more)


def test_a_failure_ends_the_life_at_its_meter(telemetry: Telemetry, pump: Profile):
    telemetry.append(PUMP, rows(10))
    logged = log_event(telemetry, pump, failure(9, failure_mode="cavitation"), NOW)
    assert (logged.life, logged.hours) == ("1", 9.0)
    (end,) = telemetry.lives(pump).ends.to_dict("records")
    assert (end["ended_by"], end["failure_mode"], end["end_hours"]) == ("failure", "cavitation", 9.0)


def test_a_replacement_ends_a_life_without_a_failure(telemetry: Telemetry, pump: Profile):
    telemetry.append(PUMP, rows(10))
    log_event(telemetry, pump, MaintenanceEvent(at=at(9), action="replacement"), NOW)
    assert list(telemetry.lives(pump).ends["ended_by"]) == ["preventive"]
    assert telemetry.lives(pump).failed == []


@pytest.mark.parametrize("action", ["inspection", "lubrication", "repair", "cleaning"])
def test_other_work_ends_no_life(telemetry: Telemetry, pump: Profile, action: str):
    telemetry.append(PUMP, rows(10))
    log_event(telemetry, pump, MaintenanceEvent(at=at(5), action=action), NOW)  # type: ignore[arg-type]
    assert list(telemetry.lives(pump).ends["ended_by"]) == ["running"]


def test_a_failure_logged_later_divides_what_was_recorded_as_one_life(telemetry: Telemetry, pump: Profile):
    """Rows 0 to 9 h; it failed at 3.5 h and again at 6.5 h: lives of 0–3, 4–6 and 7–9 h, each meter from its start."""
    telemetry.append(PUMP, rows(10))
    log_event(telemetry, pump, failure(6.5), NOW)
    log_event(telemetry, pump, failure(3.5), NOW)
    lives = telemetry.lives(pump)
    assert list(lives.ends["ended_by"]) == ["failure", "failure", "running"]
    assert {life: list(part["hours"]) for life, part in lives.rows.groupby("life")} == {
        "main/1": [0.0, 1.0, 2.0, 3.0],
        "main/1+1": [1.0, 2.0, 3.0],
        "main/1+2": [1.0, 2.0, 3.0],
    }
    assert list(telemetry.latest(PUMP, 100)["hours"]) == [1.0, 2.0, 3.0]
    assert telemetry.current_life(PUMP) == ("1+2", 3.0)


def test_a_failure_of_one_unit_ends_no_life_of_another(telemetry: Telemetry, pump: Profile):
    telemetry.append(PUMP, rows(10))
    telemetry.append(PUMP, rows(10, unit="sister"))
    log_event(telemetry, pump, failure(4.5, unit="sister"), NOW)
    ends = telemetry.lives(pump).ends
    assert list(ends.loc[ends["unit"] == "main", "ended_by"]) == ["running"]
    assert list(ends.loc[ends["unit"] == "sister", "ended_by"]) == ["failure", "running"]


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (failure(9, failure_mode="rust"), "no failure mode 'rust'.*cavitation"),
        (MaintenanceEvent(at=at(2000), action="failure"), "after now"),
        (MaintenanceEvent(at=datetime(2026, 5, 1, 8), action="failure"), "no zone.*2026-05-01T08:00Z"),  # noqa: DTZ001
        (MaintenanceEvent(at=at(9), action="cleaning", failure_mode="cavitation"), "not to cleaning"),
        (failure(9, unit="rig"), "no unit 'rig'.*main"),
    ],
    ids=["unknown mode", "future", "naive time", "mode of a cleaning", "unknown unit"],
)
def test_an_event_that_cannot_be_is_refused_and_warned_of_before(
    telemetry: Telemetry, pump: Profile, event: MaintenanceEvent, message: str
):
    telemetry.append(PUMP, rows(10))
    with pytest.raises((BadEvent, NoTelemetry), match=message):
        log_event(telemetry, pump, event, NOW)
    assert telemetry.maintenance(PUMP) == []
    assert "could not be logged" in preview_event(telemetry, pump, event, NOW).warnings[0]


def test_the_card_says_which_life_ends_and_where(telemetry: Telemetry, pump: Profile):
    telemetry.append(PUMP, rows(10))
    card = preview_event(telemetry, pump, failure(9), NOW)
    assert card.facts["ends"] == "life 1 at 9 operating hours"
    assert "cavitation" in card.warnings[0]  # no mode was stated: these are the ones there are
    assert telemetry.maintenance(PUMP) == []


def test_the_same_event_twice_is_logged_once(telemetry: Telemetry, pump: Profile):
    telemetry.append(PUMP, rows(10))
    log_event(telemetry, pump, failure(9), NOW)
    log_event(telemetry, pump, failure(9), NOW)
    assert len(telemetry.maintenance(PUMP)) == 1


def test_work_can_be_logged_before_anything_was_recorded(telemetry: Telemetry, pump: Profile):
    logged = log_event(telemetry, pump, MaintenanceEvent(at=at(1), action="inspection", note="looks well"), NOW)
    assert (logged.life, logged.hours) == (None, None)
    assert telemetry.maintenance(PUMP) == [logged]


def test_a_broken_line_of_the_log_is_named(telemetry: Telemetry, pump: Profile, tmp_path: Path):
    log_event(telemetry, pump, MaintenanceEvent(at=at(1), action="inspection"), NOW)
    with (tmp_path / "maintenance" / f"{PUMP}.jsonl").open("a") as log:
        log.write("{half\n")
    with pytest.raises(MillwrightError, match="Line 2 of the maintenance log"):
        telemetry.maintenance(PUMP)
