"""The card's form says what a change would do, and gives back what a person has altered."""

from datetime import UTC, datetime

import pytest

from agent.turns import Card, ProposedChange
from machine_profiles.reading import SHIPPED, load_catalog
from models.results import Preview
from tools.registry import all_tools, read_arguments
from ui.page.approval_card import UnreadableField, card_html, decisions_of

PUMP = "PUMP_GRUNDFOS_CR3_004"
MACHINES = load_catalog(SHIPPED)


def card(tool: str, **args: object) -> Card:
    declared = all_tools()[tool]
    change = ProposedChange(
        call_id="c1", tool=tool, args=read_arguments(declared, args).model_dump(mode="json"),
        preview=Preview(replaces="version 1", expected_seconds=60, warnings=("<b>Old</b>",), facts={"rows": "7"}),
        schema_=declared.arguments.model_json_schema(),
    )  # fmt: skip
    return Card(thread="t", user="anna", changes=(change,), proposed_at=datetime(2026, 6, 1, tzinfo=UTC))


TRAIN = card("train_models", machine_id=PUMP, tasks=["failure"], time_limit_s=60)
SAME = {"machine_id": PUMP, "tasks": ["failure"], "time_limit_s": "60"}


def decided(shown: Card, **fields: object):
    return decisions_of(shown, [{"call_id": "c1", "verdict": "approve", "fields": fields}], MACHINES)[0]


def test_it_says_what_waits_and_holds_a_field_for_each_argument():
    html = card_html(TRAIN, MACHINES)
    for said in (
        "waits for anna",
        "Nothing has been done yet",
        "version 1",
        "60 s",
        'min="10"',
        'value="failure" checked',
    ):
        assert said in html
    assert "&lt;b&gt;Old&lt;/b&gt;" in html


def test_a_form_left_as_it_is_approves():
    assert decided(TRAIN, **SAME).verdict == "approve"


def test_what_was_altered_becomes_an_edit_and_nothing_else_does():
    decision = decided(TRAIN, **{**SAME, "time_limit_s": "300", "tasks": ["failure", "rul"]})
    assert decision.verdict == "edit"
    assert decision.args == {"time_limit_s": 300, "tasks": ["failure", "rul"]}


def test_a_version_is_a_number_or_best():
    shown = card("promote_model", machine_id=PUMP, task="rul")
    same = {"machine_id": PUMP, "task": "rul"}
    assert decided(shown, **same, version="best").verdict == "approve"
    assert decided(shown, **same, version="2").args == {"version": 2}


def test_an_empty_optional_field_is_nothing_at_all():
    shown = card("log_maintenance", machine_id=PUMP, action="lubrication")
    assert decided(
        shown, machine_id=PUMP, action="lubrication", note="", at="", failure_mode="", unit="main"
    ).verdict == ("approve")


def test_a_field_that_cannot_be_read_is_named():
    with pytest.raises(UnreadableField, match=r"Time limit \(seconds\) is 'soon'; it takes a whole number"):
        decided(TRAIN, time_limit_s="soon")


def test_a_rejection_needs_no_form():
    answers = [{"call_id": "c1", "verdict": "reject", "fields": {"time_limit_s": "soon"}}]
    assert decisions_of(TRAIN, answers, MACHINES)[0].verdict == "reject"
