"""The course of one mailing: when people got it, with which pauses, and what became of everybody, but never who."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from itertools import accumulate, pairwise
from pathlib import Path

from newsletter.ledger.ledger import Ledger, ledger_file
from newsletter.ledger.mailing import Mailing
from newsletter.ledger.reading import Counts
from newsletter.ledger.rows import Status

PAUSE = 30 * 60.0  # seconds without a mail after which the next one belongs to another run
MOST_POINTS = 120
MOST_PANELS = 4  # what stands side by side on a phone
_STEPS = 50_000  # people for each second that a step lasts: enough steps for a picture, too few to be slow
_LONGEST_STEP = 60.0  # seconds; far below PAUSE, so that no step hides one
# One scan, one group for each step of those who got it, and one for each reason of the others. Of the server's words only
# what can be an enhanced status code is read: the rest may hold addresses.
_GROUPS = """
    SELECT status, code, said, count(*), min(done), max(done) FROM (
        SELECT status, iif(status = 'sent', NULL, code) AS code, ifnull(dot_at, at) AS done,
            iif(status IN ('refused', 'deferred') AND reply GLOB '[245].[0-9]*', substr(reply, 1, 10), '') AS said
        FROM recipient WHERE mailing = ?1
    ) GROUP BY iif(status = 'sent', CAST(done / ?2 AS INTEGER), status || ' ' || ifnull(code, '') || ' ' || said)
"""
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?![\d.])")


@dataclass(frozen=True, slots=True)
class Run:
    """Mails with no PAUSE between them: when the first and the last was finished (seconds since 1970), and how many."""

    first: float
    last: float
    sent: int


@dataclass(frozen=True, slots=True)
class Point:
    """How many had got it by a time (seconds since 1970), counted from the beginning of the mailing."""

    at: float
    sent: int


@dataclass(frozen=True, slots=True)
class Panel:
    """A piece of the course to be drawn without a break: its runs, and points in equal steps from the first mail to the last."""

    runs: tuple[Run, ...]
    points: tuple[Point, ...]

    @property
    def first(self) -> float:
        """When its first mail was finished."""
        return self.runs[0].first

    @property
    def last(self) -> float:
        """When its last mail was finished."""
        return self.runs[-1].last

    @property
    def sent(self) -> int:
        """How many got it in this piece alone."""
        return sum(run.sent for run in self.runs)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why servers said no: reply code, enhanced status code (RFC 3463; empty where there was none), and to how many."""

    status: Status
    code: int | None
    enhanced: str
    count: int


@dataclass(frozen=True, slots=True)
class Course:
    """What became of a mailing so far. Holds no address and no word that a server said."""

    slug: str
    started: bool
    counts: Counts
    panels: tuple[Panel, ...]
    reasons: tuple[Reason, ...]

    @property
    def runs(self) -> tuple[Run, ...]:
        """Every run, in order of time."""
        return tuple(run for panel in self.panels for run in panel.runs)


def read_course(folder: Path, slug: str) -> Course | None:
    """The course of an issue's mailing, None where there is none; raises LedgerUnusable."""
    ledger = Ledger.reading(ledger_file(folder))
    if ledger is None:
        return None
    try:
        mailing = Mailing.find(ledger, slug)
        return _course(mailing) if mailing else None
    finally:
        ledger.close()


def _course(mailing: Mailing) -> Course:
    about = mailing.ledger.value("SELECT max(number) FROM recipient WHERE mailing = ?", mailing.number) or 0
    step = min(max(about / _STEPS, 0.001), _LONGEST_STEP)
    steps: list[Run] = []
    reasons: dict[tuple[Status, int | None, str], int] = {}
    counts = dict.fromkeys(Status, 0)
    for name, code, said, count, first, last in mailing.ledger.rows(_GROUPS, mailing.number, step):
        status = Status(name)
        counts[status] += count
        if status is Status.SENT:
            steps.append(Run(first, last, count))
        elif status in (Status.REFUSED, Status.DEFERRED):
            found = _ENHANCED.match(said)
            reason = (status, code, found[1] if found else "")
            reasons[reason] = reasons.get(reason, 0) + count
    return Course(
        mailing.issue,
        mailing.started,
        Counts(**{field.name: counts[Status(field.name)] for field in fields(Counts)}),
        panels(steps),
        tuple(sorted((Reason(*reason, count) for reason, count in reasons.items()), key=_most_first)),
    )


def panels(steps: Iterable[Run]) -> tuple[Panel, ...]:
    """The pieces to draw: short steps become runs, and long pauses between those become breaks between panels.

    Up to MOST_PANELS runs stand in a panel each. Of more, as where a limit a day cuts a mailing into days, the even pauses are
    drawn as they were, and only one that would take more than half of a panel is a break.
    """
    ordered = sorted(steps, key=lambda step: (step.first, step.last))
    runs: list[Run] = []
    for step in ordered:
        if runs and step.first - runs[-1].last <= PAUSE:
            runs[-1] = Run(runs[-1].first, max(runs[-1].last, step.last), runs[-1].sent + step.sent)
        else:
            runs.append(step)
    if not runs:
        return ()
    ends = [*_breaks(runs), len(runs)]
    pieces = [tuple(runs[begin:end]) for begin, end in pairwise([0, *ends])]
    done = sorted(ordered, key=lambda step: step.last)
    times, sums = [step.last for step in done], [0, *accumulate(step.sent for step in done)]
    most = MOST_POINTS // len(pieces)
    return tuple(
        Panel(piece, tuple(Point(at, sums[bisect_right(times, at)]) for at in _equal(piece[0].first, piece[-1].last, most)))
        for piece in pieces
    )


def _breaks(runs: Sequence[Run]) -> list[int]:
    """The places of the runs before which the picture is broken."""
    pauses = [later.first - earlier.last for earlier, later in pairwise(runs)]
    if len(runs) <= MOST_PANELS:
        return list(range(1, len(runs)))
    drawn = runs[-1].last - runs[0].first
    broken = []
    for place in sorted(range(len(pauses)), key=lambda place: -pauses[place])[: MOST_PANELS - 1]:
        if pauses[place] <= drawn / 2:
            break
        drawn -= pauses[place]
        broken.append(place + 1)
    return sorted(broken)


def _equal(begin: float, end: float, count: int) -> list[float]:
    """`count` times in equal steps with both ends; one where they are the same."""
    if end <= begin:
        return [end]
    return [begin + (end - begin) * step / (count - 1) for step in range(count - 1)] + [end]


def _most_first(reason: Reason) -> tuple[int, str, int, str]:
    return -reason.count, reason.status, reason.code or 0, reason.enhanced
