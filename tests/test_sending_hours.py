"""Holds which hours mail may go out in, by the clock on the wall, and when they next begin."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.read.sending_hours import Window, next_open, openings

DENVER = ZoneInfo("America/Denver")
WORKDAYS = frozenset(range(5))


def is_open(windows: list[Window], when: datetime) -> bool:
    """What a person would say who looks at the calendar and the clock on the wall."""
    minutes = when.hour * 60 + when.minute
    return any(when.weekday() in window.weekdays and window.start <= minutes < window.end for window in windows)


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("Mon-Fri 9:00-17:00", Window(WORKDAYS, 540, 1020)),
        ("Mon–Fri 9:00–17:00", Window(WORKDAYS, 540, 1020)),  # noqa: RUF001  # the dashes that word processors write
        ("  mon - fri   09:00 - 17:00 ", Window(WORKDAYS, 540, 1020)),
        ("Monday-Friday 9-17", Window(WORKDAYS, 540, 1020)),
        ("Mon, Wed, Fri 8:30-12:15", Window(frozenset([0, 2, 4]), 510, 735)),
        ("Mondays: 9:00-12:00", Window(frozenset([0]), 540, 720)),
        ("Tues-Thurs 9:00-12:00", Window(frozenset([1, 2, 3]), 540, 720)),
        ("Sat 9:00-12:00", Window(frozenset([5]), 540, 720)),
        ("Sat-Mon 0:00-24:00", Window(frozenset([5, 6, 0]), 0, 1440)),
        ("Mon-Sun 0:00-24:00", Window(frozenset(range(7)), 0, 1440)),
    ],
)
def test_hours_are_read_as_people_write_them(text: str, window: Window) -> None:
    """Either dash, full or short names, with and without minutes."""
    assert Window.parse(text) == window
    assert str(Window.parse(text)) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "names no weekdays and hours"),
        ("9:00-17:00", "names no weekdays and hours"),
        ("Mon-Fri", "names no weekdays and hours"),
        ("Mon-Fri 9:00", "names no weekdays and hours"),
        ("Mon-Fri 9:00-17:00 and Sat", "names no weekdays and hours"),
        ("Mon-Fri 9 am - 5 pm", "17:00 for 5 pm"),
        ("Mon-Fri 9:00am-5:00p.m.", "17:00 for 5 pm"),
        ("Mon-Fri 17:00-9:00", "ends before it begins"),
        ("Mon-Fri 9:00-9:00", "ends before it begins"),
        ("Mon-Fri 9:00-25:00", "there is no 25:00 o'clock"),
        ("Mon-Fri 9:75-17:00", "there is no 9:75 o'clock"),
        ("Mon-Fri 9:00-24:01", "there is no 24:01 o'clock"),
        ("Mo-Fr 9:00-17:00", '"mo-fr" is not a weekday'),
        ("Funday 9:00-17:00", '"funday" is not a weekday'),
        ("Mon-Wed-Fri 9:00-17:00", "is not a weekday"),
        ("Mon,, 9:00-17:00", "is not a weekday"),
    ],
)
def test_other_hours_are_refused_with_an_example(text: str, words: str) -> None:
    """Whoever writes them in another way sees what is wrong and one that is right."""
    with pytest.raises(ValueError, match=r"Mon-Fri 9:00-17:00") as refused:
        Window.parse(text)
    assert words in str(refused.value)


OFFICE = [Window.parse("Mon-Fri 9:00-17:00"), Window.parse("Sat 9:00-12:00")]


@pytest.mark.parametrize(
    ("when", "opens"),
    [
        ("2026-11-30T08:59:59", "2026-11-30T09:00:00-07:00"),
        ("2026-11-30T09:00:00", "2026-11-30T09:00:00-07:00"),
        ("2026-11-30T16:59:59.999999", "2026-11-30T16:59:59.999999-07:00"),
        ("2026-11-30T17:00:00", "2026-12-01T09:00:00-07:00"),
        ("2026-12-04T20:00:00", "2026-12-05T09:00:00-07:00"),
        ("2026-12-05T12:00:00", "2026-12-07T09:00:00-07:00"),
        ("2026-03-06T18:00:00", "2026-03-07T09:00:00-07:00"),
        ("2026-03-07T13:00:00", "2026-03-09T09:00:00-06:00"),  # the clocks went forward on Sunday
        ("2026-10-31T13:00:00", "2026-11-02T09:00:00-07:00"),  # and back
    ],
)
def test_the_next_opening(when: str, opens: str) -> None:
    """Over nights, weekends and the change of the clocks, it opens at nine by the clock on the wall."""
    assert next_open(OFFICE, datetime.fromisoformat(when).replace(tzinfo=DENVER)).isoformat() == opens


@pytest.mark.parametrize(
    ("hours", "when", "opens"),
    [
        ("Sun 2:30-4:00", "2026-03-08T08:00:00+00:00", "2026-03-08T03:00:00-06:00"),  # 2:30 does not come that night
        ("Sun 2:00-3:00", "2026-03-08T08:00:00+00:00", "2026-03-15T02:00:00-06:00"),  # nor does the whole hour
        ("Sun 1:00-1:30", "2026-11-01T07:40:00+00:00", "2026-11-01T01:00:00-07:00"),  # one o'clock comes twice
        ("Sun 1:30-3:00", "2026-11-01T08:05:00+00:00", "2026-11-01T01:30:00-07:00"),
    ],
)
def test_the_night_in_which_the_clocks_change(hours: str, when: str, opens: str) -> None:
    """What counts is the clock on the wall, also when it jumps."""
    assert next_open([Window.parse(hours)], datetime.fromisoformat(when).astimezone(DENVER)).isoformat() == opens


def test_without_hours_it_is_always_open() -> None:
    """No `hours` in practice.yaml is no limit."""
    now = datetime(2026, 11, 29, 3, tzinfo=DENVER)
    assert next_open([], now) is now
    assert list(openings([], now)) == []


def test_a_time_without_zone_is_refused() -> None:
    """A naive time would be read in the computer's own zone."""
    with pytest.raises(ValueError, match="time zone"):
        next_open(OFFICE, datetime(2026, 11, 29, 3))


windows_of_a_week = st.lists(
    st.builds(
        lambda weekdays, start, length: Window(frozenset(weekdays), start, min(start + length, 1440)),
        st.sets(st.integers(0, 6), min_size=1),
        st.integers(0, 1439),
        st.integers(1, 1440),
    ),
    min_size=1,
    max_size=3,
)
zones = st.sampled_from(
    ["UTC", "America/Denver", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo", "Pacific/Apia"]
).map(ZoneInfo)
moments = st.one_of(
    st.datetimes(datetime(2010, 1, 1), datetime(2037, 1, 1)),
    *[
        st.integers(-3000, 3000).map(lambda minutes, day=day: datetime.fromisoformat(day) + timedelta(minutes=minutes))
        for day in ("2026-03-08", "2026-11-01", "2026-03-29", "2026-10-25", "2026-04-04T15:00", "2018-11-04", "2011-12-30")
    ],
)


@settings(max_examples=300, deadline=None)
@given(windows=windows_of_a_week, zone=zones, moment=moments)
def test_it_is_the_first_moment_that_is_open(windows: list[Window], zone: ZoneInfo, moment: datetime) -> None:
    """The moment found is open, none before it is, and an open moment is its own answer."""
    when = moment.replace(tzinfo=UTC).astimezone(zone)
    found = next_open(windows, when)
    assert is_open(windows, found)
    assert found.tzinfo is zone
    if is_open(windows, when):
        assert found is when
    else:
        before = when.astimezone(UTC)
        last = found.astimezone(UTC) - timedelta.resolution
        assert before <= last
        assert not is_open(windows, last.astimezone(zone))
        while before < last:
            assert not is_open(windows, before.astimezone(zone))
            before += timedelta(minutes=17)
