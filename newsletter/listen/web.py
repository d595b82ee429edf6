"""Serves the page by which people leave the list: looking changes nothing, a POST does, and the link's token is all it takes."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import uvicorn
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from newsletter.errors import LedgerUnusable, NewsletterError
from newsletter.ledger.keys import serving_keys
from newsletter.listen.guesses import Guesses
from newsletter.listen.opt_out_desk import OptOutDesk, Wish
from newsletter.listen.page import LEAVE, RETURN, OptOutPage
from newsletter.listen.route import Route

LONGEST_BODY = 8192  # bytes; a one-click body has 26, in multipart form some 200
LONGEST_HEAD = 16_384  # bytes of a request's first line and headers, where they do not come in one piece
SLOWEST_HEAD = SLOWEST_BODY = 20  # seconds
MOST_AT_ONCE = 200  # connections; each takes one of the files that a process may have open, often 256
_METHODS = ("GET", "HEAD", "POST")
_STATUS = {"no_such_link": 404, "wait": 429, "too_often": 429, "trouble": 503}  # every other page: 200
_MINUTE = 60  # seconds
_ALWAYS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class CannotListen(NewsletterError):
    """The opt-out page cannot be served at the address it was told."""


class OptOutServer:
    """The ASGI application. `tell` hears the name of a page whenever something changed, was refused or went wrong, and why."""

    def __init__(self, folder: Path, route: Route, page: OptOutPage, desk: OptOutDesk, tell: Callable[[str, str], None]) -> None:
        self._folder = folder
        self._route = route
        self._page = page
        self._desk = desk
        self._tell = tell
        self._guesses = Guesses()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request; nothing that is asked can end in a traceback or show whose link it is."""
        request = Request(scope, receive)
        response = await self._answer(request)
        response.headers.update({**_ALWAYS, "Content-Security-Policy": self._page.policy})
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.method not in _METHODS:
            return PlainTextResponse("This page knows GET, HEAD and POST only.\n", 405, {"Allow": ", ".join(_METHODS)})
        try:
            body = await _body(request)
        except TimeoutError:
            return PlainTextResponse("This took too long.\n", 408, {"Connection": "close"})
        except ClientDisconnect:
            return Response(status_code=400)
        if len(body) > LONGEST_BODY:
            return PlainTextResponse(f"At most {LONGEST_BODY} bytes are read.\n", 413, {"Connection": "close"})
        try:
            return await self._answer_to(request, body)
        except LedgerUnusable as error:
            self._tell("trouble", error.message)
            return self._shown(request, "trouble", _MINUTE)

    async def _answer_to(self, request: Request, body: bytes) -> Response:
        keys = serving_keys(self._folder)  # read anew, so that a key made a moment ago counts
        if keys is None:
            raise LedgerUnusable("The key has gone, so no link can be told from another.")
        code = keys.code_of(self._route.token(request.scope["path"], _query(request)))
        if code is None:
            wait = self._guesses.wrong(request.client.host if request.client else "")
            page = "wait" if wait else "no_such_link"
            self._tell(page, "")
            return self._shown(request, page, wait)
        wish = _wish(request.method, body)
        standing = await self._desk.wish(wish, code)
        if standing.changed or standing.page == "too_often":
            self._tell(standing.page, "")
        if request.method == "POST" and body in (LEAVE, RETURN) and standing.page != "too_often":
            # Shown by a GET of its own, so that loading the page again does nothing. A mail program is not sent elsewhere
            # (RFC 8058 section 3.1), only our own button.
            return Response(status_code=303, headers={"Location": _here(request)})
        return self._shown(request, standing.page, 86_400 if standing.page == "too_often" else 0)

    def _shown(self, request: Request, page: str, wait: int = 0) -> Response:
        """A page, and the seconds after which it is worth to ask again."""
        content = self._page.draw(request.headers.get("accept-language", ""), page)
        headers = {"Retry-After": str(wait)} if wait else {}
        return Response(content, _STATUS.get(page, 200), headers, "text/html")


def _wish(method: str, body: bytes) -> Wish:
    """What a request with a real token asks for: of all that can be posted, only our own button brings anybody back."""
    if method != "POST":
        return Wish.LOOK
    return Wish.RETURN if body == RETURN else Wish.LEAVE


def _query(request: Request) -> str:
    query: bytes = request.scope["query_string"]
    return query.decode("latin-1")


def _here(request: Request) -> str:
    """The page's own address, relative to itself: what a proxy calls it is not known here."""
    if query := _query(request):
        return f"?{query}"
    path: bytes = request.scope["raw_path"]
    return "./" + path.decode("latin-1").rpartition("/")[2]


async def _body(request: Request) -> bytes:
    """What was sent, one byte too much at the most; raises TimeoutError, ClientDisconnect."""
    body = b""
    async with asyncio.timeout(SLOWEST_BODY):
        async for chunk in request.stream():
            body += chunk[: LONGEST_BODY + 1 - len(body)]
            if len(body) > LONGEST_BODY:
                break
    return body


class _Connection(H11Protocol):
    """A connection that is not kept for whoever asks for nothing: uvicorn itself would wait for a request forever."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Takes it, or closes it at once where there are too many."""
        super().connection_made(transport)
        if len(self.connections) > MOST_AT_ONCE:
            transport.close()
        else:
            self.loop.call_later(SLOWEST_HEAD, self._look_in, None)

    def _look_in(self, before: RequestResponseCycle | None) -> None:
        """Closes it where no request has begun since the one `before`; one that is being answered is let finish."""
        if self.cycle is before and (before is None or before.response_complete):
            self.transport.close()
        elif not self.transport.is_closing():
            self.loop.call_later(SLOWEST_HEAD, self._look_in, self.cycle)


def listen_at(host: str, port: int) -> socket.socket:
    """A listening place; raises CannotListen."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With its protocol named, asyncio switches Nagle's algorithm off; else an answer can wait 40 ms for an acknowledgement.
    place = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":
            place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        place.bind((host, port))
        place.listen(128)
    except OSError as error:
        place.close()
        if error.errno == errno.EADDRINUSE:
            raise CannotListen(f"Port {port} is used by another program.", "Choose another with --port.") from None
        raise CannotListen(f"The page cannot be served at {host}, port {port}: {error.strerror or error}.") from None
    return place


def serve(application: OptOutServer, place: socket.socket, behind: str) -> None:
    """Serves until Ctrl-C, which comes out as KeyboardInterrupt; `behind` is the proxy whose word about visitors is taken."""
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL + 1)  # its lines would hold tokens
    uvicorn.Server(configured(application, behind)).run(sockets=[place])
    raise KeyboardInterrupt  # only Ctrl-C ends it, but depending on the moment asyncio keeps that to itself


def configured(application: OptOutServer, behind: str) -> uvicorn.Config:
    """How uvicorn serves it: nothing is logged, and nobody is waited for without end."""
    return uvicorn.Config(
        application,
        http=_Connection,
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        log_level=logging.CRITICAL + 1,
        access_log=False,
        proxy_headers=True,
        forwarded_allow_ips=behind,
        server_header=False,
        h11_max_incomplete_event_size=LONGEST_HEAD,
        timeout_graceful_shutdown=10,
    )
