"""Reads the subscriber list as practice systems and spreadsheets really write it, row by row, and drops nothing in silence."""

from __future__ import annotations

import codecs
import csv
import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TextIO

from newsletter.errors import Missing, Problem, ProblemsFound, shown_path

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
_MAILABLE = frozenset(("", "active", "subscribed", "yes", "ok", "current", "opted in", "opt in"))
_NOT_MAILABLE = frozenset(
    "unsubscribed inactive bounced deceased discharged complained cleaned archived deleted removed blocked suppressed no".split()
    + ["opted out", "opt out", "do not email", "do not mail", "do not contact", "hard bounced"]
)
# Plain addresses (RFC 5321 section 4.1.2 dot-string, hostnames of RFC 1123); everything else goes to email-validator.
_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NO_MAIL_THERE = "test|invalid|local|localhost|arpa|onion"  # RFC 6761 and RFC 7686: reserved names without mail
_PLAIN_ADDRESS = re.compile(
    rf"(?=.{{6,254}}$){_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+(?!(?:{_NO_MAIL_THERE})$)[a-z]{{2,63}}", re.IGNORECASE
)
_LONGEST_LOCAL_PART = 64
_MOST_LINES_IN_A_CELL = 20


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
    """A row that will not be mailed: `kind` is address, duplicate, status or row."""

    line: int
    email: str
    kind: str
    reason: str


class SubscriberList:
    """A CSV file whose encoding, delimiter and columns are understood; `rows()` reads it, as often as you like."""

    def __init__(self, path: Path, folder: Path | None = None) -> None:
        self.path = path
        self.shown = shown_path(path, folder)
        self.blank_rows = 0
        try:
            self.encoding = _encoding(path)
            with self._open() as stream:
                self.delimiter, self.skipped = _delimiter(stream)
        except FileNotFoundError:
            raise Missing(f"There is no subscriber list {self.shown}.", "Export one from your practice system as CSV with a column `email`.") from None
        except OSError as error:
            raise Missing(f"{self.shown} cannot be read: {error.strerror or error}.") from None
        self.columns = self._read_columns()

    @cached_property
    def fields(self) -> frozenset[str]:
        """The merge fields this list offers: its own columns, and the well-known names (empty where it lacks them)."""
        return frozenset(self.columns) | {"email", "first_name", "last_name"}

    def rows(self, seen: Seen | None = None) -> Iterator[Subscriber | LeftOut]:
        """Every row in order: a Subscriber, or what is wrong with it. Memory stays flat but for `seen`, 12 bytes a row.

        A second row with an address that came before is left out; pass a `seen` of your own to judge otherwise.
        """
        seen = Seen() if seen is None else seen
        opted_out = self._opted_out()
        email_column = self.columns.index("email")
        self.blank_rows = 0
        for line, cells in self._records():
            if not any(cells):
                self.blank_rows += 1
                continue
            row = self._row(line, cells, email_column)
            if isinstance(row, Subscriber) and (other := opted_out.line_of(row.key)):
                row = LeftOut(line, row.email, "status", f"line {other} says that this address must not be mailed.")
            elif isinstance(row, Subscriber) and (first := seen.add(row.key, line)):
                row = LeftOut(line, row.email, "duplicate", f"the same address stands in line {first} already.")
            yield row

    def _opted_out(self) -> Seen:
        """Every address with a status that forbids mail, read first: one such row outweighs any other of the same address."""
        found = Seen()
        if "status" not in self.columns:
            return found
        email, status = self.columns.index("email"), self.columns.index("status")
        for line, cells in self._records():
            if len(cells) > max(email, status) and cells[status] and _not_mailable(cells[status]):
                address = _address(cells[email])
                if isinstance(address, str):
                    found.add(address.lower(), line)
        return found

    def _row(self, line: int, cells: list[str], email_column: int) -> Subscriber | LeftOut:
        raw = cells[email_column] if email_column < len(cells) else ""
        width = len(self.columns)
        if len(cells) > width and any(cells[width:]):
            reason = f"it has {len(cells)} cells where the first line has {width}; a comma inside a name needs quotes around the name."
            return LeftOut(line, raw, "row", reason)
        if any(cell.count("\n") > _MOST_LINES_IN_A_CELL for cell in cells):
            return LeftOut(line, raw[:60], "row", 'a quotation mark (") opens here and is not closed; the lines after it were taken for one cell.')
        address = _address(raw)
        if isinstance(address, LeftOut):
            return LeftOut(line, raw, address.kind, address.reason)
        fields = dict(zip(self.columns, cells, strict=False))
        fields["email"] = address
        if reason := _not_mailable(fields.get("status", "")):
            return LeftOut(line, address, "status", reason)
        return Subscriber(address, line, _tags(fields.get("tags", "")), fields)

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        """Rows below the header with the line each begins in; cells without Excel's and our own wrappings."""
        with self._open() as stream:
            for _ in range(self.skipped):
                stream.readline()
            reader = csv.reader(stream, delimiter=self.delimiter)
            line = self.skipped + 1
            try:
                for number, cells in enumerate(reader):
                    if number:
                        yield line, [_cell(cell) for cell in cells]
                    line = self.skipped + reader.line_num + 1
            except csv.Error:
                problem = 'a quotation mark (") opens here and is not closed, so the rest of the file cannot be read.'
                raise ProblemsFound([Problem(self.shown, line, 0, problem, "Close it, or save the list again as CSV.")]) from None

    def _read_columns(self) -> list[str]:
        with self._open() as stream:
            for _ in range(self.skipped):
                stream.readline()
            header = next(csv.reader(stream, delimiter=self.delimiter), [])
        columns = [_column_name(_cell(cell)) or f"column_{number}" for number, cell in enumerate(header, 1)]
        line = self.skipped + 1
        problems = [
            Problem(self.shown, line, 0, f"two columns are called `{name}`.", "Rename or delete one.")
            for name in sorted({name for name in columns if columns.count(name) > 1})
        ]
        if "email" not in columns:
            found = ", ".join(_cell(cell) for cell in header if cell.strip()) or "nothing"
            message = f"the first line names no column for the address (it has: {found[:120]})."
            problems.append(Problem(self.shown, line, 0, message, "Give the address column the title `email`."))
        if problems:
            raise ProblemsFound(problems)
        return columns

    def _open(self) -> TextIO:
        return self.path.open(encoding=self.encoding, errors="replace" if self.encoding == "cp1252" else "strict", newline="")


class Seen:
    """Addresses met so far, and the line each was met first, in 12 bytes a slot: a hash table of two flat arrays.

    Two different addresses share a 64-bit hash once in 30 million lists of a million; the second would be listed as a duplicate.
    """

    def __init__(self) -> None:
        self._hashes = array("Q", bytes(8 * 1024))
        self._lines = array("I", bytes(4 * 1024))
        self._used = 0

    def add(self, key: str, line: int) -> int:
        """The line where `key` was met first, or 0 when it is new; it is kept then."""
        fingerprint = hash(key) & 0xFFFFFFFFFFFFFFFF or 1
        slot = self._slot(fingerprint)
        if self._hashes[slot]:
            return self._lines[slot]
        self._hashes[slot] = fingerprint
        self._lines[slot] = line
        self._used += 1
        if self._used * 3 > len(self._hashes) * 2:
            self._grow()
        return 0

    def line_of(self, key: str) -> int:
        """The line where `key` was met first, or 0."""
        slot = self._slot(hash(key) & 0xFFFFFFFFFFFFFFFF or 1)
        return self._lines[slot] if self._hashes[slot] else 0

    def _slot(self, fingerprint: int) -> int:
        hashes = self._hashes
        mask = len(hashes) - 1
        slot = fingerprint & mask
        while hashes[slot] and hashes[slot] != fingerprint:
            slot = (slot + 1) & mask
        return slot

    def _grow(self) -> None:
        hashes, lines = self._hashes, self._lines
        self._hashes = array("Q", bytes(16 * len(hashes)))
        self._lines = array("I", bytes(8 * len(lines)))
        for fingerprint, line in zip(hashes, lines, strict=True):
            if fingerprint:
                slot = self._slot(fingerprint)
                self._hashes[slot] = fingerprint
                self._lines[slot] = line


def _encoding(path: Path) -> str:
    """The file's encoding: by its byte order mark, by the NULs of UTF-16, else UTF-8 where all of it decodes, else Windows-1252."""
    with path.open("rb") as stream:
        start = stream.read(4096)
        if start.startswith(codecs.BOM_UTF8):
            return "utf-8-sig"
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        if start[1::2].count(0) > len(start) // 4:
            return "utf-16-le"
        if start[::2].count(0) > len(start) // 4:
            return "utf-16-be"
        stream.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while chunk := stream.read(1 << 20):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8"


def _delimiter(stream: TextIO) -> tuple[str, int]:
    """The delimiter, and how many lines stand before the header: blank ones and Excel's `sep=;`."""
    for number in range(50):
        line = stream.readline(1 << 16)
        if said := re.fullmatch(r'"?sep=(.)"?\s*', line, re.IGNORECASE):
            return said.group(1), number + 1
        if line.strip(" \t\r\n,;|\""):
            outside_quotes = re.sub(r'"[^"]*"', "", line)
            return max(",;\t|", key=outside_quotes.count), number
        if not line:
            break
    return ",", 0


def _cell(cell: str) -> str:
    """The text of a cell without outer space, Excel's `="x"`, and the quote that stops a spreadsheet running it."""
    cell = cell.strip().strip("\ufeff\u200b")
    if cell.startswith('="') and cell.endswith('"') and len(cell) > 2:
        cell = cell[2:-1].replace('""', '"')
    if cell[:1] == "'" and cell[1:2] in ("=", "+", "-", "@"):
        cell = cell[1:]
    return cell


def _column_name(title: str) -> str:
    """`E-mail Address` is `email`; a column of the practice's own, `Last Visit`, is `last_visit`."""
    squeezed = re.sub(r"[\W_]+", "", title.lower())
    return _FIELD_OF.get(squeezed) or re.sub(r"\W+", "_", title.strip().lower()).strip("_")


def _tags(cell: str) -> frozenset[str]:
    return frozenset(tag for tag in (part.strip().lower() for part in re.split(r"[;,|/]", cell)) if tag) if cell else frozenset()


def _not_mailable(status: str) -> str:
    """Why a status keeps a person off the list, or nothing. Statuses are compared as whole words: `inactive` is not `active`."""
    word = re.sub(r"[\s_-]+", " ", status.strip().lower())
    if word in _MAILABLE:
        return ""
    if word in _NOT_MAILABLE:
        return f'the status is "{status}".'
    return f'the status "{status[:40]}" is not one we know; write active or unsubscribed.'


def _address(raw: str) -> str | LeftOut:
    """The address as it will be used in the envelope: ASCII, its domain in lower case."""
    if not raw:
        return LeftOut(0, raw, "address", "the address is empty.")
    local, _, domain = raw.rpartition("@")
    if _PLAIN_ADDRESS.fullmatch(raw) and len(local) <= _LONGEST_LOCAL_PART:
        return f"{local}@{domain.lower()}"
    from email_validator import EmailNotValidError, validate_email

    try:
        found = validate_email(raw, check_deliverability=False, allow_smtputf8=True, allow_quoted_local=False, strict=True)
    except EmailNotValidError as error:
        return LeftOut(0, raw, "address", f"it is not an address that mail can reach: {error}")
    if found.ascii_email is None:
        return LeftOut(0, raw, "address", "there is an accent or foreign letter before the @; few mail servers can deliver that.")
    return found.ascii_email
