"""`newsletter subscribers remove`: takes people off the list, so that no import brings them back."""

from __future__ import annotations

import time
from pathlib import Path

import click

from newsletter.cli.list_change import KeptOut, ListChange, confirm, list_of, say_what_was_before
from newsletter.cli.terminal import counted, say, typed
from newsletter.errors import Problem, ProblemsFound
from newsletter.ledger.journal import Change
from newsletter.ledger.suppressions import Kind, Suppressed
from newsletter.read.list_file import Edits, ListRow
from newsletter.read.practice import read_practice
from newsletter.read.subscribers import LeftOut, address_of

_SOURCE = "subscribers remove"


@click.command("remove")
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS...")
@click.option("--may-return", is_flag=True, help="An import or another row may bring them back.")
@click.option("--yes", is_flag=True, help="Do not ask where several rows go.")
@click.pass_obj
def command(folder: Path, addresses: tuple[str, ...], may_return: bool, yes: bool) -> None:
    """Take every row with these addresses out of the list, and never mail them again, whatever a list or an import says."""
    read_practice(folder)
    listed = list_of(folder)
    keys = _keys(addresses)
    rows = [row for row in listed.rows if row.key in keys]
    absent = [key for key in keys if key not in {row.key for row in rows}]
    if absent and may_return:
        raise ProblemsFound([Problem(key, 0, 0, f"not in {listed.shown}; nothing was changed.") for key in absent])
    for row in rows:
        say(f"  line {row.line}  {_who(row, listed.columns)}")
    if len(rows) > 1:
        confirm(f"take {counted(len(rows), 'row')} out of {listed.shown}", yes=yes)
    now, kept_out = time.time(), KeptOut(folder)
    new = [] if may_return else [key for key in keys if not kept_out.of(key)]
    ListChange(
        _SOURCE,
        Edits(removed=frozenset(row.line for row in rows)),
        [Change(now, key, "removed from the list", _SOURCE) for key in keys if key not in absent],
        [Suppressed(key, Kind.ASKED, "taken off the list", now) for key in new],
    ).make(listed, folder)
    _say_what_was_done(rows, absent, may_return=may_return)
    if rows:
        say_what_was_before(listed)
    say(f"Next: {typed('subscribers', 'list') if may_return else typed('suppressions')}")


def _keys(addresses: tuple[str, ...]) -> list[str]:
    """The addresses in lower case, each once; raises ProblemsFound for those that are none."""
    found = [(address, address_of(address.strip())) for address in addresses]
    wrong = [Problem(address, 0, 0, said.reason) for address, said in found if isinstance(said, LeftOut)]
    if wrong:
        raise ProblemsFound(wrong)
    return list(dict.fromkeys(said.lower() for _, said in found if isinstance(said, str)))


def _who(row: ListRow, columns: list[str]) -> str:
    cells = dict(zip(columns, row.cells, strict=True))
    return "  ".join(filter(None, (cells["email"], cells.get("first_name", ""), cells.get("last_name", ""))))


def _say_what_was_done(rows: list[ListRow], absent: list[str], *, may_return: bool) -> None:
    if rows:
        say(f"{counted(len(rows), 'row')} taken out of the list.")
    for key in absent:
        say(f"{key} is not on the list.")
    if not may_return:
        say("Nobody will mail them again, whatever a list says.")
