"""Who came back: compares the record of a mailing with the last visits that the practice's own exports tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from pathlib import Path

from newsletter.errors import Problem, ProblemsFound
from newsletter.read.audience import months_before
from newsletter.read.dates import read_date
from newsletter.read.exports.export import Export, Incoming, Wishes, read_export
from newsletter.read.exports.titles import Meaning
from newsletter.read.list_file import ListFile
from newsletter.read.locale import Locale
from newsletter.read.same_person import person_key

LAST_VISIT = "last_visit"
"""The column of a kept last visit, in the list and in what exports keep."""


class Group(StrEnum):
    """What was known of somebody on the day of their mail."""

    INACTIVE = "inactive"
    ACTIVE = "active"
    UNKNOWN = "unknown"


@dataclass(slots=True)
class Person:
    """Somebody at an address, as a list or export names them, and the days of visits that it tells."""

    first_name: str = ""
    last_name: str = ""
    days: set[date] = field(default_factory=set)

    def joined(self, later: Person) -> Person:
        """Both in one."""
        return Person(later.first_name or self.first_name, later.last_name or self.last_name, self.days | later.days)


People = dict[str, dict[str, Person]]
"""People by address in lower case, then by what makes two spellings of a first name one."""


@dataclass(frozen=True, slots=True)
class Reader:
    """One person who was mailed: the day of the mail, the last visit known until then, and the latest one since.

    `exported` says whether the next export has them; where it has not, nobody knows whether they came.
    """

    email: str
    first_name: str
    last_name: str
    mailed: date
    before: date | None
    since: date | None
    exported: bool
    group: Group


@dataclass(frozen=True, slots=True)
class Told:
    """What an export tells: people with their visits, its latest visit, and how many of its rows could not be used."""

    people: People
    latest: date | None
    unused: int


def read_visits(path: Path, folder: Path, locale: Locale) -> Told:
    """Reads an export for its last visits, and keeps nothing else of it but names and addresses.

    Raises what `read_export` raises, and ProblemsFound where no column holds the last visit.
    """
    wishes = Wishes(country=locale.country, today=locale.today)
    title = _last_visit_title(read_export(path, folder, wishes))
    people: People = {}
    unused = 0
    for found in read_export(path, folder, replace(wishes, keep=(title,))).people():
        if isinstance(found, Incoming):
            visit = read_date(dict(found.kept).get(LAST_VISIT, ""), locale.country)
            _add(people, found.email.lower(), Person(found.first_name, found.last_name, _visits(visit, locale)))
        else:
            unused += 1
    latest = max((day for names in people.values() for person in names.values() for day in person.days), default=None)
    return Told(people, latest, unused)


def people_of(listed: ListFile, locale: Locale) -> People:
    """The people of the list, with the last visit where it was kept."""
    people: People = {}
    places = {name: listed.columns.index(name) for name in ("first_name", "last_name", LAST_VISIT) if name in listed.columns}
    for row in listed.rows:
        first, last, visit = (
            row.cells[places[name]] if name in places else "" for name in ("first_name", "last_name", LAST_VISIT)
        )
        if row.key:
            _add(people, row.key, Person(first, last, _visits(read_date(visit, locale.country), locale)))
    return people


def joined(earlier: People, later: People) -> People:
    """Both, with the visits that either tells."""
    return {
        address: dict(_matched(earlier.get(address, {}), later.get(address, {}))) for address in dict.fromkeys((*earlier, *later))
    }


def compare(mailed: Mapping[str, date], earlier: People, export: People, months: int) -> Iterator[Reader]:
    """Everybody at the addresses that were mailed (by day of the mail); `earlier` is what else is known of them.

    Inactive is who was last there more than `months` months before their mail, as far as is known. A visit on the day of the
    mail counts as one before it.
    """
    for address, day in mailed.items():
        exported = export.get(address, {})
        names = dict(_matched(earlier.get(address, {}), exported)) or {"": Person()}
        for key, person in names.items():
            before = max((visit for visit in person.days if visit <= day), default=None)
            since = max((visit for visit in person.days if visit > day), default=None)
            yield Reader(
                address, person.first_name, person.last_name, day, before, since, key in exported, _group(before, day, months)
            )


def _last_visit_title(export: Export) -> str:
    for column in export.columns:
        if column.meaning == Meaning.LAST_VISIT:
            return column.title
    titles = ", ".join(column.title for column in export.columns)[:200]
    message = f"no column holds the day of the last visit (the titles are: {titles})."
    raise ProblemsFound([Problem(export.shown, 0, 0, message, 'Export it too, or give its column the title "Last Visit".')])


def _group(before: date | None, mailed: date, months: int) -> Group:
    if before is None:
        return Group.UNKNOWN
    return Group.INACTIVE if before < months_before(mailed, months) else Group.ACTIVE


def _matched(earlier: dict[str, Person], later: dict[str, Person]) -> Iterator[tuple[str, Person]]:
    """People of one address from two sources, by first name; where each has one person it is the same, also Bob and Robert."""
    if len(earlier) == len(later) == 1:
        (old,), ((key, new),) = earlier.values(), later.items()
        yield key, old.joined(new)
        return
    for key in dict.fromkeys((*earlier, *later)):
        yield key, earlier.get(key, Person()).joined(later.get(key, Person()))


def _add(people: People, address: str, person: Person) -> None:
    names = people.setdefault(address, {})
    key = person_key(person.first_name)
    names[key] = names[key].joined(person) if key in names else person


def _visits(day: date | None, locale: Locale) -> set[date]:
    """A day after today is an appointment, and no visit yet."""
    return {day} if day and day <= locale.today else set()
