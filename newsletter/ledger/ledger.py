"""The open ledger of a practice: its file, its keys, and how much was sent lately."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from newsletter.ledger import database
from newsletter.ledger.keys import Keys, keys_beside

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

    def __init__(self, connection: sqlite3.Connection, path: Path, keys: Keys | None = None) -> None:
        self._connection = connection
        self.path = path
        self.keys = keys or keys_beside(path)
        connection.create_function("codes", 1, self._codes, deterministic=True)

    @classmethod
    def open(cls, path: Path, keys: Keys | None = None) -> Ledger:
        """For reading and writing; made where there is none. The keys are those beside it, where none are given."""
        return cls(database.connect(path), path, keys)

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

    def shrink(self) -> None:
        """Writes the file anew, so that nothing of what was deleted is left in it or its log; not inside a transaction."""
        with database.sentences(self.path):
            self._connection.execute("VACUUM")
            if self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:  # somebody still reads what was
                raise sqlite3.OperationalError("database is locked")

    def _codes(self, address_key: str) -> str:
        """For statements: the codes of an address as a JSON list."""
        if self.keys is None:
            self.keys = keys_beside(self.path)  # they are made with the first mail
        return json.dumps(self.keys.codes(address_key) if self.keys else ())

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
