"""Where in the mail a finding's place shows: the right view, and the right element of the page, in a real browser."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from check_desk import Desk
from check_fixtures import TRIPS
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page
from samples import FIELDS, HEAD, ROOT, issue_of, make_practice_folder, send_to, someone

import newsletter.preview
from newsletter.check.preflight import run
from newsletter.compose.mail import Mail
from newsletter.errors import ProblemsFound
from newsletter.preview.places import Clue, Spot, spot_of
from newsletter.read.issue import read_issue
from newsletter.read.practice import read_practice
from newsletter.read.yaml_file import Document, parse_document

ISSUE = "issues/back-muscle-spasms.yaml"
STATIC = Path(newsletter.preview.__file__).parent / "static"
STUDIO = """<!doctype html><body style="margin:0;height:3000px"><div style="height:300px"></div>
<iframe sandbox="allow-same-origin" style="width:375px;height:600px;border:0"></iframe></body>"""
SEEK = """async (clues) => {
  const { seek } = await import("/seek.js");
  const found = seek(document.querySelector("iframe").contentDocument, clues);
  return found && { tag: found.tagName, text: found.textContent.replace(/\\s+/g, " ").trim(), alt: found.getAttribute("alt") };
}"""
Seek = Callable[..., dict[str, Any] | None]


class Quiet(SimpleHTTPRequestHandler):
    """Serves the preview's own files, and an empty page to begin with."""

    def do_GET(self) -> None:
        """The module, or the page around the frame."""
        body = (STATIC / "seek.js").read_bytes() if self.path == "/seek.js" else STUDIO.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript" if self.path == "/seek.js" else "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A server on loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A practice as `newsletter init` leaves it."""
    return make_practice_folder(tmp_path_factory.mktemp("places") / "practice")


@pytest.fixture(scope="module")
def mail(folder: Path) -> Mail:
    """The sample issue."""
    return Mail.of(read_practice(folder), read_issue(folder / ISSUE, folder, FIELDS))


@pytest.fixture(scope="module")
def documents(mail: Mail) -> tuple[Document, Document]:
    """The files that its places are in."""
    return mail.issue.document, mail.practice.document


def shown(page: Page, address: str, html: str) -> Seek:
    """Puts a mail into a frame as the preview has one; gives what finds clues in it."""
    page.goto(address)
    page.evaluate("(html) => { document.querySelector('iframe').contentDocument.write(html); }", html)
    page.evaluate("() => { document.querySelector('iframe').contentDocument.close(); }")
    return lambda clues: page.evaluate(SEEK, [{"kind": clue.kind, "value": clue.value} for clue in clues])


@pytest.fixture
def seek(page: Page, address: str, mail: Mail) -> Seek:
    """Finds clues in the sample mail of somebody who gets every block."""
    return shown(page, address, send_to(mail, someone(first_name="Anna", tags="seniors")).html)


def words_of(line: str) -> list[str]:
    """The words of a line of the file as a reader sees them."""
    line = re.sub(r"\{\{.*?\}\}|^\s*(?:- )?(?:[a-z_]+: )?|https?://\S+", " ", line)
    return re.findall(r"[^\W_]+", line.lower())


def test_every_line_with_words_leads_to_them(seek: Seek, documents: tuple[Document, Document]) -> None:
    """Each line of title, opening, blocks and captions leads to an element that says what stands on the line."""
    lost, tried = [], 0
    for number, line in enumerate(documents[0].lines[:144], 1):
        spot = spot_of(f"{ISSUE}:{number}", documents, "subscribers.csv")
        key = re.match(r"\s*(?:- )?([a-z_]+):", line)
        words = words_of(line)
        if spot.view != "page" or not words or line.rstrip().endswith((":", "|")):
            continue
        if key and key[1] in ("type", "only_for", "image", "alt", "date", "url", "credit_url"):
            continue
        if "{label" in line:
            words = words_of(line.partition("label: ")[2].partition(",")[0])
        tried += 1
        found = seek(spot.seek[:1])
        said = re.findall(r"[^\W_]+", found["text"].lower()) if found else []
        if not any(said[at : at + len(words)] == words for at in range(len(said))):
            lost.append((number, line, spot.seek[:1], found))
    assert tried >= 75
    assert lost == []


def test_every_line_of_a_block_leads_somewhere(seek: Seek, documents: tuple[Document, Document]) -> None:
    """Also a type, a blank line or a link leads to its block, and every source to its entry in the list."""
    for number, line in enumerate(documents[0].lines, 1):
        spot = spot_of(f"{ISSUE}:{number}", documents, "subscribers.csv")
        if spot.view == "page":
            assert seek(spot.seek), (number, line, spot.seek)
        if "publisher:" in line:
            found = seek(spot.seek[:1])
            assert found is not None
            assert found["tag"] == "A"
            assert found["text"] in line.replace('"', "")


def test_a_picture_is_found_by_its_words(seek: Seek, documents: tuple[Document, Document]) -> None:
    """The line of a picture's file and the line of its alt lead to the picture, in both files."""
    for number in (8, 9, 116, 117):
        found = seek(spot_of(f"{ISSUE}:{number}", documents, "").seek)
        assert found is not None
        assert found["tag"] == "IMG"
        assert found["alt"] in "\n".join(documents[0].lines)
    line = next(n for n, text in enumerate(documents[1].lines, 1) if "photo:" in text)
    found = seek(spot_of(f"practice.yaml:{line}", documents, "").seek)
    assert found is not None
    assert found["alt"].startswith("Dr. Ana Reyes")


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("phone:", "(801) 555-0142"),
        ("  website:", "riverbend.example"),
        ("booking_url: h", "Book a visit"),
        ("street:", "12 Mill Lane"),
        ("hours: [", "Mon-Thu 8:00-18:00"),
        ("social:", "Facebook"),
        ("  license:", "License: Utah 0000000-1202"),
        ("walks along the river", "She has written this letter"),
        ("unsubscribe:", "Unsubscribe"),
    ],
)
def test_lines_of_the_practice_lead_to_where_it_shows(
    seek: Seek, documents: tuple[Document, Document], key: str, text: str
) -> None:
    """What the practice says of itself is found in the footer, in the box about the author, or behind a link."""
    line = next(n for n, said in enumerate(documents[1].lines, 1) if key in said and not said.startswith("#"))
    spot = spot_of(f"practice.yaml:{line}", documents, "")
    found = seek(spot.seek)
    assert spot.view == "page"
    assert found is not None
    assert text in found["text"]


@pytest.mark.parametrize(
    ("place", "view", "row"),
    [
        ("in the built mail", "page", 0),
        ("in the built mail, HTML part", "page", 0),
        ("in the built mail, text part", "text", 0),
        ("in the built mail, headers", "headers", 0),
        ("in the built mail, subject", "inbox", 0),
        ("subscribers.csv:12", "person", 12),
        ("subscribers.csv", "person", 0),
        ("an invented reader", "none", 0),
        (".newsletter", "none", 0),
        ("templates/clinic/footer.mjml:3", "none", 0),
        (f"{ISSUE}:1", "none", 0),
        (f"{ISSUE}:2", "page", 0),
        (f"{ISSUE}:3", "inbox", 0),
        (f"{ISSUE}:4", "inbox", 0),
        (f"{ISSUE}:5", "page", 0),
        (ISSUE, "page", 0),
        (f"{ISSUE}:99999999999999999999", "none", 0),
        ("practice.yaml", "none", 0),
        ("practice.yaml:40", "inbox", 0),
        ("practice.yaml:49", "none", 0),
        ("practice.yaml:59", "none", 0),
        ("", "none", 0),
    ],
)
def test_a_place_opens_the_view_that_shows_it(documents: tuple[Document, Document], place: str, view: str, row: int) -> None:
    """Page, text, headers, inbox line or person; what shows nowhere in a mail opens nothing."""
    spot = spot_of(place, documents, "subscribers.csv")
    assert (spot.view, spot.row) == (view, row)
    assert bool(spot.line) == bool(re.search(r":\d+$", place))


def test_merge_fields_and_markdown_are_no_part_of_a_clue(practice_folder: Path) -> None:
    """Words are looked for as they show: without marks, escapes and quotes, and cut where a reader's value stands."""
    text = f"""{HEAD}body:
  - heading: 'It''s {{{{ first_name }}}} and the whole story of backs'
    text: |
      See [our **new** page](https://riverbend.example/a(b)?n={{{{ first_name }}}}), dear.
      A second\\* line with `code` and <https://riverbend.example/x>.
  - type: tips
    items:
      - "Say \\"ouch\\" and
        go on"
"""
    issue = issue_of(practice_folder, text)
    clues = [spot_of(f"issues/probe.yaml:{line}", [issue.document], "").seek[:2] for line in (4, 6, 7, 10, 11)]
    assert clues[0][0] == Clue("words", "and the whole story of backs")
    assert clues[1] == (
        Clue("link", "https://riverbend.example/a(b)?n={{ first_name }}"),
        Clue("words", "See our new page, dear"),
    )
    assert clues[2] == (Clue("link", "https://riverbend.example/x"), Clue("words", "A second* line with code and"))
    assert clues[3][0] == Clue("words", 'Say "ouch" and')
    assert clues[4][0] == Clue("words", "go on")


PROBE = """<body><div style="display:none">Lift with your legs</div><div style="opacity:0">Lift with your legs</div>
<p id="one">Always <b>lift with</b> your\n  <i>legs</i>, <a href="https://X.example/a%20b/">please</a>.</p>
<table><tr><td id="two">LIFT with your legs</td></tr></table><p>Tipped over</p><h2 id="tip">Tip</h2>
<a id="open" href="https://x.example/u/abc123?n=Anna">off</a><img id="pic" alt="A  bent\nknee" width="9" height="9"></body>"""


@pytest.mark.parametrize(
    ("clues", "found"),
    [
        ([("words", "lift with your legs, please")], "Always lift with your legs, please."),
        ([("words", "Lift with your legs")], "LIFT with your legs"),
        ([("words", "Tip")], "Tip"),
        ([("words", "ift with")], None),
        ([("link", "https://x.example/a b")], "please"),
        ([("link", "https://x.example/u/{token}?n={{ first_name }}")], "off"),
        ([("link", "https://x.example/v/{token}")], None),
        ([("link", "https://x.example/none"), ("words", "tipped over")], "Tipped over"),
        ([("picture", "a bent knee")], ""),
        ([("words", "(.*"), ("words", "  "), ("other", "x")], None),
        ([], None),
    ],
)
def test_the_innermost_visible_place_is_found(page: Page, address: str, clues: list[tuple[Any, str]], found: str | None) -> None:
    """Across bold and links, in any case and spacing, whole words only, and never in what readers do not see."""
    result = shown(page, address, PROBE)([Clue(*clue) for clue in clues])
    assert (result and result["text"]) == found


@pytest.mark.parametrize("calm", [True, False])
def test_a_spot_is_scrolled_to_and_marked_for_a_moment(page: Page, address: str, calm: bool) -> None:
    """The frame alone scrolls until the element is in its middle; its outline goes away, and its style is what it was."""
    page.emulate_media(reduced_motion="reduce" if calm else "no-preference")
    filler = "<p>filler</p>" * 100
    shown(page, address, f"<!doctype html><body>{filler}<p id='a' style='color: red'>Here</p><p id='b'>There</p>{filler}</body>")
    show = """async (id) => {
      const { showSpot } = await import("/seek.js");
      const frame = document.querySelector("iframe"), element = frame.contentDocument.getElementById(id);
      showSpot(frame, element); showSpot(frame, element);
      return [element.getBoundingClientRect().top, getComputedStyle(element).outlineStyle];
    }"""
    state = """(id) => {
      const element = document.querySelector("iframe").contentDocument.getElementById(id);
      return [element.getBoundingClientRect().top, element.getAttribute("style"), scrollY];
    }"""
    for name, style in (("a", "color: red"), ("b", None)):
        top, outline = page.evaluate(show, name)
        assert outline == "solid"
        if calm:
            assert 250 < top < 330
        page.wait_for_timeout(2300)
        top, now, around = page.evaluate(state, name)
        assert 250 < top < 330
        assert (now.rstrip(";") if now else now) == style
        assert around == 0


@settings(deadline=None)
@given(st.text(max_size=80), st.integers(-3, 30), st.text("ab: -|>'\"[]{}#*\n", max_size=200))
def test_no_place_and_no_file_makes_it_fail(place: str, line: int, text: str) -> None:
    """Whatever a place says and a file holds, there is an answer that can be sent to the browser."""
    try:
        document = parse_document(f"title: T\nbody:\n  - text: |\n      x\n{text}", "x.yaml")
    except ProblemsFound:
        return
    for asked in (place, f"x.yaml:{line}"):
        spot = spot_of(asked, [document], "list.csv")
        assert isinstance(spot, Spot)
        assert json.dumps([[clue.kind, clue.value] for clue in spot.seek])
        assert all(clue.value.strip() for clue in spot.seek)


def test_the_samples_are_looked_at() -> None:
    """The sample still has the lines that this file names."""
    lines = (ROOT / ISSUE).read_text(encoding="utf-8").split("\n")
    assert lines[7].startswith("  image:")
    assert lines[115].startswith("    image:")


# Places that show nowhere in a mail: who sends it and how, the list's titles, the practice's other files.
SHOWS_NOWHERE = re.compile(r"practice\.yaml(?::\d+)?|templates/\S+|rules/\S+|\.env|\.newsletter\S*|old\.yaml:\d+|\.")
NO_LINE_OF_A_MAIL = ("smtp", "unsubscribe", "subscribers", "mail_programs", "timezone", "language", "images")


@pytest.mark.parametrize("rule_id", list(TRIPS))
def test_every_place_that_a_rule_names_is_understood(tmp_path: Path, rule_id: str) -> None:
    """Each finding of each rule opens a view, and one about a line of the issue knows what to look for there."""
    for number, case in enumerate(TRIPS[rule_id][:2]):
        evidence = case(Desk.at(tmp_path / str(number)))
        for finding in run(evidence, [rule_id]).findings:
            spot = spot_of(finding.place, evidence.documents, evidence.survey.list_name)
            if spot.view == "none":
                assert SHOWS_NOWHERE.fullmatch(finding.place), finding
                if spot.file == "practice.yaml" and spot.line:
                    assert evidence.practice.document.lines[spot.line - 1].strip().startswith(NO_LINE_OF_A_MAIL), finding
            elif spot.view == "page" and spot.line and spot.line != 2:  # the title's line stands for the letter as a whole
                assert spot.seek, finding
            assert (spot.view == "person") == (finding.place.startswith("subscribers.csv")), finding
