"""No number goes out without a source: by the rules, and through the graph with a brain that invents."""

import pytest

from agent.grounding import WITHHELD, strike, untraced_numbers
from agent.messages import GUARD
from tests.agent.scripted import HAAS, PUMP, call, copilot, plant_at, script

HEALTH = {
    "machine_id": PUMP,
    "at": "2026-06-01T00:00:00Z",
    "horizon_hours": 60.0,
    "failure_probability": {"value": 0.1234, "unit": "probability", "interval": None},
    "rul": {"value": 43.27, "unit": "h", "interval": {"low": 20.2, "high": 80.9, "confidence": 0.9}},
    "cap_hours": 360.0,
    "moved": [
        {"sensor": "vibration_velocity", "unit": "mm/s", "latest": 7.123, "deviation": 4.2},
        {"sensor": "bearing_temperature", "unit": "degC", "latest": 71.04, "deviation": 2.2},
    ],
    "limits_crossed": [
        {"sensor": "vibration_velocity", "level": "warning", "value": 7.12, "limit": 5.1, "unit": "mm/s"}
    ],
    "models": {"failure": 3, "rul": 12},
    "data_version": "ab12cd34ef56",
}
BUNDLE = {"bundle": "bundles/PUMP_GRUNDFOS_CR3_004/jetson_nano-int8@2", "total_bytes": 48_531, "seconds": 3.4,
          "models": [{"task": "failure", "size_bytes": 783}, {"task": "rul"}], "parity_max_abs": 1.2e-7}  # fmt: skip
FLEET = {
    "ranked": 20,
    "machines": [{"rank": 1, "state": "alarm"}, {"rank": 2, "state": "watch"}, {"rank": 3, "state": "watch"}],
}
SOURCES = [HEALTH, BUNDLE, FLEET, "Will pump 4 last 3 days, until 4 June?", "Grundfos CR 3-10", "pump 4",
           {"machine_id": PUMP, "window": "168h", "rows": 5000},
           "ISO 10816-7:2009, table A.1, category II"]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "RUL about 43 h (90 % interval 20 to 81 h).",
        "RUL 43.3 hours, that is 1.8 days.",
        "A chance of 12 % within 60 h (2.5 days).",
        "A chance of 0.123 within 60 h.",
        "Vibration 7.1 mm/s, above the limit of 5.1 mm/s; bearing 71 °C.",
        "At least 360 h, or 15 days.",
        "Grundfos CR 3-10 (pump 4), PUMP_GRUNDFOS_CR3_004.",
        "Failure model version 3, RUL model v12, data ab12cd34ef56.",
        "Readings up to 2026-06-01 00:00 UTC, which is 1 June 2026.",
        "The failure model has 0.8 kB.",
        "The bundle jetson_nano-int8@2 has 49 kB, or 0.05 MB, made in 3.4 s.",
        "2 models in it. 20 machines compared, 2 of them to be watched.",
        "You asked about 3 days, that is 72 h, until 4 June.",
        "Over the last 7 days, or 1 week.",
        "5,000 rows, 5000 rows.",
        "By ISO 10816-7:2009, table A.1.",
        "1. Isolate it.\n2. Lock it out.\n3. Look at the bearing.",
        "The largest difference is 1.2e-07.",
        "It has two models.",
    ],
)
def test_figures_that_a_source_bears_out_pass(text):
    assert untraced_numbers(text, SOURCES) == []


@pytest.mark.parametrize(
    ("text", "struck"),
    [
        ("RUL about 44 h.", ["44 h"]),
        ("RUL 43.4 h.", ["43.4 h"]),
        ("A chance of 13 %.", ["13 %"]),
        ("A chance of 87%.", ["87%"]),
        ("It will last 7.1 h.", ["7.1 h"]),
        ("Vibration is 43 mm/s.", ["43 mm/s"]),
        ("The bearing is at 71 bar.", ["71 bar"]),
        ("It has seven hours left.", ["seven hours"]),
        ("Since 3 June 2026, at 14:30.", ["3 June 2026, at 14:30"]),
        ("On 2026-06-02.", ["2026-06-02"]),
        ("As for pump 9, it is fine.", ["pump 9"]),
        ("As for PUMP_9, it is fine.", ["PUMP_9"]),
        ("By ISO 20816-3.", ["ISO 20816-3"]),
        ("Less than 1 % of them fail; version 14 of 17.", ["1 %", "14", "17"]),
        ("It costs 1,250 euros.", ["1,250 euros"]),
        ("5 000 000 rows", ["5 000 000"]),
        ("2.5 weeks.", ["2.5 weeks"]),
        ("1. Isolate it.\n6. Look.", ["6"]),
        ("Rank 1 h.", ["1 h"]),
    ],
)
def test_figures_from_nowhere_are_found(text, struck):
    sources = [HEALTH, BUNDLE, "Grundfos CR 3-10", "pump 4", {"rank": 1}, {"rows": 5}]
    found = untraced_numbers(text, sources)
    assert [each for each in struck if each not in found] == []


def test_less_than_one_per_cent_needs_a_figure_below_it():
    small = {"failure_probability": {"value": 0.004, "unit": "probability"}}
    assert untraced_numbers("less than 1 %", [small]) == []
    assert untraced_numbers("more than 99 %", [{"value": 0.997, "unit": "probability"}]) == []
    assert untraced_numbers("less than 1 %", [{"value": 0.04, "unit": "probability"}]) == ["1 %"]


def test_round_figures_may_be_rounder_than_shown_decimals_say():
    assert untraced_numbers("about 1,200 rows of 360 h", [{"rows": 1_234, "cap_hours": 362.0}]) == []
    assert untraced_numbers("about 40 h", [{"rul_hours": 43.0}]) == ["40 h"]


def test_what_is_struck_is_said_to_be_withheld():
    assert strike("RUL 43 h, or 99 days.", [HEALTH]) == f"RUL 43 h, or {WITHHELD}."


INVENTED = [
    "Pump 4 has about 57 h left and a risk of 31 %.",
    "The bearing runs at 93.5 °C since 14 May.",
    "I compared it with pump 21 and MOTOR_ACME_X1_077.",
    "By ISO 13373-2 it may run for eighty hours more, at 12,345 rpm.",
]


@pytest.mark.parametrize("invented", INVENTED)
def test_a_brain_that_keeps_inventing_gets_nothing_out(tmp_path, invented):
    brain = script(call("describe_machine", machine_id=PUMP), invented, invented)
    turn = copilot(tmp_path, brain).say("t", "How long will pump 4 last?")
    assert WITHHELD in turn.answer
    assert turn.ungrounded
    assert untraced_numbers(turn.answer, [turn.calls[0].result, "pump 4"]) == []
    assert all(number not in turn.answer for number in turn.ungrounded)


def test_a_brain_gets_one_chance_to_write_it_anew(tmp_path):
    brain = script(call("describe_machine", machine_id=PUMP), "It delivers 4 m³/h.", "It delivers 3 m³/h.")
    turn = copilot(tmp_path, brain).say("t", "What does the Grundfos deliver?")
    assert (turn.answer, turn.ungrounded) == ("It delivers 3 m³/h.", ())
    complaint = brain.shown[-1][-1]
    assert complaint.name == GUARD
    assert "4 m³/h" in complaint.content


def test_a_figure_may_come_from_an_earlier_turn_but_not_from_another_conversation(tmp_path):
    lines = [
        call("describe_machine", machine_id=PUMP),
        "Described.",
        "It delivers 3 m³/h.",
        "It is 47 m.",
        "It is 47 m.",
    ]
    talk = copilot(tmp_path, script(*lines))
    talk.say("one", "Describe the Grundfos")
    assert talk.say("one", "What does it deliver?").ungrounded == ()
    assert talk.say("two", "What is its head?").ungrounded == ("47",)


def test_what_a_brain_said_itself_is_no_source(tmp_path):
    talk = copilot(tmp_path, script("It is 555 h.", "It is 555 h.", "As I said, 555 h.", "As I said, 555 h."))
    talk.say("t", "How long?")
    assert talk.say("t", "Say again").ungrounded == ("555 h",)


def test_a_number_of_the_person_may_be_repeated(tmp_path):
    talk = copilot(tmp_path, script("48 h is two days; which machine do you mean?"))
    assert talk.say("t", "Will it last 48 h?").ungrounded == ()


def test_the_struck_answer_is_what_the_conversation_keeps(tmp_path):
    brain = script("It has 57 h.", "It has 57 h.", call("describe_machine", machine_id=HAAS), "Described.")
    talk = copilot(tmp_path, brain)
    talk.say("t", "How long?")
    talk.say("t", "Describe the Haas")
    kept = [message.text for message in brain.shown[-1] if message.type == "ai"]
    assert f"It has {WITHHELD}." in kept


def test_the_figures_of_a_job_that_ended_are_figures_with_their_units(tmp_path):
    """A training of 291 s may be told as 5 min, though it reaches the brain as text."""
    talk = copilot(tmp_path, script("It took 5 min, and not 9 min.", "It took 5 min, and not 9 min."))
    jobs = plant_at(tmp_path).jobs
    job = jobs.end(jobs.start("train", HAAS, {}, {}), "done", result={"seconds": 291.3})
    talk._threads.add_job("t", job.job_id)
    assert talk.continue_after_jobs("t").ungrounded == ("9 min",)
