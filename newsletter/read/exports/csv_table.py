"""A CSV export as a table: the delimiter under which its titles are understood, whatever a report writes above and below them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

from newsletter.errors import ProblemsFound
from newsletter.read.csv_file import CsvFile, Record
from newsletter.read.exports.header import MOST_ROWS_ABOVE, Header, find_header, titles_of
from newsletter.read.exports.table import Row, Table

_ENCODINGS = {"cp1252": "Windows-1252", "utf-8-sig": "UTF-8"}
_SEPARATED_BY = {"\t": "tabs", ",": "commas"}
_DELIMITERS = ",;\t|"


def csv_table(file: CsvFile) -> Table:
    """The table in a CSV file."""
    said = file.delimiter
    tried = [_try(file, delimiter) for delimiter in dict.fromkeys((said, *_DELIMITERS))]
    delimiter, first, header = max(tried, key=lambda found: found[2].score)
    if not header.score:  # no delimiter makes titles of them: the file's own first line decides
        delimiter, first, header = tried[0]
    file.delimiter = delimiter
    line, cells, _ = first[header.place] if first else (1, [], ())
    file.skipped = line - 1
    titles = titles_of(cells)
    encoding = _ENCODINGS.get(file.encoding, file.encoding.upper().removesuffix("-LE").removesuffix("-BE"))
    return Table(
        kind="CSV",
        described=f"CSV, {encoding}, separated by {_SEPARATED_BY.get(delimiter, delimiter)}",
        above=" ".join(cell for _, cells, _ in first[: header.place] for cell in cells),
        line=line,
        titles=titles,
        rows=lambda: _rows(file, len(titles)),
    )


def _try(file: CsvFile, delimiter: str) -> tuple[str, list[Record], Header]:
    """The first records as they are with a delimiter, and the titles among them."""
    file.delimiter, file.skipped = delimiter, 0
    first: list[Record] = []
    with suppress(ProblemsFound):  # a quotation mark that is never closed: the records before it may have the titles
        first.extend(islice(file.records(), MOST_ROWS_ABOVE))
    return delimiter, first, find_header([cells for _, cells, _ in first])


def _rows(file: CsvFile, width: int) -> Iterator[Row]:
    records = file.records()
    next(records, None)
    for record in records:
        line, cells, lines = record
        fault = _fault(file, record, width) if lines or len(cells) > width else ""
        yield Row(line, cells, fault)


def _fault(file: CsvFile, record: Record, width: int) -> str:
    """What is wrong with the quotes or the number of cells of a record, or nothing."""
    _, cells, lines = record
    if lines and (any(_is_a_row(text, file, width) for text in lines[1:]) or not file.well_quoted(lines)):
        return f'a quotation mark (") is not closed; {len(lines)} lines from here on were taken for one row.'
    if any(cell.strip() for cell in cells[width:]):
        return f"it has {len(cells)} cells where there are {width} titles; a comma inside a name needs quotes around the name."
    return ""


def _is_a_row(line: str, file: CsvFile, width: int) -> bool:
    """Whether a line inside a cell looks like the next person's row."""
    return "@" in line and '"' not in line and width > 1 and line.count(file.delimiter) == width - 1
