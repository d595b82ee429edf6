"""The open ledger of a practice: its file, its suppressions, and how much was sent lately."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from newsletter.ledger import database

_SYNCED = {
    "onedrive": "OneDrive",
    "dropbox": "Dropbox",
    "mobile documents": "iCloud Drive",
    "icloud": "iCloud Drive",
    "google drive": "Google Drive",
    "googledrive": "Google Drive",
    "nextcloud": "Nextcloud",
}
_TWO_DAYS = 172_800.0  # seconds
_SUPPRESS = "INSERT INTO suppression (address_key, reason, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"


def ledger_file(folder: Path) -> Path:
    """Where a practice keeps its ledger."""
    return folder / ".newsletter" / "ledger.sqlite"


def sync_service(folder: Path) -> str | None:
    """The service that seems to copy this folder to other computers, or None. Two computers must not write one ledger."""
    for part in folder.resolve().parts:
        for sign, name in _SYNCED.items():
            if part.lower().startswith(sign):
                return name
    return None


class Ledger:
    """One process at a time may write (see `lock`); any may read. Every method raises LedgerUnusable with a next step."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self.path = path

    @classmethod
    def open(cls, path: Path) -> Ledger:
        """For reading and writing; made where there is none."""
        return cls(database.connect(path), path)

    @classmethod
    def reading(cls, path: Path) -> Ledger | None:
        """For looking only; None where nothing was ever recorded."""
        return cls(database.connect_for_reading(path), path) if path.exists() else None

    @classmethod
    def unwritten(cls, path: Path) -> Ledger:
        """A copy that leaves no trace, whatever is done to it; empty where nothing was ever recorded."""
        return cls(database.temporary(path), path)

    def close(self) -> None:
        """Lets go of the file."""
        self._connection.close()

    def suppress(self, address_keys: Iterable[str], reason: str, now: float) -> int:
        """Adds addresses (lower case) that must never be mailed again; how many were new."""
        with self.transaction():
            return sum(self.change(_SUPPRESS, key, reason, now) for key in address_keys)

    def copy_suppressions(self, other: Ledger) -> None:
        """Takes over everybody whom another ledger suppresses."""
        with self.transaction():
            self.change_many(_SUPPRESS, other.suppressions())

    def is_suppressed(self, address_key: str) -> bool:
        """Whether an address must not be mailed."""
        return self.value("SELECT 1 FROM suppression WHERE address_key = ?", address_key) is not None

    def suppressions(self) -> Iterator[tuple[str, str, float]]:
        """Every address that must not be mailed, why, and since when, in order of time."""
        yield from self.rows("SELECT address_key, reason, at FROM suppression ORDER BY at, address_key")

    def unsuppress(self, address_keys: Iterable[str]) -> None:
        """Takes suppressions back that turned out to be wrong."""
        with self.transaction():
            self.change_many("DELETE FROM suppression WHERE address_key = ?", ((key,) for key in address_keys))

    def finished(self, account: str, since: float) -> list[float]:
        """When an account's messages since a time were finished, whatever became of them, in order."""
        sql = "SELECT at FROM finished WHERE account IN (?, '') AND at > ? ORDER BY at"  # '': before accounts were noted
        return [at for (at,) in self.rows(sql, account, since)]

    def note_finished(self, account: str, count: int, now: float) -> None:
        """Counts messages whose dots are about to be written; call it inside a transaction."""
        self.change_many("INSERT INTO finished (account, at) VALUES (?, ?)", [(account, now)] * count)

    def forget_finished(self, now: float) -> None:
        """Lets go of what no limit counts any more: messages of the day before yesterday and earlier."""
        with self.transaction():
            self.change("DELETE FROM finished WHERE at < ?", now - _TWO_DAYS)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside is committed and synced together, or none of it."""
        with database.transaction(self._connection, self.path):
            yield

    def rows(self, sql: str, *values: Any) -> Iterator[Any]:
        """Rows of a SELECT."""
        with database.sentences(self.path):
            yield from self._connection.execute(sql, values)

    def value(self, sql: str, *values: Any) -> Any:
        """The first column of the first row, or None."""
        with database.sentences(self.path):
            row = self._connection.execute(sql, values).fetchone()
        return None if row is None else row[0]

    def change(self, sql: str, *values: Any) -> int:
        """Runs one statement; how many rows it changed."""
        with database.sentences(self.path):
            return self._connection.execute(sql, values).rowcount

    def change_many(self, sql: str, rows: Iterable[tuple[Any, ...] | dict[str, Any]]) -> int:
        """Runs one statement for each row; how many rows all of them changed."""
        with database.sentences(self.path):
            return self._connection.executemany(sql, rows).rowcount
