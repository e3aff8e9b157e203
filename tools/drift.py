"""Whether a machine's recent data still looks like what came before, and why not."""

from pydantic import Field

from models import drift
from models.drift import DriftReport
from models.telemetry import MAIN
from tools.durations import Window
from tools.plant import Plant
from tools.tool import Arguments, MachineId, UnitName, tool


class CheckDrift(Arguments):
    machine_id: MachineId
    window: Window = Field("7d", description="How far back from now, in clock hours: 7d, 168h, 2w.")  # type: ignore[assignment]
    unit: UnitName = MAIN


@tool("read")
def check_drift(plant: Plant, args: CheckDrift) -> DriftReport:
    """Say whether a machine's recent readings have drifted from its own record, and what explains it.

    Use for "has the data drifted?", "can I trust this sensor?", "does the model still fit?". For the condition of
    the machine use predict_health. A machine that degrades is told apart from a sensor that is off, a process that
    changed, and a model that no longer fits.
    """
    profile = plant.machines[args.machine_id]
    return drift.check(
        plant.storage, plant.telemetry, plant.registry, profile, args.window.hours, plant.now, args.unit,
        plant.drift_pages,
    )  # fmt: skip
