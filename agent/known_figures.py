"""What sources say in figures: numbers with their units, counts, names that hold digits, and moments."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from agent.units import canonical

# of a field's name → the unit of its figure; fields that count things have none, and count
_UNIT_OF = (
    (re.compile(r"^confidence$|probability$|^progress$"), "probability"),
    (
        re.compile(
            r"deviation$|score$|quality|column_shapes|pair_trends|parity|precision$|^f1$|brier|^ece$|^r2$|auroc|"
            r"coverage|mase$|threshold"
        ),
        "score",
    ),
    (re.compile(r"(^|_)hours?(_|$)|^(rul|age|cap|horizon|interval|pf|duration)(_hours)?$"), "h"),
    (re.compile(r"(^|_)seconds?$|_s$"), "s"),
    (re.compile(r"_bytes$"), "byte"),
)
_COUNTING = re.compile(
    r"(^|_)(rank|ranked|version|number|rows|lives|units|seed|readings|missing|duplicates|count|top|champion|challenger|"
    r"best|replaced|stored|known|rejected|sensors|decisions_changed|violations|beyond_warning|beyond_alarm)(_|$)"
)
_FIGURES = {"value", "latest", "mean", "limit", "normal_low", "normal_high", "warning_high", "alarm_high", "low"}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?P<{0}>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_CLOCK = r"(?P<h{0}>[01]?\d|2[0-3]):(?P<mi{0}>[0-5]\d)(?::\d\d(?:\.\d+)?)?"
_MOMENTS = (
    re.compile(
        rf"\b(?P<y>\d{{4}})-(?P<m>\d\d)-(?P<d>\d\d)(?:(?:T|,? (?:at )?)?{_CLOCK.format('')})?"
        r"(?:\s?Z|[+-]\d\d:?\d\d)?(?![\d-])"
    ),
    re.compile(
        rf"\b(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? {_MONTH.format('mon')}(?:,? (?P<y>\d{{4}}))?"
        rf"(?:,? (?:at )?{_CLOCK.format('')})?(?![\d:])",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\b{_MONTH.format('mon')} (?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?:,? (?P<y>\d{{4}}))?"
        rf"(?:,? (?:at )?{_CLOCK.format('')})?(?![\d:])",
        re.IGNORECASE,
    ),
    re.compile(rf"\b{_CLOCK.format('')}(?![\d:])"),
)
_DIGITS = re.compile(r"[-+]?\d+(?:,\d{3})*(?:\.\d+)?(?:[eE][-+]?\d+)?")
_AFTER = re.compile(r"\s?(%|[A-Za-z°µμ³²/^]+)")


@dataclass(frozen=True)
class Moment:
    """A date, a time of day, or both, as far as it is stated: year, month, day, hour, minute."""

    start: int
    end: int
    parts: tuple[int | None, int | None, int | None, int | None, int | None]


@dataclass
class Known:
    numbers: set[tuple[float, str | None, bool]] = field(default_factory=set)  # value, unit, whether it counts things
    counts: set[int] = field(default_factory=set)
    names: list[str] = field(default_factory=list)  # in lower case, longest first
    words: set[str] = field(default_factory=set)
    moments: set[Moment] = field(default_factory=set)
    squeezed: str = ""
    machines: list[str] = field(default_factory=list)
    units: set[str] = field(default_factory=set)  # as results state them


def collect(sources: Iterable[Any], names: Iterable[str] = ()) -> Known:
    """All that the sources hold. `names` may be said, and the digits in them mean nothing by themselves."""
    known = Known()
    texts: list[str] = []
    for source in sources:
        _walk(source, "", None, known, texts)
    for text in dict.fromkeys(texts):
        _read(text, known)
    for name in names:
        _name(name, known)
        known.machines.append(name)
    known.units = {unit for _, unit, _ in known.numbers if unit}
    known.names = sorted({name for name in known.names if len(name) >= 3}, key=len, reverse=True)
    known.squeezed = "|".join(re.sub(r"[\s/-]", "", text.lower()) for text in dict.fromkeys(texts))
    return known


def find_moments(text: str) -> list[Moment]:
    found = []
    for pattern in _MOMENTS:
        for match in pattern.finditer(text):
            found.append(Moment(match.start(), match.end(), _parts(match)))
            text = text[: match.start()] + "\0" * (match.end() - match.start()) + text[match.end() :]
    return found


def _walk(value: Any, name: str, unit: str | None, known: Known, texts: list[str]) -> None:
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, int | float):
        counting = unit is None and isinstance(value, int) and _counts(name)
        known.numbers.add((float(value), unit or (None if counting else _unit_of(name)), counting))
    elif isinstance(value, str):
        texts.append(value)
    elif isinstance(value, Mapping):
        inner = _unit_beside(value)
        if value and all(isinstance(item, int | float) for item in value.values()):
            known.counts.add(len(value))  # a table of figures, such as failures by mode
        for key, item in value.items():
            texts.append(str(key))
            versions = name == "models" and all(isinstance(each, int) for each in value.values())
            field_name = "version" if versions else str(key)
            _walk(item, field_name, _inherit(inner, unit, field_name), known, texts)
    else:
        items = list(value)
        known.counts.add(len(items))
        for field_name in {key for item in items if isinstance(item, Mapping) for key in item}:
            held = [item.get(field_name) for item in items if isinstance(item, Mapping)]
            known.counts.update(Counter(v for v in held if isinstance(v, str | bool)).values())
        for item in items:
            _walk(item, name, unit, known, texts)


def _unit_beside(figures: Mapping[str, Any]) -> str | None:
    """The `unit` that stands beside figures, as we know it or as it is spelt; other things have units too."""
    stated = figures.get("unit")
    if not isinstance(stated, str) or not _FIGURES & figures.keys():
        return None
    return canonical(stated) or stated.lower()


def _inherit(stated: str | None, outer: str | None, name: str) -> str | None:
    """Figures beside a `unit` are in it, and so is an interval below them; a count or a share never is."""
    if _counts(name) or _unit_of(name):
        return None
    return stated or (outer if name in ("low", "high", "value", "interval") else None)


@cache
def _counts(name: str) -> bool:
    return _COUNTING.search(name) is not None


@cache
def _unit_of(name: str) -> str | None:
    return next((unit for pattern, unit in _UNIT_OF if pattern.search(name)), None)


def _read(text: str, known: Known) -> None:
    lower = text.lower()
    _name(text, known)
    rest = text
    for moment in find_moments(text):
        known.moments.add(Moment(0, 0, moment.parts))
        rest = rest[: moment.start] + " " * (moment.end - moment.start) + rest[moment.end :]
    for match in _DIGITS.finditer(rest):
        after = _AFTER.match(rest, match.end())
        unit = canonical(after[1]) if after else None
        known.numbers.add((float(match[0].replace(",", "")), unit, unit is None))
    for word in re.findall(r"[A-Za-z0-9_@#][A-Za-z0-9_@#./,+-]*", lower):
        for part in (word, *word.split("/")):
            part = part.rstrip(".,/-+")
            if any(c.isdigit() for c in part) and any(c.isalpha() for c in part):
                known.words.add(part)


def _name(text: str, known: Known) -> None:
    """A short string with letters and digits may stand in an answer as it is."""
    if len(text) <= 120 and any(c.isdigit() for c in text) and any(c.isalpha() for c in text):
        known.names.append(text.lower().strip())
        known.words.add(text.lower().strip())


def _parts(match: re.Match[str]) -> tuple[int | None, int | None, int | None, int | None, int | None]:
    held = match.groupdict()
    month = _MONTHS.index(held["mon"].lower()[:3]) + 1 if held.get("mon") else held.get("m")
    stated = (held.get("y"), month, held.get("d"), held.get("h"), held.get("mi"))
    return tuple(None if part is None else int(part) for part in stated)  # type: ignore[return-value]
