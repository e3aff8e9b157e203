"""Tools that fail on demand: what a scenario's `faults` put between whoever is evaluated and the tools it calls."""

import threading
from collections.abc import Callable
from typing import Any, Literal, get_args, get_type_hints

from pydantic import BaseModel, ConfigDict, model_validator

from evals.known_tools import faults_of_arguments
from machine_profiles.errors import MillwrightError
from models.results import Result
from settings import Settings
from tools.tool import Tool

TOOL_LIMIT_S = 10.0  # of scenarios in which a tool hangs
TURN_LIMIT_S = 30.0
HANGS_S = 120.0
NONSENSE = -999.25  # in every field, so that an answer that repeats it is known


class ToolFault(BaseModel):
    """One tool's fault. It strikes where the tool is run: for a change, after a person has approved it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tool: str
    on: Literal["first", "every"] = "first"  # call of this tool in the conversation
    what: Literal["error", "timeout", "nonsense"]
    message: str = ""  # of an error

    @model_validator(mode="after")
    def _can_strike(self) -> "ToolFault":
        if wrong := faults_of_arguments(self.tool, {}):
            raise ValueError("; ".join(wrong))
        if (self.what == "error") != bool(self.message):
            raise ValueError("`message` is what an error says: an error needs one, and nothing else has one")
        return self


class Struck(MillwrightError):
    """A tool failed because the scenario says so."""


class FaultyTools:
    """Stands around a plant's tools for one conversation; what hangs, hangs until `free`."""

    def __init__(self, faults: tuple[ToolFault, ...]) -> None:
        self._faults, self._struck, self._over = faults, set[int](), threading.Event()

    def __call__(self, tool: Tool, run: Callable[[], Result]) -> Result:
        for number, fault in enumerate(self._faults):
            if fault.tool == tool.name and (fault.on == "every" or number not in self._struck):
                self._struck.add(number)
                return _strike(fault, tool, self._over)
        return run()

    def free(self) -> None:
        """Let go of what hangs: the conversation is over."""
        self._over.set()


def limited(settings: Settings, faults: tuple[ToolFault, ...]) -> Settings:
    """Settings under which a tool that hangs is left within seconds; as they are where none hangs."""
    if all(fault.what != "timeout" for fault in faults):
        return settings
    return settings.model_copy(update={"tool_limit_s": TOOL_LIMIT_S, "turn_limit_s": TURN_LIMIT_S})


def _strike(fault: ToolFault, tool: Tool, over: threading.Event) -> Result:
    if fault.what == "error":
        raise Struck(fault.message)
    if fault.what == "timeout":
        over.wait(HANGS_S)
        raise RuntimeError(f"{tool.name} hung for {HANGS_S:.0f} s, and nobody stopped waiting for it")
    returned: Any = get_type_hints(tool.run)["return"]
    kind: type[Result] = (get_args(returned) or (returned,))[0]
    wrong: dict[str, Any] = dict.fromkeys(kind.model_fields, NONSENSE)
    return kind.model_construct(**wrong)
