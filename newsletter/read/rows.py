"""What one row of a list says by itself: its cells, why it is left out, and whom it forbids to mail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from newsletter.read import opt_outs
from newsletter.read.addresses import BadAddress, envelope_address
from newsletter.read.csv_file import CsvFile, Record, clean
from newsletter.read.left_out import LeftOut
from newsletter.read.opt_outs import Whom


class Veto(NamedTuple):
    """A row that forbids mail to an address (lower case): to everybody there, or to one person, by first name if it says one."""

    shown: str
    line: int
    address_key: str
    person: str | None = None


class Rows:
    """Judges the records of a file with these columns, each by itself."""

    def __init__(self, file: CsvFile, columns: Sequence[str]) -> None:
        self._file = file
        self._columns = columns
        self._email = columns.index("email")
        self._status = columns.index("status") if "status" in columns else None
        self._name = columns.index("first_name") if "first_name" in columns else None
        self._signs = opt_outs.signs(columns)

    @property
    def can_forbid(self) -> bool:
        """Whether there is a column that can forbid mail."""
        return bool(self._signs)

    def judge(self, record: Record) -> list[str] | LeftOut | None:
        """A record as what it is, by itself: its cells, clean, one for each column; why it is left out; None if blank."""
        line, raw, lines = record
        cells = [cell if cell.isalnum() else clean(cell) for cell in raw]
        written = cells[self._email] if self._email < len(cells) else ""
        if (lines or len(cells) != len(self._columns)) and (fault := self._shape(cells, lines)):
            return LeftOut(line, written[:60], "row", fault)
        if not written and not any(cells):
            return None
        try:
            address = envelope_address(_unquoted(written))
        except BadAddress as error:
            return LeftOut(line, written, "address", str(error))
        if refusal := opt_outs.refusal(self._signs, cells):
            return LeftOut(line, address, "status", refusal.reason)
        row = [*cells, *[""] * len(self._columns)][: len(self._columns)]
        row[self._email] = address
        if self._status is not None and (reason := opt_outs.unknown(row[self._status])):
            return LeftOut(line, address, "unknown status", reason)
        return row

    def vetoes(self, record: Record, row: list[str] | LeftOut | None) -> Iterator[Veto]:
        """Whom a record, judged as `row`, forbids to mail: one such row outweighs any other.

        In a row that is broken nobody knows what belongs to what, so there a forbidding word anywhere speaks for every
        address.
        """
        line, cells, lines = record
        if not self._signs:
            return
        refusal = opt_outs.refusal(self._signs, cells)
        if isinstance(row, LeftOut) and row.kind == "status":
            name = clean(cells[self._name]) if self._name is not None and self._name < len(cells) else ""
            yield Veto(self._file.shown, line, row.email.lower(), name if refusal and refusal.whom is Whom.PERSON else None)
            return
        if lines or len(cells) != len(self._columns):
            broken = [text.split(self._file.delimiter) for text in lines] or [cells]
            refused = [" ".join(part) for part in broken if any(map(opt_outs.forbids, part))]
        else:
            refused = [cells[self._email]] if refusal else []
        for text in refused:
            for key in opt_outs.addresses_in(text):
                yield Veto(self._file.shown, line, key)

    def _shape(self, cells: list[str], lines: tuple[str, ...]) -> str:
        """What is wrong with the quotes or the number of cells of a row, or nothing."""
        if lines and (not self._file.well_quoted(lines) or any(map(self._is_a_row, lines[1:]))):
            return f'a quotation mark (") is not closed; {len(lines)} lines from here on were taken for one row.'
        width = len(self._columns)
        if any(cells[width:]):
            return (
                f"it has {len(cells)} cells where the first line has {width}; a comma inside a name needs quotes around the name."
            )
        return ""

    def _is_a_row(self, line: str) -> bool:
        """Whether a line inside a cell looks like the next person's row."""
        cells = line.rstrip("\r\n").split(self._file.delimiter)
        if not len(cells) == len(self._columns) > 1:
            return False
        try:
            envelope_address(_unquoted(clean(cells[self._email])))
        except BadAddress:
            return False
        return True


def _unquoted(cell: str) -> str:
    """An address without the quotes that stay where a blank stands before them: `Anna, "anna@mail.example"`."""
    return cell.strip(' "') if '"' in cell else cell
