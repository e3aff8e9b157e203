"""What a file holds comes in once, whole, in the profile's units; what cannot be is set aside with the reason."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from machine_profiles.errors import MillwrightError, UnknownSensor
from machine_profiles.profile import Profile
from machine_profiles.reading import SHIPPED, load_catalog
from models.column_map import BadColumnMap
from models.datasets import Datasets
from models.importing import import_file, preview
from models.maintenance_log import log_event
from models.storage import Storage
from models.table_file import UnreadableFile
from models.telemetry import MaintenanceEvent, Telemetry

NOW = datetime(2026, 6, 1, tzinfo=UTC)
PUMP = "PUMP_GRUNDFOS_CR3_004"
START = datetime(2026, 5, 1, tzinfo=UTC)


class World:
    """An empty plant, and files to bring in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pump: Profile = load_catalog(SHIPPED)[PUMP]
        self.at_home("home")

    def at_home(self, name: str) -> None:
        self.storage = Storage(self.folder / name)
        self.telemetry = Telemetry(self.storage)
        self.datasets = Datasets(self.storage)

    def file(self, text: str, name: str = "readings.csv") -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def map(self, text: str) -> Path:
        return self.file(text, "map.yaml")

    def bring_in(self, path: Path, column_map: Path | None = None, **more):
        return import_file(self.storage, self.telemetry, self.datasets, self.pump, path, column_map, NOW, **more)

    def preview(self, path: Path, column_map: Path | None = None):
        return preview(self.telemetry, self.pump, path, column_map, NOW)

    @property
    def rows(self) -> pd.DataFrame:
        return self.telemetry.window(PUMP, START - timedelta(days=3650), NOW)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def hourly(count: int, first: datetime = START, vibration: float = 1.0) -> str:
    lines = [f"{first + timedelta(hours=i):%Y-%m-%dT%H:%M}Z,{vibration + i / 1000:.3f}" for i in range(count)]
    return "\n".join(["at,vibration_velocity", *lines]) + "\n"


# --- what comes in ------------------------------------------------------------------------------------------------


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


# --- what does not ------------------------------------------------------------------------------------------------


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
        ("PAR1 and no more", "cut short or damaged"),
        ("date,vibration_velocity\n2026-05-01T00:00Z,1.0\n", "named at, time or timestamp.*'date'"),
        ("at,shaking\n2026-05-01T00:00Z,1.0\n", "'shaking'.*sensors are vibration_velocity"),
        ("at,vibration_velocity\n2026-05-01 00:00,1.0\n", "no time zone.*time_zone"),
        ("at,bearing_temperature [furlong]\n2026-05-01T00:00Z,1.0\n", "furlong cannot be.*degC, degF, K"),
        ("at,bearing_temperature [blorp]\n2026-05-01T00:00Z,1.0\n", "'blorp' is unknown.*degC, degF, K"),
        ("at,vibration_velocity [g]\n2026-05-01T00:00Z,1.0\n", "cannot be turned into mm/s"),
    ],
    ids=[
        "empty", "header only", "cut line", "twice the same column", "cut parquet", "no time", "no sensor", "no zone",
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


# --- the card before it -------------------------------------------------------------------------------------------


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


# --- again, and after a crash -------------------------------------------------------------------------------------


def test_the_same_file_again_changes_nothing(world: World):
    path = world.file(hourly(50))
    world.bring_in(path)
    before = world.telemetry.data_hash(PUMP), world.datasets.list(PUMP)
    again = world.bring_in(path)
    assert (again.rows_stored, again.rows_already_known, again.dataset) == (0, 50, None)
    assert (world.telemetry.data_hash(PUMP), world.datasets.list(PUMP)) == before


RUN_TO_FAILURE = (
    "hours: cycle\nstart: 2020-01-01T00:00Z\nunit: unit\nunit_prefix: rig-\nrun_to_failure: true\n"
    "failure_mode: cavitation\nsensors: {flow: {column: q}}\n"
)


def test_run_to_failure_ends_each_life_in_the_log(world: World):
    lines = "\n".join(f"{unit},{cycle},3.0" for unit, last in ((1, 5), (2, 8)) for cycle in range(1, last + 1))
    done = world.bring_in(world.file(f"unit,cycle,q\n{lines}\n"), world.map(RUN_TO_FAILURE))
    assert (done.units, done.lives_ended) == (2, 2)
    ends = world.telemetry.lives(world.pump).ends
    assert list(ends["life"]) == ["rig-1/1", "rig-2/1"]
    assert list(ends["end_hours"]) == [5.0, 8.0]
    assert set(ends["ended_by"]) == {"failure"}
    assert set(ends["failure_mode"]) == {"cavitation"}


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


KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from machine_profiles.reading import SHIPPED, load_catalog
from models import importing
from models.datasets import Datasets
from models.storage import Storage
from models.telemetry import Telemetry

folder, replace, replaced = Path(sys.argv[1]), os.replace, 0

def killed_before(deadly):
    def deadly_replace(source, target):
        global replaced
        replaced += 1
        if replaced == deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        replace(source, target)
    return deadly_replace

for deadly in (1, 2, 3, 4):  # a fork each: the imports above are paid for once
    if os.fork() == 0:
        os.replace = killed_before(deadly)
        storage = Storage(folder / f"home-{deadly}")
        importing.import_file(
            storage, Telemetry(storage), Datasets(storage), load_catalog(SHIPPED)["PUMP_GRUNDFOS_CR3_004"],
            folder / "readings.csv", folder / "map.yaml", datetime(2026, 6, 1, tzinfo=UTC))
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.wait()[1]) == -signal.SIGKILL
"""


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Imports that died by kill -9 just before their first, second… file took its place, in `home-1`, `home-2`…"""
    world = World(tmp_path_factory.mktemp("killed"))
    world.file("unit,cycle,q\n" + "".join(f"{u},{c},3.0\n" for u in (1, 2) for c in (1, 2, 3)) + "3,1,warm\n")
    world.map(RUN_TO_FAILURE)
    subprocess.run([sys.executable, "-c", KILLED, str(world.folder)], check=True)
    return world.folder


@pytest.mark.parametrize(
    ("deadly", "rows", "failures"),
    [(1, 0, 0), (2, 6, 0), (3, 6, 2), (4, 6, 2)],
    ids=["before the rows", "before the log", "before the side file", "before the data set"],
)
def test_a_kill_in_mid_import_leaves_all_rows_or_none_and_the_next_import_heals(
    killed: Path, deadly: int, rows: int, failures: int
):
    world = World(killed)
    world.at_home(f"home-{deadly}")
    assert len(world.telemetry.meter(PUMP)) == rows
    assert len(world.telemetry.maintenance(PUMP)) == failures
    assert world.datasets.list(PUMP) == []

    healed = world.bring_in(killed / "readings.csv", killed / "map.yaml")
    assert healed.rows_stored + healed.rows_already_known == 6
    assert healed.dataset == "history@1"
    assert len(world.telemetry.meter(PUMP)) == 6
    assert len(world.telemetry.maintenance(PUMP)) == 2
    assert world.storage.absolute(str(healed.rejected_file)).exists()


# --- lives and their meter ----------------------------------------------------------------------------------------


def test_the_hour_meter_runs_on_from_file_to_file(world: World):
    world.bring_in(world.file(hourly(24)))
    world.bring_in(world.file(hourly(24, first=START + timedelta(hours=24)), "next.csv"))
    assert world.telemetry.current_life(PUMP) == ("1", 47.0)


def test_a_long_gap_counts_as_standing_still(world: World):
    world.bring_in(world.file(hourly(10)))
    world.bring_in(world.file(hourly(5, first=START + timedelta(days=7)), "next.csv"))
    assert world.telemetry.current_life(PUMP) == ("1", 9.0 + 4.0)


def test_rows_between_known_ones_find_their_place_on_the_meter(world: World):
    lines = hourly(10).splitlines()
    world.bring_in(world.file("\n".join(lines[:4] + lines[6:]) + "\n"))
    world.bring_in(world.file("\n".join([lines[0], *lines[4:6]]) + "\n", "late.csv"))
    assert list(world.rows["hours"]) == [float(hour) for hour in range(10)]


def test_rows_before_the_first_known_one_are_set_aside_with_the_remedy(world: World):
    world.bring_in(world.file(hourly(5)))
    with pytest.raises(MillwrightError, match="oldest file first"):
        world.bring_in(world.file(hourly(5, first=START - timedelta(days=2)), "early.csv"))


def test_after_a_logged_failure_the_next_rows_are_a_new_life(world: World):
    world.bring_in(world.file(hourly(10)))
    failure = MaintenanceEvent(at=START + timedelta(hours=9), action="failure", failure_mode="cavitation")
    log_event(world.telemetry, world.pump, failure, NOW)
    world.bring_in(world.file(hourly(5, first=START + timedelta(hours=12)), "next.csv"))
    ends = world.telemetry.lives(world.pump).ends
    assert list(ends["life"]) == ["main/1", "main/1+1"]
    assert list(ends["ended_by"]) == ["failure", "running"]
    assert list(ends["end_hours"]) == [9.0, 7.0]  # 3 h from the failure to the first new row, then 4
    assert len(world.telemetry.latest(PUMP, 100)) == 5
