"""A cited passage says what the sentence says; a stranger's passage does not."""

import pytest

from evals.citing import citation_figures, claims_of
from evals.results import TurnRecord
from tests.evals.turns import called

SEAL = "Pump sheet, Seal wear"
LOCK = "Pump sheet, Safety"
PASSAGES = {
    SEAL: "Symptoms: leakage at the shaft. Remedy: renew the shaft seal with its O-rings and flush the housing.",
    LOCK: "Lock and tag the motor, close both valves and let the pressure fall before the cover is opened.",
}
SOURCES = f"Sources: [a] {SEAL} (ISO 1); [b] {LOCK} (ISO 2)."


def judged(answer: str) -> list[tuple[str, bool]]:
    cited = [{"reference": reference, "text": text} for reference, text in PASSAGES.items()]
    claims = claims_of(f"{answer}\n{SOURCES}", [called("explain_fault", result={"citations": cited}, question="why")])
    return [(claim.reference, claim.supported) for claim in claims]


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ("Renew the shaft seal and flush the housing [a].", [(SEAL, True)]),
        ("Renew the shaft seal and flush the housing [b].", [(LOCK, False)]),
        ("The seal on the shaft should be replaced by a new one [a].", [(SEAL, True)]),  # by its meaning
        ("The RUL is 40 h. Order a gearbox from Berlin [a].", [(SEAL, False)]),
        ("- Safety: lock the motor and close both valves. Let the pressure fall. [b]", [(LOCK, True)]),
        ("Renew the shaft seal [a], then close both valves [b].", [(SEAL, True), (LOCK, True)]),
        ("Renew the shaft seal [a][b].", [(SEAL, True), (LOCK, False)]),
        ("Nothing is cited here.", []),
    ],
)
def test_a_sentence_is_judged_by_the_passage_its_mark_stands_for(answer: str, found: list):
    assert judged(answer) == found


def test_the_rate_stands_beside_that_of_shuffled_passages():
    cited = [{"reference": reference, "text": text} for reference, text in PASSAGES.items()]
    call = called("explain_fault", result={"citations": cited}, question="why")
    answer = f"Renew the shaft seal [a].\nClose both valves [b].\nBuy a gearbox [b].\n{SOURCES}"
    turn = TurnRecord(
        said="why", image=None, outcome="answer", tools=(call,), answer=answer, citations=(), latency_s=1.0,
        jobs_s=0.0, claims=claims_of(answer, [call]),
    )  # fmt: skip
    figures = citation_figures([turn])
    assert figures is not None
    assert (figures.claims, round(figures.supported, 3)) == (3, 0.667)
    assert (figures.shuffled, figures.shuffled_n) == (0.0, 3)
    assert citation_figures([turn.model_copy(update={"claims": ()})]) is None
