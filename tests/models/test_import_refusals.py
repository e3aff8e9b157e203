"""A file, a map or a line that cannot be right is refused with the reason, and nothing of it is stored."""

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from machine_profiles.errors import MillwrightError, UnknownSensor
from models.column_map import BadColumnMap
from models.table_file import UnreadableFile
from tests.models.importing_world import PUMP, START, World, hourly


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("yesterday,1.0,60", "'yesterday' is not ISO 8601"),
        (",1.0,60", "'' is not ISO 8601"),
        ("2026-05-01T05:00Z,fast,60", "vibration_velocity is 'fast', not a number"),
        ("2026-05-01T05:00Z,inf,60", "infinite"),
        ("2026-05-01T05:00Z,1e300,60", "beyond any measurement"),
        ("2026-05-01T05:00Z,-0.5,60", "negative"),
        ("2026-05-01T05:00Z,1.0,-300", "below absolute zero"),
        ("2026-07-01T05:00Z,1.0,60", "after now"),
        ("2026-05-01T05:00Z,1.0", "2 fields"),
        ("2026-05-01T05:00Z,1.0,60,9", "4 fields"),
        ("2026-05-01T05:00,1.0,60", "states no zone"),
    ],
    ids=[
        "no time",
        "empty time",
        "text",
        "infinite",
        "absurd",
        "negative",
        "too cold",
        "future",
        "short",
        "long",
        "naive",
    ],
)
def test_an_impossible_line_is_set_aside_with_its_reason(world: World, line: str, reason: str):
    good = "2026-05-01T00:00Z,1.0,60\n", "2026-05-02T00:00Z,1.0,60\n"
    done = world.bring_in(world.file(f"at,vibration_velocity,bearing_temperature\n{good[0]}{line}\n{good[1]}"))
    assert (done.rows_read, done.rows_stored, done.rows_rejected) == (3, 2, 1)
    assert done.rejected_file is not None
    side = pd.read_csv(world.storage.absolute(done.rejected_file), dtype=str)
    assert list(side["line"]) == ["3"]
    assert reason in side["reason"].iloc[0]
    assert len(world.rows) == 2


def test_every_row_read_is_accounted_for(world: World):
    world.bring_in(world.file(hourly(5)))
    lines = hourly(8).splitlines()
    done = world.bring_in(world.file("\n".join([*lines, lines[8], lines[8], "never,1.0"]) + "\n", "more.csv"))
    assert (done.rows_stored, done.rows_already_known, done.duplicates, done.rows_rejected) == (3, 5, 2, 1)
    assert done.rows_read == 11


def test_a_file_of_impossible_rows_alone_is_refused_and_nothing_is_stored(world: World):
    with pytest.raises(MillwrightError, match=r"No row of readings.csv can be used.*2 × .*after now"):
        world.bring_in(world.file(hourly(2, first=datetime(2027, 1, 1, tzinfo=UTC))))
    assert not world.telemetry.has(PUMP)
    assert world.datasets.list(PUMP) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("at,vibration_velocity\n", "no rows"),
        ("at,vibration_velocity\n2026-05-01T00:00Z,1.0\n2026-05-01T01:0", "cut short.*line, 3, has 1 of 2"),
        ("at,flow,flow\n2026-05-01T00:00Z,1,2\n", "'flow' more than once"),
        ('at,flow\n2026-05-01T00:00Z,"3\n2026-05-01T01:00Z,3\n', "a quote that is never closed|cut short|line breaks"),
        ("PAR1 and no more", "cut short or damaged"),
        ("date,vibration_velocity\n2026-05-01T00:00Z,1.0\n", "named at, time or timestamp.*'date'"),
        ("at,shaking\n2026-05-01T00:00Z,1.0\n", "'shaking'.*sensors are vibration_velocity"),
        ("at,vibration_velocity\n2026-05-01 00:00,1.0\n", "no time zone.*time_zone"),
        ("at,bearing_temperature [furlong]\n2026-05-01T00:00Z,1.0\n", "furlong cannot be.*degC, degF, K"),
        ("at,bearing_temperature [blorp]\n2026-05-01T00:00Z,1.0\n", "'blorp' is unknown.*degC, degF, K"),
        ("at,vibration_velocity [g]\n2026-05-01T00:00Z,1.0\n", "cannot be turned into mm/s"),
    ],
    ids=[
        "empty", "header only", "cut line", "twice the same column", "open quote", "cut parquet",
        "no time", "no sensor", "no zone",
        "wrong unit", "unknown unit", "acceleration for velocity",
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_says_what_is_wrong(world: World, text: str, message: str):
    path = world.file(text)
    with pytest.raises(MillwrightError, match=f"(?s){message}"):
        world.bring_in(path)
    (warning,) = world.preview(path).warnings
    assert "would fail" in warning
    assert not world.telemetry.has(PUMP)


def test_a_parquet_file_cut_short_says_so(world: World):
    whole = world.folder / "whole.parquet"
    pd.DataFrame({"at": [pd.Timestamp(START)] * 100, "flow": 1.0}).to_parquet(whole)
    (world.folder / "cut.parquet").write_bytes(whole.read_bytes()[:-40])
    with pytest.raises(UnreadableFile, match="cut short or damaged"):
        world.bring_in(world.folder / "cut.parquet")


def test_a_missing_file_is_named(world: World):
    with pytest.raises(UnreadableFile, match=r"no file .*/nowhere\.csv"):
        world.bring_in(world.folder / "nowhere.csv")
    assert "nowhere.csv" in world.preview(world.folder / "nowhere.csv").warnings[0]


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        ("at: at\n", "sensors: missing"),
        ("at: at\nsensor: {}\nsensors: {flow: {column: q}}\n", "sensor: unknown key"),
        ("sensors: {flow: {column: q}}\n", "state `at`"),
        ("hours: h\nsensors: {flow: {column: q}}\n", "needs `start`"),
        ("hours: h\nstart: 2026-05-01T00:00\nsensors: {flow: {column: q}}\n", "start: .*timezone"),
        ("at: at\ntime_zone: Mars/Base\nsensors: {flow: {column: q}}\n", "no time zone.*Europe/Berlin"),
        ("at: at\nsensors: {flow: {column: volume}}\n", "no column 'volume'.*'at', 'q'"),
        ("at: at\nsensors: {flow: {column: q, unit: degC}}\n", r"Column 'q' for flow.*m\^3/h"),
        ("at: at\nrun_to_failure: true\nfailure_mode: rust\nsensors: {flow: {column: q}}\n", "'rust'.*cavitation"),
        ("at: at\nfailure_mode: cavitation\nsensors: {flow: {column: q}}\n", "only with `run_to_failure"),
        ("- at\n", "a mapping"),
        ("at: [", "not readable YAML"),
    ],
)
def test_a_bad_column_map_says_what_would_be_right(world: World, stated: str, message: str):
    with pytest.raises(BadColumnMap, match=f"(?s){message}"):
        world.bring_in(world.file("at,q\n2026-05-01T00:00Z,3\n"), world.map(stated))


def test_a_map_to_a_sensor_that_is_not_there_names_those_that_are(world: World):
    with pytest.raises(UnknownSensor, match=r"'oil_pressure'.*vibration_velocity"):
        world.bring_in(
            world.file("at,q\n2026-05-01T00:00Z,3\n"), world.map("at: at\nsensors: {oil_pressure: {column: q}}\n")
        )
