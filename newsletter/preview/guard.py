"""Lets only this machine's own page look: every request's method, host and origin is checked before anything else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

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


@dataclass(frozen=True, slots=True)
class Guard:
    """Stands before an ASGI application that is served on loopback at `port`."""

    application: Application
    port: int

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
                more = [(n.lower().encode(), v.encode()) for n, v in ALWAYS.items() if n.lower().encode() not in given]
                event = {**event, "headers": [*event.get("headers", []), *more]}
            await send(event)

        if refusal := self.refusal(scope["method"], scope["headers"]):
            await _refuse(send_with_headers, *refusal)
        else:
            await self.application(scope, receive, send_with_headers)

    def refusal(self, method: str, headers: list[tuple[bytes, bytes]]) -> tuple[int, str] | None:
        """Why a request is not answered: status and sentence. A page of another site that names our address gets nothing."""
        said: dict[bytes, list[str]] = {}
        for name, value in headers:
            said.setdefault(name.lower(), []).append(value.decode("latin-1").lower())
        hosts = [f"{name}:{self.port}" for name in ("127.0.0.1", "localhost", "[::1]")]
        if self.port == 80:  # browsers leave the usual port out
            hosts += ["127.0.0.1", "localhost", "[::1]"]
        host = said.get(b"host", [])
        if len(host) != 1 or host[0] not in hosts:
            return 421, "This preview answers only to its own address on this computer."
        if any(origin not in [f"http://{name}" for name in hosts] for origin in said.get(b"origin", [])):
            return 403, "Another site may not look at this preview."
        elsewhere = any(site in ("cross-site", "same-site") for site in said.get(b"sec-fetch-site", []))
        if elsewhere and said.get(b"sec-fetch-mode") != ["navigate"]:
            return 403, "Another site may not look at this preview."
        if method not in ("GET", "HEAD"):
            return 405, "This preview is only for looking."
        return None


async def _refuse(send: Send, status: int, sentence: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    if status == 405:
        headers.append((b"allow", b"GET, HEAD"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": f"{sentence}\n".encode()})
