"""What mail programs know: the shipped facts, the ways of writing CSS that are understood, and pages however broken."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from check_desk import ROOT, Desk, body_start, in_html, spoilt
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.check import css
from newsletter.check.evidence import Mails
from newsletter.check.finding import Finding, Severity
from newsletter.check.markup import Page
from newsletter.check.page import elements, support
from newsletter.check.page.alternatives import listed
from newsletter.check.page.hosts import owner_of
from newsletter.check.page.loads import is_foreign
from newsletter.check.page.mail_programs import FAMILIES, PROGRAMS, USUAL, joined, named, spoken
from newsletter.check.sample import Sample
from newsletter.errors import ProblemsFound
from newsletter.read.subscribers import Subscriber

PAGE = '<!DOCTYPE html><html lang="en"><head>{head}</head><body><table width="600"><tr><td>{body}</td></tr></table></body></html>'
PIECES = (
    "<",
    ">",
    "<div",
    "<td style='",
    '"',
    "'",
    "style=",
    "</div>",
    "<!--",
    "-->",
    "<![if !mso]>",
    "display:flex;",
    "url(",
    "@media{",
    "{",
    "}",
    "calc(",
    "a",
)


def mails_of(page: str) -> Mails:
    """One mail from news@riverbend.example with this page."""
    head = "From: Riverbend <news@riverbend.example>\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    reader = Subscriber("anna.petrov@mail.example", 2, frozenset(), {})
    return Mails((Sample(reader, "a line", (), (head + page).encode("utf-8", "replace")),), datetime(2026, 12, 1, tzinfo=UTC))


def unknown(body: str = "", head: str = "") -> list[Finding]:
    """What H03 finds in a page."""
    return list(support.known_to_programs(mails_of(PAGE.format(body=body, head=head))))


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ('<div style="display:grid">x</div>', "display: grid"),
        ('<img src="cid:a" style="float:left">', "float"),
        ('<p style="width:calc(100% - 20px)">x</p>', "calc()"),
        ('<p style="font-size:clamp(1rem,2vw,3rem)">x</p>', "clamp()"),
        ('<p style="font-size:1.2REM">x</p>', "rem"),
        ('<p style="padding:2vw">x</p>', "vw"),
        ('<p style="color:rgba(0,0,0,.6)">x</p>', "see-through"),
        ('<p style="color:#00000099">x</p>', "see-through"),
        ('<p style="color:rgb(0 128 0)">x</p>', "without commas"),
        ('<p style="color:hsl(120,50%,50%)">x</p>', "hsl()"),
        ('<p style="margin:-10px 0">x</p>', "below zero"),
        ('<p style="margin-inline:8px">x</p>', "margin-inline"),
        ('<td background="https://riverbend.example/a.png">x</td>', "picture behind"),
        ('<p style="background:linear-gradient(#fff,#eee)">x</p>', "one color into another"),
        ('<img src="cid:a" style="object-fit:cover">', "object-fit"),
        ("<p style=\"font:700 16px/1.5 'Open Sans'\">x</p>", "font of your own"),
        ('<p style="visibility:hidden">x</p>', "visibility"),
        ("<div hidden>x</div>", "hidden attribute"),
        ('<input type="checkbox">', "tick"),
        ("<details><summary>x</summary>y</details>", "open with a click"),
    ],
)
def test_what_is_written_is_understood(body: str, what: str) -> None:
    """Each is told once, with the programs that lack it by name and something to write instead."""
    (finding,) = unknown(body)
    assert what in finding.harm
    assert "Outlook" in finding.harm
    assert finding.source.startswith("https://www.caniemail.com/features/")


@pytest.mark.parametrize(
    "body",
    [
        '<img src="cid:a" align="left" style="float:left">',
        '<p style="color:#333333;color:var(--ink)">x</p>',
        '<p style="background:#333333;background:linear-gradient(#333,#000)">x</p>',
        '<td bgcolor="#ffffff" style="background-image:url(https://riverbend.example/a.png)">x</td>',
        '<td style="background:white url(https://riverbend.example/a.png)">x</td>',
        '<p style="background:rgba(255,255,255,0)">x</p>',
        '<div style="background:url(cid:a)"><img src="cid:b"></div>',
        '<p style="color:rgb(0, 128, 0);color:#1f6f78">x</p>',
        '<p style="font-family:Lato,Arial,sans-serif">x</p>',
        '<p style="font:inherit">x</p>',
        '<p style="margin:0 auto;letter-spacing:-0.2px">x</p>',
        '<div style="display:none;mso-hide:all"><table><tr><td>x</td></tr></table></div>',
        '<picture><source srcset="cid:b"><img src="cid:a" srcset="cid:b 2x"></picture>',
        '<!--[if gte mso 9]><v:rect fill="true"><v:fill src="a.png"/></v:rect><![endif]--><p style="background:url(cid:a)">x</p>',
    ],
)
def test_what_has_a_fallback_is_left_alone(body: str) -> None:
    """A second declaration, an attribute, a color below, or Outlook's own markup does what is lacking."""
    assert unknown(body) == []


@pytest.mark.parametrize(
    ("head", "found"),
    [
        ("<style>p { display: flex }</style>", 0),
        ("<style>td { display: flex }</style>", 1),
        ("<style>.card td { display: flex }</style>", 0),
        ("<style>@media (min-width: 1px) { td { display: flex } }</style>", 0),
        ("<style>@supports (display: grid) { td { display: grid } }</style>", 0),
        ('<style media="print">td { display: flex }</style>', 0),
        ("<style>td::before { content: '* ' }</style>", 1),
        ("<style>td::after { content: ''; display: table; clear: both }</style>", 0),
        ("<style>td { & strong { color: red } }</style>", 1),
        ("<style>td:hover { opacity: .8 }</style>", 0),
        ("<style>td:hover strong { display: block }</style>", 1),
        ("<style>@font-face { font-family: Lato; src: url(https://riverbend.example/lato.woff2) }</style>", 0),
        ('<link rel="stylesheet" href="https://riverbend.example/mail.css">', 1),
        ('<link rel="stylesheet" href="https://fonts.type.example/css?family=Lato">', 0),  # H10 tells of it
    ],
)
def test_rules_of_style_sheets(head: str, found: int) -> None:
    """A rule counts where the page has what it is for, and where it does not stand in an at-rule."""
    assert len(unknown("<strong>x</strong>", head)) == found


def test_only_the_programs_that_are_chosen(tmp_path: Path) -> None:
    """`mail_programs` takes names of programs and families; a name that nobody has is told with its line."""
    desk = Desk.at(tmp_path / "practice")
    row = body_start('<div style="display:flex">Stand up.</div>')
    assert [f.severity for f in support.known_to_programs(spoilt(desk.evidence(), row))] == [Severity.WARNING]
    desk.in_practice("language: en", "language: en\nmail_programs: [gmail-web, apple-mail]")
    assert list(support.known_to_programs(spoilt(desk.evidence(), row))) == []
    desk.in_practice("[gmail-web, apple-mail]", "[gmial, apple-mail]")
    with pytest.raises(
        ProblemsFound, match=r'practice\.yaml:\d+: there is no mail program called "gmial"\. Did you mean "gmail"'
    ):
        list(support.known_to_programs(desk.evidence()))


def test_the_line_of_the_own_template(tmp_path: Path) -> None:
    """What comes from a template of the practice is told with its file and line."""
    desk = Desk.at(tmp_path / "practice").theme("head.css", "h1 { color: #223344; }\n.row { display: flex; }\n")
    (finding,) = support.known_to_programs(desk.evidence())
    assert finding.place == "templates/clinic/head.css:2"


def test_an_entry_of_the_practice(tmp_path: Path) -> None:
    """rules/alternatives.yaml adds what a practice wants to know, and takes the place of an entry with the same name."""
    desk = Desk.at(tmp_path / "practice")
    (desk.folder / "rules").mkdir()
    own = "id: css-text-shadow, uses: [text-shadow], name: a glow, seen: there is none, instead: Leave it out., loss: little"
    (desk.folder / "rules" / "alternatives.yaml").write_text(f"entries:\n  - {{{own}}}\n")
    glow = in_html('<p class="signed" style="', '<p class="signed" style="text-shadow:0 0 2px #cccccc;')
    (finding,) = support.known_to_programs(spoilt(desk.evidence(), glow))
    assert "a glow" in finding.harm
    (desk.folder / "rules" / "alternatives.yaml").write_text(
        f"entries:\n  - {{{own.replace('text-shadow,', 'text-shade,', 1)}}}\n"
    )
    with pytest.raises(ProblemsFound, match='Did you mean "css-text-shadow"'):
        list(support.known_to_programs(desk.evidence()))


def test_the_facts_fit_each_other() -> None:
    """Every entry names a feature that caniemail has, lacks what some note says, and reads as one sentence."""
    known = support.support()
    for entry in listed():
        assert entry.id in known.features
        assert known.lack(entry, PROGRAMS).without or known.lack(entry, PROGRAMS).partly, entry.name
        assert entry.loss in ("none", "little", "much")
        assert entry.instead.endswith(".")
        assert not entry.seen.endswith(".")
        assert "\n" not in entry.name + entry.seen + entry.instead
    for words in (words for entry in listed() for words in entry.lacks if words != "nothing"):
        assert any(words in note for note in known.notes), words
    assert (ROOT / "newsletter" / "check" / "data" / "client_support.json").stat().st_size < 80_000
    assert "MIT License" in (ROOT / "newsletter" / "check" / "data" / "client_support.LICENSE").read_text(encoding="utf-8")


def test_what_explain_tells() -> None:
    """The names for `mail_programs` come first, then a line for each feature with its page at caniemail.com."""
    lines = list(support.alternatives())
    assert all(program in lines[0] for program in PROGRAMS)
    assert any(
        line.startswith("round corners: not in Outlook on Windows (classic)") and "nobody misses it" in line for line in lines
    )


def test_names_of_programs() -> None:
    """A family stands for its programs, and is named where all that are chosen of it are meant."""
    assert named("gmail") == ("gmail-web", "gmail-mobile-web", "gmail-ios", "gmail-android")
    assert named("thunderbird") == ("thunderbird",)
    assert named("lotus") == ()
    assert all(named(family) for family in FAMILIES)
    assert (
        joined(spoken({"outlook-windows", "yahoo-web", "yahoo-ios", "yahoo-android"}, USUAL))
        == "Outlook on Windows (classic) and Yahoo"
    )


def test_what_is_a_tracking_pixel() -> None:
    """A picture of one dot is one, and so is one that hides itself; one for phones in a hidden block is a picture."""

    def kind(body: str) -> str:
        (finding,) = elements.loaded_from_strangers(mails_of(PAGE.format(head="", body=body)))
        return "pixel" if "invisible" in finding.harm else "picture"

    url = 'src="https://open.tracker.example/a.gif" alt=""'
    assert kind(f'<img {url} width="1" height="1">') == "pixel"
    assert kind(f'<img {url} style="width:1px;height:1px">') == "pixel"
    assert kind(f'<img {url} style="display:none">') == "pixel"
    assert kind(f'<img {url} width="1" height="200">') == "picture"
    assert kind(f'<div style="display:none"><img {url} width="300"></div>') == "picture"


def test_whose_host_it_is() -> None:
    """Subdomains are the sender's own; a name that only ends alike is not."""
    own = frozenset(["riverbend.example"])
    assert not is_foreign("news.riverbend.example", own)
    assert is_foreign("notriverbend.example", own)
    assert not is_foreign("", own)
    assert owner_of("mail.clinic.co.uk") == "clinic.co.uk"
    assert owner_of("mail.clinic.example") == "clinic.example"


@pytest.mark.parametrize(
    ("style", "names"),
    [
        ("color:red;;margin : 0", ["color", "margin"]),
        ("background:url(data:a;b);color:red", ["background", "color"]),
        ("content:'a;b';color:red", ["content", "color"]),
        ("/* a;b */ color:red", ["color"]),
        ("color", []),
        ("COLOR:RED !IMPORTANT", ["color"]),
    ],
)
def test_declarations_of_a_style(style: str, names: list[str]) -> None:
    """A semicolon in quotes, brackets or a comment ends no declaration; what cannot be read is left out."""
    assert [one.name for one in css.declarations(style)] == names


def test_rules_of_a_sheet() -> None:
    """A rule knows the at-rules around it; an at-rule that holds declarations is a rule itself."""
    sheet = "@media (max-width: 9px) { @supports (display:grid) { a { b: c } } } @font-face { src: url(x) } @import 'y.css';"
    rules = css.style_sheet(sheet)
    assert [rule.selector for rule in rules] == ["a", "@font-face", '@import "y.css"']
    assert rules[0].within == (("media", "(max-width: 9px)"), ("supports", "(display:grid)"))
    assert rules[0].media == "(max-width: 9px)"


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
def test_no_page_is_too_broken(page: str) -> None:
    """Whatever stands in a page, the rules come to an end without an error."""
    mails = mails_of(page)
    for look in (support.known_to_programs, elements.loaded_from_strangers, elements.acts_or_plays, elements.well_formed):
        for finding in look(mails):
            assert finding.harm[-1] in ".?!"
            assert not re.search(r"[\r\n]", finding.harm + finding.fix + finding.place)


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "<div>",
            "</div>",
            "<b><i></b></i>",
            "<!--",
            "<![if !mso]>",
            "<a href=x>",
            "<p style='display:flex'>",
            '<a x="',
            "<table><p>",
        ),
        *("<p style='width:calc(1px);width:2px'>", "<style>", "<!--[if !mso]><!--><p style='display:flex'>x", "<a b", "<p id=a>"),
        '<div style="display:none"><table>',
    ],
)
def test_long_pages_end_soon(piece: str) -> None:
    """Fifty thousand characters of the same take no more time than a page of that length should."""
    page = piece * (50_000 // len(piece))
    started = time.perf_counter()
    mails = mails_of(page)
    for look in (support.known_to_programs, elements.loaded_from_strangers, elements.acts_or_plays, elements.well_formed):
        list(look(mails))
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    ("page", "slips"),
    [
        ("<ul><li>a<li>b</ul><table><tr><td>c<td>d</table><p>e", []),
        ("<b>a<i>b</b>c</i>", ["crossed", "stray"]),
        ("<div>a", ["open"]),
        ("<br></br><img></img><p>a</p></p>", []),
        ('<p style="a" style="b">c</p>', ["twice"]),
    ],
)
def test_slips_of_a_page(page: str, slips: list[str]) -> None:
    """Tags that HTML lets out are none; of the others each is named."""
    assert [slip.what for slip in Page.of(page).slips] == slips


def test_elements_of_a_page() -> None:
    """Each knows its parent, its own words and whether it shows; of two attributes with one name the first counts."""
    page = Page.of('<div class="a" class="b">x<p hidden>y<img src=z></p></div>')
    assert [(e.tag, e.parent, e.hidden, [words for words, _ in e.text]) for e in page.elements] == [
        ("div", -1, False, ["x"]),
        ("p", 0, True, ["y"]),
        ("img", 1, True, []),
    ]
    assert page.elements[0].attributes == {"class": "a"}
