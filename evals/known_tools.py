"""Which tools a scenario may name: those Millwright has, and those of the contract it does not have yet."""

import difflib
from functools import cache
from typing import Any

from tools.registry import all_tools
from tools.tool import Arguments

CONTRACT = {
    "list_machines", "describe_machine", "query_telemetry", "predict_health", "rank_fleet", "forecast_sensor",
    "explain_fault", "diagnose_image", "check_drift", "compare_models", "get_job", "write_report", "synthesize_data",
    "label_rul", "train_models", "promote_model", "rollback_model", "export_edge", "import_telemetry",
    "onboard_machine", "log_maintenance",
}  # fmt: skip


@cache
def arguments_of(name: str) -> type[Arguments] | None:
    """The argument model of a tool; None for one of the contract that is not here yet."""
    declared = all_tools().get(name)
    return declared.arguments if declared else None


def faults_of_arguments(name: str, args: dict[str, Any]) -> list[str]:
    """What is wrong with a tool's name and its arguments' names, and what would be right."""
    model = arguments_of(name)
    if model is None:
        known = sorted(CONTRACT | set(all_tools()))
        return [] if name in CONTRACT else [f"there is no tool {name!r}{_near(name, known)}"]
    fields = list(model.model_fields)
    return [f"{name} has no argument {arg!r}{_near(arg, fields)}" for arg in args if arg not in fields]


def _near(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(known)}"
