"""How a machine is doing now, and which machine is worst."""

from typing import Literal

from pydantic import Field

from models import health
from models.health import FleetRanking, HealthPrediction
from models.telemetry import MAIN
from tools.plant import Plant
from tools.tool import Arguments, MachineId, UnitName, tool


class PredictHealth(Arguments):
    machine_id: MachineId
    horizon_hours: float = Field(24, gt=0, le=2160, description="How far ahead to look, in operating hours.")
    readings: dict[str, float] | None = Field(
        None, description="Sensor readings to judge in place of the latest recorded ones, by sensor name."
    )
    unit: UnitName = MAIN


class RankFleet(Arguments):
    by: Literal["rul", "failure_probability", "anomaly"] = Field("rul", description="What to rank by, worst first.")
    top: int = Field(5, ge=1, le=1000, description="How many machines to name.")


@tool("read")
def predict_health(plant: Plant, args: PredictHealth) -> HealthPrediction:
    """Say how likely a machine is to fail soon and how long it will last.

    Use for "will it survive the weekend?". For "which machine is worst?" use rank_fleet.
    A wide interval means few comparable lives were seen, not that the machine is healthy.
    """
    profile = plant.machines[args.machine_id]
    return health.predict(
        plant.telemetry, plant.registry, profile, args.horizon_hours, args.readings, plant.now, args.unit
    )


@tool("read")
def rank_fleet(plant: Plant, args: RankFleet) -> FleetRanking:
    """Rank the machines of the plant, the one in most trouble first.

    Use for "what should I look at first?". For one machine use predict_health.
    """
    return health.rank(plant.telemetry, plant.registry, list(plant.machines.values()), args.by, args.top, plant.now)
