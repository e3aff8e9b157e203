"""What a tool gives is held against its own model before anybody reads it."""

from dataclasses import replace

import pytest

from tests.agent.scripted import plant_at
from tools.machines import MachineList
from tools.registry import all_tools, langchain_tools
from tools.running import UnusableResult, run_tool

LIST = all_tools()["list_machines"]
BROKEN = MachineList.model_construct(kind="pump", machines=({"id": 3},))


def test_a_valid_result_is_given_as_it_is(tmp_path):
    plant = plant_at(tmp_path)
    assert run_tool(plant, LIST, LIST.arguments()) == LIST.run(plant, LIST.arguments())


def test_a_result_that_does_not_validate_reaches_nobody(tmp_path):
    plant = replace(plant_at(tmp_path), around_tools=lambda tool, run: BROKEN)
    with pytest.raises(UnusableResult, match=r"list_machines gave does not hold together \(machines\)"):
        run_tool(plant, LIST, LIST.arguments())
    told = {tool.name: tool for tool in langchain_tools(plant)}["list_machines"]
    message = told.invoke({"type": "tool_call", "name": "list_machines", "args": {}, "id": "c1"})
    assert (message.status, message.artifact) == ("error", None)
