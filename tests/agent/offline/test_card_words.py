"""Which changes of a card a message means."""

import pytest

from agent.brains.offline.card_words import chosen
from agent.brains.offline.machines import Machines
from machine_profiles.reading import Catalog

LOGS = [
    {"call_id": pump, "tool": "log_maintenance", "args": {"machine_id": pump, "action": "inspection"}}
    for pump in ("PUMP_GRUNDFOS_CR3_004", "PUMP_KSB_ETANORM_005", "PUMP_SULZER_AHLSTAR_006")
]
GRUNDFOS, KSB, SULZER = (change["call_id"] for change in LOGS)
TWO = [
    {"call_id": "export", "tool": "export_edge", "args": {"machine_id": GRUNDFOS}},
    {"call_id": "train", "tool": "train_models", "args": {"machine_id": KSB, "tasks": ["failure", "rul"]}},
]


@pytest.mark.parametrize(
    ("said", "kept", "decided"),
    [
        ("only the first", [GRUNDFOS], False),
        ("drop the KSB one", [GRUNDFOS, SULZER], False),
        ("all but the last", [GRUNDFOS, KSB], False),
        ("only pumps 4 and 5", [GRUNDFOS, KSB], False),
        ("yes, only the Sulzer", [SULZER], True),
        ("yes to the first and third, no to the second", [GRUNDFOS, SULZER], True),
    ],
)
def test_a_part_of_three_log_entries(catalog: Catalog, said: str, kept: list[str], decided: bool):
    choice = chosen(said, LOGS, Machines(catalog))
    assert choice is not None
    assert (list(choice.kept), choice.decided) == (kept, decided)
    assert not set(choice.kept) & set(choice.dropped)


@pytest.mark.parametrize(
    ("said", "kept", "dropped"),
    [
        ("yes to the export", ["export"], []),
        ("yes to the first, not the second", ["export"], ["train"]),
        ("ok the export, forget the rest", ["export"], ["train"]),
    ],
)
def test_a_yes_to_a_part_says_nothing_of_what_it_does_not_name(
    catalog: Catalog, said: str, kept: list[str], dropped: list[str]
):
    choice = chosen(said, TWO, Machines(catalog))
    assert choice is not None
    assert choice.decided
    assert (list(choice.kept), list(choice.dropped)) == (kept, dropped)


@pytest.mark.parametrize(
    "said",
    ["yes", "what is waiting?", "yes, but fp16", "make that 5 minutes", "not pump 4, the Haas", "only failure"],
)
def test_what_names_no_change_of_the_card_is_no_choice(catalog: Catalog, said: str):
    assert chosen(said, TWO, Machines(catalog)) is None
