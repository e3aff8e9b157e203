"""Arguments are compared after validation, with defaults filled in, each in its own terms."""

from typing import Any

import pytest

from evals.arguments import nearly, wrong_arguments
from evals.known_tools import arguments_of
from tests.evals.turns import PUMP, called


def same(tool: str, expected: dict[str, Any], **actual: Any) -> bool:
    return not wrong_arguments(tool, expected, called(tool, **actual).args)


@pytest.mark.parametrize("window", ["7d", "168h", "1w", "168 hours", "1 week", 168])
def test_a_week_is_a_week_however_it_is_written(window: Any):
    assert same("query_telemetry", {"window": window}, machine_id=PUMP, window="7d")


def test_hours_and_seconds_may_be_written_as_durations():
    assert same("predict_health", {"horizon_hours": "10d"}, machine_id=PUMP, horizon_hours=240)
    assert same("train_models", {"time_limit_s": "5 min"}, machine_id=PUMP, time_limit_s=300)
    assert not same("train_models", {"time_limit_s": "5 min"}, machine_id=PUMP, time_limit_s=60)


def test_another_duration_is_another_argument():
    assert not same("query_telemetry", {"window": "6d"}, machine_id=PUMP, window="7d")


def test_a_default_counts_as_given():
    assert same("query_telemetry", {"window": "24h", "sensors": []}, machine_id=PUMP)
    assert same("predict_health", {"horizon_hours": 24}, machine_id=PUMP)
    assert same("train_models", {"tasks": ["forecast", "anomaly", "rul", "failure"]}, machine_id=PUMP)


@pytest.mark.parametrize(
    ("tool", "expected"),
    [
        ("list_machines", {"kind": "any"}),
        ("train_models", {"machine_id": PUMP, "tasks": "all"}),
        ("query_telemetry", {"machine_id": PUMP, "sensors": "all"}),
        ("query_telemetry", {"machine_id": PUMP, "sensors": ["all"]}),
        ("predict_health", {"machine_id": PUMP, "readings": "latest window"}),
        ("log_maintenance", {"machine_id": PUMP, "action": "cleaning", "at": "now"}),
    ],
)
def test_the_contract_s_words_for_a_default_mean_the_default(tool: str, expected: dict[str, Any]):
    given = {name: value for name, value in expected.items() if name in ("machine_id", "action")}
    assert same(tool, expected, **given)


def test_the_word_all_is_no_excuse_for_a_part():
    assert not same("train_models", {"tasks": "all"}, machine_id=PUMP, tasks=["rul"])
    assert not same("list_machines", {"kind": "any"}, kind="pump")


def test_tasks_and_sensors_are_sets():
    assert same("train_models", {"tasks": ["rul", "failure"]}, machine_id=PUMP, tasks=["failure", "rul"])
    assert same("train_models", {"tasks": "rul"}, machine_id=PUMP, tasks=["rul"])
    assert same("query_telemetry", {"sensors": ["flow", "Load"]}, machine_id=PUMP, sensors=["load", "flow"])
    assert not same("query_telemetry", {"sensors": ["flow"]}, machine_id=PUMP, sensors=["flow", "load"])


def test_files_are_compared_by_name():
    assert same("import_telemetry", {"path": "fixtures/June.csv"}, machine_id=PUMP, path="/data/in/june.csv")
    assert not same("import_telemetry", {"path": "june.csv"}, machine_id=PUMP, path="/data/june/may.csv")
    assert not wrong_arguments("diagnose_image", {"image_path": "seal.png"}, {"image_path": "/tmp/x/seal.png"})


def test_strings_without_case_and_numbers_as_numbers():
    assert same(
        "predict_health", {"machine_id": PUMP.lower(), "horizon_hours": "72"}, machine_id=PUMP, horizon_hours=72
    )
    assert same("predict_health", {"readings": {"FLOW": 3}}, machine_id=PUMP, readings={"flow": 3.0})
    assert not same("predict_health", {"horizon_hours": 72}, machine_id=PUMP, horizon_hours=73)


@pytest.mark.parametrize(("wanted", "given", "fits"), [(3, 3, True), ("3", 3, True), ("best", "best", True),
                                                       ("BEST", "best", True), (3, "best", False)])  # fmt: skip
def test_a_version_is_a_number_or_best(wanted: Any, given: Any, fits: bool):
    assert same("promote_model", {"version": wanted}, machine_id=PUMP, task="rul", version=given) == fits


def test_a_day_without_a_time_is_any_time_of_that_day():
    given = {"machine_id": PUMP, "action": "cleaning", "at": "2026-05-31T08:00:00Z"}
    assert same("log_maintenance", {"at": "2026-05-31"}, **given)
    assert same("log_maintenance", {"at": "2026-05-31T10:00:00+02:00"}, **given)
    assert not same("log_maintenance", {"at": "2026-05-30"}, **given)


def test_a_call_that_the_tool_refused_is_compared_as_it_stood():
    assert not wrong_arguments("predict_health", {"horizon_hours": 5000}, {"machine_id": PUMP, "horizon_hours": 5000})


def test_a_tool_of_the_contract_that_is_not_here_yet_is_compared_as_written():
    assert not wrong_arguments("check_drift", {"window": "1w"}, {"machine_id": PUMP, "window": "7d"})
    assert wrong_arguments("forecast_sensor", {"sensor": "flow"}, {"sensor": "load"}) == {"sensor": ("flow", "load")}


@pytest.mark.parametrize(
    ("tool", "name", "want", "got", "near"),
    [
        ("predict_health", "horizon_hours", "10d", 235, True),
        ("predict_health", "horizon_hours", "10d", 200, False),
        ("train_models", "tasks", ["rul", "failure"], ["rul"], True),
        ("train_models", "tasks", ["rul"], ["anomaly"], False),
        ("predict_health", "machine_id", PUMP, "PUMP_GRUNDFOS_CR3_005", False),
        ("explain_fault", "question", "why does the pump leak", "why does pump 4 leak", True),
        ("explain_fault", "question", "why does the pump leak", "how is the weather", False),
    ],
)
def test_a_near_miss_is_a_number_a_list_or_a_text_but_never_a_closed_choice(tool, name, want, got, near):
    actual = {"machine_id": PUMP, "question": "x", name: got}
    actual = {k: v for k, v in actual.items() if k in arguments_of(tool).model_fields}
    assert nearly(tool, name, want, actual) is near
