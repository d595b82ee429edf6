"""`newsletter settle`: decides about mails that may or may not have arrived, because the server's answer was lost."""

from __future__ import annotations

import time
from pathlib import Path

import click

from newsletter.cli.status import find_mailing
from newsletter.cli.terminal import counted, say, typed, wrapped
from newsletter.errors import Missing
from newsletter.ledger.ledger import Ledger, ledger_file
from newsletter.ledger.lock import run_lock
from newsletter.ledger.rows import Recipient, Status
from newsletter.ledger.unrecorded import recover
from newsletter.read.practice import read_practice


@click.command("settle")
@click.argument("issue")
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@click.option("--arrived", is_flag=True, help="They arrived: never send them again.")
@click.option("--resend", is_flag=True, help="Send them once more with the next `newsletter send`.")
@click.pass_obj
def command(folder: Path, issue: str, addresses: tuple[str, ...], arrived: bool, resend: bool) -> None:
    """Decide about the mails of ISSUE whose fate is not known: all of them, or those to some ADDRESSes.

    Most such mails did arrive. To be sure, look for one in the Sent folder of your mailbox, or ask one of the people.
    """
    if arrived and resend:
        raise click.UsageError("--arrived and --resend exclude each other; give one of them.")
    read_practice(folder)
    path = ledger_file(folder)
    if not path.exists():
        raise Missing("Nothing was sent yet, so there is nothing to decide.")
    with run_lock(folder / ".newsletter" / "lock", f"settling {issue}"):
        ledger = Ledger.open(path)
        recover(ledger)
        mailing = find_mailing(ledger, issue)
        chosen = _chosen(list(mailing.recipients(Status.UNCERTAIN)), addresses)
        if not chosen:
            say("No mail of this issue is in doubt.")
        elif arrived:
            count = mailing.settle_arrived(chosen, time.time())
            say(f"{counted(count, 'mail')} set down as arrived. Next: {typed('status', mailing.issue)}")
        elif resend:
            count = mailing.settle_resend(chosen, time.time())
            say(f"{counted(count, 'mail')} will be sent again. Next: {typed('send', mailing.issue)}")
        else:
            _explain(mailing.issue, chosen)
        ledger.close()


def _chosen(uncertain: list[Recipient], addresses: tuple[str, ...]) -> list[Recipient]:
    if not addresses:
        return uncertain
    known = {recipient.address_key: recipient for recipient in uncertain}
    unknown = [address for address in addresses if address.lower() not in known]
    if unknown:
        raise Missing(f"Not in doubt, or not on the record: {', '.join(unknown)}.", "See who is: newsletter settle ISSUE")
    return [known[address.lower()] for address in dict.fromkeys(addresses)]


def _explain(issue: str, chosen: list[Recipient]) -> None:
    say(wrapped(f"The server's answer to {counted(len(chosen), 'mail')} was lost, so it may or may not have arrived:"))
    for recipient in chosen:
        say(f"  {recipient.address}")
        say(wrapped(f"{recipient.reply or ''}; Message-ID {recipient.message_id}", "      "))
    say(wrapped("Most such mails did arrive. Look for one in the Sent folder of your mailbox, then decide:"))
    say(f"  {typed('settle', issue, '--arrived')}   (safe: nobody gets it twice)")
    say(f"  {typed('settle', issue, '--resend')}    (somebody may get it twice)")
