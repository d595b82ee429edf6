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

from newsletter.errors import AccountTrouble
from newsletter.send.account import Account, Lost, Rejected, about_certificate
from newsletter.send.advice import about_wrong_port
from newsletter.send.login import log_in
from newsletter.send.replies import Phase, Reply
from newsletter.send.wire import Nonsense, Talk, Wire

CLOSING = 421  # the server ends the connection (RFC 5321 section 3.8)
_GO_ON = {Phase.DATA: 354, Phase.AUTH: 334}  # the phases in which 3yz is an answer, and which


class Conversation:
    """From the greeting to the login, and the goodbye; `ask` and `hear` are for what is said in between.

    Each step is a Talk, to be driven (see `wire`). `patience` is how many seconds the next answers may take.
    """

    def __init__(self, account: Account) -> None:
        self.account = account
        self.wire = Wire()
        self.features: dict[str, str] = {}  # what EHLO offers, by name in capitals, with its parameters
        self.patience = account.timeouts.connect

    def open(self) -> Talk[None]:
        """Connects, asks for TLS where the account does, logs in. Raises Lost, Rejected, or AccountTrouble for good."""
        account = self.account
        context = None if account.security == "none" else ssl.create_default_context()
        try:
            yield from self._connect(context if account.security == "tls" else None)
            self.expect(Phase.GREETING, (yield from self.answer(Phase.GREETING)))
            self.patience = account.timeouts.command
            yield from self._hello()
            if context and account.security == "starttls":
                yield from self._starttls(context)
            if account.username:
                yield from log_in(account, self.features.get("AUTH", "").upper().split(), self._log_in_line)
        except BaseException:
            self.abort()
            raise

    def close(self) -> Talk[None]:
        """Says goodbye; what goes wrong here changes nothing, every answer that matters has been read."""
        self.patience = self.account.timeouts.goodbye
        try:
            with contextlib.suppress(OSError, Nonsense):
                yield from self.wire.write(b"QUIT\r\n", self.patience)
                yield from self.wire.reply(self.patience)
        finally:
            self.abort()

    def abort(self) -> None:
        """Cuts the line at once; a message without its dot is never delivered (RFC 5321 section 4.1.1.4)."""
        self.wire.close()

    def _connect(self, context: ssl.SSLContext | None) -> Talk[None]:
        account = self.account
        deadline = time.monotonic() + self.patience
        try:
            yield from self.wire.connect(account.host, account.port, deadline)
            if context:
                yield from self.wire.encrypt(context, account.host, deadline)
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
        self.features = {}
        code, text = yield from self._exchange(Phase.EHLO, f"EHLO {self.account.local_name}")
        if 500 <= code <= 599 and self.account.security != "starttls":
            code, text = yield from self._exchange(Phase.EHLO, f"HELO {self.account.local_name}")
        self.expect(Phase.EHLO, Reply.read(code, text))
        for offer in text.decode("ascii", "replace").split("\n")[1:]:
            name, _, parameters = offer.replace("=", " ", 1).partition(" ")  # "AUTH=LOGIN" was once usual
            self.features[name.upper()] = f"{self.features.get(name.upper(), '')} {parameters}".strip()

    def _starttls(self, context: ssl.SSLContext) -> Talk[None]:
        host = self.account.host
        warning = (
            "Somebody may be listening on this network, or the server is not set up. Try another network, or ask your provider."
        )
        if "STARTTLS" not in self.features:
            raise AccountTrouble(f"{host} does not offer encryption (STARTTLS), so nothing was sent.", warning)
        reply = yield from self.ask(Phase.STARTTLS, "STARTTLS")
        if not reply.accepted:
            raise AccountTrouble(f"{host} refused encryption (STARTTLS): {reply}.", warning)
        if self.said_more(Phase.STARTTLS):  # bytes that an attacker could have put before TLS (CVE-2011-0411)
            raise AccountTrouble(f"{host} sent commands of its own before encryption began, so nothing was sent.", warning)
        try:
            with self.losing(Phase.STARTTLS):
                yield from self.wire.encrypt(context, host, time.monotonic() + self.account.timeouts.connect)
        except ssl.SSLCertVerificationError as error:
            raise AccountTrouble(*about_certificate(self.account, error)) from None
        yield from self._hello()

    def _log_in_line(self, line: str) -> Talk[Reply]:
        return self.ask(Phase.AUTH, line)

    def said_more(self, phase: Phase) -> bool:
        """Whether the server has said something that nobody asked for."""
        with self.losing(phase):
            return self.wire.said_more()

    def ask(self, phase: Phase, line: str) -> Talk[Reply]:
        """One command and its answer; Lost where there is none that makes sense."""
        return Reply.read(*(yield from self._exchange(phase, line)))

    def _exchange(self, phase: Phase, line: str) -> Talk[tuple[int, bytes]]:
        with self.losing(phase):
            yield from self.wire.write(lines(line), self.patience)
        return (yield from self.hear(phase))

    def answer(self, phase: Phase) -> Talk[Reply]:
        """An answer as a Reply (see `hear`)."""
        return Reply.read(*(yield from self.hear(phase)))

    def hear(self, phase: Phase) -> Talk[tuple[int, bytes]]:
        """An answer as code and text; Lost where there is none that makes sense in this phase."""
        with self.losing(phase):
            code, text = self.wire.reply_at_hand() or (yield from self.wire.reply(self.patience))
            if not _answers(phase, code):
                raise Nonsense("the server answered something else than what it was asked")
        return code, text

    def losing(self, phase: Phase) -> Losing:
        """For what breaks in this phase."""
        return Losing(self, phase)

    def expect(self, phase: Phase, reply: Reply) -> None:
        """Raises Rejected for anything but a yes."""
        if reply.code == CLOSING:
            self.abort()
        if not is_yes(phase, reply.code):
            raise Rejected(phase, reply)


class Losing:
    """What breaks inside becomes Lost with its phase; a certificate that does not hold stays what it is."""

    __slots__ = ("_conversation", "_phase")

    def __init__(self, conversation: Conversation, phase: Phase) -> None:
        self._conversation = conversation
        self._phase = phase

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None) -> None:
        if error is not None and isinstance(error, (OSError, Nonsense)) and not isinstance(error, ssl.SSLCertVerificationError):
            self._conversation.abort()
            raise Lost(self._phase, _why(error)) from None


def lines(*commands: str) -> bytes:
    """Commands as they go over the wire; ValueError for a line end inside one, which would begin another."""
    if any("\r" in command or "\n" in command for command in commands):
        raise ValueError("a command holds a line end")
    return "".join(f"{command}\r\n" for command in commands).encode("ascii")


def is_yes(phase: Phase, code: int) -> bool:
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
