"""Mails that came back: each counted once, and the rule that says when somebody is not mailed any more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from newsletter.ledger.ledger import Ledger
from newsletter.ledger.suppressions import Kind, Suppressed, Suppressions

SOFT_LIMIT = 5  # temporary failures ...
SOFT_DAYS = 30  # ... within so many days ...
SOFT_MAILINGS = 3  # ... of so many issues
_TOO_OFTEN = f"""
    SELECT 1 FROM bounce AS last WHERE address_key = ?1 AND weight = 'soft' AND (
        SELECT count(*) >= {SOFT_LIMIT} AND count(DISTINCT issue) >= {SOFT_MAILINGS} FROM bounce
        WHERE address_key = ?1 AND weight = 'soft' AND at BETWEEN last.at - {SOFT_DAYS * 86_400} AND last.at
    )
"""  # noqa: S608  # numbers of ours


class Weight(StrEnum):
    """What a bounce says of an address: HARD is suppressed at once, SOFT counts, POLICY says nothing of it."""

    HARD = "hard"
    SOFT = "soft"
    POLICY = "policy"


@dataclass(frozen=True, slots=True)
class Bounce:
    """A mail that came back: `event` is the same however often it is read, `status` an enhanced status code (RFC 3463) or empty,
    `issue` empty where nobody knows which, `at` in seconds since 1970."""

    event: str
    address_key: str
    weight: Weight
    status: str
    issue: str
    at: float


class Bounces:
    """The bounces of an open ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def note(self, bounce: Bounce, source: str) -> bool:
        """Counts a bounce, once, and suppresses the address where it is time to; whether it is new.

        Call it inside a transaction.
        """
        row = (bounce.event, bounce.address_key, bounce.weight, bounce.status, bounce.issue, bounce.at)
        if not self._ledger.change("INSERT INTO bounce VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", *row):
            return False
        said = f" ({bounce.status})" if bounce.status else ""
        if bounce.weight is Weight.HARD:
            why = f"bounced: there is no such mailbox{said}"
        elif bounce.weight is Weight.SOFT and self._ledger.value(_TOO_OFTEN, bounce.address_key):
            why = f"bounced: {SOFT_LIMIT} mails of {SOFT_MAILINGS} issues came back within {SOFT_DAYS} days{said}"
        else:
            return True
        Suppressions(self._ledger).note(Suppressed(bounce.address_key, Kind.BOUNCED, why, bounce.at), source)
        return True

    def of(self, address_key: str) -> Iterator[Bounce]:
        """The bounces of an address, in order of time."""
        sql = "SELECT event, address_key, weight, status, issue, at FROM bounce WHERE address_key = ? ORDER BY at"
        for event, key, weight, status, issue, at in self._ledger.rows(sql, address_key):
            yield Bounce(event, key, Weight(weight), status, issue, at)
