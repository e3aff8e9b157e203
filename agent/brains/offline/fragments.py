"""Messages that are no whole order: "the KSB", "make that five minutes", "same for pump 5", "no, I meant 5"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from agent.brains.offline.amounts import counts
from agent.brains.offline.machines import Mention
from agent.brains.offline.maintenance import note_of
from agent.brains.offline.orders import Missing, Order, Reading
from agent.brains.offline.reading import Reader
from agent.brains.offline.referring import NTH, OTHER, Context, machines_meant
from agent.brains.offline.sensors import WORDS as SENSOR_WORDS
from agent.brains.offline.slots import fill, paths, tasks
from agent.brains.offline.text import Span
from agent.brains.offline.vocabulary import (
    ACTIONS,
    METHODS,
    PATH,
    PRECISIONS,
    TARGETS,
    TASK_WORDS,
    VERSION,
    first_named,
)
from agent.brains.offline.words import Words, blank
from models.results import TASKS
from tools.registry import all_tools

_FILLER = set(
    """
    at and ok okay same thing for do also now then no nope nah sorry i meant mean actually make it that use only just
    instead rather please as well too with of on over in a an to not but both all them those these one ones other others
    my our it's that's i'd like want let's take try go change set switch hmm oh wait yes yeah correct correction wrong
    maybe say ah um er well number machine unit model models version method rows precision target time limit again once
    more at from this next last past until till by per during horizon window task tasks data dataset me give talking
    the kind two three four
    top worst first second third fourth fifth less longer shorter minimum maximum max min would he we they so if
    were samples records each us against than which you asked up cap capped hours minutes
    long short much little enough plenty quick slow
    """.split()  # noqa: SIM905
)
_LEADS = re.compile(r"\b(?:what|how) about\b|\bi was talking about\b|\bdo it for\b|\brun it for\b", re.I)
AMENDS = re.compile(
    r"\b(?:make (?:it|that|this|the)|instead|rather|use|change|set|switch|only|but "
    r"with|give it|actually|go with|no\b|not\b)",
    re.I,
)
CORRECTS = re.compile(
    r"^\W*(?:no|nope|nah|sorry|not|wait|oops|i meant|i mean|actually|correction|wrong)\b|\bi meant\b|\binstead\b", re.I
)
_ALL_OF_THEM = re.compile(
    r"\b(?:both|all|each|every one)\b(?: of)?(?: them| three| these| those)?\W*(?:please|then|now)?\W*$", re.I
)
_UNIT = re.compile(
    r"(?P<count>\d+(?:\.\d+)?|\b(?:an?|one|two|three|four|five|six|seven|eight|nine|"
    r"ten))\b[\s-]*[a-z]+",
    re.I,
)
ADDS = re.compile(r"\b(?:same|also|too|as well|and|plus)\b|\b(?:what|how) about\b", re.I)


@dataclass(frozen=True)
class Fragment:
    words: Words
    number: int | None  # a bare number
    has_machine: bool
    has_values: bool

    @property
    def amends(self) -> bool:
        return bool(AMENDS.search(self.words.text)) and not re.search(
            r"\b(?:what|how) about\b|\bsame\b", self.words.text, re.I
        )

    @property
    def marked(self) -> bool:
        return bool(AMENDS.search(self.words.text) or CORRECTS.search(self.words.text) or ADDS.search(self.words.text))


def fragment(reader: Reader, message: str, context: Context) -> Fragment | None:
    """The message as a fragment; None where it says more than names, values and filler."""
    words = reader.words(reader.mend(message), context)
    rest = words.bare
    values = [length.span for length in words.lengths]
    for pattern in (
        *METHODS.values(),
        *TARGETS.values(),
        *PRECISIONS.values(),
        *TASK_WORDS.values(),
        r"anomaly|best|champion|challenger|failure probability",
    ):
        values += [Span(m.start(), m.end()) for m in re.finditer(rf"\b(?:{pattern})\b", rest, re.I)]
    values += [Span(m.start(), m.end()) for m in (*PATH.finditer(rest), *VERSION.finditer(rest))]
    values += [
        Span(m.start(), m.end()) for word in SENSOR_WORDS for m in re.finditer(rf"\b{re.escape(word)}\b", rest, re.I)
    ]
    numbers = [(span, n) for span, n in counts(rest) if not any(span.overlaps(other) for other in values)]
    rest = blank(rest, [*values, *(span for span, _ in numbers)])
    rest = _LEADS.sub(" ", rest)
    left = [word for word in re.findall(r"[a-z']+", rest.lower()) if word not in _FILLER and len(word) > 1]
    other = bool(re.search(r"\bothers?\b", words.text, re.I) or _ALL_OF_THEM.search(words.text))
    nth = any(re.search(pattern, words.text, re.I) for pattern, _ in NTH)
    action = first_named(ACTIONS, words.text)
    if left and not (action and len(words.text.split()) <= 4):
        return None
    number = numbers[0][1] if numbers else None
    found = Fragment(words, number, bool(words.mentions) or other or nth, bool(values) or bool(numbers) or bool(action))
    return found if found.has_machine or found.has_values else None


def applied(reader: Reader, found: Fragment, base: Reading, asked_back: bool, context: Context) -> Reading | None:
    """The base's orders with what the fragment says; None where it fits none of them."""
    if asked_back and base.missing and (answered := _answered(reader, found, base, context)):
        return answered
    if not found.marked and (found.has_machine and found.has_values):
        return None
    machines = _machines(reader, found, base, context)
    if isinstance(machines, Missing):
        return replace(
            base,
            orders=tuple(replace(_bare(order), missing=machines) for order in base.orders),
            corrects=not _adds(found),
        )
    changed: dict[int, list[Order]] = {}
    for place, order in enumerate(base.orders):
        targets: list[str | None] = list(machines) if machines and "machine_id" in order.args else [None]
        for machine_id in targets:
            moved = reader.moved(order, machine_id) if machine_id else replace(order, machine_from_history=True)
            values = _values(reader, found, moved, context)
            if machine_id or values:
                fresh = replace(moved, args={**moved.args, **values}, missing=None)
                if values and (lengths := found.words.lengths):
                    fresh = replace(fresh, horizon=lengths[0].said)
                elif values and found.number is not None:
                    fresh = replace(fresh, horizon=_same_unit(order, found.number) or fresh.horizon)
                changed.setdefault(place, []).append(reader.checked(fresh))
    amended = {place: orders for place, orders in changed.items() if _is_change(base.orders[place])}
    if found.amends and amended and not machines:
        changed = amended  # what was read already stays as it is
    return Reading(tuple(with_dependants(base.orders, changed)), corrects=not _adds(found)) if changed else None


def _is_change(order: Order) -> bool:
    return all_tools()[order.tool].effect == "change"


def with_dependants(before: Sequence[Order], changed: dict[int, list[Order]]) -> list[Order]:
    """The changed orders, and those of the message that were to follow them."""
    kept: list[Order] = []
    places: dict[int, list[int]] = {}
    for place, order in enumerate(before):
        fresh = changed.get(place) or ([order] if any(i in places for i in order.after) else [])
        for each in fresh:
            if not any(each.tool == other.tool and each.args == other.args for other in kept):
                after = tuple(
                    new for old in order.after for new in places.get(old, ()) if kept[new].machine_id == each.machine_id
                )
                places.setdefault(place, []).append(len(kept))
                kept.append(replace(each, after=after))
    return kept


def _adds(found: Fragment) -> bool:
    return bool(ADDS.search(found.words.text)) and not CORRECTS.search(found.words.text) and not found.amends


def _bare(order: Order) -> Order:
    return replace(order, args={key: value for key, value in order.args.items() if key != "machine_id"})


def _answered(reader: Reader, found: Fragment, base: Reading, context: Context) -> Reading | None:
    """The base with its gaps filled from a reply to the question about them."""
    orders: list[Order] = []
    filled = False
    for order in base.orders:
        if order.missing is None:
            orders.append(order)
            continue
        answers = _filled(reader, found, order, order.missing, context)
        filled = filled or answers is not None
        orders += answers or [order]
    return replace(base, orders=tuple(orders), corrects=False) if filled else None


def _filled(reader: Reader, found: Fragment, order: Order, missing: Missing, context: Context) -> list[Order] | None:
    text = found.words.text
    if missing.slot == "machine":
        machines = _chosen(reader, found, missing, context)
        if not machines:
            return None
        return [_finished(reader, reader.moved(order, machine_id), found, context) for machine_id in machines]
    if missing.slot == "task" and (wanted := tasks(found.words.bare)):
        return [reader.checked(replace(order, args={**order.args, "task": task}, missing=None)) for task in wanted]
    if missing.slot == "action" and (action := first_named(ACTIONS, text)):
        note = note_of(text) if len(text.split()) > 1 else order.args.get("note", "")
        return [reader.checked(replace(order, args={**order.args, "action": action, "note": note}, missing=None))]
    if missing.slot == "path" and (files := paths(text)):
        return [reader.checked(replace(order, args={**order.args, "path": files[0]}, missing=None))]
    if missing.slot == "image_path" and (file := context.image or next(iter(paths(text)), None)):
        return [reader.checked(replace(order, args={**order.args, "image_path": file}, missing=None))]
    if missing.slot in ("limits", "sensor"):
        values = _values(reader, found, order, context)
        if values:
            return [reader.checked(replace(order, args={**order.args, **values}, missing=None))]
    return None


def _finished(reader: Reader, order: Order, found: Fragment, context: Context) -> Order:
    """An order whose machine is known now: what else its clause says of it can be read, and the reply may say more."""
    words = reader.words(order.said, context)
    said = fill(order.tool, words, reader.catalog[order.args["machine_id"]])
    if order.tool in ("compare_models", "promote_model", "rollback_model"):
        wanted = said.pop("task", None) or tasks(found.words.bare)
        task = order.args.get("task") or (wanted[0] if wanted else None)
        if task is None:
            return replace(order, args={**said, **order.args}, missing=Missing("task"))
        return reader.checked(replace(order, args={**said, **order.args, "task": task}, missing=None))
    return reader.checked(replace(order, args={**said, **order.args}, missing=None))


def _chosen(reader: Reader, found: Fragment, missing: Missing, context: Context) -> list[str]:
    text, choices = found.words.text, list(missing.choices)
    if re.search(r"\b(?:both|all|each|every)\b", text, re.I) and choices and missing.why != "unknown":
        return choices
    resolved = [id_ for mention in found.words.mentions for id_ in _narrowed(mention, choices)]
    if resolved:
        return list(dict.fromkeys(resolved))
    if found.number is not None:
        numbered = [id_ for id_ in choices if reader.catalog[id_].number == found.number]
        return numbered or list(reader.machines.numbered(found.number))[:1]
    for pattern, place in NTH:
        if re.search(pattern, text, re.I) and choices and place < len(choices):
            return [choices[place]]
    return []


def _narrowed(mention: Mention, choices: list[str]) -> tuple[str, ...]:
    if mention.resolved:
        return mention.resolved
    both = tuple(id_ for id_ in mention.choices if id_ in choices)
    return both if len(both) == 1 else ()


def _machines(reader: Reader, found: Fragment, base: Reading, context: Context) -> tuple[str, ...] | Missing:
    machines, missing = machines_meant(found.words, context, reader.machines)
    if missing is not None:
        return missing
    if not machines and _ALL_OF_THEM.search(found.words.text):
        return context.offered or (context.group if len(context.group) <= 6 else ())
    if machines or found.number is None or not CORRECTS.search(found.words.text):
        return machines
    kinds = {reader.catalog[o.args["machine_id"]].kind for o in base.orders if o.machine_id}
    numbered = reader.machines.numbered(found.number)
    return tuple(id_ for id_ in numbered if reader.catalog[id_].kind in kinds) or numbered


def _values(reader: Reader, found: Fragment, order: Order, context: Context) -> dict[str, Any]:
    """What the fragment says of the order's own arguments."""
    if not found.has_values:
        return {}
    profile = reader.catalog[order.args["machine_id"]] if order.machine_id in reader.catalog else None
    known = all_tools()[order.tool].arguments.model_fields
    values = {
        key: value for key, value in fill(order.tool, found.words, profile).items() if key in known and key != "note"
    }
    if isinstance(values.get("task"), list):
        values["task"] = values["task"][0]
    if order.tool == "train_models" and (without := _without(found.words.bare)):
        values["tasks"] = [task for task in order.args.get("tasks", TASKS) if task not in without]
        values = {key: value for key, value in values.items() if key != "tasks" or value}
    if found.number is not None and len(readings := order.args.get("readings") or {}) == 1:
        values = {"readings": dict.fromkeys(readings, float(found.number))}
    if found.number is not None and not values and (length := _same_unit(order, found.number)):
        values = _lengths(reader, order, length, context)
    if values.get("action") == "other" and OTHER.search(found.words.text):
        values.pop("action")
    if order.tool == "promote_model" and found.number is not None and "version" not in values:
        values["version"] = found.number
    if order.tool == "rank_fleet" and found.number is not None:
        values["top"] = found.number
    if order.tool in ("compare_models", "predict_health", "query_telemetry") and "action" in values:
        values.pop("action")
    return values


def _without(text: str) -> list[str]:
    """The tasks of "not the RUL one"."""
    found = re.search(r"\b(?:not|without|except|no|drop|leave out|skip|minus|but not)\b(?P<what>.*)$", text, re.I)
    return tasks(found["what"]) if found else []


def _same_unit(order: Order, number: int) -> str | None:
    """A bare number in the unit of the duration that it takes the place of: "and 20?" after "within 10 days"."""
    said = [order.horizon] if order.horizon else []
    for text in (*said, order.said):
        if found := _UNIT.search(text):
            unit = found[0][len(found["count"]) :].strip(" -")
            if re.match(r"(?:h|hours?|hrs?|d|days?|w|weeks?|months?|min|minutes?|mins|s|sec|seconds?)$", unit, re.I):
                return f"{number} {unit}{'s' if len(unit) > 2 and not unit.endswith('s') else ''}"
    return None


def _lengths(reader: Reader, order: Order, length: str, context: Context) -> dict[str, Any]:
    said = fill(order.tool, reader.words(f"for {length}", context), None)
    return {key: value for key, value in said.items() if key in ("horizon_hours", "time_limit_s", "window")}
