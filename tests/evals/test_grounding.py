"""A number in an answer comes from somewhere, or it is named."""

import pytest

from evals.grounding import Evidence
from machine_profiles.reading import SHIPPED, load_catalog
from tests.evals.turns import PUMP, called

RESULT = {
    "failure_probability": {"value": 0.4312, "interval": {"low": 0.31, "high": 0.56}},
    "rul": {"value": 132.7, "unit": "h"},
    "at": "2026-05-31T23:00:00Z",
    "rows": 5000,
    "models": {"failure": 3},
    "machines": [{}, {}, {}],
    "bytes": 48_200,
    "change_per_day": -0.25,
}


@pytest.fixture
def evidence() -> Evidence:
    evidence = Evidence(dict(load_catalog(SHIPPED)))
    call = called("predict_health", result=RESULT, machine_id=PUMP, horizon_hours=72)
    evidence.hear("Will pump 4 last 3 days? I have twelve spare seals.")
    evidence.see([call])
    return evidence


@pytest.mark.parametrize(
    "answer",
    [
        "43 % (31 to 56 %) within 72 h",
        "43.1% within 3 days",
        "RUL about 133 h, or 5.5 days",
        "Model version 3, data up to 31 May 2026, 23:00",
        "5,000 rows in 48 kB on 3 machines",
        "It falls by 0.25 a day; your 12 seals will do",
        "Grundfos CR 3-10 (number 4) holds; PUMP_GRUNDFOS_CR3_004",
        "1. first\n2. second",
        "Which one: pump 6, or compressor 8?",
        "No numbers at all.",
    ],
)
def test_what_a_result_a_person_or_a_name_holds_is_grounded(evidence: Evidence, answer: str):
    assert evidence.untraced(answer) == []


@pytest.mark.parametrize(
    ("answer", "invented"),
    [
        ("44 % within 72 h", ["44"]),
        ("RUL 140 h", ["140"]),
        ("43 hours", ["43"]),  # a probability is per cent, never hours
        ("132.8 h", ["132.8"]),
        ("model version 17", ["17"]),
        ("999", ["999"]),  # an earlier answer is no source
    ],
)
def test_what_nothing_holds_is_named(evidence: Evidence, answer: str, invented: list[str]):
    assert evidence.untraced(answer) == invented


def test_a_machine_s_number_counts_only_where_the_machine_is_spoken_of(evidence: Evidence):
    assert evidence.untraced("Do you mean number 18?") == ["18"]
    assert evidence.untraced("Do you mean the KUKA KR 210 R2700, number 18?") == []
