"""Train a machine's models, in a job of its own."""

from typing import Any

from pydantic import Field

from models import training
from models.jobs import Report
from models.results import TASKS, Preview, Task
from models.training import TrainingResult, TrainingStarted
from tools.plant import Plant
from tools.tool import Arguments, MachineId, tool

OVER_S = 900.0  # what a training may take beyond its time limit, which it keeps by itself, on a loaded computer


class TrainModels(Arguments):
    machine_id: MachineId
    tasks: tuple[Task, ...] = Field(TASKS, min_length=1, description="Which models to train.")
    time_limit_s: int = Field(60, ge=10, le=86_400, description="Seconds the whole training may take.")


def _preview(plant: Plant, args: TrainModels) -> Preview:
    profile = plant.machines[args.machine_id]
    return training.preview(plant.datasets, plant.telemetry, plant.registry, profile, args.tasks, args.time_limit_s,
                            plant.chronos_path)  # fmt: skip


@tool("change", preview=_preview)
def train_models(plant: Plant, args: TrainModels) -> TrainingStarted:
    """Train new models of a machine; they become challengers, and promote_model puts one in service.

    Returns a job_id at once; get_job tells how it stands. To see old and new side by side use compare_models.
    """
    profile = plant.machines[args.machine_id]
    arguments = {"machine_id": profile.id, "tasks": list(args.tasks), "time_limit_s": args.time_limit_s}
    job = plant.jobs.start(
        "train", profile.id, arguments, plant.job_environment, args.time_limit_s, args.time_limit_s + OVER_S
    )
    return TrainingStarted(job_id=job.job_id, machine_id=profile.id, tasks=args.tasks, time_limit_s=args.time_limit_s)


def train(plant: Plant, arguments: dict[str, Any], report: Report) -> TrainingResult:
    """The work of the job that train_models starts."""
    args = TrainModels.model_validate(arguments)
    return training.train(
        plant.datasets,
        plant.telemetry,
        plant.registry,
        plant.machines[args.machine_id],
        tasks=args.tasks,
        time_limit_s=args.time_limit_s,
        seed=plant.seed,
        report=report,
        chronos=plant.chronos_path,
    )
