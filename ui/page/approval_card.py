"""The card of changes that wait: each with a form made from its schema, and the form read back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agent.answers.figures import say_seconds
from agent.turns import Card, Decision, ProposedChange
from machine_profiles.errors import MillwrightError
from machine_profiles.profile import Profile
from ui.page._templates import render
from ui.page.naming import change_title, label, machine_name, said_value

CLOCK = "time with its zone, such as 2026-06-01T08:00Z"


class UnreadableField(MillwrightError):
    """A field of the card holds what its argument cannot be; the text says what it can be."""


@dataclass(frozen=True)
class Field:
    """One argument as a form shows it. `kind`: number, text, choice, choices, list or yes_no."""

    name: str
    title: str
    kind: str
    value: Any
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    low: float | None = None
    high: float | None = None
    longest: int | None = None
    whole: bool = False
    optional: bool = False


@dataclass(frozen=True)
class ShownChange:
    change: ProposedChange
    title: str
    time: str
    fields: tuple[Field, ...]


def card_html(card: Card, machines: Mapping[str, Profile]) -> str:
    shown = [
        ShownChange(
            change,
            change_title(change.tool, change.args, machines),
            "" if change.preview.expected_seconds is None else say_seconds(change.preview.expected_seconds),
            fields_of(change, machines),
        )
        for change in card.changes
    ]
    return render("card", card=card, changes=shown)


def fields_of(change: ProposedChange, machines: Mapping[str, Profile]) -> tuple[Field, ...]:
    """Every argument of a change, from its JSON schema, with the value proposed."""
    schema = change.schema_
    return tuple(
        _field(name, _resolved(about, schema), change.args.get(name), machines, name in schema.get("required", ()))
        for name, about in schema["properties"].items()
    )


def decisions_of(card: Card, answers: list[Mapping[str, Any]], machines: Mapping[str, Profile]) -> list[Decision]:
    """What the page sent as decisions; an approval whose form was altered becomes an edit with what was altered.

    `answers`: `call_id`, `verdict` (approve or reject) and `fields`, every value as the form holds it, as text.
    Raises UnreadableField.
    """
    waiting = {change.call_id: change for change in card.changes}
    decisions = []
    for answer in answers:
        call_id, verdict = str(answer.get("call_id")), str(answer.get("verdict"))
        change = waiting.get(call_id)
        if change is None or verdict != "approve":
            decisions.append(Decision(call_id=call_id, verdict="reject" if verdict == "reject" else "approve"))
            continue
        given: Mapping[str, Any] = answer.get("fields") or {}
        fields = {field.name: field for field in fields_of(change, machines)}
        args = {name: _read(fields[name], value) for name, value in given.items() if name in fields}
        altered = {name: value for name, value in args.items() if value != change.args.get(name)}
        decisions.append(Decision(call_id=call_id, verdict="edit" if altered else "approve", args=altered))
    return decisions


def _resolved(about: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """A property with its reference followed and its "or nothing" told apart."""
    found = dict(about)
    if reference := found.get("$ref"):
        found = {**schema["$defs"][reference.rsplit("/", 1)[1]], **found}
    if kinds := found.get("anyOf"):
        real = [_resolved(kind, schema) for kind in kinds if kind.get("type") != "null"]
        found["optional"] = len(real) < len(kinds)
        found = {**real[0], **found} if len(real) == 1 else found
    return found


def _field(name: str, about: dict[str, Any], value: Any, machines: Mapping[str, Profile], required: bool) -> Field:
    common: dict[str, Any] = {
        "name": name, "title": label(name), "help": about.get("description", ""),
        "optional": bool(about.get("optional")) or not required,
    }  # fmt: skip
    if name == "machine_id":
        choices = tuple((profile.id, machine_name(profile.id, machines)) for profile in machines.values())
        return Field(kind="choice", value=value, choices=choices, **{**common, "help": "", "optional": False})
    if enum := about.get("enum"):
        blank = (("", "–"),) if about.get("optional") else ()
        return Field(
            kind="choice", value=value or "", choices=blank + tuple((e, said_value(e)) for e in enum), **common
        )
    items = about.get("items", {})
    if about.get("type") == "array" and items.get("enum"):
        return Field(
            kind="choices", value=value or [], choices=tuple((e, said_value(e)) for e in items["enum"]), **common
        )
    if about.get("type") == "array":
        return Field(kind="list", value=", ".join(map(str, value or ())), **common)
    if about.get("type") == "boolean":
        return Field(kind="yes_no", value=bool(value), **common)
    if about.get("type") in ("integer", "number"):
        low, high = about.get("minimum", about.get("exclusiveMinimum")), about.get("maximum")
        return Field(
            kind="number", value=value, low=low, high=high, whole=about["type"] == "integer", **common
        )  # fmt: skip
    if about.get("format") == "date-time":
        common["help"] = f"{common['help']} A {CLOCK}.".strip()
    return Field(kind="text", value="" if value is None else value, longest=about.get("maxLength"), **common)


def _read(field: Field, given: Any) -> Any:
    """A form's text as the argument; raises UnreadableField."""
    if field.kind == "choices":
        return [str(each) for each in given] if isinstance(given, list) else [str(given)]
    if field.kind == "yes_no":
        return given is True or given == "true"
    text = str(given).strip()
    if field.kind == "list":
        return [part.strip() for part in text.split(",") if part.strip()]
    if text == "":
        return field.value if not field.optional else ("" if field.value == "" and field.longest else None)
    if field.kind == "number":
        try:
            return int(text) if field.whole else float(text)
        except ValueError:
            what = "a whole number" if field.whole else "a number"
            raise UnreadableField(f"{field.title} is {text!r}; it takes {what}.") from None
    if field.name == "version" and text.isdigit():
        return int(text)
    return text
