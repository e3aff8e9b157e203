"""Machines are found by whatever people call them, and never guessed."""

import pytest

from agent.brains.offline.machines import Machines
from agent.brains.offline.reading import Reader
from agent.brains.offline.referring import Context
from machine_profiles.reading import Catalog

PUMPS = [4, 5, 6]


def _numbers(reader: Reader, text: str) -> list[int]:
    mentions = reader.machines.mentions(reader.mend(text))
    return [reader.catalog[id_].number for mention in mentions for id_ in mention.resolved]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("PUMP_GRUNDFOS_CR3_004", [4]), ("how is pump_grundfos_cr3_004", [4]), ("pump 4", [4]), ("Pump #4", [4]),
        ("pump four", [4]), ("pump no. 6's seal", [6]), ("the Grundfos", [4]), ("CR3", [4]), ("CR 3", [4]),
        ("number 16", [16]), ("machine #3 and #7", [3, 7]), ("our Haas", [16]), ("the KUKA", [18]), ("KR 210", [18]),
        ("ga-30", [7]), ("atlas copco vs kaeser", [7, 8]), ("the Siemens motor", [1]), ("the Siemens turbine", [19]),
        ("pumps 5 and 6", [5, 6]), ("pump 4, 5 and 6", PUMPS), ("both robots", [17, 18]), ("all pumps", PUMPS),
        ("the chiller", [15]), ("the CNC", [16]), ("our hydraulic unit", [14]), ("the conveyor belt", [13]),
        ("the Grunfoss", [4]), ("the Keaser", [8]), ("seimens motor", [1]), ("the Kaiser", [8]), ("aerzn blower", [20]),
        ("show the motor current of pump 4", [4]), ("generate 2200 rows for the dorner 2200", [13]),
        ("P4", [4]), ("greased the turbine bearings", [19]), ("the SST-060", [19]), ("ebm papst fan", [9]),
    ],
)  # fmt: skip
def test_resolves(reader: Reader, text: str, numbers: list[int]):
    assert _numbers(reader, text) == numbers


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("retrain the pump", PUMPS), ("is the robot ok", [17, 18]), ("retrain the Siemens", [1, 19])],
)
def test_what_fits_several_is_asked_back(reader: Reader, context: Context, text: str, numbers: list[int]):
    missing = reader.read(text, context).orders[0].missing
    assert missing is not None
    assert [reader.catalog[id_].number for id_ in missing.choices] == numbers


@pytest.mark.parametrize(
    "text",
    ["is the Bosch press ok", "how is motor 4", "retrain pump 99", "is the Trane chiller healthy",
     "PUMP_WILO_009 status",
     "health of the Okuma lathe", "is the ABB pump ok"],
)  # fmt: skip
def test_an_unknown_machine_is_asked_back_with_the_nearest(reader: Reader, context: Context, text: str):
    missing = reader.read(text, context).orders[0].missing
    assert missing is not None
    assert missing.why == "unknown"
    assert missing.choices


def test_a_machine_that_is_ruled_out_is_not_meant(reader: Reader):
    assert reader.machines.without_negated("not the Grundfos, the Sulzer") == "the Sulzer"
    assert reader.machines.without_negated("why not pump 4?") == "why not pump 4?"


@pytest.mark.parametrize(
    "text", ["what's the weather", "retrain for 5 minutes", "show me the corner", "top 10 machines"]
)
def test_no_machine_is_seen_where_none_is_named(reader: Reader, text: str):
    assert _numbers(reader, text) == []


def test_every_machine_answers_to_its_number_its_id_and_each_alias(catalog: Catalog):
    machines = Machines(catalog)
    for profile in catalog.values():
        for name in (profile.id, f"{profile.kind} {profile.number}", f"number {profile.number}", profile.name):
            (mention,) = machines.mentions(f"how is {name} doing")
            assert mention.resolved == (profile.id,), name
        for alias in profile.aliases:
            found = [id_ for mention in machines.mentions(f"the {alias}") for id_ in mention.choices]
            assert profile.id in found, alias
