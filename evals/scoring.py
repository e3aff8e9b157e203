"""Judge a turn against what its scenario expects, and sum a run up."""

import math
from collections.abc import Sequence

from agent.turns import ToolCall
from evals.arguments import wrong_arguments
from evals.matching import faults_of_calls, pair, same_tool
from evals.results import EvalResult, RunRecord, ScenarioResult, Tally
from evals.scenario import Expectation, Scenario
from models.results import Interval


def counted(calls: Sequence[ToolCall]) -> list[ToolCall]:
    """The calls that count: done, failed or proposed; one that a person rejected was never made."""
    return [call for call in calls if call.status != "rejected"]


def failures_of(
    expect: Expectation, outcome: str, calls: Sequence[ToolCall], answer: str, cited: bool, ungrounded: Sequence[str]
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


def tools_right(expect: Expectation, calls: Sequence[ToolCall]) -> bool | None:
    """Whether the right tools were called, arguments aside; None where the scenario expects nothing of them."""
    if expect.tools is None and not expect.forbid:
        return None
    called = {call.name for call in calls}
    fitting = not faults_of_calls(expect.tools, calls, expect.match, same_tool) if expect.tools is not None else True
    return fitting and not called & set(expect.forbid)


def arguments_right(expect: Expectation, calls: Sequence[ToolCall]) -> tuple[int, int]:
    """How many of the listed arguments were right, and how many were listed; a call not made has none right."""
    tools = expect.tools or ()
    exact = pair(tools, calls)
    by_name = {**pair(tools, calls, same_tool), **exact}
    right = listed = 0
    for n, call in enumerate(tools):
        listed += len(call.args)
        if n in by_name:
            right += len(call.args) - len(wrong_arguments(call.name, call.args, calls[by_name[n]].args))
    return right, listed


def sum_up(
    scenarios: Sequence[Scenario], runs: Sequence[Sequence[RunRecord]], model: str, seed: int, seconds: float
) -> EvalResult:
    """`runs[i]` are the runs of `scenarios[i]`, as many for each."""
    results = tuple(_scenario(s, r) for s, r in zip(scenarios, runs, strict=True))
    turns = [turn for of in runs for run in of for turn in run.turns]
    repeat, n, passed = len(runs[0]), len(results), sum(r.passed for r in results)
    hat = {str(k): pass_hat_k([sum(run.passed for run in of) for of in runs], repeat, k) for k in range(1, repeat + 1)}
    judged = [turn.tools_right for turn in turns if turn.tools_right is not None]
    listed = sum(turn.arguments_expected for turn in turns)
    latencies = sorted(turn.latency_s for turn in turns)
    return EvalResult(
        model=model,
        seed=seed,
        repeat=repeat,
        n=n,
        passed=passed,
        pass_rate=passed / n,
        pass_rate_interval=wilson_interval(passed, n),
        pass_at_1=hat["1"],
        pass_hat_k=hat[str(repeat)],
        pass_hat=hat,
        tool_accuracy=sum(judged) / len(judged) if judged else None,
        argument_accuracy=sum(turn.arguments_right for turn in turns) / listed if listed else None,
        grounded_rate=sum(not turn.ungrounded for turn in turns) / len(turns),
        latency_p50_s=quantile(latencies, 0.5),
        latency_p95_s=quantile(latencies, 0.95),
        seconds=seconds,
        by_tag=_by_tag(results),
        by_tool=_by_tool(scenarios, runs),
        scenarios=results,
    )


def pass_hat_k(passes: Sequence[int], n: int, k: int) -> float:
    """The chance that k runs of a scenario all pass: the mean over scenarios of C(passes, k) / C(n, k).

    The unbiased estimator of pass^k of tau-bench (Yao et al. 2024, section 3), from n runs each.

    >>> round(pass_hat_k([4, 2], n=4, k=2), 4)  # (1 + 1/6) / 2
    0.5833
    """
    return sum(math.comb(c, k) / math.comb(n, k) for c in passes) / len(passes)


def wilson_interval(passed: int, n: int, z: float = 1.959964) -> Interval:
    """Wilson's score interval of a share, at 95 % (Wilson 1927, JASA 22, 209-212)."""
    share, reach = passed / n, z * z / n
    middle = (share + reach / 2) / (1 + reach)
    half = z * math.sqrt(share * (1 - share) / n + reach / (4 * n)) / (1 + reach)
    return Interval(low=max(0.0, middle - half), high=min(1.0, middle + half), confidence=0.95)


def quantile(ordered: Sequence[float], share: float) -> float:
    """By linear interpolation between the ordered values."""
    at = share * (len(ordered) - 1)
    low = math.floor(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def _scenario(scenario: Scenario, runs: Sequence[RunRecord]) -> ScenarioResult:
    shown = next((run for run in runs if not run.passed), runs[0])
    passed = all(run.passed for run in runs)
    return ScenarioResult(id=scenario.id, tags=scenario.tags, passed=passed, runs=tuple(runs), turns=shown.turns)


def _by_tag(results: Sequence[ScenarioResult]) -> dict[str, Tally]:
    tags = sorted({tag for result in results for tag in result.tags})
    having = {tag: [r.passed for r in results if tag in r.tags] for tag in tags}
    return {tag: Tally(passed=sum(passed), n=len(passed)) for tag, passed in having.items()}


def _by_tool(scenarios: Sequence[Scenario], runs: Sequence[Sequence[RunRecord]]) -> dict[str, Tally]:
    passed: dict[str, list[bool]] = {}
    for scenario, of in zip(scenarios, runs, strict=True):
        for run in of:
            for scripted, turn in zip(scenario.turns, run.turns, strict=False):
                for name in {call.name for call in scripted.expect.tools or ()}:
                    passed.setdefault(name, []).append(not turn.failures)
    return {name: Tally(passed=sum(each), n=len(each)) for name, each in sorted(passed.items())}
