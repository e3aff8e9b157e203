"""A long conversation costs no more a turn than a short one, and loses nothing that matters."""

import sqlite3

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from agent.brains.chat_model import offline_brain
from agent.messages import number_of, text_of
from agent.service import Copilot
from agent.trimming import KEPT, trimmed
from settings import Settings
from tests.agent.scripted import HAAS, PUMP, call, copilot, plant_at, script

TURNS = 200


def exchange(number: int, *more: BaseMessage) -> list[BaseMessage]:
    return [HumanMessage(f"message {number}"), *more, AIMessage("answer")]


def called(id_: str, kind: str, **data) -> list[BaseMessage]:
    made = AIMessage("", tool_calls=[{"name": "x", "args": {}, "id": id_}])
    return [made, ToolMessage("{}", tool_call_id=id_, artifact={"kind": kind, "data": data})]


def people(messages: list[BaseMessage]) -> list[int]:
    return [number for message in messages if (number := number_of(message)) is not None]


def test_the_last_exchanges_are_kept_and_numbered_as_they_were():
    messages = [message for n in range(30) for message in exchange(n)]
    once = trimmed(messages, set(), kept=5)
    assert people(once) == [25, 26, 27, 28, 29]
    assert people(trimmed([*once, *exchange(30)], set(), kept=5)) == [26, 27, 28, 29, 30]


def test_what_something_hangs_on_is_kept_with_the_message_it_came_from():
    ordered = exchange(1)  # "train, then export": the brain's plan is in this message
    proposed = exchange(3, *called("c9_1_1", "Proposal"))  # its second step, proposed two messages later
    running = exchange(5, *called("c20_4_0_approved", "TrainingStarted", job_id="train-004-a"))
    messages = [*exchange(0), *ordered, *exchange(2), *proposed, *exchange(4), *running]
    messages += [message for n in range(6, 30) for message in exchange(n)]
    assert people(trimmed(messages, {"c9_1_1", "train-004-a"}, kept=2)) == [1, 3, 4, 5, 28, 29]
    assert people(trimmed(messages, set(), kept=2)) == [28, 29]


def test_two_hundred_turns_keep_state_receipts_and_figures(tmp_path):
    """Of a figure found in the first turn the last may still speak; the checkpoint holds no more than it did early."""
    lines = [call("describe_machine", machine_id=PUMP), "It turns at 2900 1/min."]
    lines += ["Good." for _ in range(TURNS - 3)]
    lines += ["It turns at 2900 1/min and not at 3333.", "It turns at 2900 1/min, not 3333."]  # and mends nothing
    brain = script(*lines, call("list_machines", kind="fan"), "There are two.")
    talk = copilot(tmp_path, brain)
    sizes = []
    for number in range(TURNS - 2):
        talk.say("t", f"question {number}")
        sizes.append(len(brain.shown[-1]))
    assert talk.say("t", "What was its speed?").ungrounded == ("3333",)
    assert talk.say("t", "Which fans are there?").receipts[0].receipt_id == "r2"
    assert max(sizes[20:]) <= max(sizes[:20])
    assert any(text_of(message) == "question 0" for message in brain.shown[-1])
    assert len(talk.history("t")) == TURNS
    with sqlite3.connect(plant_at(tmp_path).storage.conversations) as database:
        assert database.execute("SELECT count(*) FROM checkpoints").fetchone()[0] <= 2


def test_the_offline_brain_finds_its_order_after_many_other_turns(tmp_path):
    plant = plant_at(tmp_path)
    talk = Copilot(plant, Settings(home=tmp_path, user="anna"), offline_brain(plant))
    waiting = talk.say("t", "log that the Haas was lubricated")
    assert waiting.outcome == "approval"
    for _ in range(KEPT + 3):
        talk.say("t", "which fans have we got?")
    assert talk.say("t", "what are the limits of pump 4?").calls[0].args["machine_id"] == PUMP
    done = talk.say("t", "yes")
    assert [(each.name, each.status, each.args["machine_id"]) for each in done.calls] == [
        ("log_maintenance", "done", HAAS)
    ]
    assert "Haas" in done.answer


@pytest.mark.parametrize("limit_s", [0.0001, 60.0], ids=["too long", "in time"])
def test_a_turn_that_takes_too_long_stops_and_says_so(tmp_path, limit_s):
    settings = Settings(home=tmp_path, user="anna", turn_limit_s=limit_s)
    talk = Copilot(plant_at(tmp_path), settings, script(call("list_machines"), "There."))
    turn = talk.say("t", "List")
    assert (turn.outcome == "error", "has taken more than" in turn.answer) == ((limit_s < 1,) * 2)
