"""Holds what a run with several connections, waits and brakes does: everybody once, nobody charged for the account's troubles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import pytest
from mailings import NOW, Clock, ledger_in, message_id, people, plan, row, run_of, statuses
from smtp_server import Act, Call, Close, EndlessLine, Hang, Offers, Phase, Raw, Reset, Say, SmtpServer, When

from newsletter.errors import AccountTrouble
from newsletter.ledger.ledger import Ledger
from newsletter.ledger.rows import Status
from newsletter.ledger.suppressions import Suppressions
from newsletter.read.sending_hours import Window
from newsletter.send.account import Account, Timeouts
from newsletter.send.limits import Limits
from newsletter.send.mailing import Run
from newsletter.send.terms import LimitReached, Manner, Stopped

EVERYBODY = people(60)
GREYLISTED = "450 4.7.1 greylisted, come back later"
DAY = 86_400


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A real ledger file."""
    opened = ledger_in(tmp_path)
    yield opened
    opened.close()


@pytest.mark.parametrize("pipelining", [False, True], ids=["one by one", "at once"])
@pytest.mark.parametrize("connections", [2, 5, 16])
def test_everybody_once_over_several_connections(ledger: Ledger, connections: int, pipelining: bool) -> None:
    """However many connections are at work, each person is accepted once, and none stands idle."""
    with SmtpServer(offers=Offers(pipelining=pipelining)) as server:
        mailing = plan(ledger, EVERYBODY)
        run_of(mailing, server, connections=connections).send()
    assert sorted(server.recipients) == EVERYBODY
    assert server.connections == connections
    assert len(server.said("QUIT")) == connections
    assert len({message.connection for message in server.accepted}) > 1
    assert statuses(mailing) == dict.fromkeys(EVERYBODY, "sent")
    assert {m.message_id for m in server.accepted} == {message_id(address) for address in EVERYBODY}


def test_no_more_connections_than_people(ledger: Ledger) -> None:
    """Three people need no sixteen connections."""
    with SmtpServer() as server:
        run_of(plan(ledger, EVERYBODY[:3]), server, connections=16).send()
    assert server.connections <= 3
    assert sorted(server.recipients) == EVERYBODY[:3]


FAULTS: list[Act] = [
    Say("421 4.3.2 closing", close=True),
    Close(),
    Reset(),
    Raw(b"\x00\xffmeow\r\n"),
    EndlessLine(),
    Say("451 4.3.0 not now"),
    Say("554 5.6.0 content refused"),
    Hang(),
]
MOMENTS = [Phase.EHLO, Phase.MAIL, Phase.RCPT, Phase.DATA, Phase.DOT, Phase.RSET, Phase.QUIT]


@pytest.mark.parametrize("pipelining", [False, True], ids=["one by one", "at once"])
@pytest.mark.parametrize("act", FAULTS, ids=lambda act: f"{type(act).__name__} {getattr(act, 'text', '')[:3]}".strip())
@pytest.mark.parametrize("phase", MOMENTS)
def test_one_fault_in_the_midst(ledger: Ledger, phase: Phase, act: Act, pipelining: bool) -> None:
    """One thing goes wrong once on one of four connections: everybody else is served, and nobody twice, in whatever phase."""
    clock = Clock()
    after = 1 if phase in (Phase.EHLO, Phase.QUIT) else 0 if phase is Phase.RSET else 7
    rules = [When(phase, act, times=1, after=after)]
    if phase is Phase.RSET:
        rules.append(When(Phase.RCPT, Say("550 5.1.1 no such user"), recipient=EVERYBODY[9]))
    brief = Timeouts(20, *([0.4] * 4), 0.4) if isinstance(act, Hang) else Timeouts(20, 20, 20, 20, 20, 5)
    with SmtpServer(rules, Offers(pipelining=pipelining)) as server:
        mailing = plan(ledger, EVERYBODY[:30])
        for _ in range(4):
            try:
                run_of(mailing, server, clock, connections=4, timeouts=brief).send()
            except AccountTrouble:
                clock.now += DAY
            else:
                clock.now += 3600
                if not mailing.asked_for(clock.now):
                    break
    counts = mailing.counts()
    assert len(server.recipients) == len(set(server.recipients))
    assert counts[Status.SENT] + counts[Status.UNCERTAIN] + counts[Status.REFUSED] == 30
    assert counts[Status.UNCERTAIN] <= (phase is Phase.DOT)
    assert counts[Status.REFUSED] <= 1
    assert set(server.recipients) >= {a for a, status in statuses(mailing).items() if status == "sent"}


def test_a_wrong_password_is_said_once_by_all_of_them(ledger: Ledger) -> None:
    """Sixteen connections try a wrong password once: the others open when the first one stands."""
    offers = Offers(auth=("PLAIN",), logins=(("news@riverbend.example", "another"),))
    with SmtpServer(offers=offers) as server:
        mailing = plan(ledger, EVERYBODY)
        account = Account("127.0.0.1", server.port, "none", "news@riverbend.example", "wrong", Timeouts(20, 20, 20, 20, 20, 5))
        run = run_of(mailing, server, connections=16)
        with pytest.raises(AccountTrouble, match="535"):
            Run(mailing, account, run.write, Clock().world, Manner(connections=16)).send()
    assert len(server.said("AUTH")) == 1
    assert set(statuses(mailing).values()) == {"waiting"}


def test_too_many_connections_are_made_fewer(ledger: Ledger) -> None:
    """A server that takes two connections at a time gets two, and everybody is served without a wait."""
    clock = Clock()
    rules = [
        When(Phase.MAIL, Say("432 4.3.2 Concurrent connections limit exceeded", close=True), connection=n) for n in range(2, 8)
    ]
    with SmtpServer(rules) as server:
        mailing = plan(ledger, EVERYBODY)
        run_of(mailing, server, clock, connections=8).send()
    assert sorted(server.recipients) == EVERYBODY
    assert server.connections == 8
    assert clock.slept == []


def test_a_throttled_run_slows_down_and_goes_on(ledger: Ledger) -> None:
    """A server that finds us too fast is waited for, the same person is tried again first, and the run ends well."""
    clock = Clock()
    throttle = When(Phase.DOT, Say("454 Throttling failure: Maximum sending rate exceeded."), times=2, after=3)
    with SmtpServer([throttle]) as server:
        mailing = plan(ledger, EVERYBODY)
        run_of(mailing, server, clock).send()
    assert server.recipients == EVERYBODY
    assert set(statuses(mailing).values()) == {"sent"}
    assert clock.slept[:2] == [5.0, 15.0]
    assert max(r.attempts for r in mailing.recipients()) == 0


def test_a_used_up_day_says_when_to_come_back(ledger: Ledger) -> None:
    """A provider's daily quota ends the run a day ahead, refuses nobody, and a later run goes on with the same person."""
    clock = Clock()
    quota = When(Phase.RCPT, Say("550 5.4.5 Daily user sending limit exceeded"), times=1, after=20)
    with SmtpServer([quota]) as server:
        mailing = plan(ledger, EVERYBODY)
        with pytest.raises(LimitReached) as reached:
            run_of(mailing, server, clock, connections=4).send()
        assert reached.value.until == NOW + DAY
        assert "550 5.4.5" in reached.value.message
        assert set(statuses(mailing).values()) == {"sent", "waiting"}
        assert list(Suppressions(ledger).by_address()) == []
        run_of(mailing, server, clock, connections=4).send()
    assert sorted(server.recipients) == EVERYBODY


def test_a_run_that_stays_waits_out_a_used_up_day(ledger: Ledger) -> None:
    """With `stay` the same quota is waited out, without a connection held open, and the run ends with everybody served."""
    clock = Clock()
    quota = When(Phase.RCPT, Say("550 5.4.5 Daily user sending limit exceeded"), times=1, after=20)
    with SmtpServer([quota]) as server:
        mailing = plan(ledger, EVERYBODY)
        run_of(mailing, server, clock, stay=True).send()
    assert server.recipients == EVERYBODY
    assert NOW + DAY <= clock.now < NOW + DAY + 60
    assert server.connections == 2


def test_who_is_greylisted_holds_nobody_up(ledger: Ledger) -> None:
    """A temporary no is tried again when it is due, by the run itself where it stays; everybody else comes first."""
    clock = Clock()
    grey = EVERYBODY[3]
    with SmtpServer([When(Phase.RCPT, Say(GREYLISTED), recipient=grey, times=2)]) as server:
        mailing = plan(ledger, EVERYBODY)
        run_of(mailing, server, clock, stay=True, connections=3).send()
    assert server.recipients[-1] == grey
    assert row(mailing, grey).status is Status.SENT
    assert row(mailing, grey).attempts == 2
    assert NOW + 1200 <= clock.now <= NOW + 1260


def test_within_a_long_run_second_tries_are_made_when_due(ledger: Ledger) -> None:
    """A run of hours does not leave the greylisted for its end: they are tried again in between."""
    clock = Clock()
    everybody = people(600)
    with SmtpServer([When(Phase.RCPT, Say(GREYLISTED), recipient=everybody[1], times=1)]) as server:
        run_of(plan(ledger, everybody), server, clock, Limits(per_minute=30)).send()
    assert server.recipients.index(everybody[1]) < 420
    assert sorted(server.recipients) == everybody


def test_after_a_day_of_temporary_noes_it_is_given_up(ledger: Ledger) -> None:
    """More than a day after the first temporary no, and after three, it is a permanent one; the address is not suppressed."""
    clock = Clock()
    with SmtpServer([When(Phase.RCPT, Say(GREYLISTED), recipient=EVERYBODY[0])]) as server:
        mailing = plan(ledger, EVERYBODY[:2])
        for hours in (0, 2, 25):
            clock.now = NOW + hours * 3600
            run_of(mailing, server, clock).send()
            assert row(mailing, EVERYBODY[0]).status is (Status.REFUSED if hours == 25 else Status.DEFERRED)
    assert row(mailing, EVERYBODY[0]).reply == "given up after 3 tries: 4.7.1 greylisted, come back later"
    assert list(Suppressions(ledger).by_address()) == []
    assert server.recipients == EVERYBODY[1:2]


def test_an_address_that_breaks_the_line_holds_nobody_up(ledger: Ledger) -> None:
    """A server that hangs up at one address each time: everybody else is served first, and that one is put off."""
    clock = Clock()
    with SmtpServer([When(Phase.RCPT, Close(), recipient=EVERYBODY[0])]) as server:
        mailing = plan(ledger, EVERYBODY)
        run_of(mailing, server, clock).send()
    assert server.recipients == EVERYBODY[1:]
    found = row(mailing, EVERYBODY[0])
    assert (found.status, found.attempts) == (Status.DEFERRED, 1)
    assert "breaks the connection at this address" in (found.reply or "")


def test_nobody_there_said_of_everybody_is_taken_back(ledger: Ledger) -> None:
    """Ten times "no such user" in a row and nothing else: a broken server. Nobody stays refused or suppressed for it."""
    earlier = "longago@mail0.example"
    Suppressions(ledger).add([earlier], "bounced: 550 5.1.1 no such user", NOW - 5)
    with SmtpServer([When(Phase.RCPT, Say("550 5.1.1 no such user"))]) as server:
        mailing = plan(ledger, EVERYBODY)
        with pytest.raises(AccountTrouble, match="10 messages in a row with the same words"):
            run_of(mailing, server).send()
    assert set(statuses(mailing).values()) == {"waiting"}
    assert [one.who for one in Suppressions(ledger).by_address()] == [earlier]


def test_too_large_a_share_of_refusals_ends_the_run(ledger: Ledger) -> None:
    """Above the share that was set, and not before ten refusals, the run ends itself, says how to go on, and refuses no more."""
    everybody = people(200)
    rules = [When(Phase.RCPT, Say(f"550 5.1.1 no such user {a.split('@')[0]}x"), recipient=a) for a in everybody[::5]]
    with SmtpServer(rules) as server:
        mailing = plan(ledger, everybody)
        with pytest.raises(AccountTrouble) as ended:
            run_of(mailing, server, most_refused=0.1).send()
        assert mailing.counts()[Status.REFUSED] == 10
        assert "--brake 43" in ended.value.next_step or "--brake" in ended.value.next_step
        run_of(mailing, server, most_refused=0.5).send()
    assert mailing.counts()[Status.REFUSED] == 40
    assert mailing.counts()[Status.SENT] == 160


def test_connections_that_break_together_are_one_event(ledger: Ledger) -> None:
    """A computer that wakes up finds all lines dead: each connection has one in doubt, and the run goes on."""
    together = Call(Barrier(5, timeout=20).wait, then=Close())
    rules = [When(Phase.DOT, together, connection=number, after=2, times=1) for number in range(5)]
    with SmtpServer(rules) as server:
        mailing = plan(ledger, EVERYBODY)
        run_of(mailing, server, Clock(), connections=5).send()
    assert mailing.counts()[Status.UNCERTAIN] == 5
    assert mailing.counts()[Status.SENT] == 55


def test_only_within_the_sending_hours(ledger: Ledger) -> None:
    """Outside the hours a run ends with the time of the next opening; with `stay` it waits for it."""
    clock = Clock()  # Friday 15 January 2027, 08:00 UTC
    limits = Limits(hours=(Window.parse("Mon-Fri 9:00-17:00"),), zone="America/Denver")
    with SmtpServer() as server:
        mailing = plan(ledger, EVERYBODY[:3])
        with pytest.raises(LimitReached) as reached:
            run_of(mailing, server, clock, limits).send()
        assert server.recipients == []
        run_of(mailing, server, clock, limits, stay=True).send()
    assert server.recipients == EVERYBODY[:3]
    assert clock.now == reached.value.until == NOW + 8 * 3600


def test_a_stop_lets_several_connections_finish(ledger: Ledger) -> None:
    """Ctrl-C with four messages on their way: all four are decided, nobody is in doubt, and everybody else waits."""
    clock = Clock()
    clock.stop = lambda: len(clock.decided) >= 8
    with SmtpServer() as server:
        mailing = plan(ledger, EVERYBODY)
        with pytest.raises(Stopped):
            run_of(mailing, server, clock, connections=4).send()
        assert sorted(server.recipients) == sorted(a for a, status in statuses(mailing).items() if status == "sent")
        assert mailing.counts()[Status.UNCERTAIN] == mailing.counts()[Status.SENDING] == 0
        assert 8 <= len(server.recipients) <= 12
        run_of(mailing, server, connections=4).send()
    assert sorted(server.recipients) == EVERYBODY


@pytest.mark.parametrize("phase", [Phase.MAIL, Phase.RCPT, Phase.DATA])
def test_trouble_on_one_connection_decides_the_others_first(ledger: Ledger, phase: Phase) -> None:
    """When the account is refused on one connection, messages whose dots were written still get their answers recorded."""
    rule = When(phase, Say("550 5.7.60 Client does not have permissions to send as this sender"), times=1, after=10)
    with SmtpServer([rule]) as server:
        mailing = plan(ledger, EVERYBODY)
        with pytest.raises(AccountTrouble):
            run_of(mailing, server, connections=4).send()
        assert sorted(server.recipients) == sorted(a for a, status in statuses(mailing).items() if status == "sent")
        assert mailing.counts()[Status.SENDING] == 0
        server.change_script()
        run_of(mailing, server, connections=4).send()
    assert sorted(server.recipients) == EVERYBODY


def test_limits_hold_over_several_connections(ledger: Ledger) -> None:
    """60 a minute is one a second, however many connections there are; a day's 20 is 20."""
    clock = Clock()
    with SmtpServer() as server:
        mailing = plan(ledger, EVERYBODY)
        with pytest.raises(LimitReached):
            run_of(mailing, server, clock, Limits(per_minute=60, per_day=20), connections=4).send()
    assert len(server.recipients) == 20
    assert clock.now >= NOW + 19


def test_a_bounded_run_over_several_connections(ledger: Ledger) -> None:
    """At most so many means at most so many, also where four connections take them."""
    with SmtpServer() as server:
        mailing = plan(ledger, EVERYBODY)
        run_of(mailing, server, connections=4, most=10).send()
    assert sorted(server.recipients) == EVERYBODY[:10]


def test_another_account_begins_its_day_anew(ledger: Ledger) -> None:
    """Who changes the provider has that one's whole day; the ledger counts by account."""
    with SmtpServer() as server:
        mailing = plan(ledger, EVERYBODY)
        run = run_of(mailing, server, Clock(), Limits(per_day=10))
        with pytest.raises(LimitReached):
            run.send()
        other = replace(run.account, local_name="other", username=None, host="localhost")
        with pytest.raises(LimitReached):
            Run(mailing, other, run.write, Clock().world, Manner(limits=Limits(per_day=10))).send()
    assert len(server.recipients) == 20


@pytest.mark.parametrize("connections", [1, 3])
def test_a_run_that_stays_waits_for_the_network(ledger: Ledger, connections: int) -> None:
    """The network goes in the midst for an hour: a run that stays tries again every few minutes, and reaches everybody once."""
    clock = Clock()
    outage = [When(Phase.MAIL, Reset(), after=10, times=connections), When(Phase.CONNECT, Reset(), after=connections, times=20)]
    with SmtpServer(outage) as server:
        mailing = plan(ledger, EVERYBODY)
        run_of(mailing, server, clock, stay=True, connections=connections).send()
    assert sorted(server.recipients) == EVERYBODY
    assert set(statuses(mailing).values()) == {"sent"}
    assert clock.now - NOW > 600


AHEAD = [
    (When(Phase.DOT, Say("554 5.6.0 content refused"), recipient=EVERYBODY[7]), "refused"),
    (When(Phase.DOT, Say("451 4.7.1 not now"), recipient=EVERYBODY[7]), "deferred"),
    (When(Phase.DOT, Close(), recipient=EVERYBODY[7]), "uncertain"),
    (When(Phase.DOT, Close(), recipient=EVERYBODY[7], kept=True), "uncertain"),
    (When(Phase.DOT, Say("421 4.3.2 closing", close=True), recipient=EVERYBODY[7], times=1), "sent"),
    (When(Phase.DOT, Say("454 Throttling failure"), recipient=EVERYBODY[7], times=1), "sent"),
    (When(Phase.MAIL, Close(), after=9, times=1), "sent"),
    (When(Phase.MAIL, Say("451 4.3.0 not now"), after=9, times=1), "sent"),
    (When(Phase.RCPT, Say("550 5.1.1 no such user"), recipient=EVERYBODY[7]), "refused"),
    (When(Phase.RCPT, Say("450 4.2.1 greylisted"), recipient=EVERYBODY[7]), "deferred"),
    (When(Phase.RCPT, Close(), recipient=EVERYBODY[7], times=2), "sent"),
    (When(Phase.DATA, Say("451 4.3.0 not now"), recipient=EVERYBODY[7]), "deferred"),
]


@pytest.mark.parametrize(("rule", "status"), AHEAD, ids=lambda value: str(value)[:60] if isinstance(value, When) else value)
def test_an_envelope_that_goes_out_with_the_dot_before(ledger: Ledger, rule: When, status: str) -> None:
    """Whatever becomes of a message, the one whose envelope went out with its dot is sent once, and answers are not mixed up."""
    with SmtpServer([rule], Offers(pipelining=True)) as server:
        mailing = plan(ledger, EVERYBODY[:20])
        run_of(mailing, server, connections=2).send()
    assert statuses(mailing) == dict.fromkeys(EVERYBODY[:20], "sent") | {EVERYBODY[7]: status}
    assert len(server.recipients) == len(set(server.recipients))
    assert set(server.recipients) >= {address for address in EVERYBODY[:20] if address != EVERYBODY[7]}
    assert all(message.message_id == message_id(message.recipient) for message in server.accepted)
