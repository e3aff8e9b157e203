"""Which numbers of a text no source bears out: rounding, units and words for the same thing allowed for."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from agent.invented import invented_names
from agent.known_figures import Known, Moment, collect, find_moments
from agent.number_words import in_words
from agent.units import TIME, canonical, readings

WITHHELD = "[figure withheld: no receipt]"
SAYINGS = (  # of our own templates: they hold for whatever result they are said of
    "half of the lives last", "one course in twenty goes further", "a quarter of a year is the furthest",
)  # fmt: skip

_STANDARD = re.compile(
    r"\b(?:ISO|IEC|EN|DIN|API|VDI|ANSI|IEEE|NEMA|ATEX|VDE)(?:[\s/]+(?:ISO|IEC|EN|TR|TS))*\s*\d[\d:.-]*\d"
)
_MARKER = re.compile(r"^[ \t]*(\d{1,2})[.)][ \t]", re.MULTILINE)
_TOKEN = re.compile(r"[A-Za-z\d_@#][A-Za-z\d_@#./,+\u202f\u00a0-]*")
_NUMBER = re.compile(r"\d{1,3}(?:[,\u202f\u00a0]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_SPACED = re.compile(r"(?<![\d.])\d{1,3}(?: \d{3})+(?!\d)")
_UNIT = re.compile(r"[ \u202f\u00a0]?-?(%|[€$£]|(?:degrees? )?[A-Za-z°µμω²³^/·]+[\d³²]?(?:/[A-Za-zµ]+[²³]?)?)")
_MONEY = re.compile(r"([€$£]|\b(?:EUR|USD|GBP)) ?$")
_TIMES = re.compile(r"( ?k\b| (?:hundred|thousand|million|dozen)\b)")
_FACTORS = {"k": 1e3, "hundred": 1e2, "thousand": 1e3, "million": 1e6, "dozen": 12.0}
_COUNTED = re.compile(
    r" (?:(?:failed|broken|new|more|other|different|similar|spare|worn|damaged|open|past|further|additional) )?"
    r"(?!(?:always|minus|plus|times|thus|less|versus|across|perhaps|is|was|has|as|its|this|units|yours)\b)"
    r"([a-z]{2,}[^\W\d_us]s|[a-z]{2,}(?:ches|shes|sses|ies))\b"
)


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
    counts: bool = False  # it counts things that are named


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
    found += invented_names(rest, known, known.machines)
    for span in found:
        rest = _blank(rest, *span)
    for moment in find_moments(rest):
        if not _same_moment(moment, known):
            found.append((moment.start, moment.end))
        rest = _blank(rest, moment.start, moment.end)
    for match in _STANDARD.finditer(rest):
        if _squeeze(match[0]) not in known.squeezed:
            found.append(match.span())
        rest = _blank(rest, *match.span())
    rest = _SPACED.sub(lambda match: match[0].replace(" ", "\u202f"), _without_markers(rest))
    for figure in [*_figures(rest, known), *_in_words(rest, known)]:
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
            times = _TIMES.match(text, end) if text[end : end + 2] != "kW" else None
            factor = _FACTORS[times[1].strip()] if times else 1.0
            end = times.end() if times else end
            unit, after = _unit_at(text, end, known)
            if money := _MONEY.search(text, 0, start):
                unit, start = canonical(money[1]), money.start()
            mantissa, _, exponent = _plain(shown).lower().partition("e")
            fraction = mantissa.rpartition(".")[2] if "." in mantissa else ""
            yield Figure(
                start=start,
                end=after,
                shown=shown,
                value=float(_plain(shown)) * factor,
                decimals=len(fraction) - int(exponent or 0) - (len(str(int(factor))) - 1),
                unit=unit,
                before=text[max(0, start - 24) : start].lower(),
                counts=unit is None and _COUNTED.match(text, end) is not None,
            )


def _unit_at(text: str, end: int, known: Known) -> tuple[str | None, int]:
    """The unit that follows a figure, ours or one that a source uses, and where it ends."""
    if text.startswith(" of ", end) and canonical(text[end + 4 :].split(" ")[0]):  # "a couple of days"
        end += 3
    found = _UNIT.match(text, end)
    if not found:
        return None, end
    spelt = found[1].removeprefix("degrees ").removeprefix("degree ")
    unit = canonical(spelt) or (spelt.lower() if spelt.lower() in known.units else None)
    return (unit, found.end()) if unit else (None, end)


def _in_words(text: str, known: Known) -> Iterable[Figure]:
    """Numbers written out: with a unit a figure like any other, else a count; words that a source has may be said."""
    for found in in_words(text):
        unit, end = _unit_at(text, found.end, known)
        if _said_so(text, found.start, found.end, known) or (found.value == 1 and (unit is None or unit in TIME)):
            continue
        if found.value is None:
            yield Figure(found.start, found.end, "", float("nan"), 0, None, "")
        elif found.share:
            yield Figure(found.start, found.end, "", 100 * found.value, 0, "%", "")
        else:
            shown = str(int(found.value)) if found.value == int(found.value) else str(found.value)
            decimals = len(shown.partition(".")[2])
            yield Figure(found.start, end, shown, found.value, decimals, unit, "", counts=unit is None)


def _said_so(text: str, start: int, end: int, known: Known) -> bool:
    """Whether a source has these words with the one that follows them."""
    follows = re.match(r"[\s-]*\w+", text[end:])
    return _squeeze(text[start : end + (follows.end() if follows else 0)]) in known.squeezed


def _borne_out(figure: Figure, known: Known) -> bool:
    if figure.unit is None and figure.decimals == 0 and figure.value in known.counts:
        return True
    tolerance = 0.5 * 10.0**-figure.decimals
    digits = _plain(figure.shown)
    zeros = len(digits) - len(digits.rstrip("0")) if figure.decimals == 0 and figure.unit != "%" else 0
    zeros = min(zeros, max(0, len(digits) - 2))  # 360 may stand for 362, and 20 for nothing but 20
    tolerance = max(tolerance, 0.5 * 10.0**zeros if zeros else 0) * (1 + 1e-9)
    for value, unit, counting in known.numbers:
        if (counting and figure.unit is not None) or (figure.counts and unit is not None):
            continue
        if any(abs(abs(reading) - figure.value) <= tolerance for reading in readings(value, unit, figure.unit)):
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
    for name in (*SAYINGS, *known.names):
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
    return re.sub(r"[\s/-]", "", text.lower())
