"""A practice system's export, read as it is: what its columns are understood as, and its people."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from itertools import chain, islice
from pathlib import Path

from newsletter.errors import Missing, Problem, ProblemsFound, did_you_mean, shown_path
from newsletter.read.columns import column_name
from newsletter.read.dates import day_first, says_day_first
from newsletter.read.exports.header import MOST_ROWS_ABOVE
from newsletter.read.exports.incoming import ColumnUse, Incoming, Refusal, Wishes
from newsletter.read.exports.layout import EVERYWHERE, Kept, Layout
from newsletter.read.exports.opening import open_table
from newsletter.read.exports.person import People
from newsletter.read.exports.systems import system_of
from newsletter.read.exports.table import Table
from newsletter.read.exports.titles import Meaning, meanings, words_of
from newsletter.read.exports.words import plain
from newsletter.read.subscribers import LeftOut

__all__ = ["ColumnUse", "Export", "Incoming", "Refusal", "Wishes", "read_export"]

_NAMES = {
    Meaning.EMAIL: "email",
    Meaning.FIRST: "first_name",
    Meaning.LAST: "last_name",
    Meaning.FULL: "first_name, last_name",
    Meaning.PREFERRED: "first_name",
    Meaning.TAGS: "tags",
    Meaning.LANGUAGE: "language",
    Meaning.CONSENT: "consent_source",
    Meaning.CONSENT_DATE: "consent_date",
    Meaning.CONSENT_SOURCE: "consent_source",
}
_WHY = {
    **dict.fromkeys((Meaning.OPT_OUT, Meaning.PREFERENCES, Meaning.STATUS, Meaning.GONE), "only shows who must not be mailed"),
    **dict.fromkeys((Meaning.BIRTH, Meaning.AGE, Meaning.CHILD, Meaning.GUARDIAN), "private; only shows who is a child"),
    Meaning.LAST_VISIT: "private; kept if you ask for it by name",
    Meaning.PRIVATE: "private; kept if you ask for it by name",
    Meaning.OTHER: "not needed; kept if you ask for it by name",
}
_OWN_NAMES = {Meaning.LAST_VISIT: "last_visit", Meaning.BIRTH: "birth_date"}
_DATES = (Meaning.BIRTH, Meaning.LAST_VISIT, Meaning.CONSENT_DATE, Meaning.CONSENT)
_MOST_TITLES_SHOWN = 200  # characters


class Export:
    """A file whose columns are understood; `people()` reads it, as often as you like, in flat memory where it is CSV."""

    def __init__(self, path: Path, shown: str, wishes: Wishes) -> None:
        self.path = path
        self.shown = shown
        self._wishes = wishes
        self._table = open_table(path, shown, wishes.sheet)
        self.kind = self._table.kind
        self.described = self._table.described
        self.system = system_of(self._table.titles, self._table.above)
        self._titles = self._table.titles
        self._meanings = _with_addresses(self._table)
        if Meaning.EMAIL not in self._meanings:
            raise ProblemsFound([self._no_addresses()])
        self._kept = self._asked_for()

    @cached_property
    def columns(self) -> tuple[ColumnUse, ...]:
        """What each column was understood as, in the order of the file; columns without a title are not among them."""
        kept = {column.place: column.name for column in self._kept}
        return tuple(
            ColumnUse(title, meaning.value, name, "" if name else _WHY[meaning])
            for place, (title, meaning) in enumerate(zip(self._titles, self._meanings, strict=True))
            if title
            for name in [kept.get(place) or _NAMES.get(meaning, "")]
        )

    def people(self) -> Iterator[Incoming | LeftOut]:
        """Every row in order: a person, as often as they stand there, or why it is left out; blank rows are passed over."""
        people = People(self._layout)
        yield from chain.from_iterable(map(people.read, self._table.rows()))

    @cached_property
    def _layout(self) -> Layout:
        return Layout(
            titles=self._titles,
            meanings=self._meanings,
            kept=self._kept,
            days_first=self._orders(),
            origin=f"{self.system or self.kind} export",
            today=self._wishes.today,
        )

    def _orders(self) -> dict[int, bool]:
        """Whether days come before months, by the place of each column that shows it; at EVERYWHERE for all others.

        One date that can only be read one way (22/11/2026) decides for its column, the column for the file, else the country.
        """
        wanted = [place for place, meaning in enumerate(self._meanings) if meaning in _DATES]
        wanted += [column.place for column in self._kept if column.dates]
        shown: dict[int, Counter[bool]] = {place: Counter() for place in wanted}
        for row in self._table.rows() if wanted else ():
            for place, counted in shown.items():
                cell = row.cells[place] if place < len(row.cells) else ""
                if cell and (said := says_day_first(cell)) is not None:
                    counted[said] += 1
        orders = {place: counted[True] > counted[False] for place, counted in shown.items() if counted}
        total = sum(shown.values(), Counter[bool]())
        orders[EVERYWHERE] = total[True] > total[False] if total else day_first(self._wishes.country)
        return orders

    def _asked_for(self) -> tuple[Kept, ...]:
        """The columns asked for by name; raises ProblemsFound for those that are not there."""
        kept: list[Kept] = []
        problems: list[Problem] = []
        for wish in self._wishes.keep:
            place = next((place for place in range(len(self._titles)) if plain(wish) in self._called(place)), None)
            if place is None:
                hint = did_you_mean(wish, filter(None, self._titles))
                problems.append(self._problem(f'there is no column "{wish}".', hint))
            elif self._meanings[place] not in _NAMES and place not in [column.place for column in kept]:
                kept.append(self._kept_column(place))
        problems += [
            self._problem(f"two of the columns asked for would be called `{name}`.", "Rename one, or ask for one of them.")
            for name, times in Counter(column.name for column in kept).items()
            if times > 1
        ]
        if problems:
            raise ProblemsFound(problems)
        return tuple(kept)

    def _kept_column(self, place: int) -> Kept:
        title, meaning = self._titles[place], self._meanings[place]
        dates = meaning in _DATES or bool({"date", "fecha"} & set(words_of(title)))
        return Kept(place, _OWN_NAMES.get(meaning) or column_name(title) or f"column_{place + 1}", dates)

    def _called(self, place: int) -> set[str]:
        """What a column can be asked for as: its title, or the name it would have in subscribers.csv."""
        return {plain(self._titles[place]), plain(self._kept_column(place).name)} if self._titles[place] else set()

    def _no_addresses(self) -> Problem:
        people = [self._titles, *(row.cells for row in islice(self._table.rows(), MOST_ROWS_ABOVE))]
        if not _understood(self._meanings) and any("@" in cell for cells in people for cell in cells):
            message = "there is no line of titles above the people (ChiroTouch's Data Export writes none)."
            return self._problem(
                message, "Open it in a spreadsheet, put a line above with Email, First Name, Last Name ..., and save it."
            )
        found = ", ".join(filter(None, self._titles)) or "nothing"
        message = f"no column holds the addresses (the titles are: {found[:_MOST_TITLES_SHOWN]})."
        return self._problem(message, 'Export the list with its addresses, or give their column the title "Email".')

    def _problem(self, message: str, remedy: str) -> Problem:
        return Problem(self.shown, self._table.line, 0, message, remedy)


def read_export(path: Path, folder: Path, wishes: Wishes) -> Export:
    """An export, whichever of the kinds we know; raises Missing, or ProblemsFound with all that is wrong with its columns."""
    shown = shown_path(path, folder)
    try:
        return Export(path, shown, wishes)
    except (FileNotFoundError, IsADirectoryError):
        raise Missing(
            f"There is no file {shown}.", "Have your practice system export its list of patients, and name that file."
        ) from None
    except OSError as error:
        raise Missing(f"{shown} cannot be read: {error.strerror or error}.") from None


def _understood(found: tuple[Meaning, ...]) -> bool:
    """Whether one of the titles means something to us, and so is a title."""
    return any(meaning not in (Meaning.OTHER, Meaning.PRIVATE) for meaning in found)


def _with_addresses(table: Table) -> tuple[Meaning, ...]:
    """What each column holds; where no title says so, the addresses are in the column whose cells are addresses."""
    found = meanings(table.titles)
    if Meaning.EMAIL in found or not _understood(found):
        return found
    first = [row.cells for row in islice(table.rows(), MOST_ROWS_ABOVE)]
    for place, meaning in enumerate(found):
        cells = [cells[place].strip() for cells in first if place < len(cells) and cells[place].strip()]
        if meaning is Meaning.OTHER and cells and all(re.fullmatch(r"[^\s@]+@[^\s@]+\.[^\s@]+", cell) for cell in cells):
            return (*found[:place], Meaning.EMAIL, *found[place + 1 :])
    return found
