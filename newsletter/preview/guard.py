"""Decides who may ask for what: this computer's own page, a phone with a session, and nobody else."""

from __future__ import annotations

import hmac
import re
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from newsletter.preview.phone import COOKIE, FILES, LIMIT_SAID, SCAN, Phones, said_in_words

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# A mail may carry its own styles and our copies of its pictures; nothing in it runs, and nothing is fetched from elsewhere.
SANDBOX = "allow-same-origin allow-popups allow-popups-to-escape-sandbox"
MAIL_POLICY = (
    f"sandbox {SANDBOX}; default-src 'none'; script-src 'none'; img-src 'self'; style-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
ALWAYS = {
    "Content-Security-Policy": PAGE_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
LOOPBACK = "127.0.0.1"
# Browsers take that one from trustworthy addresses only, and say so in their console.
AFAR = {name: value for name, value in ALWAYS.items() if name != "Cross-Origin-Opener-Policy"}
TOKEN_HEADER = "X-Studio-Token"  # noqa: S105  # a header's name; its value is made anew for every run
LONGEST_HEAD = 16_384  # bytes of a request's first line and headers
LONGEST_BODY = 4096  # bytes
NOTHING = "There is nothing here."
_CODE = re.compile(r"/phone/[^/]+")
_LETTER = re.compile(r"/mail/([^/]+)(?:/[^/]+)?")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not answered: the status and a sentence; `page` where a person will read it in a browser.

    `again` lets that page ask once more by itself; `more` are headers that belong to the status.
    """

    status: int
    sentence: str
    page: bool = False
    again: bool = False
    more: tuple[tuple[bytes, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class Guard:
    """Stands before an ASGI application that is served at `port` of loopback, and of the local network if `phones` are let in.

    Who asks is told by the address of ours that the connection came in on, which nobody else can choose. `token` is what our
    own page proves itself with when it asks for something to be done.
    """

    application: Application
    port: int
    token: str
    phones: Phones

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, or refuses it; every answer gets the headers of ALWAYS that it does not set itself."""
        if scope["type"] == "lifespan":
            await self.application(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return

        async def send_with_headers(event: MutableMapping[str, Any]) -> None:
            """The same answer with our headers added."""
            if event["type"] == "http.response.start":
                given = {name.lower() for name, _ in event.get("headers", [])}
                always = ALWAYS if (scope.get("server") or [""])[0] == LOOPBACK else AFAR
                more = [(n.lower().encode(), v.encode()) for n, v in always.items() if n.lower().encode() not in given]
                event = {**event, "headers": [*event.get("headers", []), *more]}
            await send(event)

        if refusal := self.refusal(scope):
            await _refuse(send_with_headers, refusal)
        else:
            await self.application(scope, receive, send_with_headers)

    def refusal(self, scope: Scope) -> Refusal | None:
        """Why a request is refused; None lets it pass. The rules depend on the address of ours that it came in on."""
        said: dict[bytes, list[str]] = {}
        for name, value in scope["headers"]:
            said.setdefault(name.lower(), []).append(value.decode("latin-1"))
        # The server stops a longer head only where it does not arrive in one piece.
        head = len(scope["path"]) + len(scope["query_string"]) + sum(len(n) + len(v) for n, v in scope["headers"])
        if head > LONGEST_HEAD:
            return Refusal(431, "The head of this request is longer than any page of ours makes it.")
        if scope["http_version"] not in ("1.0", "1.1") or b"upgrade" in said:
            return Refusal(400, "The preview speaks plain HTTP/1.1 and nothing else.")
        address, port = scope.get("server") or ("", 0)
        if address == LOOPBACK and port == self.port:
            return self._desk(scope["method"], said)
        if self.phones.host and f"{address}:{port}" == self.phones.host:
            return self._visitor(scope, said)
        return Refusal(421, "The preview is not served at this address.")

    def _desk(self, method: str, said: dict[bytes, list[str]]) -> Refusal | None:
        """This computer: a page of another site that names our address gets nothing, and only our own page has things done."""
        hosts = [f"{name}:{self.port}" for name in (LOOPBACK, "localhost", "[::1]")]
        if self.port == 80:  # browsers leave the usual port out
            hosts += [LOOPBACK, "localhost", "[::1]"]
        if refusal := _elsewhere(said, hosts, method):
            return refusal
        if method in ("GET", "HEAD"):
            return None
        if method != "POST":
            return Refusal(405, "The preview knows GET, HEAD and POST only.", more=((b"allow", b"GET, HEAD, POST"),))
        given = [token.encode("latin-1") for token in said.get(TOKEN_HEADER.lower().encode(), [])]
        known = len(given) == 1 and hmac.compare_digest(given[0], self.token.encode("latin-1"))
        if len(said.get(b"origin", [])) != 1 or not known:
            return Refusal(403, "Only the studio's own page may do this. Load the page again if the preview was started anew.")
        return _body_refused(said)

    def _visitor(self, scope: Scope, said: dict[bytes, list[str]]) -> Refusal | None:
        """The local network: looks only, at what is made for phones, and with a session that a code from the studio began."""
        method, path = scope["method"], scope["path"]
        hosts = [self.phones.host, *([scope["server"][0]] if self.port == 80 else [])]
        if refusal := _elsewhere(said, hosts, method):
            return refusal
        if method not in ("GET", "HEAD"):
            return Refusal(405, "A phone may only look.", more=((b"allow", b"GET, HEAD"),))
        client = (scope.get("client") or ("", 0))[0]
        letter = _LETTER.fullmatch(path)
        if path in ("/phone", "/phone/state", "/events") or path in FILES or letter:
            refusal = self._session_refused(client, said, again=path == "/phone" and scope["query_string"] != b"again")
            return refusal or (Refusal(404, NOTHING) if letter and letter[1] not in self.phones.shown else None)
        return self._too_often(client) if _CODE.fullmatch(path) else Refusal(404, NOTHING)

    def _session_refused(self, client: str, said: dict[bytes, list[str]], *, again: bool) -> Refusal | None:
        sessions = [value for cookie in said.get(b"cookie", []) for value in _sessions(cookie)]
        if any(self.phones.knows(session) for session in sessions):
            return None
        if refusal := self._too_often(client):
            return refusal
        if sessions:
            self.phones.wrong(client)
        # A browser that a camera or another program opened holds a Strict cookie back; asked by our own page it sends it.
        return Refusal(403, SCAN, page=True, again=again and not sessions)

    def _too_often(self, client: str) -> Refusal | None:
        wait = self.phones.wait(client)
        return Refusal(429, LIMIT_SAID, page=True, more=((b"retry-after", str(wait).encode()),)) if wait else None


def _elsewhere(said: dict[bytes, list[str]], hosts: list[str], method: str) -> Refusal | None:
    """Refuses what does not name us as its host, and what a page of another site asks for; following a link is no such thing."""
    host = [value.lower() for value in said.get(b"host", [])]
    if len(host) != 1 or host[0] not in hosts:
        return Refusal(421, "The preview answers only to its own address.")
    origins = [f"http://{name}" for name in hosts]
    foreign = any(origin.lower() not in origins for origin in said.get(b"origin", []))
    sites = [site.lower() for site in said.get(b"sec-fetch-site", [])]
    followed = method in ("GET", "HEAD") and [mode.lower() for mode in said.get(b"sec-fetch-mode", [])] == ["navigate"]
    if foreign or (any(site in ("cross-site", "same-site") for site in sites) and not followed):
        return Refusal(403, "Another site may not look at the preview.")
    return None


def _body_refused(said: dict[bytes, list[str]]) -> Refusal | None:
    """Refuses a body whose length is not told beforehand (RFC 9110, 15.5.12), or that is longer than anything we ask for."""
    lengths = said.get(b"content-length", [])
    if b"transfer-encoding" in said or len(lengths) != 1 or not re.fullmatch(r"[0-9]{1,20}", lengths[0]):
        return Refusal(411, "The length of what is sent has to be told beforehand.")
    if int(lengths[0]) > LONGEST_BODY:
        return Refusal(413, f"At most {LONGEST_BODY} bytes are read.")
    return None


def _sessions(cookie: str) -> list[str]:
    """The sessions that a Cookie header names; empty ones are none."""
    pairs = (pair.strip().partition("=") for pair in cookie.split(";"))
    return [value for name, _, value in pairs if name == COOKIE and value]


async def _refuse(send: Send, refusal: Refusal) -> None:
    media_type, body = b"text/plain; charset=utf-8", f"{refusal.sentence}\n"
    if refusal.page:
        media_type, body = b"text/html; charset=utf-8", said_in_words(refusal.sentence, again=refusal.again)
    content = body.encode()
    headers = [(b"content-type", media_type), (b"content-length", str(len(content)).encode()), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": refusal.status, "headers": [*headers, *refusal.more]})
    await send({"type": "http.response.body", "body": content})
