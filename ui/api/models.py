"""The registry: versions by machine and task, champion and challenger with their gates."""

from fastapi import APIRouter

from models.registry import ModelComparison
from models.results import Task
from ui.api.asking import Asked, MachineName

router = APIRouter(tags=["models"])


@router.get("/machines/{machine_id}/models")
def in_service(asked: Asked, machine_id: MachineName) -> dict[Task, int]:
    """The version in service of each task."""
    return asked.plant.registry.in_service(asked.machine(machine_id).id)


@router.get("/machines/{machine_id}/models/{task}")
def compare(asked: Asked, machine_id: MachineName, task: Task) -> ModelComparison:
    """Every version of a task, with measured figures and gates."""
    return asked.call("compare_models", ModelComparison, machine_id=machine_id, task=task)
