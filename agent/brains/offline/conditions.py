"""Conditions that a person puts on a step, and whether they hold by the results that came of the steps before."""

import re
from typing import Any, Literal

from models.gates import MAIN_METRIC

About = Literal["models", "health", "drift", "reading"]

_MODELS = re.compile(
    r"\b(?:better|beats?|improv\w*|wins?|outperform\w*|good enough|passes|worse|more accurate|ahead of|an upgrade|"
    r"in service|"
    r"(?:higher|lower) (?:score|error|rmse|precision|than what))\b",
    re.I,
)
_DRIFT = re.compile(r"\bdrift(?:s|ed|ing)?\b", re.I)
_READING = re.compile(
    r"\b(?P<side>above|over|more than|higher than|greater than|exceeds?|exceeding|below|under|less than|lower than|"
    r"[<>])\s*(?P<value>-?\d+(?:\.\d+)?)",
    re.I,
)
_HEALTH = re.compile(
    r"\b(?:fail\w*|break\w*|die|dies|go(?:es)? wrong|last|lasts|survives?|makes? it|in alarm|alarm|anomal\w*|unusual|"
    r"strange|odd|sound|ok|okay|fine|healthy|unhealthy|good|bad|sick|trouble|attention|worrying|critical|degrad\w*|"
    r"danger|risk\w*|rul|remaining|hours left|probability|chance|safe|problem|problems|wrong|poorly|wear\w*)\b",
    re.I,
)
_LIFE = re.compile(r"\b(?:rul|remaining|useful life|life|hours left|left)\b", re.I)
_CHANCE = re.compile(r"\b(?:probability|chance|risk|likelihood|odds)\b", re.I)
_NOT = re.compile(
    r"\b(?:not|no|n't|isn't|hasn't|doesn't|won't|wouldn't|unless|never|without|neither|un(?:likely))\b|"
    r"n't\b",
    re.I,
)
_FAILS = re.compile(r"\b(?:fail\w*|break\w*|die|dies|danger|risk\w*)\b", re.I)
_LASTS = re.compile(r"\b(?:lasts?|survives?|makes? it|safe)\b", re.I)
_WELL = re.compile(r"\b(?:sound|ok|okay|fine|healthy|good|all right|alright)\b", re.I)
_STRANGE = re.compile(r"\b(?:anomal\w*|unusual|strange|odd)\b", re.I)
_ALARM = re.compile(r"\balarm\b", re.I)
_UNITS = {"day": 24.0, "week": 168.0, "month": 730.0}
_OLD = re.compile(r"\b(?:old(?:er)?|previous|former|earlier|last|one before|first)\b", re.I)
_WORSE = re.compile(r"\b(?:worse|not better|isn't better|no better|drops?)\b|\bunless\b", re.I)


def about(text: str) -> About | None:
    """What of the plant a condition speaks of; None where it is nothing that a tool could tell."""
    if _MODELS.search(text):
        return "models"
    if _DRIFT.search(text):
        return "drift"
    if _READING.search(text) and not _LIFE.search(text) and not _CHANCE.search(text):
        return "reading"
    return "health" if _HEALTH.search(text) else None


def holds(text: str, data: dict[str, Any]) -> bool | None:
    """Whether it holds by a health prediction, a drift report, a comparison or a summary; None where it cannot be "
    "known."""
    what = about(text)
    if what == "drift":
        return bool(data["drifted"]) != bool(_NOT.search(text))
    if what == "reading":
        return _by_reading(text, data)
    if what == "models":
        return _by_comparison(text, data)
    return _by_health(text, data)


def _by_health(text: str, data: dict[str, Any]) -> bool | None:
    bound = _READING.search(text)
    if bound and _LIFE.search(text) and data["rul"]:
        value = float(bound["value"]) * _hours(text[bound.end() :])
        return _beyond(data["rul"]["value"], bound["side"], value)
    if bound and _CHANCE.search(text) and data["failure_probability"]:
        value = float(bound["value"])
        return _beyond(data["failure_probability"]["value"], bound["side"], value / 100 if value > 1 else value)
    no = bool(_NOT.search(text))
    for pattern, found in (
        (_ALARM, lambda: data["state"] == "alarm"),
        (_STRANGE, lambda: data["anomalous"]),
        (_LASTS, lambda: _negated(_fails(data))),
        (_FAILS, lambda: _fails(data)),
        (_WELL, lambda: data["state"] in ("sound", "watch")),
    ):
        if pattern.search(text):
            return _negated(found()) if no else found()
    trouble = data["state"] in ("alarm", "act")
    return not trouble if no else trouble


def _fails(data: dict[str, Any]) -> bool | None:
    """Likely to fail within the horizon, by the failure model or by the RUL; not known where neither is."""
    ends = data["rul"] is not None and not data["rul_at_cap"] and data["rul"]["value"] <= data["horizon_hours"]
    if data["failure_expected"] is None and data["rul"] is None:
        return None
    return bool(data["failure_expected"]) or ends


def _negated(found: bool | None) -> bool | None:
    return None if found is None else not found


def _by_reading(text: str, data: dict[str, Any]) -> bool | None:
    """By the latest reading of the first sensor of a telemetry summary."""
    bound = _READING.search(text)
    latest = data["sensors"][0]["latest"] if data["sensors"] else None
    if bound is None or latest is None:
        return None
    return _beyond(latest, bound["side"], float(bound["value"]))


def _by_comparison(text: str, data: dict[str, Any]) -> bool | None:
    """By the main metric of the versions: whether the one before, or the best, is better than the one in service."""
    in_service = next((each for each in data["versions"] if each["version"] == data["champion"]), None)
    if in_service is None:
        return None
    if not _OLD.search(text):
        better = data["best"] is not None and data["best"] != data["champion"]
        return not better if _WORSE.search(text) else better
    before = [each for each in data["versions"] if each["version"] < data["champion"]]
    if not before:
        return False
    metric = data["main_metric"]
    own, old = in_service["metrics"].get(metric), before[0]["metrics"].get(metric)
    if own is None or old is None:
        return None
    return MAIN_METRIC[data["task"]].better(old, own) != bool(_WORSE.search(text))


def _beyond(value: float, side: str, bound: float) -> bool:
    return value > bound if re.match(r"above|over|more|higher|greater|exceed|>", side, re.I) else value < bound


def _hours(unit: str) -> float:
    found = re.match(r"\s*(day|week|month)", unit, re.I)
    return _UNITS[found[1].lower()] if found else 1.0


CHECKS: dict[About, str] = {
    "models": "compare_models", "health": "predict_health", "drift": "check_drift", "reading": "query_telemetry",
}  # fmt: skip
