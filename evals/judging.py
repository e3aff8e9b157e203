"""Judge what was observed of a run against what its scenario expects; the same for a run of now or of long ago."""

from collections.abc import Mapping, Sequence

from evals.arguments import nearly, wrong_arguments
from evals.citing import claims_of
from evals.grounding import Evidence
from evals.matching import faults_of_calls, pair, same_tool
from evals.results import ArgumentRecord, CallRecord, RunRecord, TurnRecord
from evals.scenario import Expectation, Scenario
from machine_profiles.profile import Profile


def judged(scenario: Scenario, observed: RunRecord, machines: Mapping[str, Profile]) -> RunRecord:
    """The run with every turn's failures; what its end state lacks was found when it ended, and stands."""
    evidence = Evidence(dict(machines))
    turns = tuple(
        _judged(scripted.expect, scripted.user or "", turn, evidence)
        for scripted, turn in zip(scenario.turns, observed.turns, strict=True)
    )
    passed = not observed.end_state and not any(turn.failures for turn in turns)
    return observed.model_copy(update={"turns": turns, "passed": passed})


def counted(calls: Sequence[CallRecord]) -> list[CallRecord]:
    """The calls that count: done, failed or proposed; one that a person rejected was never made."""
    return [call for call in calls if call.status != "rejected"]


def failures_of(
    expect: Expectation, outcome: str, calls: Sequence[CallRecord], answer: str, cited: bool, ungrounded: Sequence[str]
) -> list[str]:
    """Why the turn is not what was expected, one reason each; empty where it passes."""
    faults = []
    if expect.outcome is not None and outcome not in expect.outcome:
        faults.append(f"outcome: {outcome}, expected {' or '.join(expect.outcome)}")
    if expect.tools is not None:
        faults += [f"tools: {fault}" for fault in faults_of_calls(expect.tools, calls, expect.match)]
    faults += [f"forbid: {name} was called or proposed" for name in expect.forbid if name in {c.name for c in calls}]
    said = answer.casefold()
    faults += [f"contains: the answer lacks {text!r}" for text in expect.contains if text.casefold() not in said]
    faults += [f"not_contains: the answer has {text!r}" for text in expect.not_contains if text.casefold() in said]
    if expect.cites is not None and cited != expect.cites:
        faults.append(
            "cites: the answer carries no citation" if expect.cites else "cites: the answer carries citations"
        )
    if expect.grounded and ungrounded:
        faults.append(f"grounded: nothing in the conversation holds {', '.join(ungrounded)}")
    return faults


def tools_right(expect: Expectation, calls: Sequence[CallRecord]) -> bool | None:
    """Whether the right tools were called, arguments aside; None where the scenario expects nothing of them."""
    if expect.tools is None and not expect.forbid:
        return None
    called = {call.name for call in calls}
    fitting = not faults_of_calls(expect.tools, calls, expect.match, same_tool) if expect.tools is not None else True
    return fitting and not called & set(expect.forbid)


def arguments_of_calls(expect: Expectation, calls: Sequence[CallRecord]) -> list[ArgumentRecord]:
    """Every listed argument of the expected calls; those of a call that was not made are wrong."""
    tools = expect.tools or ()
    paired = {**pair(tools, calls, same_tool), **pair(tools, calls)}
    found = []
    for n, call in enumerate(tools):
        actual = calls[paired[n]].args if n in paired else None
        wrong = wrong_arguments(call.name, call.args, actual) if actual is not None else dict.fromkeys(call.args)
        for name, value in call.args.items():
            right = name not in wrong
            close = right or (actual is not None and nearly(call.name, name, value, actual))
            found.append(ArgumentRecord(tool=call.name, argument=name, right=right, close=close))
    return found


def _judged(expect: Expectation, said: str, turn: TurnRecord, evidence: Evidence) -> TurnRecord:
    evidence.hear(said)
    evidence.see(turn.tools, turn.card, turn.jobs)
    ungrounded, calls = evidence.untraced(turn.answer), counted(turn.tools)
    faults = list(turn.faults)
    if turn.answered:
        faults += failures_of(expect, turn.outcome, calls, turn.answer, bool(turn.citations), ungrounded)
    arguments, tools = arguments_of_calls(expect, calls), expect.tools or ()
    return turn.model_copy(
        update={
            "expected": expect.model_dump(mode="json", exclude_defaults=True),
            "failures": tuple(faults),
            "ungrounded": tuple(ungrounded),
            "tools_right": tools_right(expect, calls),
            "arguments": tuple(arguments),
            "arguments_right": sum(each.right for each in arguments),
            "arguments_expected": len(arguments),
            "calls_right": len(pair(tools, calls)),
            "calls_expected": len(tools),
            "claims": claims_of(turn.answer, turn.tools),
        }
    )
