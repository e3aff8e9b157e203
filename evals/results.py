"""What an eval run found: every turn with its failures, and the figures over all of them."""

from typing import Any, Literal

from models.results import Interval, Result


class CallRecord(Result):
    name: str
    args: dict[str, Any]
    effect: Literal["read", "create", "change"]
    status: Literal["done", "failed", "proposed", "rejected"]
    kind: str | None = None
    result: dict[str, Any] | None
    error: str | None
    seconds: float = 0.0
    receipt: str | None = None


class ArgumentRecord(Result):
    """A listed argument of an expected call. `right` as the contract compares; `close` allows a near miss as well."""

    tool: str
    argument: str
    right: bool
    close: bool


class ClaimRecord(Result):
    """A sentence that carries a citation, and how far the passage it cites says it."""

    text: str
    reference: str
    passage: str
    words: float  # share of the sentence's words that stand in the passage
    meaning: float | None  # cosine similarity of the two; None where the words suffice
    supported: bool


class Tokens(Result):
    input: int
    output: int


class TurnRecord(Result):
    """One turn as it went and as it was judged; it passed where `failures` is empty.

    What was observed suffices to judge it anew: `faults` are those of the run itself, which stand whatever is expected.
    """

    said: str  # the message, or the answer to the card as the scenario states it
    image: str | None
    outcome: str
    tools: tuple[CallRecord, ...]
    answer: str
    citations: tuple[str, ...]
    card: tuple[dict[str, Any], ...] = ()  # arguments and preview of what waits after the turn
    jobs: tuple[dict[str, Any], ...] = ()  # those that ended within the turn
    faults: tuple[str, ...] = ()
    answered: bool = True  # whether the agent gave a turn at all
    latency_s: float  # the agent's own time, without waiting for jobs
    jobs_s: float
    tokens: Tokens | None = None  # where the model reports them

    expected: dict[str, Any] = {}  # as the scenario states it
    failures: tuple[str, ...] = ()
    ungrounded: tuple[str, ...] = ()  # numbers of the answer that trace to nothing
    tools_right: bool | None = None  # the tools called are those expected, arguments aside; None: nothing expected
    arguments_right: int = 0
    arguments_expected: int = 0
    arguments: tuple[ArgumentRecord, ...] = ()
    calls_right: int = 0  # expected calls made with every listed argument right
    calls_expected: int = 0
    claims: tuple[ClaimRecord, ...] = ()


class RunRecord(Result):
    """`end_state` says what is not as it should be under HOME after the last turn; empty where all is."""

    passed: bool
    turns: tuple[TurnRecord, ...]
    changed: tuple[str, ...] = ()  # subjects under HOME that the conversation changed
    end_state: tuple[str, ...] = ()


class ScenarioResult(Result):
    """`passed`: in every run. `turns` are those of the first run that failed, or of the first."""

    id: str
    tags: tuple[str, ...]
    passed: bool
    runs: tuple[RunRecord, ...]
    turns: tuple[TurnRecord, ...]


class Tally(Result):
    passed: int
    n: int
    interval: Interval | None = None


class ArgumentTally(Result):
    right: int
    close: int
    n: int


class OutcomeFigures(Result):
    """`precision`: of the turns that ended so, those that may; `recall`: of those that must end so, those that do."""

    precision: float | None
    ended_so: int
    recall: float | None
    must: int


class CitationFigures(Result):
    """`supported`: share of cited sentences that their passage bears out; `shuffled`: that for another's passage."""

    claims: int
    supported: float
    shuffled: float | None
    shuffled_n: int


class Noise(Result):
    """What changes between two runs of the same agent: scenarios that both passed and failed, and those that two runs
    are expected to differ in. A difference no larger than that says nothing."""

    flipping: int
    differing: float
    scenarios: tuple[str, ...]


class ControlResult(Result):
    passed: int
    n: int
    rate: float
    scenarios: tuple[str, ...]  # ids of those it passes


class Change(Result):
    id: str
    before: str  # "3 of 3"
    after: str
    why: tuple[str, ...]  # of the first failed run of the side that failed


class Comparison(Result):
    """Paired by scenario, each passed where it passed in every run. `p`: McNemar's exact test, two-sided."""

    baseline: str
    candidate: str
    n: int
    both: int
    neither: int
    regressions: tuple[Change, ...]
    gains: tuple[Change, ...]
    baseline_rate: float
    candidate_rate: float
    difference: float
    interval: Interval
    p: float
    unpaired: tuple[str, ...]  # ids that only one side has, or whose expectations differ


class EvalResult(Result):
    """`pass_rate`: share of scenarios that passed in every run, with its Wilson interval.

    `pass_at_1`: chance that one run of a scenario passes. `pass_hat_k`: chance that k = `repeat` runs all pass, as in
    tau-bench; `pass_hat` has it for every k up to that. Accuracies are None where nothing was expected.
    """

    model: str
    seed: int
    repeat: int
    n: int
    passed: int
    pass_rate: float
    pass_rate_interval: Interval
    pass_at_1: float
    pass_hat_k: float
    pass_hat: dict[str, float]
    tool_accuracy: float | None
    call_accuracy: float | None = None  # expected calls made with every listed argument right
    argument_accuracy: float | None
    argument_accuracy_close: float | None = None
    grounded_rate: float
    latency_p50_s: float
    latency_p95_s: float
    seconds: float
    by_tag: dict[str, Tally]
    by_tool: dict[str, Tally]  # turns that expect the tool, and those of them that passed
    by_argument: dict[str, ArgumentTally] = {}  # tool.argument
    outcomes: dict[str, OutcomeFigures] = {}
    citations: CitationFigures | None = None
    calls: int = 0
    calls_failed: int = 0
    tokens: Tokens | None = None
    cost_usd: float | None = None
    noise: Noise | None = None
    controls: dict[str, ControlResult] = {}
    comparisons: tuple[Comparison, ...] = ()
    scenarios: tuple[ScenarioResult, ...]
