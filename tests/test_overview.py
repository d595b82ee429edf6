"""All issues and the record of one mailing: what the ledger says, in which words, and the two pages that show it."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import itertools
import json
import re
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import uvicorn
from browser import node_module
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mailings import ledger_in, plan
from playwright.sync_api import Locator, Page, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

import newsletter.preview
from newsletter.ledger import course as courses
from newsletter.ledger.course import MOST_PANELS, MOST_POINTS, PAUSE, Course, Run, panels, read_course
from newsletter.ledger.ledger import Ledger
from newsletter.ledger.mailing import Mailing
from newsletter.ledger.reading import Counts, MailingRecord, read_mailings
from newsletter.ledger.rows import Status
from newsletter.preview.axis import ticks
from newsletter.preview.guard import MAIL_POLICY, PAGE_POLICY
from newsletter.preview.overview import Card, course_shown, overview
from newsletter.preview.reasons import in_words

STATIC = Path(newsletter.preview.__file__).parent / "static"
TYPES = {".css": "text/css", ".js": "text/javascript", ".html": "text/html", ".svg": "image/svg+xml"}
PAGES = {"/": "issues.html", "/issues": "issues.html", "/record/{slug}": "record.html"}
ZONE = "America/Denver"
BEGAN = 1_796_141_640.0  # Tuesday 1 December 2026, 09:14 in Denver
SLUG = "spring-stretch"
Row = tuple[str, float | None, int | None, str | None]  # status, when the dot was written, code, the server's words
WORDS_OF_SERVERS = "<{address}> is not here, ask admin@inside.example"


@dataclass
class Stub:
    """The studio's two pages without the studio: what they ask for is what a test puts here."""

    port: int = 0
    version: int = 1
    practice: str = "Riverbend Chiropractic"
    cards: list[Card] = field(default_factory=list)
    mailings: dict[str, MailingRecord] = field(default_factory=dict)
    courses: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    trouble: str = ""
    ended: bool = False

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def data(self, request: Request) -> Response:
        path, slug = request.url.path, request.path_params.get("slug", "")
        self.asked.append(path)
        if path == "/overview":
            shown = overview(self.version, self.practice, ZONE, self.cards, self.mailings)
            return JSONResponse({**shown, "trouble": self.trouble})
        if self.trouble:
            return PlainTextResponse("", 500)
        if path.startswith("/course/"):
            return JSONResponse(self.courses[slug]) if slug in self.courses else PlainTextResponse("", 404)
        if path.startswith("/thumb/"):
            if slug == "none":
                return PlainTextResponse("There is nothing here.", 404)
            style = "body{margin:0;font:30px Georgia;padding:40px;background:#fff;border-top:6px solid #1f6f78}"
            page = f"<!doctype html><style>{style}</style><p>{slug}, version {self.version}"
            return Response(page, media_type="text/html", headers={"Content-Security-Policy": MAIL_POLICY})
        return StreamingResponse(self.events(), media_type="text/event-stream")

    def file(self, request: Request) -> Response:
        name = request.path_params.get("name") or PAGES[request.scope["route"].path]
        if not (STATIC / name).is_file():
            return PlainTextResponse("There is nothing here.", 404)
        kind = {"Content-Security-Policy": PAGE_POLICY, "Content-Type": TYPES[Path(name).suffix]}
        return Response((STATIC / name).read_bytes(), headers=kind)

    def routes(self) -> list[Route]:
        asked = ("/overview", "/course/{slug}", "/thumb/{slug}", "/events")
        return [Route(path, self.data) for path in asked] + [Route(path, self.file) for path in [*PAGES, "/{name}"]]

    async def events(self) -> AsyncIterator[str]:
        told = 0
        while not self.ended:
            if told != self.version:
                told = self.version
                yield f"event: version\ndata: {told}\n\n"
            await asyncio.sleep(0.05)


@contextlib.contextmanager
def served() -> Iterator[Stub]:
    """The two pages, served on a free port of this machine."""
    made = Stub()
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=made.routes()), log_level="critical", timeout_graceful_shutdown=1))
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        made.port = place.getsockname()[1]
        thread = threading.Thread(target=server.run, kwargs={"sockets": [place]})
        thread.start()
        try:
            while not server.started:
                time.sleep(0.01)
            yield made
        finally:
            made.ended = server.should_exit = True
            thread.join()


@pytest.fixture
def stub() -> Iterator[Stub]:
    """A stub of its own for a test."""
    with served() as made:
        yield made


def write(ledger: Ledger, issue: str, people: list[Row], *, started: bool = True) -> Mailing:
    """A mailing in which each person stands where the row says."""
    mailing = plan(ledger, [f"p{number}@mail.example" for number in range(len(people))], issue=issue)
    sql = "UPDATE recipient SET status = ?, dot_at = ?, at = ?, code = ?, reply = ? WHERE mailing = ? AND number = ?"
    with ledger.transaction():
        for number, (status, at, code, reply) in enumerate(people, 1):
            ledger.change(sql, status, at, BEGAN if at is None else at, code, reply, mailing.number, number)
        ledger.change("UPDATE mailing SET started_at = ? WHERE id = ?", BEGAN if started else None, mailing.number)
    return mailing


def sent(*times: float) -> list[Row]:
    """People who got it, by when."""
    return [("sent", BEGAN + at, 250, "2.0.0 ok") for at in times]


def of(*times: float, slug: str = SLUG, **counts: int) -> Course:
    """A course of mails at these times, with these others beside them."""
    steps = [Run(BEGAN + at, BEGAN + at, 1) for at in times]
    return Course(slug, True, Counts(sent=len(times), **counts), panels(steps), ())


# What the ledger says


def test_all_mailings_in_one_reading(tmp_path: Path) -> None:
    """Each mailing comes with its numbers, whether it has begun, and when its last mail was finished; none without a ledger."""
    assert read_mailings(tmp_path) == {}
    assert list(tmp_path.iterdir()) == []
    ledger = ledger_in(tmp_path)
    others = [("uncertain", BEGAN + 90, None, None), ("refused", None, 550, ""), ("skipped", None, None, "")]
    write(ledger, "a", [*sent(0, 60), *others])
    others = [("waiting", None, None, None), ("deferred", None, 451, ""), ("sending", BEGAN, None, None)]
    write(ledger, "b", others, started=False)
    plan(ledger, [], issue="c")
    ledger.close()
    found = read_mailings(tmp_path)
    assert found["a"] == MailingRecord("a", Counts(sent=2, uncertain=1, refused=1, skipped=1), True, BEGAN + 90)
    assert found["b"] == MailingRecord("b", Counts(waiting=1, deferred=1, sending=1), False, BEGAN)
    assert found["c"] == MailingRecord("c", Counts(), False, None)
    assert (found["a"].counts.total, found["b"].counts.open, found["b"].counts.in_doubt) == (4, 2, 1)


def test_looking_waits_for_nobody(tmp_path: Path) -> None:
    """The numbers and the course are read while a sender is in the middle of a transaction, as they were before it."""
    with contextlib.closing(ledger_in(tmp_path)) as ledger:
        write(ledger, SLUG, sent(0, 1))
        with ledger.transaction():
            ledger.change("UPDATE recipient SET status = 'uncertain'")
            assert read_mailings(tmp_path)[SLUG].counts.sent == 2
            course = read_course(tmp_path, SLUG)
            assert course
            assert course.counts.sent == 2


def test_there_is_no_course_of_what_was_never_planned(tmp_path: Path) -> None:
    """Without a ledger, and of an issue that no ledger knows, there is no course."""
    assert read_course(tmp_path, SLUG) is None
    ledger_in(tmp_path).close()
    assert read_course(tmp_path, SLUG) is None


def test_reasons_are_codes_and_nothing_else(tmp_path: Path) -> None:
    """Refusals are grouped by reply code and enhanced code; no address and no word of a server leaves the ledger."""
    no = [
        ("refused", None, 550, "5.1.1 " + WORDS_OF_SERVERS.format(address="p0@mail.example")),
        ("refused", None, 550, "5.1.1 " + WORDS_OF_SERVERS.format(address="p1@mail.example")),
        ("refused", None, 550, WORDS_OF_SERVERS.format(address="p2@mail.example")),
        ("refused", None, 550, "5.1.1234 p3@mail.example"),
        ("refused", None, 550, "5.1.1.p4@mail.example"),
        ("refused", None, 554, "5.7.26 not yours"),
        ("refused", None, None, None),
        ("deferred", None, 451, "4.7.1 greylisted p7@mail.example"),
        ("deferred", None, 550, "5.1.1 put off by hand"),
    ]
    with contextlib.closing(ledger_in(tmp_path)) as ledger:
        write(ledger, SLUG, [*no, *sent(0)])
    course = read_course(tmp_path, SLUG)
    assert course
    assert {(reason.status, reason.code, reason.enhanced, reason.count) for reason in course.reasons} == {
        (Status.REFUSED, 550, "5.1.1", 2),
        (Status.REFUSED, 550, "", 3),
        (Status.REFUSED, 554, "5.7.26", 1),
        (Status.REFUSED, None, "", 1),
        (Status.DEFERRED, 451, "4.7.1", 1),
        (Status.DEFERRED, 550, "5.1.1", 1),
    }
    shown = json.dumps([course_shown(course, "Title", ZONE), repr(course)])
    for private in ("@", "mail.example", "inside", "is not here", "greylisted", "by hand", "1234"):
        assert private not in shown


def test_what_was_settled_counts_when_it_was_sent(tmp_path: Path) -> None:
    """A mail that a person said has arrived stands at the time of its final dot, not at that of the decision."""
    with contextlib.closing(ledger_in(tmp_path)) as ledger:
        mailing = write(ledger, SLUG, [*sent(0), ("uncertain", BEGAN + 5, None, None)])
        mailing.settle_arrived(mailing.recipients(Status.UNCERTAIN), BEGAN + 400_000)
    course = read_course(tmp_path, SLUG)
    assert course
    assert course.runs == (Run(BEGAN, BEGAN + 5, 2),)


def test_a_long_list_is_read_once(tmp_path: Path) -> None:
    """The course of a mailing of any length is one walk over its rows, and few points come of it."""
    with contextlib.closing(ledger_in(tmp_path)) as ledger:
        write(ledger, SLUG, sent(*(number / 7 for number in range(20_000))))
        steps = [row[3] for row in ledger.rows(f"EXPLAIN QUERY PLAN {courses._GROUPS}", 1, 1.0)]
        assert [step for step in steps if "recipient" in step] == ["SEARCH recipient USING PRIMARY KEY (mailing=?)"]
    course = read_course(tmp_path, SLUG)
    assert course
    assert [(run.first, run.sent) for run in course.runs] == [(BEGAN, 20_000)]
    (panel,) = course.panels
    assert len(panel.points) == MOST_POINTS
    assert panel.points[-1].sent == 20_000
    middle = panel.points[MOST_POINTS // 2]
    assert abs(middle.sent - (middle.at - BEGAN) * 7) < 10


TIMES = st.lists(
    st.floats(0, 20) | st.floats(1790, 1810) | st.floats(0, 90_000) | st.floats(0, 4_000_000), min_size=1, max_size=40
).map(lambda pauses: list(itertools.accumulate(pauses)))
OTHERS = st.lists(st.sampled_from([status.value for status in Status if status is not Status.SENT]), max_size=12)


@pytest.fixture(scope="module")
def one_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A practice's folder whose ledger takes a mailing for each example."""
    return tmp_path_factory.mktemp("practice")


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(TIMES, OTHERS)
def test_a_course_adds_up(one_folder: Path, times: list[float], others: list[str]) -> None:
    """Points rise to the number sent in equal steps, are few, runs part at each pause and nowhere else, counts add up."""
    with contextlib.closing(ledger_in(one_folder)) as ledger:
        slug = f"issue-{ledger.value('SELECT count(*) FROM mailing')}"
        write(ledger, slug, [*sent(*times), *((status, None, 550, None) for status in others)])
    course = read_course(one_folder, slug)
    assert course
    numbers = {status: others.count(status.value) for status in Status} | {Status.SENT: len(times)}
    assert {status: getattr(course.counts, status.value) for status in Status} == numbers
    assert course.counts.total == len(times) + len(others) - others.count("skipped")
    assert sum(reason.count for reason in course.reasons) == others.count("refused") + others.count("deferred")
    points = [point for panel in course.panels for point in panel.points]
    assert len(points) <= MOST_POINTS
    assert [point.sent for point in points] == sorted(point.sent for point in points)
    assert [point.at for point in points] == sorted(point.at for point in points)
    assert points[-1].sent == len(times)
    assert (points[0].at, points[-1].at) == (BEGAN + times[0], BEGAN + times[-1])
    pauses = [later - earlier for earlier, later in itertools.pairwise(BEGAN + at for at in times)]
    assert len(course.runs) == 1 + sum(pause > PAUSE for pause in pauses)
    assert sum(run.sent for run in course.runs) == sum(panel.sent for panel in course.panels) == len(times)
    assert len(course.panels) == len(course.runs) or len(course.panels) <= MOST_PANELS < len(course.runs)
    for panel in course.panels:
        steps = [later.at - earlier.at for earlier, later in itertools.pairwise(panel.points)]
        assert max(steps, default=0) - min(steps, default=0) < 0.01


def test_a_pause_of_days_is_a_break() -> None:
    """Two runs two days apart stand in two panels, and the words say how much later the second is."""
    shown = course_shown(of(0, 60, 120, 172_800, 172_900), "Title", ZONE)
    assert [panel["day"] for panel in shown["panels"]] == ["Tue 1 Dec 2026", "Thu 3 Dec 2026"]
    assert [panel["sent"] for panel in shown["panels"]] == [3, 2]
    assert shown["pauses"] == ["2 days"]
    assert shown["when"] == "Tuesday 1 December 2026, 09:14 to Thursday 3 December 2026, 09:15, in 2 runs"


def test_a_mailing_of_many_days_is_one_staircase() -> None:
    """Even pauses of many runs are drawn as they were; only one that dwarfs them is left out."""
    daily = [86_400.0 * day + mail for day in range(9) for mail in (0, 60, 120)]
    assert [len(panel.runs) for panel in of(*daily).panels] == [9]
    assert [len(panel.runs) for panel in of(*daily, 86_400.0 * 60).panels] == [9, 1]


# The words


STATES = [
    (None, "draft", "Draft"),
    (MailingRecord("x", Counts(), False, None), "draft", "Draft"),
    (MailingRecord("x", Counts(waiting=412, skipped=9), False, None), "planned", "Planned for 412"),
    (MailingRecord("x", Counts(sent=214, waiting=190, deferred=8), True, BEGAN), "started", "214 of 412 sent"),
    (
        MailingRecord("x", Counts(sent=200, waiting=205, uncertain=1, sending=1, refused=5), True, BEGAN),
        "started",
        "200 of 412 sent, 2 may or may not have arrived, 5 refused",
    ),
    (MailingRecord("x", Counts(sent=412, skipped=9), True, BEGAN), "done", "Sent to 412"),
    (
        MailingRecord("x", Counts(sent=999_998, uncertain=2), True, BEGAN),
        "done",
        "Sent to 999,998 of 1,000,000, 2 may or may not have arrived",
    ),
    (MailingRecord("x", Counts(refused=3), True, None), "done", "Sent to 0 of 3, 3 refused"),
]


@pytest.mark.parametrize(("mailing", "kind", "words"), STATES)
def test_the_state_of_an_issue_in_words(mailing: MailingRecord | None, kind: str, words: str) -> None:
    """A card says how far its mailing is, and never hides who is in doubt or was refused."""
    (issue,) = overview(3, "P", ZONE, [Card("x", "X", None, False)], {"x": mailing} if mailing else {})["issues"]
    state = issue["state"]
    assert (state["kind"], state["words"]) == (kind, words)
    assert state["sent"] + state["waiting"] + state["uncertain"] + state["refused"] == state["total"]


def test_the_newest_issue_comes_first() -> None:
    """Issues stand in the order of their dates, those without one last; times are of the practice's zone."""
    dates = {
        "b": datetime.date(2026, 11, 1),
        "a": datetime.date(2026, 12, 1),
        "d": None,
        "c": None,
        "e": datetime.date(2025, 1, 1),
    }
    cards = [Card(slug, slug.upper(), date, slug == "d") for slug, date in dates.items()]
    shown = overview(3, "Riverbend", ZONE, cards, {"a": MailingRecord("a", Counts(sent=1), True, BEGAN)})
    assert (shown["version"], shown["practice"]) == (3, "Riverbend")
    assert [issue["slug"] for issue in shown["issues"]] == ["a", "b", "e", "c", "d"]
    assert [issue["date"] for issue in shown["issues"]][::3] == ["2026-12-01", None]
    assert shown["issues"][0]["state"]["last"] == "2026-12-01T09:14:00-07:00"
    assert [issue["broken"] for issue in shown["issues"]] == [False] * 4 + [True]


HEADLINES = [
    (
        of(*range(412), uncertain=2, refused=6),
        "412 of 420 people got it",
        "2 may or may not have arrived and 6 were refused for good.",
    ),
    (of(0, 1, 2), "All 3 people got it", ""),
    (of(0, skipped=1), "The one person on the list got it", "1 more was left out."),
    (of(0, waiting=1), "1 of 2 people got it so far", "1 is still waiting."),
    (
        of(0, waiting=2, deferred=1, refused=1),
        "1 of 5 people got it so far",
        "2 are still waiting, 1 was put off by the server and 1 was refused for good.",
    ),
    (of(refused=1), "0 of 1 person got it", "1 was refused for good."),
    (of(skipped=2), "Nobody was to get it", "2 more were left out."),
    (Course(SLUG, False, Counts(waiting=7), (), ()), "Planned for 7 people, and not begun yet", "7 are still waiting."),
]


@pytest.mark.parametrize(("course", "headline", "rest"), HEADLINES)
def test_the_headline_of_a_record(course: Course, headline: str, rest: str) -> None:
    """A record begins with who got it, and one sentence about everybody else."""
    shown = course_shown(course, "Title", ZONE)
    assert (shown["headline"], shown["rest"]) == (headline, rest)


def test_each_outcome_comes_with_what_to_do() -> None:
    """The table has a row for each outcome there was, its share, and the command that comes next, ready to be pasted."""
    shown = course_shown(of(0, 1, slug="my issue", sending=1, waiting=3, deferred=1, refused=1, skipped=5), "Title", ZONE)
    rows = [(row["kind"], row["count"], row["share"], row["command"]) for row in shown["outcomes"]]
    assert rows == [
        ("sent", 2, "25.0%", None),
        ("uncertain", 1, "12.5%", "newsletter settle 'my issue'"),
        ("waiting", 3, "37.5%", "newsletter send 'my issue'"),
        ("deferred", 1, "12.5%", "newsletter send 'my issue'"),
        ("refused", 1, "12.5%", "newsletter status 'my issue' --csv record.csv"),
        ("skipped", 5, None, None),
    ]
    words = {row["kind"]: row["words"] for row in shown["outcomes"]}
    assert words["uncertain"] == "May or may not have arrived"
    assert words["deferred"] == "Put off: the server asked to come back later"


@given(st.integers(1, 2_000_000), st.integers(0, 2_000_000))
def test_a_share_never_lies_about_all_or_none(got: int, refused: int) -> None:
    """100% means everybody, and whoever is there has more than 0%."""
    course = Course(SLUG, True, Counts(sent=got, refused=refused), (), ())
    shares = {row["kind"]: row["share"] for row in course_shown(course, "Title", ZONE)["outcomes"]}
    assert (shares["sent"] == "100%") == (refused == 0)
    assert "0%" not in shares.values()


REASONS = [
    (550, "5.1.1", "there is no such mailbox"),
    (552, "5.2.2", "the mailbox is full"),
    (452, "4.2.2", "the mailbox is full"),
    (554, "5.7.1", "the server does not want this mail"),
    (550, "5.1.99", "something is wrong with the address"),
    (550, "5.0.0", "the mailbox is not there, or does not want this mail"),
    (550, "", "the mailbox is not there, or does not want this mail"),
    (499, "", "the server gave no closer reason"),
    (None, "", "no server's answer was recorded"),
]


@pytest.mark.parametrize(("code", "enhanced", "words"), REASONS)
def test_a_code_in_plain_words(code: int | None, enhanced: str, words: str) -> None:
    """A known code has its own words, an unknown one those of its class."""
    assert in_words(code, enhanced) == words


ZONES = st.sampled_from([ZONE, "Europe/Berlin", "Australia/Lord_Howe"])


@settings(deadline=None)
@given(st.floats(1_700_000_000, 1_900_000_000), st.floats(1, 200_000) | st.floats(1, 90_000_000), ZONES)
def test_the_axis_has_few_round_times(first: float, length: float, zone: str) -> None:
    """At most seven times stand on the axis, each between the ends, in order, and no two with the same words."""
    found = ticks(first, first + length, ZoneInfo(zone))
    assert len(found) <= 7
    assert all(first <= at <= first + length for at, _ in found)
    assert [at for at, _ in found] == sorted({at for at, _ in found})
    if length < 80_000:
        assert len({words for _, words in found}) == len(found)


# The page of all issues


CARDS = [
    Card("bold", 'Is <b>Bold</b> & "quoted" Fine?', datetime.date(2026, 12, 1), False),
    Card("desk", "Desk Breaks", datetime.date(2026, 11, 2), False),
    Card("torn", "Torn", datetime.date(2026, 10, 3), True),
    Card("old", "An Old One", None, False),
]
MAILINGS = {
    "desk": MailingRecord("desk", Counts(sent=214, waiting=196, uncertain=2), True, BEGAN),
    "old": MailingRecord("old", Counts(sent=412), True, BEGAN),
}


@pytest.fixture
def start(stub: Stub, page: Page) -> Iterator[Page]:
    """The page of all issues, open; it must not break its own policy or fail."""
    stub.cards, stub.mailings = list(CARDS), dict(MAILINGS)
    trouble: list[str] = []
    page.on("console", lambda said: trouble.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.goto(stub.url())
    expect(page.locator(".card")).to_have_count(4)
    yield page
    assert [words for words in trouble if " 404 " not in words and " 500 " not in words] == []


def card(page: Page, title: str) -> Locator:
    """One issue's card."""
    return page.locator(".card").filter(has=page.get_by_role("link", name=title, exact=True))


def test_every_issue_has_a_card(start: Page) -> None:
    """A card says title, date and state in words, and leads to the issue, and to its record where there is one."""
    expect(start.get_by_role("heading", level=1)).to_have_text("Riverbend Chiropractic")
    assert start.locator(".card h2").all_inner_texts() == [one.title for one in CARDS]
    assert start.locator(".date").all_inner_texts() == ["1 December 2026", "2 November 2026", "3 October 2026", "No date"]
    expect(card(start, CARDS[0].title)).to_contain_text("Draft")
    expect(card(start, CARDS[0].title).locator(".record")).to_be_hidden()
    expect(card(start, "Desk Breaks")).to_contain_text("214 of 412 sent, 2 may or may not have arrived")
    expect(card(start, "Desk Breaks").locator("h2 a")).to_have_attribute("href", "/issue/desk")
    expect(start.get_by_role("link", name="Record of Desk Breaks")).to_have_attribute("href", "/record/desk")
    expect(card(start, "Torn")).to_contain_text("Problems in its file")
    expect(start.locator("b")).to_have_count(0)


def test_only_a_mailing_under_way_has_a_gauge(start: Page) -> None:
    """The thin bar stands below what was begun and not finished, as long as what was sent."""
    expect(start.locator(".gauge:visible")).to_have_count(1)
    widths = card(start, "Desk Breaks").evaluate("card => ['.gauge', '.gauge div'].map(n => card.querySelector(n).clientWidth)")
    assert widths[1] / widths[0] == pytest.approx(214 / 412, abs=0.02)


def test_a_thumbnail_is_the_mail_and_can_do_nothing(start: Page) -> None:
    """The top of the mail is shown small, without scripts, out of the way of keyboard and screen reader; a torn one has none."""
    frame = card(start, "Desk Breaks").locator("iframe")
    expect(frame.content_frame.get_by_text("desk, version 1")).to_be_visible()
    for name, value in {"sandbox": "allow-same-origin", "tabindex": "-1", "aria-hidden": "true", "loading": "lazy"}.items():
        expect(frame).to_have_attribute(name, value)
    box, thumb = frame.bounding_box(), card(start, "Desk Breaks").locator(".thumb").bounding_box()
    assert box
    assert thumb
    assert box["width"] == pytest.approx(thumb["width"], abs=3)
    expect(card(start, "Torn").locator("iframe")).to_have_count(0)


def test_a_mail_that_cannot_be_shown_leaves_a_blank_sheet(stub: Stub, page: Page) -> None:
    """Where there is no mail to look at, no error page stands in its place."""
    stub.cards = [Card("none", "None", None, False)]
    page.goto(stub.url())
    expect(page.locator(".card")).to_have_count(1)
    expect(page.locator(".thumb iframe")).to_have_count(0)
    expect(page.locator(".blank")).to_be_visible()


def test_a_save_changes_only_what_changed(stub: Stub, start: Page) -> None:
    """After a save, new issues come, lost ones go, titles and states change, and every other card stays the same one."""
    start.evaluate("document.querySelectorAll('.card').forEach((card, at) => { card.dataset.was = at; })")
    stub.cards = [Card("new", "New", datetime.date(2027, 1, 1), False), *CARDS[:2], Card("torn", "Mended", CARDS[2].date, False)]
    stub.mailings["desk"] = MailingRecord("desk", Counts(sent=410, refused=2), True, BEGAN)
    stub.version = 2
    expect(start.locator(".card h2")).to_have_text(["New", CARDS[0].title, "Desk Breaks", "Mended"])
    expect(card(start, "Desk Breaks")).to_contain_text("Sent to 410 of 412, 2 refused")
    expect(card(start, "Mended").locator("iframe").content_frame.get_by_text("torn, version 2")).to_be_visible()
    expect(card(start, "Desk Breaks").locator("iframe")).to_have_count(1)
    assert start.evaluate("[...document.querySelectorAll('.card')].map((card) => card.dataset.was ?? '')") == ["", "0", "1", "2"]


def test_cards_are_reached_by_keyboard(start: Page) -> None:
    """Tab goes from title to record to the next title, the focus can be seen, and Enter opens the issue."""
    names = []
    for _ in range(6):
        start.keyboard.press("Tab")
        names.append(start.evaluate("document.activeElement.getAttribute('href')"))
    assert names == ["/issue/bold", "/issue/desk", "/record/desk", "/issue/torn", "/issue/old", "/record/old"]
    start.keyboard.press("Shift+Tab")
    assert card(start, "An Old One").evaluate("card => getComputedStyle(card).outlineStyle") == "solid"
    start.keyboard.press("Enter")
    start.wait_for_url("**/issue/old")


def test_the_whole_card_opens_the_issue(start: Page) -> None:
    """A click on the picture opens the issue, one on "Record" the record."""
    card(start, "Desk Breaks").locator(".thumb").click(force=True)
    start.wait_for_url("**/issue/desk")
    start.go_back()
    start.get_by_role("link", name="Record of Desk Breaks").click()
    start.wait_for_url("**/record/desk")


def test_without_an_issue_the_page_says_how_to_make_one(stub: Stub, page: Page) -> None:
    """An empty folder shows one sentence and the command that makes an issue."""
    page.goto(stub.url())
    expect(page.get_by_role("heading", name="There is no issue yet.")).to_be_visible()
    expect(page.get_by_text('newsletter new "What Causes Back Pain?"')).to_be_visible()


def test_a_ledger_that_cannot_be_read_is_said(stub: Stub, start: Page) -> None:
    """Where the record of sent mail cannot be read, the page says so; on a record's page that is not taken for the end."""
    stub.trouble = "The record of sent mail is damaged."
    start.goto(stub.url("/issues"))
    expect(start.get_by_role("alert")).to_have_text("The record of sent mail is damaged.")
    start.goto(stub.url("/record/desk"))
    expect(start.get_by_role("status")).to_have_text("The record cannot be read now.")


# The page of a record


@pytest.fixture
def record(stub: Stub, page: Page) -> Iterator[Page]:
    """The record of a finished mailing of two runs, open; it must not break its own policy or fail."""
    reasons = (courses.Reason(Status.REFUSED, 550, "5.1.1", 5), courses.Reason(Status.REFUSED, 554, "5.7.1", 1))
    made = of(*range(200), *(172_800 + at for at in range(212)), uncertain=2, refused=6, skipped=5)
    finished = Course(SLUG, True, made.counts, made.panels, reasons)
    stub.courses[SLUG] = course_shown(finished, "Is <b>Bold</b> Fine?", ZONE)
    trouble: list[str] = []
    page.on("console", lambda said: trouble.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.goto(stub.url(f"/record/{SLUG}"))
    expect(page.get_by_role("heading", level=1)).to_have_text("412 of 420 people got it")
    yield page
    assert trouble == []


def test_a_record_says_what_became_of_all(record: Page) -> None:
    """Sentences, a table with what to do next, and the reasons with their codes; a title is text, whatever it holds."""
    expect(record.get_by_text("Is <b>Bold</b> Fine?")).to_be_visible()
    expect(record.get_by_text("2 may or may not have arrived and 6 were refused for good. 5 more were left out.")).to_be_visible()
    rows = [row.inner_text().split("\t") for row in record.get_by_role("table").first.get_by_role("row").all()]
    assert [row[1:3] for row in rows] == [
        ["People", "Share"],
        ["412", "98.0%"],
        ["2", "0.4%"],
        ["6", "1.4%"],
        ["5", "not counted"],
    ]
    expect(record.get_by_role("row").filter(has_text="May or may not")).to_contain_text(f"newsletter settle {SLUG}")
    expect(record.get_by_role("table", name="Why mail servers said no").get_by_role("row").nth(1)).to_contain_text(
        "There is no such mailbox"
    )
    expect(record.get_by_text("550 5.1.1")).to_be_visible()
    record.get_by_role("link", name="All issues").click()
    record.wait_for_url("**/issues")


def test_the_pictures_say_the_same_without_eyes(record: Page) -> None:
    """Each picture is one image with words: the course with its pause, the bar with every number."""
    course, bar = record.get_by_role("img").all()
    expect(course).to_have_attribute(
        "aria-label",
        "412 of 420 people got it. Tuesday 1 December 2026, 09:14 to Thursday 3 December 2026, 09:17, in 2 runs. "
        "Tue 1 Dec 2026, 09:14 to 09:17: 200 more; 2 days later, Thu 3 Dec 2026, 09:14 to 09:17: 212 more.",
    )
    numbers = "Got it: 412, 98.0%. May or may not have arrived: 2, 0.4%. Refused for good: 6, 1.4%"
    expect(bar).to_have_attribute("aria-label", re.compile(numbers))


def test_a_long_pause_is_said_in_the_picture(record: Page) -> None:
    """Between two runs stands how much later the second was, and the bar names each of its pieces with its number."""
    said = record.locator("#course-picture text").all_text_contents()
    assert "2 days" in said
    assert "later" in said
    assert {"Tue 1 Dec 2026", "Thu 3 Dec 2026", "412 of 420 got it"} <= set(said)
    pieces = [text.replace(" ", "") for text in record.locator("#bar-picture text").all_text_contents()]
    assert sorted(pieces) == ["Gotit412", "Mayhavearrived2", "Refused6"]


def test_a_mailing_under_way_is_followed(stub: Stub, page: Page) -> None:
    """While people wait, the record asks again by itself, keeps the reader's place, and stops once nobody waits."""
    page.set_viewport_size({"width": 900, "height": 500})
    page.clock.install()
    stub.courses[SLUG] = course_shown(of(0, 1, waiting=2), "Title", ZONE)
    page.goto(stub.url(f"/record/{SLUG}"))
    expect(page.get_by_role("heading", level=1)).to_have_text("2 of 4 people got it so far")
    expect(page.get_by_role("status")).to_have_text("Follows the mailing")
    page.evaluate("scrollTo(0, 100)")
    stub.courses[SLUG] = course_shown(of(0, 1, 2, 3), "Title", ZONE)
    page.clock.run_for(30_000)
    expect(page.get_by_role("heading", level=1)).to_have_text("All 4 people got it")
    expect(page.get_by_role("status")).to_have_text("")
    assert page.evaluate("scrollY") == 100
    before = len(stub.asked)
    page.clock.run_for(60_000)
    assert len(stub.asked) == before


def test_a_preview_that_has_ended_is_said(page: Page) -> None:
    """With the server gone, the record stays and says how to start the preview again."""
    page.clock.install()
    with served() as stub:
        stub.courses[SLUG] = course_shown(of(0, waiting=1), "Title", ZONE)
        page.goto(stub.url(f"/record/{SLUG}"))
        expect(page.get_by_role("heading", level=1)).to_have_text("1 of 2 people got it so far")
    page.clock.run_for(30_000)
    expect(page.get_by_role("status")).to_have_text("The preview has ended. Start it again with: newsletter preview")
    expect(page.get_by_role("heading", level=1)).to_have_text("1 of 2 people got it so far")


def test_an_issue_without_a_record_leads_back(stub: Stub, page: Page) -> None:
    """A slug that was never sent gets a sentence and a link to all issues."""
    page.goto(stub.url("/record/never"))
    expect(page.get_by_role("heading", name="There is no record of this issue.")).to_be_visible()
    page.get_by_role("link", name="See all issues").click()
    page.wait_for_url("**/issues")


RECORDS = [
    of(0),
    of(0, 1, 5),
    of(*range(120), waiting=270, deferred=4, uncertain=1, sending=1, refused=7, skipped=12),
    of(*range(20), waiting=370, deferred=4, uncertain=2, refused=7),
    of(*(start + mail for start in (0, 7_200, 90_000, 900_000) for mail in range(90)), waiting=10),
    of(*(86_400 * day + mail for day in range(12) for mail in range(20)), waiting=800),
    Course(SLUG, True, Counts(sent=998_000, refused=1_994, uncertain=6), panels([Run(BEGAN, BEGAN + 40_000, 998_000)]), ()),
    Course(SLUG, False, Counts(waiting=412), (), ()),
]


@pytest.mark.parametrize("course", RECORDS)
def test_a_record_fits_a_phone_and_a_desk(stub: Stub, page: Page, course: Course) -> None:
    """At 375 and at 1440 pixels nothing scrolls sideways, and no word of a picture hangs out of its sheet."""
    stub.courses[SLUG] = course_shown(course, "A Title of a Good Many Words, as Some of Them Are", ZONE)
    outside = """() => [...document.querySelectorAll(".sheet > svg text")].filter((text) => {
        const [inner, outer] = [text, text.closest(".sheet")].map((one) => one.getBoundingClientRect());
        return inner.left < outer.left || inner.right > outer.right;
    }).map((text) => text.textContent)"""
    for width in (1440, 375):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(stub.url(f"/record/{SLUG}"))
        expect(page.locator("#bar-picture text").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.evaluate(outside) == []


def test_all_issues_fit_a_phone(stub: Stub, start: Page) -> None:
    """At 375 pixels nothing scrolls sideways, whatever a title holds."""
    stub.cards[1] = Card("desk", "Supercalifragilisticexpialidocious" * 3, None, False)
    stub.version += 1
    start.set_viewport_size({"width": 375, "height": 700})
    expect(start.locator(".card h2").last).to_contain_text("Supercali")
    assert start.evaluate("document.documentElement.scrollWidth") == 375


@pytest.mark.parametrize("path", ["/", "/record/a", "/record/b", "/record/never"])
def test_axe_finds_nothing(stub: Stub, page: Page, path: str) -> None:
    """No rule of axe-core is broken on either page, in light and dark, wide and narrow."""
    axe = node_module("axe-core/axe.min.js").read_text(encoding="utf-8")
    stub.cards, stub.mailings = list(CARDS), dict(MAILINGS)
    reasons = (courses.Reason(Status.REFUSED, 550, "5.1.1", 7), courses.Reason(Status.DEFERRED, None, "", 4))
    busy = Course("a", True, RECORDS[2].counts, RECORDS[2].panels, reasons)
    stub.courses = {"a": course_shown(busy, "Busy", ZONE), "b": course_shown(RECORDS[4], "Four Runs", ZONE)}
    page.emulate_media(reduced_motion="reduce")
    page.goto(stub.url(path))
    expect(page.locator(".card, #record:not([hidden]), #unknown:not([hidden])").first).to_be_visible()
    page.evaluate(f"() => {{ {axe} }}")
    for scheme in ("light", "dark"):
        for width in (1440, 375):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 800})
            found = page.evaluate("axe.run(document, {iframes: false}).then((done) => done.violations)")
            assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []
