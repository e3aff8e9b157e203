"""`millwright chat`: one message, one JSON document, or a conversation through a pipe."""

import io
import json
import sys

import pytest

from agent.service import Copilot
from machine_profiles.errors import MillwrightError
from tests.agent.scripted import PUMP, Scripted, call, calls, plant_at, script
from ui import chat_command as module
from ui.chat_command import chat_command

LOG = {"machine_id": PUMP, "action": "lubrication", "note": "greased"}


@pytest.fixture
def speak(tmp_path, monkeypatch, capsys):
    """Run the command on a fresh plant with a scripted brain; returns its exit code and what it printed."""
    monkeypatch.setenv("MILLWRIGHT_HOME", str(tmp_path))
    monkeypatch.setenv("MILLWRIGHT_USER", "anna")

    def run(brain: Scripted, *args, typed: str = "", **options) -> tuple[int, str]:
        monkeypatch.setattr(module, "Copilot", lambda plant, settings: Copilot(plant, settings, brain))
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        return chat_command(*args, **options), capsys.readouterr().out

    return run


def logged(home) -> list[str]:
    return [event.note for event in plant_at(home).telemetry.maintenance(PUMP)]


def test_one_message_shows_steps_answer_and_receipts(speak):
    code, out = speak(script(call("list_machines", kind="pump"), "3 pumps."), "Which pumps?", receipts=True)
    assert code == 0
    assert "✓ list_machines(kind=pump) · r1" in out
    assert "3 pumps." in out
    assert "r1: list_machines" in out
    assert "--thread chat-" in out


def test_json_is_one_document_and_nothing_else(speak):
    code, out = speak(script(call("list_machines"), "There."), "List", json_=True)
    turn = json.loads(out)
    assert code == 0
    assert (turn["outcome"], turn["answer"], turn["calls"][0]["name"]) == ("answer", "There.", "list_machines")


def test_a_crash_is_still_one_document_and_exit_code_1(speak):
    code, out = speak(script(ZeroDivisionError("a bug")), "List", json_=True)
    assert code == 1
    assert json.loads(out)["outcome"] == "error"


def test_a_card_is_shown_and_a_bare_yes_answers_it(speak, tmp_path):
    _, out = speak(script(call("log_maintenance", **LOG), "It waits."), "I greased pump 4")
    assert "Nothing has been done yet" in out
    assert logged(tmp_path) == []
    assert speak(script("Logged."), "yes")[0] == 0
    assert logged(tmp_path) == ["greased"]


def test_a_bare_yes_to_several_conversations_asks_which(speak):
    for _ in range(2):
        speak(script(call("log_maintenance", **LOG), "It waits."), "I greased pump 4")
    with pytest.raises(MillwrightError, match="say which with --thread: chat-"):
        speak(script(), "yes")


def test_yes_as_an_option_approves_at_once(speak, tmp_path):
    speak(script(call("log_maintenance", **LOG), "It waits.", "Logged."), "I greased pump 4", yes=True)
    assert logged(tmp_path) == ["greased"]


def test_json_without_a_message_says_what_is_missing(speak):
    with pytest.raises(MillwrightError, match="give a message"):
        speak(script(), None, json_=True)


def test_a_conversation_through_a_pipe_approves_edits_and_rejects_each(speak, tmp_path):
    both = calls(("log_maintenance", LOG), ("log_maintenance", {**LOG, "action": "cleaning"}))
    brain = script(both, "Both wait.", "One is logged.")
    typed = "I greased and cleaned it\ne 1 note=oiled action=inspection\nr 1\n/history\n/threads\n/receipts\n/quit\n"
    code, out = speak(brain, None, typed=typed)
    assert code == 0
    assert logged(tmp_path) == ["oiled"]
    assert "Not done, as you decided: log “cleaning”" in out
    assert "I greased and cleaned it (3 turns)" in out


@pytest.mark.parametrize(
    ("line", "says"),
    [("a 7", "There is no change 7; the card has 1."), ("e 1 oiled", "'oiled' is no edit"), ("e", "Say which change"),
     ("e note=x colour=red", "colour is no argument of it"), ("/what", "approve all changes")],
    ids=["no such change", "no edit", "nothing to edit", "no such argument", "no such command"],
)  # fmt: skip
def test_a_slip_of_the_finger_changes_nothing(speak, tmp_path, line, says):
    brain = script(call("log_maintenance", **LOG), "It waits.")
    _, out = speak(brain, None, typed=f"I greased pump 4\n{line}\n")
    assert says in out
    assert logged(tmp_path) == []
