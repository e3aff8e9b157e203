"""A run's figures as Markdown, as CI systems show it on a page: `python -m evals.step_summary RESULT.json…`."""

import sys
from collections.abc import Iterable
from pathlib import Path

from evals.comparing import reasons
from evals.rescoring import read_result
from evals.results import EvalResult


def step_summary(results: Iterable[EvalResult]) -> str:
    """A row for each run with its interval and its controls, and below it what failed and why."""
    each = list(results)
    lines = ["| model | passed | 95 % | controls |", "|---|---:|---|---|"]
    for run in each:
        low, high = run.pass_rate_interval.low, run.pass_rate_interval.high
        controls = ", ".join(f"{name} {control.rate:.1%}" for name, control in run.controls.items()) or "–"
        lines.append(f"| {run.model} | {run.passed} of {run.n} | {low:.1%} to {high:.1%} | {controls} |")
    failed = {s.id: reasons(s) for run in each for s in run.scenarios if not s.passed}
    lines += [""] + [f"- **{id_}**: {'; '.join(why)}" for id_, why in failed.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(step_summary(read_result(Path(each)) for each in sys.argv[1:]))
