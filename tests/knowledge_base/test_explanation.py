"""Causes with their evidence and sources; without evidence nothing is said; safety before any work."""

from pathlib import Path

import pytest

from evals.benchmarks.drift.worlds import world
from knowledge_base.explanation import Explanation, asks_for_procedure, explain
from knowledge_base.index import Index
from machine_profiles.reading import SHIPPED, load_catalog
from models.demo_machine import NOW
from models.registry import Registry
from models.storage import Storage
from models.telemetry import Telemetry

CATALOG = load_catalog(SHIPPED)
PUMP = CATALOG["PUMP_KSB_ETANORM_005"]


def asked(home: Path, question: str, change: str | None = "trouble", profile=PUMP) -> tuple[Explanation, str | None]:
    storage = Storage(home)
    telemetry, mode = Telemetry(storage), None
    if change is not None:
        known = world(PUMP, change, 1)
        mode = known.failure_mode
        for rows in (known.reference, known.window):
            telemetry.append(PUMP.id, rows.assign(unit="main", life="1"))
    index = Index(storage, CATALOG)
    return explain(index, telemetry, Registry(storage, None), profile, question, NOW), mode


def test_the_likeliest_cause_comes_with_signs_check_remedy_and_its_passage(tmp_path: Path):
    found, mode = asked(tmp_path, "Why is it like that?")
    first = found.causes[0]
    assert first.failure_mode == mode
    assert first.supporting
    assert first.check
    assert first.remedy
    cited = {each.reference: each for each in found.citations}
    assert first.check in " ".join(cited[first.citation].text.split())
    assert found.safety in cited
    assert sum(each.probability for each in found.causes) <= 1.0 + 1e-9
    assert all(cause.supporting for cause in found.causes)  # a mode that nothing read speaks for is not named


def test_a_sound_machine_gets_no_cause(tmp_path: Path):
    found, _ = asked(tmp_path, "Why is it like that?", change="none")
    assert found.moved is False
    assert found.causes == ()
    assert found.urgency is None


def test_a_machine_without_readings_says_why_it_was_not_judged(tmp_path: Path):
    found, _ = asked(tmp_path, "Why does it vibrate?", change=None)
    assert found.moved is None
    assert "recorded" in str(found.not_judged)


def test_a_question_that_no_document_answers_is_not_answered(tmp_path: Path):
    found, _ = asked(tmp_path, "Who won the world cup in 1998?", change=None, profile=None)
    assert not found.answerable
    assert found.citations == ()


@pytest.mark.parametrize(
    ("question", "procedure"),
    [
        ("How do I lock out the conveyor?", True),
        ("Which grease goes into the motor bearings?", True),
        ("Why does the pump vibrate?", False),
        ("What is wrong with it?", False),
    ],
)
def test_a_procedure_is_told_from_a_cause(question: str, procedure: bool):
    assert asks_for_procedure(question) is procedure
