"""What was done in a conversation, what was not, and what waits, in words."""

from collections.abc import Mapping, Sequence
from typing import Any

from agent.answers.asked import Asked
from agent.answers.changes import say_proposals
from agent.answers.figures import say_seconds
from agent.answers.naming import in_plain_words, say_change, say_list
from agent.turns import ToolCall
from models.results import Preview

NOTHING_WAITS = "Nothing waits for your approval."


def say_waiting(waiting: Sequence[dict[str, Any]], asked: Asked) -> str:
    return say_proposals(waiting, asked) if waiting else NOTHING_WAITS


def say_time_needed(waiting: Sequence[dict[str, Any]], asked: Asked) -> str:
    """How long what waits is going to take."""
    lines = []
    for change in waiting:
        seconds = Preview.model_validate(change["preview"]).expected_seconds
        takes = "how long it takes is not known" if seconds is None else f"about {say_seconds(seconds)}"
        lines.append(f"{_capital(say_change(change['tool'], change['args'], asked.catalog))}: {takes}.")
    return "\n".join([*lines, "It starts when you approve it; nothing has been done yet."])


def say_deeds(
    calls: Sequence[ToolCall], rejected: Sequence[Mapping[str, Any]], waiting: Sequence[dict[str, Any]], asked: Asked
) -> str:
    """Every create and change of the conversation: done, failed, decided against, or waiting."""
    made = [call for call in calls if call.effect != "read"]
    done = [_deed(call, asked) for call in made if call.status == "done"]
    failed = [call for call in made if call.status == "failed"]
    parts = []
    if done:
        parts.append("\n".join(["Done in this conversation:", *(f"- {deed}" for deed in done)]))
    parts += [
        f"Not done: {say_change(c.name, c.args, asked.catalog)}, because it failed: "
        f"{in_plain_words(str(c.error), asked.catalog).rstrip('.')}."
        for c in failed
    ]
    if rejected:
        against = "; ".join(say_change(each["tool"], each["args"], asked.catalog) for each in rejected)
        parts.append(f"Not done, as you decided: {against}.")
    if waiting:
        names = say_list(say_change(each["tool"], each["args"], asked.catalog) for each in waiting)
        parts.append(f"Still waiting for your approval, so not done: {names}.")
    if not parts:
        return "Nothing has been made or changed in this conversation; I have only looked things up."
    return "\n\n".join(parts)


def _deed(call: ToolCall, asked: Asked) -> str:
    said = say_change(call.name, call.args, asked.catalog)
    result = call.result or {}
    if call.name == "train_models":
        return f"{said}: started as job {result.get('job_id')}"
    made = result.get("dataset") or result.get("bundle")
    return f"{said}{f': {made}' if made else ''}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
