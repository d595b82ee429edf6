"""Holds what a run leaves in the ledger, whatever the server does: who has it, who waits, who never gets it, and why it ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from mailings import NOW, Clock, ledger_in, people, plan, row, run_of, statuses, writer
from smtp_server import GARBAGE, Act, Call, Close, Hang, Phase, Reset, Say, SmtpServer, When

from newsletter.compose.message import Message
from newsletter.errors import AccountTrouble, MessageUnsafe
from newsletter.ledger.ledger import Ledger
from newsletter.ledger.rows import Recipient, Status
from newsletter.ledger.suppressions import Suppressions
from newsletter.send.account import Timeouts
from newsletter.send.limits import Limits
from newsletter.send.terms import LimitReached, Stopped

FIVE = people(5)
THIRD = FIVE[2]
SPAM = "550 5.7.1 this looks like spam"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A real ledger file."""
    opened = ledger_in(tmp_path)
    yield opened
    opened.close()


def test_everybody_gets_it_in_the_order_of_the_list(ledger: Ledger) -> None:
    """With a polite server everybody has it, on one connection, in order, and the ledger keeps reply, code and time."""
    clock = Clock()
    with SmtpServer() as server:
        mailing = plan(ledger, FIVE)
        run_of(mailing, server, clock).send()
    assert server.recipients == FIVE
    assert server.connections == 1
    assert server.said("QUIT") == ["QUIT"]
    assert clock.decided == [(address, Status.SENT) for address in FIVE]
    for recipient in mailing.recipients():
        assert (recipient.status, recipient.code, recipient.reply, recipient.at) == (Status.SENT, 250, "2.0.0 queued", NOW)
        assert recipient.payload is None
    assert [message.message_id for message in server.accepted] == [r.message_id for r in mailing.recipients()]


@pytest.mark.parametrize(
    ("rule", "status", "suppressed"),
    [
        (When(Phase.RCPT, Say("550 5.1.1 no such user")), Status.REFUSED, True),
        (When(Phase.RCPT, Say("550 no such user here")), Status.REFUSED, True),
        (When(Phase.RCPT, Say("554 5.7.1 relay access denied")), Status.REFUSED, False),
        (When(Phase.RCPT, Say("450 4.2.1 greylisted")), Status.DEFERRED, False),
        (When(Phase.RCPT, Say("552 5.2.2 mailbox full")), Status.DEFERRED, False),
        (When(Phase.DATA, Say("451 4.3.0 not now")), Status.DEFERRED, False),
        (When(Phase.DATA, Say("554 5.5.1 no valid recipients")), Status.REFUSED, False),
        (When(Phase.DOT, Say("451 4.7.1 not now")), Status.DEFERRED, False),
        (When(Phase.DOT, Say("550 5.1.1 no such user")), Status.REFUSED, True),
        (When(Phase.DOT, Say(SPAM)), Status.REFUSED, False),
        (When(Phase.DOT, Close()), Status.UNCERTAIN, False),
        (When(Phase.DOT, Close(), kept=True), Status.UNCERTAIN, False),
        (When(Phase.DOT, GARBAGE, kept=True), Status.UNCERTAIN, False),
        (When(Phase.DOT, Reset()), Status.UNCERTAIN, False),
        (When(Phase.DOT, Say("354 go on")), Status.UNCERTAIN, False),
    ],
    ids=lambda value: f"{value.phase} {value.act}"[:60] if isinstance(value, When) else str(value),
)
def test_one_persons_outcome_is_one_persons_row(ledger: Ledger, rule: When, status: Status, suppressed: bool) -> None:
    """Whatever becomes of one message stands in that person's row alone; everybody after them is served."""
    with SmtpServer([replace(rule, recipient=THIRD)]) as server:
        mailing = plan(ledger, FIVE)
        run_of(mailing, server).send()
    assert statuses(mailing) == dict.fromkeys(FIVE, "sent") | {THIRD: status.value}
    assert bool(Suppressions(ledger).of(THIRD)) is suppressed
    assert [address for address in server.recipients if address != THIRD] == [a for a in FIVE if a != THIRD]
    found = row(mailing, THIRD)
    if isinstance(rule.act, Say) and status is not Status.UNCERTAIN:
        assert f"{found.code} {found.reply}" == rule.act.text
    if status is Status.UNCERTAIN:
        assert found.code is None
        assert "no valid answer" in (found.reply or "")


def test_deferral_waits_longer_each_time(ledger: Ledger) -> None:
    """A temporary no is tried again after 5, 15 and 60 minutes, not before, and then every hour; the attempts are counted."""
    clock = Clock()
    with SmtpServer([When(Phase.RCPT, Say("450 4.2.1 greylisted"), recipient=THIRD, times=5)]) as server:
        mailing = plan(ledger, FIVE)
        for attempt, wait in enumerate([300, 900, 3600, 3600, 3600], 1):
            run_of(mailing, server, clock).send()
            found = row(mailing, THIRD)
            assert (found.status, found.attempts, found.due_at) == (Status.DEFERRED, attempt, clock.now + wait)
            clock.now += wait - 1
            run_of(mailing, server, clock).send()
            assert row(mailing, THIRD).attempts == attempt, "tried before it was due"
            clock.now += 1
        run_of(mailing, server, clock).send()
    assert row(mailing, THIRD).status is Status.SENT
    assert sorted(server.recipients) == FIVE


@pytest.mark.parametrize(
    "rule",
    [
        When(Phase.CONNECT, Say("554 5.3.2 go away")),
        When(Phase.CONNECT, Say("450 4.3.2 busy")),
        When(Phase.EHLO, Say("550 5.7.1 you again")),
        When(Phase.MAIL, Say("553 5.7.1 sender not owned"), after=2),
        When(Phase.MAIL, Say("451 4.3.0 not now"), after=2),
        When(Phase.RCPT, Say("550 5.4.5 Daily user sending limit exceeded"), recipient=THIRD),
        When(Phase.RCPT, Say("450 4.7.1 too many messages, slow down"), recipient=THIRD),
        When(Phase.DATA, Say("502 5.5.1 unknown"), recipient=THIRD),
        When(Phase.DOT, Say("550 5.4.5 Daily user sending limit exceeded"), recipient=THIRD),
        When(Phase.DOT, Say("454 Throttling failure: Maximum sending rate exceeded"), recipient=THIRD),
        When(Phase.DOT, Say("421 4.3.2 closing", close=True), recipient=THIRD),
        When(Phase.DOT, Say("550 5.7.60 Client does not have permissions to send as this sender"), recipient=THIRD),
    ],
    ids=lambda rule: f"{rule.phase} {rule.act.text}"[:50],
)
def test_account_trouble_charges_nobody(ledger: Ledger, rule: When) -> None:
    """What is said to the account ends the run; everybody not reached still waits, no attempt spent, nobody suppressed."""
    with SmtpServer([rule]) as server:
        mailing = plan(ledger, FIVE)
        with pytest.raises(AccountTrouble) as ended:
            run_of(mailing, server).send()
        reached = list(server.recipients)
        assert isinstance(rule.act, Say)
        assert rule.act.text in ended.value.message
        assert ended.value.next_step
        assert statuses(mailing) == {address: "sent" if address in reached else "waiting" for address in FIVE}
        assert [r.attempts for r in mailing.recipients()] == [0] * 5
        assert list(Suppressions(ledger).by_address()) == []
        server.change_script()
        run_of(plan(ledger, FIVE), server).send()
    assert server.recipients == FIVE


STOPS: list[tuple[str, When]] = [
    ("lost at MAIL", When(Phase.MAIL, Close(), after=2, times=4)),
    ("lost at RCPT", When(Phase.RCPT, Reset(), recipient=THIRD, times=4)),
    ("lost at DATA", When(Phase.DATA, GARBAGE, recipient=THIRD, times=4)),
    ("no greeting", When(Phase.CONNECT, Close(), times=4)),
    ("refused login", When(Phase.EHLO, Say("550 5.7.1 no"), times=2)),
    ("uncertain", When(Phase.DOT, Close(), recipient=THIRD, times=1)),
    ("uncertain and kept", When(Phase.DOT, Hang(), recipient=THIRD, times=1, kept=True)),
    ("quota", When(Phase.DOT, Say("550 5.4.5 Daily user sending limit exceeded"), recipient=THIRD, times=1)),
    ("refused", When(Phase.RCPT, Say("550 5.1.1 no such user"), recipient=THIRD)),
]


@pytest.mark.parametrize("rule", [rule for _, rule in STOPS], ids=[name for name, _ in STOPS])
def test_a_second_run_sends_exactly_the_rest(ledger: Ledger, rule: When) -> None:
    """After whatever ended a run, the next sends to exactly those still waiting, and one more sends nothing."""
    with SmtpServer([rule]) as server:
        timeouts = Timeouts(20, 20, 20, 20, 0.5 if isinstance(rule.act, Hang) else 20, 5)
        for _ in range(3):
            mailing = plan(ledger, FIVE)
            try:
                run_of(mailing, server, timeouts=timeouts).send()
            except AccountTrouble:
                assert mailing.asked_for() > 0
        got = server.recipients
        tried = len(server.said("MAIL"))
        run_of(plan(ledger, FIVE), server, timeouts=timeouts).send()
        assert len(server.said("MAIL")) == tried, "a run with nobody left asked the server for something"
    final = statuses(mailing)
    assert len(got) == len(set(got))
    assert {address for address, status in final.items() if status == "sent"} <= set(got)
    assert set(got) <= {address for address, status in final.items() if status in ("sent", "uncertain")}
    assert [address for address, status in final.items() if status not in ("sent", "uncertain", "refused")] == []
    assert [final[address] for address in FIVE if address != THIRD] == ["sent"] * 4


@pytest.mark.parametrize("act", [Say("421 4.4.2 idle for too long", close=True), Close(), Reset()], ids=repr)
def test_a_connection_that_grew_old_is_replaced(ledger: Ledger, act: Act) -> None:
    """A server that ends an idle connection, with 421 or without a word, gets another one, and nobody notices."""
    with SmtpServer([When(Phase.MAIL, act, after=2, times=1)]) as server:
        mailing = plan(ledger, FIVE)
        run_of(mailing, server).send()
    assert server.recipients == FIVE
    assert server.connections == 2


@pytest.mark.parametrize("phase", [Phase.CONNECT, Phase.EHLO, Phase.MAIL, Phase.RCPT, Phase.DATA])
@pytest.mark.parametrize("act", [Say("421 4.3.2 try later", close=True), Close()], ids=["421", "close"])
def test_a_server_that_keeps_closing_ends_the_run(ledger: Ledger, phase: Phase, act: Act) -> None:
    """After three new connections, each after a longer wait, the run ends with a sentence and nobody is charged.

    Where it closes at a recipient, one other is tried: the fault could be theirs.
    """
    clock = Clock()
    with SmtpServer([When(phase, act)]) as server:
        mailing = plan(ledger, FIVE)
        with pytest.raises(AccountTrouble) as ended:
            run_of(mailing, server, clock).send()
    assert server.connections == (5 if phase in (Phase.RCPT, Phase.DATA) else 4)
    assert clock.slept == sorted(clock.slept)
    assert len(clock.slept) == 3
    assert "goes on where it was" in ended.value.next_step
    assert set(statuses(mailing).values()) == {"waiting"}


def test_losses_are_forgiven_once_a_message_got_through(ledger: Ledger) -> None:
    """Only losses in a row count: three at each of many people end nothing."""
    rules = [When(Phase.RCPT, Close(), recipient=address, times=3) for address in FIVE]
    with SmtpServer(rules) as server:
        run_of(plan(ledger, FIVE), server).send()
    assert server.recipients == FIVE


def test_a_connection_is_replaced_after_a_hundred_mails(ledger: Ledger) -> None:
    """Some servers count the messages on a connection; nobody is lost at the change."""
    everybody = people(205)
    with SmtpServer() as server:
        run_of(plan(ledger, everybody), server).send()
    assert server.recipients == everybody
    assert [sum(m.connection == number for m in server.accepted) for number in range(server.connections)] == [100, 100, 5]


def test_uncertain_ones_in_a_row_end_the_run(ledger: Ledger) -> None:
    """Three messages in a row without an answer end the run; there are never more than that."""
    with SmtpServer([When(Phase.DOT, Close())]) as server:
        mailing = plan(ledger, people(20))
        with pytest.raises(AccountTrouble, match="3 messages in a row"):
            run_of(mailing, server).send()
    assert mailing.counts()[Status.UNCERTAIN] == 3
    assert mailing.counts()[Status.WAITING] == 17


def test_uncertain_ones_not_in_a_row_do_not_end_it(ledger: Ledger) -> None:
    """Any answer in between shows that the server is well: the run goes on."""
    rules = [When(Phase.DOT, Close(), recipient=address) for address in people(20)[::2]]
    with SmtpServer(rules) as server:
        mailing = plan(ledger, people(20))
        run_of(mailing, server).send()
    assert mailing.counts()[Status.UNCERTAIN] == 10
    assert mailing.counts()[Status.SENT] == 10


@pytest.mark.parametrize(
    "template",
    [
        SPAM,
        "550 5.7.1 <{address}>: relay access denied",
        "550 5.7.26 blocked, 7f00{number}a-20020a05 - gsmtp",
        "554 rejected {number}XYZ",
    ],
)
@pytest.mark.parametrize("phase", [Phase.RCPT, Phase.DOT])
def test_the_same_refusal_again_and_again_is_about_us(ledger: Ledger, phase: Phase, template: str) -> None:
    """Three refusals in a row that differ at most in address and number, at two domains: the run ends, and everybody waits."""
    everybody = people(20)
    rules = [When(phase, Say(template.format(address=a, number=n)), recipient=a) for n, a in enumerate(everybody)]
    with SmtpServer(rules) as server:
        mailing = plan(ledger, everybody)
        with pytest.raises(AccountTrouble, match="3 messages in a row with the same words"):
            run_of(mailing, server).send()
    assert mailing.counts()[Status.WAITING] == 20
    assert list(Suppressions(ledger).by_address()) == []
    assert plan(ledger, everybody).asked_for() == 20


def test_one_domains_refusals_are_its_own(ledger: Ledger) -> None:
    """The same refusal from one domain alone is that domain's policy: the run goes on."""
    everybody = [*people(6, domains=1), "last@other.example"]
    with SmtpServer([When(Phase.RCPT, Say(SPAM), recipient="mail0")]) as server:
        mailing = plan(ledger, everybody)
        run_of(mailing, server).send()
    assert mailing.counts()[Status.REFUSED] == 6
    assert server.recipients == ["last@other.example"]


def test_different_refusals_or_a_success_between_do_not_end_it(ledger: Ledger) -> None:
    """The breaker wants the same words in a row: another reason, or one mail that got through, begins the count anew."""
    everybody = people(12)
    words = ["550 5.7.1 spam", "550 5.7.1 spam", "554 5.6.0 odd", "", "550 5.7.1 spam", "550 5.7.1 spam"] * 2
    rules = [When(Phase.RCPT, Say(said), recipient=address) for address, said in zip(everybody, words, strict=True) if said]
    with SmtpServer(rules) as server:
        mailing = plan(ledger, everybody)
        # the second half begins with two like the two at the end of the first: those are four in a row
        with pytest.raises(AccountTrouble):
            run_of(mailing, server).send()
    assert mailing.counts()[Status.REFUSED] == 3  # those before the success; the last three wait again
    assert mailing.counts()[Status.SENT] == 1


def test_bad_addresses_in_a_row_end_nothing(ledger: Ledger) -> None:
    """An old list has many dead addresses: each is refused and suppressed, and the run goes on."""
    everybody = people(10)
    rules = [When(Phase.RCPT, Say("550 5.1.1 no such user"), recipient=address) for address in everybody[:9]]
    with SmtpServer(rules) as server:
        mailing = plan(ledger, everybody)
        run_of(mailing, server).send()
    assert mailing.counts()[Status.REFUSED] == 9
    assert [one.who for one in Suppressions(ledger).by_address()] == everybody[:9]
    assert server.recipients == everybody[9:]


def test_whoever_opts_out_between_claim_and_intent_gets_nothing(ledger: Ledger, tmp_path: Path) -> None:
    """A suppression that another process writes while the body is on its way still holds: the dot is not written."""

    def opt_out() -> None:
        with_another = ledger_in(tmp_path)
        Suppressions(with_another).add([THIRD], "asked by phone", NOW)
        with_another.close()

    with SmtpServer([When(Phase.RCPT, Call(opt_out, Say("250 2.1.5 ok")), recipient=THIRD, times=1)]) as server:
        mailing = plan(ledger, FIVE)
        run_of(mailing, server).send()
    assert server.recipients == [address for address in FIVE if address != THIRD]
    assert statuses(mailing)[THIRD] == "skipped"
    assert "opted out" in (row(mailing, THIRD).reply or "")
    assert len([line for line in server.said("RCPT") if THIRD in line]) == 1


def test_a_message_that_fails_its_audit_is_refused_and_never_offered(ledger: Ledger) -> None:
    """A header block that is not as meant stops that one mail before the server hears of it."""

    def careful(recipient: Recipient) -> Message:
        if recipient.address == THIRD:
            raise MessageUnsafe("a mail's header block is not what was meant")
        return writer("issue")(recipient)

    with SmtpServer() as server:
        mailing = plan(ledger, FIVE)
        run = run_of(mailing, server)
        run.write = careful
        run.send()
    assert statuses(mailing)[THIRD] == "refused"
    assert "header block" in (row(mailing, THIRD).reply or "")
    assert not [line for line in server.said("RCPT") if THIRD in line]
    assert len(server.accepted) == 4


# Limits, stops and bounds


def test_a_minute_is_spread_evenly(ledger: Ledger) -> None:
    """30 a minute is one every two seconds, also across two runs."""
    clock = Clock()
    with SmtpServer() as server:
        mailing = plan(ledger, FIVE)
        run_of(mailing, server, clock, Limits(per_minute=30), most=3).send()
        run_of(mailing, server, clock, Limits(per_minute=30)).send()
    assert clock.slept == [2.0] * 4
    assert clock.now == NOW + 8
    assert server.recipients == FIVE


def test_a_day_is_24_hours_back_and_survives_a_restart(tmp_path: Path) -> None:
    """The daily limit ends a run with the time to come back; a new process knows it; a day later it goes on."""
    clock = Clock()
    everybody = people(7)
    with SmtpServer() as server:
        for day in range(3):
            for _ in range(2):  # the second time nothing more may go out
                ledger = ledger_in(tmp_path)
                mailing = plan(ledger, everybody)
                run = run_of(mailing, server, clock, Limits(per_day=3))
                if day < 2:
                    with pytest.raises(LimitReached) as reached:
                        run.send()
                    assert reached.value.until == pytest.approx(NOW + (day + 1) * 86_401 - day)
                else:
                    run.send()
                ledger.close()
            assert len(server.accepted) == min(3 * (day + 1), 7)
            clock.now = NOW + (day + 1) * 86_401
    assert server.recipients == everybody
    assert clock.slept == []


def test_a_limit_counts_what_may_have_gone_out(ledger: Ledger) -> None:
    """Messages whose fate is unknown, or that were refused after their dot, count against the day as well."""
    rules = [When(Phase.DOT, Close(), recipient=FIVE[0]), When(Phase.DOT, Say(SPAM), recipient=FIVE[1])]
    with SmtpServer(rules) as server, pytest.raises(LimitReached):
        run_of(plan(ledger, FIVE), server, Clock(), Limits(per_day=3)).send()
    assert server.recipients == [FIVE[2]]


def test_a_refusal_before_the_dot_costs_nothing_of_the_limit(ledger: Ledger) -> None:
    """Who is refused at RCPT takes nobody's place in the day."""
    with SmtpServer([When(Phase.RCPT, Say("550 5.1.1 no"), recipient=FIVE[0])]) as server:
        run_of(plan(ledger, FIVE), server, Clock(), Limits(per_day=4)).send()
    assert server.recipients == FIVE[1:]


def test_limits_are_the_accounts_and_not_one_issues(ledger: Ledger) -> None:
    """What another issue sent today counts."""
    clock = Clock()
    with SmtpServer() as server:
        run_of(plan(ledger, FIVE, issue="first"), server, clock, Limits(per_day=6)).send()
        with pytest.raises(LimitReached):
            run_of(plan(ledger, FIVE, issue="second"), server, clock, Limits(per_day=6)).send()
    assert len(server.accepted) == 6


def test_a_clock_set_back_does_not_stop_the_practice_for_years(ledger: Ledger) -> None:
    """Messages that seem to lie in the future make a run wait as long as a limit can, and no longer."""
    clock = Clock(NOW + 10 * 365 * 86_400)
    with SmtpServer() as server:
        run_of(plan(ledger, FIVE, issue="first"), server, clock, Limits(per_day=5)).send()
        clock.now = NOW
        with pytest.raises(LimitReached) as reached:
            run_of(plan(ledger, FIVE, issue="second"), server, clock, Limits(per_day=5)).send()
    assert reached.value.until <= NOW + 86_400


@pytest.mark.parametrize("most", [1, 3, 5, 9])
def test_at_most_so_many_in_this_run(ledger: Ledger, most: int) -> None:
    """A run with a bound tries that many, the first ones, and the next run goes on behind them."""
    with SmtpServer() as server:
        mailing = plan(ledger, FIVE)
        run_of(mailing, server, most=most).send()
        assert server.recipients == FIVE[:most]
        run_of(mailing, server).send()
    assert server.recipients == FIVE


def test_a_stop_is_kept_after_the_mail_in_flight(ledger: Ledger) -> None:
    """Who asks to stop gets a run that ends with Stopped, every message decided, a goodbye said, and the rest waiting."""
    clock = Clock()
    clock.stop = lambda: len(clock.decided) >= 2
    with SmtpServer() as server:
        mailing = plan(ledger, FIVE)
        with pytest.raises(Stopped):
            run_of(mailing, server, clock).send()
        assert server.said("QUIT") == ["QUIT"]
        assert statuses(mailing) == dict(zip(FIVE, ["sent", "sent", "waiting", "waiting", "waiting"], strict=True))
        run_of(mailing, server).send()
    assert server.recipients == FIVE


def test_a_stop_while_waiting_for_the_server_or_a_limit(ledger: Ledger) -> None:
    """A stop asked for while a run waits is kept as soon as it wakes, and nothing is sent any more."""
    for rules, limits in (([When(Phase.RCPT, Close())], Limits()), ([], Limits(per_minute=1))):
        clock = Clock()
        clock.stop = lambda clock=clock: bool(clock.slept)
        with SmtpServer(rules) as server:
            mailing = plan(ledger, FIVE, issue=f"issue {bool(rules)}")
            with pytest.raises(Stopped):
                run_of(mailing, server, clock, limits).send()
        assert len(clock.slept) == 1
        assert len(server.accepted) <= 1
        assert mailing.counts()[Status.WAITING] >= 4


def test_a_refused_recipient_and_the_next_share_a_connection(ledger: Ledger) -> None:
    """After a refusal the table is cleared with RSET, and the connection goes on."""
    with SmtpServer([When(Phase.RCPT, Say("550 5.1.1 no"), recipient=FIVE[0])]) as server:
        run_of(plan(ledger, FIVE), server).send()
    assert server.connections == 1
    assert len(server.said("RSET")) == 1


def test_the_bytes_on_the_wire_are_the_message(ledger: Ledger) -> None:
    """What the server accepted is byte for byte what was written for that person, values and Message-ID included."""
    with SmtpServer() as server:
        mailing = plan(ledger, FIVE, payload="Zoë = <b>")
        expected = [writer("issue")(recipient).content for recipient in mailing.claim(NOW, 10)]
        run_of(mailing, server).send()
    assert [message.content for message in server.accepted] == expected
