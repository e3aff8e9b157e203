"""What `millwright eval` says on the terminal: failures, comparison, figures."""

from collections.abc import Iterator

from rich.table import Table

from evals.comparing import reasons
from evals.controls import MOST_THAT_MAY_PASS
from evals.results import Comparison, EvalResult


def failed_lines(result: EvalResult) -> Iterator[str]:
    for scenario in result.scenarios:
        if not scenario.passed:
            yield "\n  ".join([f"failed: {scenario.id}", *reasons(scenario)])


def comparison_lines(result: EvalResult) -> Iterator[str]:
    """Regressions first."""
    for each in result.comparisons:
        yield (
            f"{each.candidate} against {each.baseline}, {each.n} scenarios in pairs: {each.baseline_rate:.1%} → "
            f"{each.candidate_rate:.1%}, difference {each.difference:+.1%} "
            f"(95 %: {each.interval.low:+.1%} to {each.interval.high:+.1%}), {verdict(each)}"
        )
        for change in each.regressions:
            yield "\n    ".join([f"  worse: {change.id} ({change.before} → {change.after})", *change.why])
        for change in each.gains:
            yield f"  better: {change.id} ({change.before} → {change.after})"
        if each.unpaired:
            yield f"  not compared, because one run lacks them or expects other things: {', '.join(each.unpaired)}"


def verdict(comparison: Comparison) -> str:
    said = "no more than chance" if comparison.p >= 0.05 else "more than chance"
    return f"McNemar's p = {comparison.p:.3g}: {said}"


def summary(result: EvalResult) -> Table:
    table = Table(title=f"{result.model}: {result.passed} of {result.n} scenarios passed", show_header=False)
    for name, value in figures(result).items():
        table.add_row(name, value)
    return table


def figures(result: EvalResult) -> dict[str, str]:
    """Every figure of a run by its name, as a person reads it."""
    interval = result.pass_rate_interval
    rows = {
        "pass rate": f"{result.pass_rate:.1%} (95 %: {interval.low:.1%} to {interval.high:.1%})",
        "pass@1": f"{result.pass_at_1:.1%}",
        f"pass^{result.repeat}": f"{result.pass_hat_k:.1%}",
        "tool accuracy": _share(result.tool_accuracy),
        "calls with every argument right": _share(result.call_accuracy),
        "argument accuracy": f"{_share(result.argument_accuracy)} (near misses too: "
        f"{_share(result.argument_accuracy_close)})",
        "grounded": f"{result.grounded_rate:.1%}",
    }
    for label in ("clarify", "refuse"):
        if told := result.outcomes.get(label):
            rows[f"{label}: precision, recall"] = (
                f"{_share(told.precision)} of {told.ended_so}, {_share(told.recall)} of {told.must}"
            )
    if cited := result.citations:
        rows["citations borne out"] = (
            f"{cited.supported:.1%} of {cited.claims} sentences (shuffled: {_share(cited.shuffled)})"
        )
    rows["tool errors"] = f"{result.calls_failed} of {result.calls} calls"
    rows["latency p50, p95"] = f"{result.latency_p50_s:.2f} s, {result.latency_p95_s:.2f} s"
    if result.tokens:
        cost = "" if result.cost_usd is None else f", ${result.cost_usd:.4f}"
        rows["tokens in, out"] = f"{result.tokens.input:,}, {result.tokens.output:,}{cost}"
    if result.noise:
        rows["noise floor"] = (
            f"{result.noise.flipping} of {result.n} scenarios flip; two runs differ in {result.noise.differing:.1f}"
        )
    for name, control in result.controls.items():
        warned = " – too many: these scenarios prove nothing" if control.rate > MOST_THAT_MAY_PASS else ""
        rows[name] = f"{control.rate:.1%} ({control.passed} of {control.n}){warned}"
    rows["time"] = f"{result.seconds:.0f} s"
    return rows


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"
