"""Holds what `newsletter serve` promises: looking changes nothing, one click is enough, and what was confirmed is kept."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import json
import random
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from desks import Desk
from hypothesis import given
from hypothesis import strategies as st
from mailings import NOW, due, intend, ledger_in, plan
from opt_out_server import ANNA, FORM, ONE_CLICK, OptOuts, end, serving
from previews import make_folder
from typing_commands import Typist

from newsletter.ledger.keys import practice_keys, rotate
from newsletter.ledger.ledger import ledger_file
from newsletter.ledger.suppressions import Kind, Suppressed, Suppressions
from newsletter.listen.guesses import VISITORS, WRONG, Guesses
from newsletter.listen.opt_out_desk import OptOutDesk
from newsletter.listen.page import OptOutPage
from newsletter.listen.route import NoRoute, Route
from newsletter.listen.web import MOST_AT_ONCE, OptOutServer, configured, listen_at
from newsletter.read.practice import read_practice


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OptOuts]:
    """One server for the tests that need nothing special; each has people of its own."""
    folder = make_folder(tmp_path_factory.mktemp("serve") / "practice")
    practice_keys(folder)
    with serving(folder) as page:
        yield page


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (ONE_CLICK, FORM),
        (
            '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
        ),
        ("", FORM),
    ],
    ids=["urlencoded", "multipart", "empty"],
)
def test_one_click_as_mail_programs_send_it(shared: OptOuts, body: str, kind: str) -> None:
    """A POST without cookie, Origin or Referer opts out in either form of RFC 8058, is not redirected, and can be repeated."""
    address = f"{len(body)}@mail.example"
    for _ in range(2):
        answer = shared.post(shared.path(address), body, Content_Type=kind)
        assert answer.status == 200
        assert "You are unsubscribed" in answer.text
    assert shared.codes().count(practice_keys(shared.folder).code(address)) == 1


def test_looking_changes_nothing(shared: OptOuts) -> None:
    """GET and HEAD, as link scanners send them, show the page and leave the ledger as it was."""
    path, before = shared.path("looker@mail.example"), shared.dump()
    for method in ("GET", "HEAD", "GET"):
        assert shared.ask(method, path).status == 200
    assert shared.ask("HEAD", path).body == b""
    assert "Press the button" in shared.get(path).text
    assert shared.dump() == before


def test_the_button_and_back_again(shared: OptOuts) -> None:
    """The page's own buttons lead to a page that can be loaded again, which says how things stand."""
    path = shared.path("button@mail.example")
    answer = shared.post(path, "wish=leave")
    assert (answer.status, answer.headers["location"]) == (303, f"./{path.rpartition('/')[2]}")
    assert "You will not get any more newsletters from Riverbend Chiropractic." in shared.get(path).text
    assert shared.post(path, "wish=return").status == 303
    assert "You are subscribed again" in shared.get(path).text
    assert practice_keys(shared.folder).code("button@mail.example") not in shared.codes()


def test_the_page_brings_back_only_who_left_by_it(shared: OptOuts) -> None:
    """Who was erased on request stays so, and is offered no button."""
    code = practice_keys(shared.folder).code("erased@mail.example")
    with_one = ledger_in(shared.folder)
    with with_one.transaction():
        Suppressions(with_one).note(Suppressed(code, Kind.FORGOTTEN, "erased on request", NOW), "command")
    with_one.close()
    path = shared.path("erased@mail.example")
    assert "<form" not in shared.get(path).text
    shared.post(path, "wish=return")
    shared.post(path)
    assert {one.who: one.kind for one in shared.dump()[0]}[code] is Kind.FORGOTTEN


def test_every_bad_token_gets_the_same_answer(shared: OptOuts, tmp_path: Path) -> None:
    """Wrong, short, long, another practice's, odd bytes, another path: same status, same bytes, for looking and for posting."""
    token = shared.path("real@mail.example").rpartition("/")[2]
    flipped = token[:-1] + ("A" if token[-1] != "A" else "B")
    strange = practice_keys(tmp_path).token("real@mail.example")
    bad = [flipped, token[:-1], token + "A", "", strange, "%ff%00", "A" * 34, "ä".encode().hex(), "..%2f..%2fetc"]
    answers = [shared.get(f"/u/{one}", X_Forwarded_For="198.51.100.7") for one in bad]
    answers += [shared.post(f"/u/{one}", X_Forwarded_For="198.51.100.8") for one in bad]
    answers += [shared.get(path, X_Forwarded_For="198.51.100.9") for path in ("/", "/robots.txt", "/u/", f"/u/{token}/more")]
    assert {(answer.status, answer.body) for answer in answers} == {(404, answers[0].body)}
    assert "hello@riverbend.example" in answers[0].text
    assert {tuple(sorted(set(answer.headers) - {"date"})) for answer in answers} == {
        tuple(sorted(set(answers[0].headers) - {"date"}))
    }


def test_headers_keep_the_page_private(shared: OptOuts) -> None:
    """No cookie, nothing kept, nothing told to other sites, no frame, no script, no search engine, on every answer."""
    for answer in (
        shared.get(shared.path()),
        shared.get("/u/bad"),
        shared.ask("PUT", "/u/x"),
        shared.post(shared.path(), "x" * 9000),
    ):
        headers = answer.headers
        assert "set-cookie" not in headers
        assert (headers["cache-control"], headers["referrer-policy"], headers["x-robots-tag"]) == (
            "no-store",
            "no-referrer",
            "noindex",
        )
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "server" not in headers


def test_what_is_not_asked_for_is_refused(shared: OptOuts) -> None:
    """Other methods are not allowed, a long body is not read, and neither changes anything."""
    before = shared.dump()
    path = shared.path("refused@mail.example")
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"):
        answer = shared.ask(method, path)
        assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, POST")
    assert shared.post(path, "x" * 8193).status == 413
    assert shared.dump() == before
    assert shared.post(path, "x" * 8192).status == 200


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("es-MX,es;q=0.9,en;q=0.8", "es"),
        ("de-DE,de;q=0.9,en;q=0.5,es;q=0.7", "es"),
        ("es;q=0, en;q=0.1", "en"),
        ("fr", "en"),
        (",;q=x, es;q=9" * 40, "en"),
        ("", "en"),
    ],
)
def test_the_page_speaks_the_readers_language(shared: OptOuts, said: str, heard: str) -> None:
    """English or Spanish, whichever the browser wants more; else the practice's."""
    page = shared.get(shared.path("reader@mail.example"), Accept_Language=said).text
    assert f'<html lang="{heard}">' in page
    assert ("Pulse el botón" in page) == (heard == "es")


def test_guessing_is_slowed_down_and_real_opt_outs_are_not(shared: OptOuts) -> None:
    """A visitor with many bad links waits; a link that works is taken at once even from there, and other visitors do not wait."""
    guesser = {"X_Forwarded_For": "203.0.113.5"}
    statuses = [shared.get(f"/u/{number:034}", **guesser).status for number in range(WRONG + 5)]
    assert statuses == [404] * WRONG + [429] * 5
    limited = shared.get("/u/bad", **guesser)
    assert 0 < int(limited.headers["retry-after"]) <= 60
    assert shared.post(shared.path("gmail@mail.example"), **guesser).status == 200
    assert shared.get("/u/bad", X_Forwarded_For="203.0.113.6").status == 404


def test_guesses_of_millions_take_no_more_room() -> None:
    """However many visitors guess, the memory stays; a network of IPv6 is one visitor; a minute later all is forgotten."""
    time = [0.0]
    guesses = Guesses(lambda: time[0])
    assert max(guesses.wrong(f"2001:db8::{number:x}") for number in range(WRONG + 1)) > 0
    for number in range(VISITORS + 100):
        guesses.wrong(f"visitor {number}")
    assert len(guesses._seen) == VISITORS
    for _ in range(WRONG):
        guesses.wrong("198.51.100.1")
    assert guesses.wrong("198.51.100.1") == 60
    time[0] = 60.0
    assert guesses.wrong("198.51.100.1") == 0


def test_changing_ones_mind_has_an_end_and_leaving_has_none(shared: OptOuts) -> None:
    """One person can come back a few times a day, then is asked to tell the practice; opting out always works."""
    path = shared.path("undecided@mail.example")
    statuses = []
    for _ in range(7):
        assert shared.post(path).status == 200
        statuses.append(shared.post(path, "wish=return").status)
    assert statuses == [303] * 5 + [429] * 2
    lines = shared.dump()[1]
    for _ in range(20):
        shared.post(path)
        shared.post(path, "wish=return")
    assert shared.dump()[1] == lines
    assert practice_keys(shared.folder).code("undecided@mail.example") in shared.codes()


def test_many_at_once(shared: OptOuts) -> None:
    """Posts that arrive together are all kept, each once."""
    people = [f"crowd{number}@mail.example" for number in range(40)]
    with concurrent.futures.ThreadPoolExecutor(16) as crowd:
        answers = list(crowd.map(lambda address: shared.post(shared.path(address)), people * 2))
    assert {answer.status for answer in answers} == {200}
    codes = shared.codes()
    assert [codes.count(practice_keys(shared.folder).code(address)) for address in people] == [1] * len(people)


class HastyLoop(asyncio.SelectorEventLoop):
    """A loop for which a minute is over in a second."""

    def call_later(self, delay: float, callback: Callable[..., object], *args: Any, context: Any = None) -> asyncio.TimerHandle:
        """As ever, but soon."""
        return super().call_later(delay / 60, callback, *args, context=context)


@contextlib.contextmanager
def hasty_server(folder: Path) -> Iterator[int]:
    """The page in a thread of this process, with such a loop; the port."""
    practice_keys(folder)
    page, desk = OptOutPage(read_practice(folder).text), OptOutDesk(ledger_file(folder), time.time)
    application = OptOutServer(folder, Route.of("https://a.example/u/{token}"), page, desk, lambda _page, _why: None)
    with listen_at("127.0.0.1", 0) as place:
        server = uvicorn.Server(configured(application, "127.0.0.1"))
        thread = threading.Thread(target=lambda: HastyLoop().run_until_complete(server.serve([place])))
        thread.start()
        yield place.getsockname()[1]
        server.should_exit = True
        thread.join()
    desk.close()


def test_nobody_holds_the_page_up(tmp_path: Path) -> None:
    """Who connects and says nothing, or does not come to the end of a request, is not waited for."""
    folder = make_folder(tmp_path / "practice")
    with hasty_server(folder) as port, contextlib.ExitStack() as stack:

        def line(sent: bytes = b"") -> socket.socket:
            made = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))
            made.sendall(sent)
            return made

        path = f"/u/{practice_keys(folder).token(ANNA)}".encode()
        asked = line(b"GET " + path + b" HTTP/1.1\r\nHost: a\r\n\r\n")
        assert asked.recv(12) == b"HTTP/1.1 200"
        for held in (line(), line(b"GET /u/x HTTP/1.1\r\nX-A: "), line(LAST[:20]), asked):
            while held.recv(65536):
                pass  # it ends


def test_a_crowd_does_not_use_up_what_the_system_gives(shared: OptOuts) -> None:
    """Of very many connections at a time the last are closed at once, while the others may still ask; then all is as before."""
    with contextlib.ExitStack() as stack:
        connections = [socket.create_connection(("127.0.0.1", shared.port), timeout=10) for _ in range(MOST_AT_ONCE + 50)]
        for connection in connections:
            stack.enter_context(connection)
        assert connections[-1].recv(1) == b""
        connections[0].sendall(LAST)
        assert connections[0].recv(12) == b"HTTP/1.1 404"
    assert shared.get(shared.path()).status == 200


def test_what_is_confirmed_survives_a_kill(tmp_path: Path) -> None:
    """The opt-out is on the disk before the answer: a server killed right after it has lost nothing."""
    folder = make_folder(tmp_path / "practice")
    practice_keys(folder)
    for number in range(2):
        with serving(folder) as page:
            assert page.post(page.path(f"{number}@mail.example")).status == 200
            page.process.send_signal(signal.SIGKILL)
            page.process.wait()
        assert len(page.codes()) == number + 1


def test_a_ledger_that_cannot_be_written_is_never_done(tmp_path: Path) -> None:
    """A damaged ledger: the page says that nothing was changed and whom to tell; once it is restored the page works again."""
    folder = make_folder(tmp_path / "practice")
    practice_keys(folder)
    with serving(folder) as page:
        whole = ledger_file(folder).rename(folder / "kept")
        ledger_file(folder).write_bytes(b"no ledger")
        for answer in (page.post(page.path()), page.post(page.path(), "wish=leave"), page.get(page.path())):
            assert (answer.status, answer.headers["retry-after"]) == (503, "60")
            assert "nothing was changed" in answer.text
            assert "hello@riverbend.example" in answer.text
            assert "(801) 555-0142" in answer.text
        whole.replace(ledger_file(folder))
        assert page.post(page.path()).status == 200
        assert page.codes() == [practice_keys(folder).code(ANNA)]
    assert any("trouble: " in line for line in page.printed)


def test_a_send_that_runs_skips_who_opts_out_in_between(tmp_path: Path) -> None:
    """Claimed, opted out by link, and then not finished: the intent is refused, and nothing goes to them."""
    folder = make_folder(tmp_path / "practice")
    practice_keys(folder)
    with serving(folder) as page:
        ledger = ledger_in(folder)
        mailing = plan(ledger, [ANNA, "ben@mail.example"])
        claimed = {recipient.address: recipient for recipient in due(mailing)}
        assert page.post(page.path()).status == 200
        assert not intend(mailing, claimed[ANNA])
        assert intend(mailing, claimed["ben@mail.example"])
        ledger.close()


def test_who_opted_out_by_link_is_not_planned(quick_desk: Desk) -> None:
    """From the mail that was sent, through the page, to the next plan: the person is left out; the list does not change that."""
    desk = quick_desk
    practice_keys(desk.folder)
    with serving(desk.folder) as page:
        assert page.post(page.path("anna@mail.example")).status == 200
    planned = desk("send", "stretch", "--dry-run", "--json").object
    assert planned["waiting"] == 4
    shown = json.loads(desk("suppressions", "--json").out)
    assert [(one["email"], one["kind"]) for one in shown] == [(ANNA, "opted out")]


def test_old_links_work_after_a_new_key(tmp_path: Path) -> None:
    """A link made with an older key opts out as ever, also while the page runs; the same person's new link is known at once."""
    folder = make_folder(tmp_path / "practice")
    practice_keys(folder)
    with serving(folder) as page:
        old = page.path()
        rotate(folder)
        assert page.path() != old
        assert page.get(page.path()).status == 200
        assert page.post(old).status == 200
        assert page.codes() == [practice_keys(folder).codes(ANNA)[1]]


def test_the_screen_says_when_and_what_but_not_who(tmp_path: Path) -> None:
    """The lines of a day hold neither tokens nor codes nor addresses; Ctrl-C ends it as wished."""
    folder = make_folder(tmp_path / "practice")
    practice_keys(folder)
    with serving(folder) as page:
        token = page.path().rpartition("/")[2]
        page.get(f"/u/{token[:-1]}", X_Forwarded_For="198.51.100.7")
        page.post(page.path())
        page.post(page.path(), "wish=return")
        assert end(page) == 130
    said = "\n".join(page.printed)
    assert "unsubscribed (1 since the start)" in said
    assert "subscribed again (1 since the start)" in said
    assert "links that do not work (1 since the start)" in said
    for secret in (token[:20], ANNA, "198.51.100.7", practice_keys(folder).code(ANNA)):
        assert secret not in said


def test_what_is_missing_is_said(practice_folder: Path) -> None:
    """Without list and key, without an address for the page, or with a taken port the command ends with a sentence."""
    typed = Typist(practice_folder)
    (practice_folder / "subscribers.csv").unlink()
    done = typed("serve")
    assert done.code == 1
    assert "keys for-server" in done.err
    practice_keys(practice_folder)
    with listen_at("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        done = typed("serve", "--port", str(port))
        assert done.code == 1
        assert f"Port {port} is used by another program." in done.err
    assert typed("serve", "--behind", "*").code == 2
    path = practice_folder / "practice.yaml"
    path.write_text(path.read_text().replace(', url: "https://riverbend.example/u/{token}"', ""))
    done = typed("serve")
    assert done.code == 1
    assert "url: https://your-domain/u/{token}" in done.err


@pytest.mark.parametrize(
    ("url", "path", "query"),
    [
        ("https://a.example/u/{token}", "/u/TOKEN", ""),
        ("https://a.example/u/{token}", "/TOKEN", "utm_source=x"),
        ("https://a.example/news/{token}/leave", "/news/TOKEN/leave", ""),
        ("https://a.example/out-{token}.html", "/out-TOKEN.html", ""),
        ("https://a.example/?t={token}", "/", "a=b&t=TOKEN&c"),
        ("https://a.example/leave?{token}", "/anywhere", "TOKEN"),
        ("https://a.example/u/{token}?again={token}", "/u/TOKEN", ""),
    ],
)
def test_the_token_stands_where_practice_yaml_puts_it(url: str, path: str, query: str) -> None:
    """In any part of the path or query; a proxy may cut off what stands before it, and others may add parameters."""
    assert Route.of(url).token(path, query) == "TOKEN"
    assert Route.of(url).token("/x/y/z/", "q=1") == ""


def test_a_token_that_no_server_sees_is_refused() -> None:
    """What stands behind a # stays in the browser."""
    with pytest.raises(NoRoute):
        Route.of("https://a.example/u#{token}")


@given(st.text(max_size=300), st.text(max_size=300))
def test_no_address_is_too_odd(path: str, query: str) -> None:
    """Whatever is asked for, there is a token in it or there is none."""
    for url in ("https://a.example/u/{token}", "https://a.example/?t={token}"):
        assert Route.of(url).token(path, query).isascii()


UNTRUE = b"99999"
LAST = b"GET /last HTTP/1.1\r\nHost: riverbend.example\r\nConnection: close\r\n\r\n"


class OddRequests:
    """Makes requests that no browser would send, the same ones each time."""

    def __init__(self, seed: int, token: str) -> None:
        self.random = random.Random(seed)
        self.token = token

    def piece(self) -> bytes:
        """Something to put somewhere."""
        chance = self.random
        return chance.choice(
            [
                self.token.encode(),
                self.token[: chance.randrange(35)].encode(),
                self.token.lower().encode(),
                bytes(chance.randrange(33, 127) for _ in range(chance.randrange(40))),
                b"%" + f"{chance.randrange(256):02x}".encode(),
                b"%zz",
                b"..",
                b"%2e%2e%2f",
                b"%00",
                b"%0d%0aSet-Cookie:x",
                b"A" * chance.choice([1, 33, 34, 35, 2000]),
                "ñ".encode(),
                b"",
            ]
        )

    def target(self) -> bytes:
        """A path, perhaps with a query."""
        chance = self.random
        if chance.random() < 0.3:
            path = b"/u/" + self.token.encode()
        else:
            path = b"/" + b"/".join(self.piece() for _ in range(chance.randrange(5)))
        if chance.random() < 0.3:
            path += b"?" + b"&".join(self.piece() + b"=" + self.piece() for _ in range(chance.randrange(4)))
        return chance.choice([path, path, path, path, b"http://x" + path, b"*", path.replace(b"/", b"//")]) or b"/"

    def header(self) -> bytes:
        """A header that is usual, odd or wrong."""
        name = self.random.choice(
            b"Cookie Origin Referer X-Forwarded-For X-Forwarded-Proto Accept-Language Content-Type Content-Encoding Upgrade"
            b" Connection Expect Range Host Bad|Name".split()
        )
        return name + b": " + self.piece().replace(b"%0d%0a", b" ") + b"\r\n"

    def request(self, methods: list[bytes]) -> bytes:
        """One request; a body with it as often as not."""
        chance = self.random
        body = chance.choice([b"", b"", ONE_CLICK.encode(), b"wish=return", self.piece() * 3, b"x" * 9000])
        head = chance.choice(methods) + b" " + self.target() + b" HTTP/1.1\r\nHost: riverbend.example\r\n"
        head += b"X-Forwarded-For: 198.51.100.%d\r\n" % chance.randrange(256)
        head += b"".join(self.header() for _ in range(chance.randrange(4)))
        length = chance.choice([str(len(body)).encode()] * 8 + [b"-1", UNTRUE, b"x"])
        return head + b"Content-Length: " + length + b"\r\n\r\n" + body


def statuses_of(port: int, sent: bytes) -> list[int]:
    """What is answered to some bytes, up to the end of the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        received = b""
        try:
            line.sendall(sent + LAST)
            if UNTRUE in sent:  # the server waits for more than comes
                line.shutdown(socket.SHUT_WR)
            while more := line.recv(65536):
                received += more
        except ConnectionError:
            pass
    return [int(part[:3]) for part in received.split(b"HTTP/1.1 ")[1:]]


def test_ten_thousand_odd_requests(tmp_path: Path) -> None:
    """Odd paths, bodies, headers, lengths and lines, one by one and many in a row: no error of ours, no change by looking."""
    folder = make_folder(tmp_path / "practice")
    practice_keys(folder)
    with serving(folder) as page:
        token = page.path().rpartition("/")[2]
        page.post(page.path("somebody@mail.example"))
        before = page.dump()
        odd, answered = OddRequests(20261122, token), 0
        for methods, changes in (([b"GET", b"HEAD", b"OPTIONS", b"PUT", b"get", b"G\x01T"], False), ([b"POST", b"GET"], True)):
            batches = [odd.request(methods) for _ in range(3500)]
            batches += [b"".join(odd.request(methods) for _ in range(10)) for _ in range(300)]
            with concurrent.futures.ThreadPoolExecutor(4) as crowd:
                answers = list(crowd.map(lambda sent: statuses_of(page.port, sent), batches))
            statuses = Counter(status for line in answers for status in line)
            assert {status for status in statuses if status >= 500} == set()
            assert {200, 400, 404, 413} <= set(statuses)
            answered += statuses.total()
            assert changes or (303 not in statuses and page.dump() == before)
        assert answered > 10_000
        assert page.get(page.path()).status == 200
    said = "\n".join(page.printed)
    assert token[:20] not in said
    assert "Traceback" not in said
    assert "trouble" not in said
