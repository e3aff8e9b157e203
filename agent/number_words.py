"""Numbers written out in words: where they stand, and what they come to."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

_ONES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
         "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SMALL = {word: n for n, word in enumerate(_ONES)} | {word: 10 * n for n, word in enumerate(_TENS, 2)}
_LARGE = {"hundred": 100, "thousand": 1000, "million": 1_000_000, "dozen": 12}
_ORDINALS = {"third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10,
             "eleventh": 11, "twelfth": 12, "fifteenth": 15, "twentieth": 20, "thirtieth": 30}  # fmt: skip
_WORD = "|".join(sorted([*_SMALL, *_LARGE, "couple"], key=len, reverse=True))
_NUMBER = re.compile(
    rf"\b(?:a\s+(?=(?:{'|'.join(_LARGE)}|couple)\b))?(?:{_WORD})(?:(?:\s+and\s+|\s+point\s+|[\s-]+)(?:{_WORD}))*\b(?!-)"
    rf"|\b(?:{_WORD})(?=-(?:hour|day|week|month|year|minute|second|fold|percent))",
    re.IGNORECASE,
)
_ORDINAL = re.compile(
    rf"\b({'|'.join(_ORDINALS)})\s+(?=(?:hour|day|week|month|year|time|rank|place|version|failure|cycle|quarter)s?\b)",
    re.IGNORECASE,
)
_SHARE = re.compile(
    r"\b(?P<half>half(?=\s+(?:an?|of|the|its|their|that|this|as|way)\b))"
    r"|\b(?:(?P<part>an?|one|two|three)\s+(?P<of>third|quarter|fifth|tenth)s?(?=\s+(?:of|the|its|an?)\b|[\s.,;]|$))"
    r"|\b(?P<more>twice|thrice|double(?=\s+(?:the|its|that|what)\b)|double[ds](?=\s+(?:since|in|over|within|the|its)\b)|doubling|tripled?s?|quadrupled?s?|halved?|halves|halving|"
    rf"(?:{_WORD}|ten)[\s-]?fold)\b(?!-|\s+(?:check|row|acting|bearing|suction|seal))",
    re.IGNORECASE,
)
_SIGN = re.compile(r"[\u2150-\u218b\u2460-\u249b\u2776-\u2793\u00bc-\u00be]|(?<=\d)[\u00b2\u00b3\u00b9\u2070-\u2089]")
_PARTS = {"third": 1 / 3, "quarter": 1 / 4, "fifth": 1 / 5, "tenth": 1 / 10}


@dataclass(frozen=True)
class InWords:
    """`value` is None where a share is told of something whose size is not ("twice as likely")."""

    start: int
    end: int
    value: float | None
    share: bool = False


def in_words(text: str) -> Iterator[InWords]:
    """Every number of the text that is written out; "one" alone is none.

    >>> [each.value for each in in_words("Forty-two percent, or a hundred and twenty of two thousand five hundred.")]
    [42.0, 120.0, 2500.0]
    """
    shares = [*_shares(text)]
    yield from shares
    for found in _SIGN.finditer(text):
        size = unicodedata.numeric(found[0][-1])
        yield InWords(*found.span(), size, share=0 < size < 1)
    taken = [(each.start, each.end) for each in shares]
    for found in _NUMBER.finditer(text):
        if not any(start < found.end() and found.start() < end for start, end in taken):
            value = _value(found[0])
            if value is not None:
                yield InWords(found.start(), found.end(), value)
    for found in _ORDINAL.finditer(text):
        yield InWords(found.start(1), found.end(1), _ORDINALS[found[1].lower()])


def _shares(text: str) -> Iterator[InWords]:
    for found in _SHARE.finditer(text):
        if found["half"]:
            yield InWords(*found.span(), 0.5, share=True)
        elif found["part"]:
            count = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3}[found["part"].lower()]
            yield InWords(*found.span(), count * _PARTS[found["of"].lower()], share=True)
        else:
            yield InWords(*found.span(), None, share=True)


def _value(words: str) -> float | None:
    """The sum of thousands, hundreds and the rest; digits follow a "point". None for "one" alone."""
    whole, _, fraction = re.sub(r"[-\s]+", " ", words.lower()).partition(" point ")
    parts = [part for part in whole.split() if part not in ("and", "a")]
    if parts == ["one"] and not fraction:
        return 1.0
    total = group = 0.0
    for part in parts:
        if part == "couple":
            group += 2
        elif part in _SMALL:
            group += _SMALL[part]
        elif part in ("hundred", "dozen"):
            group = (group or 1) * _LARGE[part]
        else:
            total, group = total + (group or 1) * _LARGE[part], 0.0
    digits = "".join(str(_SMALL[part]) for part in fraction.split() if part in _SMALL)
    return total + group + (float(f"0.{digits}") if digits else 0.0)
