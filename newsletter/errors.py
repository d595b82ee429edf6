"""Every failure we expect, as one tree: each is a sentence for the person at the keyboard, never a traceback."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong in one place of a file; `line` and `column` count from 1, and 0 means the whole file."""

    path: str
    line: int
    column: int
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        place = self.path
        if self.line:
            place += f":{self.line}"
            if self.column:
                place += f":{self.column}"
        return f"{place}: {self.message}" + (f" {self.remedy}" if self.remedy else "")


class NewsletterError(Exception):
    """Something that the person at the keyboard can put right; the command ends with exit code 1."""

    def __init__(self, message: str, next_step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step

    def __str__(self) -> str:
        return self.message + (f"\n{self.next_step}" if self.next_step else "")


class ProblemsFound(NewsletterError):
    """A file that we cannot read as it stands, with everything that is wrong with it at once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class Missing(NewsletterError):
    """A file or folder that a command needs is not there; the next step names the command that makes it."""


class CannotWrite(NewsletterError):
    """The disk, the folder's rights or a file that is already there stopped us from writing."""


class LedgerUnusable(NewsletterError):
    """The record of who was sent what cannot be opened, read or written; nothing may be sent without it."""


class AlreadySending(NewsletterError):
    """Another run holds the lock on this practice's ledger."""


class ContentChanged(NewsletterError):
    """The issue was edited after the first message of its mailing was claimed."""


class NothingToSend(NewsletterError):
    """A send that would reach nobody."""


class StartMissed(NewsletterError):
    """The time at which a send was to start is over; it is not made up for."""


class NotConfirmed(NewsletterError):
    """The person did not type the number of recipients, or there was nobody to ask."""


class AccountTrouble(NewsletterError):
    """The mail server, the network or the login is not usable; no subscriber is charged for it."""


class MessageUnsafe(NewsletterError):
    """A finished message failed its last audit: its header block is not exactly what we meant to write."""


def shown_path(path: Path, folder: Path | None = None) -> str:
    """`path` as a person would write it: relative to `folder` or to the present folder where it lies below."""
    for base in (folder, Path.cwd()):
        if base is not None:
            try:
                return path.resolve().relative_to(base.resolve()).as_posix()
            except ValueError:
                continue
    return str(path)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`Did you mean "title"?`, or the known words when none is close; empty when there are none to offer."""
    words = [str(k) for k in known]
    close = difflib.get_close_matches(word.lower(), [w.lower() for w in words], n=1, cutoff=0.6)
    if close:
        best = next(w for w in words if w.lower() == close[0])
        return f'Did you mean "{best}"?'
    return f"Known here: {', '.join(sorted(words))}." if words else ""
