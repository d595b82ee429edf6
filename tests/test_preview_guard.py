"""Who may ask the preview for what: requests that no browser would send, and header sets that no person would think of."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_studio import INSIDE, LAN, TOKEN, Served, assert_closed, served

from newsletter.preview.guard import LOOPBACK, Guard
from newsletter.preview.phone import Phones


@pytest.fixture(scope="module")
def studio() -> Iterator[Served]:
    """One server for the tests that only ask."""
    with served() as started:
        yield started


@dataclass(frozen=True)
class Odd:
    """A request, its first line and headers, to one of the two addresses; PORT, TOKEN and SESSION stand for the real ones."""

    line: bytes
    headers: tuple[bytes, ...]
    to: str
    allowed: tuple[int, ...]

    def __str__(self) -> str:
        return f"{'desk' if self.to == LOOPBACK else 'phone'} {self.line[:40]!r} {b', '.join(self.headers)[-40:]!r}"


OURS = {LOOPBACK: b"Host: 127.0.0.1:PORT", LAN: b"Host: 127.0.0.2:PORT"}
SESSION = b"Cookie: SESSION"
ORIGIN, PROOF, SHORT = b"Origin: http://127.0.0.1:PORT", b"X-Studio-Token: TOKEN", b"Content-Length: 0"
PATHS = [
    b"/..%2fpractice.yaml",
    b"/../practice.yaml",
    b"/./state",
    b"/%2e%2e/%2e%2e/etc/passwd",
    b"/%252e%252e%252fpractice.yaml",
    b"/%c0%ae%c0%ae/practice.yaml",
    b"/%00",
    b"/state%00.js",
    b"/state%0d%0aSet-Cookie:%20a=b",
    b"/phone.js%00",
    b"/phone.js/",
    b"/phone.js/../state",
    b"/phone.js%2f..%2fstate",
    b"/phone/",
    b"/phone/state/",
    b"/phone/..%2fstate",
    b"/phone//state",
    b"/PHONE",
    b"//phone",
    b"//state",
    b"//evil.example/state",
    b"/\\state",
    b"/..\\..\\practice.yaml",
    b"/%5c..%5cpractice.yaml",
    b"/C:%5cWindows",
    b"/mail/",
    b"/mail/..%2f..%2fpractice.yaml",
    b"/mail/a1/..%2f..%2fstate",
    b"/mail/a1/x/y",
    b"/mail/a1%00",
    b"/mail/A1",
    b"/%ff%fe",
    b"/static/phone.html",
    b"/phone.html",
    b"/etc/passwd",
    b"/subscribers.csv",
    b"/.newsletter/ledger.sqlite",
    b"http://127.0.0.1:PORT/state",
    b"http://evil.example/",
    b"file:///etc/passwd",
    b"*",
    b"state",
    b"?",
    b"/" + b"a" * 10_000,
]
HOSTS = [
    b"evil.example",
    b"evil.example:PORT",
    b"127.0.0.1",
    b"127.0.0.1:1",
    b"127.0.0.1:PORT.",
    b"127.0.0.1.:PORT",
    b"localhost.:PORT",
    b"localhost:PORT.evil.example",
    b"localhost:0PORT",
    b"localhost: PORT",
    b"localhost:PORT:PORT",
    b"127.0.0.1:PORT@evil.example",
    b"127.0.0.1:PORT,evil.example",
    b"127.0.0.1:PORT#evil.example",
    b"127.0.0.1:PORT/",
    b"user@127.0.0.1:PORT",
    b"http://127.0.0.1:PORT",
    b"127.1:PORT",
    b"2130706433:PORT",
    b"0x7f.0.0.1:PORT",
    b"0.0.0.0:PORT",
    b"127.0.0.3:PORT",
    b"::1:PORT",
    b"[::]:PORT",
    b"[::ffff:127.0.0.1]:PORT",
    b"[::1%25lo]:PORT",
    b"[::1]",
    b"xn--localhost:PORT",
    b"",
]
NO_REQUESTS = [
    b"GET / HTTP/9.9\r\nHost: 127.0.0.1:PORT",
    b"GET / HTTP/2.0\r\nHost: 127.0.0.1:PORT",
    b"PRI * HTTP/2.0\r\n\r\nSM",
    b"GET /",
    b"GET / HTTP/1.1",
    b"GET / HTTP/1.1\r\nHost 127.0.0.1:PORT",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nHost: evil.example",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nHost: 127.0.0.1:PORT",
    b"GET / HTTP/1.1\r\n Host: 127.0.0.1:PORT",
    b"GET / HTTP/1.1\r\nHost : 127.0.0.1:PORT",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nX: a\0b",
    b"GET /a b HTTP/1.1\r\nHost: 127.0.0.1:PORT",
    b"GET /\0 HTTP/1.1\r\nHost: 127.0.0.1:PORT",
    b"GET /\xc3\xa9 HTTP/1.1\r\nHost: 127.0.0.1:PORT",
    b"GE\xffT / HTTP/1.1\r\nHost: 127.0.0.1:PORT",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nX-Long: " + b"a" * 100_000,
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n" + b"\r\n".join(b"X-%d: a" % number for number in range(9_000)),
    b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: 127.0.0.1:PORT",
    b"GET /state?" + b"a" * 17_000 + b" HTTP/1.1\r\nHost: 127.0.0.1:PORT",
    b"POST /do HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nContent-Length: -1",
    b"POST /do HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nContent-Length: 1e3",
    b"POST /do HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nContent-Length: 1\r\nContent-Length: 2",
    b"POST /do HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nTransfer-Encoding: chunked, gzip",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"\0\0\0\0",
    b"SSH-2.0-OpenSSH_9.9",
    b"EHLO mail.example",
]
POSTS: list[tuple[tuple[bytes, ...], int]] = [
    ((SHORT,), 403),
    ((SHORT, ORIGIN), 403),
    ((SHORT, PROOF), 403),
    ((SHORT, ORIGIN, b"X-Studio-Token: wrong"), 403),
    ((SHORT, ORIGIN, b"X-Studio-Token: "), 403),
    ((SHORT, ORIGIN, b"X-Studio-Token: TOKEN TOKEN"), 403),
    ((SHORT, ORIGIN, b"X-Studio-Token: \xff\xfe"), 403),
    ((SHORT, ORIGIN, b"Cookie: X-Studio-Token=TOKEN"), 403),
    ((SHORT, ORIGIN, PROOF, PROOF), 403),
    ((SHORT, ORIGIN, ORIGIN, PROOF), 403),
    ((SHORT, PROOF, b"Origin: https://evil.example"), 403),
    ((SHORT, PROOF, b"Origin: null"), 403),
    ((SHORT, PROOF, b"Origin: http://127.0.0.1:PORT, http://evil.example"), 403),
    ((SHORT, PROOF, b"Origin: http://127.0.0.1:PORT/"), 403),
    ((SHORT, PROOF, b"Origin: https://127.0.0.1:PORT"), 403),
    ((SHORT, PROOF, b"Referer: http://127.0.0.1:PORT/"), 403),
    ((SHORT, ORIGIN, PROOF, b"Sec-Fetch-Site: cross-site", b"Sec-Fetch-Mode: navigate"), 403),
    ((SHORT, ORIGIN, PROOF, b"Sec-Fetch-Site: same-site"), 403),
    ((ORIGIN, PROOF), 411),
    ((ORIGIN, PROOF, b"Transfer-Encoding: chunked"), 411),
    ((ORIGIN, PROOF, b"Content-Length: 4", b"Transfer-Encoding: chunked"), 411),
    ((ORIGIN, PROOF, b"Content-Length: 4097"), 413),
    ((ORIGIN, PROOF, b"Content-Length: 10000000000"), 413),
]
ELSEWHERE = [
    b"Origin: https://evil.example",
    b"Origin: null",
    b"Origin: http://127.0.0.1:1",
    b"Origin: http://127.0.0.3:PORT",
    b"Origin: ",
    b"Sec-Fetch-Site: cross-site",
    b"Sec-Fetch-Site: same-site\r\nSec-Fetch-Mode: no-cors",
    b"Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Mode: cors",
]
UPGRADES = [
    b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
]
NO_SESSIONS = [
    b"X: y",
    b"Cookie: studio_phone=",
    b"Cookie: studio_phone=wrong",
    b"Cookie: xSESSION",
    b"Cookie: SESSIONx",
    b'Cookie: studio_phone="\xff"',
    b"Cookie: " + b"studio_phone=a; " * 500,
]


def odd_requests() -> Iterator[Odd]:
    for to in (LOOPBACK, LAN):
        own = (OURS[to], SESSION)
        yield from (Odd(b"GET %s HTTP/1.1" % path, own, to, (400, 404)) for path in PATHS)
        refused = (400, 421)
        yield from (Odd(b"GET / HTTP/1.1", (b"Host: " + host, SESSION), to, refused) for host in HOSTS)
        yield Odd(b"GET / HTTP/1.0", (SESSION,), to, (421,))
        yield Odd(b"GET / HTTP/1.1", (OURS[LAN if to == LOOPBACK else LOOPBACK], SESSION), to, (421,))
        yield from (Odd(b"GET /events HTTP/1.1", (*own, headers), to, (403,)) for headers in ELSEWHERE)
        yield from (Odd(b"GET /phone HTTP/1.1", (*own, headers), to, (400,)) for headers in UPGRADES)
        for method in (b"PUT", b"DELETE", b"PATCH", b"OPTIONS", b"TRACE", b"PROPFIND", b"get", b"QUERY"):
            yield Odd(method + b" /phone HTTP/1.1", (*own, ORIGIN.replace(LOOPBACK.encode(), to.encode()), PROOF), to, (405,))
        yield Odd(b"CONNECT mail.example:25 HTTP/1.1", own, to, (405,))
    yield from (Odd(b"POST /do HTTP/1.1", (OURS[LOOPBACK], *headers), LOOPBACK, (status, 400)) for headers, status in POSTS)
    for path in (b"/do", b"/phone-code", b"/phone", b"/phone/state"):
        origin = ORIGIN.replace(LOOPBACK.encode(), LAN.encode())
        yield Odd(b"POST %s HTTP/1.1" % path, (OURS[LAN], SESSION, SHORT, PROOF, origin), LAN, (405,))
    yield from (Odd(b"GET /phone/state HTTP/1.1", (OURS[LAN], headers), LAN, (403,)) for headers in NO_SESSIONS)
    for path in (b"/", b"/state", b"/do", b"/phone-code", b"/people", b"/mail/b2", b"/mail/b2/picture"):
        yield Odd(b"GET %s HTTP/1.1" % path, (OURS[LAN], SESSION), LAN, (404,))
    yield from (Odd(line, (), LOOPBACK, (400, 421, 431, 0)) for line in NO_REQUESTS)


ODD = list(odd_requests())


@pytest.mark.parametrize("odd", ODD, ids=str)
def test_an_odd_request_gets_nothing(studio: Served, odd: Odd) -> None:
    """Whatever it looks like, it gets 4xx, the headers that keep others out, nothing of ours, and harms nobody after it."""
    studio.time += 60  # so that no minute holds too many guesses
    studio.studio.seen["mail"]["url"] = "/mail/a1"
    session = studio.session().encode()
    content = b"\r\n".join((odd.line, *odd.headers, b"", b""))
    for name, value in ((b"PORT", b"%d" % studio.port), (b"TOKEN", TOKEN.encode()), (b"SESSION", session)):
        content = content.replace(name, value)
    before = len(studio.studio.done)
    answer = studio.bytes_to(odd.to, content, odd.line.partition(b" ")[0].decode("latin-1"))
    assert answer.status in odd.allowed
    if answer.status:
        assert_closed(answer)
    assert len(studio.studio.done) == before
    assert studio.ask("/state", address=LOOPBACK).body == INSIDE.encode()
    assert studio.ask("/phone/state", Cookie=session.decode()).status == 200


def test_there_are_many_odd_requests() -> None:
    """The list above is no list that was emptied by mistake."""
    assert len(ODD) > 250


def test_what_follows_a_refused_body_is_not_read(studio: Served) -> None:
    """A second request that hides in the body of a refused one is never answered."""
    hidden = f"GET /state HTTP/1.1\r\nHost: 127.0.0.1:{studio.port}\r\n\r\n".encode()
    head = (
        f"POST /do HTTP/1.1\r\nHost: 127.0.0.1:{studio.port}\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"
    )
    with socket.create_connection((LOOPBACK, studio.port), timeout=5) as connection:
        connection.sendall(head.encode() + hidden)
        answer = b""
        with contextlib.suppress(ConnectionError):
            while more := connection.recv(65_536):
                answer += more
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert answer.count(b"HTTP/1.1") == 1
    assert INSIDE.encode() not in answer


# What passes


def test_our_own_page_may_look_and_do(studio: Served) -> None:
    """Its origin passes, also under the other names of loopback; what is to be done needs the token and comes whole."""
    for name in ("127.0.0.1", "localhost", "LOCALHOST", "[::1]"):
        host = f"{name}:{studio.port}"
        proof = {"Host": host, "Origin": f"http://{host}", "X_Studio_Token": TOKEN}
        assert studio.ask("/", address=LOOPBACK, **proof).status == 200
        answer = studio.ask("/do", "POST", LOOPBACK, **proof, Content_Length="0")
        assert (answer.status, studio.studio.done.pop()) == (200, b"")
        assert not any(name.startswith("access-control") for name in answer.headers)


def test_a_link_from_elsewhere_may_open_the_page(studio: Served) -> None:
    """Following a link is looking; a link cannot have anything done."""
    followed = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"}
    assert studio.ask("/", address=LOOPBACK, **followed).status == 200
    assert studio.ask("/do", "POST", LOOPBACK, **followed).status == 403


def test_a_body_of_the_longest_length_is_read(studio: Served) -> None:
    """4096 bytes pass, one more does not."""
    with socket.create_connection((LOOPBACK, studio.port), timeout=5) as connection:
        proof = f"Host: 127.0.0.1:{studio.port}\r\nOrigin: http://127.0.0.1:{studio.port}\r\nX-Studio-Token: {TOKEN}"
        connection.sendall(f"POST /do HTTP/1.1\r\n{proof}\r\nContent-Length: 4096\r\n\r\n".encode() + b"a" * 4096)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        assert answer.status == 200
    assert studio.studio.done.pop() == b"a" * 4096


def test_a_refusal_says_why_in_a_sentence(studio: Served) -> None:
    """Each refusal is a sentence, 405 names what is allowed, and HEAD gets the head alone."""
    answer = studio.ask("/do", "POST", LOOPBACK)
    assert answer.body == b"Only the studio's own page may do this. Load the page again if the preview was started anew.\n"
    assert studio.ask("/", "PUT", LOOPBACK).headers["allow"] == "GET, HEAD, POST"
    assert studio.ask("/phone", "PUT").headers["allow"] == "GET, HEAD"
    head = studio.ask("/", "HEAD", LOOPBACK, Host="evil.example")
    assert (head.status, head.body) == (421, b"")


def test_no_visitor_where_phones_are_off() -> None:
    """Without --lan a connection that came in by another address than loopback's is refused whatever it says."""
    guard = Guard(_unreachable, 8765, TOKEN, Phones(lambda _slug: {}))
    for server in ((LAN, 8765), ("192.168.1.20", 8765), ("", 0), None, ("127.0.0.1", 1)):
        refusal = guard.refusal(scope_of("GET", "/phone", [(b"host", b"127.0.0.1:8765")], server))
        assert refusal is not None
        assert refusal.status == 421


def test_a_web_socket_is_closed() -> None:
    """What is neither HTTP nor the server's own beginning and end never reaches the application."""
    guard = Guard(_unreachable, 8765, TOKEN, Phones(lambda _slug: {}))
    told: list[Any] = []

    async def send(event: Any) -> None:
        told.append(event)

    with ThreadPoolExecutor(1) as aside:  # the browser of other tests has a loop in this thread
        aside.submit(asyncio.run, guard({"type": "websocket", "path": "/events", "headers": []}, _unreachable, send)).result(5)
    assert told == [{"type": "websocket.close", "code": 1008}]


# Header sets that no person would think of


async def _unreachable(*_arguments: Any) -> Any:
    raise AssertionError("the application was reached")


def scope_of(method: str, path: str, headers: list[tuple[bytes, bytes]], server: Any) -> dict[str, Any]:
    about = {"type": "http", "http_version": "1.1", "query_string": b"", "client": ("127.0.0.9", 5)}
    return {**about, "method": method, "path": path, "headers": headers, "server": server}


GOOD = {
    b"host": [b"127.0.0.1:8765", b"localhost:8765", b"[::1]:8765", b"LocalHost:8765"],
    b"origin": [b"http://127.0.0.1:8765", b"http://localhost:8765"],
    b"x-studio-token": [TOKEN.encode()],
    b"content-length": [b"0", b"17", b"4096", b"0004096"],
    b"cookie": [b"studio_phone=known", b"a=b; studio_phone=known"],
    b"sec-fetch-site": [b"same-origin", b"none"],
    b"sec-fetch-mode": [b"navigate", b"cors"],
}
BAD = {
    b"host": [b"", b"evil.example", b"127.0.0.2:8765", b"127.0.0.1", b"127.0.0.1:8765 "],
    b"origin": [b"null", b"", b"https://evil.example", b"http://127.0.0.1", b"http://127.0.0.2:8765"],
    b"x-studio-token": [b"", b"\xff", TOKEN.encode()[:-1], TOKEN.upper().encode()],
    b"content-length": [b"", b"4097", b"-1", b"+1", b"1 ", b"\xb2", b"9" * 30],
    b"cookie": [b"studio_phone=", b"studio_phone", b"studio_phone=unknown", b"studio_phonex=known"],
    b"sec-fetch-site": [b"cross-site", b"same-site"],
    b"sec-fetch-mode": [b"", b"no-cors"],
    b"transfer-encoding": [b"chunked", b"identity"],
    b"upgrade": [b"websocket"],
}
Headers = list[tuple[bytes, bytes]]


def headers_of(known: dict[bytes, list[bytes]]) -> st.SearchStrategy[Headers]:
    """Some of these headers, in any case of letters, in any order, also twice."""
    pairs = [(name, value) for name, values in known.items() for value in values]
    spelt = st.sampled_from(pairs).flatmap(lambda pair: st.sampled_from([pair, (pair[0].title(), pair[1])]))
    return st.lists(spelt, max_size=3)


@st.composite
def header_sets(draw: st.DrawFn) -> Headers:
    """Mostly right: a good value for most names, a few strange ones among them."""
    names = draw(st.lists(st.sampled_from(list(GOOD)), unique=True, min_size=len(GOOD) - 2))
    chosen = [(name, draw(st.sampled_from(GOOD[name]))) for name in names]
    strange = draw(st.one_of(st.just([]), headers_of(GOOD), headers_of(BAD), st.lists(st.tuples(st.binary(), st.binary()))))
    return draw(st.permutations(chosen + strange))


def values(headers: Headers, name: bytes) -> list[str]:
    return [value.decode("latin-1") for known, value in headers if known.lower() == name]


def may_look(headers: Headers, hosts: list[str], *, doing: bool) -> bool:
    """The rules that are the same everywhere, said once more."""
    host, origins = [name.lower() for name in values(headers, b"host")], values(headers, b"origin")
    from_elsewhere = {"cross-site", "same-site"} & set(values(headers, b"sec-fetch-site"))
    followed = values(headers, b"sec-fetch-mode") == ["navigate"] and not doing
    ours = len(host) == 1 and host[0] in hosts and {origin.lower() for origin in origins} <= {f"http://{name}" for name in hosts}
    return ours and not values(headers, b"upgrade") and (not from_elsewhere or followed)


@settings(max_examples=500, deadline=None)
@given(header_sets(), st.sampled_from(["GET", "HEAD", "POST", "PUT", "OPTIONS"]))
def test_the_desk_passes_exactly_what_the_rules_allow(headers: Headers, method: str) -> None:
    """On loopback: one host, ours; no origin but ours; and for doing also exactly one origin, the token and a short length."""
    guard = Guard(_unreachable, 8765, TOKEN, Phones(lambda _slug: {}, f"{LAN}:8765"))
    passed = guard.refusal(scope_of(method, "/", headers, (LOOPBACK, 8765))) is None
    allowed = may_look(headers, [f"{name}:8765" for name in (LOOPBACK, "localhost", "[::1]")], doing=method == "POST")
    if method == "POST":
        length = values(headers, b"content-length")
        allowed &= len(values(headers, b"origin")) == 1 and values(headers, b"x-studio-token") == [TOKEN]
        allowed &= len(length) == 1 and length[0].isascii() and length[0].isdigit() and int(length[0]) <= 4096
        allowed &= not values(headers, b"transfer-encoding")
    assert passed == (allowed and method in ("GET", "HEAD", "POST"))


VISITED = ["/phone", "/phone/state", "/phone.js", "/events", "/mail/a1", "/mail/a1/x", "/mail/b2", "/", "/state", "/phone/x"]


@settings(max_examples=500, deadline=None)
@given(header_sets(), st.sampled_from(["GET", "HEAD", "POST", "DELETE"]), st.sampled_from(VISITED))
def test_a_visitor_passes_exactly_as_the_rules_allow(headers: Headers, method: str, path: str) -> None:
    """From the network: one host, ours; no origin but ours; looking only; and a session for all but redeeming a code."""
    headers = [(n, v.replace(b"127.0.0.1", b"127.0.0.X").replace(b"127.0.0.2", b"127.0.0.1")) for n, v in headers]
    headers = [(n, v.replace(b"127.0.0.X", b"127.0.0.2")) for n, v in headers]  # what is right for one is wrong for the other
    phones = Phones(lambda _slug: {}, f"{LAN}:8765", lambda: 0.0, sessions={"known"}, shown={"a1"})
    guard = Guard(_unreachable, 8765, TOKEN, phones)
    passed = guard.refusal(scope_of(method, path, headers, (LAN, 8765))) is None
    allowed = may_look(headers, [f"{LAN}:8765"], doing=False) and method in ("GET", "HEAD")
    cookies = [pair.strip() for line in values(headers, b"cookie") for pair in line.split(";")]
    inside = path in ("/phone", "/phone/state", "/phone.js", "/events", "/mail/a1", "/mail/a1/x")
    assert passed == (allowed and (path == "/phone/x" or (inside and "studio_phone=known" in cookies)))
