"""Reads a list into a mailing: who joins, who waits with new values, and who is skipped because they left or opted out.

A list can be as long as it likes: it is laid down in tables of SQLite's own, which go when the reading is done, and what has
to be found by address is written in the order of the addresses, because a long table is quick to fill only in its own order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

from newsletter.ledger.ledger import Ledger
from newsletter.ledger.rows import GONE, OPTED_OUT, Status
from newsletter.ledger.suppressions import BY_CODE, FORGOTTEN, REASON_BY_CODE, Suppressions

_AT_ONCE = 100  # people in one statement: most of the work for a single row is that of the statement
_TABLES = {
    "listed": "mailing INTEGER, number INTEGER PRIMARY KEY, address TEXT NOT NULL, payload TEXT",  # the people, by their lines
    "listed_key": "mailing INTEGER, address_key TEXT PRIMARY KEY, number INTEGER",  # their lines, by address
    "met": "number INTEGER PRIMARY KEY, line INTEGER",  # who is in the mailing already, and their lines
    "forbidden": "address_key TEXT PRIMARY KEY, list TEXT, line INTEGER",  # whom a row of a list forbids to mail
    "gone": "address_key TEXT PRIMARY KEY",  # where a row of a list forbids to mail one person
    "contested": "address_key TEXT PRIMARY KEY",  # of which several rows have something to say
}
_NOTE = "UPDATE mailing SET planned_at = ? WHERE id = ?"
_FORBID = "INSERT OR IGNORE INTO forbidden (list, line, address_key) VALUES (?, ?, ?)"
_GONE_FROM = "INSERT OR IGNORE INTO gone VALUES (?)"
_FORBIDDEN = """
    SELECT number, address, list, line FROM {} CROSS JOIN forbidden ON address_key = lower(address)
    WHERE mailing = ? ORDER BY number LIMIT ?
"""
_DROP_FORBIDDEN = "DELETE FROM {} WHERE mailing = ? AND lower(address) IN (SELECT address_key FROM forbidden)"
_KEYS = """
    INSERT OR IGNORE INTO {1} (mailing, address_key, number)
    SELECT mailing, lower(address) AS address_key, number FROM {0} WHERE mailing = ? ORDER BY address_key, number
"""
_FIND_TWICE = """
    INSERT INTO contested SELECT lower(address) FROM {} WHERE mailing = ? GROUP BY lower(address) HAVING count(*) > 1
"""
_FIND_GONE = """
    INSERT OR IGNORE INTO contested
    SELECT gone.address_key FROM gone CROSS JOIN {1} AS known ON known.mailing = ? AND known.address_key = gone.address_key
"""
_DROP_LINE = "DELETE FROM {} WHERE mailing = ? AND number = ?"
_DROP_KEY = "DELETE FROM {1} WHERE mailing = ? AND address_key = ?"
_KEEP = "UPDATE {} SET address = ?, payload = ? WHERE mailing = ? AND number = ?"
_KEEP_KEY = "INSERT INTO {1} (mailing, address_key, number) VALUES (?, ?, ?)"
_DROP_NOT_ASKED = "DELETE FROM recipient WHERE mailing = ? AND payload IS NULL"
_DROP_KEYS_NOT_ASKED = """
    DELETE FROM recipient_key WHERE mailing = ?1
    AND NOT EXISTS (SELECT 1 FROM recipient AS r WHERE r.mailing = ?1 AND r.number = recipient_key.number)
"""
_JOIN = """
    INSERT INTO recipient (mailing, number, address, payload, at)
    SELECT mailing, ?1 + number, address, payload, ?2 FROM listed WHERE payload IS NOT NULL ORDER BY number
"""
_MEET = """
    INSERT INTO met SELECT known.number, now.number
    FROM listed_key AS now CROSS JOIN recipient_key AS known ON known.mailing = ?1 AND known.address_key = now.address_key
    ORDER BY known.number
"""
_DROP_MET = "DELETE FROM listed WHERE number IN (SELECT line FROM met)"
_REFRESH = f"""
    UPDATE recipient SET
        address = iif(status IN ('waiting', 'deferred', 'skipped'), now.address, recipient.address),
        payload = iif(status IN ('waiting', 'deferred') OR (status = 'skipped' AND reply = '{GONE}'),
                      ifnull(now.payload, ''), recipient.payload),
        status = iif(status = 'skipped' AND reply = '{GONE}', 'waiting', status),
        reply = iif(status = 'skipped' AND reply = '{GONE}', NULL, reply)
    FROM (
        SELECT met.number, listed.address, listed.payload FROM met CROSS JOIN listed ON listed.number = met.line
    ) AS now
    WHERE recipient.mailing = ?1 AND recipient.number = now.number AND status IN ('waiting', 'deferred', 'skipped')
        AND (recipient.address <> now.address OR recipient.payload IS NOT ifnull(now.payload, ''))
"""  # noqa: S608  # GONE is a constant of ours
_KEYS_OF_NEW = """
    INSERT INTO recipient_key (mailing, address_key, number)
    SELECT mailing, lower(address), number FROM recipient WHERE mailing = ? AND number > ? ORDER BY lower(address)
"""
_SKIP_GONE = """
    UPDATE recipient SET status = 'skipped', reply = ?, at = ?, payload = NULL
    WHERE mailing = ? AND status IN ('waiting', 'deferred') AND number NOT IN (SELECT number FROM met)
"""
_SKIP_OPTED_OUT = """
    UPDATE recipient SET status = 'skipped', reply = ?1, at = ?2, payload = NULL
    WHERE mailing = ?3 AND (status IN ('waiting', 'deferred') OR (status = 'skipped' AND reply = ?4)) AND number IN (
        SELECT known.number FROM forbidden CROSS JOIN recipient_key AS known
        ON known.mailing = ?3 AND known.address_key = forbidden.address_key
    )
"""
_SKIP_SUPPRESSED = """
    UPDATE recipient SET status = 'skipped', at = ?1, payload = NULL,
        reply = (SELECT reason FROM suppression WHERE address_key = lower(address))
    WHERE mailing = ?2 AND status IN ('waiting', 'deferred') AND number IN (
        SELECT known.number FROM suppression CROSS JOIN recipient_key AS known
        ON known.mailing = ?2 AND known.address_key = suppression.address_key
    )
"""
_SKIP_BY_CODE = f"""
    UPDATE recipient SET status = 'skipped', at = ?1, payload = NULL, reply = {REASON_BY_CODE}
    WHERE mailing = ?2 AND status IN ('waiting', 'deferred') AND {BY_CODE}
"""  # noqa: S608  # all constants of ours
_FORGOTTEN = f"SELECT number FROM {{}} WHERE mailing = ? AND {FORGOTTEN} ORDER BY number LIMIT ?"  # noqa: S608
_DROP_FORGOTTEN = f"DELETE FROM {{}} WHERE mailing = ? AND {FORGOTTEN}"  # noqa: S608


class Reading:
    """One reading of the list into a mailing, in the order of its methods, inside one transaction of the caller.

    The people of the first list are laid down where they will stay; those of a later one beside it, to be compared.
    """

    def __init__(self, ledger: Ledger, mailing: int, now: float) -> None:
        self._ledger = ledger
        self._mailing = mailing
        self._now = now
        self._last: int = ledger.value("SELECT max(number) FROM recipient WHERE mailing = ?", mailing) or 0
        self._tables = ("listed", "listed_key") if self._last else ("recipient", "recipient_key")
        self._people = 0
        suppressions = Suppressions(ledger)
        suppressions.need_keys()
        self._somebody_by_code = any(True for _ in suppressions.by_code())
        ledger.change(_NOTE, now, mailing)
        for name, columns in _TABLES.items():
            ledger.change(f"CREATE TEMP TABLE {name} ({columns}) STRICT")

    def take(self, people: Iterable[tuple[str, str | None, int]]) -> None:
        """The people of the list: address, payload (what the sender needs to write the message) and line.

        None as payload only says that the address is still on the list: it does not join, and where it waits already, this
        run does not ask for it. People whom another row forbids to mail may be among them (see `forbid`).
        """
        if self._last:
            columns, row = "mailing, address, payload, number", f"({self._mailing}, ?, ?, ?)"
        else:
            columns = "mailing, at, address, payload, number"
            row = f"({self._mailing}, {self._now!r}, ?, ?, ?)"
        values = chain.from_iterable(people)
        while chunk := tuple(islice(values, 3 * _AT_ONCE)):
            rows = len(chunk) // 3
            several = ", ".join([row] * rows)
            self._ledger.change(f"INSERT INTO {self._tables[0]} ({columns}) VALUES {several}", *chunk)  # noqa: S608  # numbers
            self._people += rows

    def forbid(self, where: str, line: int, address_key: str) -> None:
        """An address that must not be mailed, as a line of some list says; of several lines the first counts."""
        self._ledger.change(_FORBID, where, line, address_key)

    def gone(self, address_key: str) -> None:
        """An address where a line of some list says that one person must not be mailed; others there may be."""
        self._ledger.change(_GONE_FROM, address_key)

    def drop_forbidden(self, most: int) -> tuple[int, list[tuple[int, str, str, int]]]:
        """Lets go of people who must not be mailed: how many; of the first, line, address, and the list and line that say so."""
        if not self._ledger.value("SELECT 1 FROM forbidden"):
            return 0, []
        return self._drop(_FORBIDDEN, _DROP_FORBIDDEN, most)

    def drop_forgotten(self, most: int) -> tuple[int, list[tuple[int]]]:
        """Lets go of people who were erased on their own request: how many; of the first, the line."""
        return self._drop(_FORGOTTEN, _DROP_FORGOTTEN, most) if self._somebody_by_code else (0, [])

    def contested(self) -> Iterator[str]:
        """The addresses that are not settled by one row: several rows have them, or a row forbids to mail somebody there."""
        if self._change(_KEYS) < self._people:
            self._change(_FIND_TWICE)
        self._change(_FIND_GONE)
        yield from (key for (key,) in self._ledger.rows("SELECT address_key FROM contested"))

    def settle(self, lines: Sequence[int], kept: tuple[str, str | None, int] | None, address_key: str) -> bool:
        """Leaves one of the rows of a contested address, or none: address, payload and line. False where it is not contested."""
        if not self._ledger.value("SELECT 1 FROM contested WHERE address_key = ?", address_key):
            return False
        self._ledger.change(_DROP_KEY.format(*self._tables), self._mailing, address_key)
        for line in lines:
            if not kept or line != kept[2]:
                self._people -= self._ledger.change(_DROP_LINE.format(*self._tables), self._mailing, line)
        if kept:
            self._ledger.change(_KEEP.format(*self._tables), *kept[:2], self._mailing, kept[2])
            self._ledger.change(_KEEP_KEY.format(*self._tables), self._mailing, address_key, kept[2])
        return True

    def asked(self) -> tuple[int, int]:
        """How many people are left, of those that were taken with a payload, and of those without."""
        sql = f"SELECT count(payload) FROM {self._tables[0]} WHERE mailing = ?"  # noqa: S608  # a name of ours
        with_payload = int(self._ledger.value(sql, self._mailing))
        return with_payload, self._people - with_payload

    def join(self, content_hash: str | None = None) -> dict[Status, int] | None:
        """Brings the mailing up to what was taken, and notes the content that is planned where it is given.

        How many stand at each status, where the mailing had nobody before; who waits was asked for, and is due.
        """
        ledger, mailing = self._ledger, self._mailing
        if content_hash:
            ledger.change("UPDATE mailing SET content_hash = ? WHERE id = ?", content_hash, mailing)
        if self._last:
            self._meet()
        elif not_asked := ledger.change(_DROP_NOT_ASKED, mailing):
            self._people -= not_asked
            ledger.change(_DROP_KEYS_NOT_ASKED, mailing)
        skipped = ledger.change(_SKIP_SUPPRESSED, self._now, mailing)
        if self._somebody_by_code:
            skipped += ledger.change(_SKIP_BY_CODE, self._now, mailing)
        for name in _TABLES:
            ledger.change(f"DROP TABLE {name}")
        if self._last:
            return None
        return dict.fromkeys(Status, 0) | {Status.WAITING: self._people - skipped, Status.SKIPPED: skipped}

    def _meet(self) -> None:
        """Finds who of the list is in the mailing already; who is not on it any more, or opted out, is skipped."""
        ledger, mailing, now = self._ledger, self._mailing, self._now
        ledger.change(_MEET, mailing)
        ledger.change(_REFRESH, mailing)
        ledger.change(_SKIP_OPTED_OUT, OPTED_OUT, now, mailing, GONE)
        ledger.change(_SKIP_GONE, GONE, now, mailing)
        if ledger.value("SELECT count(*) FROM met") < self._people:
            ledger.change(_DROP_MET)
            ledger.change(_JOIN, self._last, now)
            ledger.change(_KEYS_OF_NEW, mailing, self._last)

    def _change(self, sql: str) -> int:
        return self._ledger.change(sql.format(*self._tables), self._mailing)

    def _drop(self, select: str, delete: str, most: int) -> tuple[int, list[Any]]:
        found = list(self._ledger.rows(select.format(*self._tables), self._mailing, most))
        count = self._change(delete)
        self._people -= count
        return count, found
