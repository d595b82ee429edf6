"""Reads a list into a mailing: who joins, who waits with new values, and who is skipped because they left or opted out.

A list can be as long as it likes: it is laid down in tables of SQLite's own, which go when the reading is done, and what has
to be found by address is written in the order of the addresses, because a long table is quick to fill only in its own order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import chain, islice

from newsletter.ledger.ledger import Ledger
from newsletter.ledger.rows import GONE, OPTED_OUT, Planned, Status

_AT_ONCE = 100  # people in one statement: most of the work for a single row is that of the statement
_TABLES = {
    "listed": "number INTEGER PRIMARY KEY, address TEXT NOT NULL, payload TEXT",  # the people of the list, by their lines
    "met": "number INTEGER PRIMARY KEY, line INTEGER",  # who is in the mailing already, and their lines
    "forbidden": "address_key TEXT PRIMARY KEY, list TEXT, line INTEGER",  # whom a row of a list forbids to mail
    "twice": "address_key TEXT PRIMARY KEY, first INTEGER",  # addresses that stand in several lines
    "listed_key": "mailing INTEGER, address_key TEXT PRIMARY KEY, number INTEGER",  # the lines by address
}
_LIST = "INSERT INTO listed (address, payload, number) VALUES (?, ?, ?)"
_FORBID = "INSERT OR IGNORE INTO forbidden (list, line, address_key) VALUES (?, ?, ?)"
_FORBIDDEN = """
    SELECT listed.number, address, list, line FROM listed CROSS JOIN forbidden ON address_key = lower(address)
    ORDER BY listed.number LIMIT ?
"""
_KEYS = "INSERT OR IGNORE INTO {} SELECT ?, lower(address) AS address_key, number FROM listed ORDER BY address_key, number"
_FIND_TWICE = """
    INSERT INTO twice SELECT lower(address), min(number) FROM listed GROUP BY lower(address) HAVING count(*) > 1
"""
_TWICE = """
    SELECT number, address, first FROM listed CROSS JOIN twice ON address_key = lower(address) WHERE number > first
    ORDER BY number LIMIT ?
"""
_DROP_TWICE = """
    DELETE FROM listed WHERE number IN (
        SELECT number FROM listed CROSS JOIN twice ON address_key = lower(address) WHERE number > first
    )
"""
_NOTE = "UPDATE mailing SET planned_at = ?, content_hash = ifnull(?, content_hash), generation = generation + 1 WHERE id = ?"
_JOIN = """
    INSERT INTO recipient (mailing, number, address, generation, payload, at)
    SELECT mailing.id, ?2 + number, address, mailing.generation, payload, ?3 FROM mailing CROSS JOIN listed
    WHERE mailing.id = ?1 AND payload IS NOT NULL ORDER BY number
"""
_DROP_KEYS_NOT_ASKED = """
    DELETE FROM recipient_key WHERE mailing = ? AND number IN (SELECT number FROM listed WHERE payload IS NULL)
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


def plan(ledger: Ledger, mailing: int, people: Iterable[Planned], opted_out: Callable[[], Iterable[str]], now: float) -> None:
    """New people join as waiting, values of the waiting are refreshed, and those who must not be mailed are skipped.

    `opted_out` gives address keys once `people` is used up. Call it inside a transaction: all of it holds, or nothing.
    """
    reading = Reading(ledger, mailing)
    reading.take(people)
    for address_key in opted_out():
        reading.forbid("", 0, address_key)
    reading.drop_forbidden(0)
    reading.drop_repeated(0)
    reading.join(now)


class Reading:
    """One reading of the list into a mailing, in the order of its methods, inside one transaction of the caller."""

    def __init__(self, ledger: Ledger, mailing: int) -> None:
        self._ledger = ledger
        self._mailing = mailing
        self._last: int = ledger.value("SELECT max(number) FROM recipient WHERE mailing = ?", mailing) or 0
        self._keys = "listed_key" if self._last else "recipient_key"  # the first reading needs no other
        self._people = 0
        for name, columns in _TABLES.items():
            ledger.change(f"CREATE TEMP TABLE {name} ({columns}) STRICT")

    def take(self, people: Iterable[Planned | tuple[str, str | None, int | None]]) -> None:
        """The people of the list: each row, also where one forbids what another allows."""
        values = chain.from_iterable(people)
        while chunk := tuple(islice(values, _AT_ONCE * len(Planned._fields))):
            rows = len(chunk) // len(Planned._fields)
            self._ledger.change(_LIST + ", (?, ?, ?)" * (rows - 1), *chunk)
            self._people += rows

    def forbid(self, where: str, line: int, address_key: str) -> None:
        """An address that must not be mailed, as a line of some list says; of several lines the first counts."""
        self._ledger.change(_FORBID, where, line, address_key)

    def drop_forbidden(self, most: int) -> tuple[int, list[tuple[int, str, str, int]]]:
        """Lets go of people who must not be mailed: how many; of the first, line, address, and the list and line that say so."""
        if not self._ledger.value("SELECT 1 FROM forbidden"):
            return 0, []
        found = list(self._ledger.rows(_FORBIDDEN, most))
        count = self._ledger.change("DELETE FROM listed WHERE lower(address) IN (SELECT address_key FROM forbidden)")
        self._people -= count
        return count, found

    def drop_repeated(self, most: int) -> tuple[int, list[tuple[int, str, int]]]:
        """Lets go of all but the first row of an address: how many; of the first of them, line, address, and the line of that."""
        if self._ledger.change(_KEYS.format(self._keys), self._mailing) == self._people:
            return 0, []
        self._ledger.change(_FIND_TWICE)
        found = list(self._ledger.rows(_TWICE, most))
        count = self._ledger.change(_DROP_TWICE)
        self._people -= count
        return count, found

    def asked(self) -> tuple[int, int]:
        """How many people are left, of those that were taken with a payload, and of those without."""
        with_payload = int(self._ledger.value("SELECT count(payload) FROM listed"))
        return with_payload, self._people - with_payload

    def join(self, now: float, content_hash: str | None = None) -> dict[Status, int] | None:
        """Brings the mailing up to what was taken, and notes the content that is planned where it is given.

        How many stand at each status, where the mailing had nobody before; all of them were asked for, and are due.
        """
        ledger, mailing, last = self._ledger, self._mailing, self._last
        ledger.change(_NOTE, now, content_hash, mailing)
        if last:
            self._meet(now)
        joined = ledger.change(_JOIN, mailing, last, now)
        if last:
            ledger.change(_KEYS_OF_NEW, mailing, last)
        elif joined < self._people:
            ledger.change(_DROP_KEYS_NOT_ASKED, mailing)
        skipped = ledger.change(_SKIP_SUPPRESSED, now, mailing)
        for name in _TABLES:
            ledger.change(f"DROP TABLE {name}")
        return None if last else dict.fromkeys(Status, 0) | {Status.WAITING: joined - skipped, Status.SKIPPED: skipped}

    def _meet(self, now: float) -> None:
        """Finds who of the list is in the mailing already; those who are not on it any more, or opted out, are skipped."""
        ledger, mailing = self._ledger, self._mailing
        ledger.change(_MEET, mailing)
        ledger.change(_REFRESH, mailing)
        ledger.change(_SKIP_OPTED_OUT, OPTED_OUT, now, mailing, GONE)
        ledger.change(_SKIP_GONE, GONE, now, mailing)
        if ledger.value("SELECT count(*) FROM met") < self._people:
            ledger.change(_DROP_MET)
        else:
            ledger.change("DELETE FROM listed")
