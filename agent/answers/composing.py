"""One answer from the results of a turn."""

from collections.abc import Callable, Sequence
from typing import Any

from agent.answers.asked import Asked
from agent.answers.changes import say_proposals
from agent.answers.data import say_labels, say_synthesis
from agent.answers.drift import say_drift
from agent.answers.explanation import say_explanation
from agent.answers.forecast import say_forecast
from agent.answers.health import say_health, say_ranking
from agent.answers.images import say_image
from agent.answers.machines import say_description, say_machines, say_onboarded
from agent.answers.naming import in_plain_words, machine_name, say_change
from agent.answers.report import say_report
from agent.answers.said import Said
from agent.answers.telemetry import say_import, say_logged, say_telemetry
from agent.answers.versions import (
    say_bundle,
    say_comparison,
    say_job,
    say_job_started,
    say_service,
    say_started,
    say_training,
)
from agent.turns import ToolCall
from knowledge_base.explanation import Explanation
from knowledge_base.machine_report import WrittenReport
from models.drift import DriftReport
from models.edge import EdgeBundle
from models.health import FleetRanking, HealthPrediction
from models.importing import ImportResult
from models.jobs import Job, JobStarted
from models.onboarding import OnboardedMachine
from models.registry import ModelComparison, ServiceChange
from models.results import Result
from models.rul import LabelResult
from models.sensor_forecast import SensorForecast
from models.sensor_statistics import TelemetrySummary
from models.synthesis import SynthesisResult
from models.telemetry import MaintenanceEvent
from models.training import TrainingResult, TrainingStarted
from models.vision import ImageDiagnosis
from tools.durations import parse_duration
from tools.machines import MachineDescription, MachineList

KINDS: dict[str, type[Result]] = {
    kind.__name__: kind
    for kind in (
        DriftReport, EdgeBundle, Explanation, FleetRanking, HealthPrediction, ImageDiagnosis, ImportResult, Job,
        JobStarted, LabelResult, MachineDescription, MachineList, MaintenanceEvent, ModelComparison, OnboardedMachine,
        SensorForecast, ServiceChange, SynthesisResult, TelemetrySummary, TrainingResult, TrainingStarted,
        WrittenReport,
    )
}  # fmt: skip
_SAY: dict[str, Callable[[Any, Asked, ToolCall], Said]] = {
    "DriftReport": lambda found, asked, call: say_drift(found, asked),
    "EdgeBundle": lambda found, asked, call: say_bundle(found, asked),
    "Explanation": lambda found, asked, call: say_explanation(found, asked),
    "FleetRanking": lambda found, asked, call: say_ranking(found, asked),
    "HealthPrediction": lambda found, asked, call: say_health(found, asked, bool(call.args.get("readings"))),
    "ImageDiagnosis": lambda found, asked, call: say_image(found, asked),
    "ImportResult": lambda found, asked, call: say_import(found, asked),
    "Job": lambda found, asked, call: say_job(found, asked),
    "JobStarted": lambda found, asked, call: say_job_started(found, asked),
    "LabelResult": lambda found, asked, call: say_labels(found, asked),
    "MachineDescription": lambda found, asked, call: say_description(found, asked),
    "MachineList": lambda found, asked, call: say_machines(found, asked),
    "MaintenanceEvent": lambda found, asked, call: say_logged(found, asked, call.args.get("machine_id")),
    "ModelComparison": lambda found, asked, call: say_comparison(found, asked),
    "OnboardedMachine": lambda found, asked, call: say_onboarded(found, asked),
    "SensorForecast": lambda found, asked, call: say_forecast(found, asked),
    "ServiceChange": lambda found, asked, call: say_service(found, asked),
    "SynthesisResult": lambda found, asked, call: say_synthesis(found, asked),
    "TelemetrySummary": lambda found, asked, call: say_telemetry(found, asked, _window(call)),
    "TrainingResult": lambda found, asked, call: say_training(found, asked),
    "TrainingStarted": lambda found, asked, call: say_started(found, asked),
    "WrittenReport": lambda found, asked, call: say_report(found, asked),
}
_WORK = {
    "predict_health": "judge its health", "rank_fleet": "rank the machines", "query_telemetry": "read its telemetry",
    "forecast_sensor": "forecast the sensor",
    "describe_machine": "describe it", "list_machines": "list the machines", "compare_models": "compare its models",
    "get_job": "look up the job", "synthesize_data": "make synthetic data", "label_rul": "label the data",
    "check_drift": "check it for drift", "explain_fault": "explain it", "diagnose_image": "judge the picture",
}  # fmt: skip


def compose(results: Sequence[ToolCall], asked: Asked) -> str:
    """What the results say: what was found or done first, then what failed, then what waits for a person.

    A call that failed and was then made again and succeeded is not told of. Raises KeyError for a kind of result that
    nobody has written words for, which a test excludes.
    """
    said = [said_of(call, asked) for call in results if call.status == "done"]
    failed = [call for call in results if call.status == "failed" and not _made_good(call, results)]
    proposed = [call.result for call in results if call.status == "proposed" and call.result]
    parts = [each.body() for each in said]
    parts += list(dict.fromkeys(line for each in said for line in each.advice))
    parts += [_say_failed(call, asked) for call in failed]
    parts += [f"Not done: {reason.rstrip('.')}." for reason in asked.not_done]
    if proposed:
        parts.append(say_proposals(proposed, asked))
    return "\n\n".join(part for part in parts if part)


def said_of(call: ToolCall, asked: Asked) -> Said:
    """The parts of what one result says."""
    kind = str(call.kind)
    return _SAY[kind](KINDS[kind].model_validate(call.result), asked, call)


def _say_failed(call: ToolCall, asked: Asked) -> str:
    what = f"to {say_change(call.name, call.args, asked.catalog)}" if call.effect == "change" else (
        f"to {_WORK[call.name]}" if call.name in _WORK else f"with {call.name}"
    )  # fmt: skip
    reason = in_plain_words((call.error or "it gave no reason").rstrip("."), asked.catalog)
    machine_id = "" if call.effect == "change" else str(call.args.get("machine_id") or "")
    machine = machine_name(machine_id, asked.catalog) if machine_id else ""
    whose = f"{machine}: " if machine and machine not in reason and machine_id not in reason else ""
    return f"{whose}I could not {what.removeprefix('to ')}: {reason}."


def _made_good(failed: ToolCall, results: Sequence[ToolCall]) -> bool:
    later = list(results)[list(results).index(failed) + 1 :]
    return any(call.name == failed.name and call.status in ("done", "proposed") for call in later)


def _window(call: ToolCall) -> float | None:
    window = call.args.get("window")
    return parse_duration(window).hours if window else None
