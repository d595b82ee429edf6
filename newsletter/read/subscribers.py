"""Reads the subscriber list as practice systems and spreadsheets really write it, row by row, and drops nothing in silence."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from newsletter.errors import Missing, Problem, ProblemsFound, shown_path
from newsletter.read import opt_outs
from newsletter.read.addresses import BadAddress, envelope_address
from newsletter.read.csv_file import CsvFile, Record, clean
from newsletter.read.seen import Seen

KNOWN_FIELDS = ("email", "first_name", "last_name", "tags", "language", "consent_source", "consent_date", "status")
_SYNONYMS = {
    "email": "email emailaddress mail mailaddress emailid primaryemail correo correoelectronico",
    "first_name": "firstname first givenname forename fname nombre",
    "last_name": "lastname last surname familyname lname apellido",
    "tags": "tags tag labels groups",
    "language": "language lang preferredlanguage",
    "consent_source": "consentsource",
    "consent_date": "consentdate",
    "status": "status subscriptionstatus emailstatus",
}
_FIELD_OF = {synonym: name for name, words in _SYNONYMS.items() for synonym in words.split()}


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
        self._signs = opt_outs.signs(self.columns)
        self.vetoes: tuple[SubscriberList, ...] = ()

    @cached_property
    def fields(self) -> frozenset[str]:
        """The merge fields this list offers: its own columns, and the well-known names (empty where it lacks them)."""
        return frozenset(self.columns) | {"email", "first_name", "last_name"}

    def rows(self, seen: Seen | None = None) -> Iterator[Subscriber | LeftOut]:
        """Every row in order: a Subscriber, or what is wrong with it. Memory stays flat but for `seen`, 12 bytes a slot.

        A second row with an address that came before is left out; pass a `seen` of your own to judge otherwise.
        """
        seen = Seen() if seen is None else seen
        vetoes = [(other.shown, found) for other in (self, *self.vetoes) if (found := other._opted_out())]
        self.blank_rows = 0
        for record in self._records():
            row = self._row(record)
            if row is None:
                self.blank_rows += 1
                continue
            if isinstance(row, Subscriber):
                key = row.key
                if veto := next(((shown, line) for shown, found in vetoes if (line := found.line_of(key))), None):
                    where = f"line {veto[1]}" + (f" of {veto[0]}" if veto[0] != self.shown else "")
                    row = LeftOut(row.line, row.email, "status", f"{where} says that this address must not be mailed.")
                elif first := seen.add(key, row.line):
                    row = LeftOut(row.line, row.email, "duplicate", f"the same address stands in line {first} already.")
            yield row

    def _opted_out(self) -> Seen | None:
        """Every address that a row forbids to mail, or None where there is none.

        It is read first: one such row outweighs any other of the same address. In a row that is broken nobody knows what
        belongs to what, so there a forbidding word anywhere speaks for every address.
        """
        if not self._signs:
            return None
        found: Seen | None = None
        for line, cells, lines in self._records():
            if not lines and len(cells) == len(self.columns):
                refused = [cells[self._email]] if opt_outs.refusal(self._signs, cells) else []
            else:
                broken = [text.split(self.file.delimiter) for text in lines] or [cells]
                refused = [" ".join(row) for row in broken if any(map(opt_outs.forbids, row))]
            for text in refused:
                for address in opt_outs.addresses_in(text):
                    found = found or Seen()
                    found.add(address, line)
        return found

    def _row(self, record: Record) -> Subscriber | LeftOut | None:
        """A record as what it is; None where all its cells are blank."""
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
        fields = dict(zip(self.columns, cells, strict=False))
        fields["email"] = address
        if self._signs and (reason := opt_outs.refusal(self._signs, cells)):
            return LeftOut(line, address, "status", reason)
        if reason := opt_outs.unknown(fields.get("status", "")):
            return LeftOut(line, address, "unknown status", reason)
        return Subscriber(address, line, _tags(fields.get("tags", "")), fields)

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

    def _records(self) -> Iterator[Record]:
        """The records below the header."""
        records = self.file.records()
        next(records, None)
        return records

    def _read_columns(self) -> list[str]:
        line, titles, _ = next(self.file.records(), (1, [], ()))
        titles = [clean(title) for title in titles]
        columns = [_column_name(title) or f"column_{number}" for number, title in enumerate(titles, 1)]
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


def _unquoted(cell: str) -> str:
    """An address without the quotes that stay where a blank stands before them: `Anna, "anna@mail.example"`."""
    return cell.strip(' "') if '"' in cell else cell


def _column_name(title: str) -> str:
    """`E-mail Address` is `email`; a column of the practice's own, `Last Visit`, is `last_visit`."""
    squeezed = re.sub(r"[\W_]+", "", title.lower())
    return _FIELD_OF.get(squeezed) or re.sub(r"\W+", "_", title.strip().lower()).strip("_")


@lru_cache(maxsize=4096)
def _tags(cell: str) -> frozenset[str]:
    parts = re.split(r"[;,|/]", unicodedata.normalize("NFC", cell).lower())
    return frozenset(tag for tag in (part.strip() for part in parts) if tag)
