"""Small mailings for the tests of ledger and sending: people, plans, a clock that only moves when somebody sleeps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from smtp_server import SmtpServer

from newsletter.compose.message import Message
from newsletter.ledger.ledger import Ledger
from newsletter.ledger.mailing import Mailing
from newsletter.ledger.planning import Reading
from newsletter.ledger.rows import Outcome, Recipient, Status
from newsletter.send.account import Account, Timeouts
from newsletter.send.limits import Limits
from newsletter.send.mailing import Run
from newsletter.send.terms import Manner, World

SENDER = "news@riverbend.example"
NOW = 1_800_000_000.0
PATIENT = Timeouts(20, 20, 20, 20, 20, 5)


def people(count: int, domains: int = 3) -> list[str]:
    """Addresses in the order of a list, at several domains."""
    return [f"p{number:03}@mail{number % domains}.example" for number in range(count)]


def message_id(key: str, again: int = 0, issue: str = "issue") -> str:
    """What `compose` makes of the practice's key: one ID for each issue, address and decision to send again."""
    return f"{issue}.{again}.{key.replace('@', '.')}@riverbend.example"


class Planned(NamedTuple):
    """One row of a list: an address, and what is needed to write to it; None where the run does not ask for it."""

    address: str
    payload: str | None


def read_list(mailing: Mailing, content: str, people: Iterable[Planned], opted_out: Iterable[str], now: float) -> None:
    """Reads a list into a mailing, inside a transaction of the caller."""
    reading = Reading(mailing.ledger, mailing.number, now)
    rows: dict[str, list[tuple[str, str | None, int]]] = defaultdict(list)

    def taken() -> Iterator[tuple[str, str | None, int]]:
        for line, person in enumerate(people, 1):
            rows[person.address.lower()].append((*person, line))
            yield rows[person.address.lower()][-1]

    reading.take(taken())
    for address_key in opted_out:
        reading.forbid("", 0, address_key)
    reading.drop_forbidden(0)
    reading.drop_forgotten(0)
    for key in list(reading.contested()):
        reading.settle([line for *_, line in rows[key]], rows[key][0], key)
    reading.join(content)


def planned(addresses: Iterable[str], *, payload: str = "{}", joins: Callable[[str], bool] = lambda _: True) -> list[Planned]:
    """The addresses as a list would plan them."""
    return [Planned(address, payload if joins(address) else None) for address in addresses]


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
        read_list(mailing, content, planned(addresses, payload=payload, joins=joins), opted_out, now)
    return mailing


def row(mailing: Mailing, address: str) -> Recipient:
    """One address's row."""
    return next(recipient for recipient in mailing.recipients() if recipient.address_key == address.lower())


def statuses(mailing: Mailing) -> dict[str, str]:
    """Everybody's status by address."""
    return {recipient.address: recipient.status.value for recipient in mailing.recipients()}


def writer(issue: str) -> Callable[[Recipient], Message]:
    """Writes small mails with the issue's Message-ID for a person and a line that begins with a dot."""

    def write(recipient: Recipient) -> Message:
        own_id = message_id(recipient.address_key, recipient.again, issue)
        head = f"From: {SENDER}\r\nTo: {recipient.address}\r\nMessage-ID: <{own_id}>\r\n"
        body = f"\r\nHello {recipient.payload}\r\n.a dot\r\n"
        return Message(SENDER, recipient.address, own_id, (head + body).encode())

    return write


def due(mailing: Mailing, now: float = NOW, count: int = 10) -> list[Recipient]:
    """Whom a run would take now: those put off whose time has come, then the list."""
    return [*mailing.claim_put_off(now, count), *mailing.claim(now, count)][:count]


def intend(mailing: Mailing, recipient: Recipient, now: float = NOW) -> bool:
    """One intent, committed and synced."""
    with mailing.ledger.transaction():
        return mailing.intend([(recipient, message_id(recipient.address_key, recipient.again, mailing.issue))], now)[0]


def record(mailing: Mailing, recipient: Recipient, outcome: Outcome) -> None:
    """One outcome, committed and synced."""
    with mailing.ledger.transaction():
        mailing.record([(recipient, outcome)])


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
        return World(
            lambda: self.now,
            self.sleep,
            self.stop,
            lambda who, status: self.decided.append((who.address, status)),
            lambda: self.now,
        )


def run_of(
    mailing: Mailing,
    server: SmtpServer,
    clock: Clock | None = None,
    limits: Limits | None = None,
    *,
    timeouts: Timeouts = PATIENT,
    **manner: Any,
) -> Run:
    """A run of a mailing into a scripted server."""
    account = Account("127.0.0.1", server.port, "none", timeouts=timeouts)
    how = Manner(limits=limits or Limits(), **manner)
    return Run(mailing, account, writer(mailing.issue), (clock or Clock()).world, how)


def ledger_in(folder: Path) -> Ledger:
    """A practice's ledger, made where there is none."""
    return Ledger.open(folder / ".newsletter" / "ledger.sqlite")
