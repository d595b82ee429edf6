"""Opens the ledger's SQLite file so that what is committed stays committed, and refuses a file it does not understand."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from newsletter.errors import LedgerUnusable
from newsletter.ledger.new_file import put_in_place

APPLICATION_ID = 0x4E4C5452  # "NLTR" in the file's header
VERSION = 3
_MAGIC = b"SQLite format 3\0"
_PAGE = 8_192  # bytes; a long list is written faster than in 4,096, a mailing is recorded faster than in 16,384
_BUSY_SECONDS = 5
_RESTORE = "Restore the file from a backup; do not delete it, or everybody could be mailed again."


def connect(path: Path) -> sqlite3.Connection:
    """The ledger for reading and writing, made where there is none; raises LedgerUnusable with what to do.

    Every commit is synced: WAL with synchronous FULL, or DELETE with EXTRA where the file system cannot do WAL.
    """
    with sentences(path):
        if not path.exists():
            _create(path)
        older = _look(path) < VERSION
        unclean = _has_log(path)
        connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
        try:
            mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
            if mode != "wal":
                connection.execute("PRAGMA journal_mode = DELETE")
            connection.execute(f"PRAGMA synchronous = {'FULL' if mode == 'wal' else 'EXTRA'}")
            connection.execute("PRAGMA fullfsync = ON")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA cache_size = -4000")  # KiB; also what a sort takes: a plan of any length stays small
            if unclean and connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                raise LedgerUnusable(f"The record of sent mail, {path}, is damaged.", _RESTORE)
            if older:
                _upgrade(connection, path)
        except BaseException:
            connection.close()
            raise
        return connection


def connect_for_reading(path: Path) -> sqlite3.Connection:
    """The ledger for looking only; raises LedgerUnusable."""
    with sentences(path):
        if _look(path) < VERSION:
            connect(path).close()
        return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=_BUSY_SECONDS, isolation_level=None)


def temporary(path: Path) -> sqlite3.Connection:
    """A copy of the ledger that leaves no trace, for plans that are only shown; empty where there is no file."""
    connection = sqlite3.connect("", isolation_level=None)  # a file of SQLite's own, gone when it is closed
    if path.exists():
        with contextlib.closing(connect_for_reading(path)) as kept, sentences(path):
            kept.backup(connection)
    else:
        connection.executescript(_schema())
    return connection


class sentences:  # noqa: N801  # used as a statement
    """Turns what SQLite and the system report into LedgerUnusable with a sentence and a next step."""

    __slots__ = ("_path",)

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None) -> None:
        if error is None:
            return
        if isinstance(error, sqlite3.Error):
            raise LedgerUnusable(*_in_plain_words(error, self._path)) from None
        if isinstance(error, OSError):
            message = f"The record of sent mail, {self._path}, cannot be used: {error.strerror or error}."
            raise LedgerUnusable(message, "Check the folder's rights and the disk.") from None


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection, path: Path) -> Iterator[None]:
    """Everything inside is committed and synced together, or none of it."""
    with sentences(path):
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def _create(path: Path) -> None:
    """Makes the file complete or not at all: a ledger that exists is never half a ledger."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".new-ledger-")  # mode 0600
    os.close(descriptor)
    made = Path(name)
    try:
        connection = sqlite3.connect(made, isolation_level=None)
        connection.executescript(_schema())
        connection.close()
        with made.open("r+b") as stream:  # Windows syncs only what can be written
            os.fsync(stream.fileno())
        put_in_place(made, path)
    finally:
        made.unlink(missing_ok=True)


def _schema() -> str:
    own = f"PRAGMA page_size = {_PAGE};\nPRAGMA application_id = {APPLICATION_ID};\n"
    return f"{own}PRAGMA user_version = {VERSION};\nBEGIN;\n{_sql('schema.sql')}\n{_sql('people.sql')}\nCOMMIT;"


def _sql(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _upgrade(connection: sqlite3.Connection, path: Path) -> None:
    """From an earlier version to this one: complete, or not at all."""
    connection.execute("PRAGMA foreign_keys = OFF")
    with transaction(connection, path):
        found = connection.execute("PRAGMA user_version").fetchone()[0]
        for version in range(found, VERSION):  # none, where somebody else was faster
            steps = _sql(f"upgrade_{version}.sql")
            for name in ("schema.sql", "people.sql"):
                steps = steps.replace(f"-- {name}", _sql(name))
            for statement in steps.split(";\n"):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("PRAGMA foreign_keys = ON")


def _look(path: Path) -> int:
    """The version in the file's header, read without opening it as a database: a file we do not know is not touched at all."""
    with path.open("rb") as stream:
        header = stream.read(100)
        size = os.fstat(stream.fileno()).st_size
    page = int.from_bytes(header[16:18], "big")
    in_pieces = not _has_log(path) and page > 1 and size % page  # SQLite itself fills up a last page that was cut off
    if len(header) < 100 or not header.startswith(_MAGIC) or in_pieces:
        raise LedgerUnusable(f"The record of sent mail, {path}, is cut off or is no ledger.", _RESTORE)
    if int.from_bytes(header[68:72], "big") != APPLICATION_ID:
        raise LedgerUnusable(f"{path} is a database of another program.", "Move it elsewhere if it is not needed here.")
    version = int.from_bytes(header[60:64], "big")
    if not 1 <= version <= VERSION:
        message = f"The record of sent mail, {path}, was written by a newer version of newsletter (format {version})."
        raise LedgerUnusable(message, "Use that version; this one must not touch it.")
    return version


def _has_log(path: Path) -> bool:
    """Whether a write-ahead log is there from which SQLite can mend the file."""
    log = path.with_name(path.name + "-wal")
    return log.exists() and log.stat().st_size > 0


def _in_plain_words(error: sqlite3.Error, path: Path) -> tuple[str, str]:
    what = str(error)
    if "full" in what:
        return (
            f"The disk is full: the record of sent mail, {path}, cannot be written.",
            "Make room, then run the command again; it goes on where it was.",
        )
    if "readonly" in what or "read-only" in what or "unable to open" in what:
        return f"The record of sent mail, {path}, cannot be written.", "Check the rights of the file and its folder."
    if "locked" in what or "busy" in what:
        return f"Another program uses the record of sent mail, {path}.", "Close it, then run the command again."
    if isinstance(error, sqlite3.DatabaseError) and ("malformed" in what or "not a database" in what):
        return f"The record of sent mail, {path}, is damaged.", _RESTORE
    return (
        f"The record of sent mail, {path}, cannot be used: {what}.",
        "Run the command again; if it stays, restore the file from a backup.",
    )
