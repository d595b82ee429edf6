"""A mail as other readers and programs show it: dark, turned by force, without pictures or styles, with large text."""

from __future__ import annotations

import base64
import re
import time
from html.parser import HTMLParser
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page
from samples import FIELDS, NOON, ROOT, make_practice_folder, someone

from newsletter.compose.identity import Identities
from newsletter.compose.mail import Mail
from newsletter.ledger.keys import Keys
from newsletter.preview.letter import Letter, open_letter
from newsletter.preview.looks import Look, dressed
from newsletter.read.issue import read_issue
from newsletter.read.practice import read_practice

LOOKS = [Look(*parts) for parts in product(("light", "dark", "forced"), (True, False), (True, False), (False, True))]
DARK_RULES = """<!doctype html><html><head><meta name="color-scheme" content="light dark"><style>
body { background: #ffffff; color: #222222 }
%s { body { background: #101010; color: #eeeeee } }
</style></head><body><p>Hello</p></body></html>"""
GROUND = "getComputedStyle(document.body).backgroundColor"
WHITE, BLACK = "rgb(255, 255, 255)", "rgb(16, 16, 16)"


class Words(HTMLParser):
    """The text and the comments of a page, style sheets left out."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=False)
        self.found: list[str] = []
        self.feed(page)
        self.close()

    def handle_data(self, data: str) -> None:
        """Keeps words."""
        if self.cdata_elem != "style":
            self.found.append(data)

    def handle_comment(self, data: str) -> None:
        """Keeps comments, byte for byte."""
        self.found.append(f"<!--{data}-->")


@pytest.fixture(scope="module")
def letter(tmp_path_factory: pytest.TempPathFactory) -> Letter:
    """The sample issue as a mail program opens it."""
    folder = make_practice_folder(tmp_path_factory.mktemp("looks") / "practice")
    practice = read_practice(folder)
    mail = Mail.of(practice, read_issue(folder / "issues" / "back-muscle-spasms.yaml", folder, FIELDS))
    who = someone(first_name="Anna")
    identity = Identities(Keys((b"0123456789abcdef",)), mail.issue.slug, practice.domain).of(who.key, NOON)
    return open_letter(mail, who, mail.message(who, identity))


def with_pictures(letter: Letter) -> str:
    """Its page with the pictures written in, so that a browser shows them."""
    page = letter.html
    for source, name in letter.sources.items():
        part = letter.pictures[name]
        page = page.replace(source, f"data:{part.media_type};base64,{base64.b64encode(part.content).decode()}")
    return page


def query_of(look: Look) -> str:
    """A look as a query, without `?`; empty for the look that everything begins with."""
    asked = (
        f"scheme={look.scheme}" if look.scheme != "light" else "",
        "" if look.pictures else "pictures=off",
        "" if look.styles else "styles=off",
        "text=200" if look.large else "",
    )
    return "&".join(part for part in asked if part)


def show(page: Page, html: str, system: str, width: int = 375) -> None:
    """Opens a page on a computer set to light or dark."""
    page.emulate_media(color_scheme="dark" if system == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 800})
    page.set_content(html)


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: query_of(look) or "default")
def test_a_look_and_its_query_are_the_same(look: Look) -> None:
    """An address keeps a look, and the usual look needs none."""
    pairs = dict(part.split("=") for part in query_of(look).split("&") if part)
    assert Look.of(pairs) == look
    assert (query_of(look) == "") == (look == Look())


@pytest.mark.parametrize("query", [{"scheme": "blue"}, {"pictures": "on"}, {"text": "300"}, {"other": "1"}, {"styles": ""}])
def test_an_unknown_look_is_refused(query: dict[str, str]) -> None:
    """What is not known is not guessed at."""
    assert Look.of(query) is None


@pytest.mark.parametrize("system", ["light", "dark"])
@pytest.mark.parametrize(
    ("media", "dark_applies"),
    [
        ("@media (prefers-color-scheme: dark)", True),
        ("@media screen and (prefers-color-scheme:dark)", True),
        ("@MEDIA ( Prefers-Color-Scheme : DARK )", True),
        ("@media (prefers-color-scheme/* of the system */: dark) and (min-width: 100px)", True),
        ("@media (prefers-color-scheme: dark) and (min-width: 5000px)", False),
        ("@media print, screen and (prefers-color-scheme: dark)", True),
        ("@media not all and (prefers-color-scheme: light)", True),
        ("@media not (prefers-color-scheme: light)", True),
        ("@supports (display: block) { @media (prefers-color-scheme:\n dark)", True),
    ],
)
def test_the_look_and_not_the_computer_decides_about_dark(page: Page, system: str, media: str, dark_applies: bool) -> None:
    """Rules for dark apply in the dark look and never in the light one, however they are written and whatever the system is."""
    html = DARK_RULES % media
    html = html.replace("\n</style>", " }\n</style>") if "@supports" in media else html
    show(page, dressed(html, Look()), system)
    assert page.evaluate(GROUND) == WHITE
    show(page, dressed(html, Look("dark")), system)
    assert page.evaluate(GROUND) == (BLACK if dark_applies else WHITE)


@pytest.mark.parametrize("system", ["light", "dark"])
def test_rules_for_light_are_settled_too(page: Page, system: str) -> None:
    """A question for light, a `media` attribute, and a mail's own `color-scheme` follow the look."""
    html = (
        "<html><head><style>:root { color-scheme: light dark }</style>"
        '<style media="(prefers-color-scheme: light)">body { background: #ffffff }</style>'
        "<STYLE MEDIA='screen and (prefers-color-scheme: dark)'>body { background: #101010 }</STYLE></head><body style=\""
        'COLOR-SCHEME: light dark"><input></body></html>'
    )
    for scheme, ground, field in (("light", WHITE, "rgb(0, 0, 0)"), ("dark", BLACK, "rgb(255, 255, 255)")):
        show(page, dressed(html, Look(scheme)), system)  # type: ignore[arg-type]
        assert page.evaluate(GROUND) == ground
        assert page.evaluate("getComputedStyle(document.querySelector('input')).color") == field


@pytest.mark.parametrize("system", ["light", "dark"])
def test_what_a_mail_leaves_open_follows_the_look(page: Page, system: str) -> None:
    """A page without any colour is black on white in the light look and light on dark in the others."""
    for scheme, ink in (("light", "rgb(0, 0, 0)"), ("dark", "rgb(255, 255, 255)"), ("forced", "rgb(255, 255, 255)")):
        for html in ("<p>Hi</p>", "<!DOCTYPE html><p>Hi</p>", '<html lang="en"><body>Hi</body></html>', "Hi"):
            show(page, dressed(html, Look(scheme)), system)  # type: ignore[arg-type]
            assert page.evaluate("getComputedStyle(document.body).color") == ink
            assert page.evaluate("document.compatMode") == ("CSS1Compat" if html.startswith("<!") else "BackCompat")


def test_turned_by_force_light_becomes_dark_and_pictures_stay(page: Page, letter: Letter) -> None:
    """Grounds are dark, words light, the brand keeps its hue, and not one byte of a picture changes."""
    html = with_pictures(letter)
    show(page, dressed(html, Look("forced")), "light")
    grounds = page.evaluate("getComputedStyle(document.querySelector('.card')).backgroundColor")
    ink = page.evaluate("getComputedStyle(document.querySelector('h1')).color")
    assert max(map(int, re.findall(r"\d+", grounds))) < 40
    assert min(map(int, re.findall(r"\d+", ink))) > 180
    assert re.findall(r'src="[^"]+"', dressed(html, Look("forced"))) == re.findall(r'src="[^"]+"', html)
    assert dressed('<p style="color:#1f6f78;background:url(#fff) WHITE">#fff</p>', Look("forced")).endswith(
        '<p style="color:#8fdae2;background:url(#fff) #121212">#fff</p>'
    )


@pytest.mark.parametrize("width", [375, 640])
@pytest.mark.parametrize("scheme", ["light", "dark", "forced"])
def test_without_pictures_their_words_stand_in_their_place(page: Page, letter: Letter, scheme: str, width: int) -> None:
    """No picture is left, and the words for the large ones show in a box as wide as the picture."""
    html = with_pictures(letter)
    widths = "(all) => all.map((p) => [p.alt, p.clientWidth])"
    show(page, dressed(html, Look(scheme)), "light", width)  # type: ignore[arg-type]
    before = page.eval_on_selector_all("img.picture", widths)
    show(page, dressed(html, Look(scheme, pictures=False)), "light", width)  # type: ignore[arg-type]
    assert page.eval_on_selector_all("img.picture", widths) == before
    assert before
    assert page.evaluate("[...document.images].filter((p) => p.src || p.srcset).length") == 0
    words = page.locator("img.picture").first
    shown = words.screenshot()
    words.evaluate("(picture) => { picture.alt = ''; }")
    assert words.screenshot() != shown


def test_pictures_of_styles_and_attributes_vanish_too() -> None:
    """A background is gone from a table, a style and a sheet; its colour, gradients and the words stay."""
    html = (
        "<style>/* url(a.png) */ td { background: #fff url('b.png') no-repeat; list-style:url(c.png) } @font-face { src: url(f) }"
        '</style><table BACKGROUND="d.png"><td style="background-image:url(&quot;e.png&quot;);color:red">url(g.png)</td>'
        "<IMG alt='a > b' SRC=h.png width=5><img srcset=\"i.png 2x\">"
    )
    assert dressed(html, Look(pictures=False)).partition(">")[2] == (
        "<style>/* url(a.png) */ td { background: #fff none no-repeat; list-style:none } @font-face { src: url(f) }"
        '</style><table><td style="background-image:none;color:red">url(g.png)</td>'
        "<IMG alt='a > b' width=5><img>"
    )


def test_without_styles_the_inline_ones_stay(letter: Letter) -> None:
    """Every style element and linked sheet is gone; what is written on an element and what Outlook reads stays."""
    html = dressed(letter.html, Look(styles=False))
    open_to_all = re.sub(r"<!--.*?-->", "", html, flags=re.DOTALL)
    assert "<style" not in open_to_all
    assert 'style="' in open_to_all
    assert "<!--[if mso]><style" in html
    odd = '<STYLE type="a>b">p { x: "</styles>" }</STYLE ><link rel=stylesheet href=a.css><p STYLE=\'color:red\'>x<style>'
    assert dressed(odd, Look(styles=False)).partition(">")[2] == "<p STYLE='color:red'>x"


def test_large_text_is_twice_as_large_and_nothing_else_is(page: Page, letter: Letter) -> None:
    """Sizes and line heights in px and pt double; widths, paddings, percentages and bare line heights stay (WCAG 1.4.4)."""
    html = (
        "<style>p{font:bold 12pt/18px 'A 9px';FONT-SIZE : 13.5PX !important;width:10px}/*font-size:1px*/"
        "h1{line-height:1.5}</style>"
        '<p style="font-size:16px;line-height:24px;padding:4px;font-size:90%;mso-ansi-font-size:3px">font-size:16px</p>'
    )
    assert dressed(html, Look(large=True)).partition(">")[2] == (
        "<style>p{font:bold 24pt/36px 'A 9px';FONT-SIZE : 27PX !important;width:10px}/*font-size:1px*/h1{line-height:1.5}</style>"
        '<p style="font-size:32px;line-height:48px;padding:4px;font-size:90%;mso-ansi-font-size:3px">font-size:16px</p>'
    )
    sizes = "(all) => all.map((e) => parseFloat(getComputedStyle(e).fontSize))"
    for width in (375, 640):
        show(page, dressed(letter.html, Look()), "light", width)
        before = page.eval_on_selector_all("p, li, h1, h2, h3", sizes)
        show(page, dressed(letter.html, Look(large=True)), "light", width)
        assert page.eval_on_selector_all("p, li, h1, h2, h3", sizes) == [2 * size for size in before]


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: query_of(look) or "default")
def test_words_and_comments_stay_as_they_are(letter: Letter, look: Look) -> None:
    """No look changes what a mail says, nor what Outlook reads in comments."""
    assert "".join(Words(dressed(letter.html, look)).found) == "".join(Words(letter.html).found)


def test_the_usual_look_only_pins_the_light() -> None:
    """A page without a word about dark is the same but for the line that keeps it light."""
    html = (ROOT / "tests" / "fixtures" / "every-block.yaml").read_text(encoding="utf-8")
    assert dressed(html, Look()) == f'<meta name="color-scheme" content="only light">{html}'


TEXT = st.text("abc &;#fff123px:(){}'\"/*\n", max_size=30)
NAME = st.sampled_from(["p", "IMG", "td", "meta", "a", "br", "font", "link", "input"])
KEY = st.sampled_from(["style", "SRC", "media", "color", "background", "alt", "x", "content", "name"])
VALUE = st.sampled_from(
    ["font-size:9px", "background:url(x)", "(prefers-color-scheme:dark)", "#fff", "a > b", "color-scheme", ""]
)
TAG = st.builds(lambda name, key, value, sign: f"<{name} {key}={sign}{value}{sign}>", NAME, KEY, VALUE, st.sampled_from("'\""))
COMMENT = TEXT.map(lambda text: f"<!--[if mso]> {text} font-size:9px <![endif]-->")


@given(st.lists(TEXT | TAG | COMMENT, max_size=12), st.sampled_from(LOOKS))
def test_text_between_tags_is_never_changed(parts: list[str], look: Look) -> None:
    """Whatever tags stand around it, text comes out as it went in."""
    words = [part for part in parts if not part.startswith("<") or part.startswith("<!--")]
    rest = dressed("".join(parts), look)
    for part in words:
        assert part in rest
        rest = rest[rest.index(part) + len(part) :]


@settings(deadline=None)
@given(st.text(max_size=300) | st.text("<>!-/=\"' aestyl(){}:;*#&[]\n", max_size=300), st.sampled_from(LOOKS))
def test_no_page_makes_it_fail(page_text: str, look: Look) -> None:
    """Broken pages are dressed as far as they go; one without tags is only pinned."""
    done = dressed(page_text, look)
    if "<" not in page_text:
        assert done.endswith(page_text)


NO_HANG = 10  # seconds of work; what grows with the square of a page would take far longer


@pytest.mark.parametrize(
    "unit",
    [
        *["", "<", "<a ", '<a b="', "<!--", "<style>", "<p style='font:", "<style>/*", "<style>p{font:(", " =", "<style>url("],
        *["<style>(prefers-color-scheme", "<style>font-size:'", "<td background=x ", "<p style='color:&a", "</style"],
        *["<a b=c d e='f'>x"],
    ],
)
def test_no_page_makes_it_hang(letter: Letter, unit: str) -> None:
    """100 kB of anything are dressed in seconds, also what no program would write: no pattern of ours runs wild."""
    html = (unit or letter.html) * (100_000 // len(unit or letter.html))
    for look in (Look(), Look("forced", pictures=False, large=True)):
        began = time.process_time()
        dressed(html, look)
        assert time.process_time() - began < NO_HANG
