"""What tools, arguments and states are called on the page: a person's words, never a program's."""

import re
from collections.abc import Mapping
from typing import Any

from agent.answers.naming import TASK_NAMES, machine_name
from machine_profiles.profile import Profile

Machines = Mapping[str, Profile]

# while it runs, and when it is done; of a change also what it would do
_STEPS = {
    "list_machines": ("Looking up the machines", "Looked up the machines"),
    "describe_machine": ("Reading the profile of {machine}", "Read the profile of {machine}"),
    "query_telemetry": ("Reading the record of {machine}", "Read the record of {machine}"),
    "predict_health": ("Judging the health of {machine}", "Judged the health of {machine}"),
    "rank_fleet": ("Comparing all machines", "Compared all machines"),
    "forecast_sensor": ("Forecasting {sensor} of {machine}", "Forecast {sensor} of {machine}"),
    "explain_fault": ("Looking for causes on {machine}", "Looked for causes on {machine}"),
    "diagnose_image": ("Looking at the picture", "Looked at the picture"),
    "check_drift": ("Checking {machine} for drift", "Checked {machine} for drift"),
    "compare_models": ("Comparing the {task} models of {machine}", "Compared the {task} models of {machine}"),
    "get_job": ("Looking up the job", "Looked up the job"),
    "write_report": ("Writing the report of {machine}", "Wrote the report of {machine}"),
    "synthesize_data": ("Making synthetic data for {machine}", "Made synthetic data for {machine}"),
    "label_rul": ("Labelling the record of {machine}", "Labelled the record of {machine}"),
    "train_models": (
        "Starting the training of {machine}",
        "Started the training of {machine}",
        "Train models of {machine}",
    ),
    "promote_model": (
        "Putting a model of {machine} into service",
        "Put the {task} model of {machine} into service",
        "Put a new {task} model of {machine} into service",
    ),
    "rollback_model": (
        "Bringing back a model of {machine}",
        "Brought back the previous {task} model of {machine}",
        "Bring back the previous {task} model of {machine}",
    ),
    "export_edge": ("Exporting {machine}", "Exported {machine} for a device", "Export {machine} for a device"),
    "import_telemetry": (
        "Importing readings of {machine}",
        "Imported readings of {machine}",
        "Import readings of {machine}",
    ),
    "onboard_machine": ("Adding a machine", "Added a machine", "Add a machine"),
    "log_maintenance": (
        "Writing into the log of {machine}",
        "Wrote into the maintenance log of {machine}",
        "Write into the maintenance log of {machine}",
    ),
}
STATES = {"sound": "Sound", "watch": "Watch", "act": "Act soon", "alarm": "Alarm", "unknown": "Not known"}
_LABELS = {
    "machine_id": "Machine", "time_limit_s": "Time limit (seconds)", "tasks": "Models", "task": "Model",
    "horizon_hours": "Look ahead (hours)", "readings": "Readings to judge", "image_path": "Picture",
    "cap_hours": "Cap (hours)", "column_map": "Column map", "failure_mode": "Failure mode", "path": "File",
    "rul": "Remaining life", "rul_hours": "Remaining life (hours)", "rul_at_cap": "At the end of its labels",
    "kind": "Kind", "top": "How many", "by": "Ranked by", "at": "Time", "job_id": "Job", "unit": "Unit",
    "failure_probability": "Chance of failure", "failure_expected": "Failure expected", "moved": "What moved most",
    "limits_crossed": "Limits crossed", "vibration_zones": "Vibration severity", "attributions": "Where it comes from",
    "models": "Models used", "data_version": "Data version", "rows_used": "Samples used", "doubts": "Doubts",
    "missing_sensors": "Silent sensors", "age_hours": "Age (hours)", "mase": "Error against a naive forecast",
    "rmse_hours": "Error (RMSE, hours)", "average_precision": "Average precision", "auroc": "AUROC",
    "coverage_90": "Coverage of the 90 % interval", "ece": "Calibration error", "min": "Minimum", "max": "Maximum",
}  # fmt: skip
_VALUES = {
    "failure": "Failure", "rul": "Remaining life", "anomaly": "Anomaly", "forecast": "Forecast",
    "jetson_nano": "Jetson Nano", "jetson_xavier_nx": "Jetson Xavier NX", "jetson_orin": "Jetson Orin",
    "cpu": "Ordinary computer", "int8": "8-bit (int8)", "fp16": "16-bit (fp16)", "fp32": "32-bit (fp32)",
    "main": "The machine itself", "failure_probability": "Chance of failure", "average_precision": "Average precision",
    "rmse_hours": "RMSE (hours)", "auroc": "AUROC", "mase": "MASE",
}  # fmt: skip
_PLAIN = {
    "jetson_nano": "Jetson Nano", "jetson_xavier_nx": "Jetson Xavier NX", "jetson_orin": "Jetson Orin",
    "cpu": "an ordinary computer", "average_precision": "average precision", "rmse_hours": "RMSE", "auroc": "AUROC",
    "ece": "calibration error", "mase": "MASE", "coverage_90": "coverage", "rul_hours": "remaining life", "rul": "RUL",
}  # fmt: skip
_NAMES = re.compile(rf"\b(?:{'|'.join(_PLAIN)})\b")


def step_title(tool: str, args: Mapping[str, Any], machines: Machines, running: bool, done: bool = True) -> str:
    """What a step does, did or, where it is neither running nor done, would do; in a few words."""
    forms = _STEPS.get(tool, (tool.replace("_", " ").capitalize(),))
    words = (
        forms[min(1, len(forms) - 1)] if done and not running else forms[0] if running or len(forms) < 3 else forms[2]
    )
    machine_id = args.get("machine_id")
    machine = machine_name(machine_id, machines) if machine_id else ""
    task = TASK_NAMES.get(str(args.get("task")), str(args.get("task")))
    sensor = str(args.get("sensor", "")).replace("_", " ")
    text = words.format(machine=machine or "the plant", task=task, sensor=sensor)
    return text.replace(" on the plant", "") if not machine else text


def change_title(tool: str, args: Mapping[str, Any], machines: Machines) -> str:
    """What a proposed change would do, as a heading."""
    title = step_title(tool, args, machines, running=False, done=False)
    if tool == "onboard_machine" and args.get("name"):
        return f"Add {args['name']}"
    return title


def label(name: str) -> str:
    """A field's name as a label.

    >>> label("time_limit_s"), label("window_start")
    ('Time limit (seconds)', 'Window start')
    """
    return _LABELS.get(name, name.replace("_", " ").strip().capitalize())


def said_value(value: Any) -> str:
    """A choice or a name as people say it.

    >>> said_value("jetson_orin"), said_value("bearing_temperature")
    ('Jetson Orin', 'bearing temperature')
    """
    text = str(value)
    return _VALUES.get(text, text.replace("_", " ") if text.islower() else text)


def plain_words(text: str) -> str:
    """Text of a tool with the names of targets, metrics and tasks as people say them.

    >>> plain_words("ece 0.020, for jetson_nano and cpu; rul v1")
    'calibration error 0.020, for Jetson Nano and an ordinary computer; RUL v1'
    """
    return _NAMES.sub(lambda match: _PLAIN[match[0]], text)


__all__ = ["STATES", "change_title", "label", "machine_name", "plain_words", "said_value", "step_title"]
