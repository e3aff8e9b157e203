"""Whether a machine's recent data still looks like what came before."""

from typing import Annotated

from fastapi import APIRouter, Query

from models.drift import DriftReport
from ui.api.asking import Asked, MachineName

router = APIRouter(tags=["drift"])


@router.get("/machines/{machine_id}/drift")
def check_drift(
    asked: Asked, machine_id: MachineName, window: Annotated[str, Query(max_length=20)] = "7d"
) -> DriftReport:
    """Drift over a recent window such as 7d, and what explains it."""
    return asked.call("check_drift", DriftReport, machine_id=machine_id, window=window)
