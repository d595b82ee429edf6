"""Knows at a glance the rows of a list that need no second look, so that a long list costs little: one pattern finds them.

What is ordinary is a part of what the careful way takes, and comes out the same there; everything else goes that way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from newsletter.read import opt_outs
from newsletter.read.addresses import LOCAL_PART, LONGEST_LOCAL_PART, plain_domain
from newsletter.read.csv_file import INVISIBLE, Block

_MOST_REMEMBERED = 4096
_EDGE = {chr(code) for code in range(0x10000) if chr(code).isspace()} - {"\n"} | {*INVISIBLE}  # is taken off the ends of cells
K = TypeVar("K")
V = TypeVar("V")
Cells = tuple[str, ...]
Columns = list[Sequence[str]]


class Remembered(dict[K, V], Generic[K, V]):
    """Answers to questions that come up again and again, as of a list's few domains, statuses and tags; never many at once."""

    def __init__(self, work: Callable[[K], V]) -> None:
        self.work = work

    def __missing__(self, key: K) -> V:
        if len(self) >= _MOST_REMEMBERED:
            self.clear()
        answer = self[key] = self.work(key)
        return answer


class Ordinary:
    """The test for the rows of a list with these columns; `wanted` are the columns whose cells are needed.

    An ordinary row has a cell for each column, an address that needs no conversion but its domain to lower case, a status
    that allows mail, and nothing around the cells that are needed that would have to be taken off.
    """

    def __init__(self, columns: Sequence[str], wanted: Sequence[str]) -> None:
        self._columns = columns
        signs = [name for _, name, _ in opt_outs.signs(columns)]
        self._looked_at = {*signs, *wanted, "email"}
        place: dict[str, int] = {}
        for name in columns:
            if name in self._looked_at:
                place[name] = len(place) + ("email" in place)  # the address has two groups
        self._local, self._domain = place["email"], place["email"] + 1
        self._wanted = [place[name] for name in wanted]
        self._signs = [place[name] for name in signs]
        self._domains = Remembered(plain_domain)
        self._may_be_mailed: Remembered[Cells, bool] = Remembered(lambda cells: _allow(signs, cells))
        self._patterns = Remembered(self._pattern)

    def look(self, block: Block) -> tuple[list[str], Columns]:
        """For each line of a block, the address or nothing where the line is not ordinary; and the cells wanted, by column."""
        quick, exact = self._patterns[block.separator]
        lines = block.text.count("\n")
        even = block.text.count(block.separator) == lines * (len(self._columns) - 1)
        found = quick.findall(block.text) if even else []
        if len(found) != lines:
            found = exact.findall(block.text)
        columns = list(zip(*found, strict=True))
        ends = list(map(self._domains.__getitem__, columns[self._domain]))
        if self._signs:
            allowed = map(self._may_be_mailed.__getitem__, zip(*(columns[place] for place in self._signs), strict=True))
            ends = [end if may else "" for end, may in zip(ends, allowed, strict=True)]
        addresses = [end and f"{local}@{end}" for local, end in zip(columns[self._local], ends, strict=True)]
        return addresses, [columns[place] for place in self._wanted]

    def _pattern(self, separator: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
        """Finds line after line of a block. The quick one, where a cell may have line ends, is right if it finds as many."""
        end = re.escape(separator)
        edge = re.escape("".join(sorted(_EDGE - {separator})))
        found = []
        for cell in (rf"[^{end}]*+", rf"[^\n{end}]*+"):
            clean = rf"(?![{edge}='])({cell})(?<![{edge}])"
            address = rf"(?![='])(?=[^\n@{end}]{{1,{LONGEST_LOCAL_PART}}}@)({LOCAL_PART})@({cell})"
            row = [address if name == "email" else clean if name in self._looked_at else cell for name in self._columns]
            row[-1] = row[-1].replace(cell, rf"[^\n{end}]*+")
            found.append(re.compile(rf"{end.join(row)}\n|.*\n"))
        return found[0], found[1]


def _allow(names: list[str], cells: Cells) -> bool:
    """Whether the cells of the columns that can forbid mail let somebody be mailed."""
    unknown = "status" in names and opt_outs.unknown(cells[names.index("status")])
    return not unknown and not opt_outs.refusal(opt_outs.signs(names), cells)
