"""A change that waits for a person, in words."""

from collections.abc import Sequence
from typing import Any

from agent.answers.asked import Asked
from agent.answers.figures import say_bytes, say_seconds
from agent.answers.naming import in_plain_words, say_change
from models.results import Preview

MOMENT_S = 2.0
_SAID = ("machine", "action", "tasks")  # facts that the change's own line states
WAITS = "Nothing has been done yet. Approve it, edit it, or reject it."
WAIT = "Nothing has been done yet. Approve, edit or reject each of them."


def say_proposals(found: Sequence[dict[str, Any]], asked: Asked) -> str:
    """All changes of a message as the card shows them, with what speaks against each."""
    if len(found) == 1:
        change, preview = found[0], Preview.model_validate(found[0]["preview"])
        what = say_change(change["tool"], change["args"], asked.catalog)
        amended = "Changed as you said. " if change.get("replaces") else ""
        return "\n".join([f"{amended}This waits for your approval: {what}.", *_details(preview, asked), WAITS])
    parts = ["These changes wait for your approval:"]
    for number, change in enumerate(found, 1):
        details = _details(Preview.model_validate(change["preview"]), asked)
        parts.append(f"{number}. {say_change(change['tool'], change['args'], asked.catalog)}")
        parts += [f"   {line}" for line in details]
    return "\n".join([*parts, WAIT])


def _details(preview: Preview, asked: Asked) -> list[str]:
    """What the line above does not say yet; a moment's work needs no time."""
    lines = []
    if preview.replaces:
        lines.append(f"- It replaces {preview.replaces}.")
    if preview.expected_seconds is not None and preview.expected_seconds >= MOMENT_S:
        disk = f", and about {say_bytes(preview.expected_bytes)} of disk" if preview.expected_bytes is not None else ""
        lines.append(f"- It takes about {say_seconds(preview.expected_seconds)} of this computer's time{disk}.")
    lines += [f"- {name.capitalize()}: {value}" for name, value in preview.facts.items() if name.lower() not in _SAID]
    lines += [f"- Warning: {warning}" for warning in preview.warnings]
    return [in_plain_words(line, asked.catalog) for line in lines]
