"""A CSV file as spreadsheets and practice systems really write it: encoding, delimiter, and records with their lines."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import TextIO

from newsletter.errors import Problem, ProblemsFound

Record = tuple[int, list[str], tuple[str, ...]]
"""The line a record begins in (from 1), its cells as they stand there, and its raw lines where it has more than one."""

_UNCLOSED = 'a quotation mark (") opens here and is not closed, so the rest of the file cannot be read.'
_DELIMITERS = ",;\t|"
_MOST_LINES_BEFORE_HEADER = 50
_INVISIBLE = "\ufeff\u200b"


class CsvFile:
    """A file whose encoding and delimiter are known; raises OSError, or ProblemsFound where no text can be made of it."""

    def __init__(self, path: Path, shown: str) -> None:
        self.path = path
        self.shown = shown
        self.encoding = _encoding(path, shown)
        with self._open() as stream:
            self.delimiter, self.skipped = _delimiter(stream)

    def records(self) -> Iterator[Record]:
        """Every record from the header on; a blank line is a record with one empty cell."""
        delimiter = self.delimiter
        waiting: list[str] = []
        taken: list[str] = []
        with self._open() as stream:
            quoted = csv.reader(_lines(waiting, taken, stream), delimiter=delimiter, strict=True)
            line = self.skipped + 1
            for text in islice(stream, self.skipped, None):
                if '"' not in text:
                    yield line, text.rstrip("\r\n").split(delimiter), ()
                    line += 1
                    continue
                waiting.append(text)
                try:
                    cells = next(quoted)
                except csv.Error:  # its quotes are not as they should be: we read it as spreadsheets do
                    cells = self._leniently(line, chain(tuple(taken), _lines([], taken, stream)))
                yield line, cells, tuple(taken) if len(taken) > 1 else ()
                line += len(taken)
                taken.clear()

    def well_quoted(self, lines: tuple[str, ...]) -> bool:
        """Whether the quotes of a record of several lines are closed, each before a delimiter or line end (RFC 4180)."""
        try:
            return len(list(csv.reader(lines, delimiter=self.delimiter, strict=True))) == 1
        except csv.Error:
            return False

    def _leniently(self, line: int, lines: Iterator[str]) -> list[str]:
        try:
            return next(csv.reader(lines, delimiter=self.delimiter))
        except csv.Error:
            problem = Problem(self.shown, line, 0, _UNCLOSED, "Close it, or save the list again as CSV.")
            raise ProblemsFound([problem]) from None

    def _open(self) -> TextIO:
        return self.path.open(encoding=self.encoding, errors="replace" if self.encoding == "cp1252" else "strict", newline="")


def _lines(waiting: list[str], taken: list[str], stream: TextIO) -> Iterator[str]:
    """The lines of one quoted record after the other: the one that waits, then from the stream; each is noted in `taken`."""
    while text := waiting.pop() if waiting else stream.readline():
        taken.append(text)
        yield text


def clean(cell: str) -> str:
    """The text of a cell without outer space, Excel's `="x"`, and the quote that stops a spreadsheet running it."""
    cell = cell.strip().strip(_INVISIBLE)
    if cell[:1] not in ("=", "'"):
        return cell
    if cell.startswith('="') and cell.endswith('"') and len(cell) > 2:
        cell = cell[2:-1].replace('""', '"')
    if cell[:1] == "'" and cell[1:2] in ("=", "+", "-", "@"):
        cell = cell[1:]
    return cell


def _encoding(path: Path, shown: str) -> str:
    """By the byte order mark, by the NULs of UTF-16, else UTF-8 where all of it decodes, else Windows-1252."""
    with path.open("rb") as stream:
        start = stream.read(4096)
        if start.startswith(codecs.BOM_UTF8):
            named = "utf-8-sig"
        elif start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            named = "utf-16"
        elif start[1::2].count(0) > len(start) // 4:
            named = "utf-16-le"
        elif start[::2].count(0) > len(start) // 4:
            named = "utf-16-be"
        else:
            named = ""
        stream.seek(0)
        decoder = codecs.getincrementaldecoder(named or "utf-8")()
        line = 1
        try:
            while chunk := stream.read(1 << 20):
                line += decoder.decode(chunk).count("\n")
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            if not named:
                return "cp1252"
            what = f"from about here on the file is not {named.upper().removesuffix('-SIG')}, as its beginning says."
            raise ProblemsFound([Problem(shown, line, 0, what, 'Save the list again as "CSV UTF-8".')]) from None
    return named or "utf-8"


def _delimiter(stream: TextIO) -> tuple[str, int]:
    """The delimiter, and how many lines stand before the header: blank ones and Excel's `sep=;`."""
    for number, line in enumerate(islice(stream, _MOST_LINES_BEFORE_HEADER)):
        if said := re.fullmatch(rf'"?sep=([{_DELIMITERS}:^~])"?\s*', line, re.IGNORECASE):
            return said.group(1), number + 1
        if line.strip(f' "\r\n{_DELIMITERS}'):
            header = line
            while header.count('"') % 2 and (more := stream.readline(1 << 16)):  # a title of several lines
                header += more
            outside_quotes = re.sub(r'"[^"]*"', "", header)
            return max(_DELIMITERS, key=outside_quotes.count), number
    return ",", 0
