"""Agents that understand nothing, run beside every score: a suite that they pass proves nothing."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from evals.scenario import ExpectedCall, Scenario
from machine_profiles.errors import MillwrightError

NOTHING, COMMONEST = "control:nothing", "control:commonest"
MOST_THAT_MAY_PASS = 0.05


class UnknownControl(MillwrightError):
    def __init__(self, model: str) -> None:
        super().__init__(f"No control {model!r}. There are {NOTHING} and {COMMONEST}.")


class ControlBrain(BaseChatModel):
    """Answers every message alike: it makes its one call, if it has one, and says that all is well."""

    call: ExpectedCall | None = None

    @property
    def _llm_type(self) -> str:
        return "control"

    def bind_tools(self, tools: Any, **kwargs: Any) -> "ControlBrain":
        return self

    def _generate(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        heard = messages[-1].type == "human" if messages else False
        said = AIMessage("All is well.", additional_kwargs={"outcome": "answer"})
        if self.call and heard:
            call = {"name": self.call.name, "args": self.call.args, "id": f"call-{len(messages)}"}
            said = AIMessage("", tool_calls=[call])
        return ChatResult(generations=[ChatGeneration(message=said)])


def commonest_call(scenarios: Sequence[Scenario]) -> ExpectedCall | None:
    """The tool that the scenarios expect most often, with the arguments they most often list for it."""
    calls = [call for s in scenarios for turn in s.turns for call in turn.expect.tools or ()]
    if not calls:
        return None
    name = Counter(call.name for call in calls).most_common(1)[0][0]
    listed = Counter(repr(sorted(call.args.items())) for call in calls if call.name == name).most_common(1)[0][0]
    return next(c for c in calls if c.name == name and repr(sorted(c.args.items())) == listed)


def control_brain(model: str, call: ExpectedCall | None) -> ControlBrain | None:
    """The brain of a model named `control:…`; None for any other. Raises UnknownControl."""
    if not model.startswith("control:"):
        return None
    if model not in (NOTHING, COMMONEST):
        raise UnknownControl(model)
    return ControlBrain(call=call if model == COMMONEST else None)
