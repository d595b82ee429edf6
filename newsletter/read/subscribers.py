"""Reads the subscriber list as practice systems and spreadsheets really write it, row by row, and drops nothing in silence."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import count
from pathlib import Path
from typing import NamedTuple

from newsletter.errors import Missing, Problem, ProblemsFound, shown_path
from newsletter.read import opt_outs
from newsletter.read.addresses import BadAddress, envelope_address
from newsletter.read.columns import column_name
from newsletter.read.csv_file import Block, CsvFile, Record, clean
from newsletter.read.ordinary import Columns, Ordinary
from newsletter.read.seen import Seen

KNOWN_FIELDS = ("email", "first_name", "last_name", "tags", "language", "consent_source", "consent_date", "status")


@dataclass(frozen=True, slots=True)
class Subscriber:
    """One person to mail: `fields` holds the merge values by name, `line` where the row begins in the CSV (from 1)."""

    email: str
    line: int
    tags: frozenset[str]
    fields: dict[str, str]

    @property
    def key(self) -> str:
        """What makes two spellings one subscriber: the address in lower case. Dots and plus tags stay distinct."""
        return self.email.lower()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row that will not be mailed: `kind` is address, duplicate, status, unknown status or row."""

    line: int
    email: str
    kind: str
    reason: str


class People(NamedTuple):
    """People in lines one after the other who may be mailed, each by their own row: addresses, and the cells of some columns."""

    line: int
    addresses: list[str]
    columns: Columns

    def between(self, start: int, end: int) -> Iterator[People]:
        """Some of them; nothing where there would be nobody."""
        if end - start == len(self.addresses) > 0:
            yield self
        elif start < end:
            yield People(self.line + start, self.addresses[start:end], [cells[start:end] for cells in self.columns])


Person = tuple[int, str, tuple[str, ...]]
"""Somebody who may be mailed: their line, the address, and the cells of all columns (`email` among them is not the address)."""

Forbid = Callable[[str, int, str], object]
"""Is told the list, its line, and an address (lower case) that must not be mailed."""


class SubscriberList:
    """A CSV file whose encoding, delimiter and columns are understood; `rows()` reads it, as often as you like.

    `vetoes` are other lists: whom one of them forbids to mail is left out of this one too.
    """

    def __init__(self, path: Path, folder: Path | None = None) -> None:
        self.path = path
        self.shown = shown_path(path, folder)
        self.blank_rows = 0
        try:
            self.file = CsvFile(path, self.shown)
            self.columns = self._read_columns()
        except FileNotFoundError:
            raise Missing(
                f"There is no subscriber list {self.shown}.", "Export one from your practice system as CSV with a column `email`."
            ) from None
        except OSError as error:
            raise Missing(f"{self.shown} cannot be read: {error.strerror or error}.") from None
        self._email = self.columns.index("email")
        self._status = self.columns.index("status") if "status" in self.columns else None
        self._signs = opt_outs.signs(self.columns)
        self.vetoes: tuple[SubscriberList, ...] = ()

    @cached_property
    def fields(self) -> frozenset[str]:
        """The merge fields this list offers: its own columns, and the well-known names (empty where it lacks them)."""
        return frozenset(self.columns) | {"email", "first_name", "last_name"}

    def rows(self, seen: Seen | None = None) -> Iterator[Subscriber | LeftOut]:
        """Every row in order: a Subscriber, or what is wrong with it (see `people`)."""
        for row in self.people(seen):
            yield row if isinstance(row, LeftOut) else self.subscriber(row)

    def subscriber(self, person: Person) -> Subscriber:
        """Somebody of `people` with all their merge values."""
        line, address, cells = person
        fields = dict(zip(self.columns, cells, strict=True))
        fields["email"] = address
        return Subscriber(address, line, tags_of(fields.get("tags", "")), fields)

    def people(self, seen: Seen | None = None) -> Iterator[Person | LeftOut]:
        """Every row in order: a Person, or what is wrong with it. Memory stays flat but for `seen`, 11 bytes a row.

        A second row with an address that came before is left out; pass a `seen` of your own to judge otherwise.
        """
        seen = Seen() if seen is None else seen
        vetoes: dict[str, Seen] = defaultdict(Seen)
        for listed in (self, *self.vetoes):
            listed.forbidden(lambda shown, line, key: vetoes[shown].add(key, line))
        for found in self.scan(self.columns):
            if isinstance(found, LeftOut):
                yield found
                continue
            for person in zip(count(found.line), found.addresses, zip(*found.columns, strict=True)):  # the count has no end
                line, address, _ = person
                key = address.lower()
                if vetoes and (veto := next(((shown, at) for shown, keys in vetoes.items() if (at := keys.line_of(key))), None)):
                    yield self.vetoed(line, address, *veto)
                elif first := seen.add(key, line):
                    yield repeated(line, address, first)
                else:
                    yield person

    def scan(self, wanted: Sequence[str], forbid: Forbid | None = None) -> Iterator[People | LeftOut]:
        """Every row once, with the cells of the columns `wanted`; neither duplicates nor other rows' vetoes are judged.

        `forbid` is told of every address that a row forbids to mail, be it before or after other rows of that address.
        """
        self.blank_rows = 0
        ordinary = Ordinary(self.columns, wanted)
        places = [self.columns.index(name) for name in wanted]
        for block in self.file.blocks():
            if isinstance(block, Block):
                everybody = People(block.line, *ordinary.look(block))
                start = 0
                for odd in [index for index, address in enumerate(everybody.addresses) if not address]:
                    yield from everybody.between(start, odd)
                    yield from self._odd(block.record(odd), places, forbid)
                    start = odd + 1
                yield from everybody.between(start, len(everybody.addresses))
            else:
                yield from self._odd(block, places, forbid)

    def _odd(self, record: Record, places: list[int], forbid: Forbid | None) -> Iterator[People | LeftOut]:
        """A record as `scan` gives it; nothing where it is blank."""
        row = self.judge(record)
        if forbid:
            for key in self.refused(record, row):
                forbid(self.shown, record[0], key)
        if row is None:
            self.blank_rows += 1
        elif isinstance(row, LeftOut):
            yield row
        else:
            yield People(record[0], [row[self._email]], [[row[place]] for place in places])

    def forbidden_elsewhere(self, forbid: Forbid) -> None:
        """Tells `forbid` every address that one of the lists in `vetoes` forbids to mail."""
        for listed in self.vetoes:
            listed.forbidden(forbid)

    def forbidden(self, forbid: Forbid) -> None:
        """Tells `forbid` every address that a row of this list forbids to mail."""
        if self._signs:
            for _ in self.scan((), forbid):
                pass

    def refused(self, record: Record, row: list[str] | LeftOut | None) -> Iterator[str]:
        """The addresses, lower case, that a record forbids to mail: one such row outweighs any other of the same address.

        In a row that is broken nobody knows what belongs to what, so there a forbidding word anywhere speaks for every
        address.
        """
        _, cells, lines = record
        if not self._signs:
            return
        if isinstance(row, LeftOut) and row.kind == "status":
            yield row.email.lower()
            return
        if lines or len(cells) != len(self.columns):
            broken = [text.split(self.file.delimiter) for text in lines] or [cells]
            refused = [" ".join(part) for part in broken if any(map(opt_outs.forbids, part))]
        else:
            refused = [cells[self._email]] if opt_outs.refusal(self._signs, cells) else []
        for text in refused:
            yield from opt_outs.addresses_in(text)

    def judge(self, record: Record) -> list[str] | LeftOut | None:
        """A record as what it is, by itself: its cells, clean, one for each column; why it is left out; None if blank."""
        line, raw, lines = record
        cells = [cell if cell.isalnum() else clean(cell) for cell in raw]
        written = cells[self._email] if self._email < len(cells) else ""
        if (lines or len(cells) != len(self.columns)) and (fault := self._shape(cells, lines)):
            return LeftOut(line, written[:60], "row", fault)
        if not written and not any(cells):
            return None
        try:
            address = envelope_address(_unquoted(written))
        except BadAddress as error:
            return LeftOut(line, written, "address", str(error))
        if reason := opt_outs.refusal(self._signs, cells):
            return LeftOut(line, address, "status", reason)
        row = [*cells, *[""] * len(self.columns)][: len(self.columns)]
        row[self._email] = address
        if self._status is not None and (reason := opt_outs.unknown(row[self._status])):
            return LeftOut(line, address, "unknown status", reason)
        return row

    def vetoed(self, line: int, email: str, shown: str, forbidding: int) -> LeftOut:
        """A row whose address another row forbids to mail: the one in line `forbidding` of the list `shown`."""
        where = f"line {forbidding}" + (f" of {shown}" if shown != self.shown else "")
        return LeftOut(line, email, "status", f"{where} says that this address must not be mailed.")

    def _shape(self, cells: list[str], lines: tuple[str, ...]) -> str:
        """What is wrong with the quotes or the number of cells of a row, or nothing."""
        if lines and (not self.file.well_quoted(lines) or any(map(self._is_a_row, lines[1:]))):
            return f'a quotation mark (") is not closed; {len(lines)} lines from here on were taken for one row.'
        width = len(self.columns)
        if any(cells[width:]):
            return (
                f"it has {len(cells)} cells where the first line has {width}; a comma inside a name needs quotes around the name."
            )
        return ""

    def _is_a_row(self, line: str) -> bool:
        """Whether a line inside a cell looks like the next person's row."""
        cells = line.rstrip("\r\n").split(self.file.delimiter)
        return len(cells) == len(self.columns) > 1 and isinstance(address_of(_unquoted(clean(cells[self._email]))), str)

    def _read_columns(self) -> list[str]:
        line, titles, _ = next(self.file.records(), (1, [], ()))
        titles = [clean(title) for title in titles]
        columns = [column_name(title) or f"column_{number}" for number, title in enumerate(titles, 1)]
        problems = [
            Problem(self.shown, line, 0, f"two columns are called `{name}`.", "Rename or delete one.")
            for name in sorted({name for name in columns if columns.count(name) > 1})
        ]
        if "email" not in columns:
            found = ", ".join(title for title in titles if title) or "nothing"
            message = f"the first line names no column for the address (it has: {found[:120]})."
            problems.append(Problem(self.shown, line, 0, message, "Give the address column the title `email`."))
        if problems:
            raise ProblemsFound(problems)
        return columns


def repeated(line: int, email: str, first: int) -> LeftOut:
    """A row whose address stands in the line `first` already."""
    return LeftOut(line, email, "duplicate", f"the same address stands in line {first} already.")


def address_of(raw: str) -> str | LeftOut:
    """The address as it will be used in the envelope: ASCII, its domain in lower case; or why it cannot be."""
    try:
        return envelope_address(raw)
    except BadAddress as error:
        return LeftOut(0, raw, "address", str(error))


def _unquoted(cell: str) -> str:
    """An address without the quotes that stay where a blank stands before them: `Anna, "anna@mail.example"`."""
    return cell.strip(' "') if '"' in cell else cell


@lru_cache(maxsize=4096)
def tags_of(cell: str) -> frozenset[str]:
    """The tags of a cell, lower case."""
    parts = re.split(r"[;,|/]", unicodedata.normalize("NFC", cell).lower())
    return frozenset(tag for tag in (part.strip() for part in parts) if tag)
