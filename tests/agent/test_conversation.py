"""A conversation through the real graph, with a scripted brain."""

import logging
import subprocess
import sys

import pytest
from langchain_core.messages import AIMessage

from agent.brains.chat_model import UnusableModel, make_brain
from agent.graph import MODEL_CALLS
from agent.messages import unanswered
from agent.turns import Event
from settings import Settings
from tests.agent.scripted import HAAS, PUMP, call, calls, copilot, plant_at, script


def test_recovers_from_a_wrong_machine_id(tmp_path):
    brain = script(
        call("describe_machine", machine_id="PUMP_4"), call("describe_machine", machine_id=PUMP), "It delivers 3 m³/h."
    )
    turn = copilot(tmp_path, brain).say("t", "What is pump 4 good for?")
    assert [each.status for each in turn.calls] == ["failed", "done"]
    assert PUMP in turn.calls[0].error
    assert (turn.outcome, turn.answer) == ("answer", "It delivers 3 m³/h.")


def test_bad_arguments_come_back_with_what_would_be_right(tmp_path):
    brain = script(call("rank_fleet", by="colour", topp=3), "I could not rank them.")
    turn = copilot(tmp_path, brain).say("t", "Rank the fleet")
    assert "by should be 'rul', 'failure_probability' or 'anomaly', got 'colour'" in turn.calls[0].error
    assert "topp is no argument of it; it takes by, top" in turn.calls[0].error
    assert turn.outcome == "error"


def test_arguments_of_a_call_are_shown_with_their_defaults(tmp_path):
    turn = copilot(tmp_path, script(call("list_machines"), "There they are.")).say("t", "What have we got?")
    assert turn.calls[0].args == {"kind": None}
    assert turn.calls[0].kind == "MachineList"
    assert len(turn.calls[0].result["machines"]) == 20


def test_every_result_gets_a_receipt_that_counts_on_over_turns(tmp_path):
    brain = script(
        calls(("list_machines", {}), ("describe_machine", {"machine_id": PUMP})),
        "Described.",
        call("list_machines"),
        "Again.",
    )
    talk = copilot(tmp_path, brain)
    first, second = talk.say("t", "List them, and describe pump 4"), talk.say("t", "Once more")
    assert [receipt.receipt_id for receipt in first.receipts] == ["r1", "r2"]
    assert [receipt.receipt_id for receipt in second.receipts] == ["r3"]
    assert first.receipts[1].machine_id == PUMP
    assert [each.receipt for each in first.calls] == ["r1", "r2"]


def test_what_happens_is_told_while_it_happens(tmp_path):
    events: list[Event] = []
    copilot(tmp_path, script(call("list_machines"), "There.")).say("t", "List", on_event=events.append)
    assert [event.kind for event in events] == ["tool_started", "tool_done", "text"]
    assert events[-1].text == "There."


@pytest.mark.parametrize("crash_at", ["in the brain", "in a tool"])
def test_a_crash_apologises_and_the_conversation_goes_on(tmp_path, crash_at, monkeypatch, caplog):
    if crash_at == "in a tool":
        brain = script(call("describe_machine", machine_id=PUMP), "Here again.")
        monkeypatch.setattr("tools.machines._rated", lambda name, figure: 1 / 0)  # a bug of ours, in a real tool
    else:
        brain = script(call("list_machines"), ZeroDivisionError("a bug"), "Here again.")
    talk = copilot(tmp_path, brain)
    with caplog.at_level(logging.ERROR):
        turn = talk.say("t", "Tell me")
    assert turn.outcome == "error"
    assert "Something went wrong on my side" in turn.answer
    assert "ZeroDivisionError" in caplog.text
    assert talk.say("t", "Still there?").answer == "Here again."
    assert unanswered(brain.shown[-1]) == []


def test_a_call_left_unanswered_by_a_kill_is_healed(tmp_path):
    code = f"""
import os
from pathlib import Path
import tools.machines
from tests.agent.scripted import *
tools.machines._rated = lambda name, figure: os._exit(9)
copilot(Path({str(tmp_path)!r}), script(call("describe_machine", machine_id=PUMP))).say("t", "Tell me")
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 9
    brain = script(call("list_machines"), "There.")
    talk = copilot(tmp_path, brain)
    assert talk.say("t", "Once more").answer == "There."
    assert unanswered(brain.shown[-1]) == []


def test_history_survives_a_restart(tmp_path):
    talk = copilot(tmp_path, script(call("list_machines"), "There.", "Hello."))
    first = talk.say("one", "List the machines")
    talk.say("two", "Hello")
    talk.close()
    again = copilot(tmp_path, script(call("list_machines"), "As before."))
    assert again.history("one") == [first]
    assert [(info.thread, info.title, info.turns) for info in again.threads()] == [
        ("two", "Hello", 1), ("one", "List the machines", 1),
    ]  # fmt: skip
    assert again.say("one", "And again").receipts[0].receipt_id == "r2"


def test_a_brain_that_goes_round_in_circles_is_stopped(tmp_path):
    brain = script(*[call("list_machines") for _ in range(MODEL_CALLS + 5)])
    turn = copilot(tmp_path, brain).say("t", "List")
    assert turn.outcome == "error"
    assert "circles" in turn.answer


def test_a_cancelled_turn_stops_before_its_next_step(tmp_path):
    talk = copilot(tmp_path, script(call("list_machines"), call("list_machines"), "Here again."))
    turn = talk.say("t", "List", on_event=lambda event: talk.cancel("t"))
    assert turn.outcome == "error"
    assert "Stopped, as you asked" in turn.answer
    assert len(turn.calls) == 1


def test_an_unknown_tool_and_a_malformed_call_go_back_to_the_brain(tmp_path):
    malformed = AIMessage(
        "", invalid_tool_calls=[{"name": "list_machines", "args": "{kind:", "id": "m1", "error": "no JSON"}]
    )
    brain = script(call("make_coffee"), malformed, "I cannot.")
    turn = copilot(tmp_path, brain).say("t", "Coffee")
    assert turn.answer == "I cannot."
    assert turn.calls[0].status == "failed"
    assert "make_coffee" in turn.calls[0].error


def test_an_empty_answer_is_an_error_and_not_silence(tmp_path):
    turn = copilot(tmp_path, script("")).say("t", "Hm?")
    assert turn.outcome == "error"
    assert turn.answer


@pytest.mark.parametrize(
    ("text", "outcome"),
    [("[asks] Which pump?", "clarify"), ("[declines] Ask the shift lead.", "refuse"), ("It runs.", "answer")],
    ids=["asks", "declines", "answers"],
)
def test_any_brain_can_say_what_its_answer_is(tmp_path, text, outcome):
    turn = copilot(tmp_path, script(text)).say("t", "Hm?")
    assert turn.outcome == outcome
    assert "[" not in turn.answer


def test_ids_that_a_server_uses_twice_are_told_apart(tmp_path):
    twice = [AIMessage("", tool_calls=[{"name": "list_machines", "args": {}, "id": "call_0"}]) for _ in range(2)]
    brain = script(twice[0], "One.", twice[1], "Two.")
    talk = copilot(tmp_path, brain)
    talk.say("t", "List")
    turn = talk.say("t", "Again")
    assert turn.answer == "Two."
    assert turn.calls[0].call_id != "call_0"


def test_conversations_do_not_mix(tmp_path):
    brain = script(call("describe_machine", machine_id=HAAS), "The Haas.", "Which machine?")
    talk = copilot(tmp_path, brain)
    talk.say("one", "Describe the Haas")
    talk.say("two", "And its limits?")
    assert HAAS not in str(brain.shown[-1])


def test_a_brain_out_of_reach_is_stood_in_for_and_that_is_said(tmp_path):
    turn = copilot(tmp_path, script(ConnectionError("refused"), ConnectionError("refused"))).say("t", "List the pumps")
    assert [each.args for each in turn.calls] == [{"kind": "pump"}]
    assert "the offline brain answered" in turn.answer
    assert turn.model == "offline"


def test_a_model_that_cannot_be_used_is_named_with_what_would_be_right(tmp_path):
    settings = Settings(home=tmp_path, model="nobody:at-all")
    with pytest.raises(UnusableModel, match="Set it to `offline`, or to provider:model"):
        make_brain(settings, plant_at(tmp_path))
