"""A website on loopback that answers as a test tells it, encrypted or not, and misbehaves on order.

    with WebServer({"/book": Page(), "/old": Page(301, location="/book"), "/slow": Page(drip=True)}) as server: ...

A path that is not there is a 404; the name in the address makes no difference.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType


@dataclass(frozen=True)
class Page:
    """What stands at a path."""

    status: int = 200
    body: bytes = b"<html>A page</html>"
    kind: str = "text/html; charset=utf-8"
    location: str = ""
    head: int = 0  # another status for HEAD
    drops_head: bool = False  # hangs up on HEAD
    drops: bool = False  # hangs up on everything
    silent: bool = False  # takes the question and says nothing
    drip: bool = False  # says one letter a second
    raw: bytes = b""  # exactly these bytes instead of an answer


class WebServer:
    """Listens while inside `with`; `asked` are (method, path, headers) of every request."""

    def __init__(self, pages: Mapping[str, Page], encrypted: ssl.SSLContext | None = None) -> None:
        self.pages = pages
        self.encrypted = encrypted
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.stopping = threading.Event()

    def __enter__(self) -> WebServer:
        self._server = _Listener(("127.0.0.1", 0), _handler(self))
        self._server.encrypted = self.encrypted
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def paths(self) -> list[str]:
        """`GET /book` and so on, in order."""
        return [f"{method} {path}" for method, path, _ in self.asked]


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    encrypted: ssl.SSLContext | None = None

    def finish_request(self, request: socket.socket, client_address: object) -> None:  # type: ignore[override]
        if self.encrypted:
            request.settimeout(10)
            try:
                request = self.encrypted.wrap_socket(request, server_side=True)
            except OSError:
                return
        with contextlib.suppress(OSError):
            super().finish_request(request, client_address)  # type: ignore[arg-type]
        with contextlib.suppress(OSError):
            request.close()


def _handler(server: WebServer) -> type[BaseHTTPRequestHandler]:  # noqa: C901  # one answer for each kind of page
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.asked.append((self.command, self.path, dict(self.headers)))
            page = server.pages.get(self.path.partition("?")[0], Page(404))
            if page.drops or (page.drops_head and self.command == "HEAD"):
                self.close_connection = True
            elif page.silent:
                server.stopping.wait(20)
            elif page.drip:
                for letter in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 60:
                    self.wfile.write(bytes([letter]))
                    server.stopping.wait(0.5)
            elif page.raw:
                self.wfile.write(page.raw)
            else:
                self.answer(page)

        do_HEAD = do_POST = do_GET  # noqa: N815

        def answer(self, page: Page) -> None:
            self.send_response(page.head if page.head and self.command == "HEAD" else page.status)
            self.send_header("Content-Type", page.kind)
            self.send_header("Content-Length", str(len(page.body)))
            if page.location:
                self.send_header("Location", page.location)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(page.body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    return Handler
