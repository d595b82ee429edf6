"""Finds every trace of one address in a practice's own files: rows of the list, cells of other rows, and copies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from newsletter.read.list_file import BEFORE, Edits, ListFile, ListRow
from newsletter.read.opt_outs import addresses_in

_SIGNS = rb"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]"  # what an address can go on with (RFC 5322 section 3.2.3)
_LARGEST = 100_000_000  # bytes of a file that is looked into


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an address (lower case) stands in the list: rows of its own, and line and column of other people's rows."""

    shown: str
    columns: tuple[str, ...]
    rows: tuple[ListRow, ...]
    named: tuple[tuple[int, str], ...]

    @property
    def edits(self) -> Edits:
        """What takes the address out of the list."""
        emptied: dict[int, dict[str, str]] = {}
        for line, column in self.named:
            emptied.setdefault(line, {})[column] = ""
        return Edits(changed=emptied, removed=frozenset(row.line for row in self.rows))


def standing(listed: ListFile, address_key: str) -> Standing:
    """Looks through the whole list, also through rows that are not mailed."""
    rows, named = [], []
    local_part = address_key.partition("@")[0]
    for row in listed.rows:
        if local_part not in row.text.lower():  # most rows
            continue
        columns = [name for name, cell in zip(listed.columns, row.cells, strict=True) if address_key in addresses_in(cell)]
        broken = row.left_out is not None and row.left_out.kind == "row" and address_key in addresses_in(row.text)
        if row.key == address_key or "email" in columns or broken:
            rows.append(row)
        else:
            named += [(row.line, name) for name in columns]
    return Standing(listed.shown, tuple(listed.columns), tuple(rows), tuple(named))


def broken_off(row: ListRow) -> bool:
    """Whether several lines were taken for this row because a quotation mark is not closed: other people may be in it."""
    return row.left_out is not None and row.left_out.kind == "row" and "\n" in row.text


@dataclass(frozen=True, slots=True)
class Copies:
    """What else holds the address: the list before its last change, rehearsed and built mails (folders), and other files."""

    before: tuple[Path, ...]
    rehearsed: tuple[Path, ...]
    built: tuple[Path, ...]
    others: tuple[Path, ...]

    @property
    def ours(self) -> tuple[Path, ...]:
        """Those that this program made."""
        return (*self.before, *self.rehearsed, *self.built)


def copies(folder: Path, address_key: str) -> Copies:
    """Looks into the files of a practice's folder, apart from the list, the ledger and the issues; raises OSError.

    A rehearsal keeps a ledger of everybody, in which addresses stand close to other words: it counts where in doubt.
    """
    own = folder / ".newsletter"
    known = [folder / "subscribers.csv", *own.glob("ledger.sqlite*")]
    loose = [path for path in (*_files(folder), *_files(own)) if path not in known and _holds(path, address_key)]
    return Copies(
        tuple(path for path in loose if path.name == BEFORE),
        tuple(it for it in _folders(folder / "rehearsal") if any(_holds(file, address_key, loosely=True) for file in _below(it))),
        tuple(it for it in _folders(folder / "build") if any(_holds(file, address_key) for file in _below(it))),
        tuple(path for path in loose if path.name != BEFORE),
    )


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []


def _below(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*"), reverse=True) if path.is_file())  # the ledger before the mails


def _holds(path: Path, address_key: str, *, loosely: bool = False) -> bool:
    """Whether an address stands in a file, in UTF-8 or UTF-16; not as the end or beginning of another, unless `loosely`."""
    if path.stat().st_size > _LARGEST:
        return False
    content = path.read_bytes().lower()
    needle = address_key.encode()
    if any(address_key.encode(encoding) in content for encoding in ("utf-16-le", "utf-16-be")):
        return True
    if loosely or needle not in content:
        return needle in content
    return re.search(rb"(?<!" + _SIGNS + rb")" + re.escape(needle) + rb"(?![A-Za-z0-9-]|\.[A-Za-z0-9])", content) is not None
