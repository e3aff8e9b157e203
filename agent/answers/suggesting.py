"""What a person may well ask next, as they would put it, by what was just found."""

from collections.abc import Sequence

from agent.answers.naming import Machines
from agent.turns import ToolCall

MOST = 3
_TROUBLE = ("alarm", "act", "watch")


def suggest(calls: Sequence[ToolCall], machines: Machines) -> tuple[str, ...]:
    """Whole messages that can be sent as they stand; none where a card waits, which asks its own question."""
    if any(call.status == "proposed" for call in calls):
        return ()
    found = next((call for call in reversed(calls) if call.status == "done" and call.result), None)
    if found is None:
        return ()
    machine_id = str(found.args.get("machine_id"))
    name = machines[machine_id].name if machine_id in machines else ""
    return _after(found, name, machines)[:MOST]


def _after(call: ToolCall, name: str, machines: Machines) -> tuple[str, ...]:
    result = call.result or {}
    if call.kind == "HealthPrediction":
        if result["state"] not in _TROUBLE:
            return (f"How is {name} over the next month?", "How sure are you?", "Which machine needs attention first?")
        moved = [each["sensor"] for each in (*result["limits_crossed"], *result["moved"])]
        show = (f"Show the {moved[0].replace('_', ' ')} of {name} over the last week",) if moved else ()
        return (f"Why is {name} not as usual?", *show, f"Write a report on {name}")
    if call.kind == "FleetRanking":
        first = [machines[each["machine_id"]].name for each in result["machines"] if each["machine_id"] in machines]
        return (f"Why is {first[0]} in trouble?", f"Write a report on {first[0]}") if first else ()
    if call.kind == "Explanation" and name:
        return (f"How long does {name} have left?", f"How do I lock out {name}?", f"Write a report on {name}")
    if call.kind == "TelemetrySummary":
        sensors = [each["sensor"].replace("_", " ") for each in result["sensors"]]
        ahead = (f"Forecast the {sensors[0]} of {name}",) if len(sensors) == 1 else ()
        return (*ahead, f"How is {name} doing?", f"Has {name} drifted?")
    if call.kind == "ModelComparison":
        better = result["best"] is not None and result["best"] != result["champion"]
        task = result["task"] if result["task"] != "rul" else "RUL"
        return ((f"Promote the best {task} model of {name}",) if better else ()) + (f"Has {name} drifted?",)
    if call.kind == "DriftReport":
        return (f"Why has {name} drifted?",) if result["drifted"] else (f"How is {name} doing?",)
    if call.kind == "TrainingStarted":
        return ("How is it going?",)
    if call.kind == "ServiceChange":
        return ("Undo that", f"How is {name} doing?")
    if call.kind == "SynthesisResult":
        return (f"Label the synthetic data of {name}",)
    if call.kind in ("LabelResult", "ImportResult"):
        return (f"Train the models of {name}",)
    return (f"How is {name} doing?",) if name else ()
