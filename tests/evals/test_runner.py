"""A whole run: each scenario on a plant of its own, in order, repeated, with controls that must fail."""

import json
from pathlib import Path

import pytest

from evals.controls import COMMONEST, MOST_THAT_MAY_PASS, NOTHING, UnknownControl, commonest_call
from evals.runner import run_suite
from evals.scenario import SHIPPED, Scenario, read_scenarios
from settings import Settings
from tests.evals.turns import KSB, PUMP
from ui.eval_command import eval_command

ASKS = {"user": "describe pump 4", "expect": {"tools": [{"name": "describe_machine", "args": {"machine_id": PUMP}}]}}
LOGS = {"user": "log a cleaning", "expect": {"outcome": "approval", "tools": [{"name": "log_maintenance"}]}}
GREETS = {"user": "hello", "expect": {"outcome": "answer", "tools": [], "match": "strict"}}


def scenarios(**turns: dict) -> list[Scenario]:
    stated = [{"id": id_, "tags": ["t"], "plant": "empty", "turns": [turn]} for id_, turn in turns.items()]
    return [Scenario.model_validate(each) for each in stated]


def settings(home: Path, model: str) -> Settings:
    return Settings(home=home, model=model)


def test_an_agent_that_calls_nothing_passes_only_what_expects_nothing(tmp_path: Path):
    heard = []
    result = run_suite(
        scenarios(asks=ASKS, greets=GREETS), settings(tmp_path, NOTHING), repeat=2, workers=1,
        progress=lambda done, of, ended: heard.append((done, of)),
    )  # fmt: skip
    assert [(s.id, s.passed, len(s.runs)) for s in result.scenarios] == [("asks", False, 2), ("greets", True, 2)]
    assert (result.model, result.pass_rate, result.tool_accuracy) == (NOTHING, 0.5, 0.5)
    assert heard[-1] == (4, 4)


def test_the_commonest_call_is_the_tool_and_the_arguments_expected_most():
    other = {**ASKS, "expect": {"tools": [{"name": "describe_machine", "args": {"machine_id": KSB}}]}}
    call = commonest_call(scenarios(a=ASKS, b=other, c=ASKS, d=LOGS))
    assert call is not None
    assert (call.name, call.args) == ("describe_machine", {"machine_id": PUMP})


def test_processes_run_side_by_side_and_keep_the_order(tmp_path: Path):
    result = run_suite(scenarios(logs=LOGS, asks=ASKS, more=ASKS), settings(tmp_path, COMMONEST), workers=2)
    assert [(s.id, s.passed) for s in result.scenarios] == [("logs", False), ("asks", True), ("more", True)]
    assert list((tmp_path / "cache").glob("eval-*")) == []


def test_no_plant_is_prepared_for_a_control_that_does_not_exist(tmp_path: Path):
    with pytest.raises(UnknownControl, match="control:nothing"):
        run_suite(scenarios(asks=ASKS), settings(tmp_path, "control:oracle"))


def test_no_shipped_scenario_passes_an_agent_that_calls_nothing_by_what_it_expects():
    """Every one asks for a call or an outcome other than a bare answer; so the control passes none."""
    empty = [
        s.id
        for s in read_scenarios([SHIPPED])
        if all(not turn.expect.tools and "answer" in (turn.expect.outcome or ("answer",)) for turn in s.turns)
    ]
    assert len(empty) <= MOST_THAT_MAY_PASS


@pytest.fixture
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MILLWRIGHT_HOME", str(tmp_path / "home"))
    path = tmp_path / "suite.yaml"
    path.write_text(json.dumps([{"id": n, "plant": "empty", "turns": [t]} for n, t in (("a", ASKS), ("b", GREETS))]))
    return path


@pytest.mark.parametrize(("min_pass", "code"), [(0.0, 0), (0.5, 0), (0.6, 1)])
def test_a_run_below_the_pass_rate_asked_for_exits_with_one(suite: Path, min_pass: float, code: int):
    assert eval_command([suite], models=[NOTHING], min_pass=min_pass, workers=1) == code


def test_json_on_standard_output_is_one_document_and_nothing_else(suite: Path, capsys: pytest.CaptureFixture[str]):
    eval_command([suite], models=[NOTHING], json_file=Path("-"), workers=1)
    result = json.loads(capsys.readouterr().out)
    figures = {"pass_rate", "pass_at_1", "pass_hat_k", "tool_accuracy", "argument_accuracy", "grounded_rate"}
    assert figures | {"latency_p50_s", "latency_p95_s", "model", "scenarios"} <= set(result)
    assert set(result["scenarios"][0]) >= {"id", "tags", "passed", "runs", "turns"}
    turn = result["scenarios"][0]["turns"][0]
    assert set(turn) >= {"outcome", "tools", "answer", "failures", "latency_s"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- id: one\n  turns: [{user: hi, expects: {}}]\n", "turns.0.expects: unknown key"),
        ("nonsense", "list of scenarios"),
    ],
)
def test_a_wrong_scenario_file_is_wrong_usage(suite: Path, capsys: pytest.CaptureFixture[str], text: str, said: str):
    suite.write_text(text)
    assert eval_command([suite]) == 2
    assert said in capsys.readouterr().err


def test_no_file_is_wrong_usage_and_names_the_shipped_suites(capsys: pytest.CaptureFixture[str]):
    assert eval_command([]) == 2
    assert "routing.yaml" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_found_before_the_run(suite: Path, capsys: pytest.CaptureFixture[str]):
    assert eval_command([suite], models=[NOTHING], report=suite / "below-a-file") == 2
    assert "cannot be written" in capsys.readouterr().err
