"""How fast and how much an account may send, counted in the ledger so that a restart does not forget."""

from __future__ import annotations

from dataclasses import dataclass

from newsletter.ledger.ledger import Ledger

_DAY = 86_400.0
_MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Limits:
    """At most this many messages a minute and in any 24 hours; None is no limit."""

    per_minute: int | None = None
    per_day: int | None = None

    def next_time(self, ledger: Ledger, now: float) -> float:
        """When the next message may be finished: `now`, or later. Minutes are spread evenly, days are counted back 24 hours."""
        earliest = now
        if self.per_day and (oldest := ledger.dot_before(self.per_day)) is not None:
            earliest = max(earliest, min(oldest, now) + _DAY)
        if self.per_minute and (latest := ledger.dot_before(1)) is not None:
            earliest = max(earliest, min(latest, now) + _MINUTE / self.per_minute)
        return earliest
