"""The chat as the page sees it: whole after a reload, stopped when asked, and nobody else's."""

import threading

import pytest
from langchain_core.messages import AIMessage

from agent.access import NotYours, Person
from agent.service import Copilot
from settings import Settings
from tests.agent.scripted import PUMP, Scripted, call, plant_at, script
from ui.page.chat import WAITING, Chat

ANNA = Person(name="anna", role="engineer")
TOM = Person(name="tom", role="technician")


class Slow(Scripted):
    """Says its second line only when it is let."""

    go: threading.Event
    asked: threading.Event

    def _generate(self, messages, *args, **kwargs):
        if len(self.shown) == 1:
            self.asked.set()
            self.go.wait(10)
        return super()._generate(messages, *args, **kwargs)


@pytest.fixture
def chat_of(tmp_path):
    def made(brain: Scripted) -> Chat:
        plant = plant_at(tmp_path)
        return Chat(Copilot(plant, Settings(home=tmp_path, user="anna"), brain), plant)

    return made


def html_of(shown) -> str:
    return "".join(block["html"] for block in shown["blocks"])


def test_a_turn_shows_its_steps_while_it_runs_and_whole_at_its_end(chat_of):
    shown = list(chat_of(script(call("list_machines", kind="pump"), "3 pumps.")).say("t", "Which?", None, "", ANNA))
    assert shown[0]["busy"] is True
    assert shown[-1]["busy"] is False
    assert "Looked up the machines" in html_of(shown[-1])
    assert 'data-receipt="r1">3</button> pumps.' in html_of(shown[-1])


def test_stop_ends_the_turn_before_its_next_step_and_a_reload_meanwhile_shows_it(chat_of):
    go, asked = threading.Event(), threading.Event()
    lines = [call("list_machines", kind="pump"), call("list_machines", kind="fan"), AIMessage("Never said.")]
    chat = chat_of(Slow(lines=lines, shown=[], go=go, asked=asked))
    said: list = []
    turn = threading.Thread(target=lambda: said.extend(chat.say("t", "Which?", None, "", ANNA)))
    turn.start()
    assert asked.wait(10)
    reloaded = chat.open("t", ANNA)
    assert next(reloaded)["busy"] is True
    assert "Looked up the machines" in html_of(next(reloaded))

    chat.stop("t", ANNA)
    go.set()
    turn.join(10)
    html = html_of(said[-1])
    assert "Stopped, as you asked" in html
    assert "Never said" not in html
    assert html.count('class="step done"') == 1
    assert list(reloaded)[-1]["busy"] is False


def test_a_card_survives_a_reload_and_is_answered_once(chat_of):
    log = {"machine_id": PUMP, "action": "lubrication"}
    chat = chat_of(script(call("log_maintenance", **log), "It waits.", "Logged.", "Logged."))
    list(chat.say("t", "I greased pump 4", None, "", ANNA))
    [again] = chat.open("t", ANNA)
    assert "Write into the maintenance log" in html_of(again)
    call_id = html_of(again).split('data-call="')[1].split('"')[0]
    done = list(chat.decide("t", [{"call_id": call_id, "verdict": "approve", "fields": {}}], ANNA))
    assert "Wrote into the maintenance log" in html_of(done[-1])
    [late] = chat.decide("t", [{"call_id": call_id, "verdict": "approve", "fields": {}}], ANNA)
    assert "answered already" in late["notice"]


def test_nobody_sees_or_stops_what_is_anothers(chat_of):
    chat = chat_of(script("Hello.", "Hello."))
    list(chat.say("t", "Hello?", None, "", ANNA))
    attempts = (
        lambda: list(chat.open("t", TOM)),
        lambda: chat.stop("t", TOM),
        lambda: list(chat.say("t", "Mine?", None, "", TOM)),
        lambda: list(chat.tick("t", TOM)),
    )
    for attempt in attempts:
        with pytest.raises(NotYours):
            attempt()
    assert "Hello?" not in chat.threads_html(TOM)


def test_what_a_technician_may_not_approve_waits_where_an_engineer_sees_it(chat_of):
    chat = chat_of(script(call("rollback_model", machine_id=PUMP, task="rul"), "It waits.", "Left as it is."))
    list(chat.say("t", "Roll back", None, "", TOM))
    assert "Waiting for you" in chat.threads_html(ANNA)
    [waiting] = chat.open(WAITING, ANNA)
    html = html_of(waiting)
    assert "Bring back the previous RUL model" in html
    assert 'data-thread-of="t"' in html
    call_id = html.split('data-call="')[1].split('"')[0]
    [after] = chat.decide("t", [{"call_id": call_id, "verdict": "reject", "fields": {}}], ANNA)
    assert after["blocks"] == []
