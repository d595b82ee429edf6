"""How fast and how much an account may send, counted in the ledger so that a restart does not forget."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from newsletter.ledger.ledger import Ledger
from newsletter.read.sending_hours import Window, next_open

_DAY = 86_400.0
_MINUTE = 60.0
_SLOWEST = 60.0  # seconds between two messages that a throttling server can drive us to
_EASING = 0.98  # with each message that gets through after that, a little faster again


@dataclass(frozen=True, slots=True)
class Limits:
    """At most this many messages a minute and in any 24 hours, and only inside these hours of a time zone; None is no limit."""

    per_minute: int | None = None
    per_day: int | None = None
    hours: tuple[Window, ...] = ()
    zone: str = "UTC"


class Gate:
    """Says when the next message of an account may go out; minutes are spread evenly, days are counted back 24 hours."""

    def __init__(self, limits: Limits, ledger: Ledger, account: str, now: float) -> None:
        self._limits = limits
        self._configured = _MINUTE / limits.per_minute if limits.per_minute else 0.0
        self._spacing = self._configured
        self._zone = ZoneInfo(limits.zone)
        self._finished = deque(ledger.finished(account, now - _DAY) if limits.per_day or limits.per_minute else ())
        self._latest = self._finished[-1] if self._finished else 0.0
        self._open = limits == Limits(zone=limits.zone)  # as long as the server does not ask us to wait
        self.held_until = 0.0
        self.advice: tuple[str, str] | None = None  # what the server said when it asked us to wait, and what to do

    def next_time(self, now: float) -> float:
        """When the next message may begin: `now`, or later. Messages that seem to lie in the future count as of now."""
        if self._open:
            return now
        earliest = max(now, self.held_until, min(self._latest, now) + self._spacing)
        if self._limits.per_day:
            while self._finished and self._finished[0] <= now - _DAY:
                self._finished.popleft()
            if len(self._finished) >= self._limits.per_day:
                earliest = max(earliest, min(self._finished[-self._limits.per_day], now) + _DAY)
        if self._limits.hours:
            earliest = next_open(self._limits.hours, datetime.fromtimestamp(earliest, self._zone)).timestamp()
        return earliest

    def enter(self, now: float) -> None:
        """A message begins."""
        self._latest = now
        if self._limits.per_day:
            self._finished.append(now)

    def unused(self) -> None:
        """A message that began was never finished: it takes nobody's place in the day."""
        if self._limits.per_day and self._finished:
            self._finished.pop()

    def hold(self, until: float, advice: tuple[str, str]) -> None:
        """The server asked us to wait."""
        self._open = False
        self.held_until = max(self.held_until, until)
        self.advice = advice

    def slow_down(self) -> None:
        """The server found us too fast: half the pace from here on."""
        self._open = False
        self._spacing = min(max(2 * self._spacing, 0.25), _SLOWEST)

    def ease(self) -> None:
        """A message got through: back to the configured pace, little by little."""
        if self._spacing > self._configured:
            eased = self._spacing * _EASING
            self._spacing = eased if eased > max(self._configured, 0.01) else self._configured
