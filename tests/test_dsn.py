"""Holds that bounces are asked to say whose they are (RFC 3461), and that nobody is lost where a server cannot do that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mailings import PATIENT, Clock, ledger_in, message_id, people, plan, run_of, statuses
from smtp_server import Offers, Phase, Say, SmtpServer, When
from talking import Talking

from newsletter.ledger.suppressions import Suppressions
from newsletter.send.account import Account, Rejected
from newsletter.send.notices import for_sender, xtext

ADDRESSES = people(4)
WAYS = pytest.mark.parametrize("pipelining", [False, True], ids=["one by one", "pipelined"])
REFUSALS = ("555 5.5.4 unsupported option", "501 5.5.4 invalid arguments", "501 syntax error", "455 4.5.0 not these parameters")


@contextmanager
def talking(server: SmtpServer) -> Iterator[Talking]:
    """An open connection to a server."""
    connection = Talking(Account("127.0.0.1", server.port, "none", timeouts=PATIENT))
    connection.open()
    try:
        yield connection
    finally:
        connection.close()


def envelopes(server: SmtpServer) -> list[tuple[str, str]]:
    """What came behind the address in every MAIL and RCPT."""
    pairs = zip(server.said("MAIL FROM"), server.said("RCPT TO"), strict=True)
    return [(mail.partition("> ")[2], recipient.partition("> ")[2]) for mail, recipient in pairs]


@WAYS
def test_a_bounce_is_asked_to_say_whose_it_is(tmp_path: Path, *, pipelining: bool) -> None:
    """Where the server offers DSN, every envelope names its own mail's Message-ID and the address that was written to."""
    mailing = plan(ledger_in(tmp_path), ADDRESSES)
    with SmtpServer(offers=Offers(dsn=True, pipelining=pipelining, size=None)) as server:
        run_of(mailing, server).send()
        assert envelopes(server) == [
            (f"RET=HDRS ENVID={message_id(address)}", f"NOTIFY=FAILURE,DELAY ORCPT=rfc822;{address}") for address in ADDRESSES
        ]
    assert set(statuses(mailing).values()) == {"sent"}


@WAYS
def test_nothing_is_asked_of_a_server_that_does_not_offer_it(tmp_path: Path, *, pipelining: bool) -> None:
    """Without the offer no envelope has a parameter that the server does not know."""
    mailing = plan(ledger_in(tmp_path), ADDRESSES)
    with SmtpServer(offers=Offers(pipelining=pipelining, size=None)) as server:
        run_of(mailing, server).send()
        assert envelopes(server) == [("", "")] * len(ADDRESSES)


@WAYS
@pytest.mark.parametrize("phase", [Phase.MAIL, Phase.RCPT])
@pytest.mark.parametrize("no", REFUSALS)
def test_a_server_that_offers_it_and_refuses_it_costs_nobody_their_mail(
    tmp_path: Path, no: str, phase: Phase, *, pipelining: bool
) -> None:
    """The same person is asked for once more without, and so is everybody after them on this connection."""
    mailing = plan(ledger_in(tmp_path), ADDRESSES)
    script = [When(phase, Say(no), times=1, after=1)]  # the second person
    with SmtpServer(script, Offers(dsn=True, pipelining=pipelining)) as server:
        run_of(mailing, server).send()
        assert server.recipients == ADDRESSES
        asked = ["ENVID" in line for line in server.said("MAIL FROM")]
        assert asked == [True, True, False, False, False]
    assert set(statuses(mailing).values()) == {"sent"}


@WAYS
def test_a_server_that_hangs_up_over_it_gets_the_mail_without(tmp_path: Path, *, pipelining: bool) -> None:
    """A line that is cut with such a no, every time, neither ends the run nor makes anybody wait."""
    mailing, clock = plan(ledger_in(tmp_path), ADDRESSES), Clock()
    script = [When(Phase.MAIL, Say("555 5.5.4 unsupported option", close=True), connection=0)]
    with SmtpServer(script, Offers(dsn=True, pipelining=pipelining)) as server:
        run_of(mailing, server, clock).send()
        assert server.recipients == ADDRESSES
        assert server.connections == 2
    assert clock.slept == []


@pytest.mark.parametrize("no", ["501 5.1.3 bad recipient address syntax", "550 5.1.1 no such user"])
def test_a_no_to_the_address_is_taken_as_one(tmp_path: Path, no: str) -> None:
    """What is wrong with an address is not tried twice, the address is suppressed, and the others are asked as before."""
    mailing = plan(ledger_in(tmp_path), ADDRESSES)
    with SmtpServer([When(Phase.RCPT, Say(no), recipient=ADDRESSES[1])], Offers(dsn=True)) as server:
        run_of(mailing, server).send()
        assert len(server.said("MAIL FROM")) == len(ADDRESSES)
        assert all("ENVID" in line for line in server.said("MAIL FROM"))
    assert statuses(mailing)[ADDRESSES[1]] == "refused"
    assert Suppressions(mailing.ledger).of(ADDRESSES[1])


def test_a_no_that_stays_without_the_parameters_is_a_no() -> None:
    """It is asked once more, not for ever."""
    script = [When(Phase.RCPT, Say("501 5.5.4 syntax"))]
    with SmtpServer(script, Offers(dsn=True)) as server, talking(server) as connection:
        with pytest.raises(Rejected, match=r"5\.5\.4"):
            connection.offer("news@riverbend.example", ADDRESSES[0], b"Subject: hello\r\n\r\nHello\r\n")
        assert len(server.said("RCPT TO")) == 2


def test_a_name_that_is_too_long_is_left_out_and_not_cut() -> None:
    """RFC 3461 section 4.4 has 100 characters; a Message-ID of more is not named, and bounces still come without the mail."""
    fits, too_long = "a" * 100, "a" * 90 + "=" * 4
    assert for_sender(fits) == f" RET=HDRS ENVID={fits}"
    assert for_sender(too_long) == " RET=HDRS"


def test_xtext_as_the_standard_has_it() -> None:
    """A plus and an equals sign are written as their numbers, in capitals; what else is printable stays."""
    assert xtext("anna+news=x@mail.example") == "anna+2Bnews+3Dx@mail.example"
    assert xtext(" ~\x7f") == "+20~+7F"


@given(st.text(st.characters(max_codepoint=127)))
def test_xtext_can_be_read_back(text: str) -> None:
    """Whatever ASCII goes in, nothing that could end the parameter comes out, and decoding gives the same text."""
    encoded = xtext(text)
    assert all("!" <= c <= "~" and c != "=" for c in encoded)
    first, *others = encoded.split("+")
    assert first + "".join(chr(int(part[:2], 16)) + part[2:] for part in others) == text
