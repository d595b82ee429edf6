"""A connection's bytes without ever blocking: what cannot be done at once says what it waits for.

Conversations are generators that yield what they wait for, so that many of them share one thread, and one alone can be
driven to its end just as well.
"""

from __future__ import annotations

import select
import socket
import ssl
import time
from collections.abc import Callable, Generator
from typing import Any, NamedTuple, TypeVar

_LONGEST_LINE = 4096  # RFC 5321 section 4.5.3.1.5 has 512; real servers write longer ones
_MOST_LINES = 200
_HELPING = 65_536  # bytes read or written at once
READ, WRITE = 1, 2
Answer = TypeVar("Answer")


class Wants(NamedTuple):
    """To go on when `wire` can be read or written; a TimeoutError is thrown in when it cannot be by `deadline` (monotonic)."""

    wire: Wire
    event: int
    deadline: float


Talk = Generator[Wants, None, Answer]
"""A conversation: it yields what it waits for, and returns its answer."""


class Nonsense(Exception):
    """A line that is no SMTP reply."""


class Wire:
    """A socket in non-blocking mode, with TLS or without; raises OSError or Nonsense."""

    def __init__(self) -> None:
        self.socket: socket.socket | None = None
        self.forget: Callable[[Wire], None] = lambda _: None  # whoever watches the socket wants to know before it closes
        self._unread = b""
        self._lines: list[bytes] = []

    def fileno(self) -> int:
        """As selectors want it; -1 where nothing is open."""
        return self.socket.fileno() if self.socket else -1

    def connect(self, host: str, port: int, deadline: float) -> Talk[None]:
        """TCP to the first address of the host that answers."""
        trouble: OSError = ConnectionRefusedError()
        for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            self.socket = socket.socket(family, kind, protocol)
            self.socket.setblocking(False)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                self.socket.connect_ex(address)
                yield Wants(self, WRITE, deadline)
                if not (number := self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)):
                    return
                trouble = OSError(number, "")  # the subclass that belongs to the number
            except OSError as error:
                trouble = error
            self.close()
        raise trouble

    def encrypt(self, context: ssl.SSLContext, host: str, deadline: float) -> Talk[None]:
        """TLS on the open connection; what the server said before it is forgotten (RFC 3207 section 4.2)."""
        assert self.socket
        self._unread, self._lines = b"", []
        self.socket = encrypted = context.wrap_socket(self.socket, server_hostname=host, do_handshake_on_connect=False)
        while True:
            try:
                encrypted.do_handshake()
            except ssl.SSLWantReadError:
                yield Wants(self, READ, deadline)
            except ssl.SSLWantWriteError:
                yield Wants(self, WRITE, deadline)
            else:
                return

    def write(self, data: bytes, seconds: float) -> Talk[None]:
        """All of it; `seconds` is for each helping, so that a slow line is no broken line."""
        unsent = memoryview(data)
        while unsent:
            try:
                assert self.socket
                unsent = unsent[self.socket.send(unsent[:_HELPING]) :]
            except (BlockingIOError, ssl.SSLWantWriteError):
                yield Wants(self, WRITE, time.monotonic() + seconds)
            except ssl.SSLWantReadError:
                yield Wants(self, READ, time.monotonic() + seconds)

    def reply(self, seconds: float) -> Talk[tuple[int, bytes]]:
        """One reply (RFC 5321 section 4.2): its code and text, lines parted by newlines; `seconds` is for all of it."""
        wants = Wants(self, READ, time.monotonic() + seconds)
        while not (reply := self.reply_at_hand()):
            if not self._decrypted():
                yield wants
            self._receive()
        return reply

    def reply_at_hand(self) -> tuple[int, bytes] | None:
        """One reply of what has come already, or None where more has to come."""
        while end := self._unread.find(b"\n") + 1:
            line, self._unread = self._unread[:end], self._unread[end:]
            if reply := self._whole(line):
                return reply
        if len(self._unread) > _LONGEST_LINE:
            raise Nonsense("the server's answer does not end")
        return None

    def said_more(self) -> bool:
        """Whether the server has said something that nobody has read yet."""
        return bool(self._unread) or self._receive()

    def close(self) -> None:
        """Cuts the line."""
        if self.socket:
            self.forget(self)
            self.socket.close()
            self.socket = None

    def _decrypted(self) -> bool:
        """Whether something waits inside the TLS layer, of which no selector knows."""
        return isinstance(self.socket, ssl.SSLSocket) and self.socket.pending() > 0

    def _receive(self) -> bool:
        """Reads what has come; False where nothing has."""
        assert self.socket
        try:
            data = self.socket.recv(_HELPING)
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        if not data:
            middle = " in the middle of an answer" if self._unread or self._lines else ""
            raise ConnectionResetError(f"the server closed the connection{middle}")
        self._unread += data
        return True

    def _whole(self, line: bytes) -> tuple[int, bytes] | None:
        """The reply that a line ends, or None where more lines belong to it."""
        if len(line) > _LONGEST_LINE or len(self._lines) >= _MOST_LINES:
            raise Nonsense("the server's answer does not end")
        code, mark = line[:3], line[3:4]
        first = self._lines[0][:3] if self._lines else code
        if not (code.isdigit() and b"200" <= code <= b"599" and mark in (b" ", b"-", b"\r", b"\n")) or code != first:
            raise Nonsense("the server's answer is no SMTP reply")
        if mark != b"-" and not self._lines:
            return int(code), line[4:].strip()
        self._lines.append(line)
        if mark == b"-":
            return None
        text = b"\n".join(line[4:].strip() for line in self._lines)
        self._lines = []
        return int(code), text


def alone(talk: Generator[Wants, None, Answer]) -> Answer:
    """Drives one conversation to its end."""
    try:
        wants = next(talk)
        while True:
            seconds = max(0.0, wants.deadline - time.monotonic())
            read, write = ([wants.wire], []) if wants.event == READ else ([], [wants.wire])
            found: tuple[list[Any], ...] = select.select(read, write, write, seconds)
            wants = next(talk) if any(found) else talk.throw(TimeoutError())
    except StopIteration as end:
        answer: Answer = end.value
        return answer
