"""What every way of sending needs: the issue, the list, the account, and a ledger to plan in."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from newsletter.cli.password import password_for, token_for
from newsletter.cli.practice_folder import PracticeFolder
from newsletter.cli.terminal import typed
from newsletter.compose.identity import Identities
from newsletter.compose.mail import Mail
from newsletter.compose.message import Message
from newsletter.errors import CannotWrite
from newsletter.ledger.keys import Keys, keys_for_looking, practice_keys
from newsletter.ledger.ledger import Ledger, ledger_file
from newsletter.ledger.mailing import Mailing
from newsletter.ledger.rows import Recipient
from newsletter.ledger.suppressions import Suppressions
from newsletter.read.audience import Audience
from newsletter.read.providers import Server, server
from newsletter.send.account import Account
from newsletter.send.correction import corrected
from newsletter.send.limits import Limits
from newsletter.send.plan import Plan, Planner, as_subscriber
from newsletter.send.terms import Manner


@dataclass
class Job:
    """One issue for one list, and how the person wants it sent."""

    practice: PracticeFolder
    mail: Mail
    limit: int | None
    audience: Audience
    json: bool
    correction_of: str | None = None
    looking: bool = False  # a dry run makes no key where there is none

    @property
    def folder(self) -> Path:
        """The practice's folder."""
        return self.practice.path

    def send_again(self, *more: str) -> str:
        """`newsletter send` for the same issue, list and audience, as it is to be typed."""
        chosen = ["--to", str(self.practice.list_path)] if self.practice.list_path else []
        chosen += self.audience.words
        chosen += ["--correction-of", self.correction_of] if self.correction_of else []
        return typed("send", self.mail.issue.slug, *chosen, *more)

    @property
    def zone(self) -> str:
        """The practice's time zone."""
        return self.mail.practice.text.timezone

    @cached_property
    def keys(self) -> Keys:
        """The practice's secret keys."""
        return keys_for_looking(self.folder) if self.looking else practice_keys(self.folder)

    @cached_property
    def identities(self) -> Identities:
        """Makes Message-IDs and unsubscribe codes for this issue."""
        return Identities(self.keys, self.mail.issue.slug, self.mail.practice.domain)

    @cached_property
    def server(self) -> Server:
        """The practice's mail server."""
        return server(self.mail.practice.text.smtp)

    @property
    def limits(self) -> Limits:
        """What the account may send, and when."""
        return Limits(self.server.per_minute, self.server.per_day, self.server.hours, self.zone)

    def plan(self, ledger: Ledger, record: Ledger | None = None, *, only_known: bool = False) -> Plan:
        """Reads the list into the ledger, inside the caller's transaction.

        `record` is where earlier issues stand, if elsewhere. With `only_known` nobody joins who is not in the mailing yet.
        """
        slug, now = self.mail.issue.slug, time.time()
        earlier = corrected(record or ledger, slug, self.correction_of)
        own = Mailing.begin(ledger, slug, self.mail.content_hash, now)
        if earlier and own.corrects != earlier.issue:
            own.correct(earlier.issue)
        rules = [*([own.has] if only_known else []), *([earlier.reached] if earlier else [])]
        wanted = (lambda address_key: all(rule(address_key) for rule in rules)) if rules else None
        return Planner(self.mail, self.practice.subscribers, self.audience, wanted).plan(ledger, now)

    def write(self, recipient: Recipient) -> Message:
        """The mail of one ledger row; its Message-ID follows from issue, address and how often it was decided to send again."""
        now = datetime.now(UTC).replace(microsecond=0)
        return self.mail.message(as_subscriber(recipient), self.identities.of(recipient.address_key, now, recipient.again))

    def account(self, password: Callable[[str | None, str], str | None] = password_for) -> Account:
        """The account to send with; `password` gives that of a user name at a host."""
        known = self.server
        token = token_for(known.auth, known.token_command, self.folder) if known.username else None
        return Account(
            host=known.host,
            port=known.port,
            security=known.security,
            username=known.username,
            password=None if token else password(known.username, known.host),
            token=token,
            provider=known.provider,
            local_name=self.mail.practice.domain,
        )


@dataclass(frozen=True)
class Wishes:
    """How a real send is to go: confirmed already, when to start, with how many as canary, whether to stay, when to brake."""

    confirmed: bool
    start: float | None
    canary: int | None
    stay: bool
    brake: float

    def manner(self, job: Job) -> Manner:
        """As the sender wants it."""
        return Manner(job.server.connections, job.limits, job.limit, self.stay, self.brake)


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
    ledger = Ledger.open(path, real.keys if real else None)
    if real:
        Suppressions(ledger).copy_from(Suppressions(real))
    return ledger
