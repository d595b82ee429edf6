"""A scripted SMTP server on loopback that misbehaves on order, and keeps a durable record of every message it accepted.

    with SmtpServer([When(Phase.RCPT, Say("550 5.1.1 no such user"), recipient="bob@")]) as server: ...

A script is a list of rules; the first that fits a moment decides what happens there, and where none fits the server is polite.
"""

from __future__ import annotations

import base64
import contextlib
import os
import random
import re
import socket
import ssl
import struct
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import TracebackType

PATIENCE = 30.0  # seconds that any connection may last, hanging ones too


class Phase(StrEnum):
    """The moments at which a rule can speak."""

    CONNECT = "connect"
    EHLO = "EHLO"
    STARTTLS = "STARTTLS"
    AUTH = "AUTH"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    BODY = "body"  # when the first bytes of a body have come
    DOT = "dot"
    RSET = "RSET"
    QUIT = "QUIT"


@dataclass(frozen=True)
class Say:
    """Answers with this line or lines (CRLF between them, none at the end); `{line}` is what the client had said."""

    text: str
    close: bool = False


@dataclass(frozen=True)
class Raw:
    """Sends exactly these bytes, then perhaps closes."""

    data: bytes
    close: bool = False


@dataclass(frozen=True)
class Close:
    """Closes without a word."""


@dataclass(frozen=True)
class Reset:
    """Closes with a TCP reset."""


@dataclass(frozen=True)
class Hang:
    """Says nothing, and keeps the line open."""


@dataclass(frozen=True)
class EndlessLine:
    """A reply whose line never ends."""


@dataclass(frozen=True)
class EndlessReply:
    """A reply whose lines never end."""


@dataclass(frozen=True)
class Call:
    """Does something of the test's own, and then another act."""

    function: Callable[[], object]
    then: Say | Close = Close()


Act = Say | Raw | Close | Reset | Hang | EndlessLine | EndlessReply | Call
GARBAGE = Raw(b"\x00\xffmeow\r\n")


@dataclass(frozen=True)
class When:
    """At `phase`, do `act`: on one connection (from 0), for recipients containing a text, at most `times`, with a `chance`.

    At the dot, `kept` says that the message is accepted all the same, before whatever goes wrong with the answer.
    """

    phase: Phase
    act: Act
    connection: int | None = None
    recipient: str = ""
    times: int | None = None
    after: int = 0  # how often the rule lets the moment pass first
    chance: float = 1.0
    kept: bool = False


@dataclass(frozen=True)
class Offers:
    """What EHLO advertises; `starttls` and `implicit` are contexts of the server's side."""

    starttls: ssl.SSLContext | None = None
    implicit: ssl.SSLContext | None = None
    strip_starttls: bool = False
    injected: bytes = b""  # sent in one breath with the 220 of STARTTLS
    auth: tuple[str, ...] = ()
    logins: tuple[tuple[str, str], ...] = ()  # (user, password)
    tokens: tuple[tuple[str, str], ...] = ()  # (user, bearer), for XOAUTH2
    size: int | None = 50_000_000
    pipelining: bool = False
    dsn: bool = False


@dataclass(frozen=True)
class Accepted:
    """One message that the server took: the bytes are as the sender meant them, dots un-stuffed."""

    recipient: str
    message_id: str
    content: bytes
    connection: int


class _Over(Exception):
    """This connection is done."""


@dataclass
class SmtpServer:
    """Listens while inside `with`; everything it saw can be asked of it at any time."""

    script: Iterable[When] = ()
    offers: Offers = Offers()
    log: Path | None = None  # one line for each accepted message, on disk before its 250
    seed: int = 1
    accepted: list[Accepted] = field(default_factory=list)
    lines: list[tuple[int, str]] = field(default_factory=list)  # (connection, command line)
    connections: int = 0
    dot_faults: int = 0  # rules that spoke at the dot without a whole reply
    plain_bytes: bytes = b""  # everything a client wrote before encryption
    slow_body: float = 0.0  # seconds between two helpings of a body

    def __enter__(self) -> SmtpServer:
        self.rules = list(self.script)
        self._used = dict.fromkeys(range(len(self.rules)), 0)
        self._random = random.Random(self.seed)
        self._lock = threading.RLock()
        self._stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._log = self.log.open("a") if self.log else tempfile.TemporaryFile("w+")
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._listen, daemon=True)]
        self._threads[0].start()
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for opened in list(self._open):
                with contextlib.suppress(OSError):
                    opened.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(PATIENCE)
        self._log.close()

    def change_script(self, *script: When) -> None:
        """Other rules from now on."""
        with self._lock:
            self.rules = list(script)
            self._used = dict.fromkeys(range(len(self.rules)), 0)

    @property
    def recipients(self) -> list[str]:
        """Who was accepted, in order."""
        return [message.recipient for message in self.accepted]

    def said(self, verb: str) -> list[str]:
        """The command lines that began with a verb."""
        return [line for _, line in self.lines if line.upper().startswith(verb.upper())]

    def _listen(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.settimeout(PATIENCE)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                number, self.connections = self.connections, self.connections + 1
                self._open.add(connection)
            thread = threading.Thread(target=self._serve, args=(connection, number), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        conversation = _Conversation(self, connection, number)
        try:
            conversation.run()
        except (_Over, OSError, ValueError):
            pass
        finally:
            with self._lock:
                self._open.discard(connection)
            with contextlib.suppress(OSError):
                conversation.socket.close()
            connection.close()

    def rule(self, phase: Phase, number: int, recipient: str = "") -> When | None:
        """The rule for a moment, or None."""
        with self._lock:
            for index, rule in enumerate(self.rules):
                fits = rule.phase is phase and rule.connection in (None, number) and rule.recipient in recipient
                if not fits or (rule.chance < 1 and self._random.random() >= rule.chance):
                    continue
                used = self._used[index]
                if used < rule.after:
                    self._used[index] += 1
                    continue
                if rule.times is not None and used - rule.after >= rule.times:
                    continue
                self._used[index] += 1
                return rule
        return None

    def keep(self, recipient: str, content: bytes, number: int) -> None:
        """Accepts a message: on disk first, whatever is answered then."""
        found = re.search(rb"^Message-ID: <([^>]+)>", content, re.MULTILINE | re.IGNORECASE)
        message_id = found.group(1).decode() if found else ""
        with self._lock:
            self._log.write(f"{recipient}\t{message_id}\n")
            self._log.flush()
            os.fsync(self._log.fileno())
            self.accepted.append(Accepted(recipient, message_id, content, number))

    def wait_until_stopped(self) -> None:
        """What a hanging connection does."""
        self._stopping.wait(PATIENCE)


class _Conversation:
    def __init__(self, server: SmtpServer, plain: socket.socket, number: int) -> None:
        self.server = server
        self.socket = plain
        self.number = number
        self.encrypted = False
        self.buffer = b""
        self.recipient = ""
        self.taken = False  # whether the last RCPT got a yes
        self.last = b""
        self.line = ""
        self.in_body = False

    def run(self) -> None:
        offers = self.server.offers
        if offers.implicit:
            self._encrypt(offers.implicit)
        self._answer(Phase.CONNECT, "220 scripted.example ready")
        verbs = {
            "EHLO": self._ehlo,
            "HELO": lambda: self._answer(Phase.EHLO, "250 scripted.example"),
            "STARTTLS": self._starttls,
            "AUTH": self._auth,
            "MAIL": lambda: self._answer(Phase.MAIL, "250 2.1.0 ok"),
            "RCPT": self._rcpt,
            "DATA": self._data,
            "RSET": lambda: self._answer(Phase.RSET, "250 2.0.0 ok"),
            "NOOP": lambda: self._send(b"250 2.0.0 ok\r\n"),
        }
        while True:
            self.line = self._read_line().decode("utf-8", "replace")
            self.server.lines.append((self.number, self.line))
            verb = self.line.split(" ")[0].upper()
            if verb == "QUIT":
                self._answer(Phase.QUIT, "221 2.0.0 bye")
                raise _Over
            if verb in verbs:
                verbs[verb]()
            else:
                self._send(b"500 5.5.1 what?\r\n")

    def _ehlo(self) -> None:
        offers = self.server.offers
        words = ["scripted.example"]
        if offers.size is not None:
            words.append(f"SIZE {offers.size}")
        if offers.pipelining:
            words.append("PIPELINING")
        if offers.dsn:
            words.append("DSN")
        if offers.starttls and not offers.strip_starttls and not self.encrypted:
            words.append("STARTTLS")
        if offers.auth:
            words.append("AUTH " + " ".join(offers.auth))
        *first, last = words
        self._answer(Phase.EHLO, "\r\n".join([*(f"250-{word}" for word in first), f"250 {last}"]))

    def _starttls(self) -> None:
        context = self.server.offers.starttls
        if self._misbehaved(Phase.STARTTLS):
            return
        if context is None or self.encrypted:
            self._send(b"502 5.5.1 no\r\n")
            return
        self._send(b"220 2.0.0 go ahead\r\n" + self.server.offers.injected)
        self._encrypt(context)

    def _encrypt(self, context: ssl.SSLContext) -> None:
        plain = self.socket
        self.socket = context.wrap_socket(plain, server_side=True)
        with self.server._lock:
            self.server._open.discard(plain)
            self.server._open.add(self.socket)
        self.encrypted = True
        self.buffer = b""

    def _auth(self) -> None:
        if self._misbehaved(Phase.AUTH):
            return
        _, mechanism, *initial = self.line.split(" ")
        if mechanism.upper() == "PLAIN":
            code = initial[0] if initial else self._challenge("")
            _, user, password = base64.b64decode(code).decode().split("\0")
        elif mechanism.upper() == "LOGIN":
            user = base64.b64decode(initial[0] if initial else self._challenge("Username:")).decode()
            password = base64.b64decode(self._challenge("Password:")).decode()
        elif mechanism.upper() == "XOAUTH2":
            self._xoauth2(initial[0] if initial else self._challenge(""))
            return
        else:
            self._send(b"504 5.5.4 unknown mechanism\r\n")
            return
        known = (user, password) in self.server.offers.logins
        self._send(b"235 2.7.0 welcome\r\n" if known else b"535 5.7.8 user name and password not accepted\r\n")

    def _xoauth2(self, code: str) -> None:
        """As Google does: a wrong token is explained in a challenge, and refused once the client has answered with nothing."""
        said = dict(part.partition("=")[::2] for part in base64.b64decode(code).decode().split("\1") if part)
        bearer = said.get("auth", "").removeprefix("Bearer ")
        if (said.get("user", ""), bearer) in self.server.offers.tokens:
            self._send(b"235 2.7.0 welcome\r\n")
        elif self._challenge('{"status": "401", "schemes": "bearer", "scope": "https://mail.google.com/"}'):
            self._send(b"501 5.5.2 cannot decode that\r\n")
        else:
            self._send(b"535 5.7.8 token not accepted\r\n")

    def _challenge(self, text: str) -> str:
        self._send(b"334 " + base64.b64encode(text.encode()) + b"\r\n")
        return self._read_line().decode()

    def _rcpt(self) -> None:
        found = re.search(r"<(.*)>", self.line)
        self.recipient = found.group(1) if found else ""
        self._answer(Phase.RCPT, "250 2.1.5 ok")
        self.taken = self.last.startswith(b"2")

    def _data(self) -> None:
        if self._misbehaved(Phase.DATA):
            return
        if not self.taken:
            self._send(b"503 5.5.1 no recipient\r\n")
            return
        self._send(b"354 go on\r\n")
        self._fill()
        self._misbehaved(Phase.BODY)
        self.in_body = True
        content = self._body()
        self.in_body = False
        rule = self.server.rule(Phase.DOT, self.number, self.recipient)
        whole = isinstance(rule.act, Say) if rule else True
        if rule is None or rule.kept:
            self.server.keep(self.recipient, content, self.number)
        if not whole:
            with self.server._lock:
                self.server.dot_faults += 1
        if rule is None:
            self._send(b"250 2.0.0 queued\r\n")
        else:
            self._do(rule.act)

    def _body(self) -> bytes:
        """Everything up to CRLF.CRLF, dots un-stuffed (RFC 5321 section 4.5.2)."""
        content: list[bytes] = []
        while True:
            line = self._read_line(keep_end=True)
            if line == b".\r\n":
                return b"".join(content)
            content.append(line[1:] if line.startswith(b".") else line)

    def _answer(self, phase: Phase, text: str) -> None:
        if not self._misbehaved(phase):
            self._send(text.encode() + b"\r\n")

    def _misbehaved(self, phase: Phase) -> bool:
        rule = self.server.rule(phase, self.number, self.recipient if phase in _FOR_A_RECIPIENT else "")
        if rule:
            self._do(rule.act)
        return rule is not None

    def _do(self, act: Act) -> None:
        match act:
            case Say(text, close):
                self._do(Raw(text.replace("{line}", self.line).encode() + b"\r\n", close))
            case Raw(data, close):
                self._send(data)
                if close:
                    raise _Over
            case Close():
                raise _Over
            case Call(function, then):
                function()
                self._do(then)
            case Reset():
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                raise _Over
            case Hang():
                self.server.wait_until_stopped()
                raise _Over
            case EndlessLine():
                self._pour(b"250 " + b"a" * 60_000, b"a" * 60_000)
            case EndlessReply():
                self._pour(b"250-more\r\n" * 6_000, b"250-more\r\n" * 6_000)

    def _pour(self, first: bytes, more: bytes) -> None:
        self._send(first)
        while not self.server._stopping.is_set():
            self._send(more)
        raise _Over

    def _send(self, data: bytes) -> None:
        self.last = data
        self.socket.sendall(data)

    def _fill(self) -> None:
        if self.in_body and self.server.slow_body:
            self.server._stopping.wait(self.server.slow_body)
        more = self.socket.recv(65_536)
        if not more:
            raise _Over
        if not self.encrypted:
            self.server.plain_bytes = (self.server.plain_bytes + more)[-100_000:]
        self.buffer += more

    def _read_line(self, *, keep_end: bool = False) -> bytes:
        """A line that ends with CRLF and with nothing else: a bare LF is a letter like any other."""
        looked = 0
        while (end := self.buffer.find(b"\r\n", looked)) < 0:
            looked = max(0, len(self.buffer) - 1)
            self._fill()
        line, self.buffer = self.buffer[: end + 2], self.buffer[end + 2 :]
        return line if keep_end else line[:-2]


_FOR_A_RECIPIENT = (Phase.RCPT, Phase.DATA, Phase.BODY, Phase.DOT)


def logged(log: Path) -> Iterator[tuple[str, str]]:
    """What a durable accept log holds: (recipient, message-id)."""
    for line in log.read_text().splitlines():
        recipient, _, message_id = line.partition("\t")
        yield recipient, message_id
