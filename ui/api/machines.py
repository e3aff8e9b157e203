"""The machines: who they are, and what was recorded of them."""

from fastapi import APIRouter

from models.sensor_statistics import TelemetrySummary
from tools.machines import MachineDescription, MachineList
from ui.api.asking import Asked, MachineName, Window

router = APIRouter(tags=["machines"])


@router.get("/machines")
def list_machines(asked: Asked) -> MachineList:
    """All machines."""
    return asked.call("list_machines", MachineList)


@router.get("/machines/{machine_id}")
def describe_machine(asked: Asked, machine_id: MachineName) -> MachineDescription:
    """Identity, ratings, sensors, limits and failure modes of one."""
    return asked.call("describe_machine", MachineDescription, machine_id=machine_id)


@router.get("/machines/{machine_id}/telemetry")
def query_telemetry(asked: Asked, machine_id: MachineName, window: Window = "24h") -> TelemetrySummary:
    """Statistics of its readings over a recent window such as 24h, 7d or 2w."""
    return asked.call("query_telemetry", TelemetrySummary, machine_id=machine_id, window=window)
