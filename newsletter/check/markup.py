"""A mail's HTML as the rules look at it: links, pictures, style rules, and the words that a reader sees."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from html.parser import HTMLParser
from itertools import accumulate

_VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])
_ENDS_ITSELF = frozenset(  # HTML standard, optional tags
    [
        *("body", "colgroup", "dd", "dt", "head", "html", "li", "optgroup", "option", "p", "rp", "rt"),
        *("tbody", "td", "tfoot", "th", "thead", "tr"),
    ]
)
_BEGUN = re.compile(r"<[A-Za-z/!?]")
_INLINE = frozenset(["a", "abbr", "b", "code", "em", "font", "i", "img", "small", "span", "strong", "sub", "sup", "u"])
_SILENT = frozenset(["head", "title", "style", "script", "template"])
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|opacity\s*:\s*0(?:\.0+)?\s*(?:;|!|$)"
    r"|max-height\s*:\s*0(?:px)?\s*(?:;|!|$)",
    re.IGNORECASE,
)
_NO_SIZE = re.compile(r"font-size\s*:\s*0(?:px|pt|em|%)?\s*(?:;|!|$)", re.IGNORECASE)
_URL = re.compile(r"url\(\s*[\"']?([^\"')]+)", re.IGNORECASE)
_PICTURE_ATTRIBUTES = {("img", "src"), ("body", "background"), ("table", "background"), ("td", "background")}
_WORDY_ATTRIBUTES = ("href", "src", "alt", "title", "aria-label")


@dataclass(slots=True)
class Link:
    """An `<a href>`: where it leads, its words, whether a reader sees them, and its offset in characters."""

    href: str
    offset: int
    hidden: bool
    text: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """An `<img>`: its attributes and its offset in characters."""

    attributes: dict[str, str]
    offset: int


@dataclass(slots=True)
class Element:
    """A start tag: its attributes (names in lower case), its offset in characters, and its parent's place in `Page.elements`.

    `parent` is -1 where it has none. `text` are the runs of text directly inside, each with its offset: words, or the style
    sheet of a `<style>`. `hidden` elements are not shown by any program that obeys the page.
    """

    tag: str
    attributes: dict[str, str]
    offset: int
    parent: int
    hidden: bool
    text: list[tuple[str, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Slip:
    """A tag that does not fit the others, and its offset in characters.

    `what`: `open` (never closed), `crossed` (closed while `other` inside is open), `stray` (closes nothing), `twice` (has
    the attribute `other` twice), or `quote` (a quotation mark is missing before `other`).
    """

    what: str
    tag: str
    offset: int
    other: str = ""


@dataclass(slots=True)
class Page:
    """What stands in an HTML document; comments, also those that only Outlook reads, are left out."""

    html: str
    links: list[Link] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    picture_sources: list[str] = field(default_factory=list)
    style: int = 0  # bytes of all <style>
    style_in_body: bool = False
    words: list[str] = field(default_factory=list)  # runs of text and wordy attributes, hidden ones too
    visible: str = ""  # all that a reader sees, blanks joined
    paragraphs: list[str] = field(default_factory=list)  # the same, parted where a block begins or ends
    places: list[tuple[int, int]] = field(default_factory=list)  # where in `visible` each run begins, and its offset
    elements: list[Element] = field(default_factory=list)  # in the order of their start tags
    doctype: str = ""  # `html`, or what stands there instead
    comments: list[tuple[str, int]] = field(default_factory=list)  # the inside of each, and its offset
    slips: list[Slip] = field(default_factory=list)

    @classmethod
    def of(cls, html: str) -> Page:
        """Reads a document; broken markup is read as far as it goes."""
        reader = _Reader(cls(html))
        reader.feed(html[: _end(html)])
        reader.close()
        return reader.finish()

    def byte_of(self, offset: int) -> int:
        """An offset in characters as an offset in UTF-8 bytes."""
        return offset if self.html.isascii() else len(self.html[:offset].encode())

    def offset_of(self, text: str) -> int:
        """Where the run of visible words begins in which `text` is first seen, in characters; -1 where it is not."""
        at = self.visible.lower().find(" ".join(text.lower().split()))
        return self.places[bisect_right(self.places, (at, len(self.html))) - 1][1] if at >= 0 else -1


@lru_cache(maxsize=4096)
def _hides(style: str) -> bool:
    """Whether an inline style makes its element invisible; the same few styles come again and again."""
    return bool(style and _HIDING.search(style))


def _end(html: str) -> int:
    """Where a browser stops to read: at a comment, or else a tag, that is begun and never ended."""
    comment = html.find("<!--", html.rfind("-->") + 1)
    if comment >= 0:
        return comment
    begun = _BEGUN.search(html, html.rfind(">") + 1)
    return begun.start() if begun else len(html)


class _Reader(HTMLParser):
    """Fills a Page while it walks; keeps a stack of open elements to know what is hidden."""

    def __init__(self, page: Page) -> None:
        super().__init__(convert_charrefs=True)
        self.page = page
        self.open: list[tuple[str, bool, int]] = []  # tag, whether hidden, place in `Page.elements`
        self.depth: Counter[str] = Counter()  # how many of a tag are open
        self.link: Link | None = None
        self.run: list[str] = []  # words since the last tag that parts words
        self.seen: list[str] = []  # the visible ones of them
        self.runs: list[str] = []  # visible words
        self.length = 0
        self.line_starts = [0, *accumulate(len(line) for line in page.html.split("\n"))]
        self.line_starts = [start + number for number, start in enumerate(self.line_starts)]

    def finish(self) -> Page:
        """The page, filled."""
        for tag, _, index in self.open:
            if tag not in _ENDS_ITSELF:
                self.page.slips.append(Slip("open", tag, self.page.elements[index].offset))
        self._part_words("html")
        self.page.visible = "".join(self.runs)
        return self.page

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element opens."""
        self._part_words(tag)
        page, offset = self.page, self._offset()
        values = {name: value or "" for name, value in attrs}
        if len(values) < len(attrs):
            values = self._first_of_each(tag, attrs)
        style = values.get("style", "")
        hidden = self._hidden or tag in _SILENT or "hidden" in values or _hides(style)
        if tag == "a" and "href" in values:
            self.link = Link(values["href"], offset, hidden or bool(_NO_SIZE.search(style)))
            page.links.append(self.link)
        elif tag == "img":
            page.pictures.append(Picture(values, offset))
        page.picture_sources += [value for name, value in values.items() if (tag, name) in _PICTURE_ATTRIBUTES]
        page.picture_sources += [part.split()[0] for part in values.get("srcset", "").split(",") if part.strip()]
        page.picture_sources += _URL.findall(style) if "url(" in style.lower() else []
        page.words += [values[name] for name in _WORDY_ATTRIBUTES if values.get(name)]
        if tag == "style" and self.depth["body"]:
            page.style_in_body = True
        page.elements.append(Element(tag, values, offset, self.open[-1][2] if self.open else -1, hidden))
        if tag not in _VOID:
            self.open.append((tag, hidden, len(page.elements) - 1))
            self.depth[tag] += 1

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        """An element closes."""
        self._part_words(tag)
        if tag == "a":
            self.link = None
        if not self.depth[tag]:
            if tag not in _VOID and tag != "p":  # a stray </p> is an empty paragraph
                self.page.slips.append(Slip("stray", tag, self._offset()))
            return
        while self.open:
            inside, _, index = self.open.pop()
            self.depth[inside] -= 1
            if inside == tag:
                break
            if inside not in _ENDS_ITSELF:  # whatever was left open inside ends here as well
                self.page.slips.append(Slip("crossed", inside, self.page.elements[index].offset, tag))

    def handle_data(self, data: str) -> None:
        """Words, or the inside of a style element."""
        page = self.page
        if self.open and not data.isspace():
            page.elements[self.open[-1][2]].text.append((data, self._offset()))
        if self.open and self.open[-1][0] == "style":
            page.style += len(data.encode())
            page.picture_sources += [url for url in _URL.findall(data) if not url.startswith("#")]
            return
        self.run.append(data)
        words = " ".join(data.split())
        if not words:
            self._see(" ")
            self.seen.append(" ")
        if self._hidden or not words:
            return
        if self.link is not None:
            self.link.text += data
        self.seen.append(data)
        page.places.append((self.length, self._offset()))
        self._see((" " if data[0].isspace() else "") + words + (" " if data[-1].isspace() else ""))

    def handle_decl(self, decl: str) -> None:
        """`<!DOCTYPE html>`."""
        if decl[:7].lower() == "doctype":
            self.page.doctype = self.page.doctype or " ".join(decl[7:].split()) or "html"

    def handle_comment(self, data: str) -> None:
        """A comment; `[if mso]` and its kind are instructions for Outlook."""
        self.page.comments.append((data, self._offset()))

    def parse_html_declaration(self, i: int) -> int:
        """`<![if mso]>` and other marked sections are comments up to the next `>` (HTML standard, bogus comment)."""
        return self.parse_bogus_comment(i) if self.rawdata.startswith("<![", i) else super().parse_html_declaration(i)

    def _first_of_each(self, tag: str, attrs: list[tuple[str, str | None]]) -> dict[str, str]:
        """The attributes as a browser keeps them: of two with one name the first."""
        values: dict[str, str] = {}
        for name, value in attrs:
            if name in values:
                self.page.slips.append(Slip("twice", tag, self._offset(), name))
            values.setdefault(name, value or "")
        return values

    def _part_words(self, tag: str) -> None:
        """A tag that begins or ends a paragraph parts the words on its two sides; `<b>` and its kind do not."""
        if tag not in _INLINE:
            if words := " ".join("".join(self.run).split()):
                self.page.words.append(words)
            if words := " ".join("".join(self.seen).split()):
                self.page.paragraphs.append(words)
            self.run.clear()
            self.seen.clear()
            self._see(" ")

    def _see(self, words: str) -> None:
        if words[0] == " " and (not self.runs or self.runs[-1].endswith(" ")):
            words = words[1:]
        if words:
            self.runs.append(words)
            self.length += len(words)

    @property
    def _hidden(self) -> bool:
        return bool(self.open and self.open[-1][1])

    def _offset(self) -> int:
        line, column = self.getpos()
        return self.line_starts[line - 1] + column
