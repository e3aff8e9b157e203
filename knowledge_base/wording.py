"""Words for the keyword search: stems, everyday synonyms, and codes kept whole and in parts."""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import Stemmer
import yaml

_TOKEN = re.compile(r"[^\W_]+(?:[-/.][^\W_]+)*")
_PART = re.compile(r"[-/.]")
_CODE = re.compile(r"(?=.*\d)(?=.*[a-z])[a-z0-9]+(?:[-/.][a-z0-9]+)*|\d+[a-z0-9]*(?:[-/][a-z0-9]+)+|\d{4,}")
_BORDER = re.compile(r"(?<=[a-z])(?=\d)|(?<=\d)(?=[a-z])")
_FUNCTION_WORDS = (
    "a about all also am an and any are as at be been being both but by can could did do does doing done for "
    "from get gets getting give go going got had has have having he her here hi hello how i if in into is it "
    "its just keep keeps know let like make makes many may me might mine much must my need needs no not now of "
    "off often on one or our out over please really say says she should so some such tell than that the their "
    "them then there these they thing this those to too up us use used very want was way we well were what "
    "when where which while who why will with would you your "
)
_COMMON = frozenset(_FUNCTION_WORDS.split())


def words_of(text: str) -> list[str]:
    """Stems of the words that carry meaning; a code such as 6205-2RS1 whole, run together, and in its parts."""
    stems: list[str] = []
    for token in _TOKEN.findall(text.lower()):
        if token in _COMMON:
            continue
        if is_code(token):
            parts = [piece for part in _PART.split(token) for piece in _BORDER.split(part)]
            stems.extend(dict.fromkeys((token, re.sub(r"[-/.]", "", token), *_PART.split(token), *parts)))
        else:
            stems.extend(_stem(part) for part in _PART.split(token) if part not in _COMMON)
    return stems


def codes_of(text: str) -> list[str]:
    """The codes, standards and part numbers a text names, in lower case."""
    return [token for token in _TOKEN.findall(text.lower()) if is_code(token)]


def is_code(token: str) -> bool:
    """
    >>> [is_code(token) for token in ("6205-2rs1", "20816-3", "pump", "80", "re92711", "e-mail")]
    [True, True, False, False, True, False]
    """
    return _CODE.fullmatch(token) is not None


def expanded(text: str, more: Iterable[tuple[str, str]] = ()) -> str:
    """The text with the technical words that its everyday ones stand for; `more` are pairs of that kind."""
    low = " " + " ".join(_TOKEN.findall(text.lower())) + " "
    added = [technical for everyday, technical in (*_everyday(), *more) if f" {everyday.lower()} " in low]
    return " ".join([text, *dict.fromkeys(added)])


@cache
def _everyday() -> tuple[tuple[str, str], ...]:
    stated = yaml.safe_load((Path(__file__).parent / "synonyms.yaml").read_text(encoding="utf-8"))
    return tuple((word, technical) for technical, everyday in stated.items() for word in everyday)


@cache
def _stem(word: str) -> str:
    return str(_stemmer().stemWord(word))


@cache
def _stemmer() -> Stemmer.Stemmer:
    return Stemmer.Stemmer("english")
