"""What a file holds comes in once, in the profile's units, after a card that says what would come in."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from machine_profiles.errors import MillwrightError
from tests.models.importing_world import PUMP, RUN_TO_FAILURE, World, hourly


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_columns_named_as_sensors_need_no_map(world: World):
    done = world.bring_in(world.file("time,vibration_velocity,bearing_temperature\n2026-05-01T00:00Z,1.5,60\n"))
    assert (done.rows_read, done.rows_stored, done.dataset) == (1, 1, "history@1")
    assert list(world.rows[["vibration_velocity", "bearing_temperature"]].iloc[0]) == [1.5, 60.0]


@pytest.mark.parametrize(
    ("header", "reading", "sensor", "expected"),
    [
        ("bearing_temperature [degF]", "212", "bearing_temperature", 100.0),
        ("bearing_temperature (K)", "373.15", "bearing_temperature", 100.0),
        ("Bearing temperature [°C]", "61.5", "bearing_temperature", 61.5),
        ("vibration_velocity [in/s]", "0.1", "vibration_velocity", 2.54),
        ("flow [L/min]", "50", "flow", 3.0),
        ("discharge_pressure [kPa]", "450", "discharge_pressure", 4.5),
    ],
)
def test_a_unit_in_brackets_is_converted(world: World, header: str, reading: str, sensor: str, expected: float):
    world.bring_in(world.file(f"at,{header}\n2026-05-01T00:00Z,{reading}\n"))
    assert world.rows[sensor].iloc[0] == pytest.approx(expected, rel=1e-9)


def test_a_column_map_says_which_column_is_which(world: World):
    column_map = world.map(
        "at: when\ntime_zone: Europe/Berlin\nsensors:\n"
        "  bearing_temperature: {column: t_lager, unit: degF}\n  vibration_velocity: {column: v_eff}\n"
    )
    world.bring_in(world.file("when,v_eff,t_lager\n2026-05-01 14:00,1.2,140\n"), column_map)
    row = world.rows.iloc[0]
    assert row["at"] == pd.Timestamp("2026-05-01T12:00Z")  # Berlin keeps summer time in May
    assert (row["vibration_velocity"], row["bearing_temperature"]) == (1.2, pytest.approx(60.0))


def test_times_of_several_zones_fall_in_their_right_order(world: World):
    world.bring_in(
        world.file(
            "at,vibration_velocity\n2026-05-01T12:00:00+02:00,1.0\n2026-05-01T09:00:00Z,0.9\n2026-05-01T07:00-04:00,1.1\n"
        )
    )
    assert list(world.rows["vibration_velocity"]) == [0.9, 1.0, 1.1]
    assert list(world.rows["at"].dt.hour) == [9, 10, 11]


def test_a_spreadsheet_with_semicolons_and_decimal_commas_is_read(world: World):
    path = world.folder / "export.csv"
    path.write_bytes("at;bearing_temperature [°C]\n2026-05-01T00:00Z;61,5\n".encode("cp1252"))
    world.bring_in(path)
    assert world.rows["bearing_temperature"].iloc[0] == 61.5


def test_missing_readings_stay_missing(world: World):
    world.bring_in(
        world.file(
            "at,vibration_velocity,flow\n2026-05-01T00:00Z,,3\n2026-05-01T01:00Z,NaN,\n2026-05-01T02:00Z,1.5,n/a\n"
        )
    )
    assert list(world.rows["vibration_velocity"].isna()) == [True, True, False]
    assert list(world.rows["flow"].isna()) == [False, True, True]


def test_parquet_comes_in_as_csv_does(world: World):
    times = pd.date_range("2026-05-01", periods=3, freq="h", tz="Europe/Berlin", name="timestamp")
    pd.DataFrame({"vibration_velocity": [1.0, np.nan, 1.2]}, index=times).to_parquet(world.folder / "readings.parquet")
    assert world.bring_in(world.folder / "readings.parquet").rows_stored == 3
    assert world.rows["at"].iloc[0] == pd.Timestamp("2026-04-30T22:00Z")


def test_a_preview_says_what_would_be_done_and_does_nothing(world: World):
    card = world.preview(
        world.file("at,vibration_velocity,colour\n2026-05-01T00:00Z,1.5,red\n2026-05-01T01:00Z,-1,red\n")
    )
    assert card.facts["rows"] == "1 new of 2 read"
    said = " ".join(card.warnings)
    assert "colour" in said
    assert "1 rows would be set aside" in said
    assert "no readings of bearing_temperature" in said
    assert not world.telemetry.has(PUMP)


def test_a_dry_run_counts_as_the_import_will(world: World):
    path = world.file(hourly(30) + "never,1.0\n")
    dry = world.bring_in(path, dry_run=True)
    assert not world.telemetry.has(PUMP)
    done = world.bring_in(path)
    same = {"dry_run", "dataset", "rejected_file"}
    assert dry.model_dump(exclude=same) == done.model_dump(exclude=same)
    assert dry.dry_run


def test_rows_at_another_pace_than_the_models_expect_are_warned_of(world: World):
    lines = "\n".join(f"2026-05-01T00:{minute:02}Z,1.0" for minute in range(0, 60, 10))
    assert "0.167 h apart" in " ".join(world.preview(world.file(f"at,vibration_velocity\n{lines}\n")).warnings)


def test_the_same_file_again_changes_nothing(world: World):
    path = world.file(hourly(50))
    world.bring_in(path)
    before = world.telemetry.data_hash(PUMP), world.datasets.list(PUMP)
    again = world.bring_in(path)
    assert (again.rows_stored, again.rows_already_known, again.dataset) == (0, 50, None)
    assert (world.telemetry.data_hash(PUMP), world.datasets.list(PUMP)) == before


def test_run_to_failure_ends_each_life_in_the_log(world: World):
    lines = "\n".join(f"{unit},{cycle},3.0" for unit, last in ((1, 5), (2, 8)) for cycle in range(1, last + 1))
    done = world.bring_in(world.file(f"unit,cycle,q\n{lines}\n"), world.map(RUN_TO_FAILURE))
    assert (done.units, done.lives_ended) == (2, 2)
    ends = world.telemetry.lives(world.pump).ends
    assert list(ends["life"]) == ["rig-1/1", "rig-2/1"]
    assert list(ends["end_hours"]) == [5.0, 8.0]
    assert set(ends["ended_by"]) == {"failure"}
    assert set(ends["failure_mode"]) == {"cavitation"}


def test_known_rows_with_other_readings_are_set_aside_not_passed_over(world: World):
    world.bring_in(world.file(hourly(5)))
    lines = hourly(6).splitlines()
    lines[3] = lines[3].replace("1.002", "1.500")
    done = world.bring_in(world.file("\n".join(lines) + "\n", "corrected.csv"))
    assert (done.rows_stored, done.rows_already_known, done.rows_rejected) == (1, 4, 1)
    assert "recorded already with other readings" in next(iter(done.rejected_reasons))
    assert world.rows["vibration_velocity"].iloc[2] == 1.002


def test_another_rigs_file_under_the_same_unit_names_is_refused(world: World):
    column_map = world.map(RUN_TO_FAILURE)
    world.bring_in(world.file("unit,cycle,q\n1,1,3.0\n1,2,3.1\n"), column_map)
    with pytest.raises(MillwrightError, match=r"other readings.*unit_prefix"):
        world.bring_in(world.file("unit,cycle,q\n1,1,2.0\n1,2,2.2\n", "other.csv"), column_map)


def test_cycles_beyond_a_known_failure_are_set_aside(world: World):
    column_map = world.map(RUN_TO_FAILURE)
    world.bring_in(world.file("unit,cycle,q\n1,1,3\n1,2,3\n"), column_map)
    done = world.bring_in(world.file("unit,cycle,q\n1,2,3\n1,3,3\n", "more.csv"), column_map)
    assert (done.rows_stored, done.rows_already_known, done.rows_rejected) == (0, 1, 1)
    assert "beyond the failure" in next(iter(done.rejected_reasons))


def test_two_rigs_cannot_share_one_life_by_mistake(world: World):
    world.bring_in(world.file("unit,cycle,q\n1,1,3\n1,2,3\n"), world.map(RUN_TO_FAILURE))
    other = world.map(RUN_TO_FAILURE.replace("2020", "2021"))
    with pytest.raises(MillwrightError, match="state `unit_prefix`"):
        world.bring_in(world.file("unit,cycle,q\n1,1,3\n1,2,3\n", "other.csv"), other)
