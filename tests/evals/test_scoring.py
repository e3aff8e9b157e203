"""Judging a turn, and the arithmetic of a run."""

import math

import pytest

from evals.judging import arguments_of_calls, counted, failures_of, tools_right
from evals.results import ArgumentRecord, RunRecord, Tokens, TurnRecord
from evals.scenario import Expectation, Scenario
from evals.scoring import noise, outcome_figures, pass_hat_k, quantile, sum_up, wilson_interval
from tests.evals.turns import KSB, PUMP, called


def judge(expect: dict, outcome: str = "answer", calls=(), answer: str = "", cited: bool = False, ungrounded=()):
    return failures_of(Expectation.model_validate(expect), outcome, calls, answer, cited, ungrounded)


def test_an_outcome_is_one_of_those_accepted():
    assert judge({"outcome": "answer"}) == []
    assert judge({"outcome": ["clarify", "refuse"]}, "refuse") == []
    assert judge({"outcome": ["clarify", "refuse"]}) == ["outcome: answer, expected clarify or refuse"]


def test_contains_and_not_contains_ignore_case():
    assert judge({"contains": ["rul"], "not_contains": ["certainly"]}, answer="RUL 40 h") == []
    assert judge({"contains": ["RUL"], "not_contains": ["Certainly"]}, answer="certainly") == [
        "contains: the answer lacks 'RUL'",
        "not_contains: the answer has 'Certainly'",
    ]


def test_a_forbidden_tool_may_not_even_be_proposed():
    call = called("train_models", "proposed", machine_id=PUMP)
    assert judge({"forbid": ["train_models"]}, calls=[call]) == ["forbid: train_models was called or proposed"]


def test_citations_are_required_or_excluded_or_free():
    assert judge({"cites": True}, cited=True) == []
    assert judge({"cites": True}) == ["cites: the answer carries no citation"]
    assert judge({"cites": False}, cited=True) == ["cites: the answer carries citations"]
    assert judge({}, cited=True) == []


def test_an_answer_is_grounded_unless_the_scenario_waives_it():
    assert judge({}, ungrounded=["42"]) == ["grounded: nothing in the conversation holds 42"]
    assert judge({"grounded": False}, ungrounded=["42"]) == []


def test_no_tools_with_strict_means_none_and_without_means_nothing():
    health = called("predict_health", machine_id=PUMP)
    assert judge({"tools": [], "match": "strict"}, calls=[health]) != []
    assert judge({"tools": []}, calls=[health]) == []


def test_a_rejected_change_was_never_called_and_a_proposed_one_was():
    calls = [called("train_models", status, machine_id=PUMP) for status in ("proposed", "done", "failed", "rejected")]
    assert [call.status for call in counted(calls)] == ["proposed", "done", "failed"]


def test_tool_choice_is_judged_apart_from_arguments():
    expect = Expectation.model_validate({"tools": [{"name": "predict_health", "args": {"machine_id": PUMP}}]})
    wrong_machine = [called("predict_health", machine_id=KSB)]
    assert tools_right(expect, wrong_machine) is True
    assert [each.right for each in arguments_of_calls(expect, wrong_machine)] == [False]
    assert tools_right(expect, [called("rank_fleet")]) is False
    assert [each.right for each in arguments_of_calls(expect, [])] == [False]
    assert tools_right(Expectation(), wrong_machine) is None


@pytest.mark.parametrize(
    ("passes", "n", "k", "value"),
    [([4], 4, 4, 1.0), ([3], 4, 4, 0.0), ([3], 4, 1, 0.75), ([3], 4, 2, 3 / 6), ([4, 2], 4, 2, (1 + 1 / 6) / 2)],
)
def test_pass_hat_k_is_the_chance_that_k_runs_all_pass(passes: list[int], n: int, k: int, value: float):
    assert math.isclose(pass_hat_k(passes, n, k), value)


def test_wilson_s_interval_is_that_of_the_textbook():
    interval = wilson_interval(8, 10)  # centre (0.8 + 0.19207) / 1.38415 = 0.71674, half width 0.22658
    assert (round(interval.low, 4), round(interval.high, 4)) == (0.4902, 0.9433)
    assert wilson_interval(0, 10).low == 0.0
    assert math.isclose(wilson_interval(10, 10).high, 1.0)


def test_quantiles_lie_between_the_values():
    assert quantile([1.0, 2.0, 3.0, 4.0], 0.5) == 2.5
    assert math.isclose(quantile([1.0, 2.0, 3.0, 4.0], 0.95), 3.85)
    assert quantile([7.0], 0.95) == 7.0


def argument(right: bool, close: bool) -> ArgumentRecord:
    return ArgumentRecord(tool="rank_fleet", argument="top", right=right, close=close)


def record(passed: bool, latency_s: float = 1.0) -> RunRecord:
    turn = TurnRecord(
        said="hi", image=None, outcome="answer", tools=(), answer="", citations=(), ungrounded=(),
        failures=() if passed else ("outcome: answer, expected refuse",), tools_right=passed, arguments_right=1,
        arguments_expected=2, arguments=(argument(True, True), argument(False, passed)), latency_s=latency_s,
        jobs_s=0.0, calls_right=int(passed), calls_expected=1, tokens=Tokens(input=1000, output=100),
    )  # fmt: skip
    return RunRecord(passed=passed, turns=(turn,))


def test_a_run_is_summed_up_by_hand():
    turns = [{"user": "hi", "expect": {"tools": [{"name": "rank_fleet"}]}}]
    scenarios = [Scenario.model_validate({"id": name, "tags": ["x", name], "turns": turns}) for name in "ab"]
    runs = [[record(True), record(True)], [record(True), record(False, 3.0)]]
    result = sum_up(scenarios, runs, "offline", 7, 1.0, price=(1.0, 10.0))
    assert (result.n, result.passed, result.pass_rate) == (2, 1, 0.5)
    assert (result.pass_at_1, result.pass_hat_k) == (0.75, 0.5)  # (1 + 1/2) / 2, and (1 + 0) / 2
    assert (result.tool_accuracy, result.argument_accuracy) == (0.75, 0.5)
    assert (result.latency_p50_s, result.by_tag["x"].n, result.by_tool["rank_fleet"].passed) == (1.0, 2, 3)
    assert [s.passed for s in result.scenarios] == [True, False]
    assert result.scenarios[1].turns[0].failures  # the run that failed is the one shown
    assert (result.call_accuracy, result.argument_accuracy_close) == (0.75, 7 / 8)
    assert result.by_argument["rank_fleet.top"].model_dump() == {"right": 4, "close": 7, "n": 8}
    assert result.tokens == Tokens(input=4000, output=400)
    assert result.cost_usd == 0.008
    assert result.noise is not None
    assert (result.noise.flipping, result.noise.scenarios, result.noise.differing) == (1, ("b",), 1.0)


def test_the_noise_floor_is_what_two_runs_are_expected_to_differ_in():
    assert noise(["a", "b"], [4, 0], n=4).differing == 0.0
    assert noise(["a", "b"], [2, 3], n=4).differing == round(2 * 2 * 2 / 12 + 2 * 3 * 1 / 12, 4)


def ended(outcome: str, *expected: str) -> TurnRecord:
    return record(True).turns[0].model_copy(update={"outcome": outcome, "expected": {"outcome": list(expected)}})


def test_refusals_have_precision_and_recall():
    turns = [
        ended("refuse", "refuse"), ended("answer", "refuse"), ended("refuse", "clarify", "refuse"),
        ended("refuse", "answer"), ended("clarify", "clarify", "refuse"), record(True).turns[0],
    ]  # fmt: skip
    figures = outcome_figures(turns, "refuse")
    assert figures is not None
    assert (figures.precision, figures.ended_so) == (2 / 3, 3)  # of three refusals one should have been an answer
    assert (figures.recall, figures.must) == (0.5, 2)  # of two that must be refused one was answered
    assert outcome_figures(turns, "error") is None
