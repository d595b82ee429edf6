"""One issue's mailing: who is waiting, whose final dot is about to be written, and what became of each."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from newsletter.errors import LedgerUnusable
from newsletter.ledger.ledger import Ledger
from newsletter.ledger.rows import GONE, OPEN, OPTED_OUT, Outcome, Planned, Recipient, Status

_COLUMNS = "address_key, address, position, status, message_id, again, attempts, due_at, at, code, reply, payload"
_JOIN = f"""
    INSERT INTO recipient (mailing, address_key, address, position, generation, message_id, at, payload)
    SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8
    WHERE ?9 OR EXISTS (SELECT 1 FROM recipient WHERE mailing = ?1 AND address_key = ?2)
    ON CONFLICT (mailing, address_key) DO UPDATE SET
        generation = excluded.generation,
        position = excluded.position,
        address = iif(status IN ('waiting', 'deferred', 'skipped'), excluded.address, address),
        payload = iif(status IN ('waiting', 'deferred') OR (status = 'skipped' AND reply = '{GONE}'), excluded.payload, payload),
        status = iif(status = 'skipped' AND reply = '{GONE}', 'waiting', status),
        reply = iif(status = 'skipped' AND reply = '{GONE}', NULL, reply)
"""  # noqa: S608  # GONE is a constant of ours
_SKIP_GONE = """
    UPDATE recipient SET status = 'skipped', reply = ?, at = ?, payload = NULL
    WHERE mailing = ? AND generation <> ? AND status IN ('waiting', 'deferred')
"""
_SKIP_OPTED_OUT = """
    UPDATE recipient SET status = 'skipped', reply = ?, at = ?, payload = NULL
    WHERE mailing = ? AND address_key = ? AND (status IN ('waiting', 'deferred') OR (status = 'skipped' AND reply = ?))
"""
_SKIP_SUPPRESSED = """
    UPDATE recipient SET status = 'skipped', at = ?, payload = NULL,
        reply = (SELECT reason FROM suppression WHERE suppression.address_key = recipient.address_key)
    WHERE mailing = ? AND status IN ('waiting', 'deferred') AND address_key IN (SELECT address_key FROM suppression)
"""
_CLAIM = f"""
    SELECT {_COLUMNS} FROM recipient
    WHERE mailing = ? AND status IN ('waiting', 'deferred') AND payload <> '' AND (position, address_key) > (?, ?) AND due_at <= ?
        AND address_key NOT IN (SELECT address_key FROM suppression)
    ORDER BY position, address_key LIMIT ?
"""  # noqa: S608  # the columns are a constant of ours
_INTEND = """
    UPDATE recipient SET status = 'sending', dot_at = ?, at = ?
    WHERE mailing = ? AND address_key = ? AND status IN ('waiting', 'deferred')
        AND NOT EXISTS (SELECT 1 FROM suppression WHERE suppression.address_key = recipient.address_key)
"""
_RECORD = """
    UPDATE recipient
    SET status = ?, at = ?, code = ?, reply = ?, due_at = ?, attempts = attempts + ?, payload = iif(?, NULL, payload)
    WHERE mailing = ? AND address_key = ? AND status IN ('waiting', 'deferred', 'sending')
"""
_RECOVER = """
    UPDATE recipient
    SET status = 'uncertain', payload = NULL, reply = 'the program or computer stopped before the server answered'
    WHERE mailing = ? AND status = 'sending'
"""
_ARRIVED = """
    UPDATE recipient SET status = 'sent', at = ?, reply = 'settled by hand: it arrived'
    WHERE mailing = ? AND address_key = ? AND status = 'uncertain'
"""
_RESEND = """
    UPDATE recipient
    SET status = 'waiting', at = ?, due_at = 0, reply = 'settled by hand: send again', again = again + 1, message_id = ?
    WHERE mailing = ? AND address_key = ? AND status = 'uncertain'
"""


_ASKED_FOR = "mailing = ? AND status IN ('waiting', 'deferred') AND payload <> '' AND due_at <= ?"
_TAKE_BACK = """
    UPDATE recipient SET status = 'waiting', at = ?, payload = ''
    WHERE mailing = ? AND address_key = ? AND status = 'refused'
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
        return bool(self.ledger.value("SELECT EXISTS (SELECT 1 FROM recipient WHERE mailing = ? AND dot_at > 0)", self.number))

    def twin(self, content_hash: str) -> str | None:
        """Another issue with the same content whose sending has begun, as after a file was renamed; or None."""
        sql = (
            "SELECT issue FROM mailing WHERE content_hash = ? AND id <> ?"
            " AND EXISTS (SELECT 1 FROM recipient WHERE recipient.mailing = mailing.id AND dot_at > 0)"
        )
        found: str | None = self.ledger.value(sql, content_hash, self.number)
        return found

    def plan(self, content_hash: str, people: Iterable[Planned], opted_out: Callable[[], Iterable[str]], now: float) -> None:
        """Reads the list into the mailing: new people join as waiting, values of the waiting are refreshed.

        Those waiting who opted out (`opted_out` gives their address keys once `people` is used up), are suppressed, or are
        gone from the list become skipped; who was skipped only for being gone, and is back, waits again. Call it inside a
        transaction: all of it holds, or nothing.
        """
        generation = int(self.ledger.value("SELECT generation FROM mailing WHERE id = ?", self.number)) + 1
        freeze = "UPDATE mailing SET content_hash = ?, planned_at = ?, generation = ? WHERE id = ?"
        self.ledger.change(freeze, content_hash, now, generation, self.number)
        rows = (
            (self.number, p.address_key, p.address, p.position, generation, p.message_id, now, p.payload, p.joins) for p in people
        )
        self.ledger.change_many(_JOIN, rows)
        skipped = ((OPTED_OUT, now, self.number, key, GONE) for key in opted_out())
        self.ledger.change_many(_SKIP_OPTED_OUT, skipped)
        self.ledger.change(_SKIP_GONE, GONE, now, self.number, generation)
        self.ledger.change(_SKIP_SUPPRESSED, now, self.number)

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
        """Every row, or those of some statuses, in the order of the list."""
        wanted = ",".join(f"'{status}'" for status in statuses or Status)
        sql = f"SELECT {_COLUMNS} FROM recipient WHERE mailing = ? AND status IN ({wanted}) ORDER BY position, address_key"  # noqa: S608
        return map(_recipient, self.ledger.rows(sql, self.number))

    def asked_for(self, now: float = math.inf) -> int:
        """How many are waiting, were asked for by the last plan, and are due by `now`."""
        sql = f"SELECT count(*) FROM recipient WHERE {_ASKED_FOR}"  # noqa: S608
        return int(self.ledger.value(sql, self.number, now))

    def end(self, now: float = math.inf, *, last: bool) -> Recipient | None:
        """The first or last of them, in the order of the list."""
        order = "DESC" if last else "ASC"
        sql = f"SELECT {_COLUMNS} FROM recipient WHERE {_ASKED_FOR} ORDER BY position {order}, address_key {order} LIMIT 1"  # noqa: S608
        return next((_recipient(row) for row in self.ledger.rows(sql, self.number, now)), None)

    def next_try(self, now: float) -> float | None:
        """When the first of those who wait but were put off is due, or None where nobody was."""
        sql = "SELECT min(due_at) FROM recipient WHERE mailing = ? AND status IN ('waiting', 'deferred') AND due_at > ?"
        found: float | None = self.ledger.value(sql, self.number, now)
        return found

    def claim(self, now: float, count: int, after: tuple[int, str] = (-1, "")) -> list[Recipient]:
        """The next `count` after a place in the list who are due and asked for by the last plan; none of them suppressed.

        Claims live in memory: the run lock lets one sender at a time work on a ledger.
        """
        return [_recipient(row) for row in self.ledger.rows(_CLAIM, self.number, *after, now, count)]

    def intend(self, recipient: Recipient, now: float) -> bool:
        """Commits, synced, that the final dot is about to be written. False: it must not be written."""
        with self.ledger.transaction():
            return self.ledger.change(_INTEND, now, now, self.number, recipient.address_key) == 1

    def record(self, recipient: Recipient, outcome: Outcome) -> None:
        """Commits what became of a message; raises LedgerUnusable where the row is not one that was being worked on."""
        o = outcome
        values = (o.status, o.at, o.code, o.reply, o.due_at, o.status == Status.DEFERRED, o.status not in OPEN)
        with self.ledger.transaction():
            changed = self.ledger.change(_RECORD, *values, self.number, recipient.address_key)
        if changed != 1:
            raise LedgerUnusable("The record of a message changed while it was being sent.", "Run the command again.")

    def take_back(self, recipients: Iterable[Recipient], now: float) -> None:
        """Lets people wait again whose refusal turned out to be about the account; the next plan asks for them."""
        with self.ledger.transaction():
            for recipient in recipients:
                self.ledger.change(_TAKE_BACK, now, self.number, recipient.address_key)

    def recover(self) -> int:
        """After a crash: a message whose intent is recorded without an outcome may have arrived. Returns how many."""
        with self.ledger.transaction():
            return self.ledger.change(_RECOVER, self.number)

    def settle_arrived(self, recipients: Iterable[Recipient], now: float) -> int:
        """Decides that these uncertain messages arrived."""
        with self.ledger.transaction():
            return sum(self.ledger.change(_ARRIVED, now, self.number, r.address_key) for r in recipients)

    def settle_resend(self, recipients: Iterable[Recipient], message_id: Callable[[str, int], str], now: float) -> int:
        """Decides to send these uncertain messages once more, each with a Message-ID of its own (by key and count)."""
        with self.ledger.transaction():
            return sum(
                self.ledger.change(_RESEND, now, message_id(r.address_key, r.again + 1), self.number, r.address_key)
                for r in recipients
            )


def _recipient(row: tuple[Any, ...]) -> Recipient:
    key, address, position, status, *rest = row
    return Recipient(key, address, position, Status(status), *rest)
