"""Conversations are listed, found, renamed, rated and deleted by the one they belong to."""

import pytest

from agent.audit import AuditLog
from agent.threads import NoSuchTurn
from tests.agent.scripted import PUMP, call, copilot, plant_at, script


def test_a_conversation_is_renamed_and_keeps_its_name(tmp_path):
    talk = copilot(tmp_path, script("Hello.", "Again."))
    talk.say("t", "Hello")
    talk.rename("t", "Pump 4 this week")
    talk.say("t", "And again")
    assert [info.title for info in talk.threads()] == ["Pump 4 this week"]


@pytest.mark.parametrize(
    ("text", "found"),
    [("GREASE", ["one"]), ("Über A", ["two"]), ("100%", ["two"]), ("r_t", []), ("answer", []), ("", ["two", "one"])],
    ids=["any case", "beyond ASCII", "a sign taken literally", "no wildcard", "not in our own data", "all"],
)
def test_what_was_said_is_found(tmp_path, text, found):
    talk = copilot(tmp_path, script("It takes lithium grease.", "Over the limit, über alles."))
    talk.say("one", "How do I lubricate it?")
    talk.say("two", "How hot does it get at 100% load?")
    assert [info.thread for info in talk.search(text)] == found


def test_a_deleted_conversation_is_gone_but_for_the_audit_log(tmp_path):
    brain = script(call("log_maintenance", machine_id=PUMP, action="lubrication"), "Waiting.", "Hello.")
    talk = copilot(tmp_path, brain)
    talk.say("t", "I greased pump 4")
    talk.rate("t", 1, up=True)
    talk.delete("t")
    assert (talk.threads(), talk.history("t"), talk.pending("t"), talk.ratings()) == ([], [], None, [])
    assert [line.event for line in AuditLog(plant_at(tmp_path).storage.audit_log).lines()] == ["proposed", "rejected"]
    talk.say("t", "Hello")
    assert "greased" not in str(brain.shown[-1])


def test_a_rating_is_kept_and_a_later_one_replaces_it(tmp_path):
    talk = copilot(tmp_path, script("Hello."))
    talk.say("t", "Hello")
    talk.rate("t", 1, up=True)
    talk.rate("t", 1, up=False, comment="too short")
    (rating,) = copilot(tmp_path, script()).ratings()
    assert (rating.thread, rating.number, rating.up, rating.comment, rating.user) == (
        "t",
        1,
        False,
        "too short",
        "anna",
    )
    with pytest.raises(NoSuchTurn, match="turns 1 to 1"):
        talk.rate("t", 2, up=True)
