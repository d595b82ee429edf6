"""Serves the preview on this machine alone, from the first free port to Ctrl-C."""

from __future__ import annotations

import errno
import logging
import socket
import sys
from collections.abc import Callable

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from newsletter.errors import NewsletterError
from newsletter.preview.app import Studio
from newsletter.preview.bench import Bench
from newsletter.preview.guard import ALWAYS

DEFAULT_PORT = 8765
TRIED = 50  # ports after the default one
LONGEST_REQUEST = 16_384  # bytes of a request's head


class PortTaken(NewsletterError):
    """Another program listens where the preview was asked to."""


def listen(port: int | None) -> socket.socket:
    """A listening place at `port` of 127.0.0.1, or at the first free one from the default on; raises PortTaken."""
    tried = [port] if port else list(range(DEFAULT_PORT, DEFAULT_PORT + TRIED))
    for number in tried:
        place = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if sys.platform == "win32":
            place.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)  # elsewhere two programs could share a port
        else:
            place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # free again at once after a preview has ended
        try:
            place.bind(("127.0.0.1", number))
            place.listen(64)
        except OSError as error:
            place.close()
            if error.errno == errno.EACCES:
                raise PortTaken(f"This account may not use port {number}.", "Choose a number above 1024.") from None
            if error.errno != errno.EADDRINUSE:
                raise
            continue
        return place
    if port:
        raise PortTaken(f"Port {port} is used by another program; choose another with --port.")
    raise PortTaken(f"The ports {tried[0]} to {tried[-1]} are all used by other programs; choose one with --port.")


def serve(bench: Bench, place: socket.socket, when_ready: Callable[[], None]) -> None:
    """Serves until Ctrl-C, which comes out as KeyboardInterrupt; `when_ready` is called once pages can be asked for."""
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL + 1)
    studio = Studio(bench)
    config = uvicorn.Config(
        studio.application(place.getsockname()[1]),
        http=_Protocol,
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        log_level=logging.CRITICAL + 1,
        access_log=False,
        server_header=False,
        h11_max_incomplete_event_size=LONGEST_REQUEST,
        timeout_graceful_shutdown=1,
    )
    _Server(config, studio, when_ready).run(sockets=[place])
    raise KeyboardInterrupt  # only Ctrl-C ends it, but depending on the moment asyncio keeps that to itself


class _Server(uvicorn.Server):
    """uvicorn's server, which tells when it is ready and ends the event streams before it waits for them."""

    def __init__(self, config: uvicorn.Config, studio: Studio, when_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._studio = studio
        self._when_ready = when_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._when_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._studio.close()
        await super().shutdown(sockets)


class _Protocol(H11Protocol):
    """uvicorn's HTTP, whose own answer to what is no HTTP carries the same headers as every other."""

    def send_400_response(self, msg: str) -> None:
        """Answers what is no HTTP."""
        head = "".join(f"{name}: {value}\r\n" for name, value in ALWAYS.items())
        body = f"{msg}\n"
        self.transport.write(
            f"HTTP/1.1 400 Bad Request\r\n{head}Content-Type: text/plain; charset=utf-8\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode()
        )
        self.transport.close()


def address(place: socket.socket) -> str:
    """The preview's address, for people and browsers."""
    return f"http://127.0.0.1:{place.getsockname()[1]}/"
