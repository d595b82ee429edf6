"""Holds that a conversation with any server ends in bounded time, in one of three words, and never in a guess."""

from __future__ import annotations

import base64
import socket
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from certificates import Certificates
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from smtp_server import (
    GARBAGE,
    Act,
    Close,
    EndlessLine,
    EndlessReply,
    Hang,
    Offers,
    Raw,
    Reset,
    Say,
    SmtpServer,
    When,
)
from smtp_server import (
    Phase as At,
)
from talking import Talking

from newsletter.errors import AccountTrouble
from newsletter.send.account import Account, Lost, Rejected, Timeouts
from newsletter.send.connection import dot_stuffed
from newsletter.send.replies import Phase, Reply

SENDER, RECIPIENT = "news@riverbend.example", "anna.petrov@mail.example"
CONTENT = b"Subject: hello\r\nMessage-ID: <a@riverbend.example>\r\n\r\nHello.\r\n"
BIG = CONTENT + (b"a line of the body, seventy or so letters long, again and again, no end\r\n" * 120_000)
PATIENT = Timeouts(10, 10, 10, 10, 10, 10)
BRIEF = Timeouts(1, 0.3, 0.3, 0.5, 0.3, 0.3)
PASSWORD = "correct horse battery staple"

NOES: dict[str, Say] = {
    "4xx": Say("451 4.3.0 not now"),
    "5xx": Say("554 5.0.0 never"),
    "421 and close": Say("421 4.3.2 closing", close=True),
}
NONSENSE: dict[str, Act] = {
    "silent close": Close(),
    "reset": Reset(),
    "hang": Hang(),
    "garbage": GARBAGE,
    "garbage and close": Raw(b"\x00\xffmeow\r\n", close=True),
    "empty line": Raw(b"\r\n"),
    "half a code": Raw(b"25\r\n"),
    "code out of range": Raw(b"999 what\r\n"),
    "reply cut off": Raw(b"250 2.0.0 o", close=True),
    "reply cut off between lines": Raw(b"250-2.0.0 o\r\n", close=True),
    "two codes in one reply": Raw(b"250-2.0.0 ok\r\n550 5.0.0 no\r\n"),
    "endless line": EndlessLine(),
    "endless reply": EndlessReply(),
    "a yes to something else": Say("354 go on"),
}
PHASES = {  # the server's moment, the phase that we call it, in the order of a conversation
    At.CONNECT: Phase.GREETING,
    At.EHLO: Phase.EHLO,
    At.AUTH: Phase.AUTH,
    At.MAIL: Phase.MAIL,
    At.RCPT: Phase.RCPT,
    At.DATA: Phase.DATA,
    At.BODY: Phase.BODY,
    At.DOT: Phase.DOT,
}
WITH_LOGIN = Offers(auth=("PLAIN", "LOGIN"), logins=((SENDER, PASSWORD),))
AT_ONCE = replace(WITH_LOGIN, pipelining=True)
one_by_one_and_at_once = pytest.mark.parametrize("offers", [WITH_LOGIN, AT_ONCE], ids=["one by one", "at once"])
Ending = Lost | Rejected | AccountTrouble | Reply


def account(server: SmtpServer, timeouts: Timeouts = PATIENT, security: str = "none") -> Account:
    """The scripted server's account; with a login where the server offers one."""
    user = SENDER if server.offers.auth else None
    return Account("127.0.0.1", server.port, security, user, PASSWORD if user else None, timeouts)


def converse(known: Account, content: bytes = CONTENT, mails: int = 1) -> Ending:
    """One conversation from the greeting to the answer after the last dot: the answer, or what was raised."""
    connection = Talking(known)
    reply = Reply(0, "")
    try:
        connection.open()
        for _ in range(mails):
            connection.offer(SENDER, RECIPIENT, content)
            reply = connection.finish()
    except (Lost, Rejected, AccountTrouble) as ending:
        return ending
    finally:
        connection.abort()
    return reply


def verbs(server: SmtpServer) -> list[str]:
    """The commands that the server was given, without what followed them."""
    return [line.split(" ")[0].upper() for _, line in server.lines]


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Fails where it takes longer."""
    started = time.monotonic()
    yield
    assert time.monotonic() - started < seconds


def timeouts_for(act: Act, moment: At | None = None) -> Timeouts:
    """Short ones only where the server hangs or does not listen, so that a busy machine changes no result."""
    deaf = isinstance(act, (EndlessLine, EndlessReply)) and moment is At.BODY
    return BRIEF if isinstance(act, Hang) or deaf else PATIENT


def content_for(moment: At) -> bytes:
    """Only a body larger than all buffers is still on its way when the server does something about it."""
    return BIG if moment is At.BODY else CONTENT


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Certificates good and bad."""
    return Certificates.made_in(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def trusting(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> Certificates:
    """The tests' own authority is trusted, as an administrator would do it."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))
    return certificates


@one_by_one_and_at_once
def test_a_polite_server_gets_the_mail(offers: Offers) -> None:
    """Where nothing goes wrong the answer to the dot is given back, and the server has the exact bytes."""
    with SmtpServer(offers=offers) as server:
        assert converse(account(server), mails=3) == Reply(250, "2.0.0 queued")
    assert [(message.recipient, message.content) for message in server.accepted] == [(RECIPIENT, CONTENT)] * 3


@one_by_one_and_at_once
@pytest.mark.parametrize(
    ("moment", "no"), [(m, no) for m in PHASES for no in NOES if m is not At.DOT and (m, no) != (At.BODY, "421 and close")]
)
def test_a_no_before_the_dot_is_rejected_with_phase_and_reply(moment: At, no: str, offers: Offers) -> None:
    """A whole reply that says no is Rejected, with the phase it came in and the server's own words; nothing is accepted."""
    with SmtpServer([When(moment, NOES[no])], offers) as server:
        ending = converse(account(server), content_for(moment))
    assert isinstance(ending, Rejected), ending
    assert (ending.phase, str(ending.reply)) == (PHASES[moment], NOES[no].text)
    assert server.accepted == []


def test_a_server_that_hangs_up_on_the_body_is_lost_there() -> None:
    """Words that come with a closed line in the middle of a body may get lost; that nothing was accepted does not."""
    with SmtpServer([When(At.BODY, NOES["421 and close"])]) as server:
        ending = converse(account(server), BIG)
    assert isinstance(ending, (Lost, Rejected)), ending
    assert ending.phase is Phase.BODY
    assert server.accepted == []


@pytest.mark.parametrize("no", NOES)
def test_a_no_to_the_dot_is_an_answer(no: str) -> None:
    """A whole reply after the dot is given back as it is: the server has decided."""
    with SmtpServer([When(At.DOT, NOES[no])]) as server:
        assert str(converse(account(server))) == NOES[no].text


@one_by_one_and_at_once
@pytest.mark.parametrize("nonsense", NONSENSE)
@pytest.mark.parametrize("moment", PHASES)
def test_what_is_no_reply_is_lost_in_its_phase(moment: At, nonsense: str, offers: Offers) -> None:
    """Whatever is no valid reply is Lost, in the very phase: before the dot nothing was accepted, after it nobody knows."""
    act = NONSENSE[nonsense]
    if moment is At.DATA and nonsense == "a yes to something else":
        act = Say("250 2.0.0 ok")
    with SmtpServer([When(moment, act)], offers) as server, at_most(15):
        ending = converse(account(server, timeouts_for(act, moment)), content_for(moment))
    assert isinstance(ending, Lost), ending
    at_once = moment is At.CONNECT and isinstance(act, Reset)  # may come before anybody waits for a greeting
    assert ending.phase is PHASES[moment] or (at_once and ending.phase is Phase.CONNECT)
    assert server.accepted == []


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_a_message_kept_without_an_answer_is_lost_after_the_dot(nonsense: str) -> None:
    """A server that keeps the message and then fails to say so leaves Lost(DOT): the one case that may have arrived."""
    act = NONSENSE[nonsense]
    with SmtpServer([When(At.DOT, act, kept=True)]) as server, at_most(15):
        ending = converse(account(server, timeouts_for(act)))
    assert isinstance(ending, Lost), ending
    assert ending.phase is Phase.DOT
    assert server.recipients == [RECIPIENT]


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_trouble_at_rset_is_lost_or_overlooked(nonsense: str) -> None:
    """The RSET after a refusal clears the table; where it cannot, the connection is Lost and the next message is untouched."""
    act = NONSENSE[nonsense]
    rules = [When(At.RCPT, Say("550 5.1.1 no"), times=1), When(At.RSET, act)]
    with SmtpServer(rules) as server, at_most(15):
        connection = Talking(account(server, timeouts_for(act)))
        connection.open()
        with pytest.raises(Rejected):
            connection.offer(SENDER, RECIPIENT, CONTENT)
        with pytest.raises(Lost) as lost:
            connection.offer(SENDER, RECIPIENT, CONTENT)
        connection.abort()
    assert lost.value.phase is Phase.RESET
    assert server.accepted == []


@pytest.mark.parametrize("no", ["4xx", "5xx"])
def test_a_no_to_rset_does_not_stop_the_next_message(no: str) -> None:
    """A server that refuses RSET is asked for the next message all the same."""
    with SmtpServer([When(At.RCPT, Say("550 5.1.1 no"), times=1), When(At.RSET, NOES[no])]) as server:
        connection = Talking(account(server))
        connection.open()
        with pytest.raises(Rejected):
            connection.offer(SENDER, RECIPIENT, CONTENT)
        connection.offer(SENDER, "next@mail.example", CONTENT)
        assert connection.finish().accepted
        connection.close()
    assert server.recipients == ["next@mail.example"]


@pytest.mark.parametrize("trouble", [*NOES, *NONSENSE])
def test_goodbye_never_fails(trouble: str) -> None:
    """Nothing that a server does at QUIT is raised, and none of it takes long: every answer that matters has been read."""
    act = {**NOES, **NONSENSE}[trouble]
    with SmtpServer([When(At.QUIT, act)]) as server:
        connection = Talking(account(server, timeouts_for(act)))
        connection.open()
        connection.offer(SENDER, RECIPIENT, CONTENT)
        assert connection.finish().accepted
        with at_most(10):
            connection.close()
    assert server.said("QUIT") == ["QUIT"]


def test_nobody_listens() -> None:
    """A port where nobody listens is Lost while connecting."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    ending = converse(Account("127.0.0.1", port, "none", timeouts=PATIENT))
    assert isinstance(ending, Lost)
    assert (ending.phase, ending.why) == (Phase.CONNECT, "the server refused the connection")


@pytest.mark.parametrize("host", ["no-such-host.invalid", "two..dots.example", "a" * 70 + ".example", "ü" * 70 + ".example"])
@pytest.mark.parametrize("security", ["none", "tls"])
def test_a_name_that_is_no_host_is_lost_while_connecting(host: str, security: str) -> None:
    """A host name that does not exist, or cannot, is Lost while connecting and never a traceback."""
    ending = converse(Account(host, 25, security, timeouts=PATIENT))
    assert isinstance(ending, Lost), ending
    assert ending.phase is Phase.CONNECT


def test_a_message_is_taken_back_by_cutting_the_line() -> None:
    """A message that was offered and not finished is never accepted, however the connection ends."""
    with SmtpServer() as server:
        connection = Talking(account(server))
        connection.open()
        connection.offer(SENDER, RECIPIENT, CONTENT)
        connection.abort()
    assert server.accepted == []


def test_an_answer_before_the_dot_is_not_the_answer_to_the_dot() -> None:
    """A 250 that comes while the body is on its way is nonsense, and is not taken for the acceptance of the message."""
    with SmtpServer([When(At.BODY, Say("250 2.0.0 queued, trust me"))]) as server:
        ending = converse(account(server), BIG)
    assert isinstance(ending, Lost)
    assert ending.phase is Phase.BODY
    assert server.accepted == []


def test_a_body_may_take_long_as_long_as_it_moves() -> None:
    """The time for the body is for each helping of it: a slow line is no broken line (RFC 5321 section 4.5.3.2.5)."""
    with SmtpServer() as server:
        server.slow_body = 0.02  # 9 MB in helpings of 64 kB: about 2.7 seconds
        with at_most(60):
            assert converse(account(server, Timeouts(10, 10, 10, 1.5, 30, 1)), BIG) == Reply(250, "2.0.0 queued")
    assert [message.content for message in server.accepted] == [BIG]


def test_a_connection_is_worn_after_a_hundred_mails() -> None:
    """After a hundred mails, and not before, a connection asks to be replaced."""
    with SmtpServer() as server:
        connection = Talking(account(server))
        connection.open()
        for _ in range(100):
            assert not connection.worn
            connection.offer(SENDER, RECIPIENT, CONTENT)
            assert connection.finish().accepted
        assert connection.worn
        connection.close()


def test_size_is_announced_where_the_server_wants_to_know() -> None:
    """MAIL FROM names the size where EHLO offers SIZE, and does not where it does not (RFC 1870)."""
    with SmtpServer() as server:
        converse(account(server))
    with SmtpServer(offers=Offers(size=None)) as silent:
        converse(account(silent))
    assert server.said("MAIL") == [f"MAIL FROM:<{SENDER}> SIZE={len(CONTENT)}"]
    assert silent.said("MAIL") == [f"MAIL FROM:<{SENDER}>"]


def test_a_server_of_old_is_greeted_with_helo() -> None:
    """Where EHLO is unknown, HELO will do, if no encryption was asked for."""
    with SmtpServer([When(At.EHLO, Say("502 5.5.1 unknown"), times=1)]) as server:
        assert converse(account(server)) == Reply(250, "2.0.0 queued")
    assert verbs(server)[:2] == ["EHLO", "HELO"]


@pytest.mark.parametrize("address", ["a@b.example\r\nRCPT TO:<c@d.example>", "a@b.example\nDATA", "a@b.example\rDATA"])
@pytest.mark.parametrize("pipelining", [False, True])
def test_no_address_becomes_a_second_command(address: str, pipelining: bool) -> None:
    """A line end inside an address never reaches the server, even though no reader lets one through."""
    with SmtpServer(offers=Offers(pipelining=pipelining)) as server:
        connection = Talking(account(server))
        connection.open()
        with pytest.raises(ValueError, match="command"):
            connection.offer(SENDER, address, CONTENT)
        connection.abort()
    assert not server.said("RCPT")
    assert not server.said("DATA")


# The whole envelope in one write


@pytest.mark.parametrize("no", ["4xx", "5xx"])
def test_a_lone_dot_leaves_a_data_without_recipient(no: str) -> None:
    """A server that says 354 though it took no recipient gets a lone dot; nothing is delivered, and the next mail goes out."""
    rules = [When(At.RCPT, NOES[no], times=1), When(At.DATA, Say("354 go on"), times=1)]
    with SmtpServer(rules, AT_ONCE) as server:
        connection = Talking(account(server))
        connection.open()
        with pytest.raises(Rejected) as refused:
            connection.offer(SENDER, RECIPIENT, CONTENT)
        assert refused.value.phase is Phase.RCPT
        connection.offer(SENDER, RECIPIENT, CONTENT)
        assert connection.finish().accepted
        connection.close()
    assert "." in [line for _, line in server.lines]
    assert server.recipients == [RECIPIENT]


def test_no_dot_is_written_where_it_would_deliver_an_empty_mail() -> None:
    """A server that refuses the sender but takes recipient and DATA is cut off: a dot would send an empty mail."""
    rules = [When(At.MAIL, NOES["5xx"]), When(At.RCPT, Say("250 2.1.5 ok")), When(At.DATA, Say("354 go on"))]
    with SmtpServer(rules, AT_ONCE) as server:
        ending = converse(account(server))
    assert isinstance(ending, Rejected)
    assert ending.phase is Phase.MAIL
    assert "." not in [line for _, line in server.lines]
    assert server.accepted == []


def test_a_no_at_once_keeps_the_conversation_in_step() -> None:
    """After a refused envelope every answer has been read, so that the next mail's answers are its own."""
    with SmtpServer([When(At.RCPT, NOES["5xx"], times=1)], AT_ONCE) as server:
        connection = Talking(account(server))
        connection.open()
        with pytest.raises(Rejected):
            connection.offer(SENDER, RECIPIENT, CONTENT)
        connection.offer(SENDER, RECIPIENT, CONTENT)
        assert connection.finish() == Reply(250, "2.0.0 queued")
        connection.close()
    assert server.recipients == [RECIPIENT]


# Dots and line ends


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from([b".", b"..", b"\r\n", b"\r\n.\r\n", b"\r\n..", b"a", b"=\r\n", b"\n.\n", b"\r.\r", b"\0"])))
def test_dot_stuffing_round_trip(pieces: list[bytes]) -> None:
    """Whatever dots and line ends a message has, the server takes exactly those bytes, ended by a line end, as one message."""
    content = b"".join(pieces)
    with SmtpServer() as server:
        assert converse(account(server), content) == Reply(250, "2.0.0 queued")
    whole = content if content.endswith(b"\r\n") else content + b"\r\n"
    assert [message.content for message in server.accepted] == [whole]


def test_every_dot_at_the_beginning_of_a_line_is_doubled() -> None:
    """RFC 5321 section 4.5.2, at the beginning of the message and after each CRLF, and nowhere else."""
    assert dot_stuffed(b".a\r\n.b\r\nc.d\r\n..\r\n") == b"..a\r\n..b\r\nc.d\r\n...\r\n"
    assert dot_stuffed(b"a") == b"a\r\n"


# Encryption


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_encrypted_from_the_first_word_that_matters(trusting: Certificates, security: str) -> None:
    """With a certificate that is valid the mail arrives, and login, addresses and body were never readable on the wire."""
    context = trusting.context("valid")
    offers = Offers(
        starttls=context if security == "starttls" else None,
        implicit=context if security == "tls" else None,
        auth=("PLAIN",),
        logins=((SENDER, PASSWORD),),
    )
    with SmtpServer(offers=offers) as server:
        assert converse(account(server, security=security)) == Reply(250, "2.0.0 queued")
    assert server.recipients == [RECIPIENT]
    assert set(server.plain_bytes.decode().upper().split()) <= {"EHLO", "LOCALHOST", "STARTTLS"}
    assert len(server.said("EHLO")) == (2 if security == "starttls" else 1)  # RFC 3207 section 4.2: asked again


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("expired", "expired"),
        ("self-signed", "self-signed"),
        ("wrong name", "IP address mismatch"),
        ("valid", "unable to get local"),
    ],
)
def test_a_bad_certificate_stops_everything(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch, security: str, kind: str, words: str
) -> None:
    """A certificate that does not hold is AccountTrouble in words, and neither login nor mail is tried, in no way."""
    nobody = certificates.folder / "nobody.pem"
    nobody.touch()
    monkeypatch.setenv("SSL_CERT_FILE", str(nobody if kind == "valid" else certificates.authority))
    context = certificates.context(kind)
    offers = Offers(
        starttls=context if security == "starttls" else None,
        implicit=context if security == "tls" else None,
        auth=("PLAIN",),
        logins=((SENDER, PASSWORD),),
    )
    with SmtpServer(offers=offers) as server:
        ending = converse(account(server, security=security))
    assert isinstance(ending, AccountTrouble), ending
    assert "certificate of 127.0.0.1 is not valid" in ending.message
    assert words in ending.message
    assert "nothing was sent" in ending.message
    assert server.connections == 1
    assert verbs(server) == (["EHLO", "STARTTLS"] if security == "starttls" else [])


def test_encryption_that_is_not_offered_is_not_done_without(trusting: Certificates) -> None:
    """STARTTLS stripped from the answer to EHLO: AccountTrouble, and not one word after it in the clear."""
    offers = Offers(starttls=trusting.context("valid"), strip_starttls=True, auth=("PLAIN",), logins=((SENDER, PASSWORD),))
    with SmtpServer(offers=offers) as server:
        ending = converse(account(server, security="starttls"))
    assert isinstance(ending, AccountTrouble)
    assert "does not offer encryption" in ending.message
    assert verbs(server) == ["EHLO"]


@pytest.mark.parametrize("no", NOES)
def test_encryption_that_is_refused_is_not_done_without(trusting: Certificates, no: str) -> None:
    """Any answer to STARTTLS but 220 is AccountTrouble with the server's words, and nothing goes in the clear."""
    offers = Offers(starttls=trusting.context("valid"))
    with SmtpServer([When(At.STARTTLS, NOES[no])], offers) as server:
        ending = converse(account(server, security="starttls"))
    assert isinstance(ending, AccountTrouble)
    assert NOES[no].text in ending.message
    assert verbs(server) == ["EHLO", "STARTTLS"]


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_starttls_that_breaks_is_lost_there(trusting: Certificates, nonsense: str) -> None:
    """A connection that breaks at STARTTLS is Lost there, and nothing goes in the clear."""
    act = NONSENSE[nonsense]
    with SmtpServer([When(At.STARTTLS, act)], Offers(starttls=trusting.context("valid"))) as server, at_most(15):
        ending = converse(account(server, timeouts_for(act), security="starttls"))
    assert isinstance(ending, Lost), ending
    assert ending.phase is Phase.STARTTLS
    assert verbs(server) == ["EHLO", "STARTTLS"]


@pytest.mark.parametrize(
    "act",
    [Raw(b"220 go\r\n", close=True), Raw(b"220 go\r\n"), Raw(b"220 go\r\n\x15\x03\x01\x00\x02\x02\x28", close=True)],
    ids=["closes", "hangs", "TLS alert"],
)
def test_a_handshake_that_breaks_is_said_and_not_done_without(trusting: Certificates, act: Raw) -> None:
    """A 220 and then no TLS: Lost or AccountTrouble in bounded time, never plaintext."""
    with SmtpServer([When(At.STARTTLS, act)], Offers(starttls=trusting.context("valid"))) as server, at_most(15):
        ending = converse(account(server, BRIEF, security="starttls"))
    assert isinstance(ending, (Lost, AccountTrouble)), ending
    assert not server.said("MAIL")
    assert not server.said("AUTH")


def test_what_is_said_before_encryption_is_not_believed_after_it(trusting: Certificates) -> None:
    """Bytes behind the 220 of STARTTLS, that anybody on the way could have put there, end the conversation (CVE-2011-0411)."""
    offers = Offers(starttls=trusting.context("valid"), injected=b"250-AUTH PLAIN\r\n250 SIZE 1\r\n")
    with SmtpServer(offers=offers) as server:
        ending = converse(account(server, security="starttls"))
    assert isinstance(ending, AccountTrouble)
    assert "before encryption began" in ending.message
    assert verbs(server) == ["EHLO", "STARTTLS"]


def test_what_the_server_offered_in_the_clear_is_forgotten(trusting: Certificates) -> None:
    """EHLO is asked again inside TLS, and only its answer counts: a login offered before alone is no offer."""
    rules = [When(At.EHLO, Say("250-scripted.example\r\n250-STARTTLS\r\n250 AUTH PLAIN"), times=1)]
    with SmtpServer(rules, Offers(starttls=trusting.context("valid"))) as server:
        ending = converse(Account("127.0.0.1", server.port, "starttls", SENDER, PASSWORD, PATIENT))
    assert isinstance(ending, AccountTrouble)
    assert "offers no login" in ending.message
    assert not server.said("AUTH")


@pytest.mark.parametrize("act", [Close(), Reset(), Hang(), Say("220 ready, in the clear")], ids=lambda act: type(act).__name__)
def test_a_server_without_tls_on_a_tls_port(trusting: Certificates, act: Act) -> None:
    """`security: tls` towards a server that does not speak it: a sentence or Lost, in bounded time, and no command is sent."""
    with SmtpServer([When(At.CONNECT, act)]) as server, at_most(15):
        ending = converse(account(server, Timeouts(1, 1, 1, 1, 1, 1), security="tls"))
    if isinstance(act, Say):
        assert isinstance(ending, AccountTrouble), ending
        assert "does not speak TLS" in ending.message
        assert "starttls" in ending.next_step
    else:
        assert isinstance(ending, Lost), ending
        assert ending.phase is Phase.CONNECT
    assert server.lines == []


# Logging in


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
@pytest.mark.parametrize("password", [PASSWORD, "pässwörd"])
def test_login(mechanism: str, password: str) -> None:
    """Both common ways to log in work, also with letters beyond ASCII in the password (RFC 4616: UTF-8)."""
    with SmtpServer(offers=Offers(auth=(mechanism,), logins=((SENDER, password),))) as server:
        ending = converse(Account("127.0.0.1", server.port, "none", SENDER, password, PATIENT))
    assert ending == Reply(250, "2.0.0 queued")
    assert [line.split()[1] for line in server.said("AUTH")] == [mechanism]


@pytest.mark.parametrize("mechanisms", [("PLAIN",), ("LOGIN",), ("PLAIN", "LOGIN"), ("CRAM-MD5", "PLAIN", "LOGIN")], ids=" ".join)
def test_a_wrong_password_is_tried_once(mechanisms: tuple[str, ...]) -> None:
    """A wrong password is said once to the server, whatever ways to log in it has: a second try nears the account's lock."""
    with SmtpServer(offers=Offers(auth=mechanisms, logins=((SENDER, "another"),))) as server:
        ending = converse(account(server))
    assert isinstance(ending, Rejected)
    assert (ending.phase, ending.reply.code) == (Phase.AUTH, 535)
    assert len(server.said("AUTH")) == 1


def test_a_server_that_hangs_up_on_a_wrong_password_is_understood() -> None:
    """535 and a closed connection is a wrong password, and is not taken for a bad line that is worth another try."""
    with SmtpServer([When(At.AUTH, Say("535 5.7.8 no", close=True))], WITH_LOGIN) as server:
        ending = converse(account(server))
    assert isinstance(ending, Rejected)
    assert ending.reply == Reply(535, "5.7.8 no")


@pytest.mark.parametrize(
    "answer", ["503 5.5.1 authentication not enabled", "250 2.0.0 ok", "334 VXNlcm5hbWU6", "334 !not base64"]
)
def test_only_235_is_a_login(answer: str) -> None:
    """Nothing but 235 says that we are logged in, whatever else a server answers and however often it asks."""
    with SmtpServer([When(At.AUTH, Say(answer))], WITH_LOGIN) as server:
        ending = converse(account(server))
    assert isinstance(ending, (Lost, Rejected)), ending
    assert ending.phase is Phase.AUTH
    assert not server.said("MAIL")


@pytest.mark.parametrize(("auth", "words"), [((), "offers no login"), (("NTLM", "GSSAPI"), "no way to log in")])
def test_a_login_that_cannot_be(auth: tuple[str, ...], words: str) -> None:
    """A server without a login, or with none that we know, is AccountTrouble with what to change."""
    with SmtpServer(offers=Offers(auth=auth)) as server:
        ending = converse(Account("127.0.0.1", server.port, "none", SENDER, PASSWORD, PATIENT))
    assert isinstance(ending, AccountTrouble)
    assert words in ending.message
    assert ending.next_step
    assert not server.said("AUTH")


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
@pytest.mark.parametrize("act", [*NOES.values(), *NONSENSE.values(), Say("500 5.5.1 unknown: {line}")], ids=repr)
def test_the_password_is_in_no_error(mechanism: str, act: Act) -> None:
    """Neither the password nor its coding stands in an exception's text, repr or traceback, even where a server repeats it."""
    secrets = [PASSWORD, *(base64.b64encode(text.encode()).decode() for text in (PASSWORD, f"\0{SENDER}\0{PASSWORD}"))]
    with SmtpServer([When(At.AUTH, act)], Offers(auth=(mechanism,), logins=((SENDER, PASSWORD),))) as server:
        known = account(server, timeouts_for(act))
        ending = converse(known)
    assert isinstance(ending, Exception), ending
    told = [str(ending), repr(ending), repr(known), str(known), "".join(traceback.format_exception(ending))]
    told += [repr(vars(ending)), repr(Talking(known))]
    assert not [secret for secret in secrets for text in told if secret in text]


def test_connections_leave_nothing_behind() -> None:
    """A hundred conversations that break leave no open socket and no thread of ours."""
    threads = threading.active_count()
    before = len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").is_dir() else 0
    with SmtpServer([When(At.RCPT, Close())]) as server:
        for _ in range(100):
            assert isinstance(converse(account(server)), Lost)
    assert threading.active_count() <= threads
    if before:
        assert len(list(Path("/proc/self/fd").iterdir())) <= before + 5
