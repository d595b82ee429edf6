"""On what terms a run goes: what it is told to do, what is outside of it, and the two ways in which it ends early."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from newsletter.errors import AccountTrouble
from newsletter.ledger.rows import Recipient, Status
from newsletter.send.limits import Limits


class Stopped(Exception):
    """The person asked the run to end; everything in flight is decided."""


class LimitReached(AccountTrouble):
    """Nothing more may go out for longer than a run waits; `until` is the time to come back.

    `advice` is what happened and what to do where the server asked for it; None where the practice's own limits did.
    """

    def __init__(self, until: float, advice: tuple[str, str] | None = None) -> None:
        ours = ("The limit of this mail account is reached.", "Run the command again later; it goes on where it was.")
        super().__init__(*(advice or ours))
        self.until = until
        self.advice = advice


@dataclass(slots=True)
class World:
    """What is outside: the clock (seconds since 1970), sleeping, whether to stop, and who wants to hear of progress.

    `ticks` are seconds that never jump; `waiting` hears until when a run waits that has to wait for long.
    """

    clock: Callable[[], float]
    sleep: Callable[[float], None]
    stop_asked: Callable[[], bool]
    progress: Callable[[Recipient, Status], None]
    ticks: Callable[[], float] = time.monotonic
    waiting: Callable[[float], None] = lambda _until: None


@dataclass(frozen=True, slots=True)
class Manner:
    """How a run goes: how many connections at once, within which limits, and at most how many messages.

    With `stay` it waits for as long as it takes; `most_refused` is the share of refusals, 0 to 1, that ends it.
    """

    connections: int = 1
    limits: Limits = field(default_factory=Limits)
    most: int | None = None
    stay: bool = False
    most_refused: float = 1.0
