"""Sends a planned mailing to everyone still waiting, over several connections at once, each message decided before its next.

Per message: MAIL, RCPT, DATA and body; the intent committed and synced; the final dot; the outcome committed. Intents of
connections that wait at the same time share one commit, and outcomes ride along.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from newsletter.compose.message import Message
from newsletter.errors import AccountTrouble, LedgerUnusable
from newsletter.ledger.mailing import Mailing
from newsletter.ledger.rows import Outcome, Recipient, Status
from newsletter.ledger.suppressions import Kind, Suppressions
from newsletter.ledger.unrecorded import set_down
from newsletter.send.account import Account, Lost, Rejected
from newsletter.send.advice import about_account, about_wrong_port
from newsletter.send.brakes import Brakes
from newsletter.send.lane import Cut, Intent, Lane
from newsletter.send.limits import Gate
from newsletter.send.loop import Loop, Pause, Task, Work
from newsletter.send.queue import Queue
from newsletter.send.replies import Phase, Reply, Verdict
from newsletter.send.terms import LimitReached, Manner, Stopped, World

_RETRY_AFTER = (300.0, 900.0, 3600.0)  # seconds before a subscriber's next try (RFC 5321 section 4.5.4.1)
_GIVE_UP_AGE = 86_400.0  # seconds after the first temporary no,
_GIVE_UP_TRIES = 3  # and so many of them: then it is a permanent one
_LONGEST_PAUSE = 120.0  # seconds a run waits for a limit; longer ones end it, unless it is told to stay
_NAP = 30.0  # seconds after which a waiting run looks at the clock again: a computer may have slept
_THROTTLED = (5.0, 15.0, 60.0)  # seconds to wait when the server asks us to slow down, and then
_THROTTLED_FOR_LONG = 900.0
_LOGINS_REFUSED = 300.0
_LINE_IS_DOWN = 300.0  # seconds until a run that stays tries the network again
_QUOTA = 86_400.0  # a used-up day: providers count back 24 hours
_STALE = 0.02  # seconds an outcome waits for company before it is committed alone
_GLANCE = 0.25  # seconds between two looks at whether somebody asked to stop


class Run:
    """One run over a mailing; `write` makes a recipient's message. Sends once: make another Run to go on."""

    def __init__(
        self,
        mailing: Mailing,
        account: Account,
        write: Callable[[Recipient], Message],
        world: World,
        manner: Manner,
    ) -> None:
        self.mailing = mailing
        self.account = account
        self.write = write
        self.sent_so_far = 0
        self._world = world
        self._manner = manner
        self._gate = Gate(manner.limits, mailing.ledger, account.name, world.clock())
        self._brakes = Brakes(self._take_back, manner.most_refused)
        self._loop = Loop(world.ticks, world.sleep)
        self._lanes: dict[Task, Lane] = {}
        self._grow = False
        self._queue = Queue(mailing, manner.most)
        self._given_back: dict[int, int] = {}  # by number: how many had been sent when the line broke at them
        self._outcomes: list[tuple[Recipient, Outcome]] = []
        self._bounced: set[str] = set()  # address keys that this run suppressed
        self._throttled = 0  # times in a row
        self._ending: Exception | None = None

    def send(self) -> None:
        """Sends until nobody is due. Raises Stopped, LimitReached or AccountTrouble; the ledger is right at every moment."""
        try:
            self._start_lane()
            while self._loop.tasks:
                if self._loop.wishes:
                    self._commit_and_grant()
                elif self._outcomes and self._loop.only_pauses:
                    self._commit()
                moved = self._loop.turn(0.0 if self._loop.wishes else _STALE if self._outcomes else _GLANCE)
                if self._outcomes and not moved and not self._loop.wishes:
                    self._commit()
                self._open_more()
                self._cut_who_must_end()
        finally:
            self._loop.close()
            self._commit()
        if self._ending:
            raise self._ending

    # What lanes ask for

    def turn(self, lane: Lane) -> Work:
        """Waits until the limits let a message begin, or there is a reason to take none.

        Where there is one lane alone, no other's intent comes along soon for an outcome to ride with.
        """
        if len(self._loop.tasks) == 1:
            self._commit()
        while not lane.retired and not self._over:
            now = self._world.clock()
            if self._somebody():
                until = self._gate.next_time(now)
                if until <= now:
                    return
            elif (later := self._next_put_off(now, lane)) is not None:
                until = later
            else:
                return
            if until - now > _LONGEST_PAUSE and not self._manner.stay:
                raise LimitReached(until, self._gate.advice if until <= self._gate.held_until else None)
            if until - now > _NAP:
                self._world.waiting(until)
                yield from lane.hang_up()
            yield Pause(min(until - now, _NAP))

    def ready(self, lane: Lane) -> bool:
        """Whether a message may be announced before the answer to the one before: only who wants several connections hurries."""
        now, hurried = self._world.clock(), self._manner.connections > 1
        return hurried and not lane.retired and not self._over and self._somebody() and self._gate.next_time(now) <= now

    def take(self, lane: Lane) -> Recipient | None:
        """The next to send to; None: there is nobody for this lane."""
        if lane.retired or self._over or not self._somebody():
            return None
        self._gate.enter(self._world.clock())
        return self._queue.take()

    # What lanes report

    def opened(self) -> None:
        """A connection stands: host, encryption and login are right, so that others may follow."""
        self._grow = True

    def sent(self, recipient: Recipient, reply: Reply) -> None:
        """The server took the message."""
        self.sent_so_far += 1
        self._throttled = 0
        self._gate.ease()
        self._brakes.arrived()
        self._decide(recipient, Status.SENT, reply)

    def refused(self, recipient: Recipient, verdict: Verdict, phase: Phase, reply: Reply) -> None:
        """The server said no to this recipient or message; raises AccountTrouble where a brake takes hold."""
        if phase is not Phase.DOT:
            self._gate.unused()
        if verdict is Verdict.DEFERRED:
            self._put_off(recipient, reply)
            return
        self._decide(recipient, Status.REFUSED, reply)
        bad_address = verdict is Verdict.BAD_ADDRESS
        if bad_address:
            new = Suppressions(self.mailing.ledger).add(
                [recipient.address_key], f"bounced: {reply}", self._world.clock(), Kind.BOUNCED, "send"
            )
            self._bounced |= {recipient.address_key} if new else set()
        self._brakes.refused(recipient, reply, bad_address=bad_address)

    def unsent(self, recipient: Recipient, status: Status, why: str) -> None:
        """The message was not sent for a reason of our own."""
        self._gate.unused()
        self._decide(recipient, status, Reply(0, why))

    def uncertain(self, recipient: Recipient, why: str, dot_at: float) -> None:
        """No valid answer came to the dot, written at `dot_at` (monotonic); raises AccountTrouble after many."""
        self._decide(recipient, Status.UNCERTAIN, Reply(0, f"no valid answer after the end of the message: {why}"))
        self._brakes.uncertain(why, dot_at, time.monotonic())

    def put_back(self, recipient: Recipient, phase: Phase, reply: Reply) -> None:
        """The server spoke of the account: the recipient is as they were, and is next."""
        if phase is Phase.DOT:
            self._note(recipient, Status.WAITING, reply)
        else:
            self._gate.unused()
        self._queue.put_back(recipient)

    def account_said(self, lane: Lane, verdict: Verdict, phase: Phase, reply: Reply) -> None:
        """Makes everybody wait, or this lane retire; raises AccountTrouble where waiting does not help."""
        now, advice = self._world.clock(), about_account(self.account, phase, reply)
        if verdict is Verdict.STOP:
            raise AccountTrouble(*advice)
        if verdict is Verdict.CROWDED and len(self._loop.tasks) > 1:
            lane.retired = True
        elif verdict is Verdict.QUOTA:
            self._gate.hold(now + _QUOTA, advice)
        elif phase is Phase.AUTH:
            self._gate.hold(now + _LOGINS_REFUSED, advice)
        else:
            self._gate.slow_down()
            wait = _THROTTLED[self._throttled] if self._throttled < len(_THROTTLED) else _THROTTLED_FOR_LONG
            self._throttled += 1
            self._gate.hold(now + wait, advice)

    def give_back(self, recipient: Recipient, broken: Lost | Rejected) -> bool:
        """The line broke at this recipient again and again: tries others first, to see whose fault it is.

        False where it does not look like theirs, or where there is nobody else to try.
        """
        before = self._given_back.get(recipient.number)
        if broken.phase not in (Phase.RCPT, Phase.DATA, Phase.BODY) or before == self.sent_so_far:
            return False
        if before is not None:
            self._gate.unused()
            self._put_off(recipient, Reply(0, "the server breaks the connection at this address"))
            return True
        if not self._somebody():
            return False
        self._gate.unused()
        self._given_back[recipient.number] = self.sent_so_far
        self._queue.put_last(recipient)
        return True

    def waits_for_the_line(self, recipient: Recipient, broken: Lost | Rejected) -> bool:
        """Whether a run that stays, and has sent before, tries again later; then the recipient is next."""
        if not (self._manner.stay and self.sent_so_far):
            return False
        self._gate.hold(self._world.clock() + _LINE_IS_DOWN, self.about_loss(broken))
        self.put_back(recipient, Phase.MAIL, Reply(0, ""))
        return True

    def about_loss(self, broken: Lost | Rejected) -> tuple[str, str]:
        """What happened and what to do, once many connections in a row broke."""
        if isinstance(broken, Rejected):
            return about_account(self.account, broken.phase, broken.reply)
        message = f"The mail server cannot be used: {broken.why} ({broken.phase})."
        remedy = about_wrong_port(self.account) or "Check the network and `smtp` in practice.yaml."
        return message, f"{remedy} Then run the command again; it goes on where it was."

    def end(self, trouble: AccountTrouble) -> None:
        """Ends the run: whoever waits for the answer to a dot still waits for it, all others stop where they stand."""
        self._ending = self._ending or trouble

    # Lanes

    def _start_lane(self) -> None:
        lane = Lane(self)
        self._lanes[self._loop.start(lane.work())] = lane

    def _open_more(self) -> None:
        """The other connections, once the first one stands: a wrong password is said once, not by all of them."""
        if self._grow:
            self._grow = False
            for _ in range(min(self._manner.connections - len(self._lanes), len(self._queue))):
                self._start_lane()

    def _cut_who_must_end(self) -> None:
        """After trouble everybody whose dot is not written; at a limit or a wish to stop those who only wait for something."""
        if self._world.stop_asked():
            self._ending = self._ending or Stopped()
        if self._ending:
            for task, lane in list(self._lanes.items()):
                sending = isinstance(self._ending, (Stopped, LimitReached)) and lane.at_work and task.wake_at is None
                if task in self._loop.tasks and not (lane.in_doubt or lane.leaving or sending):
                    del self._lanes[task]
                    self._loop.throw(task, Cut())

    # Recipients

    @property
    def _over(self) -> bool:
        return self._ending is not None or self._world.stop_asked()

    def _somebody(self) -> bool:
        return self._queue.somebody(self._world.clock())

    def _next_put_off(self, now: float, lane: Lane) -> float | None:
        """When a run that stays until everybody is decided goes on; the last lane waits for it."""
        others = (other for task, other in self._lanes.items() if task in self._loop.tasks and other is not lane)
        if not self._manner.stay or self._queue.full or not all(other.leaving for other in others):
            return None
        self._commit()
        return self.mailing.next_try(now)

    def _put_off(self, recipient: Recipient, reply: Reply) -> None:
        """A temporary no: another try later, or none where it has been said for too long."""
        now = self._world.clock()
        tries = recipient.attempts + 1
        if tries >= _GIVE_UP_TRIES and now - (recipient.first_at or now) >= _GIVE_UP_AGE:
            self._decide(recipient, Status.REFUSED, Reply(reply.code, f"given up after {tries} tries: {reply.text}"))
        else:
            self._decide(recipient, Status.DEFERRED, reply, _RETRY_AFTER[min(tries, len(_RETRY_AFTER)) - 1])

    def _decide(self, recipient: Recipient, status: Status, reply: Reply, wait: float = 0.0) -> None:
        self._note(recipient, status, reply, wait)
        self._world.progress(recipient, status)

    # The ledger

    def _note(self, recipient: Recipient, status: Status, reply: Reply, wait: float = 0.0) -> None:
        now = self._world.clock()
        self._outcomes.append((recipient, Outcome(status, now, reply.code or None, reply.text, now + wait if wait else 0.0)))

    def _commit_and_grant(self) -> None:
        """Commits every outcome and intent at once, synced; only then may those dots be written."""
        wishes, self._loop.wishes = self._loop.wishes, []
        granted = self._commit([intent for _, intent in wishes])
        for (task, _), yes in zip(wishes, granted, strict=True):
            self._loop.resume(task, yes)

    def _commit(self, intents: Sequence[Intent] = ()) -> list[bool]:
        outcomes, ledger, now = self._outcomes, self.mailing.ledger, self._world.clock()
        if not outcomes and not intents:
            return []
        try:
            with ledger.transaction():
                self.mailing.record(outcomes)
                granted = self._intend(intents, now) if intents else []
        except LedgerUnusable:
            self._outcomes = []
            set_down(ledger.path, self.mailing.issue, outcomes)
            raise
        self._outcomes = []
        self._queue.decided(recipient for recipient, _ in outcomes)
        return granted

    def _intend(self, intents: Sequence[Intent], now: float) -> list[bool]:
        granted = self.mailing.intend([(intent.recipient, intent.message_id) for intent in intents], now)
        self.mailing.ledger.note_finished(self.account.name, sum(granted), now)
        return granted

    def _take_back(self, recipients: list[Recipient]) -> None:
        self._commit()
        self.mailing.take_back(recipients, self._world.clock())
        bounced = self._bounced.intersection(recipient.address_key for recipient in recipients)
        with self.mailing.ledger.transaction():
            Suppressions(self.mailing.ledger).lift(bounced, self._world.clock(), "send", Kind.BOUNCED)
