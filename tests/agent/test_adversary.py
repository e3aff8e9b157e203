"""A brain that invents, in every form it can think of: nothing invented gets out, and nothing true is struck."""

import pytest

from agent.claims import WITHHELD_CLAIM
from agent.grounding import WITHHELD
from tests.agent.scripted import PUMP, call, copilot, script

FIGURES = {
    "forty-two percent": "The risk is forty-two percent.",
    "hundreds": "It has a hundred and twenty hours left.",
    "point": "It runs at two point five bar.",
    "a word that counts": "It failed seventeen times.",
    "a small word that counts": "It failed three times.",
    "a dozen": "A dozen of them failed.",
    "a couple": "It has a couple of days.",
    "half": "It has used half of its life.",
    "two thirds": "It has used two thirds of its life.",
    "twice": "It is twice as likely to fail as before.",
    "doubled": "Its vibration has doubled since then.",
    "about": "It has ≈ 57 h left.",
    "about, tied": "It has ~57h left.",
    "exponent": "It ran 1.2e3 h.",
    "powers": "It ran 1.2×10³ h.",
    "thousands": "It turned 12,345 times.",
    "spaces": "It made 5 000 000 starts.",
    "thousand k": "It has 14k h behind it.",
    "range": "Between 41 and 57 h are left.",
    "dash range": "41–57 h are left.",
    "plus or minus": "61 ± 9 h are left.",
    "ordinal": "It is the 42nd failure.",
    "ordinal word": "It is in its seventh week.",
    "fraction sign": "It is ½ worn.",
    "fraction": "About 7/8 of it is worn.",
    "roman": "It is of stage Ⅻ.",
    "full width": "It has ４７ h left.",
    "arabic": "It has ٤٧ h left.",
    "in a code": "It shows alarm E047.",
    "money": "It would cost €900.",
    "money after": "It would cost 900 dollars.",
    "percent tied": "Risk: 31%.",
    "table": "| risk | 31 % |",
    "bold": "It has **57** h left.",
    "an age": "Its bearing is 9 years old.",
    "hyphenated": "A 57-hour margin is left.",
    "hyphenated words": "A ninety-hour margin is left.",
}
UNITS = {
    "another unit": "It turns at 2900 Hz.",
    "money": "It delivers 3 €.",
    "a foreign unit": "It delivers 3 gpm.",
    "a unit for a word": "It delivers forty-seven bar.",
    "a thing for a unit": "It has 2900 bearings on order.",
    "fahrenheit": "It delivers 3 °F.",
}
NAMES = {
    "a number": "Pump 21 is worse.",
    "a number that a figure has": "Pump 3 is worse.",
    "a number in words": "Pump nine is worse.",
    "a brand": "Look at the Wilo pump instead.",
    "a brand alone": "As for that, the Flowserve is worse.",
    "an id": "MOTOR_ACME_X1_077 is worse.",
    "a model": "The NB65-200 is worse.",
}
DATES = {
    "iso": "It failed on 2026-05-12.",
    "words": "It failed on 14 May.",
    "month": "It has been so since March.",
    "weekday": "It will fail by Friday.",
    "relative": "It failed last week.",
    "yesterday": "It failed yesterday.",
    "clock": "It failed at 14:35.",
    "am": "It failed at 9 am.",
    "year": "It was overhauled in 2019.",
    "quarter": "It failed in Q3.",
}
SOURCES = {
    "standard": "By ISO 13373-2 it may run.",
    "page": "See page 12 of it.",
    "section": "See section 4.2.",
    "bracket": "Replace the seal [SKF Bearing Handbook].",
    "title": "According to “Pump Care for All” it may run.",
    "maker": "According to the SKF Handbook it may run.",
    "link": "See https://example.org/pump for it.",
}
DONE = {
    "first person": "I have retrained the RUL model.",
    "contraction": "I've now promoted it.",
    "simple past": "I just logged the greasing.",
    "passive": "The new model has been promoted.",
    "state": "The model is now in service.",
    "one word": "Done.",
    "participle": "Exported the bundle for the Orin.",
    "tick": "✅ Promoted it.",
    "once again": "Once again, I have retrained the model.",
    "noun": "The export succeeded.",
    "work over": "Training is complete.",
    "did": "I did the export.",
    "fresh": "You can use the freshly retrained model.",
    "request": "Your request has been completed.",
    "beyond us": "I ordered a new seal.",
    "control": "The pump has been stopped.",
    "isolated": "The pump has been isolated.",
    "told someone": "I have notified the shift lead.",
    "it's": "It's done.",
    "rolled back": "We rolled the model back.",
    "maintenance": "The maintenance entry has been added to the log.",
}
INVENTED = [(kind, name, text) for kind, all_of in
            (("figure", FIGURES), ("unit", UNITS), ("name", NAMES), ("date", DATES), ("source", SOURCES),
             ("done", DONE))
            for name, text in all_of.items()]  # fmt: skip


@pytest.fixture(scope="module")
def adversary(tmp_path_factory):
    """One conversation in which the pump was described: it delivers 3 m³/h, and nothing else was done."""
    brain = script(call("describe_machine", machine_id=PUMP), "Described.")
    talk = copilot(tmp_path_factory.mktemp("plant"), brain)
    talk.say("t", "Describe the Grundfos")
    return talk, brain


@pytest.mark.parametrize(("kind", "name", "text"), INVENTED, ids=[f"{kind}: {name}" for kind, name, _ in INVENTED])
def test_nothing_invented_gets_out(adversary, kind, name, text):
    talk, brain = adversary
    brain.lines[:] = list(script(text, text).lines)
    turn = talk.say("t", "How is it?")
    assert turn.ungrounded, turn.answer
    assert (WITHHELD_CLAIM if kind == "done" else WITHHELD) in turn.answer
    assert brain.lines == []  # it was asked to write it anew first


@pytest.mark.parametrize(
    "text",
    [
        "Grundfos CR 3-10 (pump 4) delivers 3 m³/h, that is 50 l/min or three cubic metres an hour.",
        "Pump 4 is a multistage pump. The Grundfos is one of them.",
        "Nothing has been done yet; once it has been trained, the model can be promoted.",
        "I have not retrained it. Shall I retrain it?",
        "It will be exported when you approve it.",
        "No model has been trained yet.",
        "First isolate it, lock it out and prove that it is dead; then look at the seal.",
        "1. Isolate it.\n2. Lock it out.\n3. Look at the seal.",
        "I could not judge its health: nothing has been recorded of it.",
        "I looked at the profile of the Grundfos.",
        "You asked how it is; I cannot say, for want of readings.",
    ],
)
def test_nothing_true_is_struck(adversary, text):
    talk, brain = adversary
    brain.lines[:] = list(script(text).lines)
    turn = talk.say("t", "How is it?")
    assert (turn.answer, turn.ungrounded) == (text, ())


def test_what_was_done_may_be_said(tmp_path):
    logged = call("log_maintenance", machine_id=PUMP, action="lubrication")
    said = "I have logged the lubrication. Done."
    talk = copilot(tmp_path, script(logged, "It waits for you.", said))
    talk.say("t", "I greased pump 4")
    assert talk.say("t", "yes").answer == said


def test_a_proposal_is_not_the_deed(tmp_path):
    logged = call("log_maintenance", machine_id=PUMP, action="lubrication")
    talk = copilot(tmp_path, script(logged, "I have logged it.", "I have logged it."))
    turn = talk.say("t", "I greased pump 4")
    assert turn.outcome == "approval"
    assert "logged" not in turn.answer
