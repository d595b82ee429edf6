"""`newsletter status`: who got an issue and who did not, as counts, as a table for a spreadsheet, or as JSON."""

from __future__ import annotations

from pathlib import Path

import click

from newsletter.cli.list_change import refuse_to_overwrite
from newsletter.cli.practice_folder import LIST_NAME
from newsletter.cli.private_table import write_table
from newsletter.cli.send_report import print_counts
from newsletter.cli.terminal import as_json, counted, moment, say, stamp, typed
from newsletter.errors import Missing, did_you_mean, shown_path
from newsletter.ledger.ledger import Ledger, ledger_file
from newsletter.ledger.mailing import Mailing
from newsletter.ledger.rows import OPEN, Recipient, Status
from newsletter.ledger.sent_record import came_back
from newsletter.read.practice import read_practice

COLUMNS = ("email", "status", "code", "reply", "message_id", "at")


@click.command("status")
@click.argument("issue", required=False)
@click.option(
    "--csv", "csv_path", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), help="Write one row a subscriber."
)
@click.option("--json", "json_wanted", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def command(folder: Path, issue: str | None, csv_path: Path | None, json_wanted: bool) -> None:
    """Show what became of an issue's mails; without ISSUE, of every issue that was sent."""
    if csv_path and not issue:
        raise click.UsageError("--csv needs the ISSUE whose record it is to hold.")
    ledger = Ledger.reading(ledger_file(folder))
    if ledger is None:
        read_practice(folder)
        _nothing_yet(json_wanted)
        return
    mailings = [find_mailing(ledger, issue)] if issue else Mailing.all(ledger)
    if csv_path:
        refuse_to_overwrite(csv_path, folder / LIST_NAME, yes=True)
        write_csv(mailings[0], csv_path)
        say(f"Wrote {shown_path(csv_path)}. It holds addresses: keep it where only you can read it.")
    elif json_wanted:
        shown = [_as_object(mailing, people=bool(issue)) for mailing in mailings]
        as_json(shown[0] if issue else shown)
    elif not mailings:
        _nothing_yet(json_wanted)
    else:
        _show(mailings, read_practice(folder).text.timezone)


def find_mailing(ledger: Ledger, named: str) -> Mailing:
    """The mailing of an issue named by slug or path; raises Missing."""
    slug = slug_of(named)
    found = Mailing.find(ledger, slug)
    if found is None:
        raise Missing(f'"{slug}" was never sent.', did_you_mean(slug, [mailing.issue for mailing in Mailing.all(ledger)]))
    return found


def slug_of(named: str) -> str:
    """The slug of an issue named by slug or path."""
    return Path(named).stem if named.endswith((".yaml", ".yml")) else named


def write_csv(mailing: Mailing, path: Path) -> None:
    """One row a subscriber with the columns of `COLUMNS`; cells that a spreadsheet would run get a quote in front."""
    write_table(path, COLUMNS, (_as_row(recipient).values() for recipient in mailing.recipients()))


def _as_row(recipient: Recipient) -> dict[str, str | int]:
    return {
        "email": recipient.address,
        "status": recipient.status.value,
        "code": "" if recipient.code is None else recipient.code,
        "reply": recipient.reply or "",
        "message_id": recipient.message_id or "",
        "at": stamp(recipient.at),
    }


def _as_object(mailing: Mailing, *, people: bool) -> dict[str, object]:
    shown: dict[str, object] = {"issue": mailing.issue, **{status.value: n for status, n in mailing.counts().items()}}
    if people:
        shown["recipients"] = [_as_row(recipient) for recipient in mailing.recipients()]
    return shown


def _show(mailings: list[Mailing], zone: str) -> None:
    for mailing in mailings:
        counts = mailing.counts()
        say(mailing.issue)
        print_counts(counts)
        if returned := came_back(mailing.ledger, mailing.issue):
            say(f"  {'came back':<10} {returned:>7,}  bounced after the server had taken the mail")
        if latest := mailing.latest():
            say(f"  last mail  {moment(latest, zone)}")
        uncertain = counts[Status.UNCERTAIN] + counts[Status.SENDING]
        if uncertain:
            say(f"Next: {typed('settle', mailing.issue)}   ({counted(uncertain, 'mail')} may or may not have arrived)")
        elif any(counts[status] for status in OPEN):
            say(f"Next: {typed('send', mailing.issue)}")
        else:
            say(f"Who got it, as a table: {typed('status', mailing.issue, '--csv', 'FILE')}")


def _nothing_yet(json_wanted: bool) -> None:
    if json_wanted:
        as_json([])
    else:
        say("Nothing was sent yet.")
        say(f"Next: {typed('send', 'ISSUE', '--rehearse')}")
