"""Holds when a mailing will be done: exactly what going through it mail by mail would give, and at once for millions."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.read.sending_hours import Window, next_open
from newsletter.send.forecast import forecast
from newsletter.send.limits import Limits

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DENVER = ZoneInfo("America/Denver")
OFFICE = (Window.parse("Mon-Fri 9:00-17:00"),)
MONDAY = datetime(2026, 11, 30, 10, 0, tzinfo=DENVER)


def at(when: datetime) -> float:
    """Seconds since 1970."""
    return when.timestamp()


def denver(seconds: float | None) -> str:
    """`Mon 30 Nov 10:00:00` in Denver."""
    assert seconds is not None
    return f"{datetime.fromtimestamp(seconds, DENVER):%a %d %b %H:%M:%S}"


def mail_by_mail(count: int, pace: Limits, now: float, finished: list[float]) -> float:
    """The rule itself, one mail after the other, in exact numbers."""
    start = Fraction(round(now * 1_000_000), 1_000_000)
    done = sorted(min(Fraction(round(then * 1_000_000), 1_000_000), start) for then in finished)
    for _ in range(count):
        moment = start
        if done and pace.per_minute:
            moment = max(moment, done[-1] + Fraction(60, pace.per_minute))
        if done:
            moment = max(moment, done[-1])
        if pace.per_day and len(done) >= pace.per_day:
            moment = max(moment, done[-pace.per_day] + 86_400)
        done.append(opened(pace, moment))
    return math.ceil(done[-1] * 1_000_000) / 1_000_000


def opened(pace: Limits, moment: Fraction) -> Fraction:
    """`moment`, or the next opening."""
    whole = EPOCH + timedelta(microseconds=math.floor(moment * 1_000_000))
    there = next_open(pace.hours, whole.astimezone(ZoneInfo(pace.zone))).astimezone(UTC)
    return moment if there == whole else Fraction((there - EPOCH) // timedelta(microseconds=1), 1_000_000)


hours_of_a_week = st.lists(
    st.builds(
        lambda weekdays, start, length: Window(frozenset(weekdays), start, min(start + length, 1440)),
        st.sets(st.integers(0, 6), min_size=1),
        st.integers(0, 1439),
        st.sampled_from([1, 7, 60, 480, 1440]),
    ),
    max_size=3,
).map(tuple)
paces = st.builds(
    Limits,
    per_minute=st.sampled_from([None, 1, 7, 30, 60, 1000]),
    per_day=st.one_of(st.none(), st.integers(1, 12)),
    hours=hours_of_a_week,
    zone=st.sampled_from(["UTC", "America/Denver", "Australia/Lord_Howe", "Pacific/Apia"]),
)
moments = st.integers(-5 * 86_400, 5 * 86_400).map(lambda shift: at(datetime(2026, 10, 31, 12, tzinfo=DENVER)) + shift)


@settings(max_examples=400, deadline=None)
@given(
    count=st.integers(1, 70),
    pace=paces,
    now=st.builds(lambda moment, part: moment + part / 1_000_000, moments, st.integers(0, 999_999)),
    ages=st.lists(st.one_of(st.integers(-5, 86_400).map(float), st.floats(0, 86_400)), max_size=15),
)
def test_it_is_what_going_mail_by_mail_gives(count: int, pace: Limits, now: float, ages: list[float]) -> None:
    """The quick way is exact, over weekends, limits, earlier mails and the change of the clocks."""
    finished = [now - age for age in ages]
    assert forecast(count, pace, now, finished) == mail_by_mail(count, pace, now, finished)


@settings(max_examples=60, deadline=None)
@given(
    pace=st.builds(
        Limits,
        per_minute=st.sampled_from([None, 7, 60]),
        per_day=st.integers(1, 5),
        hours=st.sampled_from(
            [
                (),
                (Window.parse("Mon-Sun 8:00-20:00"),),
                (Window.parse("Mon-Sat 0:00-24:00"),),
                (Window.parse("Mon-Sun 1:30-3:00"),),
            ]
        ),
        zone=st.just("America/Denver"),
    ),
    ages=st.lists(st.integers(0, 86_400_000_000), max_size=6),
    days=st.integers(100, 160),
)
def test_months_of_equal_days_are_exact_too(pace: Limits, ages: list[int], days: int) -> None:
    """Days that are skipped because they repeat the one before are counted right, also when the clocks change among them."""
    assert pace.per_day
    now = at(datetime(2026, 8, 20, 9, tzinfo=DENVER))
    finished = [now - age / 1_000_000 for age in ages]
    count = days * pace.per_day + 1
    assert forecast(count, pace, now, finished) == mail_by_mail(count, pace, now, finished)


@pytest.mark.parametrize(
    ("count", "pace", "done"),
    [
        (1, Limits(60, 2000), "Mon 30 Nov 10:00:00"),
        (61, Limits(60, 2000), "Mon 30 Nov 10:01:00"),
        (2000, Limits(None, 2000), "Mon 30 Nov 10:00:00"),
        (2001, Limits(None, 2000), "Tue 01 Dec 10:00:00"),
        (8400, Limits(10, 2000), "Fri 04 Dec 10:39:54"),
        (28_801, Limits(60, None, OFFICE, "America/Denver"), "Tue 01 Dec 10:00:00"),
        (10, Limits(1, 2, OFFICE, "America/Denver"), "Fri 04 Dec 10:01:00"),
        (12, Limits(1, 2, OFFICE, "America/Denver"), "Mon 07 Dec 09:01:00"),
    ],
)
def test_a_person_can_check_it(count: int, pace: Limits, done: str) -> None:
    """The examples that one would count on one's fingers, from Monday at 10."""
    assert denver(forecast(count, pace, at(MONDAY))) == done


def test_mails_of_the_last_day_count() -> None:
    """What went out yesterday afternoon holds back today's."""
    yesterday = [at(MONDAY - timedelta(hours=20))] * 2
    assert denver(forecast(1, Limits(per_day=2), at(MONDAY), yesterday)) == "Mon 30 Nov 14:00:00"


def test_nobody_to_mail_is_done_now() -> None:
    """Nothing to send takes no time."""
    assert forecast(0, Limits(1, 1, OFFICE), 12.5) == 12.5


def test_what_takes_twenty_years_is_no_plan() -> None:
    """A pace at which nobody will see the end has none, rather than a date in the year 29000."""
    assert forecast(10_000_000, Limits(per_day=1), 0.0) is None
    assert forecast(10_000_000, Limits(per_day=1, hours=OFFICE), 0.0) is None


@pytest.mark.parametrize(
    "pace",
    [
        Limits(None, None),
        Limits(600, None, OFFICE, "America/Denver"),
        Limits(60, 10_000),
        Limits(60, 10_000, (Window.parse("Mon-Sun 8:00-20:00"),), "America/Denver"),
        Limits(30, 10_000, OFFICE, "America/Denver"),
        Limits(1000, 2_000),
    ],
)
@pytest.mark.parametrize("earlier", [0, 1500])
def test_ten_million_take_no_time(pace: Limits, earlier: int) -> None:
    """The plan appears at once however long the list, also after a day of mails at uneven times."""
    now = at(MONDAY)
    finished = [now - 10_000 + number * 1.37 + (number % 7) / 9 for number in range(earlier)]
    began = time.perf_counter()
    done = forecast(10_000_000, pace, now, finished)
    assert time.perf_counter() - began < 1.0
    assert done is not None
    assert done >= now
