"""An Excel workbook (.xlsx) as a table: the sheet with the people in it, its cells as the sheet shows them."""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.workbook import Workbook

from newsletter.errors import Problem, ProblemsFound, did_you_mean
from newsletter.read.exports.header import MOST_ROWS_ABOVE, Header, find_header, titles_of
from newsletter.read.exports.table import SAVE_AS, Row, Table, unusable

_MOST_EMPTY_ROWS = 10_000  # sheets can be formatted down to their last line, the millionth
_LARGEST_SHEET = 1 << 30  # bytes, unpacked: a hundred thousand people have some 100 MB
_LARGEST_PART = 100 << 20  # bytes, unpacked, of what is read into memory as a whole: the texts of all cells
_CONTROL = re.compile(r"_x000[9ADad]_")  # how a workbook writes tabs and line ends (ECMA-376 part 1, section 22.9.2.19)

Found = tuple[Header, str, list[list[str]]]
"""A sheet: its titles, its name and its first rows."""


def excel_table(path: Path, shown: str, sheet: str | None) -> Table:
    """The table in a workbook: in the sheet asked for, else in the one whose titles are understood best."""
    _refuse_other_archives(path, shown)
    with _opened(path, shown) as book:
        names = [one.title for one in book.worksheets]
        if sheet is not None and sheet not in names:
            raise ProblemsFound([Problem(shown, 0, 0, f'there is no sheet "{sheet}".', did_you_mean(sheet, names))])
        looked = [_look(book, name) for name in ([sheet] if sheet else names)]
    header, name, first = max(looked, key=lambda found: found[0].score)
    titles = titles_of(first[header.place] if first else [])
    with_people = [other for found, other, _ in looked if other != name and found.score >= 1000]
    others = f" (also with people: {', '.join(with_people)[:60]})" if with_people else ""
    return Table(
        kind="Excel",
        described=f'Excel, sheet "{name}"{others}',
        above=" ".join(cell for cells in first[: header.place] for cell in cells),
        line=header.place + 1,
        titles=titles,
        rows=lambda: _rows(path, shown, name, header.place + 1),
    )


def _look(book: Workbook, name: str) -> Found:
    first = [cells for _, cells in islice(_cells(book, name), MOST_ROWS_ABOVE)]
    return find_header(first), name, first


def _rows(path: Path, shown: str, name: str, above: int) -> Iterator[Row]:
    empty = 0
    with _opened(path, shown) as book:
        for line, cells in islice(_cells(book, name), above, None):
            empty = 0 if any(cells) else empty + 1
            if empty == _MOST_EMPTY_ROWS:
                start = line - empty + 1
                yield Row(
                    start, [], f"{empty} empty rows begin here, and nothing below them was read; delete them if people follow."
                )
                return
            yield Row(line, cells)


def _cells(book: Workbook, name: str) -> Iterator[tuple[int, list[str]]]:
    sheet: Any = book[name]
    sheet.reset_dimensions()  # what the file says of its own size can be wrong
    for line, row in enumerate(sheet.iter_rows(), 1):
        yield line, [_shown(cell) for cell in row]


def _shown(cell: Any) -> str:  # a cell of the library's own, or its empty one
    """The text that the sheet shows for a cell, dates in ISO: 1042 and not 1042.0, and 00412 where that is its format."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, str):
        return _CONTROL.sub(" ", value) if "_x000" in value else value
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and set(cell.number_format) == {"0"}:
        return str(value).zfill(len(cell.number_format))
    return str(value)


@contextmanager
def _opened(path: Path, shown: str) -> Iterator[Workbook]:
    """The workbook, read piece by piece; whatever the library stumbles over in a damaged one becomes a sentence."""
    warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")  # of styles and formats that we do not need
    try:
        with path.open("rb") as stream, closing(load_workbook(stream, read_only=True, data_only=True, keep_links=False)) as book:
            yield book
    except (ProblemsFound, OSError, GeneratorExit):
        raise
    except Exception as error:  # the library raises what it comes across: KeyError, BadZipFile, ParseError, ValueError ...
        raise unusable(shown, "the Excel file is damaged and cannot be read.", SAVE_AS) from error


def _refuse_other_archives(path: Path, shown: str) -> None:
    """Raises where a ZIP archive is no workbook, or one that would fill the memory."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = {info.filename: info.file_size for info in archive.infolist()}
            kind = archive.read("mimetype")[:80] if parts.get("mimetype", 1 << 20) < 1 << 10 else b""
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError) as error:
        raise unusable(shown, "the Excel file is damaged and cannot be read.", SAVE_AS) from error
    if b"opendocument" in kind:
        raise unusable(shown, "this is an OpenDocument file (.ods).", SAVE_AS)
    if any(name.startswith("Index/") or name == "Index.zip" for name in parts):
        raise unusable(shown, "this is a Numbers file.", 'In Numbers choose "Export To", then "CSV" or "Excel", and import that.')
    if "xl/workbook.bin" in parts:
        raise unusable(shown, "this is a binary Excel workbook (.xlsb).", SAVE_AS)
    if not any(name.startswith("xl/") for name in parts):
        raise unusable(shown, "this is an archive (.zip) and no list.", "Unpack it, and import the list that is in it.")
    sheets = sum(size for name, size in parts.items() if name.startswith("xl/worksheets/"))
    if (
        sheets > _LARGEST_SHEET
        or max(size for name, size in parts.items() if not name.startswith("xl/worksheets/")) > _LARGEST_PART
    ):
        raise unusable(shown, "unpacked, this workbook is far too large for a list of people.", "Save only the list as CSV.")
