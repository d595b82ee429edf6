"""The theme as patients see it: a real browser opens the sample issues and one that has every block."""

from __future__ import annotations

import base64
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from browser import node_module
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Page

from newsletter.compose.colors import READABLE, contrast, palette
from newsletter.compose.mail import Mail
from newsletter.compose.render import RenderedIssue
from newsletter.read.issue import read_issue
from newsletter.read.practice import read_practice

ROOT = Path(__file__).parents[1]
ISSUES = ("back-muscle-spasms", "every-block")
PRACTICES = ("example", "yellow", "bare")
SCHEMES = ("light", "dark")
WIDTHS = (320, 375, 600)

# Rules of axe-core for web pages that a mail does not have to meet: mail clients show it inside a page with landmarks of its own.
NOT_FOR_MAIL = ("region", "landmark-one-main")

SMALL_PRINT = ".caption, .month, .sources, .legal, .license, .foot, .tile-month, .by, .name"

# Every visible text: its size, line height, colour, and the nearest ground that is not transparent.
READ_TEXTS = """(smallPrint) => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim(), element = walker.currentNode.parentElement;
    if (!text || !element.checkVisibility() || ["STYLE", "TITLE"].includes(element.tagName)) continue;
    const style = getComputedStyle(element);
    let ground = element, color;
    do { color = getComputedStyle(ground).backgroundColor; ground = ground.parentElement; }
    while (ground && color === "rgba(0, 0, 0, 0)");
    found.push({
      text, color: style.color, ground: color === "rgba(0, 0, 0, 0)" ? "rgb(255, 255, 255)" : color,
      size: parseFloat(style.fontSize), weight: parseInt(style.fontWeight),
      leading: parseFloat(style.lineHeight) / parseFloat(style.fontSize),
      small: !!element.closest(smallPrint), prose: !!element.closest("p, li") && !element.closest(".masthead"),
    });
  }
  return found;
}"""


@dataclass(frozen=True)
class Seen:
    """A rendered issue, and its HTML with the pictures put in so that a browser shows them."""

    rendered: RenderedIssue
    html: str

    @property
    def without_styles(self) -> str:
        """As a client shows it that throws style sheets away."""
        return re.sub(r"<style.*?</style>", "", self.html, flags=re.DOTALL)

    @property
    def without_pictures(self) -> str:
        """As a client shows it that loads no pictures."""
        return re.sub(r' src="data:[^"]*"', "", self.html)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Seen]:
    """Renders an issue for a practice, once."""
    done: dict[tuple[str, str], Seen] = {}

    def look(issue: str, practice: str = "example") -> Seen:
        if (issue, practice) not in done:
            folder = _folder(tmp_path_factory.mktemp(practice), practice)
            mail = Mail.of(
                read_practice(folder),
                read_issue(folder / "issues" / f"{issue}.yaml", folder, frozenset(["first_name", "last_name", "email"])),
            )
            rendered = mail.rendered(None)
            page = rendered.html
            for picture in rendered.pictures:
                data = base64.b64encode(picture.content).decode("ascii")
                page = page.replace(f"cid:{picture.content_id}", f"data:image/{picture.subtype};base64,{data}")
            done[issue, practice] = Seen(rendered, page)
        return done[issue, practice]

    return look


def _folder(folder: Path, practice: str) -> Path:
    """A practice like the example, one with a bright yellow brand, or one that says only what it must."""
    shutil.copytree(ROOT / "issues", folder / "issues", ignore=shutil.ignore_patterns("images"))
    shutil.copytree(ROOT / "issues" / "images", folder / "images")
    shutil.copy(ROOT / "tests" / "fixtures" / "every-block.yaml", folder / "issues")
    said = (ROOT / "practice.example.yaml").read_text(encoding="utf-8")
    if practice == "yellow":
        said = said.replace("#1f6f78", "#ffd400")
    if practice == "bare":
        said = re.sub(r"^  (photo|booking_url|hours|social|license):.*\n", "", said, flags=re.MULTILINE)
        said = re.sub(r"  bio: \|\n(    .*\n|\n)+", "", said).replace(", logo: images/logo.png", "")
    (folder / "practice.yaml").write_text(said, encoding="utf-8")
    return folder


def _show(page: Page, html: str, width: int, scheme: str = "light") -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 800})
    page.set_content(html)


def _hex(color: str) -> str:
    channels = re.fullmatch(r"rgb\((\d+), (\d+), (\d+)\)", color)
    assert channels, f"{color} is not a plain colour"
    return "#" + "".join(f"{int(channel):02x}" for channel in channels.groups())


def _too_faint(texts: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """Texts under 4.5:1, or 3:1 where they are large (WCAG 2.2, 1.4.3)."""
    return [
        (text["text"][:40], text["color"], text["ground"])
        for text in texts
        if contrast(_hex(text["color"]), _hex(text["ground"]))
        < (3 if text["size"] >= 24 or (text["size"] >= 18.66 and text["weight"] >= 700) else READABLE)
    ]


@pytest.mark.parametrize("issue", ISSUES)
@pytest.mark.parametrize("practice", PRACTICES)
def test_no_width_makes_a_reader_scroll_sideways(page: Page, seen: Callable[..., Seen], issue: str, practice: str) -> None:
    """Nothing is wider than the screen, with style sheets and without them."""
    mail = seen(issue, practice)
    for html in (mail.html, mail.without_styles):
        for width in WIDTHS:
            _show(page, html, width)
            assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("issue", ISSUES)
def test_twice_the_text_size_fits_a_phone(page: Page, seen: Callable[..., Seen], issue: str) -> None:
    """A reader who doubles the size of all text loses nothing (WCAG 2.2, 1.4.4)."""
    _show(page, seen(issue).html, 375)
    page.evaluate("""() => {
      const sizes = [...document.querySelectorAll("body *")].map((e) => [e, parseFloat(getComputedStyle(e).fontSize)]);
      for (const [e, size] of sizes) e.style.setProperty("font-size", 2 * size + "px", "important");
    }""")
    assert page.evaluate("document.documentElement.scrollWidth") <= 375


@pytest.mark.parametrize("issue", ISSUES)
@pytest.mark.parametrize("practice", PRACTICES)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_text_stands_out_from_its_ground(
    page: Page, seen: Callable[..., Seen], issue: str, practice: str, scheme: str
) -> None:
    """Contrast is at least 4.5:1 in light and in dark mode, whatever the brand colour is."""
    _show(page, seen(issue, practice).html, 600, scheme)
    texts = page.evaluate(READ_TEXTS, SMALL_PRINT)
    assert len(texts) > 100
    assert _too_faint(texts) == []


@pytest.mark.parametrize("issue", ISSUES)
@pytest.mark.parametrize("styles", ["with", "without"])
def test_text_is_large_enough(page: Page, seen: Callable[..., Seen], issue: str, styles: str) -> None:
    """Text has at least 16 px and a line height of 1.5; small print at least 15 px, for readers without glasses at hand."""
    mail = seen(issue)
    _show(page, mail.html if styles == "with" else mail.without_styles, 375)
    texts = page.evaluate(READ_TEXTS, SMALL_PRINT)
    assert [text["text"] for text in texts if text["size"] < (15 if text["small"] else 16)] == []
    assert [text["text"] for text in texts if text["prose"] and text["leading"] < 1.49] == []


@pytest.mark.parametrize("issue", ISSUES)
def test_pictures_have_words_and_keep_their_place(page: Page, seen: Callable[..., Seen], issue: str) -> None:
    """Every picture has alt, width and height; not loaded, the large ones stay readable boxes of the same shape."""
    mail = seen(issue)
    for tag in re.findall(r"<img[^>]*>", mail.rendered.html):
        assert re.search(r' alt="[^"]*"', tag)
        assert re.search(r' width="\d+" height="\d+"', tag)
    _show(page, mail.without_pictures, 375)
    boxes = page.eval_on_selector_all(
        ".picture",
        """(found) => found.map((e) => ({
          text: e.alt, size: parseFloat(getComputedStyle(e).fontSize), weight: 400,
          color: getComputedStyle(e).color, ground: getComputedStyle(e).backgroundColor,
          shape: e.clientWidth / e.clientHeight / (e.getAttribute("width") / e.getAttribute("height")),
        }))""",
    )
    assert boxes
    assert _too_faint(boxes) == []
    assert all(box["text"] and box["size"] >= 16 and abs(box["shape"] - 1) < 0.02 for box in boxes)


def test_headings_are_one_h1_and_no_level_is_skipped(page: Page, seen: Callable[..., Seen]) -> None:
    """Somebody who jumps from heading to heading finds the title, then the blocks, then what is inside them."""
    for issue in ISSUES:
        _show(page, seen(issue).html, 600)
        levels = page.eval_on_selector_all("h1,h2,h3,h4,h5,h6", "(found) => found.map((e) => Number(e.tagName[1]))")
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("issue", ISSUES)
def test_tables_are_only_layout(seen: Callable[..., Seen], issue: str) -> None:
    """Every table, Outlook's too, tells screen readers that it holds no data."""
    tables = re.findall(r"<table[^>]*>", seen(issue).rendered.html)
    assert tables
    assert all('role="presentation"' in table for table in tables)


@pytest.mark.parametrize("issue", ISSUES)
def test_language_and_title_are_said(seen: Callable[..., Seen], issue: str) -> None:
    """`lang` and `dir` stand on html and on the body's only child, because clients drop the html tag."""
    html = seen(issue).rendered.html
    assert re.search(r'<html lang="en" dir="ltr"', html)
    assert re.search(r'<body[^>]*><div[^>]* lang="en" dir="ltr">', html)
    assert re.search(r"<title>[^<]+</title>", html)


def test_the_sample_is_far_from_where_gmail_cuts(seen: Callable[..., Seen]) -> None:
    """The sample issue is smaller than 60,000 bytes, its style sheets than 12,000; Gmail cuts near 102,000."""
    html = seen("back-muscle-spasms").rendered.html
    assert html.isascii()
    assert len(html) < 60_000
    assert sum(len(style) for style in re.findall(r"<style.*?</style>", html, flags=re.DOTALL)) < 12_000


@pytest.mark.parametrize("issue", ISSUES)
def test_nothing_is_loaded_from_anywhere(page: Page, seen: Callable[..., Seen], issue: str) -> None:
    """Opening the mail tells nobody that it was opened."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    _show(page, seen(issue).html, 600)
    page.wait_for_load_state("networkidle")
    assert [url for url in asked if not url.startswith(("data:", "cid:", "about:"))] == []
    html = seen(issue).rendered.html
    assert re.findall(r"<(?:script|link|iframe|form|object|video)\b|@import|@font-face|url\(|srcset=|\bbackground=", html) == []
    assert all(source.startswith("cid:") for source in re.findall(r'\bsrc="([^"]*)"', html))


@pytest.mark.parametrize("issue", ISSUES)
@pytest.mark.parametrize("styles", ["with", "without"])
def test_buttons_are_made_for_thumbs(page: Page, seen: Callable[..., Seen], issue: str, styles: str) -> None:
    """Every button is at least 44 px high all over its link, and so are the links of the footer."""
    mail = seen(issue)
    _show(page, mail.html if styles == "with" else mail.without_styles, 375)
    heights = page.eval_on_selector_all(
        ".cta a, .answer a, .button-cell a, a.touch",
        "(found) => found.map((e) => [e.textContent, e.getBoundingClientRect().height])",
    )
    assert len(heights) >= 9
    assert [text for text, height in heights if height < 44] == []
    assert "<v:" not in mail.rendered.html


@pytest.mark.parametrize("issue", ISSUES)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing(page: Page, seen: Callable[..., Seen], issue: str, scheme: str) -> None:
    """No rule of axe-core is broken, but for those that only pages must keep."""
    script = node_module("axe-core/axe.min.js")
    _show(page, seen(issue).html, 600, scheme)
    page.add_script_tag(path=str(script))
    rules = {rule: {"enabled": False} for rule in NOT_FOR_MAIL}
    broken = page.evaluate("(rules) => axe.run(document, {rules}).then((done) => done.violations)", rules)
    assert [(rule["id"], rule["nodes"][0]["html"][:200]) for rule in broken] == []


def test_the_text_part_is_as_good_a_letter(seen: Callable[..., Seen]) -> None:
    """The plain text has the picture's words and credit, numbered sources, and all of the footer, in lines of 78 columns."""
    text = seen("back-muscle-spasms").rendered.text
    for wanted in (
        "What Causes Back Muscle Spasms?\n===============================\n",
        "[Picture: A person seen from behind, with the long muscles beside the spine\ndrawn in",
        "low back highlighted.]\nLong muscles run beside your spine.",
        "Illustration: Riverbend Chiropractic (https://riverbend.example/pictures)",
        "- A fall, crash or blow just before it began\n",
        "-> I'd like to keep my weight: https://riverbend.example/goals/keep\n",
        "-> Book a visit: https://riverbend.example/book\n",
        " 1. Back Spasms. Cleveland Clinic\n    https://my.clevelandclinic.org/health/diseases/22881-back-spasms\n",
        "12 Mill Lane\nProvo, UT 84601\nPhone: (801) 555-0142\n",
        "Mon-Thu 8:00-18:00\nFri 8:00-13:00\n",
        "\nUnsubscribe: ",
    ):
        assert wanted in text
    assert [line for line in text.splitlines() if len(line) > 78 and "https://" not in line] == []
    assert "<" not in text


COLORS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@given(brand=COLORS, accent=COLORS)
def test_any_brand_gives_readable_colours(brand: str, accent: str) -> None:
    """Whatever colours a practice chooses, each pair of text and ground the theme uses reaches 4.5:1."""
    colors = palette(brand, accent)
    light, dark = ("card", "page", "panel", "alert_panel"), ("dark_card", "dark_page", "dark_panel", "dark_alert_panel")
    pairs = [(text, ground) for text in ("ink", "muted", "link") for ground in light]
    pairs += [(text, ground) for text in ("dark_ink", "dark_muted", "dark_link") for ground in dark]
    pairs += [("on_fill", "fill"), ("dark_on_fill", "dark_fill"), ("alert", "alert_panel"), ("dark_alert", "dark_alert_panel")]
    faint = [pair for pair in pairs if contrast(getattr(colors, pair[0]), getattr(colors, pair[1])) < READABLE]
    assert faint == []
