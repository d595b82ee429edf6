"""Somebody between a program and its server, who hands bytes on as they are until the line is cut or falls silent."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Middleman:
    """Listens on `port`; after so many bytes from the server it cuts the line, or keeps them to itself."""

    target: int
    cut_after: int | None = None
    silent_after: int | None = None
    port: int = 0
    passed: int = 0
    _open: list[socket.socket] = field(default_factory=list)

    def _serve(self, listening: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listening.accept()
                server = socket.create_connection(("127.0.0.1", self.target))
                self._open += [client, server]
                threading.Thread(target=self._hand_on, args=(client, server, False), daemon=True).start()
                threading.Thread(target=self._hand_on, args=(server, client, True), daemon=True).start()

    def _hand_on(self, source: socket.socket, sink: socket.socket, counted: bool) -> None:
        with contextlib.suppress(OSError):
            while chunk := source.recv(4096):
                self.passed += len(chunk) if counted else 0
                if self.cut_after is not None and self.passed > self.cut_after:
                    break
                if self.silent_after is None or self.passed <= self.silent_after:
                    sink.sendall(chunk)
        for side in (source, sink):
            with contextlib.suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)


@contextmanager
def between(target: int, **when: int) -> Iterator[Middleman]:
    """A middleman in front of a port, gone afterwards."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        made = Middleman(target, port=listening.getsockname()[1], **when)
        threading.Thread(target=made._serve, args=(listening,), daemon=True).start()
        yield made
        with contextlib.suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
    for side in made._open:
        side.close()
