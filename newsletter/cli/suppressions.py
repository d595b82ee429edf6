"""`newsletter suppressions`: who must never be mailed, why, and since when."""

from __future__ import annotations

from pathlib import Path

import click

from newsletter.cli.terminal import as_json, counted, moment, say, stamp, typed
from newsletter.ledger.ledger import Ledger, ledger_file
from newsletter.read.practice import read_practice


@click.command("suppressions")
@click.option("--json", "json_wanted", is_flag=True, help="Print a JSON list.")
@click.pass_obj
def command(folder: Path, json_wanted: bool) -> None:
    """List the addresses that are never mailed."""
    zone = read_practice(folder).text.timezone
    ledger = Ledger.reading(ledger_file(folder))
    rows = list(ledger.suppressions()) if ledger else []
    if json_wanted:
        as_json([{"email": key, "reason": reason, "at": stamp(at)} for key, reason, at in rows])
        return
    for key, reason, at in rows:
        say(f"{key:<34}  {moment(at, zone)}  {reason}")
    say(f"{counted(len(rows), 'address', 'addresses')}. Add one with: {typed('suppress', 'ADDRESS')}")
