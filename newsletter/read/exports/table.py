"""A file of people as a table: titles, and the rows below them, whichever kind of file it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from newsletter.errors import Problem, ProblemsFound

SAVE_AS = "Open it, save it as an Excel workbook (.xlsx) or as CSV, and import that."


class Row(NamedTuple):
    """Cells as they stand in the file; `fault` says what is wrong with the whole row, or is empty."""

    line: int
    cells: list[str]
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """`kind` is CSV, Excel or vCard, `described` one line about the file, `above` the text before the titles in line `line`.

    `rows` reads everything below the titles, anew each time.
    """

    kind: str
    described: str
    above: str
    line: int
    titles: tuple[str, ...]
    rows: Callable[[], Iterator[Row]]


def unusable(shown: str, message: str, remedy: str) -> ProblemsFound:
    """A file that is no list as a whole."""
    return ProblemsFound([Problem(shown, 0, 0, message, remedy)])
