"""Finds the line of titles, which in reports stands below the report's name, its date and blank lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from newsletter.read.csv_file import clean
from newsletter.read.exports.titles import Meaning, meanings

MOST_ROWS_ABOVE = 50
_UNKNOWN = (Meaning.OTHER, Meaning.PRIVATE)


class Header(NamedTuple):
    """Which of the first rows (from 0) has the titles, and how well they are understood; 0 means not at all."""

    place: int
    score: int


def find_header(rows: Sequence[Sequence[str]]) -> Header:
    """The row with an address column and the most titles we understand, else the first one that is not blank."""
    best = Header(next((index for index, cells in enumerate(rows) if any(map(str.strip, cells))), 0), 0)
    for index, cells in enumerate(rows):
        if (score := _score(cells)) > best.score:
            best = Header(index, score)
    return best


def titles_of(cells: Sequence[str]) -> tuple[str, ...]:
    """Titles without the wrappings of spreadsheets, and without the empty columns at the end."""
    titles = [" ".join(clean(cell).split()) for cell in cells]
    while titles and not titles[-1]:
        titles.pop()
    return tuple(titles)


def _score(cells: Sequence[str]) -> int:
    titles = titles_of(cells)
    if any("@" in title or len(title) > 80 for title in titles):
        return 0
    found = meanings(titles)
    understood = {meaning for meaning in found if meaning not in _UNKNOWN}
    if Meaning.EMAIL in understood:
        return 1000 + 10 * len(understood) + sum(map(bool, titles))
    return 10 * len(understood) + sum(map(bool, titles)) if len(understood) > 1 else 0
