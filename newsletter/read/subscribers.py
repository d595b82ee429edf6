"""Reads the subscriber list as practice systems and spreadsheets really write it, row by row, and drops nothing in silence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import count, repeat
from pathlib import Path

from newsletter.errors import Missing, Problem, ProblemsFound, shown_path
from newsletter.read.addresses import BadAddress, envelope_address
from newsletter.read.audience import EVERYBODY, Asking, Audience, tags_of
from newsletter.read.children import Children
from newsletter.read.columns import column_name
from newsletter.read.csv_file import Block, CsvFile, Record, clean
from newsletter.read.families import Asks, Families, Family, Gone, Person, Row
from newsletter.read.left_out import LeftOut, vetoed
from newsletter.read.locale import Locale
from newsletter.read.ordinary import Ordinary
from newsletter.read.people import People, Subscriber
from newsletter.read.rows import Rows, Veto
from newsletter.read.seen import Seen

__all__ = ["KNOWN_FIELDS", "LeftOut", "People", "Person", "Subscriber", "SubscriberList", "Tell", "address_of", "tags_of"]

KNOWN_FIELDS = ("email", "first_name", "last_name", "tags", "language", "consent_source", "consent_date", "status")
_HELD = 200_000  # cells of people with family that are held at once: memory stays flat where everybody has one

Tell = Callable[[Veto], object]
"""Is told of every row that forbids mail."""


class SubscriberList:
    """A CSV file whose encoding, delimiter and columns are understood; `rows()` reads it, as often as you like.

    `vetoes` are other lists: whom one of them forbids to mail is left out of this one too.
    """

    def __init__(self, path: Path, folder: Path | None = None, locale: Locale | None = None) -> None:
        self.path = path
        self.shown = shown_path(path, folder)
        self.locale = locale or Locale()
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
        self._rows = Rows(self.file, self.columns)
        self._children = Children(self.columns, self.locale)
        self.vetoes: tuple[SubscriberList, ...] = ()

    @cached_property
    def fields(self) -> frozenset[str]:
        """The merge fields this list offers: its own columns, and the well-known names (empty where it lacks them)."""
        return frozenset(self.columns) | {"email", "first_name", "last_name"}

    @property
    def hidden(self) -> frozenset[str]:
        """The columns of names, which are empty for children, where the list tells who is one."""
        return self._children.names if self._children else frozenset()

    def judge(self, record: Record) -> list[str] | LeftOut | None:
        """A record as what it is, by itself: its cells, clean, one for each column; why it is left out; None if blank."""
        return self._rows.judge(record)

    def rows(self, audience: Audience = EVERYBODY) -> Iterator[Subscriber | LeftOut]:
        """Every row in order: a Subscriber, or what is wrong with it (see `people`)."""
        for row in self.people(audience):
            yield row if isinstance(row, LeftOut) else self.subscriber(row)

    def subscriber(self, person: Person) -> Subscriber:
        """Somebody of `people` with all their merge values."""
        line, address, cells, in_full = person
        fields = dict(zip(self.columns, cells, strict=True))
        fields["email"] = address
        return Subscriber(address, line, tags_of(fields.get("tags", "")), fields, in_full)

    def people(self, audience: Audience = EVERYBODY) -> Iterator[Person | LeftOut]:
        """Every mail in order, of those who are asked for: a Person, where the first row of a family stands; and what is wrong
        with other rows. Memory stays flat but for some bytes a row.
        """
        asks = Asking(audience, self.columns, self.locale).one
        vetoes, contested = self._look_ahead()
        families = self.families(contested, asks)
        family = next(families, None)
        verdicts: dict[int, Person | LeftOut] = {}
        for found in self.scan(self.columns):
            if isinstance(found, LeftOut):
                yield found
                continue
            for person in zip(count(found.line), found.addresses, zip(*found.columns, strict=True), repeat(())):
                line, address, cells, _ = person
                key = address.lower()
                while family and family.lines[0] <= line:
                    verdicts.update(family.verdicts)
                    family = next(families, None)
                if vetoes and (veto := next(((shown, at) for shown, keys in vetoes.items() if (at := keys.line_of(key))), None)):
                    yield vetoed(line, address, self.where(*veto))
                elif contested and contested.line_of(key):
                    if verdict := verdicts.pop(line, None):
                        yield verdict
                elif not audience or asks([cells]):
                    yield person

    def _look_ahead(self) -> tuple[dict[str, Seen], Seen]:
        """The addresses that some list forbids to mail, by list; and those of which several rows have something to say."""
        vetoes: dict[str, Seen] = defaultdict(Seen)
        seen, gone, contested = Seen(), Seen(), Seen()

        def tell(veto: Veto) -> None:
            if veto.person is None:
                vetoes[veto.shown].add(veto.address_key, veto.line)
            elif not gone.add(veto.address_key, veto.line) and seen.line_of(veto.address_key):
                contested.add(veto.address_key, veto.line)

        for found in self._scan((), tell):
            if isinstance(found, People):
                for line, address in zip(count(found.line), found.addresses):  # the count has no end
                    key = address.lower()
                    if seen.add(key, line) or (gone and gone.line_of(key)):
                        contested.add(key, line)
        self.vetoed_elsewhere(tell)
        return vetoes, contested

    def families(self, contested: Seen, asks: Asks) -> Iterator[Family]:
        """What the rows of each address in `contested` come to, in the order of their first rows.

        Where there are very many, the list is read several times, so that few are held at once.
        """
        judge = Families(self.columns, self.locale, self._children).judge
        start, judged = int(bool(contested)), bytearray()  # a byte for each line: whether it was judged in an earlier reading
        while start:
            rows: dict[str, list[Row]] = {}
            gone: dict[str, list[Gone]] = defaultdict(list)

            def tell(veto: Veto, gone: dict[str, list[Gone]] = gone) -> None:
                if veto.person is not None and contested.line_of(veto.address_key):
                    gone[veto.address_key].append(Gone(veto.person, self.where(veto.shown, veto.line)))

            room, later = 1 + _HELD // len(self.columns), 0
            for row in self._contested(contested, start, tell):
                key = row.address.lower()
                if key in rows:
                    rows[key].append(row)
                elif row.line < start or judged[row.line : row.line + 1] == b"\1":
                    continue
                elif room > 0:
                    rows[key] = [row]
                else:
                    later = later or row.line
                room -= 1
            self.vetoed_elsewhere(tell)
            for key, found in rows.items():
                yield judge(found, gone[key], asks)
                judged.extend(bytes(max(0, found[-1].line + 1 - len(judged))))
                for row in found:
                    judged[row.line] = 1
            start = later

    def _contested(self, contested: Seen, start: int, tell: Tell) -> Iterator[Row]:
        """The rows of some addresses from about the line `start` on, as they stand there; `tell` is told of the whole list."""
        for found in self._scan(self.columns, tell):
            if isinstance(found, People) and found.line + len(found.addresses) > start:
                near = [index for index, address in enumerate(found.addresses) if contested.line_of(address.lower())]
                cells = list(zip(*found.columns, strict=True)) if near else []
                yield from (Row(found.line + index, found.addresses[index], cells[index]) for index in near)

    def scan(self, wanted: Sequence[str], tell: Tell | None = None) -> Iterator[People | LeftOut]:
        """Every row once, with the cells of the columns `wanted`, in which no child has a name.

        Neither families nor other rows' vetoes are judged; of those `tell` is told, be they before or after the rows they are
        about.
        """
        if not self._children:
            yield from self._scan(wanted, tell)
            return
        more = [name for name in self._children.told_by if name not in wanted]
        places = [[*wanted, *more].index(name) for name in self._children.told_by]
        for found in self._scan([*wanted, *more], tell):
            if isinstance(found, People):
                told = [found.columns[place] for place in places]
                hidden = self._children.hidden(wanted, told, found.columns[: len(wanted)])
                yield found._replace(columns=hidden)
            else:
                yield found

    def _scan(self, wanted: Sequence[str], tell: Tell | None) -> Iterator[People | LeftOut]:
        """The same with the children's names."""
        self.blank_rows = 0
        ordinary = Ordinary(self.columns, wanted)
        places = [self.columns.index(name) for name in wanted]
        for block in self.file.blocks():
            if isinstance(block, Block):
                everybody = People(block.line, *ordinary.look(block))
                start = 0
                for odd in [index for index, address in enumerate(everybody.addresses) if not address]:
                    yield from everybody.between(start, odd)
                    yield from self._odd(block.record(odd), places, tell)
                    start = odd + 1
                yield from everybody.between(start, len(everybody.addresses))
            else:
                yield from self._odd(block, places, tell)

    def _odd(self, record: Record, places: list[int], tell: Tell | None) -> Iterator[People | LeftOut]:
        """A record as `scan` gives it; nothing where it is blank."""
        row = self._rows.judge(record)
        if tell:
            for veto in self._rows.vetoes(record, row):
                tell(veto)
        if row is None:
            self.blank_rows += 1
        elif isinstance(row, LeftOut):
            yield row
        else:
            yield People(record[0], [row[self.columns.index("email")]], [[row[place]] for place in places])

    def vetoed_elsewhere(self, tell: Tell) -> None:
        """Tells of every row of the lists in `vetoes` that forbids mail."""
        for listed in self.vetoes:
            if listed._rows.can_forbid:
                for _ in listed._scan((), tell):
                    pass

    def where(self, shown: str, line: int) -> str:
        """A line of this list or of another, in words."""
        return f"line {line}" + (f" of {shown}" if shown != self.shown else "")

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


def address_of(raw: str) -> str | LeftOut:
    """The address as it will be used in the envelope: ASCII, its domain in lower case; or why it cannot be."""
    try:
        return envelope_address(raw)
    except BadAddress as error:
        return LeftOut(0, raw, "address", str(error))
