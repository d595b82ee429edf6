"""The words of the ledger: statuses, rows, and what became of a message."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

GONE = "no longer on the list"
OPTED_OUT = "opted out"


class Status(StrEnum):
    """What became of one subscriber's message."""

    WAITING = "waiting"  # planned; at most what comes before the final dot was asked of the server
    SENDING = "sending"  # the intent to write the final dot is on disk; found after a crash: may have arrived
    SENT = "sent"  # the server took the whole message
    REFUSED = "refused"  # a permanent no; not again for this issue
    DEFERRED = "deferred"  # a temporary no; tried again later
    UNCERTAIN = "uncertain"  # may or may not have arrived; only a person decides (`settle`)
    SKIPPED = "skipped"  # suppressed, opted out, or gone from the list since the plan was made


OPEN = (Status.WAITING, Status.DEFERRED)


class Recipient(NamedTuple):
    """One row of a mailing; `number` is its place. The Message-ID is there once an intent was committed."""

    number: int
    address: str
    status: Status
    payload: str | None
    again: int
    attempts: int
    first_at: float | None
    due_at: float
    message_id: str | None
    at: float | None
    code: int | None
    reply: str | None

    @property
    def address_key(self) -> str:
        """What makes two spellings one subscriber."""
        return self.address.lower()


class Outcome(NamedTuple):
    """What became of one message: a status, the server's code and words, and when; `due_at` for the next try."""

    status: Status
    at: float
    code: int | None = None
    reply: str = ""
    due_at: float = 0.0
