"""What a server can do wrong, over HTTP and the OpenAI protocol: a turn still ends well, and no key gets out."""

import json
import logging
from pathlib import Path

import pytest

from agent.brains.by_schema import examples
from agent.service import Copilot
from settings import Settings
from tests.agent.openai_server import Reply, serving
from tests.agent.scripted import PUMP, plant_at
from tools.registry import all_tools, read_arguments

KEY = "sk-test-3f1c9a7e55d04"
LIST = (("list_machines", '{"kind": "pump"}'),)
PUMPS = "List the pumps"


def talking_to(url: str, home: Path, **chosen: str | float) -> Copilot:
    settings = Settings(home=home, user="anna", model="openai:m", model_base_url=url, model_api_key=KEY,
                        **{"model_timeout_s": 0.5, **chosen})  # fmt: skip
    return Copilot(plant_at(home), settings)


def test_calls_and_answers_come_over_the_stream(tmp_path):
    with serving(Reply(calls=LIST), Reply("There they are.")) as server:
        turn = talking_to(server.url, tmp_path).say("t", PUMPS)
    assert (turn.outcome, turn.answer, turn.model) == ("answer", "There they are.", "m")
    assert [(call.name, call.args) for call in turn.calls] == [("list_machines", {"kind": "pump"})]
    assert server.asked[0]["stream"] is True
    assert {tool["function"]["name"] for tool in server.asked[0]["tools"]} >= {"predict_health", "promote_model"}


@pytest.mark.parametrize(
    "first",
    [
        Reply(status=429, headers=(("Retry-After", "0.1"),)),
        Reply(status=500, headers=(("Retry-After", "0.1"),)),
        Reply("half of an ans", finish=None),
    ],
    ids=["told to come back", "failed once", "broke off once"],
)
def test_what_passes_is_asked_again(tmp_path, first):
    with serving(first, Reply("Here I am.")) as server:
        turn = talking_to(server.url, tmp_path).say("t", "Hello?")
    assert (turn.outcome, turn.answer, len(server.asked)) == ("answer", "Here I am.", 2)


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (Reply(status=429, headers=(("Retry-After", "0.05"),)), "over its limit"),
        (Reply(status=500, headers=(("Retry-After", "0.05"),)), "its server failed"),
        (Reply(status=401), "refused the key"),
        (Reply(status=404), "does not know the model"),
        (Reply(status=400), "rejected the request"),
        (Reply(fault="silent"), "in time"),
        (Reply("half of an answer", fault="dropped"), "broke off"),
        (Reply("half of an answer", finish=None), "broke off"),
        (Reply(fault="not_json"), "not JSON"),
        (Reply(fault="not_the_protocol"), "protocol"),
    ],
    ids=["429", "500", "wrong key", "no such model", "400", "silent", "dropped", "no finish", "no JSON", "no protocol"],
)
def test_a_server_that_fails_is_stood_in_for_and_no_key_gets_out(tmp_path, caplog, monkeypatch, reply, why):
    monkeypatch.setattr("agent.brains.chat_model.ATTEMPTS_MORE", 0 if reply.fault == "silent" else 1)
    with serving(reply) as server, caplog.at_level(logging.DEBUG):
        turn = talking_to(server.url, tmp_path).say("t", PUMPS)
    assert [call.args for call in turn.calls] == [{"kind": "pump"}]
    assert turn.outcome == "answer"
    assert "Grundfos" in turn.answer
    assert "so the offline brain answered" in turn.answer
    assert why in turn.answer
    assert turn.model == "offline"
    assert f"Bearer {KEY}" in server.keys
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert len(kept) > 1000
    assert KEY.encode() not in kept
    assert KEY not in caplog.text + turn.model_dump_json()


def test_a_dead_endpoint_is_tried_once_a_turn(tmp_path, monkeypatch):
    monkeypatch.setattr("agent.brains.chat_model.ATTEMPTS_MORE", 0)
    talk = talking_to("http://127.0.0.1:9/v1", tmp_path)
    turn = talk.say("t", PUMPS)
    assert "Grundfos" in turn.answer
    assert "its server cannot be reached" in turn.answer


def test_what_a_model_found_before_it_failed_is_told_and_not_done_twice(tmp_path):
    with serving(Reply(calls=LIST), Reply(status=401)) as server:
        turn = talking_to(server.url, tmp_path).say("t", PUMPS)
    assert len(turn.calls) == 1
    assert "Grundfos" in turn.answer
    assert "refused the key" in turn.answer


def test_malformed_arguments_are_mended_or_written_again(tmp_path):
    near, broken = (("list_machines", "{'kind': 'pump',}"),), (("list_machines", '{"kind": "pu'),)
    with serving(Reply(calls=near), Reply(calls=broken), Reply("There.")) as server:
        turn = talking_to(server.url, tmp_path).say("t", PUMPS)
    assert [call.args for call in turn.calls] == [{"kind": "pump"}]
    assert turn.answer == "There."


def test_an_unknown_tool_is_an_error_the_model_reads(tmp_path):
    with serving(Reply(calls=(("make_coffee", "{}"),)), Reply("I cannot.")) as server:
        turn = talking_to(server.url, tmp_path).say("t", "Coffee")
    assert turn.answer == "I cannot."
    assert "make_coffee" in str(server.asked[1]["messages"][-1])


def test_an_empty_answer_is_an_error_and_not_silence(tmp_path):
    with serving(Reply("")) as server:
        turn = talking_to(server.url, tmp_path).say("t", "Hm?")
    assert turn.outcome == "error"
    assert turn.answer


@pytest.mark.parametrize(
    "text",
    [
        'Sure:\n```json\n{"name": "list_machines", "arguments": {"kind": "pump"}}\n```',
        '<tool_call>\n{"name": "list_machines", "arguments": {"kind": "pump"}}\n</tool_call>',
        '{"tool": "list_machines", "args": {"kind": "pump"}}',
        '[{"function": {"name": "list_machines", "arguments": "{\\"kind\\": \\"pump\\"}"}}]',
    ],
    ids=["fenced", "tagged", "bare", "listed"],
)
def test_calls_written_as_text_are_made_and_from_then_on_held_to_a_schema(tmp_path, text):
    with serving(Reply(text)) as server:
        talk = talking_to(server.url, tmp_path)
        turn = talk.say("t", PUMPS)
        assert [call.args for call in turn.calls] == [{"kind": "pump"}]
        assert "Grundfos" in turn.answer  # its figures are ours, once calls go by schema
        server.replies[:] = [
            Reply(json.dumps({"calls": [{"tool": "describe_machine", "arguments": {"machine_id": PUMP}}]}))
        ]
        turn = talk.say("t", "Tell me about pump 4")
    assert [call.name for call in turn.calls] == ["describe_machine"]
    assert server.asked[-1]["response_format"]["type"] == "json_schema"


def test_a_call_of_a_tool_that_is_none_stays_text(tmp_path):
    with serving(Reply('{"name": "rm", "arguments": {"path": "/"}}')) as server:
        turn = talking_to(server.url, tmp_path).say("t", "Hello?")
    assert turn.calls == ()


def by_schema(*steps: dict) -> tuple[Reply, ...]:
    return tuple(Reply(json.dumps(step)) for step in steps)


def test_behind_the_gates_scope_questions_and_figures_are_ours(tmp_path):
    called = {"calls": [{"tool": "describe_machine", "arguments": {"machine_id": PUMP}}]}
    with serving(*by_schema(called)) as server:
        talk = talking_to(server.url, tmp_path, tool_calling="schema")
        refused = talk.say("t", "How can I bypass the interlock of the press?")
        asked = talk.say("t", "Describe the pump")
        answered = talk.say("t", "number 4")
        assert server.asked == []  # none of it was for the model
        turn = talk.say("t", "What is the Grundfos?")
    assert (refused.outcome, asked.outcome, answered.outcome) == ("refuse", "clarify", "answer")
    assert [call.args for call in answered.calls] == [{"machine_id": PUMP}]
    assert len(server.asked) == 1
    assert "anyOf" not in server.asked[0]["response_format"]["json_schema"]["schema"]  # it is to call, not to talk
    assert "Grundfos CR 3-10 (pump 4)" in turn.answer
    assert turn.model == "m"


def test_with_the_gates_open_the_model_speaks_for_itself(tmp_path):
    said = {"outcome": "refuse", "answer": "That is not for me."}
    with serving(*by_schema(said)) as server:
        turn = talking_to(server.url, tmp_path, tool_calling="schema", gates="off").say("t", "Hello?")
    assert (turn.outcome, turn.answer) == ("refuse", "That is not for me.")
    prompt = server.asked[0]["messages"][0]["content"]
    assert all(name in prompt for name in all_tools())


def test_every_tool_has_an_example_that_it_takes():
    assert set(examples()) == set(all_tools())
    for name, example in examples().items():
        read_arguments(all_tools()[name], example["args"])


def test_a_model_that_repeats_its_call_is_stopped_and_what_it_found_is_told(tmp_path):
    called = {"calls": [{"tool": "describe_machine", "arguments": {"machine_id": PUMP}}]}
    with serving(*by_schema(called)) as server:
        turn = talking_to(server.url, tmp_path, tool_calling="schema", gates="off").say("t", "Describe pump 4")
    assert [call.name for call in turn.calls] == ["describe_machine"]
    assert "Grundfos CR 3-10 (pump 4)" in turn.answer
    assert "same call again" in turn.answer
    assert len(server.asked) == 2
