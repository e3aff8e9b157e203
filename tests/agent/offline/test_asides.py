"""Questions about the conversation are answered from it, without a tool."""

import pytest

from tests.agent.offline.test_dialogue import IDS, Talk, _called, talk  # noqa: F401


@pytest.mark.parametrize("question", ["what is waiting?", "is anything pending?", "ok, what would that replace?"])
def test_a_question_about_the_card_shows_it_again(talk: Talk, question: str):  # noqa: F811
    turn = talk.say("log an inspection of the Haas", question)
    assert turn.calls == ()
    assert "Haas VF-2" in turn.answer
    assert [machine for _, machine, _ in talk.card()] == [IDS[16]]


def test_what_was_done_names_what_was_not(talk: Talk):  # noqa: F811
    talk.say("log an inspection of the Haas", "yes", "log a cleaning of the KUKA", "no")
    turn = talk.say("what did you do?")
    assert turn.calls == ()
    done, not_done = turn.answer.split("\n\n")
    assert "Haas" in done
    assert "KUKA" not in done
    assert "as you decided" in not_done
    assert "KUKA" in not_done


def test_undo_offers_only_what_can_be_taken_back(talk: Talk):  # noqa: F811
    assert "nothing to undo" in talk.say("describe the Haas", "undo").answer
    turn = talk.say("log an inspection of the Haas", "yes", "undo that")
    assert turn.outcome == "answer"
    assert "cannot be taken out" in turn.answer


@pytest.mark.parametrize("term", ["what does RUL mean?", "what is average precision", "what's a challenger?"])
def test_our_words_are_explained(talk: Talk, term: str):  # noqa: F811
    turn = talk.say("describe the Haas", term)
    assert (turn.outcome, turn.calls) == ("answer", ())


def test_the_task_that_is_not_wanted_goes(talk: Talk):  # noqa: F811
    talk.say("train failure and RUL of the Haas", "not the rul one")
    ((_, _, args),) = talk.card()
    assert args["tasks"] == ["failure"]


def test_a_bare_number_keeps_the_unit_before(talk: Talk):  # noqa: F811
    turn = talk.say("will the Haas last 10 days?", "and 20?")
    assert [call.args["horizon_hours"] for call in turn.calls] == [480.0]


def test_a_reply_may_describe_the_machine(talk: Talk):  # noqa: F811
    assert _called(talk.say("describe the fan", "the axial one")) == [("describe_machine", "FAN_SYSTEMAIR_AXC_010")]
