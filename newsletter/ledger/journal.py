"""Every change of the list and of who may be mailed, with its time and where it came from: what a practice can show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from newsletter.ledger.ledger import Ledger

BACK = "subscribed again"
"""What the journal says of somebody who took their own opt-out back."""
LIFTED = "suppression lifted"
"""What it says of somebody whom the practice brought back."""


class Change(NamedTuple):
    """One line: `who` is an address (lower case) or a code, empty where it is about many; `source` a command, mailbox or page."""

    at: float
    who: str
    what: str
    source: str
    detail: str = ""


class Journal:
    """The journal of an open ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def note(self, changes: Iterable[Change]) -> None:
        """Writes lines; call it inside the transaction that makes the changes."""
        self._ledger.change_many("INSERT INTO journal (at, who, what, source, detail) VALUES (?, ?, ?, ?, ?)", changes)

    def of(self, *who: str) -> Iterator[Change]:
        """The lines about somebody, by address and codes, the oldest first."""
        marks = ", ".join("?" * len(who))
        sql = f"SELECT at, who, what, source, detail FROM journal WHERE who IN ({marks}) ORDER BY number"  # noqa: S608
        yield from map(Change._make, self._ledger.rows(sql, *who))

    def last(self, count: int) -> list[Change]:
        """The latest lines, the newest last."""
        sql = "SELECT at, who, what, source, detail FROM journal ORDER BY number DESC LIMIT ?"
        return [*map(Change._make, self._ledger.rows(sql, count))][::-1]

    def all(self) -> Iterator[Change]:
        """Every line, the oldest first."""
        yield from map(Change._make, self._ledger.rows("SELECT at, who, what, source, detail FROM journal ORDER BY number"))
