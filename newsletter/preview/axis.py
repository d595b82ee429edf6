"""Times as a picture's axis says them: few, round, and of the practice's own zone."""

from __future__ import annotations

import datetime
from zoneinfo import ZoneInfo

_MOST = 6  # labels along a picture that fills the page
_ROUND = (
    1,
    2,
    5,
    10,
    30,
    60,
    120,
    300,
    600,
    900,
    1800,
    3600,
    7200,
    10_800,
    21_600,
    43_200,
)  # seconds that divide a day; more are days
_ROUND_DAYS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


def ticks(first: float, last: float, zone: ZoneInfo) -> list[tuple[float, str]]:
    """Round times between two (seconds since 1970), each with its words: hours, or days where it took days."""
    step = next((seconds for seconds in _ROUND if (last - first) / seconds < _MOST), None)
    return _days(first, last, zone) if step is None else _hours(first, last, zone, step)


def _hours(first: float, last: float, zone: ZoneInfo, step: int) -> list[tuple[float, str]]:
    """Counted on the wall clock, so that they stay round when the clock is changed; a midnight is said as the new day."""
    midnight = datetime.datetime.combine(_moment(first, zone).date(), datetime.time())
    found: dict[float, str] = {}
    begin = int((_moment(first, zone).replace(tzinfo=None) - midnight).total_seconds())
    for number in range(
        begin // step, int(begin + last - first + 3600) // step + 1
    ):  # an hour more: the clock may be put forward
        at = (midnight + datetime.timedelta(seconds=number * step)).replace(tzinfo=zone).timestamp()
        if first <= at <= last:
            moment = _moment(at, zone)
            found[at] = hour(moment, seconds=step < 60) if moment.time() > datetime.time() else day(moment, "day")
    return list(found.items())


def _days(first: float, last: float, zone: ZoneInfo) -> list[tuple[float, str]]:
    begin, days = _moment(first, zone).date(), (_moment(last, zone).date() - _moment(first, zone).date()).days
    apart = next((number for number in _ROUND_DAYS if days / number < _MOST), _ROUND_DAYS[-1])
    dates = [begin + datetime.timedelta(days=number) for number in range(1, days + 1, apart)]
    form = "day" if days < 300 else "short"
    return [(datetime.datetime.combine(date, datetime.time(), zone).timestamp(), day(date, form)) for date in dates]


def _moment(at: float, zone: ZoneInfo) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(at, zone)


def hour(moment: datetime.datetime, *, seconds: bool = False) -> str:
    """`09:14`."""
    return moment.strftime("%H:%M:%S" if seconds else "%H:%M")


def day(moment: datetime.date, form: str) -> str:
    """`1 Dec`, in the form "short" `Tue 1 Dec 2026`, in the form "long" `Tuesday 1 December 2026`."""
    if form == "long":
        return f"{moment:%A} {moment.day} {moment:%B %Y}"
    return f"{moment:%a} {moment.day} {moment:%b %Y}" if form == "short" else f"{moment.day} {moment:%b}"
