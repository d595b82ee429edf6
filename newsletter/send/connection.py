"""One SMTP conversation that always knows its phase, so that "never accepted" and "may have been accepted" stay apart.

Our own on purpose: smtplib raises the same exception for a connection lost before and after the final dot, and knows no
pipelining (RFC 2920).
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from types import TracebackType
from typing import NamedTuple

from newsletter.errors import AccountTrouble
from newsletter.send.account import Account, Lost, Rejected, about_certificate
from newsletter.send.advice import about_wrong_port
from newsletter.send.login import log_in
from newsletter.send.replies import Phase, Reply
from newsletter.send.wire import Nonsense, Talk, Wire

_MAILS_A_CONNECTION = 100
_CLOSING = 421  # the server ends the connection (RFC 5321 section 3.8)
_GO_ON = {Phase.DATA: 354, Phase.AUTH: 334}  # the phases in which 3yz is an answer, and which
_ENVELOPE = (Phase.MAIL, Phase.RCPT, Phase.DATA)


class Letter(NamedTuple):
    """What is sent to one recipient: the envelope's two addresses, and the bytes before dot-stuffing."""

    sender: str
    recipient: str
    content: bytes


class Connection:
    """A conversation with one server: `open`, then for each letter `offer` and `finish`, then `close`.

    `offer` brings a letter to where only its final dot is missing; until `finish` writes it, the server cannot deliver it.
    Each of these is a Talk, to be driven (see `wire`).
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._wire = Wire()
        self._features: dict[str, str] = {}
        self._dirty = False
        self._announced: Letter | None = None  # its envelope went out together with the dot of the one before
        self._mails = 0
        self._patience = account.timeouts.connect

    def open(self) -> Talk[None]:
        """Connects, asks for TLS where the account does, logs in. Raises Lost, Rejected, or AccountTrouble for good."""
        account = self._account
        context = None if account.security == "none" else ssl.create_default_context()
        try:
            yield from self._connect(context if account.security == "tls" else None)
            self._expect(Phase.GREETING, (yield from self._answer(Phase.GREETING)))
            self._patience = account.timeouts.command
            yield from self._hello()
            if context and account.security == "starttls":
                yield from self._starttls(context)
            if account.username:
                yield from log_in(account, self._features.get("AUTH", "").upper().split(), self._log_in_line)
        except BaseException:
            self.abort()
            raise

    def offer(self, letter: Letter) -> Talk[None]:
        """MAIL, RCPT, DATA and the body without its final dot; raises Rejected or Lost, nothing being accepted either way."""
        wait = self._account.timeouts
        self._patience = wait.command
        if self._announced is letter:
            yield from self._hear_envelope()
        else:
            if self._dirty:
                yield from self._ask(Phase.RESET, "RSET")
            self._dirty = True
            if self.pipelines:
                with self._losing(Phase.MAIL):
                    yield from self._wire.write(_lines(*self._envelope(letter)), self._patience)
                yield from self._hear_envelope()
            else:
                for phase, line in zip(_ENVELOPE, self._envelope(letter), strict=True):
                    self._expect(phase, (yield from self._ask(phase, line)))
        self._patience = wait.body
        yield from self._send_body(dot_stuffed(letter.content))

    def finish(self, then: Letter | None = None) -> Talk[Reply]:
        """Writes the final dot and gives the server's answer; Lost here means that the letter may have been accepted.

        The envelope of the letter that comes `then` goes out in the same breath where the server offers PIPELINING, which
        saves a round trip (RFC 2920 section 3.1: the end of a message may be the first of a group of commands).
        """
        self._patience = self._account.timeouts.dot
        self._mails += 1
        self._announced = then if self.pipelines and not self.worn else None
        more = self._envelope(self._announced) if self._announced else []
        with self._losing(Phase.DOT):
            yield from self._wire.write(_lines(".", *more), self._patience)
        reply = yield from self._answer(Phase.DOT)
        self._dirty = not reply.accepted or self._announced is not None
        return reply

    @property
    def pipelines(self) -> bool:
        """Whether the server takes several commands at once."""
        return "PIPELINING" in self._features

    @property
    def cut(self) -> bool:
        """Whether the line is not open any more."""
        return self._wire.fileno() < 0

    @property
    def worn(self) -> bool:
        """Whether it is time for a fresh connection: some servers count messages on one."""
        return self._mails >= _MAILS_A_CONNECTION

    def close(self) -> Talk[None]:
        """Says goodbye; what goes wrong here changes nothing, every answer that matters has been read."""
        self._patience = self._account.timeouts.goodbye
        try:
            with contextlib.suppress(OSError, Nonsense):
                yield from self._wire.write(b"QUIT\r\n", self._patience)
                yield from self._wire.reply(self._patience)
        finally:
            self.abort()

    def abort(self) -> None:
        """Cuts the line at once; a message without its dot is never delivered (RFC 5321 section 4.1.1.4)."""
        self._wire.close()

    def _connect(self, context: ssl.SSLContext | None) -> Talk[None]:
        account = self._account
        deadline = time.monotonic() + self._patience
        try:
            yield from self._wire.connect(account.host, account.port, deadline)
            if context:
                yield from self._wire.encrypt(context, account.host, deadline)
        except ssl.SSLCertVerificationError as error:
            raise AccountTrouble(*about_certificate(account, error)) from None
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
            raise Lost(Phase.CONNECT, "the server closed the connection") from None
        except ssl.SSLError as error:
            both = "Port 465 speaks TLS at once (`security: tls`); port 587 begins without it (`security: starttls`)."
            hint = about_wrong_port(account) or both
            raise AccountTrouble(f"{account.host} port {account.port} does not speak TLS ({error.reason}).", hint) from None
        except (OSError, ValueError) as error:  # a ValueError: no name that a host can have
            raise Lost(Phase.CONNECT, _why(error)) from None

    def _hello(self) -> Talk[None]:
        """EHLO, and what the server offers (RFC 5321 section 4.1.1.1); HELO where it is of old and no encryption is wanted."""
        self._features = {}
        code, text = yield from self._exchange(Phase.EHLO, f"EHLO {self._account.local_name}")
        if 500 <= code <= 599 and self._account.security != "starttls":
            code, text = yield from self._exchange(Phase.EHLO, f"HELO {self._account.local_name}")
        self._expect(Phase.EHLO, Reply.read(code, text))
        for offer in text.decode("ascii", "replace").split("\n")[1:]:
            name, _, parameters = offer.replace("=", " ", 1).partition(" ")  # "AUTH=LOGIN" was once usual
            self._features[name.upper()] = f"{self._features.get(name.upper(), '')} {parameters}".strip()

    def _starttls(self, context: ssl.SSLContext) -> Talk[None]:
        host = self._account.host
        warning = (
            "Somebody may be listening on this network, or the server is not set up. Try another network, or ask your provider."
        )
        if "STARTTLS" not in self._features:
            raise AccountTrouble(f"{host} does not offer encryption (STARTTLS), so nothing was sent.", warning)
        reply = yield from self._ask(Phase.STARTTLS, "STARTTLS")
        if not reply.accepted:
            raise AccountTrouble(f"{host} refused encryption (STARTTLS): {reply}.", warning)
        if self._said_more(Phase.STARTTLS):  # bytes that an attacker could have put before TLS (CVE-2011-0411)
            raise AccountTrouble(f"{host} sent commands of its own before encryption began, so nothing was sent.", warning)
        try:
            with self._losing(Phase.STARTTLS):
                yield from self._wire.encrypt(context, host, time.monotonic() + self._account.timeouts.connect)
        except ssl.SSLCertVerificationError as error:
            raise AccountTrouble(*about_certificate(self._account, error)) from None
        yield from self._hello()

    def _log_in_line(self, line: str) -> Talk[Reply]:
        return self._ask(Phase.AUTH, line)

    def _envelope(self, letter: Letter) -> list[str]:
        """The commands of `_ENVELOPE`."""
        size = f" SIZE={len(letter.content)}" if "SIZE" in self._features else ""
        return [f"MAIL FROM:<{letter.sender}>{size}", f"RCPT TO:<{letter.recipient}>", "DATA"]

    def _hear_envelope(self) -> Talk[None]:
        """Every answer to an envelope that was written at once (RFC 2920): one round trip instead of three, or of none."""
        self._announced = None
        codes: dict[Phase, int] = {}
        no: Rejected | None = None
        for phase in _ENVELOPE:
            try:
                codes[phase], text = yield from self._heard(phase)
            except Lost:
                if no:  # the server said why before it went
                    break
                raise
            if not _is_yes(phase, codes[phase]):
                no = no or Rejected(phase, Reply.read(codes[phase], text))
                if codes[phase] == _CLOSING:
                    self.abort()
                    break
        if no:
            yield from self._leave_data(codes)
            raise no

    def _leave_data(self, codes: dict[Phase, int]) -> Talk[None]:
        """Where the server waits for a message without recipient: a lone dot (RFC 2920, section 3.1), else the line is cut."""
        if codes.get(Phase.DATA) == 354:
            if _is_yes(Phase.RCPT, codes[Phase.RCPT]):
                self.abort()  # a dot would deliver an empty mail
            else:
                with contextlib.suppress(Lost):
                    yield from self._ask(Phase.DOT, ".")

    def _send_body(self, stuffed: bytes) -> Talk[None]:
        with self._losing(Phase.BODY):
            yield from self._wire.write(stuffed, self._patience)
        if self._said_more(Phase.BODY):
            reply = yield from self._answer(Phase.BODY)
            self.abort()
            self._expect(Phase.BODY, reply)
            raise Lost(Phase.BODY, "the server answered before the message was complete")

    def _said_more(self, phase: Phase) -> bool:
        """Whether the server has said something that nobody asked for."""
        with self._losing(phase):
            return self._wire.said_more()

    def _ask(self, phase: Phase, line: str) -> Talk[Reply]:
        """One command and its answer; Lost where there is none that makes sense."""
        return Reply.read(*(yield from self._exchange(phase, line)))

    def _exchange(self, phase: Phase, line: str) -> Talk[tuple[int, bytes]]:
        with self._losing(phase):
            yield from self._wire.write(_lines(line), self._patience)
        return (yield from self._heard(phase))

    def _answer(self, phase: Phase) -> Talk[Reply]:
        return Reply.read(*(yield from self._heard(phase)))

    def _heard(self, phase: Phase) -> Talk[tuple[int, bytes]]:
        with self._losing(phase):
            code, text = yield from self._wire.reply(self._patience)
            if not _answers(phase, code):
                raise Nonsense("the server answered something else than what it was asked")
        return code, text

    def _losing(self, phase: Phase) -> _Losing:
        return _Losing(self, phase)

    def _expect(self, phase: Phase, reply: Reply) -> None:
        if reply.code == _CLOSING:
            self.abort()
        if not _is_yes(phase, reply.code):
            raise Rejected(phase, reply)


class _Losing:
    """What breaks inside becomes Lost with its phase; a certificate that does not hold stays what it is."""

    __slots__ = ("_connection", "_phase")

    def __init__(self, connection: Connection, phase: Phase) -> None:
        self._connection = connection
        self._phase = phase

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None) -> None:
        if isinstance(error, (OSError, Nonsense)) and not isinstance(error, ssl.SSLCertVerificationError):
            self._connection.abort()
            raise Lost(self._phase, _why(error)) from None


def dot_stuffed(content: bytes) -> bytes:
    """A message as DATA wants it: each line that begins with a dot gets another (RFC 5321 section 4.5.2), and the last ends."""
    stuffed = content.replace(b"\r\n.", b"\r\n..") if b"\r\n." in content else content  # looking is five times as fast
    if stuffed.startswith(b"."):
        stuffed = b"." + stuffed
    return stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n"


def _lines(*commands: str) -> bytes:
    """Commands as they go over the wire; ValueError for a line end inside one, which would begin another."""
    if any("\r" in command or "\n" in command for command in commands):
        raise ValueError("a command holds a line end")
    return "".join(f"{command}\r\n" for command in commands).encode("ascii")


def _is_yes(phase: Phase, code: int) -> bool:
    """Whether a code says that the conversation goes on as wished: 2yz, or 354 and 334 where they belong."""
    return 200 <= code <= 299 or code == _GO_ON.get(phase)


def _answers(phase: Phase, code: int) -> bool:
    """Whether a code can be an answer in a phase (RFC 5321 section 4.3.2): else the conversation is out of step."""
    if 300 <= code <= 399:
        return code == _GO_ON.get(phase)
    return not (200 <= code <= 299 and phase is Phase.DATA)


def _why(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "the server did not answer in time"
    if isinstance(error, ConnectionRefusedError):
        return "the server refused the connection"
    if isinstance(error, (socket.gaierror, UnicodeError)):
        return "the server's name is not known"
    if isinstance(error, ConnectionError):
        return "the server closed the connection"
    return str(error) or type(error).__name__
