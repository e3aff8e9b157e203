"""When something was done, as people say it: yesterday at 14:00, last night, on Tuesday, 28 May, two days ago."""

import re
from datetime import UTC, datetime, timedelta

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SHORT_DAYS = ("mon", "tues?", "wed", "thurs?", "thu", "fri", "sat", "sun(?! *(?:gear|light|shine))")
_PARTS_OF_DAY = {
    "morning": 8,
    "noon": 12,
    "midday": 12,
    "lunchtime": 12,
    "afternoon": 15,
    "evening": 19,
    "night": 22,
    "midnight": 0,
}
_NUMBERS = {
    "a": 1,
    "an": 1,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "ten": 10,
    "a couple of": 2,
}
_HOURS = {"h": 1, "d": 24, "w": 168}


def moment(text: str, now: datetime) -> datetime | None:
    """The past moment a text names, in UTC, never later than now; noon without an hour, None where it names none."""
    iso = re.search(
        r"\b(\d{4})-(\d{2})-(\d{2})(?:[T ]+(?:at )?(\d{1,2}):(\d{2})(?::\d{2})?\s*(Z|[+-]\d{2}:?\d{2})?)?", text
    )
    if iso:
        return _from_iso(iso, text)
    ago = re.search(
        r"\b(\d+|a couple of|an?|one|two|three|four|five|six|seven|ten)\s*(hours?|"
        r"hrs?|h|days?|d|weeks?|w|wks?)\s+ago\b",
        text,
        re.I,
    )
    if ago:
        count = int(ago[1]) if ago[1].isdigit() else _NUMBERS[ago[1].lower()]
        then = now - timedelta(hours=count * _HOURS[ago[2][0].lower()])
        return then if ago[2][0].lower() == "h" else _at_hour(then, text, now)
    day = _day(text.lower(), now)
    if day is not None:
        return _at_hour(day, text, now)
    return (
        _at_hour(now, text, now)
        if _clock(text) or re.search(r"\bthis (morning|afternoon|evening)\b", text, re.I)
        else None
    )


def ahead(text: str) -> str | None:
    """The words for a time to come, in a text that tells of nothing already done."""
    if _DONE.search(text):
        return None
    found = _AHEAD.search(text)
    return found[0] if found else None


_AHEAD = re.compile(
    r"\b(?:(?:for |on )?(?:tomorrow|tonight|next (?:week|month|shift|(?:mon|tues?|wednes|thurs|fri|satur|sun)day))|"
    r"in (?:\d+|a|an|one|two|three|a few|a couple of) (?:hours?|days?|weeks?))\b",
    re.I,
)
_DONE = re.compile(
    r"\b(?:was|were|has|have|had|did|done|just|yesterday|today|ago|(?!need|schedul)\w{3,}ed|swapped|put|fitted|i've|we've)\b",
    re.I,
)


def _from_iso(found: re.Match[str], text: str) -> datetime | None:
    try:
        day = datetime(int(found[1]), int(found[2]), int(found[3]), int(found[4] or 12), int(found[5] or 0), tzinfo=UTC)
    except ValueError:
        return None
    if found[6] and found[6] != "Z":
        sign = 1 if found[6][0] == "+" else -1
        digits = found[6][1:].replace(":", "")
        return day - sign * timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    if not found[4] and (clock := _clock(text[found.end() :])):
        return day.replace(hour=clock[0], minute=clock[1])
    return day


def _day(text: str, now: datetime) -> datetime | None:
    if "day before yesterday" in text:
        return now - timedelta(days=2)
    if re.search(r"\byesterday|\blast night", text):
        return now - timedelta(days=1)
    if re.search(r"\btoday\b|\bjust now\b", text):
        return now
    if re.search(r"\blast week\b", text) and not re.search("|".join(DAYS), text):
        return now - timedelta(days=7)
    weekday = re.search(rf"\b(?:{'|'.join(DAYS)}|{'|'.join(_SHORT_DAYS)})\b", text)
    if weekday:
        name = next(day for day in DAYS if day.startswith(weekday[0][:3]))
        return now - timedelta(days=(now.weekday() - DAYS.index(name)) % 7 or 7)
    figures = re.search(r"(?<![\d./-])(\d{1,2})([./])(\d{1,2})(?:\2(\d{4}|\d{2}))?(?![\d/])", text)
    if figures and (
        figures[2] == "/" or figures[4] or re.search(r"\b(?:on|since|the|at)\s*$", text[: figures.start()])
    ):
        return _in_figures(int(figures[1]), int(figures[3]), figures[2], figures[4], now)
    named = re.search(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?(?: of)? ({'|'.join(MONTHS)})[a-z]*\b", text)
    turned = re.search(rf"\b({'|'.join(MONTHS)})[a-z]* (\d{{1,2}})(?:st|nd|rd|th)?\b", text)
    if named or turned:
        month, number = (named[2], named[1]) if named else (turned[1], turned[2])  # type: ignore[index]
        return _latest(MONTHS.index(month) + 1, int(number), now)
    return None


def _in_figures(first: int, second: int, mark: str, year: str | None, now: datetime) -> datetime | None:
    """28.5.2026 and 28/05 are the 28th of May, and so is 05/28, since there is no 28th month."""
    day, month = (second, first) if mark == "/" and second > 12 else (first, second)
    if not 1 <= month <= 12:
        return None
    if year is None:
        return _latest(month, day, now)
    try:
        return datetime(int(year) + (2000 if len(year) == 2 else 0), month, day, 12, tzinfo=UTC)
    except ValueError:
        return None


def _latest(month: int, day: int, now: datetime) -> datetime | None:
    for year in (now.year, now.year - 1):
        try:
            then = datetime(year, month, day, 12, tzinfo=UTC)
        except ValueError:
            return None
        if then <= now + timedelta(days=1):
            return then
    return None


def _at_hour(day: datetime, text: str, now: datetime) -> datetime:
    clock = _clock(text)
    part = re.search(rf"\b({'|'.join(_PARTS_OF_DAY)})\b", text, re.I)
    if clock is None and part is None and day.date() == now.date():
        return now
    hour, minute = clock or (_PARTS_OF_DAY[part[1].lower()] if part else 12, 0)
    then = day.replace(hour=hour, minute=minute, second=0, microsecond=0)
    if then <= now:
        return then
    return now if clock is None else then - timedelta(days=1)


def _clock(text: str) -> tuple[int, int] | None:
    found = (
        re.search(r"\b(?:at |around |about )?(\d{1,2}):(\d{2})\s*([ap]\.?m\.?)?", text, re.I)
        or re.search(r"\b(?:at |around |about )?(\d{1,2})()\s*([ap]\.?m\b\.?)", text, re.I)
        or re.search(r"\bat (\d{1,2})()()(?: ?o'?clock| ?h\b)", text, re.I)
    )
    if not found:
        return None
    hour, minute = int(found[1]), int(found[2] or 0)
    half = (found[3] or "").lower()
    if half.startswith("p") and hour < 12:
        hour += 12
    if half.startswith("a") and hour == 12:
        hour = 0
    return (hour, minute) if hour < 24 and minute < 60 else None
