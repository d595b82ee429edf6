"""A small application behind the preview's guard, really served on loopback, for tests of who may ask for what."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

import newsletter.preview
from newsletter.preview.app import phone_routes
from newsletter.preview.guard import AFAR, LOOPBACK, MAIL_POLICY
from newsletter.preview.phone import FILES, Phones
from newsletter.preview.serve import PortTaken, host_of, listen_everywhere, server_for

LAN = "127.0.0.2"  # loopback too, but another address: it stands for this computer's in the local network
TOKEN = "the-token-of-this-run"
INSIDE = "INSIDE"  # in every answer of the application but its 404
STATIC = Path(newsletter.preview.__file__).parent / "static"
TYPES = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}


@dataclass
class SmallStudio:
    """What stands behind the guard here: a desk's page, something to be done, the files, an event stream, and letters."""

    letters: dict[str, str] = field(default_factory=lambda: {"a1": INSIDE, "b2": INSIDE})
    seen: dict[str, Any] = field(default_factory=dict)
    token: str = TOKEN
    phones: Phones = field(init=False)
    version: int = 1
    done: list[bytes] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.show("a1")

    def show(self, letter: str, **more: Any) -> None:
        """Another mail is what an invented reader sees from now on."""
        mail = {"url": f"/mail/{letter}", "subject": "Move more", "preheader": "Three minutes."}
        issues = [{"slug": "desk", "title": "Move More at Your Desk"}]
        seen = {"issue": "desk", "title": issues[0]["title"], "mail": mail, "issues": issues, "problems": 0, **more}
        self.seen, self.version = {"version": self.version + 1, **seen}, self.version + 1

    def look(self, slug: str | None) -> dict[str, Any]:
        return {**self.seen, "issue": slug or self.seen["issue"]}

    def application(self) -> Starlette:
        routes = [
            Route("/", self._desk),
            Route("/state", self._desk),
            Route("/do", self._do, methods=["POST"]),
            *(Route(path, self._file) for path in FILES),
            Route("/events", self._events),
            Route("/mail/{letter}", self._mail),
            Route("/mail/{letter}/{picture}", self._mail),
            Route("/phone", _phone),
            *phone_routes(self.phones),
        ]
        made = Starlette(routes=routes, exception_handlers={404: nothing_here, 405: nothing_here})
        made.router.redirect_slashes = False
        return made

    async def close(self) -> None:
        self.stop.set()

    async def _desk(self, _request: Request) -> Response:
        return PlainTextResponse(INSIDE)

    async def _do(self, request: Request) -> Response:
        self.done.append(await request.body())
        return PlainTextResponse(INSIDE)

    async def _file(self, request: Request) -> Response:
        name = request.url.path[1:]
        return Response((STATIC / name).read_bytes(), media_type=TYPES[name.rpartition(".")[2]])

    async def _mail(self, request: Request) -> Response:
        page = self.letters.get(request.path_params["letter"])
        return HTMLResponse(page, headers={"Content-Security-Policy": MAIL_POLICY}) if page else nothing_here(request)

    async def _events(self, _request: Request) -> Response:
        return StreamingResponse(self._stream(), media_type="text/event-stream")

    async def _stream(self) -> AsyncIterator[str]:
        told = 0
        yield "retry: 1000\n\n"
        while not self.stop.is_set():
            if told != self.version:
                told = self.version
                yield f"event: version\ndata: {told}\n\n"
            await asyncio.sleep(0.02)
        yield "event: ended\ndata: 0\n\n"


async def _phone(_request: Request) -> Response:
    return HTMLResponse((STATIC / "phone.html").read_bytes())


def nothing_here(_request: Request, _error: Any = None) -> Response:
    return PlainTextResponse("There is nothing here.\n", status_code=404)


@dataclass
class Answer:
    """What came back: status 0 is a connection that was closed without a word."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def object(self) -> Any:
        return json.loads(self.body)


@dataclass
class Served:
    """A small studio that is being served at both addresses; `time` is what its clock shows."""

    studio: SmallStudio
    port: int
    time: float = 0.0
    server: Any = None
    running: threading.Thread | None = None

    @property
    def phones(self) -> Phones:
        return self.studio.phones

    def bytes_to(self, address: str, content: bytes, method: str = "GET") -> Answer:
        """Sends bytes as they are and reads one answer."""
        with socket.create_connection((address, self.port), timeout=5) as connection:
            with contextlib.suppress(OSError):
                connection.sendall(content)
            answer = http.client.HTTPResponse(connection, method=method)
            try:
                answer.begin()
                return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
            except (http.client.HTTPException, ConnectionError):
                return Answer(0, {}, b"")

    def ask(self, path: str, method: str = "GET", address: str = LAN, source: str = LOOPBACK, **headers: str) -> Answer:
        """A request as a program would make it; by default as a visitor."""
        connection = http.client.HTTPConnection(address, self.port, timeout=5, source_address=(source, 0))
        with contextlib.closing(connection):
            connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())

    def session(self) -> str:
        """A Cookie header of a phone that was let in."""
        answer = self.ask(self.phones.new_code().partition(str(self.port))[2])
        assert answer.status == 303
        return answer.headers["set-cookie"].partition(";")[0]

    def end(self) -> None:
        """Ends the server, as Ctrl-C does."""
        self.server.should_exit = True
        assert self.running is not None
        self.running.join(10)


@contextlib.contextmanager
def served(*, lan: bool = True) -> Iterator[Served]:
    """A small studio behind the real guard, in the real server, in a thread of its own."""
    studio = SmallStudio()
    places = places_on_loopback(2 if lan else 1)
    started = Served(studio, places[0].getsockname()[1])
    studio.phones = Phones(studio.look, host_of(places[1]) if lan else "", lambda: started.time)
    ready = threading.Event()
    started.server = server_for(studio, studio.phones, places, ready.set)  # type: ignore[arg-type]
    started.running = threading.Thread(target=started.server.run, args=(places,))
    started.running.start()
    try:
        assert ready.wait(10)
        yield started
    finally:
        started.end()


def places_on_loopback(count: int) -> list[socket.socket]:
    """Listening places at a port that is free on every address."""
    for _ in range(20):
        with socket.socket() as other:
            try:
                other.bind((LAN, 0))
            except OSError:
                pytest.skip(f"This system has no {LAN}; Linux and Windows do.")
            port = other.getsockname()[1]
        with contextlib.suppress(PortTaken):  # somebody has it at the other address
            return listen_everywhere(port, *(LOOPBACK, LAN)[:count])
    pytest.fail("No port is free at both addresses.")


def assert_closed(answer: Answer) -> None:
    """Every header that keeps others out is there, and nothing gives leave to others."""
    for name, value in AFAR.items():
        assert answer.headers[name.lower()] == value
    assert not any(name.startswith("access-control") for name in answer.headers)
    assert INSIDE.encode() not in answer.body
    assert b"Traceback" not in answer.body


# Requests that no browser would send
