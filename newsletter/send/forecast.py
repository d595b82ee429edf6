"""When the last of many mails can go out, under a pace a minute, a limit a day, and sending hours."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from newsletter.read.sending_hours import opening_days, openings
from newsletter.send.limits import Limits

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SECOND = 1_000_000  # microseconds
_FARTHEST = 20 * 366  # days ahead that are looked at


def forecast(count: int, limits: Limits, now: float, finished: Iterable[float] = ()) -> float | None:
    """When the last of `count` mails is finished, in seconds since 1970; `now` for none, None if that is 20 years off or more.

    `finished` are the times of the account's mails of the last 24 hours, in any order. The rule: a mail may be finished at `t`
    if `t` lies inside the hours, at least 60 / `per_minute` seconds after the last one, and if fewer than `per_day` mails were
    finished in the 24 hours up to `t` (what began exactly 24 hours ago no longer counts). Each goes out as soon as it may.

    Takes a step for each day and each of `finished`, not for each mail.
    """
    if count <= 0:
        return now
    walk = _Walk(limits, now, finished)
    while count and not walk.too_far:
        count -= walk.place(count)
        count -= walk.repeat(count)
    return None if walk.too_far else walk.seconds(walk.last)


class _Walk:
    """Goes through the mails run by run: a run is `[first, count]`, mails one gap apart.

    Times are ticks since 1970, so many to a microsecond that the gap between two mails is a whole number: nothing is rounded.
    """

    def __init__(self, limits: Limits, now: float, finished: Iterable[float]) -> None:
        self.zone = ZoneInfo(limits.zone)
        self.hours = limits.hours
        self.per_day = limits.per_day
        self.scale = limits.per_minute or 1
        self.gap = 60 * _SECOND if limits.per_minute else 0
        self.day = 86_400 * _SECOND * self.scale
        self.now = self.ticks(now)
        self.runs: deque[list[int]] = deque()  # the latest mails, at most `per_day` of them, oldest first
        self.held = 0
        self.repeated = 0  # mails in a row that were finished exactly 24 hours after the one `per_day` before them
        for then in sorted(min(self.ticks(then), self.now) for then in finished):
            self._append(then, 1)
            self._forget()
        self.opened, self.closed, self.openings = self._look_from(self.now)

    @property
    def last(self) -> int:
        """When the latest mail was finished."""
        first, count = self.runs[-1]
        return first + (count - 1) * self.gap

    @property
    def too_far(self) -> bool:
        """Whether the latest mail is farther off than anyone plans."""
        return bool(self.runs) and self.last - self.now > _FARTHEST * self.day

    def place(self, left: int) -> int:
        """Places as many of the next mails as follow each other without another wait; gives their number."""
        earliest, most, release = self.now, left, None
        if self.runs:
            earliest = max(earliest, self.last + self.gap)
        if self.per_day is not None and self.held < self.per_day:
            most = min(most, self.per_day - self.held)
        elif self.per_day is not None:
            oldest, count = self.runs[0]
            release = oldest + self.day
            earliest, most = max(earliest, release), min(most, count)
        opened, closed = self._opening(earliest)
        start = max(earliest, opened)
        if closed is not None and self.gap:
            most = min(most, -((start - closed) // self.gap))
        self.repeated = self.repeated + most if start == release else 0
        self._append(start, most)
        self._forget()
        return most

    def repeat(self, left: int) -> int:
        """Skips the days that must run exactly as the one before, once a whole day has; gives the number of mails placed.

        After `per_day` mails that each waited for nothing but the day rule, the next ones do the same as long as the hours allow.
        """
        if self.per_day is None or self.repeated < self.per_day:
            return 0
        days = self._days_alike(min(left // self.per_day, _FARTHEST + 1))
        for run in self.runs:
            run[0] += days * self.day
        self.repeated = 0
        self.opened, self.closed, self.openings = self._look_from(self.last)
        return days * self.per_day

    def _days_alike(self, most: int) -> int:
        """How many of the next days open and close as the one that the latest `per_day` mails began.

        The day after those must do so too: a day here begins at a whole microsecond, and its last mail may lie behind its end.
        """
        if not self.hours or not most:
            return most
        days = opening_days(self.hours, self._moment(self.runs[0][0]))
        today = next(days)
        alike = 0
        while alike <= most and next(days) == today:
            alike += 1
        return max(0, alike - 1)

    def _opening(self, earliest: int) -> tuple[int, int | None]:
        """The first opening that ends after `earliest`; without hours, one without end."""
        while self.closed is not None and self.closed <= earliest:
            opened, closed = next(self.openings)
            self.opened, self.closed = self._whole(opened), self._whole(closed)
        return self.opened, self.closed

    def _look_from(self, start: int) -> tuple[int, int | None, Iterator[tuple[datetime, datetime]]]:
        """The opening to begin with, which is over where there are hours, and those that follow `start`."""
        return start, start if self.hours else None, openings(self.hours, self._moment(start))

    def _append(self, start: int, count: int) -> None:
        if self.runs and start == self.runs[-1][0] + self.runs[-1][1] * self.gap:
            self.runs[-1][1] += count
        else:
            self.runs.append([start, count])
        self.held += count

    def _forget(self) -> None:
        """Drops the oldest mails beyond `per_day`; without a limit a day, all runs but the latest."""
        surplus = self.held - (self.runs[-1][1] if self.per_day is None else self.per_day)
        while surplus > 0:
            oldest = self.runs[0]
            gone = min(surplus, oldest[1])
            oldest[0] += gone * self.gap
            oldest[1] -= gone
            self.held -= gone
            surplus -= gone
            if not oldest[1]:
                self.runs.popleft()

    def ticks(self, seconds: float) -> int:
        """Seconds since 1970 in ticks, to the nearest microsecond."""
        return round(seconds * _SECOND) * self.scale

    def seconds(self, ticks: int) -> float:
        """Ticks in seconds since 1970, up to the next microsecond."""
        return -(-ticks // self.scale) / _SECOND

    def _whole(self, moment: datetime) -> int:
        return (moment - _EPOCH) // _MICROSECOND * self.scale

    def _moment(self, ticks: int) -> datetime:
        return (_EPOCH + timedelta(microseconds=ticks // self.scale)).astimezone(self.zone)
