"""Sum a run up: rates with their intervals, accuracies, what costs what, and how much of it is noise."""

import math
from collections.abc import Sequence
from typing import get_args

from agent.turns import Outcome
from evals.citing import citation_figures
from evals.results import (
    ArgumentRecord,
    ArgumentTally,
    EvalResult,
    Noise,
    OutcomeFigures,
    RunRecord,
    ScenarioResult,
    Tally,
    Tokens,
    TurnRecord,
)
from evals.scenario import Scenario
from models.results import Interval


def sum_up(
    scenarios: Sequence[Scenario],
    runs: Sequence[Sequence[RunRecord]],
    model: str,
    seed: int,
    seconds: float,
    price: tuple[float, float] | None = None,
) -> EvalResult:
    """`runs[i]` are the runs of `scenarios[i]`, as many for each; `price`: USD a million tokens in, and out."""
    results = tuple(_scenario(s, r) for s, r in zip(scenarios, runs, strict=True))
    turns = [turn for of in runs for run in of for turn in run.turns]
    repeat, n, passed = len(runs[0]), len(results), sum(r.passed for r in results)
    passes = [sum(run.passed for run in of) for of in runs]
    hat = {str(k): pass_hat_k(passes, repeat, k) for k in range(1, repeat + 1)}
    judged = [turn.tools_right for turn in turns if turn.tools_right is not None]
    arguments = [each for turn in turns for each in turn.arguments]
    latencies = sorted(turn.latency_s for turn in turns)
    calls = [call for turn in turns for call in turn.tools]
    tokens = _tokens(turns)
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
        tool_accuracy=_share(sum(judged), len(judged)),
        call_accuracy=_share(sum(t.calls_right for t in turns), sum(t.calls_expected for t in turns)),
        argument_accuracy=_share(sum(each.right for each in arguments), len(arguments)),
        argument_accuracy_close=_share(sum(each.close for each in arguments), len(arguments)),
        grounded_rate=sum(not turn.ungrounded for turn in turns) / len(turns),
        latency_p50_s=quantile(latencies, 0.5),
        latency_p95_s=quantile(latencies, 0.95),
        seconds=seconds,
        by_tag=_by_tag(results),
        by_tool=_by_tool(scenarios, runs),
        by_argument=_by_argument(turns),
        outcomes={label: figures for label in get_args(Outcome) if (figures := outcome_figures(turns, label))},
        citations=citation_figures(turns),
        calls=len(calls),
        calls_failed=sum(call.status == "failed" for call in calls),
        tokens=tokens,
        cost_usd=(tokens.input * price[0] + tokens.output * price[1]) / 1e6 if tokens and price else None,
        noise=noise([s.id for s in scenarios], passes, repeat) if repeat > 1 else None,
        scenarios=results,
    )


def outcome_figures(turns: Sequence[TurnRecord], label: str) -> OutcomeFigures | None:
    """Precision and recall of an outcome such as refuse; None where no turn is expected to end so and none does.

    A turn that may end in several ways is right in each of them, and is missed in none.
    """
    stated = [(turn.outcome, turn.expected["outcome"]) for turn in turns if turn.expected.get("outcome")]
    ended = [label in expected for outcome, expected in stated if outcome == label]
    must = [outcome == label for outcome, expected in stated if list(expected) == [label]]
    if not ended and not must:
        return None
    return OutcomeFigures(
        precision=_share(sum(ended), len(ended)), ended_so=len(ended), recall=_share(sum(must), len(must)),
        must=len(must),
    )  # fmt: skip


def noise(ids: Sequence[str], passes: Sequence[int], n: int) -> Noise:
    """How much two runs of the same agent differ: a scenario that passed c of n runs differs between two of them with
    the chance 2 c (n - c) / (n (n - 1)).

    >>> noise(["a", "b", "c"], [3, 1, 0], n=3).differing  # b: 2 · 1 · 2 / (3 · 2)
    0.6667
    """
    flipping = tuple(id_ for id_, c in zip(ids, passes, strict=True) if 0 < c < n)
    return Noise(
        flipping=len(flipping),
        differing=round(sum(2 * c * (n - c) / (n * (n - 1)) for c in passes), 4),
        scenarios=flipping,
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
    return {tag: _tally([r.passed for r in results if tag in r.tags]) for tag in tags}


def _by_tool(scenarios: Sequence[Scenario], runs: Sequence[Sequence[RunRecord]]) -> dict[str, Tally]:
    passed: dict[str, list[bool]] = {}
    for scenario, of in zip(scenarios, runs, strict=True):
        for run in of:
            for scripted, turn in zip(scenario.turns, run.turns, strict=False):
                for name in {call.name for call in scripted.expect.tools or ()}:
                    passed.setdefault(name, []).append(not turn.failures)
    return {name: _tally(each) for name, each in sorted(passed.items())}


def _by_argument(turns: Sequence[TurnRecord]) -> dict[str, ArgumentTally]:
    found: dict[str, list[ArgumentRecord]] = {}
    for turn in turns:
        for each in turn.arguments:
            found.setdefault(f"{each.tool}.{each.argument}", []).append(each)
    return {
        name: ArgumentTally(right=sum(a.right for a in each), close=sum(a.close for a in each), n=len(each))
        for name, each in sorted(found.items())
    }


def _tally(passed: Sequence[bool]) -> Tally:
    return Tally(passed=sum(passed), n=len(passed), interval=wilson_interval(sum(passed), len(passed)))


def _tokens(turns: Sequence[TurnRecord]) -> Tokens | None:
    told = [turn.tokens for turn in turns if turn.tokens]
    return Tokens(input=sum(t.input for t in told), output=sum(t.output for t in told)) if told else None


def _share(part: int, n: int) -> float | None:
    return part / n if n else None
