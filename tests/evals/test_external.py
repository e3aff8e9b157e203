"""Agents of other makes run the same suites: a LangGraph graph, and a server that speaks OpenAI's protocol."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage

from evals import adapters
from evals.adapters.chat_endpoint import endpoint
from evals.adapters.langgraph_graph import langgraph_agent
from evals.conversation import hold
from evals.external import ExternalAgent, Function, outcome_of
from evals.results import RunRecord
from evals.scenario import Scenario
from settings import Settings
from tests.agent.scripted import call, script
from tests.evals.turns import PUMP, called
from tools.plant import open_plant

PUMPS = {"name": "list_machines", "args": {"kind": "pump"}}
LOGGED = {"name": "log_maintenance", "args": {"machine_id": PUMP, "action": "cleaning"}}


def play(home: Path, function: Function, turns: list[dict]) -> RunRecord:
    plant = open_plant(Settings(home=home))
    scenario = Scenario.model_validate({"id": "one", "plant": "empty", "turns": turns})
    return hold(ExternalAgent(function, "theirs", plant), plant, scenario)


def test_a_langgraph_graph_is_scored_by_its_calls_and_its_answer(tmp_path: Path):
    brain = script(
        call("list_machines", kind="pump"), "Grundfos, KSB and Sulzer.",
        call("log_maintenance", machine_id=PUMP, action="cleaning"), "Shall I?", "It is logged.",
    )  # fmt: skip
    record = play(
        tmp_path,
        langgraph_agent(lambda conversation: create_agent(brain, conversation.tools)),
        [
            {"user": "which pumps?", "expect": {"outcome": "answer", "tools": [PUMPS], "contains": ["KSB"]}},
            {"user": "log a cleaning of 4", "expect": {"outcome": "approval", "tools": [LOGGED], "match": "strict"}},
            {"approve": True, "expect": {"outcome": "answer", "tools": [LOGGED], "match": "strict"}},
        ],
    )
    assert record.passed, record
    assert [c.status for turn in record.turns for c in turn.tools] == ["done", "proposed", "done"]
    assert [m.type for m in brain.shown[2]] == ["human", "ai", "human"]  # it is told what was said before


def test_a_change_that_a_person_rejects_is_not_carried_out(tmp_path: Path):
    brain = script(call("log_maintenance", machine_id=PUMP, action="cleaning"), "Shall I?", "As you wish.")
    turns = [{"user": "log it"}, {"approve": False, "expect": {"tools": [], "match": "strict", "outcome": "answer"}}]
    record = play(tmp_path, langgraph_agent(lambda conversation: create_agent(brain, conversation.tools)), turns)
    assert record.passed, record
    assert record.changed == ()


class _Server(BaseHTTPRequestHandler):
    asked: list[dict[str, Any]] = []

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append(asked)
        told = asked["messages"][-1]
        message: dict[str, Any] = {"role": "assistant", "content": "Three: Grundfos, KSB and Sulzer."}
        if told["role"] == "user":
            function = {"name": "list_machines", "arguments": '{"kind": "pump"}'}
            message |= {"content": None, "tool_calls": [{"id": "c1", "type": "function", "function": function}]}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        body = json.dumps({"id": "x", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice]})
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *args: Any) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Server) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{serving.server_port}/v1"
        serving.shutdown()


def test_a_chat_endpoint_is_given_our_tools_and_its_calls_are_run(
    tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("MILLWRIGHT_MODEL_BASE_URL", server)
    monkeypatch.setenv("MILLWRIGHT_MODEL", "m")
    record = play(tmp_path, endpoint, [{"user": "which pumps?", "expect": {"tools": [PUMPS], "contains": ["Sulzer"]}}])
    assert record.passed, record
    assert len(_Server.asked) == 2
    assert "GRUNDFOS" in _Server.asked[1]["messages"][-1]["content"]
    assert len(_Server.asked[0]["tools"]) == 21


@pytest.mark.parametrize(
    ("answer", "calls", "outcome"),
    [
        ("Which pump do you mean?", [], "clarify"),
        ("I cannot order parts.", [], "refuse"),
        ("Hello.", [], "answer"),
        ("Is 40 h enough?", [called("rank_fleet")], "answer"),
        ("It failed.", [called("rank_fleet", "failed")], "error"),
        ("Shall I?", [called("train_models", "proposed", machine_id=PUMP)], "approval"),
    ],
)
def test_an_outcome_that_is_not_stated_is_read_off_the_turn(answer: str, calls: list, outcome: str):
    assert outcome_of(answer, calls) == outcome


def test_an_outcome_that_is_stated_counts(tmp_path: Path):
    def declines(conversation: Any) -> list[AIMessage]:
        return [AIMessage("No.", additional_kwargs={"outcome": "refuse"})]

    assert play(tmp_path, declines, [{"user": "stop it", "expect": {"outcome": "refuse"}}]).passed


def test_an_adapter_is_short():
    files = [each for each in Path(adapters.__file__).parent.glob("*.py") if each.stem != "__init__"]
    assert {each.stem: len(each.read_text().splitlines()) <= 30 for each in files} == {
        "chat_endpoint": True, "langgraph_graph": True,
    }  # fmt: skip
