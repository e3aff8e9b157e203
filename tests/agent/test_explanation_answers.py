"""Why, in words: what the readings say is told even where no document answers how."""

import pytest

from agent.answers.asked import Asked
from agent.answers.explanation import nothing_to_explain, say_explanation
from knowledge_base.explanation import Cause, Explanation
from machine_profiles.reading import SHIPPED, load_catalog

PUMP = "PUMP_GRUNDFOS_CR3_004"
CAUSE = Cause(
    failure_mode="cavitation", title="Cavitation", probability=0.8, stage=0.5, supporting=(), against=(), limits=(),
    trends=(), attributed=(), likely_cause=None, check=None, remedy=None, citation=None,
)  # fmt: skip


def test_a_procedure_that_no_document_holds_leaves_the_cause_that_the_readings_show():
    found = Explanation(
        question="how can I tell cavitation from impeller wear?", machine_id=PUMP, name="Grundfos CR 3-10",
        answerable=True, asks_for_procedure=True, at=None, state="act", moved=True, causes=(CAUSE,), faulty_sensor=None,
        sensor_fault=None, rul=None, rul_at_cap=None, urgency=None, safety=None, citations=(), passages=(),
    )  # fmt: skip
    said = say_explanation(found, Asked(catalog=load_catalog(SHIPPED)))
    assert "most likely cavitation" in said.finding


@pytest.mark.parametrize(
    ("question", "is_answer"),
    [("why?", True), ("why is it so noisy?", True), ("diagnose the fault", True), ("why is it painted green?", False)],
)
def test_a_complaint_about_a_machine_that_shows_nothing_is_answered_by_that(question: str, is_answer: bool):
    assert nothing_to_explain(False, question) is is_answer
    assert not nothing_to_explain(None, question)  # readings that are missing show nothing either way
    assert not nothing_to_explain(True, question)
