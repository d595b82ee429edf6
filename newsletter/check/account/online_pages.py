"""What only the network can say of the practice's own servers: the mail server's offers, and the page for opting out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from newsletter.check.evidence import Evidence
from newsletter.check.finding import ADVICE, WARNING, Finding, advice, warning
from newsletter.check.registry import rule
from newsletter.compose.identity import NOBODYS_TOKEN
from newsletter.read.practice import OPT_OUT_PAGE
from newsletter.read.providers import Server, server

if TYPE_CHECKING:
    from newsletter.check.network.net import Fetched, Greeting

_MOST = 20_000  # bytes of the page that are looked at
_LOGIN_PATHS = ("login", "log-in", "signin", "sign-in", "sso")
_LOGIN_FIELD = b'type="password"'
_COMPARE = "Compare `host`, `port` and `security` below `smtp` with what your mail provider says."
_AGAIN = "Check this computer's connection to the internet, and check again later."


@rule(
    "A13",
    "a mail server that offers what practice.yaml says",
    *(WARNING, ADVICE),
    source="RFC 3207 (STARTTLS), RFC 4954 (AUTH), RFC 1870 (SIZE)",
    needs="online",
)
def mail_server(evidence: Evidence) -> Iterator[Finding]:
    """The server answers under its name, encrypts as it is told to, takes our way to log in and mails of this size."""
    assert evidence.net
    used = server(evidence.practice.text.smtp)
    said = evidence.net.greeting(used.host, used.port, used.security)
    if not said.asked:
        harm = f"What the mail server {used.host} offers on port {used.port} could not be checked: {said.trouble}."
        yield advice(_place(evidence, "host"), harm, f"Check again later; if it stays so, c{_COMPARE[1:]}")
    elif said.trouble:
        harm = f"The mail server {used.host}, port {used.port}, cannot be used: {said.trouble}. Sending will fail."
        yield warning(_place(evidence, "host"), harm, _COMPARE)
    else:
        yield from _disagreements(evidence, used, said)


def _place(evidence: Evidence, key: str) -> str:
    return evidence.key_place("smtp", key)


def _disagreements(evidence: Evidence, used: Server, said: Greeting) -> Iterator[Finding]:
    """Where practice.yaml expects something else than the server offers."""
    if used.security == "starttls" and "STARTTLS" not in said.before:
        harm = f"{used.host} offers no encryption on port {used.port} (STARTTLS): nothing will be sent over it."
        yield warning(_place(evidence, "security"), harm, "Write `security: tls` and `port: 465`, or ask your mail provider.")
        return
    ways = set(said.after.get("AUTH", "").split())
    if used.username and used.auth == "xoauth2" and "XOAUTH2" not in ways:
        harm = f"{used.host} takes no access tokens (XOAUTH2), which practice.yaml is set to: the login will fail."
        yield warning(_place(evidence, "auth"), harm, "Delete `auth` and `token_command`, or ask your mail provider.")
    elif used.username and used.auth == "password" and not ways & {"PLAIN", "LOGIN"}:
        offered = f"only {', '.join(sorted(ways))}" if ways else "no login at all on this port"
        harm = f"{used.host} takes no password ({offered}): the login will fail."
        yield warning(_place(evidence, "username"), harm, "Ask your mail provider for the port and the way to log in.")
    largest = max(len(sample.content) for sample in evidence.samples)
    size = said.after.get("SIZE", "")
    if size.isdigit() and 0 < int(size) < largest:  # 0 is no limit (RFC 1870 section 4)
        harm = f"The mail has {largest / 1000:,.0f} kB, and {used.host} takes {int(size) / 1000:,.0f} kB at most: it refuses it."
        yield warning(_place(evidence, "host"), harm, "Use fewer or smaller pictures, or `images: {mode: hosted}`.")


@rule(
    "U09",
    "a page for opting out that works",
    *(WARNING, ADVICE),
    source="CAN-SPAM: 15 USC 7704(a)(3), 30 days from sending; 16 CFR 316.5, one page and no login",
    needs="online",
)
def opt_out_page(evidence: Evidence) -> Iterator[Finding]:
    """The page opens for a code that is nobody's, without a login; it is only looked at, nobody is taken off the list."""
    assert evidence.net
    written = evidence.practice.text.unsubscribe.url
    if not written:
        return
    place = evidence.key_place("unsubscribe", "url")
    page = evidence.net.fetch(written.replace("{token}", NOBODYS_TOKEN), most=_MOST)
    if not page.asked:
        yield advice(place, f"Whether the page for opting out works could not be checked: {page.trouble}.", _AGAIN)
    elif problem := _problem(page):
        harm = f"The page for opting out {problem}: people who want to leave press Spam instead."
        fix = f"Ask whoever looks after your website to let {page.url[:100]} open; the code in it is a test."
        yield warning(place, harm, fix)


def _problem(page: Fetched) -> str:
    """What a reader would meet; nothing where the page opens."""
    if page.trouble:
        return f"does not open, because {page.trouble}"
    if page.status in (401, 407) or _wants_login(page):
        led = f" (it leads to {page.final_url[:80]})" if page.final_url != page.url else ""
        return f"wants a login{led}"
    if page.status == 404 and OPT_OUT_PAGE.encode() in page.body:
        return ""
    return "" if 200 <= page.status < 300 else f"answers with an error ({page.status})"


def _wants_login(page: Fetched) -> bool:
    """Whether we were led on to a login, or the page asks for a password."""
    steps = urlsplit(page.final_url).path.lower().strip("/").replace(".", "/").split("/")
    led_on = page.final_url != page.url and any(step in _LOGIN_PATHS or step.endswith("-login") for step in steps)
    return led_on or _LOGIN_FIELD in page.body.lower().replace(b"'", b'"').replace(b"type=password", _LOGIN_FIELD)
