"""What the ledger says of one issue, for rooms that only look: checks, previews and tables."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from newsletter.ledger.ledger import Ledger, ledger_file
from newsletter.ledger.mailing import Mailing
from newsletter.ledger.rows import Status


@dataclass(frozen=True)
class Record:
    """An issue's numbers, and who is suppressed. All zero where nothing was ever recorded."""

    ledger: Ledger | None = None
    sent: int = 0
    waiting: int = 0
    uncertain: int = 0
    content_hash: str | None = None

    @cached_property
    def _suppressed(self) -> frozenset[str]:
        return frozenset(key for key, _, _ in self.ledger.suppressions()) if self.ledger else frozenset()

    def suppressed(self, address_key: str) -> bool:
        """Whether an address must not be mailed."""
        return address_key in self._suppressed


def read_record(folder: Path, issue: str) -> Record:
    """What is recorded of an issue. `content_hash` is the frozen one, None while nothing has been sent."""
    ledger = Ledger.reading(ledger_file(folder))
    mailing = Mailing.find(ledger, issue) if ledger else None
    if mailing is None:
        return Record(ledger)
    counts = mailing.counts()
    return Record(
        ledger,
        sent=counts[Status.SENT],
        waiting=counts[Status.WAITING] + counts[Status.DEFERRED],
        uncertain=counts[Status.UNCERTAIN] + counts[Status.SENDING],
        content_hash=mailing.content_hash if mailing.started else None,
    )
