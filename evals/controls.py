"""Agents that understand nothing, run beside every score: a suite that they pass proves nothing."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from evals.judging import judged
from evals.results import CallRecord, ControlResult, RunRecord, TurnRecord
from evals.scenario import ExpectedCall, Scenario
from machine_profiles.errors import MillwrightError
from machine_profiles.reading import SHIPPED, load_catalog
from tools.registry import all_tools, read_arguments
from tools.tool import Tool

NOTHING, COMMONEST = "control:nothing", "control:commonest"
MOST_THAT_MAY_PASS = 0.05
SAYS = "All is well."


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
        said = AIMessage(SAYS, additional_kwargs={"outcome": "answer"})
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


def run_controls(scenarios: Sequence[Scenario]) -> dict[str, ControlResult]:
    """What each control would pass. They answer without looking, so their turns are written down, not run."""
    call, machines = commonest_call(scenarios), dict(load_catalog(SHIPPED))
    found = {}
    for name, its in ((NOTHING, None), (COMMONEST, call)):
        passed = [s.id for s in scenarios if judged(s, _as_it_would_go(s, its), machines).passed]
        found[name] = ControlResult(
            passed=len(passed), n=len(scenarios), rate=len(passed) / len(scenarios), scenarios=tuple(passed)
        )
    return found


def _as_it_would_go(scenario: Scenario, call: ExpectedCall | None) -> RunRecord:
    """A change stays proposed until it is approved; none leaves an end state that the scenario asks for."""
    turns, declared = [], all_tools()[call.name] if call else None
    waits = False
    for scripted in scenario.turns:
        if scripted.user is not None:
            status = "proposed" if declared and declared.effect == "change" else "done"
            calls, answered = (call, status) if call else None, True
            waits = waits or status == "proposed"
        else:
            calls = (call, "done") if waits and scripted.approve is not False and call else None
            answered, waits = waits, False
        turns.append(_turn(scripted.said, calls, answered))
    asked = scenario.end_state
    unmet = asked is not None and bool(asked.changed or asked.files or asked.audit)
    return RunRecord(passed=False, turns=tuple(turns), end_state=("end_state: nothing was done",) if unmet else ())


def _turn(said: str, made: tuple[ExpectedCall, str] | None, answered: bool) -> TurnRecord:
    calls: list[CallRecord] = []
    if made:
        call, declared = made[0], all_tools()[made[0].name]
        args = _arguments(declared, call.args)
        stated = {"name": call.name, "args": args, "effect": declared.effect, "status": made[1]}
        calls.append(CallRecord.model_validate({**stated, "result": None, "error": None}))
    outcome = "approval" if made and made[1] == "proposed" else "answer"
    return TurnRecord(
        said=said, image=None, outcome=outcome if answered else "error", tools=tuple(calls), answer=SAYS, citations=(),
        faults=() if answered else ("approve: no change is waiting for an answer",), answered=answered, latency_s=0.0,
        jobs_s=0.0,
    )  # fmt: skip


def _arguments(declared: Tool, listed: dict[str, Any]) -> dict[str, Any]:
    try:
        return read_arguments(declared, listed).model_dump(mode="json")
    except MillwrightError:  # an argument that the scenarios leave free is required
        return listed


def control_brain(model: str, call: ExpectedCall | None) -> ControlBrain | None:
    """The brain of a model named `control:…`; None for any other. Raises UnknownControl."""
    if not model.startswith("control:"):
        return None
    if model not in (NOTHING, COMMONEST):
        raise UnknownControl(model)
    return ControlBrain(call=call if model == COMMONEST else None)
