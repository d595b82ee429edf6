"""What is seen while a mailing runs: a bar on a terminal, quiet lines elsewhere; and Ctrl-C, once gently, twice at once."""

from __future__ import annotations

import signal
import sys
import time
from types import FrameType, TracebackType
from typing import Any

from newsletter.cli.terminal import clock_time, moment, trouble
from newsletter.ledger.rows import Recipient, Status

_SECONDS_BETWEEN_LINES = 30.0
_SECONDS_BETWEEN_LOOKS = 0.2
_HALF_A_DAY = 43_200.0


class Progress:
    """Counts messages as they are decided and shows it; nothing is shown with `quiet`."""

    def __init__(self, total: int, zone: str, *, quiet: bool = False) -> None:
        self.total = total
        self.done = 0
        self._zone = zone
        self._started = self._said = time.monotonic()
        self._quiet = quiet
        self._waits = ""
        self._bar: Any = None

    def __enter__(self) -> Progress:
        if not self._quiet and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, TextColumn
            from rich.progress import Progress as Bar

            columns = (BarColumn(bar_width=24), TextColumn("{task.description}"))
            self._bar = Bar(*columns, console=Console(stderr=True), transient=True)
            self._bar.start()
            self._bar.add_task(f"0 of {self.total:,}", total=self.total)
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        if self._bar:
            self._bar.stop()

    def decided(self, _recipient: Recipient, _status: Status) -> None:
        """One more message has its outcome."""
        self.done += 1
        now = time.monotonic()
        if now - self._said >= (_SECONDS_BETWEEN_LOOKS if self._bar else _SECONDS_BETWEEN_LINES) and not self._quiet:
            self._said = now
            if self._bar:
                self._bar.update(0, completed=self.done, description=self.line)
            else:
                trouble(self.line)

    def waiting(self, until: float) -> None:
        """The run waits for long; said once for each time."""
        said = f"Waiting until {moment(until, self._zone)}; Ctrl-C ends it, and the same command goes on later."
        if self._bar:
            self._bar.update(
                0, completed=self.done, description=f"{self.done:,} of {self.total:,} done, {said[:1].lower()}{said[1:]}"
            )
        elif said != self._waits and not self._quiet:
            trouble(said)
        self._waits = said

    @property
    def line(self) -> str:
        """`412 of 2,000 done, 60 a minute, 1,588 left, until about 10:40`."""
        pace = self.done / max(time.monotonic() - self._started, 0.001)
        left = max(self.total - self.done, 0)
        ends = time.time() + left / pace
        when = clock_time(ends, self._zone) if left / pace < _HALF_A_DAY else moment(ends, self._zone)
        return f"{self.done:,} of {self.total:,} done, {pace * 60:,.0f} a minute, {left:,} left, until about {when}"


class Interrupts:
    """Ctrl-C (or a request to end) once: stop after the mails in flight. Twice: stop now."""

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
