"""Faults that a scenario asks for: read with errors that say what is right, and struck where tools are run."""

from dataclasses import replace
from pathlib import Path

import pytest
from langchain_core.messages import AIMessage

from agent.service import Copilot
from evals.conversation import hold
from evals.results import RunRecord
from evals.scenario import InvalidScenario, Scenario, read_scenarios
from evals.tool_faults import FaultyTools, Struck, ToolFault, limited
from settings import Settings
from tests.agent.scripted import call, script
from tools.plant import open_plant
from tools.registry import all_tools
from tools.running import UnusableResult, run_tool

LIST = all_tools()["list_machines"]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("{tool: list_machine, what: timeout}", "faults.0: there is no tool 'list_machine'; did you mean"),
        ("{tool: get_job, what: explodes}", "faults.0.what: Input should be 'error', 'timeout' or 'nonsense'"),
        ("{tool: get_job, what: error}", "faults.0: `message` is what an error says"),
        ("{tool: get_job, what: timeout, message: late}", "faults.0: `message` is what an error says"),
        ("{tool: get_job, on: third, what: timeout}", "faults.0.on: Input should be 'first' or 'every'"),
        ("{tool: get_job, wat: timeout}", "faults.0.wat: unknown key; did you mean `what`?"),
    ],
    ids=["tool", "what", "no message", "message too many", "which call", "key"],
)
def test_a_faulty_fault_is_told_with_file_scenario_and_key(tmp_path: Path, fault: str, said: str):
    path = tmp_path / "suite.yaml"
    path.write_text(f"- id: one\n  faults: [{fault}]\n  turns: [{{user: hello}}]\n")
    with pytest.raises(InvalidScenario) as raised:
        read_scenarios([path])
    assert f"{path}: scenario 'one': {said}" in str(raised.value)


@pytest.mark.parametrize("name", sorted(all_tools()))
def test_nonsense_of_any_tool_is_no_result(tmp_path: Path, name: str):
    faults = FaultyTools((ToolFault(tool=name, what="nonsense"),))
    plant = replace(open_plant(Settings(home=tmp_path)), around_tools=faults)
    with pytest.raises(UnusableResult):
        run_tool(plant, all_tools()[name], LIST.arguments())


@pytest.mark.parametrize(("on", "times"), [("first", 1), ("every", 3)])
def test_it_strikes_the_first_call_or_every_one(tmp_path: Path, on: str, times: int):
    fault = ToolFault.model_validate({"tool": "list_machines", "on": on, "what": "error", "message": "No list today."})
    plant = replace(open_plant(Settings(home=tmp_path)), around_tools=FaultyTools((fault,)))
    for _ in range(times):
        with pytest.raises(Struck, match="No list today"):
            run_tool(plant, LIST, LIST.arguments())
    if on == "first":
        assert run_tool(plant, LIST, LIST.arguments()) == LIST.run(plant, LIST.arguments())


def test_only_a_time_out_shortens_the_limits(tmp_path: Path):
    settings = Settings(home=tmp_path)
    assert limited(settings, (ToolFault(tool="get_job", what="nonsense"),)) == settings
    assert limited(settings, (ToolFault(tool="get_job", what="timeout"),)).tool_limit_s == 10


def test_an_answer_that_keeps_quiet_about_a_fault_fails(tmp_path: Path):
    honest = _held(tmp_path / "a", "The list could not be had.", "error")
    assert honest.passed, honest.turns
    assert not _held(tmp_path / "b", "All is well.", "answer").passed


def _held(home: Path, answer: str, outcome: str) -> RunRecord:
    fault = {"tool": "list_machines", "what": "nonsense"}
    turn = {"user": "list them", "expect": {"outcome": "error", "tools": [{"name": "list_machines"}]}}
    scenario = Scenario.model_validate({"id": "one", "faults": [fault], "turns": [turn]})
    settings = Settings(home=home)
    plant = replace(open_plant(settings), around_tools=FaultyTools(scenario.faults))
    copilot = Copilot(
        plant, settings, script(call("list_machines"), AIMessage(answer, additional_kwargs={"outcome": outcome}))
    )
    try:
        return hold(copilot, plant, scenario)
    finally:
        copilot.close()
