"""`newsletter suppress`: addresses that must never be mailed again, whatever any list says."""

from __future__ import annotations

import time
from pathlib import Path

import click

from newsletter.cli.terminal import counted, say, typed
from newsletter.errors import Problem, ProblemsFound
from newsletter.ledger.ledger import Ledger, ledger_file
from newsletter.ledger.suppressions import Suppressions
from newsletter.read.practice import read_practice
from newsletter.read.subscribers import LeftOut, address_of


@click.command("suppress")
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS...")
@click.option("--reason", default="asked not to be mailed", show_default=True, help="Why, for the record.")
@click.pass_obj
def command(folder: Path, addresses: tuple[str, ...], reason: str) -> None:
    """Never mail these addresses again, even if a list still has them. It holds at once, also for a send that is running."""
    read_practice(folder)
    known = [(address, address_of(address.strip())) for address in addresses]
    ledger = Ledger.open(ledger_file(folder))
    keys = {found.lower() for _, found in known if isinstance(found, str)}
    new = Suppressions(ledger).add(sorted(keys), " ".join(reason.split()), time.time())
    ledger.close()
    say(f"{counted(new, 'address', 'addresses')} added; {len(keys) - new} were kept out already.")
    wrong = [Problem(address, 0, 0, found.reason) for address, found in known if isinstance(found, LeftOut)]
    if wrong:
        raise ProblemsFound(wrong)
    say(f"Next: {typed('suppressions')}")
