"""Takes opt-outs by code into the ledger, durable before they are confirmed, and says how somebody stands."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from newsletter.ledger.journal import BACK, Journal
from newsletter.ledger.ledger import Ledger
from newsletter.ledger.suppressions import Kind, Suppressions

RETURNS = 5  # how often one person may subscribe again in a day; an opt-out always counts
BY_LINK = "opted out by the link in a mail"
_DAY = 86_400.0  # seconds
_JUST_NOW = 600.0  # seconds for which the page says that somebody is subscribed again
_SOURCE = "page"


class Wish(StrEnum):
    """What somebody wants of the page."""

    LOOK = "look"
    LEAVE = "leave"
    RETURN = "return"


class Standing(NamedTuple):
    """How somebody stands, as a page of `page_words.Words`, and whether this wish changed it."""

    page: str
    changed: bool


class OptOutDesk:
    """One open ledger with a thread of its own: SQLite wants that, and a sync holds up nobody's page."""

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        self._path = path
        self._clock = clock
        self._thread = ThreadPoolExecutor(1)
        self._ledger: Ledger | None = None
        self._file: tuple[int, int] | None = None

    def open(self) -> None:
        """Makes sure that the ledger can be written, before anybody asks; raises LedgerUnusable."""
        self._thread.submit(self._opened).result()

    def close(self) -> None:
        """Lets go of the ledger, after what was begun."""
        if self._ledger:
            self._thread.submit(self._ledger.close).result()
        self._thread.shutdown()

    async def wish(self, wish: Wish, code: str) -> Standing:
        """Does what is wished; what was changed is on the disk by then. Raises LedgerUnusable, and then nothing was changed."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._done, wish, code)

    def _done(self, wish: Wish, code: str) -> Standing:
        ledger, now, changed = self._opened(), self._clock(), False
        suppressions = Suppressions(ledger)
        back = [line.at for line in Journal(ledger).of(code) if line.what == BACK]
        if wish is Wish.LEAVE:
            changed = suppressions.opt_out(code, BY_LINK, now, _SOURCE)
        elif wish is Wish.RETURN and suppressions.of_code(code):
            if sum(at > now - _DAY for at in back) >= RETURNS:
                return Standing("too_often", changed=False)
            changed = suppressions.opt_in(code, now, _SOURCE)
            back.append(now)
        if found := suppressions.of_code(code):
            return Standing("left" if found.kind is Kind.OPTED_OUT else "barred", changed)
        return Standing("back" if max(back, default=0.0) > now - _JUST_NOW else "ask", changed)

    def _opened(self) -> Ledger:
        """The ledger; opened anew where another file has taken its place, as after a restored backup."""
        if self._ledger is None or self._file != _identity(self._path):
            if self._ledger:
                self._ledger.close()
                self._ledger = None
            self._ledger = Ledger.open(self._path)
            self._file = _identity(self._path)
        return self._ledger


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
