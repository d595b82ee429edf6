"""One SMTP conversation that always knows its phase, so that "never accepted" and "may have been accepted" stay apart.

Built on smtplib's primitives: its `sendmail` raises the same exception for a connection lost before and after the final dot.
"""

from __future__ import annotations

import base64
import contextlib
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator

from newsletter.errors import AccountTrouble
from newsletter.send.account import Account, Lost, Rejected, about_certificate
from newsletter.send.replies import Phase, Reply

_LONGEST_LINE = 4096  # RFC 5321 section 4.5.3.1.5 has 512; real servers write longer ones
_MOST_LINES = 200
_MAILS_A_CONNECTION = 100
_HELPING = 65_536  # bytes of a body sent at once; the time to wait is for each, so that a slow line is no broken line


class Connection:
    """A conversation with one server: `open`, then for each message `offer` and `finish`, then `close`.

    `offer` brings a message to where only its final dot is missing; until `finish` writes it, the server cannot deliver it.
    """

    def __init__(self, account: Account, local_name: str = "localhost") -> None:
        self._account = account
        self._smtp = _PhasedSmtp(local_hostname=local_name, timeout=account.timeouts.connect)
        self._smtp.debuglevel = 0
        self._dirty = False
        self._mails = 0

    def open(self) -> None:
        """Connects, asks for TLS where the account does, logs in. Raises Lost, Rejected, or AccountTrouble for good."""
        account = self._account
        self._wait(account.timeouts.connect)
        context = None if account.security == "none" else ssl.create_default_context()
        try:
            self._connect(context if account.security == "tls" else None)
            self._expect(Phase.GREETING, self._step(Phase.GREETING, self._smtp.getreply))
            self._wait(account.timeouts.command)
            self._expect(Phase.EHLO, self._step(Phase.EHLO, self._hello))
            if context and account.security == "starttls":
                self._starttls(context)
            if account.username:
                self._login(account.username, account.password or "")
        except BaseException:
            self.abort()
            raise

    def offer(self, sender: str, recipient: str, content: bytes) -> None:
        """MAIL, RCPT, DATA and the body without its final dot; raises Rejected or Lost, nothing being accepted either way."""
        wait = self._account.timeouts
        self._wait(wait.command)
        if self._dirty:
            self._ask(Phase.RESET, "RSET")
        self._dirty = True
        size = f" SIZE={len(content)}" if self._smtp.has_extn("size") else ""
        commands = [(Phase.MAIL, f"MAIL FROM:<{sender}>{size}"), (Phase.RCPT, f"RCPT TO:<{recipient}>"), (Phase.DATA, "DATA")]
        if self._smtp.has_extn("pipelining"):
            self._ask_at_once(commands)
        else:
            for phase, line in commands:
                self._expect(phase, self._ask(phase, line))
        self._wait(wait.body)
        self._send_body(dot_stuffed(content))

    def finish(self) -> Reply:
        """Writes the final dot and gives the server's answer; Lost here means that the message may have been accepted."""
        self._wait(self._account.timeouts.dot)
        reply = self._ask(Phase.DOT, ".")
        self._dirty = not reply.accepted
        self._mails += 1
        return reply

    @property
    def worn(self) -> bool:
        """Whether it is time for a fresh connection: some servers count messages on one."""
        return self._mails >= _MAILS_A_CONNECTION

    def close(self) -> None:
        """Says goodbye; what goes wrong here changes nothing, every answer that matters has been read."""
        with contextlib.suppress(OSError, smtplib.SMTPException, _Nonsense):
            self._wait(self._account.timeouts.goodbye)
            self._command("QUIT")
        self.abort()

    def abort(self) -> None:
        """Cuts the line at once; a message without its dot is never delivered (RFC 5321 section 4.1.1.4)."""
        self._smtp.close()

    def _connect(self, context: ssl.SSLContext | None) -> None:
        account = self._account
        try:
            self._smtp.dial(account.host, account.port, context)
        except ssl.SSLCertVerificationError as error:
            raise AccountTrouble(*about_certificate(account, error)) from None
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
            raise Lost(Phase.CONNECT, "the server closed the connection") from None
        except ssl.SSLError as error:
            hint = "Port 465 speaks TLS at once (`security: tls`); port 587 begins without it (`security: starttls`)."
            raise AccountTrouble(f"{account.host} port {account.port} does not speak TLS ({error.reason}).", hint) from None
        except (OSError, ValueError) as error:  # a ValueError: no name that a host can have
            raise Lost(Phase.CONNECT, _why(error)) from None

    def _hello(self) -> tuple[int, bytes]:
        answer = self._smtp.ehlo()
        unknown = 500 <= answer[0] <= 599
        return self._smtp.helo() if unknown and self._account.security != "starttls" else answer

    def _starttls(self, context: ssl.SSLContext) -> None:
        host = self._account.host
        warning = (
            "Somebody may be listening on this network, or the server is not set up. Try another network, or ask your provider."
        )
        if not self._smtp.has_extn("starttls"):
            raise AccountTrouble(f"{host} does not offer encryption (STARTTLS), so nothing was sent.", warning)
        reply = self._ask(Phase.STARTTLS, "STARTTLS")
        if not reply.accepted:
            raise AccountTrouble(f"{host} refused encryption (STARTTLS): {reply}.", warning)
        if self._said_more(Phase.STARTTLS):
            raise AccountTrouble(f"{host} sent commands of its own before encryption began, so nothing was sent.", warning)
        try:
            with self._losing(Phase.STARTTLS):
                self._smtp.wrap(context, host)
        except ssl.SSLCertVerificationError as error:
            raise AccountTrouble(*about_certificate(self._account, error)) from None
        self._expect(Phase.EHLO, self._step(Phase.EHLO, self._hello))

    def _login(self, username: str, password: str) -> None:
        """One way to log in, tried once (RFC 4954, RFC 4616): a wrong password said twice nears the lock of the account."""
        offered = self._smtp.esmtp_features.get("auth", "").upper().split()
        whole, user, secret = (_base64(text) for text in (f"\0{username}\0{password}", username, password))
        if "PLAIN" in offered:
            lines = [f"AUTH PLAIN {whole}"]
        elif "LOGIN" in offered:
            lines = ["AUTH LOGIN", user, secret]
        elif offered:
            raise AccountTrouble(
                f"{self._account.host} offers no way to log in that we know.", "Ask your provider about SMTP with a password."
            )
        else:
            raise AccountTrouble(
                f"{self._account.host} offers no login.", "Check `host` and `port`, or delete `username` if none is needed."
            )
        reply = Reply(334, "")
        for line in lines:
            if reply.code == 334:
                reply = self._ask(Phase.AUTH, line)
        if reply.code != 235:
            text = reply.text
            for private in (whole, secret, password):  # some servers repeat what they did not understand
                text = text.replace(private, "...") if private else text
            raise Rejected(Phase.AUTH, Reply(reply.code, text))

    def _ask_at_once(self, commands: list[tuple[Phase, str]]) -> None:
        """The whole envelope in one write, and every answer read (RFC 2920): one round trip instead of three."""
        with self._losing(Phase.MAIL):
            self._smtp.put_commands([line for _, line in commands])
        replies: dict[Phase, Reply] = {}
        no: Rejected | None = None
        for phase, _ in commands:
            try:
                replies[phase] = self._step(phase, self._smtp.getreply)
                self._expect(phase, replies[phase])
            except Lost:
                if no:  # the server said why before it went
                    break
                raise
            except Rejected as refused:
                no = no or refused
                if refused.reply.code == 421:
                    break
        if no:
            self._leave_data(replies)
            raise no

    def _leave_data(self, replies: dict[Phase, Reply]) -> None:
        """Where the server waits for a message without recipient: a lone dot (RFC 2920, section 3.1), else the line is cut."""
        if Phase.DATA in replies and replies[Phase.DATA].code == 354:
            if replies[Phase.RCPT].accepted:
                self.abort()  # a dot would deliver an empty mail
            else:
                with contextlib.suppress(Lost):
                    self._ask(Phase.DOT, ".")

    def _send_body(self, stuffed: bytes) -> None:
        whole = memoryview(stuffed)
        with self._losing(Phase.BODY):
            for start in range(0, len(whole), _HELPING):
                self._smtp.send(whole[start : start + _HELPING])
        if self._said_more(Phase.BODY):
            reply = self._step(Phase.BODY, self._smtp.getreply)
            self.abort()
            self._expect(Phase.BODY, reply)
            raise Lost(Phase.BODY, "the server answered before the message was complete")

    def _said_more(self, phase: Phase) -> bool:
        """Whether the server has said something that nobody asked for."""
        with self._losing(phase):
            return self._smtp.something_buffered()

    def _ask(self, phase: Phase, line: str) -> Reply:
        """One command and its answer; Lost where there is none that makes sense."""
        return self._step(phase, lambda: self._command(line))

    def _command(self, line: str) -> tuple[int, bytes]:
        self._smtp.putcmd(line)
        return self._smtp.getreply()

    def _step(self, phase: Phase, act: Callable[[], tuple[int, bytes]]) -> Reply:
        """Runs one exchange; whatever breaks it, or answers another question, becomes Lost with its phase."""
        with self._losing(phase):
            answer = act()
            if not _answers(phase, answer[0]):
                raise _Nonsense("the server answered something else than what it was asked")
        return Reply.read(*answer)

    @contextlib.contextmanager
    def _losing(self, phase: Phase) -> Iterator[None]:
        """What breaks inside becomes Lost with its phase; a certificate that does not hold stays what it is."""
        try:
            yield
        except ssl.SSLCertVerificationError:
            raise
        except (OSError, smtplib.SMTPException, _Nonsense) as error:
            self.abort()
            raise Lost(phase, _why(error)) from None

    def _expect(self, phase: Phase, reply: Reply) -> None:
        if reply.code == 421:
            self.abort()
        if not reply.accepted and reply.code != _GO_ON.get(phase):
            raise Rejected(phase, reply)

    def _wait(self, seconds: float) -> None:
        self._smtp.timeout = seconds
        if self._smtp.sock is not None:
            self._smtp.sock.settimeout(seconds)


_GO_ON = {Phase.DATA: 354, Phase.AUTH: 334}  # the phases in which 3yz is an answer, and which


def _answers(phase: Phase, code: int) -> bool:
    """Whether a code can be an answer in a phase (RFC 5321 section 4.3.2): else the conversation is out of step."""
    if 300 <= code <= 399:
        return code == _GO_ON.get(phase)
    return not (200 <= code <= 299 and phase is Phase.DATA)


class _Nonsense(Exception):
    """A line that is no SMTP reply."""


class _PhasedSmtp(smtplib.SMTP):
    """smtplib with TLS from the start, and replies read strictly and within bounds."""

    def dial(self, host: str, port: int, context: ssl.SSLContext | None) -> None:
        """Connects, with TLS from the start where a context is given; the greeting is still to be read."""
        plain = socket.create_connection((host, port), self.timeout)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self.sock = context.wrap_socket(plain, server_hostname=host) if context else plain
        except BaseException:
            plain.close()
            raise

    def wrap(self, context: ssl.SSLContext, host: str) -> None:
        """TLS on the open connection; what the server said before it is forgotten (RFC 3207 section 4.2)."""
        assert self.sock is not None
        self.sock = context.wrap_socket(self.sock, server_hostname=host)
        self.file = None
        self.helo_resp = self.ehlo_resp = None
        self.esmtp_features = {}
        self.does_esmtp = False

    def put_commands(self, lines: list[str]) -> None:
        """Several commands in one write; ValueError for a line end inside one, as in `putcmd`."""
        if any("\r" in line or "\n" in line for line in lines):
            raise ValueError("a command holds a line end")
        self.send("".join(f"{line}\r\n" for line in lines))

    def something_buffered(self) -> bool:
        """Whether more than one reply has come: bytes that an attacker could have put before TLS (CVE-2011-0411)."""
        if self.sock is None or self.file is None:
            return False
        self.sock.settimeout(0)
        try:
            return bool(self.file.peek(1))
        except ssl.SSLWantReadError:
            return False
        finally:
            self.sock.settimeout(self.timeout)

    def getreply(self) -> tuple[int, bytes]:
        """One reply (RFC 5321 section 4.2): raises _Nonsense for anything else, OSError where the connection ended."""
        if self.file is None:
            assert self.sock is not None
            self.file = self.sock.makefile("rb")
        lines: list[tuple[bytes, bytes]] = []
        while True:
            line = self.file.readline(_LONGEST_LINE + 1)
            if not line:
                self.close()
                raise ConnectionResetError("the server closed the connection")
            if len(line) > _LONGEST_LINE or len(lines) >= _MOST_LINES:
                raise _Nonsense("the server's answer does not end")
            if not line.endswith(b"\n"):
                raise ConnectionResetError("the server closed the connection in the middle of an answer")
            code, mark = line[:3], line[3:4]
            lines.append((code, line[4:].strip()))
            if not (code.isdigit() and b"200" <= code <= b"599" and mark in (b" ", b"-", b"\r", b"\n")) or code != lines[0][0]:
                raise _Nonsense("the server's answer is no SMTP reply")
            if mark != b"-":
                return int(code), b"\n".join(text for _, text in lines)


def dot_stuffed(content: bytes) -> bytes:
    """A message as DATA wants it: each line that begins with a dot gets another (RFC 5321 section 4.5.2), and the last ends."""
    stuffed = content.replace(b"\r\n.", b"\r\n..")
    if stuffed.startswith(b"."):
        stuffed = b"." + stuffed
    return stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n"


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")


def _why(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "the server did not answer in time"
    if isinstance(error, ConnectionRefusedError):
        return "the server refused the connection"
    if isinstance(error, (socket.gaierror, UnicodeError)):
        return "the server's name is not known"
    if isinstance(error, (ConnectionError, smtplib.SMTPServerDisconnected)):
        return "the server closed the connection"
    return str(error) or type(error).__name__
