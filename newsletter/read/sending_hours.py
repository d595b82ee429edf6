"""The hours in which mail may go out: what practice.yaml says of them, and when the next one begins."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, tzinfo

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"))
_TIME = r"(\d{1,2})(?::(\d{2}))?"
_SHAPE = re.compile(rf"([a-z][a-z ,.-]*?)[ :]+{_TIME} ?- ?{_TIME}")
_RIGHT = 'Write it like "Mon-Fri 9:00-17:00" or "Sat 9:00-12:00".'
_DAY = timedelta(days=1)
_MIDNIGHT = 24 * 60

Stretch = tuple[timedelta, timedelta]


@dataclass(frozen=True, slots=True)
class Window:
    """The same hours on some weekdays, by the clock on the wall.

    `weekdays` count from Monday as 0; `start` and `end` are minutes after midnight, `end` being the first that is closed again.
    """

    weekdays: frozenset[int]
    start: int
    end: int
    text: str = field(default="", compare=False)

    @classmethod
    def parse(cls, text: str) -> Window:
        """A window from `Mon-Fri 9:00-17:00`; ValueError, with words for the person who wrote it, for anything else."""
        plain = " ".join(text.translate(_DASHES).lower().split())
        if re.search(r"\d ?[ap]\.?m\b", plain):
            raise ValueError(f'"{text}" is not in 24-hour times: write 17:00 for 5 pm. {_RIGHT}')
        found = _SHAPE.fullmatch(plain)
        if not found:
            raise ValueError(f'"{text}" names no weekdays and hours. {_RIGHT}')
        weekdays = frozenset(day for part in found[1].split(",") for day in _weekdays(part, text))
        start, end = _minutes(found[2], found[3], text), _minutes(found[4], found[5], text)
        if start >= end:
            over_midnight = 'For hours over midnight write two: "Fri 20:00-24:00" and "Sat 0:00-2:00".'
            raise ValueError(f'"{text}" ends before it begins. {_RIGHT} {over_midnight}')
        return cls(weekdays, start, end, text)

    def __str__(self) -> str:
        return self.text


def next_open(windows: Sequence[Window], when: datetime) -> datetime:
    """The first moment from `when` on (aware, in the practice's time zone) at which the clock on the wall is inside a window.

    That is `when` itself inside a window, and where there are no windows. Where clocks go forward over the start of a window, it
    opens when they have; where they go back, an hour that comes twice is open twice. ValueError for a `when` without time zone.
    """
    if when.tzinfo is None:
        raise ValueError("a time without time zone")
    for opened, _ in openings(windows, when):
        return when if opened <= when.astimezone(UTC) else opened.astimezone(when.tzinfo)
    return when


def openings(windows: Sequence[Window], since: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Every stretch of open time (first moment, first moment after it) from `since` on, in UTC, ordered by its beginning.

    Without end where there are windows, empty where there are none. A stretch may touch or overlap the one before it.
    """
    start = since.astimezone(UTC)
    for day in opening_days(windows, since):
        yield from ((start + opened, start + closed) for opened, closed in day)
        start += _DAY


def opening_days(windows: Sequence[Window], since: datetime) -> Iterator[tuple[Stretch, ...]]:
    """For each 24 hours from `since` on: its open stretches, counted from its beginning. Days that open alike are equal."""
    zone, start = since.tzinfo, since.astimezone(UTC)
    while windows:
        yield tuple(
            (opened - start, closed - start)
            for begin, end in _steady(start, start + _DAY, zone)
            for opened, closed in _open_between(windows, begin, end, begin.astimezone(zone).utcoffset() or timedelta())
        )
        start += _DAY


def _steady(begin: datetime, end: datetime, zone: tzinfo | None) -> list[tuple[datetime, datetime]]:
    """A stretch of at most a day, cut where the clocks change."""
    before = begin.astimezone(zone).utcoffset()
    if before == end.astimezone(zone).utcoffset():
        return [(begin, end)]
    early, late = begin, end
    while late - early > timedelta.resolution:
        middle = early + (late - early) // 2
        if middle.astimezone(zone).utcoffset() == before:
            early = middle
        else:
            late = middle
    return [(begin, late), (late, end)]


def _open_between(
    windows: Sequence[Window], begin: datetime, end: datetime, offset: timedelta
) -> Iterator[tuple[datetime, datetime]]:
    """The open stretches inside one in which the clock on the wall is `offset` ahead of UTC."""
    midnight = datetime.combine((begin + offset).date(), time(tzinfo=UTC)) - offset
    while midnight < end:
        weekday = (midnight + offset).weekday()
        for window in sorted(windows, key=lambda window: window.start):
            opened = max(begin, midnight + timedelta(minutes=window.start))
            closed = min(end, midnight + timedelta(minutes=window.end))
            if weekday in window.weekdays and opened < closed:
                yield opened, closed
        midnight += _DAY


def _weekdays(part: str, text: str) -> Iterator[int]:
    """The weekdays of `mon`, `mondays` or `mon-fri`; a span may run over the end of the week."""
    names = [name.strip(" .") for name in part.split("-")]
    numbers = [number for name in names for number, day in enumerate(_WEEKDAYS) if len(name) > 2 and f"{day}s".startswith(name)]
    if len(numbers) != len(names) or len(names) > 2:
        raise ValueError(f'"{text}": "{part.strip()}" is not a weekday, nor two with a dash between them. {_RIGHT}')
    first, last = numbers[0], numbers[-1]
    yield from ((first + step) % 7 for step in range((last - first) % 7 + 1))


def _minutes(hours: str, minutes: str | None, text: str) -> int:
    after_midnight = int(hours) * 60 + int(minutes or 0)
    if int(minutes or 0) > 59 or after_midnight > _MIDNIGHT:
        raise ValueError(f'"{text}": there is no {hours}:{minutes or "00"} o\'clock. {_RIGHT}')
    return after_midnight
