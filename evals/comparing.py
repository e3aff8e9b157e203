"""Two runs of the same scenarios, paired: what got worse, what got better, and whether that is more than chance."""

import math
from collections.abc import Sequence

from evals.results import Change, Comparison, EvalResult, ScenarioResult
from models.results import Interval


def compare(baseline: EvalResult, candidate: EvalResult) -> Comparison:
    """Scenarios that both runs have, with the same expectations; regressions come first.

    `p` is that of McNemar's exact test on the scenarios that differ (McNemar 1947, Psychometrika 12, 153-157), and the
    interval is Wald's for a difference of paired shares (Agresti 2013, section 11.1.1), at 95 %.
    """
    from statsmodels.stats.contingency_tables import mcnemar  # heavy: scipy

    before = {each.id: each for each in baseline.scenarios}
    after = {each.id: each for each in candidate.scenarios}
    paired = [id_ for id_ in before if id_ in after and _expectations(before[id_]) == _expectations(after[id_])]
    n = len(paired)
    lost = [id_ for id_ in paired if before[id_].passed and not after[id_].passed]
    won = [id_ for id_ in paired if after[id_].passed and not before[id_].passed]
    both = sum(before[id_].passed and after[id_].passed for id_ in paired)
    b, c, of = len(lost), len(won), max(n, 1)
    reach = 1.959964 * math.sqrt(b + c - (b - c) ** 2 / of) / of
    return Comparison(
        baseline=baseline.model,
        candidate=candidate.model,
        n=n,
        both=both,
        neither=n - both - b - c,
        regressions=tuple(_change(before[id_], after[id_], after[id_]) for id_ in lost),
        gains=tuple(_change(before[id_], after[id_], before[id_]) for id_ in won),
        baseline_rate=(both + b) / of,
        candidate_rate=(both + c) / of,
        difference=(c - b) / of,
        interval=Interval(low=(c - b) / of - reach, high=(c - b) / of + reach, confidence=0.95),
        p=float(mcnemar([[both, b], [c, n - both - b - c]], exact=True).pvalue) if b + c else 1.0,
        unpaired=tuple(sorted({*before, *after} - set(paired))),
    )


def _expectations(scenario: ScenarioResult) -> Sequence[object]:
    return [(turn.said, turn.expected) for turn in scenario.turns]


def _change(before: ScenarioResult, after: ScenarioResult, failed: ScenarioResult) -> Change:
    return Change(id=before.id, before=_count(before), after=_count(after), why=reasons(failed))


def reasons(scenario: ScenarioResult) -> tuple[str, ...]:
    """Why it failed, by the first run that did."""
    run = next((run for run in scenario.runs if not run.passed), None)
    if run is None:
        return ()
    return (*(f"turn {n}: {why}" for n, turn in enumerate(run.turns, 1) for why in turn.failures), *run.end_state)


def _count(scenario: ScenarioResult) -> str:
    return f"{sum(run.passed for run in scenario.runs)} of {len(scenario.runs)}"
