"""A profile that breaks the schema is refused with file, field and what would be right."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from machine_profiles.errors import InvalidProfile
from machine_profiles.reading import SHIPPED, load_catalog, read_profile

GUESS = {"basis": "estimate", "source": "a guess"}
LIFE = {"shape": 2.0, "scale_hours": 1000.0, **GUESS}
SENSOR = {"name": "vibration", "description": "Vibration", "quantity": "vibration", "unit": "mm/s"}
MODE = {
    "name": "wear",
    "title": "Wear",
    "iso14224": {"mode": "VIB", "mechanism": "2.4 Wear", "cause": "3.4", "detection": "Condition monitoring"},
    "symptoms": "it shakes",
    "weibull": LIFE,
    "pf_interval": {"hours": 100.0, "spread": 0.3, **GUESS},
    "responses": [{"sensor": "vibration", "change": 3.0}],
    "responses_basis": "estimate",
    "responses_source": "a guess",
}
WHOLE: dict[str, Any] = {"id": "PUMP_TEST_021", "name": "Test pump", "kind": "pump", "sensors": [SENSOR]}


def written(folder: Path, stated: object, name: str = "PUMP_TEST_021.yaml") -> Path:
    path = folder / name
    path.write_text(stated if isinstance(stated, str) else yaml.safe_dump(stated))
    return path


def test_a_name_a_kind_and_one_sensor_are_enough(tmp_path: Path):
    profile = read_profile(written(tmp_path, WHOLE))
    assert (profile.number, profile.sensor_names) == (21, ("vibration",))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": None}, "name: .*string"),
        ({"kind": "rocket"}, "kind: .*'motor', 'pump'.*got 'rocket'"),
        ({"id": "pump 21"}, "id: .*pattern"),
        ({"sensors": []}, "sensors: .*at least 1"),
        ({"sensor": []}, "sensor: unknown key"),
        ({"sensors": [SENSOR, SENSOR]}, "names must differ"),
        ({"sensors": [{**SENSOR, "quantity": "mood"}]}, r"sensors\.0\.quantity: .*'vibration'.*got 'mood'"),
        ({"sensors": [{**SENSOR, "colour": "red"}]}, r"sensors\.0\.colour: unknown key"),
        ({"sensors": [{**SENSOR, "unit": None}]}, r"sensors\.0\.unit: .*string"),
        ({"sensors": [{"name": "x"}]}, r"sensors\.0\.description: missing"),
        (
            {"sensors": [{**SENSOR, "primary": True}, {**SENSOR, "name": "second", "primary": True}]},
            "only one sensor of a quantity may be primary",
        ),
        (
            {"sensors": [{**SENSOR, "alarm": {"high": 7.1, "basis": "standard"}}]},
            r"sensors\.0\.alarm\.source: missing",
        ),
        (
            {"sensors": [{**SENSOR, "alarm": {"high": 7.1, "basis": "hearsay", "source": "a friend"}}]},
            r"sensors\.0\.alarm\.basis: .*'datasheet', 'standard' or 'estimate'.*got 'hearsay'",
        ),
        (
            {"sensors": [{**SENSOR, "alarm": {"basis": "standard", "source": "ISO 20816"}}]},
            "a limit needs `low`, `high` or both",
        ),
        (
            {"sensors": [{**SENSOR, "normal": {"low": 5, "high": 1, **GUESS}}]},
            r"low \(5.0\) must be below high \(1.0\)",
        ),
        ({"rated": {"power": {"value": "much", "unit": "kW", **GUESS}}}, r"rated\.power\.value: .*got 'much'"),
        ({"rated": {"power": {"value": 1.0, "unit": "kW"}}}, r"rated\.power\.basis: missing"),
        ({"failure_modes": [{**MODE, "responses": [{"sensor": "x", "change": 1}]}]}, "no sensor 'x'; .*vibration"),
        ({"failure_modes": [{**MODE, "weibull": {**LIFE, "shape": -1}}]}, r"weibull\.shape: .*greater than 0"),
        (
            {"sensors": [{**SENSOR, "warning": {"high": 7.1, **GUESS}, "alarm": {"high": 4.5, **GUESS}}]},
            r"sensors\.0: .*alarm \(4\.5\) must lie above the warning \(7\.1\)",
        ),
        ({"modelling": {"windows": []}}, r"modelling\.windows"),
        ({"modelling": {"horizon": 5}}, r"modelling\.horizon: unknown key"),
    ],
    ids=[
        "no name", "unknown kind", "id with a space", "no sensor", "unknown key", "sensor twice", "unknown quantity",
        "unknown key of a sensor", "no unit", "half a sensor", "two primaries", "no source", "no such basis",
        "limit without a side", "range upside down", "value in words", "no basis", "response of no sensor",
        "negative shape", "alarm before warning", "no window", "unknown key of modelling",
    ],
)  # fmt: skip
def test_a_fault_is_named_with_file_field_and_what_would_be_right(tmp_path: Path, change: dict[str, Any], message: str):
    with pytest.raises(InvalidProfile, match=rf"(?s)PUMP_TEST_021\.yaml: .*{message}"):
        read_profile(written(tmp_path, {**WHOLE, **change}))


def test_all_faults_of_a_file_are_named_at_once(tmp_path: Path):
    with pytest.raises(InvalidProfile, match=r"(?s)kind: .*; .*colour: unknown key"):
        read_profile(written(tmp_path, {**WHOLE, "kind": "rocket", "colour": "red"}))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id: [", "not readable YAML"),
        ("- a\n- b\n", "a mapping of fields, this file holds list"),
        ("", "a mapping of fields"),
    ],
    ids=["broken", "a list", "empty"],
)
def test_what_is_no_mapping_is_said_so(tmp_path: Path, text: str, message: str):
    with pytest.raises(InvalidProfile, match=rf"PUMP_TEST_021\.yaml.*{message}"):
        read_profile(written(tmp_path, text))


def test_a_file_bears_its_machines_id(tmp_path: Path):
    written(tmp_path, WHOLE, "pump.yaml")
    with pytest.raises(InvalidProfile, match=r"pump\.yaml: .*must be named PUMP_TEST_021\.yaml"):
        load_catalog(tmp_path)


def test_a_plants_own_profile_counts_before_the_shipped_one(tmp_path: Path):
    own = {**WHOLE, "id": "PUMP_GRUNDFOS_CR3_004", "name": "Ours"}
    written(tmp_path, own, "PUMP_GRUNDFOS_CR3_004.yaml")
    written(tmp_path, WHOLE)
    catalog = load_catalog(SHIPPED, tmp_path)
    assert len(catalog) == 21
    assert catalog["PUMP_GRUNDFOS_CR3_004"].name == "Ours"


def test_a_corrected_file_is_read_afresh(tmp_path: Path):
    path = written(tmp_path, WHOLE)
    assert read_profile(path).name == "Test pump"
    written(tmp_path, {**WHOLE, "name": "Another name"})
    assert read_profile(path).name == "Another name"
