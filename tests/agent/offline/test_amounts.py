"""Durations, counts and dates as people say them."""

from datetime import UTC, datetime

import pytest

from agent.brains.offline.amounts import counts, durations
from agent.brains.offline.dates import moment

MONDAY = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("next two days", 48), ("1 wk", 168), ("the last 7d", 168), ("48h", 48), ("half an hour", 0.5),
        ("for 5 minutes", 5 / 60), ("90 s", 0.025), ("a couple of days", 48), ("tonight", 12), ("tomorrow", 24),
        ("over the weekend", 60), ("past week", 168), ("this month", 730), ("one and a half days", 36),
        ("two weeks from now", 336), ("through Wednesday", 60), ("until Wednesday", 36), ("another fortnight", 336),
    ],
)  # fmt: skip
def test_durations_are_clock_hours(text: str, hours: float):
    assert [length.hours for length in durations(text, MONDAY)] == [pytest.approx(hours)]


@pytest.mark.parametrize("text", ["5 m pipe", "the day shift", "have a nice day", "which machine", "pump 4"])
def test_no_duration_is_seen_where_there_is_none(text: str):
    assert durations(text, MONDAY) == []


@pytest.mark.parametrize(
    ("text", "count"),
    [("5k rows", 5000), ("10,000 rows", 10_000), ("8000 rows", 8000), ("10 thousand", 10_000), ("1.5k", 1500),
     ("half a million rows", 500_000), ("two thousand", 2000), ("twelve thousand rows", 12_000)],
)  # fmt: skip
def test_counts_with_their_thousands(text: str, count: int):
    assert [n for _, n in counts(text)] == [count]


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("yesterday at 14:00", "2026-05-31T14:00"), ("yesterday 3 pm", "2026-05-31T15:00"),
        ("last night", "2026-05-31T22:00"),
        ("this morning", "2026-06-01T08:00"), ("today at 9:30", "2026-06-01T09:30"), ("on Tuesday", "2026-05-26T12:00"),
        ("on 2026-05-28", "2026-05-28T12:00"), ("2026-05-28 07:15", "2026-05-28T07:15"), ("28 May", "2026-05-28T12:00"),
        ("two hours ago", "2026-06-01T10:00"), ("2026-05-28T07:15+02:00", "2026-05-28T05:15"),
        ("May 3rd", "2026-05-03T12:00"),
    ],
)  # fmt: skip
def test_moments_lie_in_the_past(text: str, at: str):
    assert moment(text, MONDAY) == datetime.fromisoformat(at).replace(tzinfo=UTC)


def test_no_moment_is_seen_where_there_is_none():
    assert moment("greased the bearings", MONDAY) is None


@pytest.mark.parametrize(
    ("text", "hours"),
    [("a quarter of an hour", 0.25), ("three quarters of a day", 18), ("a minute and a half", 0.025),
     ("half a day", 12)],
)  # fmt: skip
def test_parts_of_a_unit_are_no_quarters_of_a_year(text: str, hours: float):
    assert [length.hours for length in durations(text, MONDAY)] == [pytest.approx(hours)]


@pytest.mark.parametrize("text", ["on 28.05.2026", "28/05", "05/28/2026", "on 28.5. at noon"])
def test_days_in_figures(text: str):
    at = moment(text, MONDAY)
    assert at is not None
    assert (at.month, at.day) == (5, 28)
