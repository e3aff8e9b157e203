"""What every tool's result is made of: a frozen model, and figures that carry their unit and interval."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Result(BaseModel):
    """A typed result: it is stored and sent as `model_dump(mode="json")`, never as prose."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="null")


class Interval(Result):
    """Where the value lies with the stated confidence, say 0.9."""

    low: float
    high: float
    confidence: float


class Quantity(Result):
    """A figure, its unit and, where one is known, its interval."""

    value: float
    unit: str
    interval: Interval | None = None


Task = Literal["failure", "rul", "anomaly", "forecast"]
TASKS: tuple[Task, ...] = ("failure", "rul", "anomaly", "forecast")


class Preview(Result):
    """What an approval card says of a change before a person decides; nothing has been done yet."""

    replaces: str | None = None
    expected_seconds: float | None = None
    expected_bytes: int | None = None  # of disk that it takes up, where that is known beforehand
    warnings: tuple[str, ...] = ()
    facts: dict[str, str] = {}
