"""Model versions: side by side, into service, and back."""

from typing import Literal

from pydantic import Field

from models.registry import ModelComparison, ServiceChange
from models.results import Preview, Task
from tools.plant import Plant
from tools.tool import Arguments, MachineId, tool


class CompareModels(Arguments):
    machine_id: MachineId
    task: Task


class PromoteModel(Arguments):
    machine_id: MachineId
    task: Task
    version: int | Literal["best"] = Field("best", description="A version's number, or best.")


class RollbackModel(Arguments):
    machine_id: MachineId
    task: Task


@tool("read")
def compare_models(plant: Plant, args: CompareModels) -> ModelComparison:
    """Show the versions of one of a machine's models side by side, on held-out lives.

    Use before promote_model, and for "did the retraining help?".
    """
    return plant.registry.compare(plant.machines[args.machine_id].id, args.task)


def _preview_promotion(plant: Plant, args: PromoteModel) -> Preview:
    return plant.registry.preview_promotion(plant.machines[args.machine_id].id, args.task, args.version)


@tool("change", preview=_preview_promotion)
def promote_model(plant: Plant, args: PromoteModel) -> ServiceChange:
    """Put a version of a model into service, where it passes the gates.

    The one it replaces stays; rollback_model brings it back.
    """
    return plant.registry.promote(plant.machines[args.machine_id].id, args.task, args.version)


def _preview_rollback(plant: Plant, args: RollbackModel) -> Preview:
    return plant.registry.preview_rollback(plant.machines[args.machine_id].id, args.task)


@tool("change", preview=_preview_rollback)
def rollback_model(plant: Plant, args: RollbackModel) -> ServiceChange:
    """Take a model out of service and bring back the one that was in service before it."""
    return plant.registry.rollback(plant.machines[args.machine_id].id, args.task)
