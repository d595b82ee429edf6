"""One SMTP conversation that always knows its phase, so that "never accepted" and "may have been accepted" stay apart.

Built on smtplib's primitives: its `sendmail` raises the same exception for a connection lost before and after the final dot.
"""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
from dataclasses import dataclass

from newsletter.errors import AccountTrouble
from newsletter.send.replies import Phase, Reply

_LONGEST_LINE = 4096  # RFC 5321 section 4.5.3.1.5 has 512; real servers write longer ones
_MOST_LINES = 200
_MAILS_A_CONNECTION = 100


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait (RFC 5321 section 4.5.3.2). A short wait after the dot makes uncertain messages out of slow servers."""

    connect: float = 30
    command: float = 300
    data: float = 120
    body: float = 180
    dot: float = 600
    goodbye: float = 5


@dataclass(frozen=True, slots=True)
class Account:
    """Where and as whom to send; `security` is starttls, tls or none. No user name means no login."""

    host: str
    port: int
    security: str
    username: str | None = None
    password: str | None = None
    timeouts: Timeouts = Timeouts()

    def __repr__(self) -> str:
        return f"Account({self.host}:{self.port})"


class Lost(Exception):
    """The connection ended, or the server's answer made no sense, in `phase`."""

    def __init__(self, phase: Phase, why: str) -> None:
        super().__init__(f"{why} during {phase}")
        self.phase = phase
        self.why = why


class Rejected(Exception):
    """The server said no in `phase`, before the final dot; nothing was accepted."""

    def __init__(self, phase: Phase, reply: Reply) -> None:
        super().__init__(str(reply))
        self.phase = phase
        self.reply = reply


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
        context = ssl.create_default_context()
        try:
            greeting = self._connect(context)
            self._expect(Phase.GREETING, greeting)
            self._wait(account.timeouts.command)
            self._expect(Phase.EHLO, self._step(Phase.EHLO, self._hello))
            if account.security == "starttls":
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
            self._step(Phase.RESET, lambda: self._command("RSET"))
        self._dirty = True
        size = f" SIZE={len(content)}" if self._smtp.has_extn("size") else ""
        self._expect(Phase.MAIL, self._step(Phase.MAIL, lambda: self._command(f"MAIL FROM:<{sender}>{size}")))
        self._expect(Phase.RCPT, self._step(Phase.RCPT, lambda: self._command(f"RCPT TO:<{recipient}>")))
        self._wait(wait.data)
        reply = self._step(Phase.DATA, lambda: self._command("DATA"))
        if reply.code != 354:
            raise Rejected(Phase.DATA, reply)
        self._wait(wait.body)
        self._step(Phase.BODY, lambda: self._smtp.send(dot_stuffed(content)))

    def finish(self) -> Reply:
        """Writes the final dot and gives the server's answer; Lost here means that the message may have been accepted."""
        self._wait(self._account.timeouts.dot)
        reply = self._step(Phase.DOT, lambda: self._command("."))
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

    def _connect(self, context: ssl.SSLContext) -> Reply:
        account = self._account
        self._smtp.tls_from_start = context if account.security == "tls" else None
        try:
            return Reply(*_decoded(self._smtp.connect(account.host, account.port)))
        except ssl.SSLCertVerificationError as error:
            raise AccountTrouble(*_about_certificate(account, error)) from None
        except ssl.SSLError as error:
            hint = "Port 465 speaks TLS at once (`security: tls`); port 587 begins without it (`security: starttls`)."
            raise AccountTrouble(f"{account.host} port {account.port} does not speak TLS ({error.reason}).", hint) from None
        except (OSError, smtplib.SMTPException, _Nonsense) as error:
            raise Lost(Phase.CONNECT, _why(error)) from None

    def _hello(self) -> tuple[int, bytes]:
        answer = self._smtp.ehlo()
        return answer if 200 <= answer[0] <= 299 or self._account.security == "starttls" else self._smtp.helo()

    def _starttls(self, context: ssl.SSLContext) -> None:
        host = self._account.host
        warning = (
            "Somebody may be listening on this network, or the server is not set up. Try another network, or ask your provider."
        )
        if not self._smtp.has_extn("starttls"):
            raise AccountTrouble(f"{host} does not offer encryption (STARTTLS), so nothing was sent.", warning)
        reply = self._step(Phase.STARTTLS, lambda: self._command("STARTTLS"))
        if reply.code != 220:
            raise AccountTrouble(f"{host} refused encryption (STARTTLS): {reply}.", warning)
        if self._smtp.something_buffered():
            raise AccountTrouble(f"{host} sent commands of its own before encryption began, so nothing was sent.", warning)
        try:
            self._smtp.wrap(context, host)
        except ssl.SSLCertVerificationError as error:
            raise AccountTrouble(*_about_certificate(self._account, error)) from None
        except (OSError, smtplib.SMTPException) as error:
            raise Lost(Phase.STARTTLS, _why(error)) from None
        self._expect(Phase.EHLO, self._step(Phase.EHLO, self._hello))

    def _login(self, username: str, password: str) -> None:
        if not self._smtp.has_extn("auth"):
            raise AccountTrouble(
                f"{self._account.host} offers no login.", "Check `host` and `port`, or delete `username` if none is needed."
            )
        try:
            self._smtp.login(username, password)
        except smtplib.SMTPAuthenticationError as error:
            raise Rejected(Phase.AUTH, Reply(*_decoded((error.smtp_code, error.smtp_error)))) from None
        except smtplib.SMTPNotSupportedError:
            raise AccountTrouble(
                f"{self._account.host} offers no way to log in that we know.", "Ask your provider about SMTP with a password."
            ) from None
        except (OSError, smtplib.SMTPException, _Nonsense) as error:
            raise Lost(Phase.AUTH, _why(error)) from None
        except UnicodeEncodeError:
            raise AccountTrouble(
                "The password has a letter that mail servers cannot take.", "Use plain letters, digits and signs."
            ) from None

    def _command(self, line: str) -> tuple[int, bytes]:
        self._smtp.putcmd(line)
        return self._smtp.getreply()

    def _step(self, phase: Phase, act: object) -> Reply:
        """Runs one exchange; whatever breaks it becomes Lost with its phase."""
        assert callable(act)
        try:
            answer = act()
        except (OSError, smtplib.SMTPException, _Nonsense) as error:
            self.abort()
            raise Lost(phase, _why(error)) from None
        return Reply(*_decoded(answer)) if answer is not None else Reply(0, "")

    def _expect(self, phase: Phase, reply: Reply) -> None:
        if reply.code == 421:
            self.abort()
        if not reply.accepted:
            raise Rejected(phase, reply)

    def _wait(self, seconds: float) -> None:
        self._smtp.timeout = seconds
        if self._smtp.sock is not None:
            self._smtp.sock.settimeout(seconds)


class _Nonsense(Exception):
    """A line that is no SMTP reply."""


class _PhasedSmtp(smtplib.SMTP):
    """smtplib with TLS from the start, and replies read strictly and within bounds."""

    tls_from_start: ssl.SSLContext | None = None

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = socket.create_connection((host, port), timeout)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._host = host
        if self.tls_from_start is None:
            return plain
        try:
            return self.tls_from_start.wrap_socket(plain, server_hostname=host)
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

    def something_buffered(self) -> bool:
        """Whether more than one reply has come: bytes that an attacker could have put before TLS (CVE-2011-0411)."""
        if self.sock is None or self.file is None:
            return False
        self.sock.settimeout(0)
        return bool(self.file.peek(1))

    def getreply(self) -> tuple[int, bytes]:
        """One reply (RFC 5321 section 4.2): raises _Nonsense for anything else, OSError where the connection ended."""
        if self.file is None:
            assert self.sock is not None
            self.file = self.sock.makefile("rb")
        lines: list[bytes] = []
        while True:
            line = self.file.readline(_LONGEST_LINE + 1)
            if not line:
                self.close()
                raise ConnectionResetError("the server closed the connection")
            if len(line) > _LONGEST_LINE or len(lines) >= _MOST_LINES:
                raise _Nonsense("the server's answer does not end")
            code, mark = line[:3], line[3:4]
            if not (code.isdigit() and b"200" <= code <= b"599" and mark in (b" ", b"-", b"\r", b"\n")):
                raise _Nonsense("the server's answer is no SMTP reply")
            lines.append(line[4:].strip())
            if mark != b"-":
                return int(code), b"\n".join(lines)


def dot_stuffed(content: bytes) -> bytes:
    """A message as DATA wants it: each line that begins with a dot gets another (RFC 5321 section 4.5.2), and the last line ends."""
    stuffed = content.replace(b"\r\n.", b"\r\n..")
    if stuffed.startswith(b"."):
        stuffed = b"." + stuffed
    return stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n"


def _decoded(answer: tuple[int, bytes | str]) -> tuple[int, str]:
    text = answer[1].decode("utf-8", "replace") if isinstance(answer[1], bytes) else str(answer[1])
    printable = "".join(c if c.isprintable() else " " for c in text)
    return answer[0], " ".join(printable.split())[:500]


def _why(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "the server did not answer in time"
    if isinstance(error, ConnectionRefusedError):
        return "the server refused the connection"
    if isinstance(error, socket.gaierror):
        return "the server's name is not known"
    if isinstance(error, (ConnectionError, smtplib.SMTPServerDisconnected)):
        return "the server closed the connection"
    return str(error) or type(error).__name__


def _about_certificate(account: Account, error: ssl.SSLCertVerificationError) -> tuple[str, str]:
    message = f"The certificate of {account.host} is not valid ({error.verify_message}), so nothing was sent."
    return message, "Check `host` in practice.yaml. If it is right, somebody may be listening on this network; ask your provider."
