"""Which numbers of a text no source bears out: rounding, units and words for the same thing allowed for."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from agent.known_figures import Known, Moment, collect, find_moments
from agent.units import canonical, scales

WITHHELD = "[figure withheld: no receipt]"

_WORDS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
    "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
    "eighty": 80, "ninety": 90, "hundred": 100, "thousand": 1000,
}  # fmt: skip
_STANDARD = re.compile(
    r"\b(?:ISO|IEC|EN|DIN|API|VDI|ANSI|IEEE|NEMA|ATEX|VDE)(?:[\s/]+(?:ISO|IEC|EN|TR|TS))*\s*\d[\d:.-]*\d"
)
_MARKER = re.compile(r"^[ \t]*(\d{1,2})[.)][ \t]", re.MULTILINE)
_WORD_FIGURE = re.compile(rf"\b({'|'.join(_WORDS)})[\s-]+([a-z°%]+)", re.IGNORECASE)
_TOKEN = re.compile(r"[A-Za-z0-9_@#][A-Za-z0-9_@#./,+\u202f\u00a0-]*")
_NUMBER = re.compile(r"\d{1,3}(?:[,\u202f\u00a0]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_SPACED = re.compile(r"(?<![\d.])\d{1,3}(?: \d{3})+(?!\d)")
_UNIT = re.compile(r"[ \u202f\u00a0]?(%|[A-Za-z°µμ²³^/·]+[\d³²]?(?:/[A-Za-z]+)?)")


@dataclass(frozen=True)
class Figure:
    """A number as a text shows it, at `start` to `end` with its unit."""

    start: int
    end: int
    shown: str
    value: float
    decimals: int
    unit: str | None
    before: str  # the words in front of it


def untraced_numbers(text: str, sources: Iterable[Any], names: Iterable[str] = ()) -> list[str]:
    """The numbers of `text` that no source bears out, as they stand in it.

    `sources` are strings and JSON values: tool results, arguments, what people said; `names` are machines' ids and
    names. A number is borne out by one that equals it when rounded to the decimals shown, in the same unit or one that
    converts; by the length of a list; and inside a name, a code or a date that a source holds.
    """
    return [text[start:end] for start, end in _untraced(text, collect(sources, names))]


def borne_out(text: str, sources: Iterable[Any], names: Iterable[str] = ()) -> list[tuple[int, int]]:
    """Where the text states figures, moments excepted, that these sources bear out: each from its start to its end."""
    known = collect(sources, names)
    rest = _without_names(text, known)
    for moment in find_moments(rest):
        rest = _blank(rest, moment.start, moment.end)
    for match in _STANDARD.finditer(rest):
        rest = _blank(rest, *match.span())
    rest = _SPACED.sub(lambda match: match[0].replace(" ", "\u202f"), _without_markers(rest))
    return [(figure.start, figure.end) for figure in _figures(rest, known) if _borne_out(figure, known)]


def strike(text: str, sources: Iterable[Any], names: Iterable[str] = ()) -> str:
    """The text with each such number, and its unit, replaced."""
    for start, end in reversed(_untraced(text, collect(sources, names))):
        text = text[:start] + WITHHELD + text[end:]
    return text


def _untraced(text: str, known: Known) -> list[tuple[int, int]]:
    rest, found = _without_names(text, known), []
    for moment in find_moments(rest):
        if not _same_moment(moment, known):
            found.append((moment.start, moment.end))
        rest = _blank(rest, moment.start, moment.end)
    for match in _STANDARD.finditer(rest):
        if _squeeze(match[0]) not in known.squeezed:
            found.append(match.span())
        rest = _blank(rest, *match.span())
    rest = _SPACED.sub(lambda match: match[0].replace(" ", "\u202f"), _without_markers(rest))
    for figure in [*_figures(rest, known), *_in_words(rest)]:
        if not _borne_out(figure, known):
            found.append((figure.start, figure.end))
    return sorted(found)


def _figures(text: str, known: Known) -> Iterable[Figure]:
    for token in _TOKEN.finditer(text):
        word = token[0].rstrip(".,/-+")
        if not any(c.isdigit() for c in word) or word.lower() in known.words:
            continue
        if "_" in word:  # a machine or a field that no source knows
            yield Figure(token.start(), token.start() + len(word), word, float("nan"), 0, None, "")
            continue
        for number in _NUMBER.finditer(word):
            start, end = token.start() + number.start(), token.start() + number.end()
            shown = number[0]
            unit = _UNIT.match(text, end)
            named = canonical(unit[1]) if unit else None
            mantissa, _, exponent = _plain(shown).lower().partition("e")
            fraction = mantissa.rpartition(".")[2] if "." in mantissa else ""
            yield Figure(
                start=start,
                end=unit.end() if unit and named else end,
                shown=shown,
                value=float(_plain(shown)),
                decimals=len(fraction) - int(exponent or 0),
                unit=named,
                before=text[max(0, start - 24) : start].lower(),
            )


def _in_words(text: str) -> Iterable[Figure]:
    """ "seven hours": a number written out counts where a unit follows."""
    for match in _WORD_FIGURE.finditer(text):
        if unit := canonical(match[2]):
            value = float(_WORDS[match[1].lower()])
            yield Figure(match.start(), match.end(), match[1], value, 0, unit, "")


def _borne_out(figure: Figure, known: Known) -> bool:
    if figure.unit is None and figure.decimals == 0 and figure.value in known.counts:
        return True
    tolerance = 0.5 * 10.0**-figure.decimals
    digits = _plain(figure.shown)
    zeros = len(digits) - len(digits.rstrip("0")) if figure.decimals == 0 and figure.unit != "%" else 0
    zeros = min(zeros, max(0, len(digits) - 2))  # 360 may stand for 362, and 20 for nothing but 20
    tolerance = max(tolerance, 0.5 * 10.0**zeros if zeros else 0) * (1 + 1e-9)
    for value, unit, counting in known.numbers:
        if counting and figure.unit is not None:
            continue
        for scale in scales(unit, figure.unit):
            if abs(abs(value * scale) - figure.value) <= tolerance:
                return True
            if unit == "probability" and figure.unit == "%" and _bounded(figure, value):
                return True
    return False


def _bounded(figure: Figure, fraction: float) -> bool:
    """ "less than 1 %" and "more than 99 %" """
    if figure.value == 1 and re.search(r"(less than|under|below|<)\s*$", figure.before):
        return 0 <= fraction < 0.01
    if figure.value == 99 and re.search(r"(more than|over|above|>)\s*$", figure.before):
        return 0.99 < fraction <= 1
    return False


def _same_moment(moment: Moment, known: Known) -> bool:
    return any(
        all(mine is None or mine == theirs for mine, theirs in zip(moment.parts, other.parts, strict=True))
        for other in known.moments
    )


def _without_names(text: str, known: Known) -> str:
    lower = text.lower()
    for name in known.names:
        start = lower.find(name)
        while start >= 0:
            end = start + len(name)
            if not _joined(lower, start - 1, start) and not _joined(lower, end - 1, end):
                text, lower = _blank(text, start, end), _blank(lower, start, end)
            start = lower.find(name, end)
    return text


def _joined(text: str, left: int, right: int) -> bool:
    """Whether a name's edge lies within a word or number, so that it is not that name."""
    if left < 0 or right >= len(text):
        return False
    return text[left].isalnum() and text[right].isalnum()


def _without_markers(text: str) -> str:
    for expected, match in enumerate(_MARKER.finditer(text), 1):
        if int(match[1]) != expected:
            break
        text = _blank(text, match.start(1), match.end(1))
    return text


def _blank(text: str, start: int, end: int) -> str:
    return text[:start] + "\0" * (end - start) + text[end:]


def _plain(shown: str) -> str:
    return re.sub(r"[,\u202f\u00a0]", "", shown)


def _squeeze(text: str) -> str:
    return re.sub(r"[\s/]", "", text.lower())
