"""Serves the preview on this machine, and to phones of the local network where wanted, from the first free port to Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ipaddress
import logging
import socket
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from newsletter.errors import NewsletterError
from newsletter.preview.guard import ALWAYS, LONGEST_HEAD, LOOPBACK, Guard
from newsletter.preview.phone import Phones

if TYPE_CHECKING:
    from newsletter.preview.app import Studio

DEFAULT_PORT = 8765
TRIED = 50  # ports after the default one
VISITORS = 64  # connections from the local network at a time; more would be no phone, and must not crowd this computer out
AFAR = "192.0.2.1"  # an address for documentation (RFC 5737): asked for the way to it, a system names its address in the network


class PortTaken(NewsletterError):
    """Another program listens where the preview was asked to."""


class NoNetwork(NewsletterError):
    """This computer has no address in a local network that a phone could reach."""


def lan_address(found: Callable[[], Iterable[str]] | None = None) -> str:
    """This computer's address in the local network, such as 192.168.1.20; raises NoNetwork.

    `found` gives the candidates, best first. An address that the whole internet could reach is none.
    """
    for candidate in (found or _own_addresses)():
        address = ipaddress.ip_address(candidate)
        if not (address.is_loopback or address.is_unspecified or address.is_multicast or address.is_global):
            return candidate
    raise NoNetwork(
        "This computer is in no local network that a phone could reach.",
        "Connect it to the same Wi-Fi as the phone, then start again with: newsletter preview --lan",
    )


def _own_addresses() -> list[str]:
    addresses = []
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.connect((AFAR, 9))  # UDP: this only looks the way up, nothing is sent
        addresses.append(str(asking.getsockname()[0]))
    with contextlib.suppress(OSError):
        addresses += socket.gethostbyname_ex(socket.gethostname())[2]
    return addresses


def listen_everywhere(port: int | None, *addresses: str) -> list[socket.socket]:
    """Listening places at each address, all at one port: `port`, or the first from the default on that is free at all of them.

    Raises PortTaken, and NoNetwork for an address that this computer does not have.
    """
    tried = [port] if port else list(range(DEFAULT_PORT, DEFAULT_PORT + TRIED))
    for number in tried:
        with contextlib.ExitStack() as opened:
            places = [_place(address, number, opened) for address in addresses]
            free = [place for place in places if place is not None]
            if len(free) == len(addresses):
                opened.pop_all()
                return free
    if port:
        raise PortTaken(f"Port {port} is used by another program; choose another with --port.")
    raise PortTaken(f"The ports {tried[0]} to {tried[-1]} are all used by other programs; choose one with --port.")


def _place(address: str, number: int, opened: contextlib.ExitStack) -> socket.socket | None:
    """A listening place that `opened` closes unless it is let go; None where another program has it."""
    # With its protocol named, asyncio switches Nagle's algorithm off; else each answer waits 40 ms for an acknowledgement.
    place = opened.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP))
    if sys.platform == "win32":
        place.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)  # elsewhere two programs could share a port
    else:
        place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # free again at once after a preview has ended
    try:
        place.bind((address, number))
        place.listen(64)
    except OSError as error:
        if error.errno == errno.EACCES:
            raise PortTaken(f"This account may not use port {number}.", "Choose a number above 1024.") from None
        if error.errno == errno.EADDRNOTAVAIL:
            raise NoNetwork(f"This computer does not have the address {address}.", "Is it still in the same Wi-Fi?") from None
        if error.errno != errno.EADDRINUSE:
            raise
        return None
    return place


def host_of(place: socket.socket) -> str:
    """`192.168.1.20:8765`: where a place listens, as `Phones` wants to know it."""
    address, port = place.getsockname()[:2]
    return f"{address}:{port}"


def address(place: socket.socket) -> str:
    """The preview's address, for people and browsers."""
    return f"http://{host_of(place)}/"


def serve(studio: Studio, phones: Phones, places: Sequence[socket.socket], when_ready: Callable[[], None]) -> None:
    """Serves until Ctrl-C, which comes out as KeyboardInterrupt; `when_ready` is called once pages can be asked for.

    The first of `places` is this computer's own; a second is the one in the local network, which `phones.host` names.
    """
    server_for(studio, phones, places, when_ready).run(sockets=list(places))
    raise KeyboardInterrupt  # only Ctrl-C ends it, but depending on the moment asyncio keeps that to itself


def server_for(studio: Studio, phones: Phones, places: Sequence[socket.socket], when_ready: Callable[[], None]) -> uvicorn.Server:
    """The server itself, not running yet; its `should_exit` ends it from another thread."""
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL + 1)
    config = uvicorn.Config(
        Guard(studio.application(), places[0].getsockname()[1], studio.token, phones),
        http=_Protocol,
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        log_level=logging.CRITICAL + 1,
        access_log=False,
        proxy_headers=False,  # who a request says that it is from counts for nothing
        server_header=False,
        h11_max_incomplete_event_size=LONGEST_HEAD,
        timeout_graceful_shutdown=1,
    )
    return _Server(config, studio, when_ready)


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


def _afar(connection: object) -> bool:
    """Whether a connection comes from the local network."""
    return isinstance(connection, H11Protocol) and (connection.server or ("", 0))[0] != LOOPBACK


class _Protocol(H11Protocol):
    """uvicorn's HTTP, whose own answer to what is no HTTP carries the same headers as every other."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Takes a connection; one too many from the local network is ended at once."""
        super().connection_made(transport)
        if _afar(self) and sum(map(_afar, self.connections)) > VISITORS:
            transport.abort()

    def send_400_response(self, msg: str) -> None:
        """Answers what is no HTTP."""
        head = "".join(f"{name}: {value}\r\n" for name, value in ALWAYS.items())
        body = f"{msg}\n"
        self.transport.write(
            f"HTTP/1.1 400 Bad Request\r\n{head}Content-Type: text/plain; charset=utf-8\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode()
        )
        self.transport.close()
