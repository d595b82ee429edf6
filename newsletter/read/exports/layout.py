"""What is known of an export before its first row is read: which column means what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from newsletter.read.dates import read_ordered
from newsletter.read.exports.titles import Meaning, rank

EVERYWHERE = -1  # stands for all columns whose dates do not show their order


class Kept(NamedTuple):
    """A column asked for by name: its place, its name in subscribers.csv, and whether it holds dates."""

    place: int
    name: str
    dates: bool


@dataclass(frozen=True)
class Layout:
    """The columns by their places (from 0), and what else it takes to understand a row.

    `days_first` says by place whether 4/5/2026 is the fourth of May there; `origin` begins the source of a consent.
    """

    titles: tuple[str, ...]
    meanings: tuple[Meaning, ...]
    kept: tuple[Kept, ...]
    days_first: Mapping[int, bool]
    origin: str
    today: date
    _places: dict[Meaning, tuple[int, ...]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        for meaning in Meaning:
            self._places[meaning] = tuple(place for place, found in enumerate(self.meanings) if found is meaning)
        emails = self._places[Meaning.EMAIL]
        self._places[Meaning.EMAIL] = tuple(sorted(emails, key=lambda place: rank(self.titles[place])))

    def places(self, meaning: Meaning) -> tuple[int, ...]:
        """The places of a meaning; addresses in the order in which they are to be tried."""
        return self._places[meaning]

    def filled(self, cells: list[str], *meanings: Meaning) -> list[int]:
        """The places of some meanings where something stands in a row, one meaning after the other."""
        return [place for meaning in meanings for place in self._places[meaning] if cells[place]]

    def first(self, cells: list[str], meaning: Meaning) -> str:
        """What stands in the first column of a meaning that is not empty in a row, or nothing."""
        for place in self._places[meaning]:
            if cells[place]:
                return cells[place]
        return ""

    def day(self, cells: list[str], *places: int) -> str:
        """The first day in some cells of a row, ISO, or nothing."""
        for place in places:
            order = self.days_first.get(place, self.days_first[EVERYWHERE])
            if cells[place] and (day := read_ordered(cells[place], day_first=order)):
                return day.isoformat()
        return ""
