"""Scenarios from real conversations: a turn that somebody rated, with what was said before it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from agent.threads import Threads
from agent.turns import Decision, Rating, Turn
from models.storage import whole_file

OF_ONE_RUN = ("job_id",)  # arguments that no second run repeats


def write_rated(threads: Threads, path: Path) -> int:
    """Write every rated turn as a scenario, for `millwright eval`; how many were written.

    A thumb up expects again what was done: outcome, calls and their arguments. Of a thumb down nobody knows what would
    have been right: the comment stands above it, and a person writes the expectation.
    """
    found = [(rating, scenario_of(threads.turns(rating.thread), rating)) for rating in threads.ratings()]
    written = [(rating, scenario) for rating, scenario in found if scenario is not None]
    with whole_file(path) as temporary:
        temporary.write_text("\n".join(_text(rating, scenario) for rating, scenario in written), encoding="utf-8")
    return len(written)


def scenario_of(turns: Sequence[Turn], rating: Rating) -> dict[str, Any] | None:
    """The conversation up to the rated turn; None where the format cannot say it (an answer to half a card)."""
    scripted: list[dict[str, Any]] = []
    for before, turn in zip([None, *turns], turns[: rating.number], strict=False):
        if turn.message:
            scripted.append({"user": turn.message, **({"image": turn.image} if turn.image else {})})
        elif turn.decisions:
            answer = _approval(before, turn.decisions)
            if answer is None:
                return None
            scripted.append({"approve": answer})
    if not scripted:
        return None
    if rating.up:
        scripted[-1]["expect"] = _expected(turns[rating.number - 1])
    thumb = "up" if rating.up else "down"
    return {"id": f"{rating.thread}-{rating.number}", "tags": ["rated", thumb], "turns": scripted}


def _expected(turn: Turn) -> dict[str, Any]:
    calls = [call for call in turn.calls if call.status in ("done", "proposed")]
    return {
        "outcome": turn.outcome,
        "tools": [{"name": call.name, "args": _args(call.args)} for call in calls],
        "match": "unordered",
    }


def _args(args: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in args.items() if value is not None and name not in OF_ONE_RUN}


def _approval(before: Turn | None, decisions: Sequence[Decision]) -> bool | dict[str, Any] | None:
    card = before.card if before is not None else None
    tools = {change.call_id: change.tool for change in card.changes} if card is not None else {}
    verdicts = {decision.verdict for decision in decisions}
    if {decision.call_id for decision in decisions} != tools.keys() or ("reject" in verdicts and len(verdicts) > 1):
        return None
    edits = {tools[decision.call_id]: decision.args for decision in decisions if decision.verdict == "edit"}
    return {"edit": edits} if edits else "reject" not in verdicts


def _text(rating: Rating, scenario: dict[str, Any]) -> str:
    said = f"# {rating.user} on {rating.at:%Y-%m-%d}: thumb {'up' if rating.up else 'down'}"
    comment = f", {' '.join(rating.comment.split())}" if rating.comment else ""
    return f"{said}{comment}\n{yaml.safe_dump([scenario], sort_keys=False, allow_unicode=True, width=120)}"
