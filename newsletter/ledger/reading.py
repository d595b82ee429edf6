"""What the ledger says of one issue or of all, for rooms that only look: checks, previews and tables."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from newsletter.ledger.ledger import Ledger, ledger_file
from newsletter.ledger.mailing import Mailing
from newsletter.ledger.rows import Status
from newsletter.ledger.suppressions import Suppressions

# One walk along the key, nothing to sort: a million rows take a third of a second.
_ALL = """
    SELECT issue, started_at IS NOT NULL, latest, sent, refused, deferred, uncertain, waiting, sending, skipped
    FROM mailing LEFT JOIN (
        SELECT mailing, max(dot_at) AS latest, sum(status = 'sent') AS sent, sum(status = 'refused') AS refused,
            sum(status = 'deferred') AS deferred, sum(status = 'uncertain') AS uncertain, sum(status = 'waiting') AS waiting,
            sum(status = 'sending') AS sending, sum(status = 'skipped') AS skipped
        FROM recipient GROUP BY mailing
    ) ON mailing = id
    ORDER BY planned_at DESC, id DESC
"""


@dataclass(frozen=True)
class Record:
    """An issue's numbers, and who is suppressed. All zero where nothing was ever recorded."""

    ledger: Ledger | None = None
    sent: int = 0
    waiting: int = 0
    uncertain: int = 0
    content_hash: str | None = None

    @cached_property
    def _suppressed(self) -> tuple[frozenset[str], frozenset[str]]:
        """Addresses, and codes."""
        if self.ledger is None:
            return frozenset(), frozenset()
        known = Suppressions(self.ledger)
        return frozenset(one.who for one in known.by_address()), frozenset(one.who for one in known.by_code())

    def suppressed(self, address_key: str) -> bool:
        """Whether an address must not be mailed."""
        addresses, codes = self._suppressed
        if address_key in addresses:
            return True
        keys = self.ledger.keys if self.ledger and codes else None
        return keys is not None and not codes.isdisjoint(keys.codes(address_key))


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


@dataclass(frozen=True, slots=True)
class Counts:
    """How many people of a mailing stand at each status."""

    sent: int = 0
    refused: int = 0
    deferred: int = 0
    uncertain: int = 0
    waiting: int = 0
    sending: int = 0
    skipped: int = 0

    @property
    def total(self) -> int:
        """Everybody who was to get it: all but the skipped."""
        return self.sent + self.refused + self.open + self.in_doubt

    @property
    def open(self) -> int:
        """Those whom the next run mails: waiting, or put off by their server."""
        return self.waiting + self.deferred

    @property
    def in_doubt(self) -> int:
        """Those whose mail may or may not have arrived; one that is being sent is among them until its server has answered."""
        return self.uncertain + self.sending


@dataclass(frozen=True, slots=True)
class MailingRecord:
    """One mailing in a line: `last` is when its last mail was finished (seconds since 1970), None where none was."""

    slug: str
    counts: Counts
    started: bool
    last: float | None


def read_mailings(folder: Path) -> dict[str, MailingRecord]:
    """Every mailing of a practice's folder by its issue's slug, the latest plan first; raises LedgerUnusable."""
    ledger = Ledger.reading(ledger_file(folder))
    if ledger is None:
        return {}
    try:
        return {
            slug: MailingRecord(slug, Counts(*(count or 0 for count in counts)), bool(started), last)
            for slug, started, last, *counts in ledger.rows(_ALL)
        }
    finally:
        ledger.close()
