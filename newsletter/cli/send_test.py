"""`newsletter send --test`: one real mail to one address, so that a person sees it in their own mail program."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import click

from newsletter.cli.password import password_for
from newsletter.cli.preflight import stop_on_errors
from newsletter.cli.send_job import Job
from newsletter.cli.terminal import as_json, say, typed
from newsletter.compose.identity import Identity
from newsletter.errors import AccountTrouble, NothingToSend
from newsletter.ledger.ledger import Ledger, ledger_file
from newsletter.ledger.suppressions import Suppressions
from newsletter.read.subscribers import LeftOut, Subscriber, address_of
from newsletter.send.account import Account, Lost, Rejected
from newsletter.send.advice import about_account
from newsletter.send.connection import Connection, Letter
from newsletter.send.replies import Phase, Reply
from newsletter.send.wire import alone


def send_test(job: Job, address: str, as_email: str | None) -> int:
    """One real mail, written for a subscriber, to another address; the ledger is not asked and not told."""
    to = address_of(address)
    if isinstance(to, LeftOut):
        raise click.BadParameter(to.reason, param_hint="--test")
    chosen = job.practice.subscriber(as_email)
    reply = checked_test(job, chosen, to)
    if job.json:
        as_json({"issue": job.mail.issue.slug, "mode": "test", "to": to, "as": chosen.email, "reply": str(reply)})
    else:
        say(f"One mail went to {to}, as {chosen.email} would get it. The server said: {reply}")
        say("Next: open it on your phone and your computer.")
    return 0


def checked_test(
    job: Job, chosen: Subscriber, to: str, password: Callable[[str | None, str], str | None] = password_for
) -> Reply:
    """The mail of a subscriber to another address, after the checks; raises what stops it, in words."""
    known = Ledger.reading(ledger_file(job.folder))
    if known and Suppressions(known).of(to.lower()):
        raise NothingToSend(f"{to} must never be mailed again (see: {typed('suppressions')}).", "Give another address.")
    stop_on_errors(job.mail, job.practice.subscribers_if_any, job.keys)
    return send_one(job, job.account(password), chosen, to)


def send_one(job: Job, account: Account, chosen: Subscriber, to: str) -> Reply:
    """The mail of a subscriber to another address; raises AccountTrouble where the server did not take it."""
    subscriber = replace(chosen, email=to)
    once = f"test.{secrets.token_hex(12)}@{job.mail.practice.domain}"
    message = job.mail.message(subscriber, Identity(once, job.keys.token(subscriber.key), datetime.now(UTC)))
    connection = Connection(account)
    try:
        alone(connection.open())
        alone(connection.offer(Letter(message.sender, message.recipient, message.content, message.message_id)))
        reply = alone(connection.finish())
    except Rejected as no:
        raise AccountTrouble(*about_account(account, no.phase, no.reply)) from None
    except Lost as lost:
        fate = "may or may not have been sent" if lost.phase is Phase.DOT else "was not sent"
        raise AccountTrouble(
            f"The test mail {fate}: {lost.why} ({lost.phase}).", "Check the network and `smtp` in practice.yaml."
        ) from None
    alone(connection.close())
    if not reply.accepted:
        raise AccountTrouble(f"The server refused the test mail: {reply}", "Ask your provider what it means.")
    return reply
