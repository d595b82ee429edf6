"""`newsletter inbox`: reads the practice's mailbox for opt-outs, bounces and answers, and changes nothing in it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import click

from newsletter.cli.inbox_report import print_summary, print_summary_as_json
from newsletter.cli.password import INBOX_TOKEN_VARIABLE, INBOX_VARIABLE, TOKEN_VARIABLE, VARIABLE, password_for, token_for
from newsletter.cli.practice_folder import LIST_NAME
from newsletter.cli.terminal import trouble
from newsletter.errors import AccountTrouble, AlreadySending, NewsletterError
from newsletter.ledger.ledger import Ledger, ledger_file
from newsletter.ledger.lock import run_lock
from newsletter.ledger.unrecorded import recover
from newsletter.listen.acquaintances import Acquaintances
from newsletter.listen.consequences import Consequences
from newsletter.listen.imap import MailAccount, MailServer, logged_in
from newsletter.listen.inbox import Inbox
from newsletter.read.inbox import MailboxServer, mailbox_server
from newsletter.read.practice import Practice, read_practice

_SECONDS_BETWEEN_LINES = 5.0
_ABOUT_TOKENS = (
    "The access token must be one for reading mail over IMAP, and for this mailbox; "
    "see `auth` and `token_command` under `inbox`, or `smtp`, in practice.yaml."
)


@click.command("inbox")
@click.option("--json", "json_wanted", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def command(folder: Path, json_wanted: bool) -> None:
    """Read what came back: who wants no more mail, which addresses are dead, whose answers want an answer.

    Only what is new since the last time is read. Nothing in the mailbox is changed: no mail is marked as read, moved or deleted.
    """
    practice = read_practice(folder)
    known = mailbox_server(practice.text.inbox, practice.text.smtp, practice.text.sender.answers_to)
    account = mail_account(known, practice)
    with contextlib.closing(Ledger.open(ledger_file(folder))) as ledger:
        with contextlib.suppress(AlreadySending), run_lock(folder / ".newsletter" / "lock", "reading the mailbox"):
            recover(ledger)  # what a crash left is in doubt from now on, and can be found
        people = Acquaintances(ledger, folder / LIST_NAME)
        consequences = Consequences(ledger, people, time.time, keeps_message_ids=known.keeps_message_ids)
        inbox = Inbox(ledger, consequences, practice.text.sender.email, f"{known.username} at {known.host}", time.time)
        show = print_summary_as_json if json_wanted else print_summary
        try:
            _read(inbox, known, account, quiet=json_wanted)
        except (NewsletterError, KeyboardInterrupt):
            if inbox.summary.mails:  # it is committed, and will not be told again
                show(inbox.summary, known.username, practice.text.timezone, len(consequences.in_doubt))
            raise
        show(inbox.summary, known.username, practice.text.timezone, len(consequences.in_doubt))


def mail_account(known: MailboxServer, practice: Practice) -> MailAccount:
    """The account to read with; the secret of the account that sends counts where it has the same user name."""
    same = known.username == practice.text.smtp.username
    token_variables = (INBOX_TOKEN_VARIABLE, *([TOKEN_VARIABLE] if same else []))
    token = token_for(known.auth, known.token_command, practice.folder, token_variables)
    if not token and known.provider and "password" not in known.provider.imap_auth:
        raise AccountTrouble(
            f"{known.provider.title} takes no password from programs that read a mailbox.",
            "Under `inbox` in practice.yaml write `auth: xoauth2`, and `token_command:` with the command that prints a token.",
        )
    variables = (INBOX_VARIABLE, *([VARIABLE] if same else []))
    password = None if token else password_for(known.username, known.host, variables)
    made = MailAccount(known.host, known.port, known.security, known.username, password, token)
    if token:
        return replace(made, refused=_ABOUT_TOKENS)
    return replace(made, refused=known.provider.refused) if known.provider else made


def _read(inbox: Inbox, known: MailboxServer, account: MailAccount, *, quiet: bool) -> None:
    with logged_in(account) as server:
        for folder in _folders(server, known):
            inbox.read(server, folder, _progress(folder, quiet=quiet))
        inbox.look_for_sent(server, known.sent)


def _folders(server: MailServer, known: MailboxServer) -> Iterator[str]:
    if known.folders:
        yield from known.folders
        return
    yield "INBOX"
    if junk := server.junk:
        yield junk


def _progress(folder: str, *, quiet: bool) -> Callable[[int, int], None]:
    said = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal said
        if not quiet and done < total and time.monotonic() - said > _SECONDS_BETWEEN_LINES:
            said = time.monotonic()
            trouble(f"{done:,} of {total:,} new mails in {folder} are read.")

    return tell
