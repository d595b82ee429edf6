"""Knows at a glance the rows of a list that need no second look, so that a long list costs little: one pattern finds them.

What is ordinary is a part of what the careful way takes, and comes out the same there; everything else goes that way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Generic, TypeVar

from newsletter.read import opt_outs
from newsletter.read.addresses import LOCAL_PART, LONGEST_LOCAL_PART, plain_domain
from newsletter.read.csv_file import INVISIBLE, Block

_MOST_REMEMBERED = 4096
_EDGE = {chr(code) for code in range(0x10000) if chr(code).isspace()} - {"\n"} | {*INVISIBLE}  # is taken off the ends of cells
K = TypeVar("K")
V = TypeVar("V")
Cells = tuple[str, ...]


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
        self._cells = _picker([place[name] for name in wanted])
        self._signs = _picker([place[name] for name in signs])
        self._domains = Remembered(plain_domain)
        judged = opt_outs.signs(signs)
        status = signs.index("status") if "status" in signs else None
        self._may_be_mailed: Remembered[Cells, bool] = Remembered(
            lambda cells: not opt_outs.refusal(judged, cells) and (status is None or not opt_outs.unknown(cells[status]))
        )
        self._patterns = Remembered(self._pattern)

    def look(self, block: Block) -> tuple[list[str], list[Cells]]:
        """For each line of a block, the address or nothing where the line is not ordinary, and the cells that are wanted."""
        quick, exact = self._patterns[block.separator]
        found = quick.findall(block.text)
        if len(found) != block.text.count("\n"):
            found = exact.findall(block.text)
        local, domain, domains, signs, may_be_mailed = self._local, self._domain, self._domains, self._signs, self._may_be_mailed
        addresses = [
            f"{row[local]}@{end}" if (end := domains[row[domain]]) and may_be_mailed[signs(row)] else "" for row in found
        ]
        return addresses, list(map(self._cells, found))

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


def _picker(places: list[int]) -> Callable[[Cells], Cells]:
    """Takes the things in some places out of a tuple, as a tuple."""
    if len(places) > 1:
        return itemgetter(*places)
    start = places[0] if places else 0
    return itemgetter(slice(start, start + len(places)))
