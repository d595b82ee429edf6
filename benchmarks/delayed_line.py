"""A line that is far away: a relay on loopback whose every byte leaves a fixed time after it came, in both directions.

`python benchmarks/delayed_line.py PORT SECONDS` relays to 127.0.0.1:PORT and prints the port it listens on. It ends when its
standard input does, and then prints one JSON object: connections, the seconds from the first one to the last byte, and how
many seconds too late the chunks left, on average.

A connection is dialled on three delays after it was accepted: the round trip of a TCP handshake, and the way of its last
packet, so that the greeting comes as late as on a real line. Nothing is dropped, joined or held back for more than the delay, and
there is no cap on bytes a second: it is a faithful pipe, not a model of congestion.
"""

from __future__ import annotations

import json
import select
import socket
import sys
import time
from collections import deque
from dataclasses import dataclass, field

_CHUNK = 262_144
_PATIENCE = 3600.0
_WAKING = 0.0002  # seconds that waking up takes: it is asked for that much earlier, so that chunks leave on time


@dataclass(eq=False, slots=True)
class Way:
    """One direction of a connection: chunks with the moment each is due; an empty chunk is the end of the stream."""

    source: socket.socket
    target: socket.socket
    waiting: deque[tuple[float, memoryview]] = field(default_factory=deque)
    ended: bool = False
    blocked: bool = False
    passed: int = 0
    late: float = 0.0

    def take(self, delay: float) -> None:
        """Reads what came and notes when it may leave."""
        try:
            chunk = self.source.recv(_CHUNK)
        except ConnectionError:
            chunk = b""
        self.ended = not chunk
        self.waiting.append((time.monotonic() + delay, memoryview(chunk)))

    def pass_on(self, now: float) -> None:
        """Writes what is due, as much as the other side takes."""
        self.blocked = False
        while self.waiting and self.waiting[0][0] <= now + _WAKING and not self.blocked:
            due, chunk = self.waiting.popleft()
            self.passed, self.late = self.passed + 1, self.late + now - due
            try:
                if not chunk:
                    self.target.shutdown(socket.SHUT_WR)
                elif (sent := self.target.send(chunk)) < len(chunk):
                    self.waiting.appendleft((due, chunk[sent:]))
                    self.blocked = True
            except BlockingIOError:
                self.waiting.appendleft((due, chunk))
                self.blocked = True
            except OSError:  # the other side is gone: nothing more can reach it
                self.ended = True
                self.waiting.clear()

    @property
    def over(self) -> bool:
        """Whether nothing more comes or goes here."""
        return self.ended and not self.waiting


class Line:
    """A listening socket, the connections through it, and what was seen of them."""

    def __init__(self, port: int, delay: float) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._far = ("127.0.0.1", port)
        self._delay = delay
        self._dials: deque[tuple[float, socket.socket]] = deque()
        self._ways: list[Way] = []
        self._connections = 0
        self._first = self._last = 0.0
        self._passed, self._late = 0, 0.0

    def run(self) -> None:
        """Relays until standard input ends."""
        while True:
            sources = {way.source: way for way in self._ways if not way.ended}
            blocked = [way.target for way in self._ways if way.blocked]
            readable, _, _ = select.select([sys.stdin, self.listener, *sources], blocked, [], self._pause())
            if sys.stdin in readable:
                return
            if self.listener in readable:
                self._accept()
            for source in readable:
                if source in sources:
                    sources[source].take(self._delay)
                    self._last = time.monotonic()
            self._advance()

    def seen(self) -> dict[str, float]:
        """How many connections there were, the seconds from the first one to the last byte, and the mean lateness."""
        late = self._late / self._passed if self._passed else 0.0
        return {"connections": self._connections, "seconds": self._last - self._first, "late": late}

    def _pause(self) -> float:
        due = [way.waiting[0][0] for way in self._ways if way.waiting and not way.blocked]
        due += [moment for moment, _ in self._dials]
        return max(0.0, min(due) - _WAKING - time.monotonic()) if due else _PATIENCE

    def _accept(self) -> None:
        near, _ = self.listener.accept()
        now = time.monotonic()
        self._connections += 1
        self._first = self._first or now
        self._dials.append((now + 3 * self._delay, near))

    def _advance(self) -> None:
        now = time.monotonic()
        while self._dials and self._dials[0][0] <= now:
            self._dial(self._dials.popleft()[1])
        for way in self._ways:
            way.pass_on(now)
        for one, other in zip(self._ways[::2], self._ways[1::2], strict=True):
            if one.over and other.over:
                for way in (one, other):
                    way.source.close()
                    self._passed, self._late = self._passed + way.passed, self._late + way.late
        self._ways = [way for way in self._ways if way.source.fileno() >= 0]

    def _dial(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection(self._far, timeout=5)
        except OSError:
            near.close()
            return
        for end in (near, far):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            end.setblocking(False)
        self._ways += [Way(near, far), Way(far, near)]


def main() -> None:
    """Says its port, relays, and says what it saw."""
    line = Line(int(sys.argv[1]), float(sys.argv[2]))
    print(line.listener.getsockname()[1], flush=True)
    line.run()
    print(json.dumps(line.seen()), flush=True)


if __name__ == "__main__":
    main()
