"""A typed result as rows a person can read: figures with units and intervals, lists as tables, times as times."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agent.answers.figures import say_figure, say_number, say_probability, say_time
from machine_profiles.profile import Profile
from ui.page.naming import label, machine_name, said_value

DEEPEST = 3  # levels of a result that are shown
LONGEST_TABLE = 24
NOTHING = 5e-5  # smaller figures say no more than zero does
_HIDDEN = {"unit_name", "call_id"}


@dataclass(frozen=True)
class Row:
    """`text` for a plain value; else `rows` of a part, or a table with `head` and `cells`."""

    name: str
    text: str = ""
    rows: tuple["Row", ...] = ()
    head: tuple[str, ...] = ()
    cells: tuple[tuple[str, ...], ...] = ()
    more: int = 0


def rows_of(values: Mapping[str, Any], machines: Mapping[str, Profile], depth: int = 0) -> tuple[Row, ...]:
    """Each field as a row; what is empty is left out. `values` is a result or arguments, as JSON."""
    shown = []
    for name, value in values.items():
        if value in (None, "", [], {}, ()) or name in _HIDDEN:
            continue
        shown.append(_row(name, value, values, machines, depth))
    return tuple(shown)


def say_value(name: str, value: Any, machines: Mapping[str, Profile], unit: str = "") -> str:
    """A plain value in words."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        if name.endswith("probability"):
            return say_probability(float(value))
        if isinstance(value, int) and not unit:
            return str(value)
        return say_figure(0.0 if abs(value) < NOTHING else float(value), unit)
    text = str(value)
    if name == "machine_id" or text in machines:
        return machine_name(text, machines)
    if (moment := _moment(text)) is not None:
        return say_time(moment)
    if name in ("image_path", "path", "image", "plot"):
        return text.rsplit("/", 1)[-1]
    return said_value(text)


def _row(name: str, value: Any, beside: Mapping[str, Any], machines: Mapping[str, Profile], depth: int) -> Row:
    title = label(name)
    if isinstance(value, Mapping):
        if (quantity := _quantity(value)) is not None:
            return Row(title, quantity)
        if depth >= DEEPEST:
            return Row(title, ", ".join(f"{label(k).lower()} {say_value(k, v, machines)}" for k, v in value.items()))
        return Row(title, rows=rows_of(value, machines, depth + 1))
    if isinstance(value, list | tuple):
        if all(isinstance(each, Mapping) for each in value):
            return _table(title, list(value), machines)
        return Row(title, ", ".join(say_value(name, each, machines) for each in value))
    unit = str(beside.get("unit", "")) if isinstance(value, float) else ""
    return Row(title, say_value(name, value, machines, unit if unit != "main" else ""))


def _table(title: str, items: list[Mapping[str, Any]], machines: Mapping[str, Profile]) -> Row:
    plain = [name for name in items[0] if any(_fits(each.get(name)) for each in items)]
    plain = [name for name in plain if name not in _HIDDEN][:7]
    cells = tuple(tuple(_cell(name, each, machines) for name in plain) for each in items[:LONGEST_TABLE])
    return Row(title, head=tuple(label(n) for n in plain), cells=cells, more=max(0, len(items) - LONGEST_TABLE))


def _fits(value: Any) -> bool:
    return value is not None and (not isinstance(value, list | Mapping) or _quantity(value) is not None)


def _cell(name: str, each: Mapping[str, Any], machines: Mapping[str, Profile]) -> str:
    value = each.get(name)
    if isinstance(value, Mapping):
        return _quantity(value) or "–"
    if isinstance(value, list):
        return ", ".join(map(said_value, value))
    return say_value(name, value, machines, "")


def _quantity(value: Any) -> str | None:
    if not isinstance(value, Mapping) or not {"value", "unit"} <= set(value):
        return None
    if value["unit"] == "probability":
        return say_probability(float(value["value"]))
    unit = "" if value["unit"] == "score" else str(value["unit"])
    text, interval = say_figure(value["value"], unit), value.get("interval")
    if not interval:
        return text
    low, high = say_number(interval["low"]), say_number(interval["high"])
    return f"{text} ({100 * interval['confidence']:.0f} % interval {low} to {high})"


def _moment(text: str) -> datetime | None:
    if len(text) < 19 or text[4] != "-" or text[10] != "T":
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
