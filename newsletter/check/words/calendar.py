"""Days, years, hours and telephone numbers: what readers would come, or call, in vain for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from email.utils import parsedate_to_datetime

from newsletter.check.evidence import Evidence, Mails
from newsletter.check.finding import WARNING, Finding, warning
from newsletter.check.registry import mail_rule
from newsletter.check.statements import Statement
from newsletter.check.words import opening_hours, telephone
from newsletter.check.words.dates import Written, dates_in, weekdays_in, words_of
from newsletter.read.blocks import Event, Offer

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_FAR_AHEAD, _A_YEAR_BACK, _OLD = timedelta(300), timedelta(300), timedelta(430)  # an older issue is an archive's, no slip
_ABOVE = ("title", "subject", "preheader")
_LATEST_EVENT = timedelta(400)
_JUST_PAST = timedelta(60)  # without a year, "June 20" in December is next June
_TRIED = "Write the right day, or take the line out."


@mail_rule("K17", "dates, hours and telephone numbers that are right", WARNING, source="quality")
def right_dates(mails: Mails) -> Iterator[Finding]:
    """Days of the week that fit their date, nothing that is over, the right year, hours and numbers without a slip."""
    yield from _weekdays(mails)
    if isinstance(mails, Evidence):
        if mails.record.waiting or not mails.record.sent:  # what everybody has may well be over
            today = _today(mails)
            yield from _issue_day(mails, today)
            yield from _events(mails, max(today, mails.issue.text.date) if not _far(mails, today) else today)
            yield from _deadlines(mails, today)
            yield from _announced_days(mails)
        yield from _years(mails)
        yield from opening_hours.slips(mails)
        yield from telephone.slips(mails)


def _today(evidence: Evidence) -> date:
    """The day it is now at the practice."""
    import zoneinfo

    return evidence.now.astimezone(zoneinfo.ZoneInfo(evidence.practice.text.timezone)).date()


def _day_of(mails: Mails) -> date:
    """The day around which dates without a year are read: the issue's, or a foreign mail's."""
    if isinstance(mails, Evidence):
        return mails.issue.text.date
    try:
        return parsedate_to_datetime(mails.samples[0].value("Date") or "").date()
    except (ValueError, TypeError, IndexError):
        return mails.now.date()


def _country(mails: Mails) -> str:
    return mails.practice.text.practice.address.country if isinstance(mails, Evidence) else ""


def _weekdays(mails: Mails) -> Iterator[Finding]:
    """A day of the week beside a date on which it does not fall, and days that no month has."""
    around, country = _day_of(mails), _country(mails)
    if isinstance(mails, Evidence) and _far(mails, today := _today(mails)):
        around = today  # the issue's own date is told; beside it every other day would look wrong
    for statement in mails.statements:
        for written in dates_in(statement.text, mails.language, country):
            if harm := _wrong_day(written, around):
                yield warning(statement.place, harm, _TRIED)


def _wrong_day(written: Written, around: date) -> str:
    """What is wrong with a date as it is written; nothing where it can be right."""
    if not 1 <= written.days[0] <= 31 and not written.weekdays and not written.year:
        return ""  # "May 50 people" is no date
    if not _exists(written):
        return f'"{written.said}": the calendar has no such day.'
    for weekday, day in written.pairs():
        meant = written.dates(day, around)
        if not meant and day <= 31:
            return f'"{written.said}": the calendar has no such day.'
        if meant and all(found.weekday() != weekday for found in meant):
            return f'"{written.said}" is not right: {_spoken(meant[0])} is a {_WEEKDAYS[meant[0].weekday()]}. Which day is meant?'
    return ""


def _exists(written: Written) -> bool:
    try:
        date(written.year or 2028, written.month, written.days[0])  # 2028 has a February 29
    except ValueError:
        return False
    return True


def _spoken(day: date) -> str:
    """`December 3, 2026`."""
    return f"{day:%B} {day.day}, {day.year}"


def _far(evidence: Evidence, today: date) -> bool:
    """Whether the issue's own date looks like a slip in its year."""
    day = evidence.issue.text.date
    return day - today > _FAR_AHEAD or _A_YEAR_BACK < today - day < _OLD


def _issue_day(evidence: Evidence, today: date) -> Iterator[Finding]:
    if _far(evidence, today):
        day = evidence.issue.text.date
        harm = f"The issue is dated {_spoken(day)}, and today is {_spoken(today)}. Readers see that date at its top."
        yield warning(evidence.issue_place("date"), harm, "Correct the year after `date:`.")


def _events(evidence: Evidence, reference: date) -> Iterator[Finding]:
    """Events and offers that are over when the issue goes out, and days of theirs that contradict each other."""
    for index, block in enumerate(evidence.issue.text.body):
        path = ("body", index)
        if isinstance(block, Event):
            place = evidence.issue_place(*path, "date")
            if block.date < reference:
                harm = f'"{block.heading}" is on {_spoken(block.date)}: it is over when readers get this issue.'
                yield warning(place, harm, "Correct `date:`, or take the event out.")
            elif block.date - reference > _LATEST_EVENT:
                yield warning(place, f'"{block.heading}" is more than a year away: {_spoken(block.date)}.', "Correct the year.")
            yield from _other_weekday(evidence, block, index)
        elif isinstance(block, Offer) and block.until:
            if others := list(_other_end(evidence, index, block.until)):
                yield from others
            elif block.until < reference:
                harm = f'The offer "{block.heading}" ended on {_spoken(block.until)}: it is over when readers get this issue.'
                yield warning(evidence.issue_place(*path, "until"), harm, "Correct `until:`, or take the offer out.")


def _other_weekday(evidence: Evidence, event: Event, index: int) -> Iterator[Finding]:
    """An event whose words name only other days of the week than its date falls on."""
    right, language = event.date.weekday(), evidence.language
    plan = set(words_of(language, "plan"))
    for key in ("heading", "time", "text"):
        words = str(getattr(event, key) or "")
        named = weekdays_in(words, language)
        undated = not any(written.weekdays for written in dates_in(words, language))  # dates are judged as dates
        plain = not plan & set(re.findall(r"[a-z]+", words.lower()))
        if named and undated and plain and right not in {number for number, _ in named}:
            harm = (
                f'"{event.heading}" names {named[0][1]}, but {_spoken(event.date)} is a {_WEEKDAYS[right]}. Which day is meant?'
            )
            yield warning(evidence.issue_place("body", index, key), harm, "Correct the day of the week, or `date:`.")


def _announced_days(evidence: Evidence) -> Iterator[Finding]:
    """A day in the subject or preheader of an invitation that is not the event's, nor any other day of the letter."""
    body = evidence.issue.text.body
    events = [block for block in body if isinstance(block, Event)]
    above = [one for one in evidence.statements if one.path[0] in _ABOVE] if events else []
    if not any(map(str.isdigit, "".join(one.text for one in above))):
        return
    language, country = evidence.language, _country(evidence)
    around = events[0].date
    known = {block.date for block in events} | {block.until for block in body if isinstance(block, Offer) and block.until}
    for one in (one for one in evidence.statements if one.path[0] not in _ABOVE):
        known |= {
            day for written in dates_in(one.text, language, country) for at in written.days for day in written.dates(at, around)
        }
    for one in above:
        dates = list(dates_in(one.text, language, country))
        days = [(written.said, set(written.dates(at, around))) for written in dates for at in written.days]
        other = [said for said, meant in days if meant and meant.isdisjoint(known)]
        if not dates and len(events) == 1:
            hours = [(number, said) for number, said in weekdays_in(one.text, language) if _with_hour(one.text, said)]
            other = [said for _, said in hours] if all(number != around.weekday() for number, _ in hours) else []
        if other:
            harm = (
                f'"{other[0]}" is not the day of "{events[0].heading}": that is {_WEEKDAYS[around.weekday()]}, {_spoken(around)}.'
            )
            yield warning(one.place, f"{harm} Which day is meant?", "Write the same day in both places.")


def _with_hour(text: str, weekday: str) -> bool:
    """Whether an hour stands right after a day of the week: "Saturday from 10", "Sat at 9"."""
    return bool(re.search(rf"\b{re.escape(weekday)},?\s(?:from\s|at\s)?\d", text))


def _other_end(evidence: Evidence, index: int, until: date) -> Iterator[Finding]:
    """An offer whose words name another last day than its `until`."""
    for statement in evidence.statements:
        if statement.path[:2] != ("body", index) or not _any_of(evidence, "ends", statement.text):
            continue
        for written in dates_in(statement.text, evidence.language, _country(evidence)):
            meant = written.dates(written.days[-1], until)
            if meant and until not in meant:
                harm = f'The offer says "{written.said}", and its `until` is {_spoken(until)}. Which is the last day?'
                yield warning(statement.place, harm, "Write the same day in both places.")


def _deadlines(evidence: Evidence, today: date) -> Iterator[Finding]:
    """Invitations and deadlines in the text that are over when the issue goes out."""
    reference = max(today, evidence.issue.text.date) if not _far(evidence, today) else today
    for statement in _of_the_issue(evidence):
        if not _any_of(evidence, "ahead", statement.text):
            continue
        for written in dates_in(statement.text, evidence.language, _country(evidence)):
            last = written.dates(written.days[-1], reference)
            gone = reference - last[0] if last else timedelta(0)
            if timedelta(0) < gone <= (_OLD if written.year else _JUST_PAST):
                harm = f'"{written.said}" is over when readers get this issue.'
                yield warning(statement.place, harm, _TRIED)


def _years(evidence: Evidence) -> Iterator[Finding]:
    """Last year's number where this year's is meant; the years of studies and memories are left alone."""
    before, after = (
        "|".join(words_of(evidence.language, "now")) or r"(?!)",
        "|".join(words_of(evidence.language, "this year's")) or r"(?!)",
    )
    signs = rf"(?:(?:{before})[\s,:!(]{{1,3}}|\u00a9\s?)(20\d\d)\b|\b(20\d\d)\s(?:{after})\b"
    this_year = evidence.issue.text.date.year
    for statement in _of_the_issue(evidence):
        if "20" not in statement.text:
            continue
        for found in re.finditer(signs, statement.text, re.IGNORECASE):
            year = int(found[1] or found[2])
            if this_year - 3 <= year < this_year:
                harm = f'"{found[0]}" names {year}, and the issue is of {this_year}.'
                yield warning(statement.place, harm, f"Write {this_year}, or say that you speak of the past.")


def _of_the_issue(evidence: Evidence) -> Iterable[Statement]:
    return (statement for statement in evidence.statements if statement.path[0] not in ("practitioner", "sender", "author"))


def _any_of(mails: Mails, kind: str, text: str) -> bool:
    """Whether a text holds one of the words or phrases of one kind."""
    lower = text.lower()
    return any(words in lower and re.search(rf"\b{words}\b", lower) for words in words_of(mails.language, kind))
