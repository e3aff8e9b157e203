"""Remaining useful life, written beside every row of a data set."""

from pydantic import Field

from models import rul
from models.rul import LabelResult
from tools.plant import Plant
from tools.tool import Arguments, MachineId, tool


class LabelRul(Arguments):
    machine_id: MachineId
    dataset: str = Field("latest", description="A data set's name, name@version, or latest.")
    cap_hours: float | None = Field(
        None, gt=0, le=100_000, description="Labels are flat above it; the profile's, or one taken from the data."
    )


@tool("create")
def label_rul(plant: Plant, args: LabelRul) -> LabelResult:
    """Label a data set with remaining useful life, exact for lives that ended in failure.

    Lives that have not failed are kept apart as censored; they are never counted as failures.
    """
    profile = plant.machines[args.machine_id]
    return rul.label(plant.datasets, plant.telemetry, profile, args.dataset, args.cap_hours, now=plant.now)
