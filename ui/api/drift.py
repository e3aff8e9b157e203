"""Whether a machine's recent data still looks like what came before."""

from fastapi import APIRouter

from models.drift import DriftReport
from ui.api.asking import Asked, MachineName, Window

router = APIRouter(tags=["drift"])


@router.get("/machines/{machine_id}/drift")
def check_drift(asked: Asked, machine_id: MachineName, window: Window = "7d") -> DriftReport:
    """Drift over a recent window such as 7d, and what explains it."""
    return asked.call("check_drift", DriftReport, machine_id=machine_id, window=window)
