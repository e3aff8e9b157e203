"""Durations and counts as people say them: two days, 1 wk, over the weekend, 5k, half an hour."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from agent.brains.offline.text import Span

WEEKEND_HOURS = 60.0  # from Friday 18:00 to Monday 06:00
NIGHT_HOURS, SHIFT_HOURS = 12.0, 8.0
UNIT_HOURS = {
    "s": 1 / 3600, "m": 1 / 60, "h": 1.0, "d": 24.0, "w": 168.0, "month": 730.0, "quarter": 2190.0, "y": 8760.0,
    "shift": SHIFT_HOURS, "fortnight": 336.0, "weekend": WEEKEND_HOURS, "night": NIGHT_HOURS,
}  # fmt: skip
_UNITS = (
    r"(?P<unit>seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|hr|h|days?|d|weeks?|wks?|wk|w|months?|mo|quarters?|"
    r"years?|yrs?|y|shifts?|fortnights?|weekends?|nights?)"
)
WORDS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "twelve": 12, "fourteen": 14, "fifteen": 15, "twenty": 20, "twenty-four": 24, "thirty": 30, "forty": 40,
    "forty-eight": 48, "forty-five": 45, "sixty": 60, "seventy-two": 72, "ninety": 90, "half a": 0.5, "half an": 0.5,
    "a couple of": 2, "a couple": 2, "couple of": 2, "a few": 3, "few": 3, "several": 3, "one and a half": 1.5,
    "another": 1, "hundred": 100, "a hundred": 100, "the next": 1, "next": 1, "coming": 1, "this": 1, "the last": 1,
    "the past": 1, "last": 1, "past": 1, "the coming": 1, "previous": 1, "the whole": 1, "the": 1, "per": 1,
}  # fmt: skip
_COUNT = rf"(?P<count>\d+(?:[.,]\d+)?|{'|'.join(sorted(map(re.escape, WORDS), key=len, reverse=True))})"
_SPAN = re.compile(
    rf"(?<![\w.]){_COUNT}[\s-]*(?:full |whole |more |further |operating |running "
    rf"|solid |and a half )?{_UNITS}\b(?!['’]s)",
    re.I,
)
_PART = re.compile(
    rf"(?<![\w.])(?P<part>(?:a |one )?quarter|(?:a |one )?third|half|three quarters|two thirds)"
    rf" (?:of )?(?:an?|one) {_UNITS}\b",
    re.I,
)
_NUMBER = re.compile(
    r"(?<![\w#-])(?<!\w\.)(?P<n>\d{1,3}(?:[, ]\d{3})+|\d+(?:\.\d+)?|\.\d+)"
    r"\s*(?P<k>k|thousand|grand|m|million|mio)?\b(?!\s*%)",
    re.I,
)
_PARTS = {"quarter": 0.25, "third": 1 / 3, "half": 0.5, "three quarters": 0.75, "two thirds": 2 / 3}
_UNIT_AND_A_HALF = re.compile(rf"(?<![\w.])(?:an?|one) {_UNITS} and a half\b", re.I)
_ORDINAL = (
    r" (?!ago\b|later\b|or\b|and\b|before\b|after\b|of\b|per\b|at\b|if\b|more\b|to\b|please\b)[a-z]"  # "a second pump"
)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NAMED: tuple[tuple[str, float], ...] = (
    (
        r"(?:over|through|until after|for|this|next|the|during|past|after)?\s*(?:the\s+)?(?:long\s+)?weekend",
        WEEKEND_HOURS,
    ),
    (r"tonight|overnight|(?:through|until|over|for|during) the night|(?:until|till|by) (?:the )?morning", NIGHT_HOURS),
    (r"(?:for |until |till |by |through )?(?:the )?(?:day after tomorrow)", 48.0),
    (r"(?:until |till |by |through )?tomorrow", 24.0),
    (
        r"(?:until |till |by |through |in )?(?:the )?next (?:planned )?shift|this "
        r"shift|(?:the )?end of (?:the|this) shift",
        SHIFT_HOURS,
    ),
    (r"rest of the day|end of (?:the )?day|today", 24.0),
    (r"rest of the week|end of (?:the |this )?week|this week", 168.0),
    (r"(?:rest|end) of (?:the |this )?month|this month", 730.0),
    (r"fortnight", 336.0),
    (r"yesterday", 24.0),
    (r"\bday\b(?=\s+(?:ahead|from now))", 24.0),
)


@dataclass(frozen=True)
class Length:
    """A duration where it stands. `said` is the person's own wording."""

    span: Span
    hours: float
    said: str
    unit: Literal["s", "other"] = "other"


def durations(text: str, now: datetime) -> list[Length]:
    """Every duration of a text, in the order they stand."""
    found: list[Length] = []

    def add(match: re.Match[str], hours: float) -> None:
        span = Span(match.start(), match.end())
        if hours > 0 and not any(span.overlaps(other.span) for other in found):
            found.append(Length(span, hours, match[0].strip()))

    for match in _PART.finditer(text):
        part = re.sub(r"^(?:a|one) ", "", match["part"].lower())
        add(match, _PARTS[part] * UNIT_HOURS[_unit(match["unit"])])
    for match in _UNIT_AND_A_HALF.finditer(text):
        add(match, 1.5 * UNIT_HOURS[_unit(match["unit"])])
    for match in _SPAN.finditer(text):
        if not _is_no_duration(match, text):
            add(match, _count(match["count"]) * UNIT_HOURS[_unit(match["unit"])] + _and_a_half(match))
    for pattern, hours in _NAMED:
        for match in re.finditer(rf"\b(?:{pattern})\b", text, re.I):
            add(match, hours)
    for match in re.finditer(
        rf"\b(?P<how>until|till|til|by|before|through|past)\s+(?:next\s+|the end of\s+)?"
        rf"(?P<day>{'|'.join(_WEEKDAYS)})\b",
        text,
        re.I,
    ):
        add(match, _hours_until(match["day"].lower(), match["how"].lower(), now))
    return sorted(found, key=lambda length: length.span.start)


def lies_back(length: Length, text: str) -> bool:
    """Whether it is a stretch of the past: "the last two days", but not "will it last two days"."""
    before = text[: length.span.start].rstrip()
    if re.match(r"(?:the )?(?:last|past|previous)\b|yesterday", length.said, re.I):
        return True
    return bool(re.search(r"\b(?:the|in|over|during|for|of) (?:last|past|previous)$|\bsince$", before, re.I))


def counts(text: str) -> list[tuple[Span, int]]:
    """Whole numbers with their thousands: 5k, 10,000, 8000, 10 thousand, half a million."""
    found = []
    for match in _NUMBER.finditer(text):
        number = float(re.sub(r"[, ]", "", match["n"])) * {"k": 1e3, "t": 1e3, "g": 1e3, "m": 1e6}.get(
            (match["k"] or " ")[0].lower(), 1
        )
        found.append((Span(match.start(), match.end()), round(number)))
    spelled = (
        r"\b(?P<n>one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|"
        r"twenty|fifty|a|half a)\s+(?P<k>hundred|thousand|million)\b"
    )
    for match in re.finditer(spelled, text, re.I):
        many = {"hundred": 100, "thousand": 1000, "million": 1_000_000}[match["k"].lower()]
        found.append((Span(match.start(), match.end()), round({**WORDS, "fifty": 50}[match["n"].lower()] * many)))
    return sorted(found, key=lambda item: item[0].start)


def _count(words: str) -> float:
    words = re.sub(r"\s+", " ", words.lower())
    return float(WORDS[words]) if words in WORDS else float(words.replace(",", "."))


def _and_a_half(match: re.Match[str]) -> float:
    return (
        UNIT_HOURS[_unit(match["unit"])] / 2 if "and a half" in match[0] and match["count"] != "one and a half" else 0.0
    )


def _unit(word: str) -> str:
    word = word.lower()
    for long in ("month", "quarter", "shift", "fortnight", "weekend", "night"):
        if word.startswith(long):
            return long
    return "month" if word == "mo" else word[0]


def _is_no_duration(match: re.Match[str], text: str) -> bool:
    """ "5 m" may be metres, "the day" no span, "3 s" seldom seconds: those need a plainer unit."""
    unit, count = match["unit"], match["count"].lower()
    if unit.lower() in ("m", "s", "y", "mo", "d", "w") and (
        not count[0].isdigit() or (unit == "m" and match[0][-2:-1] == " ")
    ):
        return True
    if count in ("a", "another") and unit.lower() == "second" and re.match(_ORDINAL, text[match.end() :], re.I):
        return True
    if count in ("the", "per", "a") and unit.lower().rstrip("s") in (
        "day",
        "night",
        "hour",
        "minute",
        "month",
        "second",
        "year",
        "shift",
        "quarter",
    ):
        before = text[: match.start()].rstrip().lower()
        return count != "a" or before.endswith(("times", "once", "twice", "nice", "have"))
    return False


def _hours_until(day: str, how: str, now: datetime) -> float:
    """To the start of the day, or to its end where it is to be lived through; a day at least."""
    ahead = (_WEEKDAYS.index(day) - now.weekday()) % 7 or 7
    midnight = (now + timedelta(days=ahead)).replace(hour=0, minute=0, second=0, microsecond=0)
    if how in ("through", "past", "by"):
        midnight += timedelta(days=1)
    return max(24.0, round((midnight - now).total_seconds() / 3600))
