"""What the pages of all issues and of one mailing's record show: the ledger's numbers, in plain words."""

from __future__ import annotations

import datetime
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from newsletter.ledger.course import Course, Panel, Reason
from newsletter.ledger.reading import Counts, MailingRecord
from newsletter.preview.axis import day, hour, ticks
from newsletter.preview.reasons import in_words

_NOBODY = Counts()


@dataclass(frozen=True, slots=True)
class Card:
    """An issue as the page of all issues shows it. `broken`: its file has problems, so that there is no mail to look at.

    `stamp` is another one whenever its mail may look different.
    """

    slug: str
    title: str
    date: datetime.date | None
    broken: bool
    stamp: str = ""


@dataclass(frozen=True, slots=True)
class _Outcome:
    """How one status is said: in the table, in the picture, and what the practice may do next."""

    kind: str
    words: str
    short: str
    advice: str
    command: tuple[str, ...] = ()


# In the order of the picture: who has it, who may have it, who will get it, who will not.
_OUTCOMES = (
    _Outcome("sent", "Got it", "Got it", "Nothing to do."),
    _Outcome("uncertain", "May or may not have arrived", "May have arrived", "Decide whether they got it:", ("settle",)),
    _Outcome("waiting", "Still waiting", "Waiting", "Send to them:", ("send",)),
    _Outcome("deferred", "Put off: the server asked to come back later", "Put off", "Try them again:", ("send",)),
    _Outcome("refused", "Refused for good", "Refused", "See who, and correct the list:", ("status", "--csv", "record.csv")),
    _Outcome("skipped", "Left out: opted out, suppressed or no longer on the list", "Left out", "Nothing to do."),
)


def overview(
    version: int, practice: str, zone: str, issues: Sequence[Card], mailings: Mapping[str, MailingRecord]
) -> dict[str, Any]:
    """The page of all issues: the newest date first, those without one last. Times are of the practice's zone."""
    ordered = sorted(issues, key=lambda card: (card.title.casefold(), card.slug))
    ordered.sort(key=lambda card: card.date or datetime.date.min, reverse=True)
    return {
        "version": version,
        "practice": practice,
        "issues": [
            {
                "slug": card.slug,
                "title": card.title,
                "date": card.date.isoformat() if card.date else None,
                "broken": card.broken,
                "stamp": card.stamp,
                "state": _state(mailings.get(card.slug), ZoneInfo(zone)),
            }
            for card in ordered
        ],
    }


def course_shown(course: Course, title: str, zone: str) -> dict[str, Any]:
    """The page of one mailing's record: sentences, panels of the picture (times in seconds since 1970), and tables."""
    place, counts, runs = ZoneInfo(zone), course.counts, course.runs
    people = {outcome.kind: _count(counts, outcome.kind) for outcome in _OUTCOMES}
    return {
        "slug": course.slug,
        "title": title,
        "zone": zone,
        "sent": counts.sent,
        "total": counts.total,
        "going": counts.open + counts.sending > 0,
        "headline": _headline(course),
        "rest": _rest(counts),
        "when": _when(course, place),
        "first": _stamp(runs[0].first, place) if runs else None,
        "last": _stamp(runs[-1].last, place) if runs else None,
        "panels": [_panel(panel, place) for panel in course.panels],
        "pauses": [_duration(later.first - earlier.last) for earlier, later in pairwise(course.panels)],
        "outcomes": [
            _outcome(outcome, people[outcome.kind], counts.total, course.slug) for outcome in _OUTCOMES if people[outcome.kind]
        ],
        "reasons": [_reason(reason) for reason in course.reasons],
    }


def _count(counts: Counts, kind: str) -> int:
    return counts.in_doubt if kind == "uncertain" else int(getattr(counts, kind))


def _state(mailing: MailingRecord | None, zone: ZoneInfo) -> dict[str, Any]:
    counts = mailing.counts if mailing else _NOBODY
    kind = "draft"
    if mailing and mailing.started:
        kind = "started" if counts.open else "done"
    elif counts.total:
        kind = "planned"
    return {
        "kind": kind,
        "words": _state_words(kind, counts),
        "sent": counts.sent,
        "total": counts.total,
        "waiting": counts.open,
        "uncertain": counts.in_doubt,
        "refused": counts.refused,
        "last": _stamp(mailing.last, zone) if mailing and mailing.last is not None else None,
    }


def _state_words(kind: str, counts: Counts) -> str:
    if kind == "draft":
        return "Draft"
    if kind == "planned":
        return f"Planned for {counts.total:,}"
    of_all = "" if counts.sent == counts.total else f" of {counts.total:,}"
    said = f"{counts.sent:,} of {counts.total:,} sent" if kind == "started" else f"Sent to {counts.sent:,}{of_all}"
    more = []
    if counts.in_doubt:
        more.append(f"{counts.in_doubt:,} may or may not have arrived")
    if counts.refused:
        more.append(f"{counts.refused:,} refused")
    return ", ".join([said, *more])


def _headline(course: Course) -> str:
    counts = course.counts
    if not counts.total:
        return "Nobody was to get it"
    if not course.started:
        return f"Planned for {_people(counts.total)}, and not begun yet"
    if counts.total == counts.sent:
        return "The one person on the list got it" if counts.sent == 1 else f"All {counts.sent:,} people got it"
    so_far = " so far" if counts.open + counts.sending else ""
    return f"{counts.sent:,} of {_people(counts.total)} got it{so_far}"


def _rest(counts: Counts) -> str:
    """What became of the others, in one sentence; empty where everybody got it."""
    said = []
    if counts.in_doubt:
        said.append(f"{counts.in_doubt:,} may or may not have arrived")
    if counts.waiting:
        said.append(f"{counts.waiting:,} {_is(counts.waiting)} still waiting")
    if counts.deferred:
        said.append(f"{counts.deferred:,} {_was(counts.deferred)} put off by the server")
    if counts.refused:
        said.append(f"{counts.refused:,} {_was(counts.refused)} refused for good")
    sentence = f"{', '.join(said)}." if len(said) < 2 else f"{', '.join(said[:-1])} and {said[-1]}."
    left_out = f"{counts.skipped:,} more {_was(counts.skipped)} left out." if counts.skipped else ""
    return " ".join(part for part in (sentence if said else "", left_out) if part)


def _when(course: Course, zone: ZoneInfo) -> str:
    """When it was sent: `Tuesday 1 December 2026, 09:14 to 09:21`."""
    runs = course.runs
    if not runs:
        return ""
    first, last = (datetime.datetime.fromtimestamp(at, zone) for at in (runs[0].first, runs[-1].last))
    begin, end = f"{day(first, 'long')}, {hour(first)}", hour(last)
    if first.date() != last.date():
        end = f"{day(last, 'long')}, {hour(last)}"
    said = begin if begin.endswith(end) else f"{begin} to {end}"
    return said if len(runs) == 1 else f"{said}, in {len(runs):,} runs"


def _panel(panel: Panel, zone: ZoneInfo) -> dict[str, Any]:
    first, last = (datetime.datetime.fromtimestamp(at, zone) for at in (panel.first, panel.last))
    return {
        "begin": panel.first,
        "end": panel.last,
        "sent": panel.sent,
        "day": day(first, "short"),
        "until": day(last, "short") if first.date() != last.date() else None,
        "hours": hour(first) if hour(first) == hour(last) else f"{hour(first)} to {hour(last)}",
        "ticks": [{"at": at, "words": words} for at, words in ticks(panel.first, panel.last, zone)],
        "points": [[point.at, point.sent] for point in panel.points],
        "runs": [[run.first, run.last, run.sent] for run in panel.runs],
    }


def _outcome(outcome: _Outcome, count: int, total: int, slug: str) -> dict[str, Any]:
    name, *options = outcome.command or ("",)
    return {
        "kind": outcome.kind,
        "words": outcome.words,
        "short": outcome.short,
        "count": count,
        "share": None if outcome.kind == "skipped" else _share(count, total),
        "advice": outcome.advice,
        "command": shlex.join(["newsletter", name, slug, *options]) if name else None,
    }


def _reason(reason: Reason) -> dict[str, Any]:
    words = in_words(reason.code, reason.enhanced)
    code = " ".join(str(part) for part in (reason.code, reason.enhanced) if part)
    return {"kind": reason.status.value, "words": words[0].upper() + words[1:], "code": code, "count": reason.count}


def _share(count: int, total: int) -> str:
    """`98.1%`, rounded so that 100% means all and 0% means none."""
    tenths = 1000 * count // max(total, 1)
    if count and not tenths:
        return "under 0.1%"
    return f"{tenths // 10}%" if tenths in (0, 1000) else f"{tenths / 10:.1f}%"


def _duration(seconds: float) -> str:
    """A pause, as `2 days` or `45 minutes`."""
    for unit, length in (("day", 86_400.0), ("hour", 3600.0), ("minute", 60.0)):
        if seconds >= 1.5 * length or unit == "minute":
            number = max(1, round(seconds / length))
            return f"{number:,} {unit}{'' if number == 1 else 's'}"
    raise AssertionError


def _stamp(at: float, zone: ZoneInfo) -> str:
    return datetime.datetime.fromtimestamp(at, zone).isoformat(timespec="seconds")


def _people(number: int) -> str:
    return f"{number:,} {'person' if number == 1 else 'people'}"


def _is(number: int) -> str:
    return "is" if number == 1 else "are"


def _was(number: int) -> str:
    return "was" if number == 1 else "were"
