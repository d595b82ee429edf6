"""Holds the promise against every order of events that hypothesis can think of: plans, claims, intents, kills, settlements."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from mailings import NOW, due, intend, ledger_in, planned, read_list, record

from newsletter.ledger.mailing import Mailing
from newsletter.ledger.rows import Outcome, Recipient, Status
from newsletter.ledger.suppressions import Suppressions

KEYS = [f"{name}@{domain}.example" for name in ("anna", "ben", "cara") for domain in ("mail", "post")]
A_LIST = st.permutations(KEYS).flatmap(lambda keys: st.integers(0, 3).map(lambda gone: keys[gone:]))
SPELLING = st.sampled_from([str, str.upper, str.title])
SOME = st.sets(st.sampled_from(KEYS))
MANY = st.sets(st.sampled_from(KEYS), min_size=3)
FEW = st.just(frozenset()) | st.just(frozenset()) | st.sets(st.sampled_from(KEYS), max_size=1)
BEFORE_THE_DOT = st.sampled_from([Status.REFUSED, Status.DEFERRED])
AFTER_THE_DOT = st.sampled_from([Status.SENT, Status.REFUSED, Status.DEFERRED, Status.UNCERTAIN, Status.WAITING])
FINAL = (Status.SENT, Status.REFUSED)


class LedgerMachine(RuleBasedStateMachine):
    """One issue's mailing on a real file, with what a careful observer knows beside it."""

    @initialize()
    def begin(self) -> None:
        """A practice without a ledger."""
        self.place = tempfile.TemporaryDirectory()
        self.folder = Path(self.place.name)
        self.ledger = ledger_in(self.folder)
        self.ledger.change("PRAGMA synchronous = OFF")  # these kills are not power cuts
        self.mailing = Mailing.begin(self.ledger, "issue", "content", NOW)
        self.now = NOW
        self.claimed: list[Recipient] = []
        self.ever_claimed: list[Recipient] = []
        self.in_flight: Recipient | None = None
        self.open_intents: set[str] = set()  # intended, and nobody has said that it was not accepted
        self.ever_planned: set[str] = set()
        self.suppressed: set[str] = set()
        self.opted_out: set[str] = set()
        self.final: dict[str, Recipient] = {}
        self.started = False
        self.begin_a_run(KEYS[1:5], str, None, set())

    def row(self, key: str) -> Recipient:
        """What the ledger says of an address."""
        return next(r for r in self.mailing.recipients() if r.address_key == key)

    @precondition(lambda self: self.in_flight is None)
    @rule(keys=A_LIST, spell=SPELLING, tagged=st.none() | MANY, opted_out=FEW)
    def a_run_begins(self, keys: list[str], spell: type, tagged: set[str] | None, opted_out: set[str]) -> None:
        """Recovery and a plan, with any list in any order and spelling, perhaps for a tag, perhaps with people who opted out."""
        self.begin_a_run(keys, spell, tagged, opted_out)

    def begin_a_run(self, keys: list[str], spell: type, tagged: set[str] | None, opted_out: set[str]) -> None:
        """What the rule does; also how each example begins."""
        self.mailing.recover()
        on_the_list = [spell(key) for key in keys if key not in opted_out]
        wanted = {key for key in keys if tagged is None or key in tagged}
        people = planned(on_the_list, payload="{}", joins=lambda address: address.lower() in wanted)
        before = {r.address_key: r for r in self.mailing.recipients()}
        with self.ledger.transaction():
            read_list(self.mailing, "content", people, opted_out, self.now)
        self.ever_planned |= {p.address.lower() for p in people if p.payload is not None}
        self.opted_out |= {key for key in opted_out if key in before and before[key].status in (Status.WAITING, Status.DEFERRED)}
        self.claimed = due(self.mailing, self.now, 3)
        self.ever_claimed += self.claimed
        for found in self.mailing.recipients():
            if found.status in (Status.WAITING, Status.DEFERRED):
                assert found.address_key in {p.address.lower() for p in people}, "waits, but is not on the list"
                assert found.address_key not in self.suppressed | self.opted_out

    @rule(count=st.integers(1, 4))
    def claim(self, count: int) -> None:
        """The next who are due."""
        self.claimed = due(self.mailing, self.now, count)
        self.ever_claimed += self.claimed
        for recipient in self.claimed:
            assert recipient.address_key not in self.suppressed
            assert recipient.due_at <= self.now
            assert recipient.payload

    @precondition(lambda self: self.claimed and self.in_flight is None)
    @rule(data=st.data())
    def intend(self, data: st.DataObject) -> None:
        """Somebody's dot is about to be written, perhaps from a claim that is out of date."""
        recipient = data.draw(st.sampled_from(self.claimed))
        granted = intend(self.mailing, recipient, self.now)
        if granted:
            key = recipient.address_key
            assert key not in self.open_intents, "a second intent without a decision in between"
            assert key not in self.suppressed, "an intent for somebody suppressed"
            assert key not in self.final
            self.open_intents.add(key)
            self.in_flight = recipient
            self.started = True
            assert self.row(key).status is Status.SENDING

    @precondition(lambda self: any(r.address_key in self.open_intents for r in self.ever_claimed))
    @rule(data=st.data())
    def a_second_intend(self, data: st.DataObject) -> None:
        """A sender that should be dead believes in an old claim: no second intent while the first is undecided."""
        taken = [r for r in self.ever_claimed if r.address_key in self.open_intents]
        assert not intend(self.mailing, data.draw(st.sampled_from(taken)), self.now)

    @precondition(lambda self: self.claimed and self.in_flight is None and len(self.suppressed) < 3)
    @rule(data=st.data())
    def intend_for_somebody_just_suppressed(self, data: st.DataObject) -> None:
        """An opt-out between claim and intent is in time."""
        recipient = data.draw(st.sampled_from(self.claimed))
        self.suppress(recipient.address_key)
        assert not intend(self.mailing, recipient, self.now)

    @precondition(lambda self: self.claimed and self.in_flight is None)
    @rule(data=st.data(), status=BEFORE_THE_DOT)
    def refused_before_the_dot(self, data: st.DataObject, status: Status) -> None:
        """The server says no to somebody before their dot."""
        recipient = data.draw(st.sampled_from(self.claimed))
        if self.row(recipient.address_key).status in (Status.WAITING, Status.DEFERRED):
            self.record(recipient, status)

    @precondition(lambda self: self.in_flight)
    @rule(status=AFTER_THE_DOT)
    def answered(self, status: Status) -> None:
        """The dot has an answer, or is known to have none."""
        assert self.in_flight
        self.record(self.in_flight, status)
        if status in (Status.REFUSED, Status.DEFERRED, Status.WAITING):
            self.open_intents.discard(self.in_flight.address_key)
        self.in_flight = None

    def record(self, recipient: Recipient, status: Status) -> None:
        """Records and remembers what can never change again."""
        due = self.now + 300 if status is Status.DEFERRED else 0.0
        record(self.mailing, recipient, Outcome(status, self.now, 250, "words", due))
        if status in FINAL:
            self.final[recipient.address_key] = self.row(recipient.address_key)

    @rule()
    def killed(self) -> None:
        """The process is gone, with whatever was in flight; another opens the file. What it had claimed may still be believed."""
        self.ledger.close()
        self.ledger = ledger_in(self.folder)
        self.ledger.change("PRAGMA synchronous = OFF")
        found = Mailing.find(self.ledger, "issue")
        assert found
        self.mailing = found
        self.in_flight = None

    @precondition(lambda self: self.in_flight is None)
    @rule(keys=SOME, resend=st.booleans())
    def settled(self, keys: set[str], resend: bool) -> None:
        """A person decides about some of those in doubt, or about all."""
        self.mailing.recover()
        uncertain = list(self.mailing.recipients(Status.UNCERTAIN))
        chosen = [r for r in uncertain if r.address_key in keys] or uncertain
        if resend:
            assert self.mailing.settle_resend(chosen, self.now) == len(chosen)
            self.open_intents -= {r.address_key for r in chosen}
        else:
            assert self.mailing.settle_arrived(chosen, self.now) == len(chosen)
            self.final |= {r.address_key: self.row(r.address_key) for r in chosen}

    @precondition(lambda self: len(self.suppressed) < 2)
    @rule(key=st.sampled_from(KEYS))
    def suppress(self, key: str) -> None:
        """Somebody must never be mailed again."""
        assert Suppressions(self.ledger).add([key], "asked", self.now) == (key not in self.suppressed)
        self.suppressed.add(key)

    @rule(seconds=st.sampled_from([1.0, 300.0]))
    def time_passes(self, seconds: float) -> None:
        """Deferred ones become due."""
        self.now += seconds

    @invariant()
    def everybody_is_in_exactly_one_status(self) -> None:
        """Nobody who was ever planned is lost, nobody else is there, and the counts sum up."""
        rows = list(self.mailing.recipients())
        assert {r.address_key for r in rows} == self.ever_planned
        assert len(rows) == len(self.ever_planned) == sum(self.mailing.counts().values())

    @invariant()
    def what_is_final_stays(self) -> None:
        """A row that is sent or refused never changes again but for its place in the list."""
        for key, kept in self.final.items():
            now = self.row(key)
            assert (now.status, now.at, now.code, now.reply, now.message_id) == (
                kept.status,
                kept.at,
                kept.code,
                kept.reply,
                kept.message_id,
            )

    @invariant()
    def message_ids_are_nobody_elses(self) -> None:
        """Every Message-ID in the ledger is one row's own, and is there as soon as an intent is."""
        ids = [r.message_id for r in self.mailing.recipients() if r.message_id]
        assert len(ids) == len(set(ids))
        assert all(self.row(key).message_id for key in self.open_intents)

    @invariant()
    def doubt_is_only_where_an_intent_is_open(self) -> None:
        """Sending and uncertain are exactly those whose dot may have been written without a known answer."""
        doubtful = {r.address_key for r in self.mailing.recipients(Status.SENDING, Status.UNCERTAIN)}
        sent = {r.address_key for r in self.mailing.recipients(Status.SENT)}
        assert doubtful | sent == self.open_intents
        assert self.mailing.started == self.started

    def teardown(self) -> None:
        """Leaves nothing behind."""
        if hasattr(self, "place"):
            self.ledger.close()
            self.place.cleanup()


TestLedger = LedgerMachine.TestCase
TestLedger.settings = settings(
    max_examples=60,
    stateful_step_count=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
