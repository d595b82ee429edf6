"""Small mailings for the tests of ledger and sending: people, plans, a clock that only moves when somebody sleeps."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from smtp_server import SmtpServer

from newsletter.compose.message import Message
from newsletter.ledger.ledger import Ledger
from newsletter.ledger.mailing import Mailing
from newsletter.ledger.rows import Planned, Recipient, Status
from newsletter.send.account import Account, Timeouts
from newsletter.send.connection import Connection
from newsletter.send.limits import Limits
from newsletter.send.mailing import Run, World

SENDER = "news@riverbend.example"
NOW = 1_800_000_000.0
PATIENT = Timeouts(20, 20, 20, 20, 20, 5)


def people(count: int, domains: int = 3) -> list[str]:
    """Addresses in the order of a list, at several domains."""
    return [f"p{number:03}@mail{number % domains}.example" for number in range(count)]


def message_id(key: str, again: int = 0, issue: str = "issue") -> str:
    """What `compose` makes of the practice's key: one ID for each issue, address and decision to send again."""
    return f"{issue}.{again}.{key.replace('@', '.')}@riverbend.example"


def planned(
    addresses: Iterable[str], *, issue: str = "issue", payload: str = "{}", joins: Callable[[str], bool] = lambda _: True
) -> list[Planned]:
    """The addresses as a list would plan them."""
    return [
        Planned(
            address.lower(),
            address,
            position,
            message_id(address.lower(), issue=issue) if joins(address) else "",
            payload if joins(address) else "",
            joins(address),
        )
        for position, address in enumerate(addresses, 2)
    ]


def plan(
    ledger: Ledger,
    addresses: Iterable[str],
    *,
    opted_out: Iterable[str] = (),
    content: str = "content",
    issue: str = "issue",
    payload: str = "{}",
    joins: Callable[[str], bool] = lambda _: True,
    now: float = NOW,
) -> Mailing:
    """Reads a list into an issue's mailing, as `send` does."""
    with ledger.transaction():
        mailing = Mailing.begin(ledger, issue, content, now)
        mailing.plan(content, planned(addresses, issue=issue, payload=payload, joins=joins), lambda: opted_out, now)
    return mailing


def row(mailing: Mailing, address: str) -> Recipient:
    """One address's row."""
    return next(recipient for recipient in mailing.recipients() if recipient.address_key == address.lower())


def statuses(mailing: Mailing) -> dict[str, str]:
    """Everybody's status by address."""
    return {recipient.address: recipient.status.value for recipient in mailing.recipients()}


def write(recipient: Recipient) -> Message:
    """A small mail with the planned Message-ID and a line that begins with a dot."""
    head = f"From: {SENDER}\r\nTo: {recipient.address}\r\nMessage-ID: <{recipient.message_id}>\r\n"
    body = f"\r\nHello {recipient.payload}\r\n.a dot\r\n"
    return Message(SENDER, recipient.address, recipient.message_id, (head + body).encode())


@dataclass
class Clock:
    """A world whose time moves only when somebody sleeps in it, or a test says so."""

    now: float = NOW
    slept: list[float] = field(default_factory=list)
    decided: list[tuple[str, Status]] = field(default_factory=list)
    stop: Callable[[], bool] = lambda: False

    def sleep(self, seconds: float) -> None:
        """Time passes."""
        self.slept.append(seconds)
        self.now += seconds

    @property
    def world(self) -> World:
        """As a Run wants it."""
        return World(lambda: self.now, self.sleep, self.stop, lambda who, status: self.decided.append((who.address, status)))


def run_of(
    mailing: Mailing,
    server: SmtpServer,
    clock: Clock | None = None,
    limits: Limits | None = None,
    *,
    most: int | None = None,
    timeouts: Timeouts = PATIENT,
) -> Run:
    """A run of a mailing into a scripted server."""
    account = Account("127.0.0.1", server.port, "none", timeouts=timeouts)
    return Run(mailing, write, lambda: Connection(account), (clock or Clock()).world, limits or Limits(), most)


def ledger_in(folder: Path) -> Ledger:
    """A practice's ledger, made where there is none."""
    return Ledger.open(folder / ".newsletter" / "ledger.sqlite")
