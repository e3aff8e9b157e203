"""What the offline brain says itself: questions back, refusals, help and small talk. Figures never stand here."""

import re
from collections.abc import Sequence

from agent.brains.offline.machines import Machines
from agent.brains.offline.orders import Missing, Order, Remark

DOING = {
    "list_machines": "list the machines",
    "describe_machine": "describe a machine, with its ratings and limits",
    "query_telemetry": "show readings",
    "predict_health": "say how a machine is doing and how long it will last",
    "rank_fleet": "rank the machines, the worst first",
    "compare_models": "compare model versions",
    "get_job": "say how a job stands",
    "synthesize_data": "make synthetic data",
    "label_rul": "label data with RUL",
    "train_models": "train models",
    "promote_model": "put a model into service",
    "rollback_model": "bring back the previous model",
    "export_edge": "export a bundle for a small computer",
    "import_telemetry": "import recorded readings",
    "log_maintenance": "write into the maintenance log",
    "forecast_sensor": "forecast a sensor",
    "explain_fault": "explain a fault",
    "diagnose_image": "judge a picture",
    "check_drift": "check the data for drift",
    "write_report": "write a report",
    "onboard_machine": "add a machine",
}
HELP = (
    "I look after the machines of this plant with you. Ask me how a machine is "
    "doing and how long it will last, which one "
    "needs attention first, what its readings and limits are. I can make and "
    "label data, train models, compare them, put "
    "one into service or take it back, export a bundle for a small computer, import readings, and keep the maintenance "
    "log. Anything that changes what is in service waits for your approval first."
)
HELP_SUGGESTIONS = (
    "Which machine should I look at first?",
    "How is pump 4 doing?",
    "Show the vibration of the Haas over the last week",
)
_REFUSALS = {
    "work_order": "Work orders, tickets and schedules are outside what I can do: your planner, "
    "or the maintenance system, "
    "is the place. I can tell you how urgent it is, and write what was done into the maintenance log.",
    "purchasing": "Ordering, prices and stock are outside what I can do: purchasing or the storekeeper can help. "
    "I can tell you how soon the part is likely to be needed.",
    "machine_control": "I cannot control a machine: no starting or stopping, no set points, no resets "
    "of alarms or trips. "
    "The operator or the control room can. I can tell you how it is doing.",
    "unsafe": "I will not help with that: guards, interlocks and trips are there to keep "
    "people alive, and nobody may work "
    "on live or moving equipment. The safe way: stop the machine by its normal controls, isolate every energy source, "
    "lock and tag it out, release stored energy, and prove that it is dead before you touch it. If a protection trips "
    "without cause, have it examined by the person responsible for safety.",
    "off_topic": "That is outside what I know: I only deal with the condition of this plant's "
    "machines and their models.",
    "cancel_job": "I cannot cancel a job by chat in this version; it ends by itself at its "
    "time limit, and nothing goes into "
    "service without your approval. I can tell you how it stands.",
}
_STEPS = {
    "promote_model": "putting {models} into service",
    "rollback_model": "bringing back {models} from before",
    "compare_models": "comparing the versions of {models}",
    "export_edge": "the export",
    "train_models": "the training",
    "predict_health": "looking at its health again",
    "synthesize_data": "making synthetic data",
    "label_rul": "labelling",
    "import_telemetry": "the import",
    "log_maintenance": "the log entry",
    "onboard_machine": "adding the machine",
    "check_drift": "the drift check",
    "explain_fault": "the explanation",
    "write_report": "the report",
    "diagnose_image": "judging the picture",
    "query_telemetry": "showing the readings",
    "rank_fleet": "ranking the machines",
}
_LIMITS = {
    "rows": "for the rows of a data set", "horizon_hours": "for a look ahead; a quarter of a year is the furthest",
    "time_limit_s": "for a time limit", "top": "for a ranking", "cap_hours": "for a cap", "window": "for a window",
}  # fmt: skip
_CHOICES = {
    "method": "the methods are auto, lives, gaussian copula, CTGAN, TVAE and PAR",
    "version": "a version is a number, or “best”",
    "precision": "a bundle is in integer, half or full precision",
    "target": "the targets are Jetson Nano, Xavier NX, Orin, or a CPU",
}  # fmt: skip
_NEW_MACHINE = {"name": "its name", "kind": "what kind of machine it is", "sensors": "at least one sensor"}
_ESSENTIALS = {
    "task": "Which model do you mean: failure, RUL, anomaly or forecast?",
    "action": "What was done: inspection, lubrication, cleaning, repair, replacement, overhaul, or did it fail?",
    "path": "Which file? Give me the path of a CSV or Parquet file.",
    "image_path": "Which picture? Attach it, or give me the path of its file.",
    "sensor": "Which sensor?",
    "job": "Which job? No job was started in this conversation; give me its id.",
}


def question(order: Order, machines: Machines) -> str:
    """One short question about what is missing, naming what would fit."""
    missing = order.missing
    if missing is None:
        raise ValueError(f"nothing is missing from {order.tool}")
    if missing.slot == "machine":
        return _which_machine(missing, machines)
    if missing.slot == "limits":
        return _beyond(order, missing)
    if missing.slot == "sensor" and missing.choices:
        known = _and([name.replace("_", " ") for name in missing.choices])
        return f"There is no sensor for “{missing.said}” on this machine. It has {known}. Which one do you mean?"
    if missing.slot == "new_machine":
        wanting = _and([_NEW_MACHINE[name] for name in missing.choices])
        return (
            f"To add a machine I still need {wanting}. Say it in one sentence, such as “add a blower called Sulzer HST "
            f"with vibration and oil temperature sensors”, or give me the path of its profile or datasheet."
        )
    return _ESSENTIALS[missing.slot]


def _beyond(order: Order, missing: Missing) -> str:
    """Without the limits' own figures: an answer states none that no tool gave."""
    name, fault = missing.why.split(": ", 1)
    if name == "at":
        return (
            f"Only what has been done can be logged, and “{missing.said}” is still to come. When was it done? "
            "Planning it is for the maintenance planner."
        )
    if name in _CHOICES:
        return f"“{missing.said}” does not fit: {_CHOICES[name]}. Which shall I take?"
    size = "too little" if "greater" in fault else "too much" if "less" in fault else "not right"
    return f"That is {size} {_LIMITS.get(name, f'for {name}')}. What shall I take instead?"


def suggestions(order: Order, machines: Machines) -> tuple[str, ...]:
    missing = order.missing
    if missing is None:
        return ()
    if missing.slot == "machine":
        return tuple(_short(id_, machines) for id_ in missing.choices[:6])
    if missing.slot == "task":
        return ("failure", "RUL", "anomaly", "forecast")
    return ("lubrication", "inspection", "repair", "replacement") if missing.slot == "action" else ()


def remark(found: Remark, machines: Machines) -> tuple[str, str, tuple[str, ...]]:
    """Text, outcome and suggestions for a clause that is for no tool."""
    if found.answer:
        return found.answer, "answer", found.suggestions
    if found.intent == "smalltalk":
        return _small_talk(found.said), "answer", HELP_SUGGESTIONS[:2]
    if found.intent == "help":
        return HELP, "answer", HELP_SUGGESTIONS
    if found.intent == "unclear":
        return _unclear(found), "clarify", HELP_SUGGESTIONS
    known = (
        f"How is {_short(found.machine_id, machines)} doing?"
        if found.machine_id
        else "Which machine needs attention first?"
    )
    return _REFUSALS[found.intent], "refuse", (known,)


def say_later(orders: Sequence[Order]) -> str:
    """What follows once the changes that wait have been done."""
    condition = next((order.condition for order in orders if order.condition), None)
    return f"Once that is done I go on{f', {condition}' if condition else ''}: {say_steps(orders)}."


def say_steps(orders: Sequence[Order]) -> str:
    """ "putting the failure and RUL models into service and the export" """
    tasks = {"rul": "RUL"}
    by_tool: dict[str, list[str]] = {}
    for order in orders:
        task = str(order.args.get("task", ""))
        by_tool.setdefault(order.tool, []).append(tasks.get(task, task))
    steps = []
    for tool, named in by_tool.items():
        models = f"the {_and(list(dict.fromkeys(named)))} model{'s' if len(set(named)) > 1 else ''}"
        steps.append(_STEPS.get(tool, tool.replace("_", " ")).format(models=models))
    return _and(steps)


def _which_machine(missing: Missing, machines: Machines) -> str:
    named = [machines.label(id_) for id_ in missing.choices]
    if not named:
        return "Which machine do you mean? Name it by number, brand or model, for example “pump 4” or “the Haas”."
    if missing.why == "unknown":
        return f"I know no machine “{missing.said}”. The nearest I have: {_and(named)}. Which one do you mean?"
    if len(named) > 6:
        return (
            f"That would be {missing.said} at once. Which of them do you mean? Name a "
            f"few, or a kind such as “all pumps”."
        )
    return f"“{missing.said}” may be {_either(named)}. Which one do you mean?"


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _either(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _short(machine_id: str, machines: Machines) -> str:
    return machines.catalog[machine_id].name


def _unclear(found: Remark) -> str:
    likely = [DOING[intent] for intent in found.suggestions if intent in DOING]
    if not likely:
        return f"I am not sure what you want to know. {HELP}"
    return f"I am not sure what you mean. Shall I {_either(likely[:3])}? Say it in other words, and name the machine."


def _small_talk(said: str) -> str:
    text = said.lower()
    if re.search(r"\b(thank|thanks|cheers|ta|appreciated)\b", text):
        return "You're welcome."
    if re.search(r"\b(bye|goodbye|see you|good night)\b", text):
        return "Goodbye. I keep an eye on the machines."
    if re.search(r"\b(how are you|how's it|what's up)\b", text):
        return "Ready to work, thank you. Which machine shall we look at?"
    if re.search(r"\b(are you (?:a )?(?:robot|human|real|bot))\b", text):
        return "I am a program that looks after the machines of this plant with you."
    if re.search(r"\b(yes|no|yep|nope|sure|go ahead)\b", text):
        return "Nothing waits for your approval at the moment. What shall I do?"
    if (
        re.search(r"\b(great|good|nice|perfect|well done|brilliant|awesome|lovely|helpful)\b", text)
        and "morning" not in text
    ):
        return "Glad to help. Anything else?"
    if re.search(r"\b(useless|stupid|rubbish)\b", text):
        return "Sorry that I was no help. Tell me the machine and what you want to know, and I try again."
    return "Hello. Which machine shall we look at?"
