"""What a tool is: a function of the plant and its arguments, with a declared effect."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from models.results import Preview, Result
from tools.plant import Plant

Effect = Literal["read", "create", "change"]

MachineId = Annotated[str, Field(description="A machine's id, such as PUMP_GRUNDFOS_CR3_004.")]
UnitName = Annotated[str, Field(description="Which unit: main is the machine itself; others are sister machines.")]


class Arguments(BaseModel):
    """The base of every tool's arguments: unknown ones are an error, so that none is silently ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


@dataclass(frozen=True)
class Tool:
    """A change has a `preview`, which reads and never alters anything."""

    name: str
    effect: Effect
    arguments: type[Arguments]
    run: Callable[[Plant, Any], Result]
    preview: Callable[[Plant, Any], Preview] | None

    @property
    def description(self) -> str:
        return self.run.__doc__ or ""

    @property
    def result_schema(self) -> dict[str, Any]:
        """JSON schema of what it returns; always an object."""
        found = TypeAdapter(get_type_hints(self.run)["return"]).json_schema(mode="serialization")
        return {"type": "object", **found}


def tool(effect: Effect, preview: Callable[[Plant, Any], Preview] | None = None) -> Callable[..., Tool]:
    """Declare a function `(plant, args) -> Result` a tool; its name is the function's."""
    if (effect == "change") != (preview is not None):
        raise TypeError("a change needs a preview, and only a change has one")

    def declare(function: Callable[[Plant, Any], Result]) -> Tool:
        return Tool(function.__name__, effect, get_type_hints(function)["args"], function, preview)

    return declare
