"""A CSV file as spreadsheets and practice systems really write it: encoding, delimiter, and records with their lines."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from pathlib import Path
from typing import TextIO

from newsletter.errors import Problem, ProblemsFound

Record = tuple[int, list[str], tuple[str, ...]]
"""The line a record begins in (from 1), its cells as they stand there, and its raw lines where it has more than one."""

_UNCLOSED = 'a quotation mark (") opens here and is not closed, so the rest of the file cannot be read.'
_DELIMITERS = ",;\t|"
_MOST_LINES_BEFORE_HEADER = 50
INVISIBLE = "\ufeff\u200b"
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")  # what makes a spreadsheet run a cell
_BLOCK = 1 << 15  # characters read at once
_SEPARATOR = "\x1f"  # the unit separator of ASCII; a block with one of its own is read one by one


@dataclass(frozen=True)
class Block:
    """Records of one line each, from `line` on: the lines of `text`, whose cells stand between `separator`s, without quotes."""

    line: int
    text: str
    separator: str

    @cached_property
    def _lines(self) -> list[str]:
        return self.text.split("\n")

    def record(self, index: int) -> Record:
        """One of the records."""
        return self.line + index, self._lines[index].split(self.separator), ()


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
        with self._open() as stream:
            yield from self._one_by_one(islice(stream, self.skipped, None), self.skipped + 1)

    def blocks(self) -> Iterator[Block | Record]:
        """The same records below the header, for long lists: in blocks where every line is a record, else one by one."""
        with self._open() as stream:
            lines = islice(stream, self.skipped, None)
            line = _after(next(self._one_by_one(lines, self.skipped + 1), (0, [], ())))
            while text := stream.read(_BLOCK):
                text += stream.readline()
                end = line + _lines_in(text)
                if block := self._block(line, text):
                    yield block
                    line = end
                    continue
                records = self._one_by_one(chain(io.StringIO(text, newline=""), stream), line)
                while line < end and (record := next(records, None)):  # the last one may go on behind the block
                    yield record
                    line = _after(record)

    def well_quoted(self, lines: tuple[str, ...]) -> bool:
        """Whether the quotes of a record of several lines are closed, each before a delimiter or line end (RFC 4180)."""
        try:
            return len(list(csv.reader(lines, delimiter=self.delimiter, strict=True))) == 1
        except csv.Error:
            return False

    def _block(self, line: int, text: str) -> Block | None:
        """Whole lines as a block; None where one of them is not a record of its own."""
        if '"' not in text:
            return Block(line, _with_plain_line_ends(text), self.delimiter)
        if _SEPARATOR in text:
            return None
        if plain := _without_quotes(text, self.delimiter):
            return Block(line, plain, _SEPARATOR)
        try:
            rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter, strict=True))
        except csv.Error:
            return None
        return Block(line, "\n".join(map(_SEPARATOR.join, rows)) + "\n", _SEPARATOR) if len(rows) == _lines_in(text) else None

    def _one_by_one(self, stream: Iterator[str], line: int) -> Iterator[Record]:
        """The records of some lines, the first of which is `line`; no line is taken before it is needed."""
        waiting: list[str] = []
        taken: list[str] = []
        quoted = csv.reader(_lines(waiting, taken, stream), delimiter=self.delimiter, strict=True)
        for text in stream:
            if '"' not in text:
                yield line, text.rstrip("\r\n").split(self.delimiter), ()
                line += 1
                continue
            waiting.append(text)
            try:
                cells = next(quoted)
            except csv.Error:  # its quotes are not as they should be: we read it as spreadsheets do
                cells = self._leniently(line, chain(tuple(taken), _lines([], taken, stream)))
            record = line, cells, tuple(taken) if len(taken) > 1 else ()
            line += len(taken)
            taken.clear()
            yield record

    def _leniently(self, line: int, lines: Iterator[str]) -> list[str]:
        try:
            return next(csv.reader(lines, delimiter=self.delimiter))
        except csv.Error:
            problem = Problem(self.shown, line, 0, _UNCLOSED, "Close it, or save the list again as CSV.")
            raise ProblemsFound([problem]) from None

    def _open(self) -> TextIO:
        return self.path.open(encoding=self.encoding, errors="replace" if self.encoding == "cp1252" else "strict", newline="")


def _lines(waiting: list[str], taken: list[str], stream: Iterator[str]) -> Iterator[str]:
    """The lines of one quoted record after the other: the one that waits, then from the stream; each is noted in `taken`."""
    while text := waiting.pop() if waiting else next(stream, ""):
        taken.append(text)
        yield text


def _after(record: Record) -> int:
    """The line where the next record begins."""
    return record[0] + max(1, len(record[2]))


def _lines_in(text: str) -> int:
    """How many lines whole lines are, whichever signs end them."""
    return text.count("\n") + text.count("\r") - text.count("\r\n") + (not text.endswith(("\n", "\r")))


def _without_quotes(text: str, delimiter: str) -> str:
    """Lines in which every cell is in quotes, quickly made lines without; nothing where a quote or line end stands elsewhere."""
    lines = _with_plain_line_ends(text)
    end = lines.count("\n") - 1
    lines = lines.replace(f'"{delimiter}"', _SEPARATOR)
    if not (lines.startswith('"') and lines.endswith('"\n') and lines.count('"\n"') == end and lines.count('"') == 2 * end + 2):
        return ""
    return lines[1:-2].replace('"\n"', "\n") + "\n"


def _with_plain_line_ends(text: str) -> str:
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if text.endswith("\n") else text + "\n"


def clean(cell: str) -> str:
    """The text of a cell without outer space, Excel's `="x"`, and the quote that stops a spreadsheet running it."""
    cell = cell.strip().strip(INVISIBLE)
    if cell[:1] not in ("=", "'"):
        return cell
    if cell.startswith('="') and cell.endswith('"') and len(cell) > 2:
        cell = cell[2:-1].replace('""', '"')
    if cell[:1] == "'" and cell.lstrip("'")[:1] in ("=", "+", "-", "@"):
        cell = cell[1:]
    return cell


def harmless(value: str) -> str:
    """A cell that no spreadsheet takes for a formula: with a quote in front, which `clean` takes off again."""
    return f"'{value}" if value.lstrip("'").startswith(_FORMULA_SIGNS) else value


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
