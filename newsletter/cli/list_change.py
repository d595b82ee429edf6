"""How commands change the list: who is kept out, the question before, and the order in which things are written."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import click

from newsletter.cli.practice_folder import LIST_NAME
from newsletter.cli.terminal import say
from newsletter.errors import CannotWrite, NotConfirmed, shown_path
from newsletter.ledger.journal import Change, Journal
from newsletter.ledger.ledger import Ledger, ledger_file
from newsletter.ledger.lock import run_lock
from newsletter.ledger.suppressions import Kind, Suppressed, Suppressions
from newsletter.read.left_out import LeftOut, forgotten
from newsletter.read.list_file import Edits, ListFile


class KeptOut:
    """Everybody who must never be mailed, as the ledger has it now; raises LedgerUnusable."""

    def __init__(self, folder: Path) -> None:
        self._by_who: dict[str, Suppressed] = {}
        self._keys = None
        if ledger := Ledger.reading(ledger_file(folder)):
            suppressions = Suppressions(ledger)
            suppressions.need_keys()
            self._by_who = {one.who: one for one in (*suppressions.by_address(), *suppressions.by_code())}
            self._keys = ledger.keys
            ledger.close()

    def of(self, address_key: str) -> Suppressed | None:
        """Why an address must not be mailed, or None where it may."""
        codes = self._keys.codes(address_key) if self._keys else ()
        return next((found for who in (address_key, *codes) if (found := self._by_who.get(who))), None)

    def left_out(self, line: int, email: str) -> LeftOut | None:
        """The same as a row that is left out."""
        found = self.of(email.lower())
        if found is None or found.kind is Kind.FORGOTTEN:
            return found and forgotten(line)
        return LeftOut(line, email, "suppressed", f"suppressed ({found.kind}): {found.reason}")


@dataclass(frozen=True, slots=True)
class ListChange:
    """One change of the list by a command, `source`: what is edited, what the journal says of it, and who is suppressed.

    `lifted` are addresses (lower case) whose suppressions are taken back.
    """

    source: str
    edits: Edits
    journal: Sequence[Change]
    suppressed: Sequence[Suppressed] = ()
    lifted: Sequence[str] = ()

    def make(self, listed: ListFile, folder: Path) -> None:
        """Suppresses first and writes the list second: wherever it breaks off, nobody is mailed who refused.

        A send that runs need not wait for it: it has read its list, and asks for suppressions before each mail.
        """
        with (
            run_lock(folder / ".newsletter" / "list-lock", "changing the list"),
            closing(Ledger.open(ledger_file(folder))) as ledger,
        ):
            suppressions = Suppressions(ledger)
            with ledger.transaction():
                for one in self.suppressed:
                    suppressions.note(one, self.source)
            with ledger.transaction():
                suppressions.lift(self.lifted, time.time(), self.source)
                Journal(ledger).note(self.journal)
                if self.edits:
                    listed.write(self.edits)


def list_of(folder: Path) -> ListFile:
    """The practice's list, to be changed."""
    return ListFile(folder / LIST_NAME, folder)


def refuse_to_overwrite(path: Path, *needed: Path, yes: bool) -> None:
    """Raises CannotWrite where a file is there already, unless --yes was given; those that are `needed` stay in any case."""
    if any(path.exists() and other.exists() and path.samefile(other) for other in needed):
        raise CannotWrite(f"{shown_path(path)} is still needed and was not overwritten.", "Give another name.")
    if path.exists() and not yes:
        raise CannotWrite(f"{shown_path(path)} is there already.", "Give another name, or add --yes to overwrite it.")


def confirm(to_do: str, *, yes: bool) -> None:
    """Wants `yes` typed before something is done, unless the command had --yes; raises NotConfirmed."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise NotConfirmed("Nothing was changed: there is nobody to confirm it.", "To do it without being asked, add --yes.")
    answer = click.prompt(f"Type yes to {to_do}, or Enter to stop", default="", show_default=False, err=True)
    if answer.strip().lower() != "yes":
        raise NotConfirmed("Nothing was changed.")


def say_what_was_before(listed: ListFile) -> None:
    """Where the list is as it was before it was written, if there was one."""
    if listed.was_there:
        say(f"The list as it was before: {shown_path(listed.before)}")
