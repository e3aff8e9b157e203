"""New rows continue their unit's life and hour meter; only running time counts."""

from datetime import timedelta
from pathlib import Path

import pytest

from machine_profiles.errors import MillwrightError
from models.maintenance_log import log_event
from models.telemetry import MaintenanceEvent
from tests.models.importing_world import NOW, PUMP, START, World, hourly


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


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
