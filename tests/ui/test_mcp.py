"""Programs reach the tools by MCP: typed results, typed refusals, and changes that wait for a person."""

import json
import sys
from pathlib import Path

import anyio
import jsonschema
from mcp import Client, StdioServerParameters

from agent.access import Person
from agent.turns import Decision
from settings import Settings
from tests.agent.scripted import PUMP, copilot, plant_at, script
from tools.registry import all_tools
from ui.mcp_server import mcp_server, thread_of

BEN = Person(name="ben", role="technician")
GREASED = {"machine_id": PUMP, "action": "lubrication", "note": "greased"}


def asked(home: Path, *requests, person: Person = BEN):
    """The answers of a server that runs in this process, with the copilot behind it."""
    talk = copilot(home, script("Logged."))

    async def ask():
        async with Client(mcp_server(talk, lambda context: person)) as client:
            return [await (client.list_tools() if r is None else client.call_tool(*r)) for r in requests]

    return anyio.run(ask), talk


def test_every_tool_is_offered_with_schemas_of_what_it_takes_and_gives(tmp_path: Path):
    (listed,), _ = asked(tmp_path, None)
    offered = {tool.name: tool for tool in listed.tools}
    assert offered.keys() == all_tools().keys()
    for name, tool in offered.items():
        jsonschema.Draft202012Validator.check_schema(tool.input_schema)
        jsonschema.Draft202012Validator.check_schema(tool.output_schema)
        assert tool.annotations.read_only_hint == (all_tools()[name].effect == "read")


def test_a_result_is_structured_and_carries_its_receipt(tmp_path: Path):
    (found,), talk = asked(tmp_path, ("describe_machine", {"machine_id": PUMP}))
    assert not found.is_error
    assert found.structured_content["machine_id"] == PUMP
    assert json.loads(found.content[0].text) == found.structured_content
    assert found.meta["millwright/receipt"]["tool"] == "describe_machine"
    (turn,) = talk.history(thread_of(BEN), by=BEN)
    assert turn.receipts[0].receipt_id == "r1"


def test_a_change_waits_for_a_person_and_is_done_when_one_approves(tmp_path: Path):
    (found,), talk = asked(tmp_path, ("log_maintenance", GREASED))
    assert not found.is_error
    assert found.structured_content["thread"] == thread_of(BEN)
    assert "Nothing has been done yet" in found.structured_content["note"]
    assert plant_at(tmp_path).telemetry.maintenance(PUMP) == []
    card = talk.pending(thread_of(BEN), by=BEN)
    turn = talk.decide(card.thread, [Decision(call_id=card.changes[0].call_id, verdict="approve")], by=BEN)
    assert [(call.name, call.status) for call in turn.calls] == [("log_maintenance", "done")]
    assert [event.note for event in plant_at(tmp_path).telemetry.maintenance(PUMP)] == ["greased"]


def test_what_cannot_be_is_an_error_that_says_what_would_be_right(tmp_path: Path):
    requests = ("describe_machine", {"machine_id": "PUMP_X"}), ("describe_machine", {}), ("start_machine", {})
    answers, _ = asked(tmp_path, *requests)
    assert all(answer.is_error for answer in answers)
    assert PUMP in answers[0].content[0].text
    assert "machine_id is missing" in answers[1].content[0].text
    assert "No tool 'start_machine'" in answers[2].content[0].text


def test_a_viewer_may_look_but_propose_nothing(tmp_path: Path):
    viewer = Person(name="vera", role="viewer")
    requests = ("list_machines", {}), ("log_maintenance", GREASED)
    (looked, refused), talk = asked(tmp_path, *requests, person=viewer)
    assert not looked.is_error
    assert refused.is_error
    assert talk.waiting(Person(name="eve", role="engineer")) == []


def test_another_program_starts_it_on_standard_input_and_output(tmp_path: Path):
    environment = Settings(home=tmp_path, user="anna").environment()
    server = StdioServerParameters(command=sys.executable, args=["-m", "ui.cli", "mcp"], env=environment)

    async def ask():
        async with Client(server) as client:
            return await client.call_tool("list_machines", {"kind": "pump"})

    found = anyio.run(ask)
    assert len(found.structured_content["machines"]) == 3
