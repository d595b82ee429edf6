"""`newsletter subscribers forget`: erases a person on their request, and keeps them from ever being mailed again."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import click

from newsletter.cli.list_change import confirm
from newsletter.cli.practice_folder import LIST_NAME
from newsletter.cli.send_job import open_ledger
from newsletter.cli.subscribers_report import ELSEWHERE, Known, cells, key_of, look_up
from newsletter.cli.terminal import counted, facts, moment, say, typed, wrapped
from newsletter.errors import CannotWrite, Problem, ProblemsFound, shown_path
from newsletter.ledger.forgetting import forget
from newsletter.ledger.keys import practice_keys
from newsletter.ledger.ledger import Ledger
from newsletter.ledger.lock import run_lock
from newsletter.ledger.unrecorded import recover
from newsletter.read.list_file import ListFile
from newsletter.read.practice import read_practice
from newsletter.read.traces import broken_off, copies


@click.command("forget")
@click.argument("address")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@click.pass_obj
def command(folder: Path, address: str, yes: bool) -> None:
    """Erase all that is known of ADDRESS, on the person's request.

    A code that stands for the address stays, so that no list and no import can make anybody mail it again. It cannot be undone.
    """
    zone = read_practice(folder).text.timezone
    key = key_of(address)
    own = folder / ".newsletter"
    with (
        run_lock(own / "lock", "erasing somebody"),
        run_lock(own / "rehearsal-lock", "erasing somebody"),
        open_ledger(folder) as ledger,
    ):
        recover(ledger)
        listed = ListFile(folder / LIST_NAME, folder)
        known = look_up(folder, listed, ledger, key)
        _need_whole_rows(known)
        if known.forgotten and not known.anything:
            say(f"They were erased already, {moment(known.forgotten.at, zone)}.")
        else:
            _show(known)
            confirm("erase it for good", yes=yes)
        _erase(folder, known, listed, ledger)
    say("Erased. Nobody will mail them again, whatever a list says.")
    for path in copies(folder, key).others:
        say(f"Still in {shown_path(path)}: delete it there yourself.")
    say(wrapped(f"Out of reach of this program: {'; '.join(ELSEWHERE)}."))
    say(f"Next: {typed('subscribers', 'report', key)}   (shows what is left)")


def _need_whole_rows(known: Known) -> None:
    """Nothing is erased while nobody can tell where the person's row ends; raises ProblemsFound."""
    wrong = [row for row in known.list.rows if broken_off(row)]
    if wrong:
        remedy = "Close the quotation mark there, then run the command again; nothing was erased yet."
        what = "this person's row cannot be told from the next ones:"
        raise ProblemsFound(
            Problem(known.list.shown, row.line, 0, f"{what} {row.left_out.reason}", remedy) for row in wrong if row.left_out
        )


def _show(known: Known) -> None:
    """What goes, what stays, and what this tool cannot reach."""
    say(f"To be erased of {known.key}:")
    rows: list[tuple[str, str]] = []
    for row in known.list.rows:
        said = cells(known, row)
        name = " ".join(filter(None, (said.get("first_name", ""), said.get("last_name", ""))))
        rows.append((f"line {row.line}", f"of {known.list.shown}" + (f": {name}" if name else "")))
    rows += [(f"line {line}", f"of {known.list.shown}: only the cell under {column}") for line, column in known.list.named]
    if known.mails:
        rows.append(("record", f"the address in {counted(len(known.mails), 'mailing')}; their counts stay"))
    if known.suppressed or known.bounces or known.journal:
        rows.append(("record", "why and since when they were not mailed, what came back, and every change noted of them"))
    found = known.copies
    rows += [("copies", f"{shown_path(path)}, the list before its last change, all of it") for path in found.before]
    rows += [("copies", f"{shown_path(path)}/, all of it: a rehearsal with them in it") for path in found.rehearsed]
    rows += [("copies", f"{shown_path(path)}/, all of it: a mail built as theirs") for path in found.built]
    facts(rows or [("nothing", "is known of this address; only the code below would be kept")])
    stays = "What stays: the counts of mailings, and a code made of the address with this practice's key, by which the address is"
    say(wrapped(f"{stays} known again if a list or an import has it. It cannot be read from the code."))


def _erase(folder: Path, known: Known, listed: ListFile, ledger: Ledger) -> None:
    """The ledger first: whatever stops us after it, they are not mailed any more."""
    forget(ledger, practice_keys(folder), known.key, time.time())
    if edits := known.list.edits:
        listed.write(edits)
    for path in copies(folder, known.key).ours:  # also the list as it was a moment ago
        try:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        except OSError as error:
            raise CannotWrite(
                f"{error.filename or path} cannot be erased: {error.strerror or error}.",
                "Close it in other programs, then run the command again.",
            ) from None
