"""The shipped documents agree with the machines' profiles."""

import re

import pytest

from knowledge_base.shipped import shipped_passages
from machine_profiles.reading import SHIPPED, load_catalog

MACHINES = load_catalog(SHIPPED)
LIMITS = "Limits: normal range, warning and alarm"
PASSAGES = shipped_passages()


def test_every_passage_has_an_id_of_its_own():
    assert len({passage.id for passage in PASSAGES}) == len(PASSAGES)


def test_every_failure_mode_named_is_one_of_the_profiles():
    known = {mode.name for profile in MACHINES.values() for mode in profile.failure_modes}
    assert {mode for passage in PASSAGES for mode in passage.failure_modes} <= known


@pytest.mark.parametrize("machine_id", sorted(MACHINES))
def test_a_service_sheet_covers_each_failure_mode_limit_and_interval(machine_id: str):
    profile = MACHINES[machine_id]
    sheet = [p for p in PASSAGES if p.kind == "sheet" and machine_id in p.machine_ids]
    assert {mode.name for mode in profile.failure_modes} == {
        p.failure_modes[0] for p in sheet if len(p.failure_modes) == 1
    }
    text = {p.section: p.text for p in sheet}
    limits = set(
        re.findall(
            r"(?:warning|alarm) (?:above|below) (-?[\d.]+)(?=[,;.])", text["Limits: normal range, warning and alarm"]
        )
    )
    stated = {
        f"{level:g}"
        for sensor in profile.sensors
        for limit in (sensor.warning, sensor.alarm)
        if limit
        for level in (limit.low, limit.high)
        if level is not None
    }
    assert {level.rstrip(".") for level in limits} == stated
    for task in profile.maintenance:
        assert f"{task.action} every {task.interval_hours:,.0f} h" in text["Maintenance intervals"]
