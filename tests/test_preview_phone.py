"""The look from the phone: codes that let one phone in once, what it may see, its page, and the place it is served at."""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import segno
from browser import node_module
from playwright.sync_api import FrameLocator, Page, expect
from previews import make_folder, running
from small_studio import (
    INSIDE,
    LAN,
    TOKEN,
    Answer,
    Served,
    SmallStudio,
    assert_closed,
    places_on_loopback,
    served,
)

from newsletter.preview.guard import LOOPBACK
from newsletter.preview.phone import COOKIE, FILES, LIFETIME, SCAN, SPENT, Phones
from newsletter.preview.serve import (
    DEFAULT_PORT,
    NoNetwork,
    PortTaken,
    address,
    host_of,
    lan_address,
    listen_everywhere,
)

ALLOWED = ["/phone", "/phone/state", "/mail/a1", *sorted(FILES)]
LONGEST = "http://255.255.255.255:65535/phone/" + "w" * 22


@pytest.fixture
def studio() -> Iterator[Served]:
    """A small studio that phones may look at."""
    with served() as started:
        yield started


def path_of(url: str) -> str:
    return "/" + url.split("/", 3)[3]


def assert_in_words(answer: Answer, sentence: str, status: int = 403) -> None:
    """A refusal that a person reads in a browser."""
    assert answer.status == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert f"<p>{sentence}</p>" in answer.body.decode()
    assert_closed(answer)


# Codes


def test_a_code_lets_one_phone_in_once(studio: Served) -> None:
    """The first visit gets a session that scripts cannot read and other sites cannot use; the second gets words."""
    url = studio.phones.new_code()
    assert re.fullmatch(rf"http://{LAN}:{studio.port}/phone/[\w-]{{22}}", url)
    answer = studio.ask(path_of(url))
    assert (answer.status, answer.headers["location"], answer.body) == (303, "/phone", b"")
    session = re.fullmatch(rf"{COOKIE}=([\w-]{{43}}); HttpOnly; SameSite=Strict; Path=/", answer.headers["set-cookie"])
    assert session
    assert studio.phones.sessions == {session[1]}
    assert_in_words(studio.ask(path_of(url)), SPENT)
    assert_in_words(studio.ask("/phone/never-made"), SPENT)


def test_of_many_at_once_one_gets_in(studio: Served) -> None:
    """However many ask with the same code at the same moment, one session is begun."""
    path = path_of(studio.phones.new_code())
    with ThreadPoolExecutor(16) as crowd:
        answers = list(crowd.map(lambda _: studio.ask(path).status, range(16)))
    assert sorted(answers) == [303] + [403] * 15
    assert len(studio.phones.sessions) == 1


def test_a_code_ends_after_a_quarter_of_an_hour(studio: Served) -> None:
    """It works until just before, and not from then on; making a new one forgets those that have ended."""
    in_time, too_late = studio.phones.new_code(), studio.phones.new_code()
    studio.time += LIFETIME - 1
    assert studio.ask(path_of(in_time)).status == 303
    studio.time += 1
    assert_in_words(studio.ask(path_of(too_late)), SPENT)
    studio.phones.new_code()
    studio.time += LIFETIME
    studio.phones.new_code()
    assert len(studio.phones.codes) == 1


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", {}),
        ("GET", {"User_Agent": "WhatsApp/2.24.20.89 A"}),
        ("GET", {"User_Agent": "Mozilla/5.0 AppleWebKit/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0"}),
        ("GET", {"Sec_Purpose": "prefetch;prerender"}),
        ("GET", {"Purpose": "prefetch"}),
        ("GET", {"X_Purpose": "preview"}),
    ],
)
def test_looking_what_a_link_is_does_not_use_it_up(studio: Served, method: str, headers: dict[str, str]) -> None:
    """A HEAD, a messenger's picture of a link and a browser that reads ahead are told nothing, and the person still gets in."""
    path = path_of(studio.phones.new_code())
    answer = studio.ask(path, method, **headers)
    assert answer.status == 200
    assert "set-cookie" not in answer.headers
    assert answer.body == studio.ask("/phone/never-made", method, **headers).body
    assert studio.ask(path, User_Agent="Mozilla/5.0 (Linux; Android 9; CUBOT X19) Chrome/130").status == 303


def test_who_guesses_waits_and_the_others_do_not(studio: Served) -> None:
    """After 20 wrong codes or sessions a visitor gets 429 until the minute is over; those with a session go on looking."""
    session = studio.session()
    for number in range(10):
        assert studio.ask(f"/phone/wrong-{number}").status == 403
        assert studio.ask("/phone", Cookie=f"{COOKIE}=wrong-{number}").status == 403
    studio.time += 59
    path = path_of(studio.phones.new_code())
    for headers in ({}, {"Cookie": f"{COOKIE}=wrong"}):
        answer = studio.ask(path, **headers)
        assert_in_words(answer, "Too many wrong codes. Wait a minute, then scan a new code from the studio.", 429)
        assert answer.headers["retry-after"] == "1"
    assert studio.ask("/phone/state").status == 429
    assert studio.ask("/phone/state", Cookie=session).status == 200
    assert studio.ask("/phone/wrong", source="127.0.0.3").status == 403
    studio.time += 1
    assert studio.ask(path).status == 303


# What a visitor sees


@pytest.mark.parametrize("path", [*ALLOWED, "/events", "/mail/b2"])
def test_without_a_session_a_visitor_sees_nothing(studio: Served, path: str) -> None:
    """Neither no session nor one of another run opens anything, and the page says in words what to do."""
    assert_in_words(studio.ask(path), SCAN)
    assert_in_words(studio.ask(path, Cookie=f"{COOKIE}=of-another-run"), SCAN)


def test_with_a_session_a_visitor_sees_the_mail(studio: Served) -> None:
    """The page, what it is made of, and the letter that it was told of."""
    session = studio.session()
    assert studio.ask("/mail/a1", Cookie=session).status == 404
    assert studio.ask("/phone/state", Cookie=session).object["mail"]["url"] == "/mail/a1"
    for path in ALLOWED:
        answer = studio.ask(path, Cookie=f"theme=dark; {session}")
        assert answer.status == 200
        assert studio.ask(path, "HEAD", Cookie=session).status == 200
    assert studio.ask("/mail/a1", Cookie=session).body == INSIDE.encode()
    assert studio.ask("/mail/a1/picture", Cookie=session).status == 200


def test_a_letter_to_somebody_else_stays_inside(studio: Served) -> None:
    """A letter that was opened at the desk as a subscriber is none for phones, also to those who know its name."""
    session = studio.session()
    assert studio.ask("/phone/state", Cookie=session).status == 200
    assert studio.ask("/mail/b2", address=LOOPBACK).status == 200
    for path in ("/mail/b2", "/mail/b2/picture"):
        answer = studio.ask(path, Cookie=session)
        assert (answer.status, answer.body) == (404, b"There is nothing here.\n")
        assert_closed(answer)


def test_a_state_holds_nothing_but_what_phones_are_meant_to_see(studio: Served) -> None:
    """Whatever else the studio tells its own page about an issue, a phone is told the listed parts only."""
    studio.studio.show("a1", person={"name": "Ben Ruiz"}, problems=2, token=TOKEN)
    studio.studio.seen["mail"]["text"] = "Hello Ben"
    studio.studio.seen["issues"][0]["recipients"] = 412
    assert studio.ask("/phone/state?issue=desk", Cookie=studio.session()).object == {
        "version": studio.studio.version,
        "issue": "desk",
        "title": "Move More at Your Desk",
        "mail": {"url": "/mail/a1", "subject": "Move more", "preheader": "Three minutes."},
        "issues": [{"slug": "desk", "title": "Move More at Your Desk"}],
        "problems": 2,
    }


def test_there_may_be_no_mail_to_see(studio: Served) -> None:
    """Where no issue is there or it cannot be shown, the mail is null."""
    studio.studio.show("a1", mail=None, issue=None, title=None, issues=[])
    state = studio.ask("/phone/state", Cookie=studio.session()).object
    assert (state["mail"], state["issue"], state["issues"]) == (None, None, [])


def test_a_crowd_from_the_network_does_not_keep_this_computer_out(studio: Served) -> None:
    """Connections from the network beyond a number are ended at once; the desk is answered as ever."""
    with contextlib.ExitStack() as held:
        crowd = [held.enter_context(socket.create_connection((LAN, studio.port), timeout=5)) for _ in range(80)]
        assert studio.ask("/", address=LOOPBACK).body == INSIDE.encode()
        ended = 0
        for connection in crowd[-16:]:
            with contextlib.suppress(ConnectionError):
                assert connection.recv(1) == b""
            ended += 1
        assert ended == 16
        crowd[0].sendall(f"GET /phone HTTP/1.1\r\nHost: {LAN}:{studio.port}\r\n\r\n".encode())
        assert crowd[0].recv(12) == b"HTTP/1.1 403"


# The code in the studio


def test_the_studio_shows_a_new_code(studio: Served) -> None:
    """Its own page gets the address, its picture and how long it lives; nobody else gets one."""
    proof = {"Origin": f"http://{LOOPBACK}:{studio.port}", "X_Studio_Token": TOKEN}
    answer = studio.ask("/phone-code", "POST", LOOPBACK, **proof, Content_Length="0")
    assert answer.object == {"url": answer.object["url"], "svg": Phones.svg(answer.object["url"]), "until": 900}
    assert studio.ask(path_of(answer.object["url"])).status == 303
    assert studio.ask("/phone-code", "POST", LOOPBACK).status == 403
    assert studio.ask("/phone-code", "POST", Cookie=studio.session(), **proof).status == 403
    assert studio.ask("/phone-code", Cookie=studio.session()).status == 404


def test_without_lan_the_studio_says_how_to_start_it() -> None:
    """Where phones are off, asking for a code is answered with what to type."""
    with served(lan=False) as alone:
        proof = {"Origin": f"http://{LOOPBACK}:{alone.port}", "X_Studio_Token": TOKEN}
        answer = alone.ask("/phone-code", "POST", LOOPBACK, **proof)
        assert answer.status == 404
        assert answer.body.decode().endswith("start it with: newsletter preview --lan\n")


def modules_of(url: str) -> list[list[bool]]:
    """What a QR code of `url` looks like, without its quiet zone."""
    return [[bool(module) for module in row] for row in segno.make(url, error="m", micro=False).matrix]


def within(rows: list[list[bool]], quiet: int) -> list[list[bool]]:
    """The rows inside a quiet zone, which is all light."""
    inner = [row[quiet : len(row) - quiet] for row in rows[quiet : len(rows[0]) - quiet]]
    assert sum(map(sum, rows)) == sum(map(sum, inner))
    return inner


@pytest.mark.parametrize("url", ["http://192.168.1.20:8765/phone/AbCdEfGhIjKlMnOpQrStUv", LONGEST])
def test_the_picture_holds_the_address(url: str) -> None:
    """The SVG is the QR code with a quiet zone of four, dark on white, crisp, and says what it is."""
    drawn = Phones.svg(url)
    size = int(re.search(r'viewBox="0 0 (\d+) \1"', drawn)[1])  # type: ignore[index]
    rows = [[False] * size for _ in range(size)]
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", drawn):
        for column in range(int(x), int(x) + int(width)):
            rows[int(y)][column] = True
    assert within(rows, 4) == modules_of(url)
    for part in ('role="img"', "aria-label=", "<title>", 'shape-rendering="crispEdges"', 'fill="#fff"', 'fill="#000"'):
        assert part in drawn
    assert "style" not in drawn
    assert url not in drawn


@pytest.mark.parametrize("url", ["http://10.0.0.7:8765/phone/AbCdEfGhIjKlMnOpQrStUv", LONGEST])
def test_a_terminal_shows_the_code_in_a_corner(url: str) -> None:
    """Half blocks, black on white whatever the terminal's colours are, at most 40 columns and 20 lines for any address."""
    lines = Phones.terminal(url).split("\n")
    assert len(lines) <= 20
    rows: list[list[bool]] = []
    for line in lines:
        found = re.fullmatch(r"\x1b\[38;5;16;48;5;231m([ ▀▄█]{1,40})\x1b\[0m", line)
        assert found
        rows += [[mark in "▀█" for mark in found[1]], [mark in "▄█" for mark in found[1]]]
    assert within(rows, 2) == modules_of(url)


# The phone's page


LETTER = """<!doctype html><html lang="en"><head><title>Move more</title><meta name="viewport" content="width=device-width">
<style>p {{ height: 2000px; margin: 0; background: #fff; color: #222 }}</style></head>
<body><main><h1>{words}</h1><p>Stand up every half hour.</p></main></body></html>"""


@pytest.fixture
def phone(studio: Served, page: Page) -> Page:
    """A phone's browser that has scanned a code, with a mail longer than the screen."""
    studio.studio.letters["a1"] = LETTER.format(words="Before")
    studio.studio.letters["b2"] = LETTER.format(words="After")
    page.set_viewport_size({"width": 375, "height": 700})
    page.emulate_media(reduced_motion="reduce")
    page.goto(studio.phones.new_code())
    return page


def mail(page: Page) -> FrameLocator:
    return page.frame_locator("#mail iframe:not(.coming)")


SCROLL = "() => document.querySelector('#mail iframe:not(.coming)').contentDocument.scrollingElement"


def test_a_scanned_code_shows_the_mail_and_follows_saves(studio: Served, phone: Page) -> None:
    """The mail fills the screen below the bar, and a save shows at once, at the same place of the mail."""
    expect(phone.get_by_role("heading", name="Move more")).to_be_visible()
    expect(mail(phone).get_by_role("heading", name="Before")).to_be_visible()
    expect(phone.locator("#status")).to_have_text("Follows every save")
    assert phone.url == f"http://{LAN}:{studio.port}/phone?issue=desk"
    box = phone.locator("#mail iframe").bounding_box()
    assert box is not None
    assert (box["x"], box["width"], box["y"] + box["height"]) == (0, 375, 700)
    assert box["y"] <= 60
    phone.evaluate(f"({SCROLL})().scrollTop = 640")
    studio.studio.show("b2")
    expect(mail(phone).get_by_role("heading", name="After")).to_be_attached()
    expect(phone.locator("#status")).to_contain_text("Updated")
    assert phone.evaluate(f"({SCROLL})().scrollTop") == 640


def test_a_reload_keeps_the_session(studio: Served, phone: Page) -> None:
    """The session outlives the page, so that a phone that was put away goes on."""
    expect(phone.locator("#status")).to_have_text("Follows every save")
    phone.reload()
    expect(mail(phone).get_by_role("heading", name="Before")).to_be_visible()


def test_a_link_in_another_page_opens_it_too(studio: Served, page: Page) -> None:
    """A browser that another site or program sent here holds the new session back at first; the page asks for itself again."""
    link = f"<a href='{studio.phones.new_code()}'>Look</a>"
    page.route("http://elsewhere.example/", lambda route: route.fulfill(body=link, content_type="text/html"))
    page.goto("http://elsewhere.example/")
    page.get_by_role("link", name="Look").click()
    expect(page.locator("#status")).to_have_text("Follows every save")


def test_a_stranger_s_page_asks_once_more_and_then_says_so(studio: Served, page: Page) -> None:
    """Without a session the page stands still after its second question, with what to do."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"http://{LAN}:{studio.port}/phone")
    expect(page.get_by_text(SCAN)).to_be_visible()
    page.wait_for_url("**/phone?again")
    page.wait_for_timeout(300)
    assert [url.rpartition("/")[2] for url in asked if "/phone" in url] == ["phone", "phone?again"]


def test_problems_and_an_empty_desk_are_said(studio: Served, phone: Page) -> None:
    """A line tells of problems in the files and goes with them; without a mail the page says what will show it."""
    line = phone.get_by_text("There are problems in the files; see the studio.")
    expect(phone.locator("#status")).to_have_text("Follows every save")
    expect(line).to_be_hidden()
    studio.studio.show("a1", problems=1)
    expect(line).to_be_visible()
    expect(mail(phone).get_by_role("heading", name="Before")).to_be_visible()
    studio.studio.show("a1", mail=None, problems=1)
    expect(phone.get_by_role("heading", name="There is no mail to show yet.")).to_be_visible()
    studio.studio.show("a1", mail=None, issue=None, title=None, issues=[])
    expect(phone.get_by_role("heading", name="There is no issue yet.")).to_be_visible()
    studio.studio.show("a1")
    expect(mail(phone).get_by_role("heading", name="Before")).to_be_visible()
    expect(line).to_be_hidden()


def test_the_end_is_said(studio: Served, phone: Page) -> None:
    """When the preview ends, an open page says so, and keeps the mail."""
    expect(phone.locator("#status")).to_have_text("Follows every save")
    studio.end()
    expect(phone.locator("#status")).to_have_text("The preview has ended.")
    expect(mail(phone).get_by_role("heading", name="Before")).to_be_visible()


def test_a_session_of_a_preview_that_is_over_is_said(studio: Served, phone: Page) -> None:
    """A page that asks a newer preview with an old session says that its own has ended."""
    expect(phone.locator("#status")).to_have_text("Follows every save")
    studio.phones.sessions.clear()
    studio.studio.show("b2")
    expect(phone.locator("#status")).to_have_text("The preview has ended.")


def several(studio: SmallStudio, **more: Any) -> None:
    """Two issues, with a subject and a title that are longer than a phone is wide."""
    titles = {"desk": "Move More at Your Desk", "sleep": "Sleep Positions for an Aching Neck and Shoulders"}
    studio.show("a1", issues=[{"slug": slug, "title": title} for slug, title in titles.items()], **more)
    studio.seen["mail"]["subject"] = "Anna, three small things that your back would thank you for"


def test_another_issue_is_a_choice_away(studio: Served, phone: Page) -> None:
    """With several issues there is a choice; a reload stays with it."""
    expect(phone.locator("#status")).to_have_text("Follows every save")
    expect(phone.get_by_role("combobox")).to_be_hidden()
    several(studio.studio)
    phone.get_by_role("combobox", name="Issue").select_option("Sleep Positions for an Aching Neck and Shoulders")
    phone.wait_for_url("**/phone?issue=sleep")
    phone.reload()
    expect(phone.get_by_role("combobox", name="Issue")).to_have_value("sleep")


def test_it_fits_every_phone_and_axe_finds_nothing(studio: Served, phone: Page) -> None:
    """From 320 to 430 pixels nothing scrolls sideways, and no rule of axe-core is broken, in light or dark, well or ended."""
    axe = node_module("axe-core/axe.min.js").read_text(encoding="utf-8")
    phone.evaluate(f"() => {{ {axe} }}")

    def look_closely() -> None:
        for scheme in ("light", "dark"):
            phone.emulate_media(color_scheme=scheme)
            found = phone.evaluate("axe.run(document, {iframes: false}).then((done) => done.violations)")
            assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []
        for width in (320, 360, 375, 393, 430):
            phone.set_viewport_size({"width": width, "height": 640})
            assert phone.evaluate("document.documentElement.scrollWidth") == width

    several(studio.studio, problems=3)
    expect(phone.locator("#problems")).to_be_visible()
    look_closely()
    studio.studio.show("a1", mail=None, problems=1)
    expect(phone.locator("#empty")).to_be_visible()
    look_closely()
    studio.end()
    expect(phone.locator("#status")).to_have_text("The preview has ended.")
    look_closely()


def test_the_refusal_is_readable_on_a_phone(studio: Served, page: Page) -> None:
    """The page in words breaks no rule of axe-core and does not scroll sideways."""
    axe = node_module("axe-core/axe.min.js").read_text(encoding="utf-8")
    page.set_viewport_size({"width": 320, "height": 560})
    page.goto(f"http://{LAN}:{studio.port}/phone/never-made")
    expect(page.get_by_text("Show a new one in the studio.")).to_be_visible()
    page.evaluate(f"() => {{ {axe} }}")
    assert page.evaluate("axe.run(document).then((done) => done.violations.map((rule) => rule.id))") == []
    assert page.evaluate("document.documentElement.scrollWidth") == 320


# The place it is served at


def free_port() -> int:
    """A port that is free at both addresses."""
    with contextlib.ExitStack() as held:
        places = [held.enter_context(place) for place in places_on_loopback(2)]
        return int(places[0].getsockname()[1])


def test_both_places_have_one_port() -> None:
    """A port that is taken at one address is not used at the other either; the next that is free at both is."""
    with contextlib.ExitStack() as held:
        first = held.enter_context(listen_everywhere(None, LAN)[0])
        places = listen_everywhere(None, LOOPBACK, LAN)
        for place in places:
            held.enter_context(place)
        taken, found = first.getsockname()[1], places[0].getsockname()[1]
        assert taken >= DEFAULT_PORT
        assert found > taken
        assert [host_of(place) for place in places] == [f"{LOOPBACK}:{found}", f"{LAN}:{found}"]
        assert address(places[1]) == f"http://{LAN}:{found}/"
        with pytest.raises(PortTaken, match=f"^Port {taken} is used by another program; choose another with --port.$"):
            listen_everywhere(taken, LOOPBACK, LAN)


def test_a_place_that_was_not_used_is_free_again() -> None:
    """Where one of two addresses is taken, the other is not kept."""
    with listen_everywhere(free_port(), LAN)[0] as held:
        port = held.getsockname()[1]
        with pytest.raises(PortTaken):
            listen_everywhere(port, LOOPBACK, LAN)
        with socket.socket() as other:
            other.bind((LOOPBACK, port))


def test_an_address_of_another_computer() -> None:
    """An address that this computer does not have is a sentence with a next step."""
    with pytest.raises(NoNetwork) as raised:
        listen_everywhere(free_port(), "192.0.2.77")
    assert str(raised.value) == "This computer does not have the address 192.0.2.77.\nIs it still in the same Wi-Fi?"


@pytest.mark.parametrize(
    ("found", "chosen"),
    [
        (["192.168.1.20"], "192.168.1.20"),
        (["127.0.1.1", "10.0.0.7"], "10.0.0.7"),
        (["0.0.0.0", "127.0.0.1", "172.20.10.2"], "172.20.10.2"),
        (["169.254.9.9"], "169.254.9.9"),
        (["8.8.8.8", "192.168.1.20"], "192.168.1.20"),
    ],
)
def test_the_address_in_the_local_network(found: list[str], chosen: str) -> None:
    """The first that only the local network can reach; neither loopback nor an address of the internet."""
    assert lan_address(lambda: found) == chosen


@pytest.mark.parametrize("found", [[], ["127.0.0.1", "127.0.1.1"], ["0.0.0.0"], ["8.8.8.8"]])
def test_without_a_network_it_says_what_to_do(found: list[str]) -> None:
    """With loopback or the open internet alone, the error names the next step."""
    with pytest.raises(NoNetwork) as raised:
        lan_address(lambda: found)
    assert raised.value.next_step.endswith("start again with: newsletter preview --lan")


def test_this_computer_s_own_address_is_found_without_waiting() -> None:
    """Looking the address up sends nothing, and ends at once with an address or with the sentence."""
    before = time.monotonic()
    with contextlib.suppress(NoNetwork):
        assert re.fullmatch(r"\d+\.\d+\.\d+\.\d+", lan_address())
    assert time.monotonic() - before < 15


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to one process alone there")
def test_ctrl_c_ends_at_once_with_a_phone_looking(tmp_path: Path) -> None:
    """An open event stream of a phone does not keep the preview from ending, and is told of the end."""
    with running(make_folder(tmp_path / "practice"), "--lan", "--lan-address", LAN) as preview:
        found = re.search(r"http://([^/\s]+)(/phone/\S+)", "\n".join(preview.printed))
        assert found
        connection = http.client.HTTPConnection(found[1], timeout=5)
        connection.request("GET", found[2])
        cookie = str(connection.getresponse().getheader("Set-Cookie")).partition(";")[0]
        stream = http.client.HTTPConnection(found[1], timeout=5)
        stream.request("GET", "/events", headers={"Cookie": cookie})
        events = stream.getresponse()
        assert events.status == 200
        code, trouble = preview.end()
        assert events.read().endswith(b"event: ended\ndata: 0\n\n")
        assert (code, trouble.split()) == (130, ["Stopped."])
