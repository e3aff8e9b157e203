"""Whether a call's arguments are those expected: after validation, defaults filled in, each in its own terms."""

import math
import re
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any

from pydantic import BaseModel, ValidationError
from rapidfuzz import fuzz

from evals.known_tools import arguments_of
from tools.durations import parse_duration

SETS = {"tasks", "sensors"}
FILES = {"path", "image_path", "column_map"}
DEFAULT_WORDS = {"any", "all", "none", "now", "latest window", "profile", "profile's"}  # the contract's for a default
TEXTS = {"question", "note", "action", "name"}
NEAR, ALIKE = 0.1, 80.0
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}$")


def wrong_arguments(tool: str, expected: dict[str, Any], actual: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The listed arguments that differ, each with what was expected and what was called; empty where all match."""
    meant, called = _validated(tool, expected, actual)
    return {
        name: (expected[name], actual.get(name, called.get(name)))
        for name in expected
        if not _same(name, expected[name], meant.get(name), called.get(name))
    }


def nearly(tool: str, name: str, written: Any, actual: dict[str, Any]) -> bool:
    """Whether an argument is a near miss: a number or duration within a tenth, a list that shares half, a text alike.

    A machine, a task or any other closed choice is right or wrong; there is no near miss.
    """
    meant, called = _validated(tool, {name: written}, actual)
    want, got = meant.get(name), called.get(name)
    if name in SETS:
        wanted, had = _set(want) or frozenset(), _set(got) or frozenset()
        return bool(wanted & had) and 2 * len(wanted & had) >= len(wanted | had)
    if name in ("window", "at") or name.endswith("_hours"):
        want, got = _duration(want), _duration(got)
    numbers = _number(want), _number(got)
    if None not in numbers:
        return math.isclose(numbers[0], numbers[1], rel_tol=NEAR)  # type: ignore[arg-type]
    free = name in TEXTS and isinstance(want, str) and isinstance(got, str)
    return free and fuzz.token_set_ratio(_text(want), _text(got)) >= ALIKE


def _validated(tool: str, expected: dict[str, Any], actual: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both sides as the tool's argument model reads them; as they stand where it is not here or refuses them."""
    model = arguments_of(tool)
    if model is None:
        return expected, actual
    called = _fields(model, actual)
    if called is None:
        return expected, actual
    meant = {}
    for name, written in expected.items():
        value = written[0] if isinstance(written, list) and len(written) == 1 else written
        read = _fields(model, {**actual, name: [value] if name in SETS and isinstance(value, str) else written})
        if read is None or (_is_default_word(value) and name in SETS):
            field = model.model_fields[name]
            read = _fields(model, {**actual, name: field.get_default()}) if _is_default_word(value) else None
        meant[name] = written if read is None else read[name]
    return meant, called


def _fields(model: type[BaseModel], stated: dict[str, Any]) -> dict[str, Any] | None:
    try:
        return dict(model.model_validate(stated))
    except ValidationError:
        return None


def _is_default_word(value: Any) -> bool:
    return isinstance(value, str) and value.casefold() in DEFAULT_WORDS


def _same(name: str, written: Any, meant: Any, called: Any) -> bool:
    if isinstance(called, datetime) and isinstance(written, str) and _DAY.match(written):
        return called.date().isoformat() == written  # a day without a time is any time of that day
    if name in SETS:
        return _set(meant) == _set(called)
    if name in FILES and isinstance(meant, str) and isinstance(called, str):
        return _text(_file_name(meant)) == _text(_file_name(called))
    if name == "window" or name.endswith("_hours"):
        return _equal(_duration(meant), _duration(called))
    if name.endswith("_s") and _number(meant) is None:
        return isinstance(hours := _duration(meant), float) and _equal(3600 * hours, called)
    return _equal(meant, called) or (called is None and _is_default_word(meant))


def _equal(meant: Any, called: Any) -> bool:
    if isinstance(meant, datetime) and isinstance(called, datetime):
        return _utc(meant) == _utc(called)
    if isinstance(meant, dict) and isinstance(called, dict):
        return {_text(k) for k in meant} == {_text(k) for k in called} and all(
            _equal(value, next(v for k, v in called.items() if _text(k) == _text(name)))
            for name, value in meant.items()
        )
    if isinstance(meant, list | tuple) and isinstance(called, list | tuple):
        return len(meant) == len(called) and all(_equal(a, b) for a, b in zip(meant, called, strict=True))
    numbers = _number(meant), _number(called)
    if None not in numbers:
        return math.isclose(numbers[0], numbers[1], rel_tol=1e-9, abs_tol=1e-12)  # type: ignore[arg-type]
    if isinstance(meant, str) and isinstance(called, str):
        return _text(meant) == _text(called)
    return bool(meant == called)


def _set(value: Any) -> frozenset[str] | None:
    if value is None or _is_default_word(value):
        return frozenset()
    return frozenset(_text(each) for each in ([value] if isinstance(value, str) else value))


def _duration(value: Any) -> float | Any:
    try:
        return parse_duration(value).hours
    except ValueError:
        return value


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _file_name(path: str) -> str:
    return PurePath(path.replace("\\", "/")).name


def _text(value: Any) -> str:
    return str(value).strip().casefold()
