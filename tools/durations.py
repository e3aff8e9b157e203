"""Durations as people write them: 24h, 7d, 1w, 90 min. A day is 24 hours, a week 168."""

import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, WithJsonSchema, model_serializer

HOURS = {"m": 1 / 60, "min": 1 / 60, "h": 1.0, "d": 24.0, "w": 168.0, "month": 730.0}
_FORM = re.compile(
    r"(?P<count>\d+(?:\.\d+)?)\s*(?P<unit>m|mins?|minutes?|h|hrs?|hours?|d|days?|w|wks?|weeks?|months?)$", re.I
)


class Duration(BaseModel):
    """A span of clock time."""

    model_config = ConfigDict(frozen=True)

    hours: float

    @model_serializer
    def _as_text(self) -> str:
        return f"{self.hours:g}h"


def parse_duration(text: Any) -> Duration:
    """Raises ValueError, naming the accepted forms, where the text is no duration above zero."""
    if isinstance(text, Duration):
        return text
    if isinstance(text, int | float) and not isinstance(text, bool):
        text = f"{text}h"
    found = _FORM.match(str(text).strip())
    hours = float(found["count"]) * _hours_of(found["unit"].lower()) if found else 0.0
    if not 0 < hours <= 10 * 8760:
        raise ValueError(f"{text!r} is no duration; write it as 24h, 7d or 2w (ten years at most)")
    return Duration(hours=hours)


def _hours_of(unit: str) -> float:
    if unit.startswith("month"):
        return HOURS["month"]
    return HOURS[unit[0]]


Window = Annotated[
    Duration,
    BeforeValidator(parse_duration),
    WithJsonSchema({"type": "string", "pattern": r"^\d+(\.\d+)?\s*(h|d|w|min|month)", "examples": ["24h", "7d", "1w"]}),
]
