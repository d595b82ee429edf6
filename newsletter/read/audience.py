"""Whom of a list a mail is for: everybody, or those who have a tag, or who were at the practice within some months."""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import repeat

from newsletter.errors import Missing, NothingToSend, did_you_mean
from newsletter.read.children import plain
from newsletter.read.dates import read_date
from newsletter.read.locale import Locale
from newsletter.read.ordinary import Cells, Columns, Remembered

_MOST_TAGS = 1_000  # that are remembered to suggest one
# Titles without blanks, signs and accents; of several that a list has, the first here counts.
_LAST_VISIT = (
    *("lastvisit", "lastvisitdate", "dateoflastvisit", "lastvisiton", "lastappointment", "lastappointmentdate", "lastappt"),
    *("lastapptdate", "dateoflastappointment", "lastseen", "lastseendate", "lastdos", "lasttreatment", "lasttreatmentdate"),
    *("lastadjustment", "lastadjustmentdate", "lastservicedate", "mostrecentvisit", "mostrecentappointment", "latestvisit"),
    *("ultimavisita", "fechaultimavisita", "fechadeultimavisita", "fechadelaultimavisita", "ultimacita", "fechaultimacita"),
    *("ultimaconsulta", "fechadeultimacita"),
)


@dataclass(frozen=True, slots=True)
class Audience:
    """Only people with the `tag`, in any spelling of case, and whose last visit was within so many months; None: whoever."""

    tag: str | None = None
    active_within: int | None = None

    @property
    def words(self) -> list[str]:
        """As it is typed behind a command."""
        tag = ["--tag", self.tag] if self.tag is not None else []
        return tag + (["--active-within", str(self.active_within)] if self.active_within is not None else [])

    def __bool__(self) -> bool:
        return self.tag is not None or self.active_within is not None


EVERYBODY = Audience()


class Asking:
    """An audience in a list with these columns; raises Missing where the list has none for the last visit.

    `columns` are those it looks at. `undated` counts the rows seen by `each` that have no last visit that can be read, though
    all else was right.
    """

    def __init__(self, audience: Audience, columns: Sequence[str], locale: Locale) -> None:
        self._audience = audience
        self._locale = locale
        self._tag = None if audience.tag is None else _spelled(audience.tag).strip()
        self._since = None if audience.active_within is None else months_before(locale.today, audience.active_within)
        visit = [_last_visit(columns)] if self._since else []
        self.columns = [*(["tags"] if self._tag is not None and "tags" in columns else []), *visit]
        self._places = [columns.index(name) for name in self.columns]
        self._answers: Remembered[Cells, bool | None] = Remembered(self._answer)
        self._tags: set[str] = set()
        self._met = False
        self.undated = 0

    def each(self, columns: Columns, count: int) -> list[bool]:
        """Whether each of `count` rows is asked for; `columns` has their cells by column."""
        found = list(map(self._answers.__getitem__, zip(*columns, strict=True) if columns else repeat((), count)))
        self.undated += found.count(None)
        self._met = self._met or True in found
        return list(map(bool, found))

    def one(self, rows: Sequence[Cells]) -> bool:
        """Whether a person is asked for who stands in several rows, each with a cell for every column of the list."""
        if not self._audience:
            return True
        looks = [self._look(tuple(row[place] for place in self._places)) for row in rows]
        return any(tagged for tagged, _ in looks) and (not self._since or any(self._lately(visit) for _, visit in looks))

    def nobody(self, elsewhere: bool) -> NothingToSend | None:
        """What to say where it turned out that nobody is asked for; None if only what was wanted `elsewhere` ruled them out."""
        if not self._audience or (elsewhere and self._met):
            return None
        if self._tag is not None and self._tag not in self._tags:
            return NothingToSend(f'Nobody on the list has the tag "{self._audience.tag}".', did_you_mean(self._tag, self._tags))
        who = "Nobody on the list" if self._tag is None else f'Nobody with the tag "{self._audience.tag}"'
        when = f"was at the practice in the last {months_in_words(self._audience.active_within or 0)}"
        undated = f"; {self.undated:,} rows have no last visit that can be read" if self.undated else ""
        return NothingToSend(f"{who} {when}{undated}.", "Give --active-within more months, or import a newer export.")

    def _answer(self, cells: Cells) -> bool | None:
        tagged, visit = self._look(cells)
        if not tagged or not self._since:
            return tagged
        return None if visit is None else self._lately(visit)

    def _look(self, cells: Cells) -> tuple[bool, date | None]:
        """Whether a row has the tag, and its last visit."""
        tags = tags_of(cells[0]) if self.columns[:1] == ["tags"] else frozenset[str]()
        if len(self._tags) < _MOST_TAGS:
            self._tags |= tags
        visit = read_date(cells[-1], self._locale.country) if self._since else None
        return self._tag is None or self._tag in tags, visit

    def _lately(self, visit: date | None) -> bool:
        return bool(visit and self._since and self._since <= visit <= self._locale.today)


@lru_cache(maxsize=4096)
def tags_of(cell: str) -> frozenset[str]:
    """The tags of a cell, lower case."""
    return frozenset(tag for tag in (part.strip() for part in re.split(r"[;,|/]", _spelled(cell))) if tag)


def months_before(day: date, months: int) -> date:
    """The same day some months earlier; the month's last where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    if year < 1:
        return date.min
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def months_in_words(months: int) -> str:
    """`month`, `6 months`: behind "the last"."""
    return "month" if months == 1 else f"{months:,} months"


def _spelled(tag: str) -> str:
    return unicodedata.normalize("NFC", tag).lower()


def _last_visit(columns: Sequence[str]) -> str:
    """The column with the last visit; raises Missing."""
    titles = {plain(name).replace("_", ""): name for name in reversed(columns)}
    if found := next((titles[title] for title in _LAST_VISIT if title in titles), None):
        return found
    raise Missing(
        "The list does not say when people were last at the practice.",
        'Keep that column of an export: newsletter subscribers import FILE --keep "Last visit"',
    )
