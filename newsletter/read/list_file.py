"""The subscriber list as a file to be changed: every row that nobody asked to change stays as it stands there."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from newsletter.errors import CannotWrite, Problem, ProblemsFound, shown_path
from newsletter.read.csv_file import INVISIBLE, CsvFile, Record, clean, harmless
from newsletter.read.left_out import LeftOut
from newsletter.read.private_file import write_privately
from newsletter.read.subscribers import KNOWN_FIELDS, SubscriberList

BEFORE = "subscribers.before.csv"
"""The list as it was before its last change, in the practice's folder `.newsletter`."""

Values = Mapping[str, str]
"""Values by the name of their column."""

_NO_TEXT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")  # control characters, and halves of characters


@dataclass(frozen=True, slots=True)
class ListRow:
    """One row; `line` is where it begins (from 1), `text` all of it as it stands there, `cells` a clean one for each column.

    `key` is its address in lower case, empty where mail cannot reach it or the row is broken. `left_out` says why the row by
    itself is not mailed, or is None.
    """

    line: int
    text: str
    cells: tuple[str, ...]
    key: str
    left_out: LeftOut | None


@dataclass(frozen=True, slots=True)
class Edits:
    """Changes of a list: new values of rows by their line, rows to add behind the last one, lines of rows to take out."""

    changed: Mapping[int, Values] = field(default_factory=dict)
    added: Sequence[Values] = ()
    removed: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.changed or self.added or self.removed)


@dataclass(frozen=True, slots=True)
class _Shape:
    """How a list is written: its encoding, delimiter and line end."""

    encoding: str
    delimiter: str
    end: str

    def line(self, cells: Iterable[str]) -> str:
        """A row, with its line end."""
        text = io.StringIO()
        csv.writer(text, delimiter=self.delimiter, lineterminator=self.end).writerow(cells)
        return text.getvalue()


class ListFile:
    """The list in `path` as it is now, or an empty one where there is none; raises what SubscriberList raises."""

    def __init__(self, path: Path, folder: Path) -> None:
        self.path = path
        self.shown = shown_path(path, folder)
        self.before = folder / ".newsletter" / BEFORE
        self._content = _content(path)
        self._list: SubscriberList | None = None
        self.columns = list(KNOWN_FIELDS)
        self._shape = _Shape("utf-8-sig", ",", "\r\n")  # what Excel writes as "CSV UTF-8"
        self._head = self._shape.line(self.columns)
        self._records: list[tuple[Record, str]] = []
        if self._content is not None:
            self._list = SubscriberList(path, folder)
            self.columns = self._list.columns
            self._shape, self._head, self._records = _taken_apart(self._list.file, self._content)

    @property
    def was_there(self) -> bool:
        """Whether there was a list to read, of which `write` keeps a copy."""
        return self._content is not None

    @cached_property
    def rows(self) -> tuple[ListRow, ...]:
        """Every row that is not blank, in order."""
        return tuple(row for record, text in self._records if (row := self._row(record, text)))

    def write(self, edits: Edits) -> None:
        """Writes the list whole or not at all, mode 0600, after a copy of what it was has been put in `before`.

        Raises CannotWrite, and then the list is as it was: also where somebody changed it since it was read here. Raises
        ProblemsFound where the quotes of the last row are open, for nothing can stand behind them.
        """
        if _content(self.path) != self._content:
            raise CannotWrite(
                f"{self.shown} was changed by another program in the meantime; it was left as it is.",
                "Save and close it there, then run the command again.",
            )
        text = self._edited(edits)
        if self._content is not None:
            self.before.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_privately(self.before, self._content)
        marked = self._shape.encoding != "utf-8" or (text.isascii() < (self._content or b"").isascii())  # by which Excel knows it
        write_privately(self.path, text.encode("utf-8-sig" if marked else "utf-8"))

    def _row(self, record: Record, text: str) -> ListRow | None:
        assert self._list is not None, "rows come out of a file"
        judged = self._list.judge(record)
        if judged is None:
            return None
        cells = [*map(clean, record[1]), *[""] * len(self.columns)][: len(self.columns)]
        if isinstance(judged, LeftOut):
            key = "" if judged.kind in ("address", "row") else judged.email.lower()
            return ListRow(record[0], text, tuple(cells), key, judged)
        return ListRow(record[0], text, tuple(cells), judged[self.columns.index("email")].lower(), None)

    def _edited(self, edits: Edits) -> str:
        """The text of the list with the changes made."""
        named = dict.fromkeys(name for values in (*edits.changed.values(), *edits.added) for name in values)
        new = [name for name in named if name not in self.columns]
        if new or edits.added:
            self._need_closed_quotes()
        columns = [*self.columns, *new]
        end = self._shape.end
        lines = [self._head.removesuffix(end), *(self._shape.delimiter + name for name in new), end]
        for record, text in self._records:
            if record[0] in edits.removed:
                continue
            if values := edits.changed.get(record[0]):
                cells = [*record[1], *[""] * len(columns)][: len(columns)]
                for name, value in values.items():
                    cells[columns.index(name)] = harmless(one_line(value))
                lines.append(self._shape.line(cells))
            else:
                lines.append(self._widened(record, text, len(new)))
        lines += [self._shape.line([harmless(one_line(values.get(name, ""))) for name in columns]) for values in edits.added]
        return "".join(lines)

    def _widened(self, record: Record, text: str, count: int) -> str:
        """A row with `count` more columns, empty ones. A broken row stays broken: nobody knows what it would say otherwise."""
        _, cells, lines = record
        width, end, more = len(self.columns), self._shape.end, self._shape.delimiter * count
        if not count or not any(map(clean, cells)):
            return text + end
        if any(map(clean, cells[width:])):  # it has too many cells
            return self._shape.line([*cells[:width], *[""] * count, *cells[width:]])
        row = self._row(record, text) if lines else None
        if row and row.left_out and row.left_out.kind == "row":  # its quotes are not closed
            return "".join(line.rstrip("\r\n") + more + end for line in lines)
        return text + more + end

    def _need_closed_quotes(self) -> None:
        for (line, *_), text in self._records[-1:]:
            rows = csv.reader(io.StringIO(f"{text}\nx", newline=""), delimiter=self._shape.delimiter)
            if '"' in text and list(rows)[-1] != ["x"]:
                message = 'a quotation mark (") opens in this last row and is not closed; all behind it would be lost.'
                raise ProblemsFound([Problem(self.shown, line, 0, message, "Close it, then run the command again.")])


def one_line(value: str) -> str:
    """A value as it comes back from a cell: one line of text, without blanks and signs around it that nobody sees."""
    return " ".join(_NO_TEXT.sub(" ", value).split()).strip(f" {INVISIBLE}")


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _taken_apart(file: CsvFile, content: bytes) -> tuple[_Shape, str, list[tuple[Record, str]]]:
    """A file's shape, its text up to the titles, and every record below them with its text but the line end."""
    text = content.decode(file.encoding, errors="replace" if file.encoding == "cp1252" else "strict")
    lines = io.StringIO(text, newline="").readlines()
    records = list(file.records())[1:]
    starts = [*(record[0] - 1 for record in records), len(lines)]
    titles = "".join(lines[: starts[0]])
    end = titles[len(titles.rstrip("\r\n")) :] or "\n"
    texts = ["".join(lines[start:stop]).rstrip("\r\n") for start, stop in itertools.pairwise(starts)]
    return _Shape(file.encoding, file.delimiter, end), titles.rstrip("\r\n") + end, list(zip(records, texts, strict=True))
