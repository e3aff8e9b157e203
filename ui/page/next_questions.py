"""What a person may want to ask next, by what the turn has found."""

from collections.abc import Mapping
from typing import Any

from agent.turns import Turn
from machine_profiles.profile import Profile

MOST = 3
_CALLED = {"cnc": "machining centre", "hydraulic": "power unit"}

_NEXT: dict[str, tuple[str, ...]] = {
    "FleetRanking": ("How is {worst} doing?", "Why is {worst} in trouble?"),
    "HealthPrediction": ("Why?", "Show me the last week of {name}", "Write a report of {name}"),
    "Explanation": ("How long will {name} last?", "Write a report of {name}", "Show me the last week of {name}"),
    "TelemetrySummary": ("How is {name} doing?", "Has the data of {name} drifted?"),
    "SensorForecast": ("How is {name} doing?", "Show me the last week of {name}"),
    "DriftReport": ("Why?", "Compare the RUL models of {name}", "How is {name} doing?"),
    "ModelComparison": ("Retrain the {task} model of {name}", "Has the data of {name} drifted?"),
    "ImageDiagnosis": ("Why?", "How is {name} doing?"),
    "WrittenReport": ("Why?", "How long will {name} last?"),
    "MachineDescription": ("How is {name} doing?", "Show me the last week of {name}"),
    "SynthesisResult": ("Label the data of {name}", "Retrain the models of {name}"),
    "LabelResult": ("Retrain the RUL model of {name}",),
    "ServiceChange": ("Compare the {task} models of {name}", "Export {name} for the Jetson Orin"),
    "MachineList": ("Which three machines should I look at first?",),
}  # fmt: skip


def next_questions(turn: Turn, machines: Mapping[str, Profile]) -> tuple[str, ...]:
    """The brain's own suggestions, then what fits the last result; none where something waits or went wrong."""
    if turn.outcome not in ("answer", "refuse") or turn.card is not None:
        return turn.suggestions[:MOST]
    fitting: tuple[str, ...] = ()
    for call in reversed(turn.calls):
        if call.status == "done" and call.kind in _NEXT and call.result:
            fitting = _filled(_NEXT[call.kind], call.result, machines)
            break
    own = [each for each in turn.suggestions if not _same(each, fitting)]
    return tuple(dict.fromkeys([*own, *fitting]))[:MOST]


def _same(suggestion: str, others: tuple[str, ...]) -> bool:
    """Whether another one asks the same of the same machine, judged by how it begins."""
    return any(suggestion.lower().split()[:2] == other.lower().split()[:2] for other in others)


def _filled(questions: tuple[str, ...], found: Mapping[str, Any], machines: Mapping[str, Profile]) -> tuple[str, ...]:
    ranked = found.get("machines") or [{}]
    words = {
        "name": _short(found.get("machine_id"), machines),
        "worst": _short(ranked[0].get("machine_id"), machines),
        "task": {"rul": "RUL"}.get(str(found.get("task")), str(found.get("task"))),
    }
    filled = [
        question.format(**words) for question in questions if all(words[w] for w in words if f"{{{w}}}" in question)
    ]
    return tuple(filled[:MOST])


def short_name(profile: Profile) -> str:
    """ "pump 4": what resolves without doubt and is short to read."""
    return f"{_CALLED.get(profile.kind, profile.kind)} {profile.number}"


def _short(machine_id: Any, machines: Mapping[str, Profile]) -> str:
    return short_name(machines[machine_id]) if machine_id in machines else ""
