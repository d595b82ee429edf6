""" "Send me a test": one real mail to the practice's own address, through a door that the command hands in."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from newsletter.errors import NewsletterError
from newsletter.read.subscribers import Subscriber


class Trial(Protocol):
    """Sends the mail of an issue, as `reader` would get it, to the practice's own address; gives a sentence on how it went.

    Raises NewsletterError where it did not go, and SecretWanted where it needs the account's password to.
    """

    def __call__(self, issue: Path, reader: Subscriber, secret: str | None) -> str: ...


class SecretWanted(NewsletterError):
    """Nothing gives the account's password but a person; `message` says of what it is."""


@dataclass(slots=True)
class TrialDesk:
    """Does one trial at a time and tells the page in words what came of it."""

    trial: Trial
    _one: threading.Lock = field(default_factory=threading.Lock)

    def attempt(self, issue: Path, reader: Subscriber, secret: str | None) -> dict[str, Any]:
        """`{"ok", "words", "next", "secret"}`; `secret` says what to type where it was wanted, else it is empty."""
        with self._one:
            try:
                return {"ok": True, "words": self.trial(issue, reader, secret), "next": "", "secret": ""}
            except SecretWanted as wanted:
                return {"ok": False, "words": "", "next": "", "secret": wanted.message}
            except NewsletterError as error:
                return {"ok": False, "words": error.message, "next": error.next_step, "secret": ""}
            except Exception as error:  # noqa: BLE001  # a bug is told without its own text, which could hold an address
                words = f"This is a bug in the test mail: {type(error).__name__}. It was probably not sent."
                return {"ok": False, "words": words, "next": "Please report it.", "secret": ""}
