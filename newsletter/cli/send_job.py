"""What every way of sending needs: the issue, the list, the account, and a ledger to plan in."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from newsletter.cli.password import password_for
from newsletter.cli.practice_folder import PracticeFolder
from newsletter.cli.terminal import typed
from newsletter.compose.identity import Identities, Identity
from newsletter.compose.mail import Mail
from newsletter.compose.message import Message
from newsletter.errors import CannotWrite
from newsletter.ledger.keys import key, key_for_looking
from newsletter.ledger.ledger import Ledger, ledger_file
from newsletter.ledger.rows import Recipient
from newsletter.read.providers import Server, server
from newsletter.send.account import Account
from newsletter.send.plan import Plan, Planner, as_subscriber


@dataclass
class Job:
    """One issue for one list, and how the person wants it sent."""

    practice: PracticeFolder
    mail: Mail
    limit: int | None
    tag: str | None
    json: bool
    looking: bool = False  # a dry run makes no key where there is none

    @property
    def folder(self) -> Path:
        """The practice's folder."""
        return self.practice.path

    def send_again(self, *more: str) -> str:
        """`newsletter send` for the same issue, list and tag, as it is to be typed."""
        chosen = ["--to", str(self.practice.list_path)] if self.practice.list_path else []
        chosen += ["--tag", self.tag] if self.tag else []
        return typed("send", self.mail.issue.slug, *chosen, *more)

    @property
    def zone(self) -> str:
        """The practice's time zone."""
        return self.mail.practice.text.timezone

    @cached_property
    def key(self) -> bytes:
        """The practice's secret."""
        return key_for_looking(self.folder) if self.looking else key(self.folder)

    @cached_property
    def identities(self) -> Identities:
        """Makes Message-IDs and unsubscribe codes for this issue."""
        return Identities(self.key, self.mail.issue.slug, self.mail.practice.domain)

    @cached_property
    def server(self) -> Server:
        """The practice's mail server."""
        return server(self.mail.practice.text.smtp)

    def plan(self, ledger: Ledger) -> Plan:
        """Reads the list into the ledger, inside the caller's transaction."""
        return Planner(self.mail, self.practice.subscribers, self.identities, self.tag).plan(ledger, time.time())

    def write(self, recipient: Recipient) -> Message:
        """The mail of one ledger row, with the Message-ID that was planned for it."""
        subscriber = as_subscriber(recipient)
        token = self.identities.token(recipient.address_key)
        return self.mail.message(subscriber, Identity(recipient.message_id, token, datetime.now(UTC)))

    def account(self) -> Account:
        """The account to send with; asks for the password where nothing else gives it."""
        known = self.server
        return Account(known.host, known.port, known.security, known.username, password_for(known.username, known.host))


@contextmanager
def open_ledger(folder: Path) -> Iterator[Ledger]:
    """The practice's ledger while inside."""
    ledger = Ledger.open(ledger_file(folder))
    try:
        yield ledger
    finally:
        ledger.close()


def fresh_ledger(path: Path, real: Ledger | None) -> Ledger:
    """An empty ledger with the practice's suppressions, in place of an earlier rehearsal's."""
    try:
        for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
            path.with_name(name).unlink(missing_ok=True)
    except OSError as error:
        raise CannotWrite(f"{path} cannot be written: {error.strerror or error}.", "Check the folder's rights.") from None
    ledger = Ledger.open(path)
    if real:
        ledger.copy_suppressions(real)
        real.close()
    return ledger
