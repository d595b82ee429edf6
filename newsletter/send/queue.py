"""Who is next: those who were put off and are due, then the list in its order, last those at whom the line kept breaking."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from newsletter.ledger.mailing import Mailing
from newsletter.ledger.rows import Recipient

_BATCH = 200  # read from the ledger at once


class Queue:
    """Recipients of a mailing, each given out once until their outcome is committed; at most `most` of them."""

    def __init__(self, mailing: Mailing, most: int | None) -> None:
        self._mailing = mailing
        self._most = most
        self._begun = 0
        self._next: deque[Recipient] = deque()
        self._last: deque[Recipient] = deque()
        self._after = 0  # the number of the last one who was claimed
        self._busy: set[int] = set()  # numbers of those who were given out and are not decided

    def __len__(self) -> int:
        """How many are at hand; there may be more in the ledger."""
        return len(self._next)

    @property
    def full(self) -> bool:
        """Whether as many were given out as may be."""
        return self._most is not None and self._begun >= self._most

    def somebody(self, now: float) -> bool:
        """Whether anybody is left to take; reads on in the ledger where nobody is at hand."""
        if not self._next and not self.full:
            self._next.extend(r for r in self._mailing.claim_put_off(now, _BATCH) if r.number not in self._busy)
            if batch := self._mailing.claim(now, _BATCH, self._after):
                self._after = batch[-1].number
                self._next.extend(batch)
            if not self._next:
                self._next, self._last = self._last, self._next
        return bool(self._next) and not self.full

    def take(self) -> Recipient:
        """The next one, of whom `somebody` has just said that they are there."""
        self._begun += 1
        recipient = self._next.popleft()
        self._busy.add(recipient.number)
        return recipient

    def put_back(self, recipient: Recipient) -> None:
        """Somebody is as they were, and is next."""
        self._begun -= 1
        self._next.appendleft(recipient)

    def put_last(self, recipient: Recipient) -> None:
        """Somebody is as they were, and comes after everybody else."""
        self._begun -= 1
        self._last.append(recipient)

    def decided(self, recipients: Iterable[Recipient]) -> None:
        """Their outcomes are committed."""
        self._busy.difference_update(recipient.number for recipient in recipients)
