"""Several machines judged in one turn, set beside each other: the one in most need first."""

from collections.abc import Sequence
from typing import Any

from agent.answers.figures import say_hours, say_probability
from agent.answers.naming import Machines, machine_name, say_list
from models.health import HealthPrediction

_RANK = {"alarm": 0, "act": 1, "watch": 2, "sound": 3}
_STATES = {"alarm": "in alarm", "act": "needs attention", "watch": "to be watched", "sound": "sound"}


def say_compared(judged: Sequence[dict[str, Any]], machines: Machines) -> str:
    """One sentence for what comes first, and a line for each machine."""
    ordered = _worst_first(judged)
    first, rest = ordered[0], ordered[1:]
    name = machine_name(first.machine_id, machines)
    if first.state == "sound":
        opening = f"All of them look sound; {name} has the least left." if first.rul else "All of them look sound."
    elif all(each.state in ("alarm", "act") for each in ordered):
        opening = f"All of them need attention, {name} first."
    else:
        calm = [machine_name(each.machine_id, machines) for each in rest if each.state == "sound"]
        opening = f"{name} needs attention first" if first.state in ("alarm", "act") else f"{name} is to be watched"
        opening += f"; {say_list(calm)} look{'s' if len(calm) == 1 else ''} sound." if calm else "."
    return "\n".join([opening, *(f"- {machine_name(each.machine_id, machines)}: {_brief(each)}" for each in ordered)])


def worst_of(judged: Sequence[dict[str, Any]]) -> str | None:
    """The machine in most need."""
    return _worst_first(judged)[0].machine_id if judged else None


def _worst_first(judged: Sequence[dict[str, Any]]) -> list[HealthPrediction]:
    found = [HealthPrediction.model_validate(each) for each in judged]
    return sorted(found, key=lambda each: (_RANK[each.state], each.rul.value if each.rul else float("inf")))


def _brief(each: HealthPrediction) -> str:
    parts = [_STATES[each.state]]
    if each.rul is not None:
        parts.append(f"RUL {'at least ' if each.rul_at_cap else ''}{say_hours(each.rul.value)}")
    if each.failure_probability is not None:
        parts.append(f"{say_probability(each.failure_probability.value)} chance of failure")
    return ", ".join(parts)
