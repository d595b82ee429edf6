"""One issue's mailing: who is waiting, whose final dot is about to be written, and what became of each."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

from newsletter.errors import LedgerUnusable
from newsletter.ledger.ledger import Ledger
from newsletter.ledger.rows import Outcome, Recipient, Status
from newsletter.ledger.suppressions import BY_ADDRESS, BY_CODE

_COLUMNS = "number, address, status, payload, again, attempts, first_at, due_at, message_id, at, code, reply"
_ROWS = f"SELECT {_COLUMNS} FROM recipient WHERE mailing = ?1"  # noqa: S608  # the columns are a constant of ours
_ASKED_FOR = "mailing = ?1 AND status IN ('waiting', 'deferred') AND payload <> '' AND (due_at <= ?2 OR due_at > ?2 + 172800)"
_NOT_SUPPRESSED = f"NOT ({BY_ADDRESS}) AND NOT {BY_CODE}"
_CLAIM = f"""
    SELECT {_COLUMNS} FROM recipient
    WHERE {_ASKED_FOR} AND number > ?3 AND due_at = 0 AND {_NOT_SUPPRESSED} ORDER BY number LIMIT ?4
"""  # noqa: S608  # all constants of ours
_CLAIM_PUT_OFF = f"""
    SELECT {_COLUMNS} FROM recipient WHERE {_ASKED_FOR} AND due_at > 0 AND {_NOT_SUPPRESSED} ORDER BY due_at, number LIMIT ?3
"""  # noqa: S608  # all constants of ours
_INTEND = f"""
    UPDATE recipient SET status = 'sending', dot_at = ?1, at = ?1, message_id = ?2
    WHERE mailing = ?3 AND number = ?4 AND status IN ('waiting', 'deferred')
        AND {_NOT_SUPPRESSED}
"""  # noqa: S608  # all constants of ours
_RECORD = """
    UPDATE recipient
    SET status = ?1, at = ?2, code = ?3, reply = ?4, due_at = ?5, attempts = attempts + (?1 = 'deferred'),
        first_at = iif(?1 = 'deferred', ifnull(first_at, ?2), first_at),
        payload = iif(?1 IN ('waiting', 'deferred'), payload, NULL)
    WHERE mailing = ?6 AND number = ?7 AND status IN ('waiting', 'deferred', 'sending')
"""
_RECOVER = """
    UPDATE recipient
    SET status = 'uncertain', payload = NULL, due_at = 0, reply = 'the program or computer stopped before the server answered'
    WHERE mailing = ? AND status = 'sending'
"""
_ARRIVED = """
    UPDATE recipient SET status = 'sent', at = ?, reply = 'settled by hand: it arrived'
    WHERE mailing = ? AND number = ? AND status = 'uncertain'
"""
_RESEND = """
    UPDATE recipient
    SET status = 'waiting', at = ?, due_at = 0, reply = 'settled by hand: send again', again = again + 1, message_id = NULL
    WHERE mailing = ? AND number = ? AND status = 'uncertain'
"""
_TAKE_BACK = """
    UPDATE recipient SET status = 'waiting', at = ?, payload = '' WHERE mailing = ? AND number = ? AND status = 'refused'
"""


class Mailing:
    """One issue's mailing in an open ledger."""

    def __init__(self, ledger: Ledger, number: int, issue: str) -> None:
        self.ledger = ledger
        self.number = number
        self.issue = issue

    @classmethod
    def find(cls, ledger: Ledger, issue: str) -> Mailing | None:
        """An issue's mailing, or None where none was ever planned."""
        found = ledger.value("SELECT id FROM mailing WHERE issue = ?", issue)
        return None if found is None else cls(ledger, found, issue)

    @classmethod
    def begin(cls, ledger: Ledger, issue: str, content_hash: str, now: float) -> Mailing:
        """An issue's mailing, made where there is none."""
        sql = "INSERT INTO mailing (issue, content_hash, planned_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
        ledger.change(sql, issue, content_hash, now)
        found = cls.find(ledger, issue)
        assert found
        return found

    @classmethod
    def all(cls, ledger: Ledger) -> list[Mailing]:
        """Every mailing of a ledger, the latest plan first."""
        rows = ledger.rows("SELECT id, issue FROM mailing ORDER BY planned_at DESC, id DESC")
        return [cls(ledger, number, issue) for number, issue in rows]

    @property
    def content_hash(self) -> str:
        """The fingerprint of the content that was planned."""
        return str(self.ledger.value("SELECT content_hash FROM mailing WHERE id = ?", self.number))

    @property
    def started(self) -> bool:
        """Whether anything may have reached anybody; the content is frozen then."""
        return self.ledger.value("SELECT started_at FROM mailing WHERE id = ?", self.number) is not None

    @property
    def corrects(self) -> str | None:
        """The issue that this one corrects, where it does."""
        found: str | None = self.ledger.value("SELECT corrects FROM mailing WHERE id = ?", self.number)
        return found

    def twin(self, content_hash: str) -> str | None:
        """Another issue with the same content whose sending has begun, as after a file was renamed; or None."""
        sql = "SELECT issue FROM mailing WHERE content_hash = ? AND id <> ? AND started_at IS NOT NULL"
        found: str | None = self.ledger.value(sql, content_hash, self.number)
        return found

    def correct(self, issue: str) -> None:
        """Notes which issue this one corrects, before it is planned; who had been planned otherwise is forgotten.

        Call it inside a transaction, and only while nothing has been sent.
        """
        self.ledger.change("UPDATE mailing SET corrects = ? WHERE id = ?", issue, self.number)
        self.ledger.change("DELETE FROM recipient WHERE mailing = ?", self.number)
        self.ledger.change("DELETE FROM recipient_key WHERE mailing = ?", self.number)

    def has(self, address_key: str) -> bool:
        """Whether an address is in the mailing."""
        sql = "SELECT 1 FROM recipient_key WHERE mailing = ? AND address_key = ?"
        return self.ledger.value(sql, self.number, address_key) is not None

    def reached(self, address_key: str) -> bool:
        """Whether an address has got it."""
        sql = (
            "SELECT 1 FROM recipient_key JOIN recipient USING (mailing, number)"
            " WHERE mailing = ? AND address_key = ? AND status = 'sent'"
        )
        return self.ledger.value(sql, self.number, address_key) is not None

    def counts(self) -> dict[Status, int]:
        """How many subscribers stand at each status."""
        found = dict.fromkeys(Status, 0)
        for status, count in self.ledger.rows(
            "SELECT status, count(*) FROM recipient WHERE mailing = ? GROUP BY status", self.number
        ):
            found[Status(status)] = count
        return found

    def latest(self) -> float | None:
        """When the last message was finished, or None."""
        found: float | None = self.ledger.value("SELECT max(dot_at) FROM recipient WHERE mailing = ?", self.number)
        return found

    def recipients(self, *statuses: Status) -> Iterator[Recipient]:
        """Every row, or those of some statuses, in the order in which they joined."""
        wanted = ",".join(f"'{status}'" for status in statuses or Status)
        return map(_recipient, self.ledger.rows(f"{_ROWS} AND status IN ({wanted}) ORDER BY number", self.number))

    def asked_for(self, now: float = math.inf) -> int:
        """How many are waiting, were asked for by the last plan, and are due by `now`."""
        sql = f"SELECT count(*) FROM recipient WHERE {_ASKED_FOR}"  # noqa: S608
        return int(self.ledger.value(sql, self.number, now))

    def end(self, now: float = math.inf, *, last: bool) -> Recipient | None:
        """The first or last of them."""
        sql = f"SELECT {_COLUMNS} FROM recipient WHERE {_ASKED_FOR} ORDER BY number {'DESC' if last else 'ASC'} LIMIT 1"  # noqa: S608
        return next((_recipient(row) for row in self.ledger.rows(sql, self.number, now)), None)

    def next_try(self, now: float) -> float | None:
        """When the first of those who wait but were put off is due, or None where nobody was."""
        sql = (
            "SELECT min(due_at) FROM recipient"
            " WHERE mailing = ? AND due_at > ? AND status IN ('waiting', 'deferred') AND payload <> ''"
        )
        found: float | None = self.ledger.value(sql, self.number, now)
        return found

    def claim(self, now: float, count: int, after: int = 0) -> list[Recipient]:
        """The next `count` after a place in the list whom the last plan asked for and nobody has put off; none suppressed.

        Claims live in memory: the run lock lets one sender at a time work on a ledger.
        """
        return [_recipient(row) for row in self.ledger.rows(_CLAIM, self.number, now, after, count)]

    def claim_put_off(self, now: float, count: int) -> list[Recipient]:
        """Up to `count` of those who were put off and are due, the longest due first.

        Who seems to be put off for days is due as well: the clock was set back.
        """
        return [_recipient(row) for row in self.ledger.rows(_CLAIM_PUT_OFF, self.number, now, count)]

    def intend(self, intents: Iterable[tuple[Recipient, str]], now: float) -> list[bool]:
        """Notes that the final dots of these recipients' messages, by Message-ID, are about to be written.

        False for a recipient: it must not be written. Call it inside a transaction; only once that is committed, and so
        synced, may a dot be written.
        """
        rows = [(now, message_id, self.number, recipient.number) for recipient, message_id in intents]
        self.ledger.change("SAVEPOINT intents")
        granted = [True] * len(rows)
        if self.ledger.change_many(_INTEND, rows) != len(rows):  # somebody opted out: one by one, to see who
            self.ledger.change("ROLLBACK TO intents")
            granted = [self.ledger.change(_INTEND, *row) == 1 for row in rows]
        self.ledger.change("RELEASE intents")
        if any(granted):
            self.ledger.change("UPDATE mailing SET started_at = ? WHERE id = ? AND started_at IS NULL", now, self.number)
        return granted

    def record(self, outcomes: Iterable[tuple[Recipient, Outcome]]) -> None:
        """Notes what became of messages; raises LedgerUnusable where a row is not one that was being worked on.

        Call it inside a transaction.
        """
        rows = [(o.status, o.at, o.code, o.reply, o.due_at, self.number, recipient.number) for recipient, o in outcomes]
        if rows and self.ledger.change_many(_RECORD, rows) != len(rows):
            raise LedgerUnusable("The record of a message changed while it was being sent.", "Run the command again.")

    def take_back(self, recipients: Iterable[Recipient], now: float) -> None:
        """Lets people wait again whose refusal turned out to be about the account; the next plan asks for them."""
        with self.ledger.transaction():
            for recipient in recipients:
                self.ledger.change(_TAKE_BACK, now, self.number, recipient.number)

    def recover(self) -> int:
        """After a crash: a message whose intent is recorded without an outcome may have arrived. Returns how many."""
        with self.ledger.transaction():
            return self.ledger.change(_RECOVER, self.number)

    def was_accepted(self, number: int, at: float, code: int, reply: str) -> int:
        """Of somebody in doubt it turns out that the server had accepted the message; how many rows that changed."""
        sql = (
            "UPDATE recipient SET status = 'sent', at = ?, code = ?, reply = ?"
            " WHERE mailing = ? AND number = ? AND status = 'uncertain' AND dot_at <= ?"
        )
        with self.ledger.transaction():
            return self.ledger.change(sql, at, code, reply, self.number, number, at)

    def settle_arrived(self, recipients: Iterable[Recipient], now: float) -> int:
        """Decides that these uncertain messages arrived."""
        with self.ledger.transaction():
            return sum(self.ledger.change(_ARRIVED, now, self.number, r.number) for r in recipients)

    def settle_resend(self, recipients: Iterable[Recipient], now: float) -> int:
        """Decides to send these uncertain messages once more, each with a Message-ID of its own (`again` counts)."""
        with self.ledger.transaction():
            return sum(self.ledger.change(_RESEND, now, self.number, r.number) for r in recipients)


def _recipient(row: tuple[Any, ...]) -> Recipient:
    number, address, status, *rest = row
    return Recipient(number, address, Status(status), *rest)
