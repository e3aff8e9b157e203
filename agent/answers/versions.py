"""Models trained, compared, put into service and exported, in words."""

from agent.answers.asked import Asked
from agent.answers.data import say_synthesis
from agent.answers.figures import count, say_bytes, say_figure, say_number, say_seconds
from agent.answers.naming import TASK_NAMES, in_plain_words, machine_name, say_list, say_models, say_target
from agent.answers.said import Said
from models.edge import BundledModel, EdgeBundle
from models.gates import MAIN_METRIC
from models.jobs import Job, JobStarted
from models.registry import ModelComparison, ModelVersion, ServiceChange
from models.synthesis import SynthesisResult
from models.training import TrainedModel, TrainingResult, TrainingStarted

_METRICS = {
    "average_precision": "average precision", "f1": "F1", "brier": "Brier score", "ece": "calibration error",
    "rmse_hours": "RMSE", "mae_hours": "mean absolute error", "r2": "R²", "coverage_90": "coverage of the interval",
    "width_hours": "width of the interval", "auroc": "AUROC", "mase": "MASE",
    "alarms_per_month": "false alarms a month",
}  # fmt: skip
_WORK = {"train": "training", "synthesize": "synthesis of data", "export": "export"}
_BASELINES = (("constant", "a constant"), ("lightgbm_raw", "LightGBM on the raw readings"), ("lightgbm", "LightGBM"))


def say_started(found: TrainingStarted, asked: Asked) -> Said:
    return Said(
        finding=f"Training of {say_models(found.tasks)} of {machine_name(found.machine_id, asked.catalog)} has "
        f"started; it may take up to {say_seconds(found.time_limit_s)}.",
        rests_on=f"The job is {found.job_id}. I will say when it has ended; “how is it going?” tells how it stands.",
    )


def say_job_started(found: JobStarted, asked: Asked) -> Said:
    what = _WORK.get(found.work, found.work)
    return Said(
        finding=f"The {what} of {machine_name(found.machine_id, asked.catalog)} has started; it takes about "
        f"{say_seconds(found.expected_seconds)}.",
        rests_on=f"The job is {found.job_id}. I will say when it has ended; “how is it going?” tells how it stands.",
    )


def say_job(found: Job, asked: Asked) -> Said:
    machine = machine_name(found.machine_id, asked.catalog)
    what = f"The {_WORK.get(found.work, found.work)} of {machine} ({found.job_id})"
    if found.status == "running":
        left = f"; about {say_seconds(found.seconds_left)} left" if found.seconds_left is not None else ""
        return Said(finding=f"{what} is running: {100 * found.progress:.0f} %, {found.step}{left}.")
    if found.status == "cancelled":
        return Said(finding=f"{what} was cancelled; nothing of it is in service.")
    if found.status == "failed":
        return Said(
            finding=f"{what} failed: {in_plain_words(found.error or 'it gave no reason', asked.catalog).rstrip('.')}."
        )
    if found.work == "train" and found.result is not None:
        return say_training(TrainingResult.model_validate(found.result), asked, found.job_id)
    if found.work == "export" and found.result is not None:
        return say_bundle(EdgeBundle.model_validate(found.result), asked)
    if found.work == "synthesize" and found.result is not None:
        return say_synthesis(SynthesisResult.model_validate(found.result), asked)
    return Said(finding=f"{what} is done.")


def say_training(found: TrainingResult, asked: Asked, job_id: str | None = None) -> Said:
    machine = machine_name(found.machine_id, asked.catalog)
    unit = asked.time_unit(found.machine_id)
    waiting = [model.task for model in found.models if model.alias != "champion"]
    advice = (
        f"Not in service yet: {say_models(waiting)}. Say which to promote, or compare the versions first.",
    ) if waiting else ()  # fmt: skip
    done = f"Trained {say_models(m.task for m in found.models)} of {machine}" if found.models else (
        f"No model of {machine} could be trained"
    )  # fmt: skip
    return Said(
        finding=f"{done}, in {say_seconds(found.seconds)}{f' ({job_id})' if job_id else ''}.",
        figures=tuple(_trained(model, unit) for model in found.models),
        advice=advice,
        rests_on=f"Measured on lives it had not seen: {found.protocol.rstrip('.')}. Data: {say_list(found.datasets)}.",
        doubts=tuple(f"No {TASK_NAMES.get(t, t)} model: {why.rstrip('.')}." for t, why in found.skipped.items()),
    )


def say_comparison(found: ModelComparison, asked: Asked) -> Said:
    task, machine = TASK_NAMES[found.task], machine_name(found.machine_id, asked.catalog)
    unit = asked.time_unit(found.machine_id)
    if not found.versions:
        return Said(finding=f"{machine} has no {task} model yet; train one first.")
    shown = [_version(each, found.main_metric, unit) for each in found.versions]
    metric = _METRICS.get(found.main_metric, found.main_metric)
    order = "higher" if found.higher_is_better else "lower"
    if found.champion is None:
        finding = f"No {task} model of {machine} is in service; version {found.best} is the best."
    elif found.best == found.champion:
        finding = f"Version {found.champion}, in service, is the best {task} model of {machine}."
    else:
        finding = f"Version {found.best} is the best {task} model of {machine}; version {found.champion} is in service."
    advice = (f"To put version {found.best} into service, say “promote it”.",) if found.best != found.champion else ()
    return Said(
        finding=finding,
        figures=tuple(shown),
        advice=advice,
        rests_on=f"By {metric} on held-out lives; {order} is better.",
    )


def say_service(found: ServiceChange, asked: Asked) -> Said:
    task, machine = TASK_NAMES[found.task], machine_name(found.machine_id, asked.catalog)
    before = f" in place of version {found.replaced}" if found.replaced is not None else ""
    return Said(
        finding=f"Done: version {found.version} of the {task} model of {machine} is in service{before}.",
        figures=tuple(
            f"{gate.name}: {'passed' if gate.passed else 'not passed'}, {gate.figure}" for gate in found.gates
        ),
        rests_on="The registry holds it; “roll it back” brings the one before." if found.replaced is not None else "",
    )


def say_bundle(found: EdgeBundle, asked: Asked) -> Said:
    machine = machine_name(found.machine_id, asked.catalog)
    return Said(
        finding=f"Exported {machine} for {say_target(found.target)}: {count(len(found.models), 'model')}, "
        f"{say_bytes(found.total_bytes)} in all, in {found.bundle}.",
        figures=tuple(_bundled(each) for each in found.models),
        doubts=tuple(f"{in_plain_words(note, asked.catalog).rstrip('.')}." for note in found.notes),
    )


def _trained(model: TrainedModel, unit: str) -> str:
    own = model.metrics.get(model.main_metric)
    text = f"{TASK_NAMES[model.task]}, version {model.version}: {_metric(model.main_metric, own, unit)}"
    beside = [
        f"{name} {_plain(model.main_metric, figures[model.main_metric], unit)}"
        for key, name in _BASELINES
        if (figures := model.baselines.get(key)) and model.main_metric in figures
    ]
    if beside:
        text += f" (beside it: {', '.join(beside)})"
    served = (model.champion_metrics or {}).get(model.main_metric)
    if own is None or served is None:
        return text + (", now in service" if model.alias == "champion" else "")
    better = MAIN_METRIC[model.task].better(own, served)
    verdict = "better than" if better else "no better than"
    return f"{text}; {verdict} the one in service, {_plain(model.main_metric, served, unit)} on the same lives"


def _version(each: ModelVersion, metric: str, unit: str) -> str:
    role = {"champion": ", in service", "challenger": ", challenger"}.get(each.alias or "", "")
    constant = each.baselines.get("constant", {}).get(metric)
    beside = f", a constant {_plain(metric, constant, unit)}" if constant is not None else ""
    failed = [f"{gate.name} ({gate.figure})" for gate in each.gates if not gate.passed]
    gates = f"; does not pass: {say_list(failed)}" if failed else "; passes every gate" if each.gates else ""
    own = _metric(metric, each.metrics.get(metric), unit)
    return f"version {each.version}{role}: {own}{beside}{gates} ({_engine(each.engine)})"


def _engine(said: str) -> str:
    """What kind of model it is, without how it was put together."""
    return said.split(",")[0].split(" (")[0]


def _bundled(each: BundledModel) -> str:
    changed = (
        "no decision changed" if not each.decisions_changed else f"{count(each.decisions_changed, 'decision')} changed"
    )
    return (
        f"{TASK_NAMES[each.task]}, version {each.version}, {each.precision}: {say_bytes(each.size_bytes)}, checked on "
        f"{count(each.parity_rows, 'row')}: {changed}, largest difference {each.parity_max_abs:.2g}"
    )


def _metric(name: str, value: float | None, unit: str) -> str:
    return f"{_METRICS.get(name, name)} {_plain(name, value, unit)}"


def _plain(name: str, value: float | None, unit: str) -> str:
    if value is None:
        return "not measured"
    return say_figure(value, unit) if name.endswith("_hours") else say_number(value)
