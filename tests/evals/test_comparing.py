"""Two runs in pairs, a stored run judged anew, and what is written of a run."""

import json
from pathlib import Path

import pytest
from junitparser import JUnitXml

from evals.comparing import compare
from evals.controls import COMMONEST, NOTHING, run_controls
from evals.judging import judged
from evals.junit import write_junit
from evals.rescoring import NoResult, OtherScenarios, read_result, rescored
from evals.results import EvalResult, RunRecord, TurnRecord
from evals.runner import run_suite
from evals.scenario import Scenario
from evals.scoring import sum_up
from machine_profiles.reading import SHIPPED, load_catalog
from settings import Settings
from tests.evals.turns import PUMP
from ui.eval_command import eval_command
from ui.eval_tables import comparison_lines

MACHINES = dict(load_catalog(SHIPPED))


def scenarios(names: str, expect: dict | None = None) -> list[Scenario]:
    turn = {"user": "hi", "expect": expect or {"outcome": "answer"}}
    return [Scenario.model_validate({"id": name, "tags": ["t"], "turns": [turn]}) for name in names]


def run_of(right: bool) -> RunRecord:
    turn = TurnRecord(
        said="hi", image=None, outcome="answer" if right else "refuse", tools=(), answer="No.", citations=(),
        latency_s=1.0, jobs_s=0.5,
    )  # fmt: skip
    return RunRecord(passed=False, turns=(turn,))


def result(model: str, passed: dict[str, bool], expect: dict | None = None) -> EvalResult:
    each = scenarios("".join(passed), expect)
    runs = [[judged(scenario, run_of(passed[scenario.id]), MACHINES)] for scenario in each]
    return sum_up(each, runs, model, 7, 1.0)


def test_regressions_come_first_with_their_reasons_and_an_exact_test():
    before = result("A", dict.fromkeys("abcdefgh", True) | {"i": False, "j": False})
    after = result("B", {"a": True} | dict.fromkeys("bcdefgh", False) | {"i": True, "j": False})
    found = compare(before, after)
    assert [change.id for change in found.regressions] == list("bcdefgh")
    assert found.regressions[0].why == ("turn 1: outcome: refuse, expected answer",)
    assert [change.id for change in found.gains] == ["i"]
    assert (found.n, found.both, found.neither, found.difference) == (10, 1, 1, -0.6)
    assert round(found.p, 6) == round(2 * (1 + 8) / 2**8, 6)  # two-sided binomial: at most one of eight
    said = list(comparison_lines(after.model_copy(update={"comparisons": (found,)})))
    assert said[1].startswith("  worse: b (1 of 1 → 0 of 1)")
    assert "no more than chance" in said[0]


def test_the_same_run_twice_is_no_difference():
    one = result("A", {"a": True, "b": False})
    found = compare(one, one)
    assert (found.p, found.difference, found.regressions, found.gains, found.unpaired) == (1.0, 0.0, (), (), ())


def test_only_what_both_runs_were_asked_is_compared():
    before = result("A", {"a": True, "b": True})
    other = result("B", {"a": False, "c": True})
    assert (compare(before, other).n, compare(before, other).unpaired) == (1, ("b", "c"))
    stricter = result("B", {"a": True, "b": True}, {"outcome": "refuse"})
    assert compare(before, stricter).n == 0


def test_a_stored_run_is_judged_by_what_is_expected_now():
    stored = result("A", {"a": True, "b": False})
    again = rescored(stored, scenarios("ab", {"outcome": "refuse", "contains": ["no"]}))
    assert [s.passed for s in again.scenarios] == [False, True]
    assert (again.model, again.seconds) == ("A", 1.0)
    assert rescored(stored, scenarios("ab")) == stored


def test_a_stored_run_of_other_words_is_not_judged():
    with pytest.raises(OtherScenarios, match="'c' was not run"):
        rescored(result("A", {"a": True}), scenarios("c"))
    other = Scenario.model_validate({"id": "a", "turns": [{"user": "bye"}]})
    with pytest.raises(OtherScenarios, match="says other things"):
        rescored(result("A", {"a": True}), [other])


def test_what_is_no_result_is_told(tmp_path: Path):
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(NoResult, match="is no result"):
        read_result(tmp_path / "x.json")


def test_the_command_rescoring_and_comparing_runs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    monkeypatch.setenv("MILLWRIGHT_HOME", str(tmp_path / "home"))
    stored, suite = tmp_path / "stored.json", tmp_path / "suite.yaml"
    stored.write_text(result("A", {"a": True, "b": False}).model_dump_json())
    suite.write_text(json.dumps([{"id": n, "turns": [{"user": "hi", "expect": {"outcome": "answer"}}]} for n in "ab"]))
    written = tmp_path / "again.json"
    assert eval_command([suite], rescore=stored, against=stored, json_file=written, min_pass=0.6) == 1
    again = read_result(written)
    assert (again.pass_rate, again.comparisons[0].p) == (0.5, 1.0)
    assert "A against A, 2 scenarios in pairs" in capsys.readouterr().out
    assert not (tmp_path / "home" / "evals").exists()
    assert eval_command([suite], models=["offline"], rescore=stored) == 2


def test_junit_has_a_case_for_each_scenario(tmp_path: Path):
    write_junit(result("A", {"a": True, "b": False}), tmp_path / "junit.xml")
    (suite,) = JUnitXml.fromfile(str(tmp_path / "junit.xml"))
    assert (suite.tests, suite.failures, suite.time) == (2, 1, 3.0)
    failed = next(case for case in suite if case.result)
    assert (failed.name, failed.classname) == ("b", "t")
    assert failed.result[0].message == "turn 1: outcome: refuse, expected answer"


DESCRIBED = {"tools": [{"name": "describe_machine", "args": {"machine_id": PUMP}}]}
CLEANED = {"name": "log_maintenance", "args": {"machine_id": PUMP, "action": "cleaning"}}
LOG = [{"user": "log it", "expect": {"outcome": "approval", "tools": [CLEANED]}}]
MIXED = {
    "reads": [{"user": "describe it", "expect": DESCRIBED}],
    "greets": [{"user": "hello", "expect": {"tools": [], "match": "strict"}}],
    "proposes": LOG,
    "does": [*LOG, {"approve": True, "expect": {"outcome": "answer", "tools": [CLEANED]}}],
    "rejects": [*LOG, {"approve": False, "expect": {"outcome": "answer", "tools": [], "match": "strict"}}],
    "says": [{"user": "hello", "expect": {"contains": ["Haas"]}}],
}


@pytest.mark.parametrize("commonest", ["reads", "proposes"])
@pytest.mark.parametrize("name", [NOTHING, COMMONEST])
def test_a_control_passes_what_it_would_pass_if_it_were_run(tmp_path: Path, name: str, commonest: str):
    stated = {**MIXED, **{f"more{n}": MIXED[commonest] for n in range(3)}}
    asked = [Scenario.model_validate({"id": id_, "plant": "empty", "turns": t}) for id_, t in stated.items()]
    run = run_suite(asked, Settings(home=tmp_path, model=name), workers=1)
    assert run_controls(asked)[name].scenarios == tuple(s.id for s in run.scenarios if s.passed)
