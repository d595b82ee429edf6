"""Sends a planned mailing to everyone still waiting, one message at a time, each decided before the next.

Per message: MAIL, RCPT, DATA and body; the intent committed and synced; the final dot; the outcome committed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from newsletter.compose.message import Message
from newsletter.errors import AccountTrouble, MessageUnsafe
from newsletter.ledger.mailing import Mailing
from newsletter.ledger.rows import Outcome, Recipient, Status
from newsletter.send.account import Lost, Rejected
from newsletter.send.connection import Connection
from newsletter.send.limits import Limits
from newsletter.send.replies import Phase, Reply, Verdict, judge

_BATCH = 200
_BACKOFF = (2.0, 5.0, 15.0)  # seconds before another connection
_RETRY_AFTER = (300.0, 900.0, 3600.0)  # seconds before a subscriber's next try (RFC 5321 section 4.5.4.1)
_LONGEST_PAUSE = 120.0  # seconds a run waits for a limit; longer ones end it
_TELLING_REFUSALS = 3  # identical ones in a row, at two domains or more, are about us and not about the subscribers
_MOST_UNCERTAIN = 2  # in a row
_CLOSING = 421  # the server ends this connection, often after a pause: no word about the message (RFC 5321 section 3.8)
_ONE_S_OWN = re.compile(r"\S*[@\d]\S*")  # in a reply: addresses and queue numbers


class Stopped(Exception):
    """The person asked the run to end; everything in flight is decided."""


class LimitReached(AccountTrouble):
    """A limit lets nothing more go out for longer than a run waits; `until` is the time to come back."""

    def __init__(self, until: float) -> None:
        super().__init__("The limit of this mail account is reached.")
        self.until = until


@dataclass(slots=True)
class World:
    """What is outside: the clock (seconds since 1970), sleeping, whether to stop, and who wants to hear of progress."""

    clock: Callable[[], float]
    sleep: Callable[[float], None]
    stop_asked: Callable[[], bool]
    progress: Callable[[Recipient, Status], None]


@dataclass(slots=True)
class Run:
    """One run over a mailing; `connect` makes a connection that is not open yet, `write` makes a recipient's message."""

    mailing: Mailing
    write: Callable[[Recipient], Message]
    connect: Callable[[], Connection]
    world: World
    limits: Limits = field(default_factory=Limits)
    most: int | None = None
    _connection: Connection | None = None
    _losses: int = 0
    _uncertain: int = 0
    _refusals: list[tuple[str, Recipient]] = field(default_factory=list)

    def send(self) -> None:
        """Sends until nobody is due. Raises Stopped, LimitReached or AccountTrouble; the ledger is right at every moment."""
        try:
            for done, recipient in enumerate(self._due()):
                if self.most is not None and done >= self.most:
                    break
                self._wait_for_limits()
                if self.world.stop_asked():
                    raise Stopped
                self.world.progress(recipient, self._send_one(recipient).status)
        except (Stopped, LimitReached):
            self._say_goodbye()
            raise
        except BaseException:
            self._drop()
            raise
        self._say_goodbye()

    def _due(self) -> Iterator[Recipient]:
        after = (-1, "")
        while batch := self.mailing.claim(self.world.clock(), _BATCH, after):
            yield from batch
            after = (batch[-1].position, batch[-1].address_key)

    def _wait_for_limits(self) -> None:
        now = self.world.clock()
        until = self.limits.next_time(self.mailing.ledger, now)
        if until - now > _LONGEST_PAUSE:
            raise LimitReached(until)
        if until > now:
            self.world.sleep(until - now)

    def _send_one(self, recipient: Recipient) -> Outcome:
        try:
            message = self.write(recipient)
        except MessageUnsafe as error:
            return self._record(recipient, Status.REFUSED, None, error.message)
        try:
            connection = self._offered(message)
        except Rejected as no:
            return self._decided(recipient, no.phase, no.reply)
        if not self.mailing.intend(recipient, self.world.clock()):
            self._drop()
            return self._record(recipient, Status.SKIPPED, None, "opted out while the mailing was on its way")
        try:
            reply = connection.finish()
        except Lost as lost:
            return self._may_have_arrived(recipient, lost)
        self._uncertain = 0
        if reply.accepted:
            self._refusals.clear()
            return self._record(recipient, Status.SENT, reply.code, reply.text)
        return self._decided(recipient, Phase.DOT, reply)

    def _offered(self, message: Message) -> Connection:
        """A connection on which the message lacks only its dot; connections that break before are tried again."""
        while True:
            try:
                connection = self._opened()
                connection.offer(message.sender, message.recipient, message.content)
            except (Lost, Rejected) as broken:
                if isinstance(broken, Rejected) and broken.reply.code != _CLOSING:
                    raise
                self._drop()
                self._losses += 1
                if self._losses > len(_BACKOFF):
                    raise AccountTrouble(*_about_loss(broken)) from None
                self.world.sleep(_BACKOFF[self._losses - 1])
                if self.world.stop_asked():
                    raise Stopped from None
            else:
                self._losses = 0
                return connection

    def _opened(self) -> Connection:
        if self._connection and self._connection.worn:
            self._connection.close()
            self._connection = None
        if self._connection is None:
            connection = self.connect()
            try:
                connection.open()
            except Rejected as no:
                if no.reply.code == _CLOSING:
                    raise
                raise AccountTrouble(*about_account(no.phase, no.reply)) from None
            self._connection = connection
        return self._connection

    def _decided(self, recipient: Recipient, phase: Phase, reply: Reply) -> Outcome:
        """Records a no; raises AccountTrouble where it is about the account, and then the subscriber stays as they were."""
        verdict = judge(phase, reply)
        if verdict in (Verdict.PAUSE, Verdict.STOP):
            self._drop()
            if phase is Phase.DOT:
                self._record(recipient, Status.WAITING, reply.code, reply.text)
            raise AccountTrouble(*about_account(phase, reply))
        if verdict is Verdict.DEFERRED:
            wait = _RETRY_AFTER[min(recipient.attempts, len(_RETRY_AFTER) - 1)]
            return self._record(recipient, Status.DEFERRED, reply.code, reply.text, wait)
        outcome = self._record(recipient, Status.REFUSED, reply.code, reply.text)
        if verdict is Verdict.BAD_ADDRESS:
            self.mailing.ledger.suppress([recipient.address_key], f"bounced: {reply}", self.world.clock())
        else:
            self._count_refusal(recipient, reply)
        return outcome

    def _may_have_arrived(self, recipient: Recipient, lost: Lost) -> Outcome:
        self._drop()
        self._uncertain += 1
        outcome = self._record(recipient, Status.UNCERTAIN, None, f"no valid answer after the end of the message: {lost.why}")
        if self._uncertain > _MOST_UNCERTAIN:
            message = f"{self._uncertain} messages in a row got no answer, so the run was ended: {lost.why}."
            raise AccountTrouble(message, "Wait a while; then decide about them with `newsletter settle`, and send again.")
        return outcome

    def _count_refusal(self, recipient: Recipient, reply: Reply) -> None:
        words = f"{reply.code} {reply.enhanced} {_ONE_S_OWN.sub('', reply.text)}"
        if self._refusals and self._refusals[-1][0] != words:
            self._refusals.clear()
        self._refusals.append((words, recipient))
        domains = {refused.address.rpartition("@")[2].lower() for _, refused in self._refusals}
        if len(self._refusals) >= _TELLING_REFUSALS and len(domains) > 1:
            self.mailing.take_back((refused for _, refused in self._refusals), self.world.clock())
            message = f"The server refused {len(self._refusals)} messages in a row with the same words: {reply}"
            raise AccountTrouble(
                message, "This is about the mail or the account, not the subscribers. Ask your provider, then send again."
            )

    def _record(self, recipient: Recipient, status: Status, code: int | None, reply: str, wait: float = 0.0) -> Outcome:
        now = self.world.clock()
        outcome = Outcome(status, now, code, reply, now + wait if wait else 0.0)
        self.mailing.record(recipient, outcome)
        return outcome

    def _say_goodbye(self) -> None:
        if self._connection:
            self._connection.close()
            self._connection = None

    def _drop(self) -> None:
        if self._connection:
            self._connection.abort()
            self._connection = None


def _about_loss(broken: Lost | Rejected) -> tuple[str, str]:
    if isinstance(broken, Rejected):
        return about_account(broken.phase, broken.reply)
    message = f"The mail server cannot be used: {broken.why} ({broken.phase})."
    return message, "Check the network and `smtp` in practice.yaml, then run the command again; it goes on where it was."


def about_account(phase: Phase, reply: Reply) -> tuple[str, str]:
    """What a no to the account means, in words, and what to do at the provider."""
    again = "Nobody was left out; run the command again later and it goes on where it was."
    verdict = judge(phase, reply)
    if verdict is Verdict.PAUSE:
        return f"The mail server asks us to wait: {reply}", again
    if phase is Phase.AUTH:
        message = f"The mail server did not accept user name and password: {reply}"
        hint = "Check `username` in practice.yaml and the password. Gmail, iCloud, Yahoo and Fastmail want an app password."
        if "5.7.30" in reply.text or "basic authentication" in reply.text.lower():
            hint = "Microsoft has switched off password sending for this mailbox; its administrator can allow SMTP AUTH for it."
        return message, hint
    if reply.code == 530:
        return f"The mail server wants a login or encryption first: {reply}", "Check `username` and `security` in practice.yaml."
    if phase is Phase.MAIL and (reply.code == 552 or reply.enhanced == "5.3.4"):
        return f"The mail is larger than the mail server takes: {reply}", "Use fewer or smaller pictures."
    if phase is Phase.MAIL:
        message = f"The mail server does not let this account send as the sender's address: {reply}"
        return message, "Check `sender.email` in practice.yaml, and that the account may use it."
    return f"The mail server refused ({phase}): {reply}", f"Ask your provider what it means. {again}"
