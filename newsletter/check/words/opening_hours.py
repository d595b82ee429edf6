"""Times of day that no clock shows, and opening hours that end before they begin."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from newsletter.check.evidence import Evidence, place_of_key
from newsletter.check.finding import Finding, warning
from newsletter.read.blocks import Event

_TIME = re.compile(r"(?<![\d:.])(\d{1,2})(?:[:.](\d{2}))?(?![\d:])\s?([ap])?(?:(?<=[ap])\.?m\b\.?)?", re.IGNORECASE)
_RANGE = re.compile(r"^\s?(?:-|\u2013|\u2014|to\b|until\b|till\b)\s?$", re.IGNORECASE)
_NOON = 12


@dataclass(frozen=True, slots=True)
class Time:
    """A time as it is written; `half` is a, p, or empty where it does not say."""

    said: str
    hour: int
    minute: int
    half: str
    exact: bool  # with minutes or a half of the day: surely a time

    @property
    def wrong(self) -> bool:
        """Whether no clock shows it; 24:00 ends a day."""
        if self.half:
            return self.minute > 59 or not 1 <= self.hour <= _NOON
        return self.exact and (self.minute > 59 or self.hour > 24 or (self.hour == 24 and self.minute > 0))

    @property
    def minutes(self) -> int:
        """Since midnight."""
        return (self.hour % _NOON + (_NOON if self.half.lower() == "p" else 0) if self.half else self.hour) * 60 + self.minute


def slips(evidence: Evidence) -> Iterator[Finding]:
    """What is wrong with the practice's hours and with the times of events."""
    practice = evidence.practice
    for index, line in enumerate(practice.text.practice.hours):
        if harm := wrong(line):
            yield warning(place_of_key(practice.document, "practice", "hours", index), harm, "Correct `hours` in practice.yaml.")
    for index, block in enumerate(evidence.issue.text.body):
        if isinstance(block, Event) and block.time and (harm := wrong(block.time)):
            yield warning(evidence.issue_place("body", index, "time"), harm, "Correct `time:`.")


def wrong(line: str) -> str:
    """What is wrong with the times of one line, `Mon-Thu 8:00-18:00`, as a sentence; nothing where they can be right."""
    found = list(_TIME.finditer(line))
    times = [_time(match) for match in found]
    for time in times:
        if time.wrong:
            return f'"{line}": no clock shows {time.said.rstrip(".")}.'
    for index, (start, end) in enumerate(pairwise(times)):
        between = line[found[index].end() : found[index + 1].start()]
        if _RANGE.match(between) and _turned(start, end):
            return f'"{line}" ends before it begins.'
    return ""


def _turned(start: Time, end: Time) -> bool:
    """Whether hours surely end before they begin: 6 p.m. to 8 a.m., 18:00-8:00; 8:00-6:00 is an American day."""
    if start.half and end.half:
        return end.minutes < start.minutes and end.minutes > 0
    by_24_hours = start.exact and end.exact and not start.half and not end.half and start.hour > _NOON
    return by_24_hours and 0 < end.minutes < start.minutes


def _time(found: re.Match[str]) -> Time:
    half = found[3] or ""
    return Time(found[0].strip(), int(found[1]), int(found[2] or 0), half, bool(found[2] or half))
