"""How words look, as the checks compute it: the same as in Chromium, readable for any brand, and never a crash."""

from __future__ import annotations

import io
import shutil
import time
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from check_desk import ISSUE, ROOT, Desk
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from PIL import Image
from playwright.sync_api import Page as Tab

from newsletter.check import preflight
from newsletter.check.access.drawing import Drawing, draw
from newsletter.check.evidence import Evidence, Received
from newsletter.check.finding import Finding
from newsletter.check.markup import Page
from newsletter.check.registry import RULES
from newsletter.check.sample import Sample
from newsletter.read.subscribers import Subscriber

preflight.load_rules()
FOLDERS = count()
SCHEMES = ("light", "dark")
C_RULES = sorted(rule_id for rule_id in RULES if rule_id.startswith("C"))

# Every visible text node: its words, colour, size, weight and line height, and the nearest ground with a colour.
SEEN = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.split(/\\s+/).filter((word) => word).join(" ");
    const element = walker.currentNode.parentElement;
    if (!text || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    let ground = element, color;
    do { color = getComputedStyle(ground).backgroundColor; ground = ground.parentElement; }
    while (ground && color === "rgba(0, 0, 0, 0)");
    found.push([text, style.color, color, parseFloat(style.fontSize), style.fontWeight >= 600, parseFloat(style.lineHeight)]);
  }
  return found;
}"""
PROBE = '<i id="p{0}" style="display: block; width: 8px; height: 8px; background: currentColor"></i>'
SPARE = '<i id="s{0}" style="display: block; width: 8px; height: 8px"></i>'
SHEET = """
.note { color: #884400; font-size: 18px } div.warm { background: #ffeecc !important } .note .warm { color: #004488 }
.note > b { background-color: rgb(230 240 250 / 70%); line-height: 1.3 }
#one center { color: teal !important } * { font-size: inherit }
@media screen and (max-width: 400px) { .note { color: red !important } } @media print { .warm { color: red !important } }
@media (prefers-color-scheme: dark) { .note { color: #ddeeff !important } .warm { background: #222244 !important } }
@media (prefers-color-scheme: light) { b.warm { color: #553311 } } .note:hover, [data-ogsc] .warm { color: lime !important }
"""
COLORS = st.sampled_from(
    (
        *("#333", "#c0ffee", "rgb(10, 20, 30)", "rgba(200, 30, 30, 0.5)", "hsl(210, 50%, 40%)", "hsla(10 80% 60% / 40%)"),
        *("tEal", "#1f6f7880", "inherit", "not-a-colour", "rgb(40% 50% 60%)", "#fffc", "currentcolor"),
    )
)
SIZES = st.sampled_from(("18px", "12pt", "1.5em", "80%", "larger", "small", "2rem", "x-large", "12 px"))
LINES = st.sampled_from(("1.4", "24px", "150%", "1.2em", "normal", "-1"))
LAYERS = st.lists(
    st.tuples(
        st.sampled_from(("div", "center", "span", "b", "section", "small", "table")),
        st.sampled_from(("", ' class="note"', ' class="warm"', ' class="warm note"', ' id="one"')),
        st.fixed_dictionaries(
            {},
            optional={
                "color": COLORS,
                "background-color": COLORS.filter(lambda color: color not in ("inherit", "currentcolor")),
                "background": st.sampled_from(("#eeddcc", "none", "rgba(0, 0, 0, 0.2) no-repeat")),
                "opacity": st.sampled_from(("0.5", "80%", "1", "3")),
                "font-size": SIZES,
                "line-height": LINES,
                "font-weight": st.sampled_from(("bold", "500", "600", "normal")),
                "font": st.sampled_from(("italic bold 14px/1.5 Arial", "16px serif")),
            },
        ),
    ),
    min_size=1,
    max_size=5,
)


def nested(number: int, layers: list[tuple[str, str, dict[str, str]]]) -> str:
    """One thing in another, and in the innermost a block of the colour of its words beside one of nothing."""
    inside = f'<div id="t{number}">{PROBE.format(number)}{SPARE.format(number)}</div>'
    for tag, named, styles in reversed(layers):
        # the ground of what is inline does not lie behind a block inside it
        style = "; ".join(
            f"{name}: {value}" for name, value in {**styles, **({} if tag == "table" else {"display": "block"})}.items()
        )
        ground = ' bgcolor="ddeeff"' if tag == "table" else ""
        begin, end = ("table><tr><td", "td></tr></table") if tag == "table" else (tag, tag)
        begin = (
            begin.replace("table", f'table{ground}{named} style="{style}"') if tag == "table" else f'{tag}{named} style="{style}"'
        )
        inside = f"<{begin}>{inside}</{end}>"
    return inside


def with_issue(desk: Desk, issue: str) -> Desk:
    """The desk with one of the long issues, and its pictures."""
    for picture in (ROOT / "issues" / "images").iterdir():
        shutil.copy(picture, desk.folder / "images")
    source = ROOT / ("tests/fixtures" if issue == "every-block" else "issues") / f"{issue}.yaml"
    return desk.issue(source.read_text(encoding="utf-8"))


def tab_shows(tab: Tab, html: str, scheme: str) -> None:
    """The page on a desk's screen in light or dark mode."""
    tab.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    tab.set_viewport_size({"width": 1024, "height": 800})
    tab.set_content(html)


def drawn(html: str) -> Drawing:
    """The page as the checks see it."""
    (drawing,) = draw((Page.of(html),))
    return drawing


def close(color: str, pixel: tuple[int, ...]) -> bool:
    """Whether two colours are the same but for the rounding of a few layers."""
    return all(abs(int(color[at : at + 2], 16) - channel) <= 3 for at, channel in zip((1, 3, 5), pixel, strict=False))


@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.generate],  # a smaller example would take minutes to find
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(boxes=st.lists(LAYERS, min_size=8, max_size=8), scheme=st.sampled_from(SCHEMES))
def test_nested_styles_come_out_as_in_chromium(page: Tab, boxes: list[Any], scheme: str) -> None:
    """Colours, see-through layers, sizes and weights of things within things are those that a browser paints."""
    inside = "".join(nested(number, layers) for number, layers in enumerate(boxes))
    body = f'<body style="margin: 0; background: #fff">{inside}</body>'
    html = f"<!DOCTYPE html><html><head><style>{SHEET}</style></head>{body}</html>"
    tab_shows(page, html, scheme)
    picture = Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("RGB")
    drawing = drawn(html)
    at = {element.attributes.get("id"): number for number, element in enumerate(drawing.page.elements)}
    for number, layers in enumerate(boxes):
        look = drawing.looks[at[f"t{number}"]]
        style = look.dark if scheme == "dark" else look.light
        assert style
        said = page.eval_on_selector(
            f"#t{number}", "(e) => { const s = getComputedStyle(e); return [s.fontSize, s.fontWeight, s.lineHeight]; }"
        )
        assert style.size == pytest.approx(float(said[0][:-2]), abs=0.01), layers
        assert style.bold == (int(said[1]) >= 600), layers
        assert (style.leading is None) == (said[2] == "normal"), layers
        assert said[2] == "normal" or style.line == pytest.approx(float(said[2][:-2]), abs=0.05), layers
        for seen, probe in zip(style.pair or (), ("p", "s"), strict=True):
            box = page.locator(f"#{probe}{number}").bounding_box()
            assert box
            assert close(seen, picture.getpixel((box["x"] + 4, box["y"] + 4))), f"{probe} {seen} {layers}"  # type: ignore[arg-type]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("issue", ["back-muscle-spasms", "every-block"])
def test_the_built_mail_looks_as_in_chromium(page: Tab, tmp_path: Path, issue: str, scheme: str) -> None:
    """Every visible run of words of a built mail has the colours, size and line that a browser computes."""
    content = with_issue(Desk.at(tmp_path / "practice"), issue).evidence().samples[0].html or ""
    tab_shows(page, content, scheme)
    expected = [(words, color, ground, size, bold, line) for words, color, ground, size, bold, line in page.evaluate(SEEN)]
    found = []
    for run in (run for passage in drawn(content).passages for run in passage.runs):
        style = run.look.dark if scheme == "dark" else run.look.light
        assert style
        assert style.pair
        ink, ground = (f"rgb({', '.join(str(int(color[at : at + 2], 16)) for at in (1, 3, 5))})" for color in style.pair)
        found.append((" ".join(run.text.split()), ink, ground, round(style.size, 4), style.bold, round(style.line, 4)))
    assert [seen[:5] for seen in found] == [seen[:5] for seen in expected]
    assert [seen[5] for seen in found] == pytest.approx([seen[5] for seen in expected], abs=0.05)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(brand=st.integers(0, 0xFFFFFF), accent=st.integers(0, 0xFFFFFF))
def test_any_brand_can_be_read(tmp_path: Path, brand: int, accent: int) -> None:
    """Whatever colours a practice chooses, no words of any block are pale in light or in dark mode."""
    desk = Desk.at(tmp_path / str(next(FOLDERS)))
    desk.in_practice("#1f6f78", f"#{brand:06x}").in_practice("#e07a3f", f"#{accent:06x}")
    assert found_in(with_issue(desk, "every-block").evidence(), "C08") == []


def found_in(mails: Evidence | Received, rule_id: str) -> list[Finding]:
    """What one rule finds."""
    look, received = RULES[rule_id].look, RULES[rule_id].received
    if isinstance(mails, Evidence):
        return list(look(mails)) if look else []
    return list(received(mails)) if received else []


def foreign(html: str) -> Received:
    """A mail that somebody else made."""
    head = b"From: a@clinic.example\r\nSubject: Winter hours\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n"
    sample = Sample(Subscriber("b@mail.example", 0, frozenset(), {}), "", (), head + b"\r\n" + html.encode("utf-8", "replace"))
    return Received((sample,), datetime(2026, 12, 1, tzinfo=UTC), "winter.eml")


def test_a_plain_letter_of_somebody_else_passes() -> None:
    """A simple, decent page by hand has nothing that eyes, ears or fingers would miss."""
    html = """<!DOCTYPE html><html lang="en" dir="ltr"><head><title>Winter hours</title></head><body>
    <div lang="en" dir="ltr" style="font-size: 16px; line-height: 1.5"><h1>Winter hours</h1>
    <p>We open at eight each day, and close at noon on December 24. Please <a href="https://clinic.example/book">book a visit</a>
    in time, or call us.</p><h2>Parking</h2><p>Use the lot behind the house while Mill Lane is closed for the new pipes.</p>
    <p style="font-size: 13px"><a href="https://clinic.example/unsubscribe?c=1">Unsubscribe</a> from our letters with one click.
    </p></div></body></html>"""
    assert {rule_id: found for rule_id in C_RULES if (found := found_in(foreign(html), rule_id))} == {}


def test_a_poor_letter_of_somebody_else_is_told_all() -> None:
    """The usual mistakes of mail builders are found without any file behind the mail."""
    html = """<html><head><title>Untitled</title></head><body bgcolor="#ffffff"><table><tr><td style="font: 11px/12px Arial">
    <font color="#cccccc">Hello and welcome to our winter letter, which has a great many words on its one and only line.</font>
    <a href="https://clinic.example/a">Click here</a><br><a href="https://clinic.example/b"><img src="https://clinic.example/b.png"
    alt="" width="18" height="18"></a> or see <a href="https://clinic.example/c" style="text-decoration: none">our prices</a>
    </td></tr></table><!--[if mso]><v:rect href="https://clinic.example"></v:rect><![endif]--></body></html>"""
    assert [rule_id for rule_id in C_RULES if found_in(foreign(html), rule_id)] == C_RULES


def test_findings_about_headings_name_their_line(tmp_path: Path) -> None:
    """A heading that leaves out a level is found on the line on which it was typed."""
    desk = Desk.at(tmp_path / "practice").issue(ISSUE.replace("  None of us", "  ### Why breaks help\n\n  None of us"))
    assert [finding.place for finding in found_in(desk.evidence(), "C05")] == ["issues/small-breaks.yaml:8"]


PIECES = st.sampled_from(
    (
        *("<table bgcolor=", "<td background='x' style='font:", "<p style='color:rgb(", "<a href='", "<img alt=' ' width=9e9>"),
        *(
            "</td>",
            "</table>",
            "'>",
            '"',
            "<h1>",
            "<h6 style='opacity:.3'>",
            "<style>",
            "a>b c{color:",
            "@media (",
            "{{",
            "}",
            "</style>",
        ),
        *(
            "words and more words ",
            "click here",
            "&#0;",
            "\u0000",
            "<b>",
            "<v:textbox>",
            "<!--[if mso]>",
            "-->",
            "line-height:-3px;",
        ),
        *(
            "font-size:99999999999999999em;",
            "hsl(1e999 1% 1%)",
            "url(",
            "var(--x)",
            "*" * 50,
            "<body>",
            "<br>",
            "<font size=9 color=x>",
        ),
    )
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(PIECES, st.text(max_size=8)), max_size=40))
def test_no_page_is_too_broken(pieces: list[str]) -> None:
    """Whatever stands in the page, every rule ends with findings or without."""
    look_at_all("".join(pieces))


def look_at_all(html: str) -> None:
    """Every rule looks at the same mail."""
    mails = foreign(html)
    for rule_id in C_RULES:
        found_in(mails, rule_id)


@pytest.mark.parametrize(
    "html",
    [
        "<div class=a>" * 3000 + "words",
        "<style>" + ".a .a .a > .a .b { color: red }" * 400 + "</style>" + "<p class=a>" * 300 + "words",
        "<p><b>Short words</b></p><p>longer words that could be a paragraph of their own</p>" * 3000,
        "<a href=x><img alt='' src=y>" * 3000,
        "<p style='" + "background:a-" * 9000 + "'>words",
    ],
    ids=["deep", "rules", "fakes", "pictures", "value"],
)
def test_no_page_is_too_large(html: str) -> None:
    """A page that nobody would send takes a moment, not minutes."""
    begun = time.monotonic()
    look_at_all(html)
    assert time.monotonic() - begun < 20
