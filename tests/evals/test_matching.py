"""The five ways in which a scenario may mean its list of calls."""

import pytest

from evals.matching import faults_of_calls, pair
from evals.scenario import Match
from tests.evals.turns import KSB, PUMP, called, expected

HEALTH, RANK, TELEMETRY = "predict_health", "rank_fleet", "query_telemetry"


def names(text: str) -> list[str]:
    return [{"h": HEALTH, "r": RANK, "q": TELEMETRY}[letter] for letter in text]


@pytest.mark.parametrize(
    ("match", "wanted", "made", "fits"),
    [
        ("strict", "hr", "hr", True),
        ("strict", "hr", "rh", False),
        ("strict", "h", "hr", False),
        ("strict", "hr", "h", False),
        ("strict", "", "", True),
        ("strict", "", "h", False),
        ("ordered", "hr", "hqr", True),
        ("ordered", "hr", "rqh", False),
        ("ordered", "hr", "rhqr", True),
        ("ordered", "hh", "h", False),
        ("unordered", "hr", "rh", True),
        ("unordered", "hr", "rhq", False),
        ("unordered", "hh", "h", False),
        ("superset", "hr", "rqh", True),
        ("superset", "hr", "h", False),
        ("superset", "hh", "hqh", True),
        ("superset", "hh", "hq", False),
        ("superset", "", "h", True),
        ("subset", "hr", "", True),
        ("subset", "hr", "hhr", True),
        ("subset", "hr", "hq", False),
        ("subset", "", "h", False),
    ],
)
def test_the_modes(match: Match, wanted: str, made: str, fits: bool):
    calls = [called(n) if n == RANK else called(n, machine_id=PUMP) for n in names(made)]
    assert (not faults_of_calls([expected(n) for n in names(wanted)], calls, match)) == fits


@pytest.mark.parametrize("match", ["unordered", "superset"])
def test_a_call_that_fits_two_expectations_is_given_to_the_one_that_needs_it(match: Match):
    wanted = [expected(HEALTH), expected(HEALTH, machine_id=PUMP)]
    calls = [called(HEALTH, machine_id=PUMP), called(HEALTH, machine_id=KSB)]
    assert faults_of_calls(wanted, calls, match) == []
    assert pair(wanted, calls) == {0: 1, 1: 0}


def test_a_fault_says_which_argument_differs():
    (fault,) = faults_of_calls([expected(HEALTH, machine_id=PUMP)], [called(HEALTH, machine_id=KSB)], "superset")
    assert fault == f"predict_health: machine_id is {KSB}, expected {PUMP}"


def test_a_fault_says_what_was_called_instead():
    (fault,) = faults_of_calls([expected(HEALTH, machine_id=PUMP)], [called(RANK)], "superset")
    assert fault == f"expected predict_health(machine_id={PUMP}); the turn called rank_fleet"


def test_the_wrong_order_is_said_as_such():
    calls = [called(RANK), called(HEALTH, machine_id=PUMP)]
    assert faults_of_calls([expected(HEALTH), expected(RANK)], calls, "strict") == [
        "expected the order predict_health, rank_fleet; called rank_fleet, predict_health"
    ]
