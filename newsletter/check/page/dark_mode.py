"""What a dark mode spoils: pictures that vanish on black, words on pictures, and colors that are changed by halves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from newsletter.check.evidence import Mails
from newsletter.check.finding import WARNING, Finding, warning
from newsletter.check.markup import Page
from newsletter.check.page.sent_pictures import pages_of, sent_pictures
from newsletter.check.registry import mail_rule
from newsletter.check.sample import HTML_PART

_MOSTLY = 0.5  # of the outline
_META = re.compile(r"<meta\b[^>]{0,200}?\bname\s*=\s*[\"']?(?:supported-)?color-schemes?\b[^>]{0,200}", re.IGNORECASE)
_CONTENT = re.compile(r"\bcontent\s*=\s*[\"']?([^\"'>]{0,80})", re.IGNORECASE)
_IN_CSS = re.compile(r"(?:^|[{;\s])(?:supported-)?color-schemes?\s*:\s*([^;}]{0,80})", re.IGNORECASE)
_QUERY = re.compile(r"prefers-color-scheme\s*:\s*dark", re.IGNORECASE)
_BEHIND = re.compile(r"background(?:-image)?\s*:[^;]{0,400}?url\(", re.IGNORECASE)
_COLOR = re.compile(r"(?<![\w-])color\s*:\s*([^;!]{1,60})", re.IGNORECASE)
_VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])
_HIDDEN = frozenset(["style", "script", "title", "head", "template"])
_DARK_SHADE = 110  # of 255, as the eye weighs red, green and blue
_DARK_NAMES = frozenset(
    [
        "black",
        "navy",
        "maroon",
        "darkblue",
        "darkgreen",
        "darkred",
        "darkslategray",
        "dimgray",
        "indigo",
        "midnightblue",
        "purple",
    ]
)


@mail_rule(
    "H15",
    "pictures and colors that survive a dark mode",
    WARNING,
    source="caniemail.com: prefers-color-scheme and color-scheme; Gmail's apps and Outlook change colors by themselves",
)
def dark_mode(mails: Mails) -> Iterator[Finding]:
    """No dark picture on a transparent ground, no dark words on a picture, no color scheme that is declared by halves."""
    for sent in sent_pictures(mails):
        if sent.kind in ("png", "gif", "webp") and sent.look and sent.look.dark_outline > _MOSTLY:
            harm = (
                f"{sent.name} is dark on a transparent ground: on phones in dark mode it is dark on black and all but vanishes."
            )
            yield warning(sent.place, harm, "Save it with a white ground or a light outline, or in a lighter color.")
    for page in pages_of(mails.unlike):
        yield from _by_halves(page)
        if words := _words_on_a_picture(page):
            harm = (
                f'"{words}" is dark writing on a picture. A dark mode makes it light and leaves the picture: nobody can read it.'
            )
            fix = "Put the words below the picture, or on a panel with a color of its own."
            yield warning(mails.place_of(words, HTML_PART), harm, fix)


def _by_halves(page: Page) -> Iterator[Finding]:
    """Dark styles that Apple Mail does not read without the meta tag, or the tag without any dark styles."""
    style = _styles(page)
    announced = [found[1].lower() for meta in _META.findall(page.html[:100_000]) if (found := _CONTENT.search(meta))]
    rooted = [value.lower() for value in _IN_CSS.findall(style)]
    dark_styles = bool(_QUERY.search(style))
    says_dark = any("dark" in value for value in announced + rooted)
    if dark_styles and not says_dark:
        harm = "The page has colors for dark mode and does not say so in its head: Apple Mail mixes them with colors of its own."
        yield warning(HTML_PART, harm, 'Add <meta name="color-scheme" content="light dark"> to the head of your template.')
    elif any("dark" in value for value in announced) and not dark_styles and not any("dark" in value for value in rooted):
        harm = "The page says that it is made for dark mode and has no colors for it: parts turn dark and parts stay light."
        yield warning(HTML_PART, harm, "Add styles for prefers-color-scheme: dark, or delete the meta tag color-scheme.")


def _styles(page: Page) -> str:
    """What stands in the style elements."""
    if "color-scheme" not in page.html:
        return ""
    return "\n".join(part.partition("</style")[0] for part in page.html.split("<style")[1:])


def _words_on_a_picture(page: Page) -> str:
    """The first dark words that stand on a picture without a color behind it; empty where there are none."""
    if not (" background=" in page.html or _BEHIND.search(page.html)):
        return ""
    reader = _OnPictures()
    reader.feed(page.html)
    return reader.words


class _OnPictures(HTMLParser):
    """Reads a page for words on a picture; runs only where a page has a picture behind something."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words = ""
        self.open: list[tuple[str, bool, bool, bool]] = []  # element, whether on a picture, whether dark, whether hidden

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element opens: what it changes holds for all inside it."""
        if tag in _VOID or self.words:
            return
        said = {name: value or "" for name, value in attrs}
        style = said.get("style", "")
        _, on_picture, dark, hidden = self.open[-1] if self.open else ("", False, True, False)
        if said.get("background") or _BEHIND.search(style):
            on_picture = True
        elif "bgcolor" in said or "background" in style:
            on_picture = False  # a panel on the picture is darkened together with its words
        written = _COLOR.search(style)
        color = written[1] if written else said.get("color", "")
        hidden = hidden or tag in _HIDDEN or "display:none" in style.replace(" ", "").lower()
        self.open.append((tag, on_picture, is_dark(color) if color else dark, hidden))

    def handle_endtag(self, tag: str) -> None:
        """An element closes, and what was left open inside it."""
        for index in range(len(self.open) - 1, -1, -1):
            if self.open[index][0] == tag:
                del self.open[index:]
                break

    def handle_data(self, data: str) -> None:
        """Words: the first that are dark and on a picture are kept."""
        if self.open and not self.words and self.open[-1][1] and self.open[-1][2] and not self.open[-1][3]:
            self.words = " ".join(data.split())[:60]


def is_dark(color: str) -> bool:
    """Whether a CSS color is dark: `#333`, `rgb(20, 20, 20)`, `navy`; what is written in another way counts as light."""
    written = color.strip().lower()
    parts: list[int] = []
    if found := re.match(r"#([0-9a-f]{6}|[0-9a-f]{3})(?:[0-9a-f]{1,2})?$", written):
        digits = found[1] if len(found[1]) == 6 else "".join(digit * 2 for digit in found[1])
        parts = [int(digits[start : start + 2], 16) for start in (0, 2, 4)]
    elif written.startswith("rgb"):
        parts = [min(255, int(number)) for number in re.findall(r"\d{1,3}", written)[:3]]
    if len(parts) < 3:
        return written in _DARK_NAMES
    return 0.299 * parts[0] + 0.587 * parts[1] + 0.114 * parts[2] < _DARK_SHADE
