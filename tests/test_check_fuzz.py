"""Whatever somebody writes into a page, a style sheet, an issue, a practice or a list: findings or a sentence, and soon."""

from __future__ import annotations

import contextlib
import random
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from check_desk import ISSUE, LIST, Desk, in_part, spoilt
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.check import preflight
from newsletter.errors import NewsletterError

SOON = 2.0 if sys.gettrace() is None else 8.0  # seconds of this process's own time for one file; tracing slows it
MANY = 20_000


@contextmanager
def soon() -> Iterator[None]:
    """Holds what is done inside to the bound."""
    begun = time.process_time()
    yield
    assert time.process_time() - begun < SOON


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A practice with nothing wrong in it, whose rules, templates and data have been read once."""
    made = Desk.at(tmp_path_factory.mktemp("fuzz") / "practice")
    preflight.run(made.evidence())
    return made


PAGES: dict[str, Callable[[str], str]] = {
    "nothing": lambda _page: "",
    "deep": lambda page: page.replace("</body>", "<div>" * MANY + "x" + "</div>" * MANY + "</body>"),
    "deep tables": lambda page: page.replace("</body>", "<table><tr><td>" * 5000 + "x</body>"),
    "open tags": lambda page: page.replace("</body>", "<" * MANY),
    "open quotes": lambda page: page.replace("</body>", '<a href="' * 5000),
    "attributes": lambda page: page.replace("</body>", "<p " + 'a="b" ' * MANY + ">x</p></body>"),
    "entities": lambda page: page.replace("</body>", "&amp" * MANY + "&#x110000;&#0;&nonsense;</body>"),
    "comments": lambda page: page.replace("</body>", "<!--" * MANY),
    "conditions": lambda page: page.replace("</body>", "<!--[if mso]>" * 5000 + "<![endif]-->" * 5000),
    "links": lambda page: page.replace("</body>", '<a href="http://[::1">here</a><a href="//">x</a>' * 3000 + "</body>"),
    "blanks": lambda page: page.replace("</body>", " \n\t" * MANY + "</body>"),
    "one long word": lambda page: page.replace("</body>", "cure" * MANY + "</body>"),
    "stars": lambda page: page.replace("</body>", "<p>" + "\u2605" * MANY + "100% " * 5000 + "</p></body>"),
    "headings": lambda page: page.replace("</body>", "<h9>x</h9><h0></h0><h6>" * 3000 + "</body>"),
    "sizes": lambda page: page.replace(
        "</body>", '<img width="1e999" height="-5%" src="data:,"><font size="+99">x</font></body>'
    ),
    "cut": lambda page: page[: len(page) // 2],
    "no head": lambda page: page[page.index("<body") :],
}
STYLES: dict[str, str] = {
    "brackets": "color: " + "(" * MANY,
    "blocks": "{" * 5000 + "}" * 5000,
    "functions": "background: " + "url(" * 3000,
    "strings": "font-family: '" + "\\" * MANY,
    "comments": "/*" * MANY,
    "at rules": "@media (" * 3000,
    "numbers": "font-size: 1e999px; line-height: -1e-999; width: NaN; color: rgb(999,,); background: #12345",
    "variables": "color: var(--a); --a: var(--a); width: calc(1px + calc(1px + (((2px",
    "selectors": "a > b + c ~ d[e='f']:not(:hover)::before, " * 2000 + "{ color: red }",
    "many": "a { color: red; background: blue }\n" * 4000,
}


@pytest.mark.parametrize("name", PAGES)
def test_broken_pages(desk: Desk, name: str) -> None:
    """A page can be broken in any way."""
    evidence = spoilt(desk.evidence(), in_part("html", PAGES[name]))
    with soon():
        preflight.run(evidence)


@pytest.mark.parametrize("name", STYLES)
@pytest.mark.parametrize("where", ["style sheet", "inline", "dark"])
def test_broken_styles(desk: Desk, name: str, where: str) -> None:
    """A style sheet and an inline style can be, too."""
    css = STYLES[name]
    forms = {
        "style sheet": lambda page: page.replace("</head>", f"<style>{css}</style></head>"),
        "inline": lambda page: page.replace("</body>", f"<p style='{css.replace(chr(39), '')}'>Words to read.</p></body>"),
        "dark": lambda page: page.replace("</head>", f"<style>@media (prefers-color-scheme: dark) {{ {css} </style></head>"),
    }
    evidence = spoilt(desk.evidence(), in_part("html", forms[where]))
    with soon():
        preflight.run(evidence)


@settings(deadline=None, max_examples=40)
@given(st.integers(min_value=0, max_value=2**32))
def test_pages_with_pieces_moved_about(desk: Desk, seed: int) -> None:
    """Pieces of a real page doubled, dropped and moved are still looked at."""
    luck = random.Random(seed)

    def shuffled(page: str) -> str:
        pieces = re.split(r"(?=<)", page)
        for _ in range(luck.randint(1, 60)):
            at, length = luck.randrange(len(pieces)), luck.randint(1, 12)
            taken = pieces[at : at + length]
            if luck.random() < 0.5:
                del pieces[at : at + length]
            pieces[luck.randrange(len(pieces) + 1) : 0] = taken
            if not pieces:
                pieces = [""]
        return "".join(pieces) + luck.choice(["", "<", "&", "<!--", "'", '"', "</style>", "<style>"])

    evidence = spoilt(desk.evidence(), in_part("html", shuffled))
    with soon():
        preflight.run(evidence)


def told(desk: Desk) -> None:
    """Checks what stands on the desk; a file that cannot be read is a sentence."""
    with soon(), contextlib.suppress(NewsletterError):
        preflight.run(desk.evidence())


WORDS = st.text(st.characters(codec="utf-8"), max_size=60)
LINES = st.one_of(
    WORDS, st.sampled_from([*ISSUE.splitlines(), "  - type: offer", "accept: [{id: K05, reason: x}]", "\t", "- {", "]"])
)


@settings(deadline=None, max_examples=60)
@given(st.lists(LINES, max_size=12), st.integers(min_value=0, max_value=30))
def test_any_issue_file(desk: Desk, lines: list[str], at: int) -> None:
    """Any lines between the lines of an issue are findings or a sentence with file and line."""
    whole = ISSUE.splitlines()
    desk.issue("\n".join([*whole[:at], *lines, *whole[at:]]).replace("\r", ""))
    told(desk)
    desk.issue(ISSUE)


@settings(deadline=None, max_examples=60)
@given(WORDS, st.sampled_from(["name: Riverbend", "12 Mill Lane", "UT", "D.C.", "news@riverbend.example", "language: en", "yes"]))
def test_any_practice_file(desk: Desk, words: str, place: str) -> None:
    """So are any words in practice.yaml."""
    path = desk.folder / "practice.yaml"
    before = path.read_text(encoding="utf-8")
    path.write_text(before.replace(place, words.replace("\r", "")), encoding="utf-8")
    try:
        told(desk)
    finally:
        path.write_text(before, encoding="utf-8")


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=400), st.integers(min_value=0, max_value=200))
def test_any_list(desk: Desk, noise: bytes, at: int) -> None:
    """So are any bytes in the list."""
    whole = LIST.encode()
    (desk.folder / "subscribers.csv").write_bytes(whole[:at] + noise + whole[at:])
    try:
        told(desk)
    finally:
        desk.people(LIST)


LONG = {
    "a sentence without end": "pain " * 30_000,
    "no blank at all": "x" * 100_000,
    "numbers": "9 out of 10 " * 8_000,
    "negations": "not " * 30_000 + "cure",
    "brackets": "(" * 50_000 + "cure" + ")" * 50_000,
    "quotes": "\u201cI am cured\u201d " * 6_000,
    "links": "[a](https://riverbend.example/a) " * 2_000,
}


@pytest.mark.parametrize("name", LONG)
def test_endless_text(desk: Desk, name: str) -> None:
    """A hundred thousand letters in one text are read in time."""
    path: Path = desk.folder / "issues" / "small-breaks.yaml"
    desk.issue(ISSUE.replace("Walk about for five minutes or so.", f"'{LONG[name]}'"))
    mail = desk.evidence()
    with soon():
        preflight.run(mail)
    assert path.is_file()
    desk.issue(ISSUE)
