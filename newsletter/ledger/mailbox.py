"""How far a mailbox was read, and whose mail a Message-ID is: what reading what comes back needs of the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from newsletter.ledger.ledger import Ledger

_AT_ONCE = 500  # Message-IDs in one statement


class Cursor(NamedTuple):
    """The last UID that was read, valid for one UIDVALIDITY (RFC 9051 section 2.3.1.1)."""

    uidvalidity: int
    uid: int


class Owner(NamedTuple):
    """To whom a mail went: the issue, and the address in lower case."""

    issue: str
    address_key: str


class Mailbox:
    """One folder of a mailbox on a server, by a name of ours, in an open ledger."""

    def __init__(self, ledger: Ledger, name: str) -> None:
        self._ledger = ledger
        self._name = name

    @property
    def cursor(self) -> Cursor | None:
        """How far it was read, or None."""
        for row in self._ledger.rows("SELECT uidvalidity, uid FROM mailbox WHERE name = ?", self._name):
            return Cursor(*row)
        return None

    def advance(self, cursor: Cursor, now: float) -> None:
        """Notes how far it was read; call it inside the transaction that notes what was found there."""
        sql = "INSERT INTO mailbox VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET uidvalidity = ?2, uid = ?3, at = ?4"
        self._ledger.change(sql, self._name, *cursor, now)


def last_read(ledger: Ledger) -> float | None:
    """When a mailbox of the practice was read last (seconds since 1970), or None."""
    found: float | None = ledger.value("SELECT max(at) FROM mailbox")
    return found


def first_mailed(ledger: Ledger) -> float | None:
    """When the first mail ever was on its way, from which people could answer; or None."""
    found: float | None = ledger.value("SELECT min(started_at) FROM mailing")
    return found


def owners(ledger: Ledger, message_ids: Iterable[str]) -> dict[str, Owner]:
    """To whom the mails with these Message-IDs (no brackets) went, of those that are ours; one walk over the record."""
    wanted = sorted(set(message_ids))
    found: dict[str, Owner] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        chunk = wanted[start : start + _AT_ONCE]
        marks = ", ".join("?" * len(chunk))
        sql = (
            f"SELECT message_id, issue, lower(address) FROM recipient JOIN mailing ON mailing = id WHERE message_id IN ({marks})"  # noqa: S608
        )
        found |= {message_id: Owner(issue, key) for message_id, issue, key in ledger.rows(sql, *chunk)}
    return found


def settle_found(ledger: Ledger, message_id: str, why: str, now: float) -> Owner | None:
    """A mail in doubt was found, so it had been accepted: it counts as sent. Whose it is, or None where none was in doubt.

    Call it inside a transaction.
    """
    sql = "UPDATE recipient SET status = 'sent', at = ?, reply = ? WHERE message_id = ? AND status = 'uncertain'"
    return owners(ledger, [message_id]).get(message_id) if ledger.change(sql, now, why, message_id) else None
