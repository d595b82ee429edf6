"""What is seen while a mailing runs: a bar on a terminal, quiet lines elsewhere; and Ctrl-C, once gently, twice at once."""

from __future__ import annotations

import signal
import sys
import time
from types import FrameType, TracebackType
from typing import Any

from newsletter.cli.terminal import trouble
from newsletter.ledger.rows import Recipient, Status

_SECONDS_BETWEEN_LINES = 30.0


class Progress:
    """Counts messages as they are decided and shows it; nothing is shown with `quiet`."""

    def __init__(self, total: int, *, quiet: bool = False) -> None:
        self.total = total
        self.done = 0
        self.counts = dict.fromkeys(Status, 0)
        self.started = time.monotonic()
        self._said = self.started
        self._quiet = quiet
        self._bar: Any = None

    def __enter__(self) -> Progress:
        if not self._quiet and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar

            columns = (TextColumn("Sending"), BarColumn(), MofNCompleteColumn(), TextColumn("left:"), TimeRemainingColumn())
            self._bar = Bar(*columns, console=Console(stderr=True), transient=True)
            self._bar.start()
            self._bar.add_task("send", total=self.total)
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        if self._bar:
            self._bar.stop()

    @property
    def seconds(self) -> float:
        """How long it has taken."""
        return time.monotonic() - self.started

    def decided(self, _recipient: Recipient, status: Status) -> None:
        """One more message has its outcome."""
        self.done += 1
        self.counts[status] += 1
        if self._bar:
            self._bar.update(0, completed=self.done)
        elif not self._quiet and time.monotonic() - self._said >= _SECONDS_BETWEEN_LINES:
            self._said = time.monotonic()
            a_minute = self.done / self.seconds * 60
            left = (self.total - self.done) / a_minute if a_minute else 0
            trouble(f"{self.done:,} of {self.total:,} done, {a_minute:,.0f} a minute, about {left:,.0f} minutes left.")


class Interrupts:
    """Ctrl-C (or a request to end) once: stop after the mail in flight. Twice: stop now."""

    def __init__(self) -> None:
        self._asked = False  # no lock: a signal handler may run in the middle of anything
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Interrupts:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._ask)
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def asked(self) -> bool:
        """Whether to stop."""
        return self._asked

    def sleep(self, seconds: float) -> None:
        """Waits, but not past a request to stop."""
        until = time.monotonic() + seconds
        while not self._asked and (left := until - time.monotonic()) > 0:
            time.sleep(min(0.2, left))

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        if self._asked:
            raise KeyboardInterrupt
        self._asked = True
        trouble("\nStopping after the mail that is on its way. Press Ctrl-C again to stop at once.")
