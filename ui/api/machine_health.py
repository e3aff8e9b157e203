"""How machines are doing, which is worst, and why."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from machine_profiles.errors import MillwrightError
from models.health import FleetRanking, HealthPrediction
from tools.explanation import Explanation
from ui.api.asking import Asked, MachineName

router = APIRouter(tags=["health"])
Hours = Annotated[float, Field(gt=0, le=2160)]


class Prediction(BaseModel):
    """What to predict from; without readings, the latest recorded ones."""

    model_config = ConfigDict(extra="forbid")
    horizon_hours: Hours = 24
    readings: dict[str, Annotated[float, Field(allow_inf_nan=False)]] | None = None


class Predictions(BaseModel):
    model_config = ConfigDict(extra="forbid")
    machine_ids: list[Annotated[str, Field(max_length=64)]] = Field(min_length=1, max_length=100)
    horizon_hours: Hours = 24


class Predicted(BaseModel):
    """One machine's prediction, or why there is none: never both."""

    machine_id: str
    prediction: HealthPrediction | None = None
    problem: str | None = None


class Question(BaseModel):
    model_config = ConfigDict(extra="forbid")
    question: str = Field(min_length=1, max_length=1000)
    machine_id: str | None = Field(None, max_length=64)


@router.post("/machines/{machine_id}/predict")
def predict(asked: Asked, machine_id: MachineName, wanted: Prediction) -> HealthPrediction:
    """Probability of failure, remaining life with its interval, anomaly."""
    return asked.call("predict_health", HealthPrediction, machine_id=machine_id, **wanted.model_dump())


@router.post("/predict")
def predict_many(asked: Asked, wanted: Predictions) -> list[Predicted]:
    """Several machines, each with its prediction or with what is missing for one."""
    found = []
    for machine_id in wanted.machine_ids:
        asked.machine(machine_id)
        try:
            each = asked.call(
                "predict_health", HealthPrediction, machine_id=machine_id, horizon_hours=wanted.horizon_hours
            )
            found.append(Predicted(machine_id=machine_id, prediction=each))
        except MillwrightError as error:
            found.append(Predicted(machine_id=machine_id, problem=str(error)))
    return found


@router.get("/ranking")
def rank(
    asked: Asked,
    by: Literal["rul", "failure_probability", "anomaly"] = "rul",
    top: Annotated[int, Query(ge=1, le=1000)] = 5,
) -> FleetRanking:
    """The machines in most trouble."""
    return asked.call("rank_fleet", FleetRanking, by=by, top=top)


@router.post("/explain")
def explain(asked: Asked, wanted: Question) -> Explanation:
    """Causes, checks and remedies, with citations."""
    return asked.call("explain_fault", Explanation, **wanted.model_dump())
