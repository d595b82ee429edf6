"""Several people at one address get one mail together: who of them it is for, how it greets them, and which rows say the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from newsletter.read import left_out
from newsletter.read.children import Children, plain, words_of
from newsletter.read.exports.names import Name
from newsletter.read.left_out import LeftOut
from newsletter.read.locale import Locale
from newsletter.read.ordinary import Cells
from newsletter.read.same_person import may_be, people_in, person_key

MOST_NAMED = 4
"""Of more people than these nobody is named: a mail that begins with a list of names reads like a mistake."""

Person = tuple[int, str, Cells, Cells]
"""Somebody who may be mailed, or a family: their line, the address, the cells of all columns (`email` among them is not the
address); and first and last name for a mail that uses both, where those are others than in the cells."""

Asks = Callable[[Sequence[Cells]], bool]
"""Whether a person who stands in some rows is asked for."""

_AND = {"en": "and", "es": "y", "fr": "et", "de": "und", "it": "e", "nl": "en", "pt": "e"}
_CALLED = {"english": "en", "ingles": "en", "spanish": "es", "espanol": "es", "french": "fr", "francais": "fr"}
_SOUNDS_LIKE_I = re.compile(r"i|hi(?![aeo])|y(?![aeiou])")  # where Spanish says "e" for "y": Ana e Inés, Ana e Hilario


class Row(NamedTuple):
    """One row of a list, that shares its address with others."""

    line: int
    address: str
    cells: Cells


class Gone(NamedTuple):
    """Somebody at an address who must not be mailed, as the row says that is `where`."""

    first_name: str
    where: str


@dataclass(frozen=True, slots=True)
class Family:
    """What the rows of one address come to; `lines` are those that may be mailed by themselves, in order.

    One mail goes to `person`, None where nobody may be mailed. It is for `asked` people; `not_asked` others are not named.
    """

    lines: tuple[int, ...]
    address: str
    person: Person | None
    asked: int
    not_asked: int
    left_out: tuple[LeftOut, ...]

    @property
    def verdicts(self) -> dict[int, Person | LeftOut]:
        """What becomes of the lines; nothing of those of people who are greeted in another line's mail, or not asked for."""
        found: dict[int, Person | LeftOut] = {row.line: row for row in self.left_out}
        return found | ({self.person[0]: self.person} if self.person and self.asked else {})


@dataclass(slots=True)
class _Member:
    """One person of a family, who may stand in several rows; `rows` are those with their name.

    A row that names a child among others is taken for a child's.
    """

    rows: list[Row] = field(default_factory=list)
    child: bool = False


class Families:
    """Judges the rows of one address, in a list with these columns."""

    def __init__(self, columns: Sequence[str], locale: Locale, children: Children) -> None:
        self._language = locale.language
        self._children = children
        self._names = [place for place, name in enumerate(columns) if name in children.names]
        self._columns = {name: place for place, name in enumerate(columns)}

    def judge(self, rows: Sequence[Row], gone: Sequence[Gone], asks: Asks) -> Family:
        """What rows of one address come to, in the order of the list, beside those of people who are gone."""
        left = {said.line: said for said in self._vetoed(rows, gone)}
        kept = [row for row in rows if row.line not in left]
        left |= {said.line: said for said in self._repeated(kept)}
        members = self._members(kept)
        nameless = [row.cells for row in kept if not self._name(row)]  # what they say may be about anybody here
        asked = {
            name: one for name, one in members.items() if asks([*(row.cells for row in one.rows), *(nameless if name else ())])
        }
        children = [name for name, member in members.items() if member.child]
        never = words_of(" ".join([*children, *(one.first_name for one in gone)]))
        return Family(
            lines=tuple(row.line for row in rows),
            address=rows[0].address,
            person=self._together(kept, asked or members, never) if kept else None,
            asked=len(asked),
            not_asked=len(members) - len(asked),
            left_out=tuple(left[line] for line in sorted(left)),
        )

    def _vetoed(self, rows: Iterable[Row], gone: Sequence[Gone]) -> Iterator[LeftOut]:
        """The rows of people who are gone, or for want of a name may be."""
        for row in rows if gone else ():
            name = self._name(row)
            vetoes = [(person_key(one.first_name), one.where) for one in gone if may_be(person_key(one.first_name), name)]
            if vetoes:
                by_name = [where for key, where in vetoes if key and name]
                yield left_out.gone(row.line, row.address, (by_name or [vetoes[0][1]])[0], by_name=bool(by_name))

    def _repeated(self, rows: Sequence[Row]) -> Iterator[LeftOut]:
        """Rows of people who stand in an earlier one; a row without a name may be anybody's here."""
        known: dict[str, int] = {}
        for row in rows:
            name = self._name(row)
            if "" in known:
                known[name] = known.pop("")
                yield left_out.repeated(row.line, row.address, known[name], by_name=False)
            elif name in known or (known and not name):
                yield left_out.repeated(row.line, row.address, known.get(name, rows[0].line), by_name=bool(name))
            else:
                known[name] = row.line

    def _members(self, rows: Iterable[Row]) -> dict[str, _Member]:
        """The people of some rows by name; one without, where nobody has a name."""
        found: dict[str, _Member] = {}
        for row in rows:
            member = found.setdefault(self._name(row), _Member())
            member.rows.append(row)
            member.child = member.child or self._children.is_child(row.cells)
        if len(found) > 1:
            found.pop("", None)
        children = {name for name, member in found.items() if member.child}
        for member in found.values() if children else ():
            member.child = member.child or not children.isdisjoint(people_in(self._said(member.rows[0], "first_name")))
        return found

    def _together(self, kept: Sequence[Row], members: dict[str, _Member], never: frozenset[str]) -> Person:
        """One mail for some of the people here: of each value the first there is, the tags of all, and who is greeted."""
        rows = [row for row in kept if not (name := self._name(row)) or name in members]
        young = {name for name, member in members.items() if member.child}
        grown = [row for row in rows if self._name(row) not in young and not self._children.is_child(row.cells)]
        cells = [next(filter(None, values), "") for values in zip(*(row.cells for row in grown or rows), strict=True)]
        if not grown:
            for place in self._names:
                cells[place] = ""
        if "tags" in self._columns:
            cells[self._columns["tags"]] = ";".join(dict.fromkeys(filter(None, (self._said(row, "tags") for row in rows))))
        adults = [self._named(member.rows) for name, member in members.items() if name and not member.child]
        greeted = adults or [parent for row in rows if (parent := self._children.guardian(row.cells, never)).first]
        full: Cells = ()
        if greeted:
            language = cells[self._columns["language"]] if "language" in self._columns else ""
            names, full = together(_each_once(greeted), language or self._language)
            for column, value in zip(("first_name", "last_name"), names, strict=True):
                if column in self._columns:
                    cells[self._columns[column]] = value
        return kept[0].line, kept[0].address, tuple(cells), full

    def _named(self, rows: Sequence[Row]) -> Name:
        first, last = ([said for row in rows if (said := self._said(row, column))] for column in ("first_name", "last_name"))
        return Name(first[0], last[0] if last else "")

    def _said(self, row: Row, column: str) -> str:
        return row.cells[self._columns[column]] if column in self._columns else ""

    def _name(self, row: Row) -> str:
        """What makes two rows of an address one person: the first name, however it is spelled."""
        return person_key(self._said(row, "first_name"))


def together(names: Sequence[Name], language: str) -> tuple[Name, Cells]:
    """People as first and last name of one mail, and both for a mail that uses both, where that must read otherwise.

    Anna Reyes and Ben Reyes are `Anna and Ben`, `Reyes`; for Ben Cole `Dear {{ first_name }} {{ last_name }}` needs
    `Anna Reyes and Ben`, `Cole`.
    """
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(plain(name.last), name.last)
    lasts = list(found.values())
    if len(names) > MOST_NAMED:
        return Name("", lasts[0] if len(lasts) == 1 else ""), ()
    first = listing([name.first for name in names], language)
    if len(lasts) == 1:
        return Name(first, lasts[0]), ()
    whole = [f"{name.first} {name.last}".strip() for name in names[:-1]]
    return Name(first, listing([*filter(None, lasts)], language)), (listing([*whole, names[-1].first], language), names[-1].last)


def _each_once(names: Sequence[Name]) -> list[Name]:
    """Without people whom another row names too: `Ben` beside `Anna and Ben`."""
    said = {name: people_in(name.first) for name in names}
    return [name for name, people in said.items() if not any(people < others for others in said.values())]


def listing(words: Sequence[str], language: str) -> str:
    """`Anna`, `Anna and Ben`, `Anna, Ben and Mia`, in a language given by its code or name."""
    if len(words) < 2:
        return "".join(words)
    spoken = plain(language).split("_")[0]
    conjunction = _AND.get(_CALLED.get(spoken, spoken), "&")
    if conjunction == "y" and _SOUNDS_LIKE_I.match(plain(words[-1])):
        conjunction = "e"
    return f"{', '.join(words[:-1])} {conjunction} {words[-1]}"
