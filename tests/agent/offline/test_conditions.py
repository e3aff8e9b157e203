"""Conditions are read from a message, judged by results, and never promised."""

from typing import Any

import pytest

from agent.brains.offline.conditions import about, holds
from agent.brains.offline.reading import Reader
from agent.brains.offline.referring import Context

HEALTH: dict[str, Any] = {
    "state": "act", "failure_expected": False, "anomalous": True, "horizon_hours": 168.0, "rul_at_cap": False,
    "failure_probability": {"value": 0.3}, "rul": {"value": 126.0},
}  # fmt: skip
SOUND: dict[str, Any] = {**HEALTH, "state": "sound", "anomalous": False, "rul": {"value": 400.0}, "rul_at_cap": True}


@pytest.mark.parametrize(
    ("said", "found", "met"),
    [
        ("if it is likely to fail this week", HEALTH, True),
        ("if it is likely to fail this week", SOUND, False),
        ("if it is not going to fail", SOUND, True),
        ("if its RUL is below 200 hours", HEALTH, True),
        ("if it has less than 5 days left", HEALTH, False),
        ("if the chance of failure is above 25 %", HEALTH, True),
        ("if it is fine", HEALTH, False),
        ("if it is not ok", HEALTH, True),
        ("if anything is unusual", SOUND, False),
        ("if it drifted", {"drifted": False}, False),
        ("if it has not drifted", {"drifted": False}, True),
        ("if the vibration is above 4.5", {"sensors": [{"latest": 4.1}]}, False),
    ],
)
def test_a_condition_is_judged_by_a_result(said: str, found: dict[str, Any], met: bool):
    assert holds(said, found) is met


def test_what_no_model_answered_is_not_known():
    unknown = {**HEALTH, "failure_expected": None, "rul": None, "failure_probability": None}
    assert holds("if it is likely to fail", unknown) is None
    assert holds("if it is not likely to fail", unknown) is None


def _versions(metrics: list[float], champion: int) -> dict[str, Any]:
    versions = [{"version": n, "metrics": {"rmse_hours": m}} for n, m in reversed(list(enumerate(metrics, 1)))]
    best = metrics.index(min(metrics)) + 1
    return {"task": "rul", "champion": champion, "best": best, "main_metric": "rmse_hours", "versions": versions}


@pytest.mark.parametrize(
    ("said", "metrics", "met"),
    [
        ("if the old one was better", [40.0, 50.0], True),
        ("if the old one was better", [50.0, 40.0], False),
        ("if the old one was better", [50.0], False),
        ("if the old one was worse", [50.0, 40.0], True),
    ],
)
def test_the_version_before_is_set_beside_the_one_in_service(said: str, metrics: list[float], met: bool):
    assert holds(said, _versions(metrics, champion=len(metrics))) is met


def test_nothing_a_tool_could_tell_is_no_condition():
    assert about("if you have a minute") is None


@pytest.mark.parametrize(
    ("message", "orders"),
    [
        (
            "if the KSB is likely to fail this week, write a report, otherwise show me its vibration",
            [("predict_health", None, False), ("write_report", "if", False), ("query_telemetry", "if", True)],
        ),
        (
            "roll back the RUL model of pump 5 if the old one was better",
            [("compare_models", None, False), ("rollback_model", "if", False)],
        ),
        (
            "check whether the KSB has drifted and retrain it if so",
            [("check_drift", None, False), ("train_models", "", False)],
        ),
        ("tell me if the KSB will last the week", [("predict_health", None, False)]),
    ],
)
def test_the_look_that_judges_comes_first(reader: Reader, context: Context, message: str, orders: list[Any]):
    found = reader.read(message, context).orders
    assert [(o.tool, o.otherwise) for o in found] == [(tool, otherwise) for tool, _, otherwise in orders]
    assert {o.machine_id for o in found} == {"PUMP_KSB_ETANORM_005"}
    assert all((o.condition is None) == (said is None) for o, (_, said, _) in zip(found, orders, strict=True))
    assert all(0 in o.after for o in found[1:])
