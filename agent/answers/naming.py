"""What machines, sensors and changes are called in answers."""

import re
from collections.abc import Mapping
from typing import Any

from machine_profiles.profile import Profile

Machines = Mapping[str, Profile]

_CALLED = {"cnc": "machining centre", "hydraulic": "power unit"}
_CHANGES = {
    "train_models": "train {tasks} of {machine}",
    "promote_model": "put {version} of the {task} model of {machine} into service",
    "rollback_model": "bring back the previous {task} model of {machine}",
    "export_edge": "export {machine} for {target} in {precision}",
    "import_telemetry": "import {path} for {machine}",
    "log_maintenance": "log “{action}” for {machine}",
    "synthesize_data": "make {rows} synthetic rows for {machine}",
    "label_rul": "label data of {machine} with RUL",
    "write_report": "write a report on {machine}",
}
_TARGETS = {
    "jetson_nano": "a Jetson Nano", "jetson_xavier_nx": "a Jetson Xavier NX", "jetson_orin": "a Jetson Orin",
    "cpu": "an ordinary computer",
}  # fmt: skip
TASK_NAMES = {"failure": "failure", "rul": "RUL", "anomaly": "anomaly", "forecast": "forecast"}


def machine_name(machine_id: str | None, machines: Machines | None) -> str:
    """Name and number, as people on the floor know it: Grundfos CR 3-10 (pump 4)."""
    if machine_id is None:
        return "the machine"
    if machines is None or machine_id not in machines:
        return machine_id
    profile = machines[machine_id]
    return f"{profile.name} ({_CALLED.get(profile.kind, profile.kind)} {profile.number})"


def say_change(tool: str, args: Mapping[str, Any], machines: Machines | None) -> str:
    """A change in a few words, to stand after "to" or "Not done:"."""
    if tool not in _CHANGES and tool != "onboard_machine":
        return f"{tool} on {machine_name(args.get('machine_id'), machines)}"
    version = args.get("version")
    if tool == "onboard_machine":
        source = str(args.get("path") or "").rsplit("/", 1)[-1]
        return f"onboard {args.get('name') or 'a new machine'}{f' from {source}' if source else ''}"
    words = {
        "machine": machine_name(args.get("machine_id"), machines),
        "tasks": say_models(args.get("tasks", ())),
        "task": TASK_NAMES.get(str(args.get("task")), str(args.get("task"))),
        "version": "the best version" if version in (None, "best") else f"version {version}",
        "target": _TARGETS.get(str(args.get("target")), str(args.get("target"))),
        "precision": str(args.get("precision")),
        "path": str(args.get("path")).rsplit("/", 1)[-1],
        "action": str(args.get("action")),
        "rows": str(args.get("rows", "")),
    }
    return _CHANGES[tool].format(**words)


def say_models(tasks: Any) -> str:
    """ "the failure and RUL models" """
    names = [TASK_NAMES.get(task, task) for task in tasks]
    if len(names) == len(TASK_NAMES):
        return "all models"
    return f"the {say_list(names)} model{'s' if len(names) > 1 else ''}"


def in_plain_words(text: str, machines: Machines | None) -> str:
    """A tool's own text without the words of programs: machines by name, metrics and tasks as people say them."""
    for machine_id in machines or ():
        if machine_id in text:
            text = text.replace(machine_id, machine_name(machine_id, machines))
    text = re.sub(r"\brul\b", "RUL", text)
    text = re.sub(r", unit main\b", "", text)
    text = re.sub(r"\b(RUL|failure|anomaly|forecast) v(\d+)\b", r"\1 version \2", text)
    return re.sub(r"\b(average_precision|rmse_hours|alarms_per_month)\b", lambda found: _METRICS[found[0]], text)


_METRICS = {
    "average_precision": "average precision", "rmse_hours": "RMSE in hours", "alarms_per_month": "alarms a month",
}  # fmt: skip


def say_list(items: Any) -> str:
    listed = [str(item) for item in items]
    return listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} and {listed[-1]}" if listed else ""


def sensor_name(sensor: str) -> str:
    return sensor.replace("_", " ")


def say_target(target: str) -> str:
    return _TARGETS.get(target, target)
