"""What an eval run found: every turn with its failures, and the figures over all of them."""

from typing import Any, Literal

from models.results import Interval, Result


class CallRecord(Result):
    name: str
    args: dict[str, Any]
    effect: Literal["read", "create", "change"]
    status: Literal["done", "failed", "proposed", "rejected"]
    result: dict[str, Any] | None
    error: str | None


class TurnRecord(Result):
    """One turn as it went and as it was judged; it passed where `failures` is empty."""

    said: str  # the message, or the answer to the card as the scenario states it
    image: str | None
    outcome: str
    tools: tuple[CallRecord, ...]
    answer: str
    citations: tuple[str, ...]
    ungrounded: tuple[str, ...]  # numbers of the answer that trace to nothing
    failures: tuple[str, ...]
    tools_right: bool | None  # the tools called are those expected, whatever their arguments; None: nothing expected
    arguments_right: int
    arguments_expected: int
    latency_s: float  # the agent's own time, without waiting for jobs
    jobs_s: float


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
    argument_accuracy: float | None
    grounded_rate: float
    latency_p50_s: float
    latency_p95_s: float
    seconds: float
    by_tag: dict[str, Tally]
    by_tool: dict[str, Tally]  # turns that expect the tool, and those of them that passed
    scenarios: tuple[ScenarioResult, ...]
