"""What is typed in haste is read as it was meant, and names and numbers stay as they are."""

import pytest

from agent.brains.offline.reading import Reader


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("report 4 the boss", "report for the boss"), ("csv 4 kaeser", "csv for kaeser"),
        ("export kuka 2 jetson", "export kuka to jetson"), ("how 2 lock it out", "how to lock it out"),
        ("y does it run hot", "why does it run hot"), ("motor no. 3", "motor number 3"),
        ("rprt on teh belt ofset", "report on the belt offset"), ("chnge the seal", "change the seal"),
        ("swaped the seal 2day", "swapped the seal today"), ("last 2 dys", "last 2 days"),
    ],
)  # fmt: skip
def test_short_forms_are_spelt_out(reader: Reader, typed: str, meant: str):
    assert reader.mend(typed) == meant


@pytest.mark.parametrize(
    "text",
    ["pump 4 bearings", "motor 2 be careful", "the last 2 days", "top 4 by RUL", "CR 3", "all 4 models", "version 2 to",
     "back to the earlier version", "clamping force",
     "a clogged sump gasket", "it is whining", "taped and wiped", "the flange wrench"],
)  # fmt: skip
def test_numbers_and_good_words_stay(reader: Reader, text: str):
    assert reader.mend(text) == text
