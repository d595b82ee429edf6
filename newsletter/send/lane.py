"""One connection at work: takes one recipient after the other from a run, and tells it what became of each."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from typing import Any, NamedTuple, Protocol

from newsletter.compose.message import Message
from newsletter.errors import AccountTrouble, MessageUnsafe
from newsletter.ledger.rows import Recipient, Status
from newsletter.send.account import Account, Lost, Rejected
from newsletter.send.connection import Connection, Letter
from newsletter.send.conversation import CLOSING
from newsletter.send.loop import Pause, Work
from newsletter.send.replies import Phase, Reply, Verdict, judge

_BACKOFF = (2.0, 5.0, 15.0)  # seconds before another connection
_BACKOFF_UNDER_WAY = (2.0, 5.0, 15.0, 60.0, 120.0)  # once something got through: a network that sleeps wakes up again
_OLD = 10.0  # seconds of silence after which a server may have hung up without meaning anything by it
_OPTED_OUT = "opted out while the mailing was on its way"


class Cut(Exception):
    """Thrown into a lane that must end where it stands."""


class Intent(NamedTuple):
    """To go on once the intent to write this message's dot is committed and synced; True, or False: it must not be written."""

    recipient: Recipient
    message_id: str


class Job(NamedTuple):
    """One recipient and what they get."""

    recipient: Recipient
    message_id: str
    letter: Letter


class Orders(Protocol):
    """What a lane asks of its run, and tells it (see `mailing.Run`)."""

    account: Account
    sent_so_far: int
    write: Callable[[Recipient], Message]

    def turn(self, lane: Lane) -> Work: ...  # said in Run
    def ready(self, lane: Lane) -> bool: ...
    def take(self, lane: Lane) -> Recipient | None: ...
    def opened(self) -> None: ...
    def sent(self, recipient: Recipient, reply: Reply) -> None: ...
    def refused(self, recipient: Recipient, verdict: Verdict, phase: Phase, reply: Reply) -> None: ...
    def unsent(self, recipient: Recipient, status: Status, why: str) -> None: ...
    def uncertain(self, recipient: Recipient, why: str, dot_at: float) -> None: ...
    def put_back(self, recipient: Recipient, phase: Phase, reply: Reply) -> None: ...
    def account_said(self, lane: Lane, verdict: Verdict, phase: Phase, reply: Reply) -> None: ...
    def give_back(self, recipient: Recipient, broken: Lost | Rejected) -> bool: ...
    def waits_for_the_line(self, recipient: Recipient, broken: Lost | Rejected) -> bool: ...
    def about_loss(self, broken: Lost | Rejected) -> tuple[str, str]: ...
    def end(self, trouble: AccountTrouble) -> None: ...


class Lane:
    """One connection of a run, opened when there is something to send, and again whenever it breaks."""

    def __init__(self, run: Orders) -> None:
        self.run = run
        self.connection: Connection | None = None
        self.ahead: Job | None = None  # who comes next, where their envelope can go out with the dot of the one before
        self.retired = False  # one connection too many
        self.in_doubt = False  # between the dot and its answer: it must not be cut
        self.at_work = False  # with a message on its way
        self.leaving = False  # saying goodbye, which does not take long
        self._losses = 0
        self._since = 0  # what the run had sent when the first of them happened
        self._last_used = 0.0

    def work(self) -> Work:
        """Until the run has nobody left for it. What ends the whole run is told to the run, not raised."""
        try:
            while True:
                if self.ahead is None:
                    yield from self.run.turn(self)
                    self.ahead = self._next()
                if self.ahead is None:
                    break
                job, self.ahead = self.ahead, None
                self.at_work = True
                yield from self._send(job)
                self.at_work = self.ahead is not None
            yield from self.hang_up()
        except Cut:
            if not self.at_work:
                yield from self.hang_up()
        except AccountTrouble as trouble:
            self.run.end(trouble)
            if not self.at_work:
                yield from self.hang_up()
        finally:
            self._drop()

    def _next(self) -> Job | None:
        """Takes the next recipient and writes the letter; None where there is nobody for this lane."""
        while recipient := self.run.take(self):
            try:
                message = self.run.write(recipient)
            except MessageUnsafe as error:
                self.run.unsent(recipient, Status.REFUSED, error.message)
            else:
                letter = Letter(message.sender, message.recipient, message.content, message.message_id)
                return Job(recipient, message.message_id, letter)
        return None

    def hang_up(self) -> Work:
        """Says goodbye where there is somebody to say it to."""
        if self.connection:
            connection, self.connection = self.connection, None
            self.leaving = True
            yield from connection.close()
            self.leaving = False

    def _send(self, job: Job) -> Work:
        recipient = job.recipient
        try:
            connection = yield from self._offered(job)
        except Rejected as no:
            self._said_no(recipient, no.phase, no.reply)
            return
        if connection is None:
            return
        if connection.pipelines and self.run.ready(self):
            self.ahead = self._next()
        if not (yield Intent(recipient, job.message_id)):
            self._drop()
            self.run.unsent(recipient, Status.SKIPPED, _OPTED_OUT)
            return
        dot_at = time.monotonic()
        self.in_doubt = True
        try:
            reply = yield from connection.finish(self.ahead.letter if self.ahead else None)
        except Lost as lost:
            self._drop()
            self.run.uncertain(recipient, lost.why, dot_at)
            return
        finally:
            self.in_doubt = False
        self._last_used = time.monotonic()
        if reply.accepted:
            self.run.sent(recipient, reply)
        else:
            self._said_no(recipient, Phase.DOT, reply)

    def _offered(self, job: Job) -> Generator[Any, Any, Connection | None]:
        """A connection on which the letter lacks only its dot; connections that break before are tried again.

        None: the recipient was given back to the run.
        """
        while True:
            idle = time.monotonic() - self._last_used if self.connection else 0.0
            try:
                connection = yield from self._opened()
                yield from connection.offer(job.letter)
            except (Lost, Rejected) as broken:
                if isinstance(broken, Rejected) and not _hung_up(broken):
                    raise
                self._drop()
                if idle > _OLD and broken.phase in (Phase.MAIL, Phase.RESET):
                    continue  # it had grown old: a fresh one tells whether anything is wrong
                if not (yield from self._lost(job.recipient, broken)):
                    return None
            else:
                return connection

    def _lost(self, recipient: Recipient, broken: Lost | Rejected) -> Generator[Any, Any, bool]:
        """Waits before another connection; False where the recipient was given back. Raises AccountTrouble after many."""
        if self.run.sent_so_far > self._since:
            self._losses, self._since = 0, self.run.sent_so_far
        backoff = _BACKOFF_UNDER_WAY if self.run.sent_so_far and broken.phase is Phase.CONNECT else _BACKOFF
        self._losses += 1
        if self._losses <= len(backoff):
            yield Pause(backoff[self._losses - 1])
            return True
        if self._losses == len(backoff) + 1 and self.run.give_back(recipient, broken):
            return False
        if self.run.waits_for_the_line(recipient, broken):
            self._losses = len(backoff)  # the next one alone makes it wait again
            return False
        raise AccountTrouble(*self.run.about_loss(broken))

    def _opened(self) -> Generator[Any, Any, Connection]:
        if self.connection and self.connection.cut:
            self.connection = None
        elif self.connection and self.connection.worn:
            yield from self.hang_up()
        if self.connection is None:
            connection = Connection(self.run.account)
            yield from connection.open()
            self.connection = connection
            self.run.opened()
        return self.connection

    def _said_no(self, recipient: Recipient, phase: Phase, reply: Reply) -> None:
        """Tells the run; where it is about the account, the subscriber stays as they were."""
        verdict = judge(phase, reply)
        if verdict in (Verdict.PAUSE, Verdict.CROWDED, Verdict.QUOTA, Verdict.STOP):
            self._drop()
            if self.ahead:
                self.run.put_back(self.ahead.recipient, Phase.MAIL, reply)
                self.ahead = None
            self.run.put_back(recipient, phase, reply)
            self.run.account_said(self, verdict, phase, reply)
        else:
            self.run.refused(recipient, verdict, phase, reply)

    def _drop(self) -> None:
        if self.connection:
            self.connection.abort()
            self.connection = None


def _hung_up(no: Rejected) -> bool:
    """Whether a no is only the end of a connection, often after a pause, and no word about the message or how many there are."""
    return no.reply.code == CLOSING and judge(no.phase, no.reply) is Verdict.PAUSE
