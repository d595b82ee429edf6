"""The last changes of the list and of who may be mailed, as `newsletter subscribers report` shows them without an address."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from newsletter.cli.practice_folder import LIST_NAME
from newsletter.cli.terminal import as_json, moment, say, stamp, typed, wrapped
from newsletter.ledger.journal import Change, Journal
from newsletter.ledger.ledger import Ledger, ledger_file
from newsletter.ledger.suppressions import Kind
from newsletter.listen.acquaintances import Acquaintances

_MOST = 20


def show_changes(folder: Path, zone: str, *, json_wanted: bool) -> None:
    """Prints the last lines of the journal, the newest last; raises LedgerUnusable."""
    changes = list(_last(folder))
    if json_wanted:
        as_json([{**change._asdict(), "at": stamp(change.at)} for change in changes])
        return
    for change in changes:
        say(f"{moment(change.at, zone):<23} {change.what} ({change.source})")
        for text in filter(None, (change.who, change.detail)):
            say(wrapped(text, "    "))
    say("The newest change is the last one." if changes else "No change has been written down yet.")
    say(f"All that is known of one person: {typed('subscribers', 'report', 'ADDRESS')}")


def _last(folder: Path) -> Iterator[Change]:
    """The last lines, with an address for each code whose person is on the list or the record."""
    ledger = Ledger.reading(ledger_file(folder))
    if ledger is None:
        return
    people = Acquaintances(ledger, folder / LIST_NAME)
    for change in Journal(ledger).last(_MOST):
        if not change.who or "@" in change.who:
            yield change
        elif change.what == f"suppressed: {Kind.FORGOTTEN}":
            yield change._replace(who="(erased on request)", detail="")
        else:
            yield change._replace(who=people.address_of(change.who) or "(known by a code alone)")
    ledger.close()
