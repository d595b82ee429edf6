"""The text of a page of HTML as a person reads it: blocks on lines of their own, quoted blocks behind `>`."""

from __future__ import annotations

import html
import re

_LONGEST = 200_000  # letters; what people write is shorter, and style sheets stand in front of it
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:]*+)[^<>]*+>|<[!?][^<>]*+>")
_UNSEEN = frozenset(["head", "style", "script", "title", "template"])
_APART = frozenset(["p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "blockquote", "hr"])  # with a blank line
_BLOCKS = _APART | frozenset(
    [
        "address",
        "article",
        "body",
        "br",
        "center",
        "div",
        "dl",
        "dt",
        "footer",
        "form",
        "header",
        "html",
        "li",
        "pre",
        "section",
        "tr",
    ]
)


def page_text(page: str) -> str:
    """Any letters can be read, in time proportional to their number."""
    paper = _Paper()
    at = 0
    unseen = ""
    page = page[:_LONGEST]
    for tag in _TAG.finditer(page):
        if not unseen:
            paper.write(page[at : tag.start()])
        at = tag.end()
        closing, name = bool(tag.group(1)), (tag.group(2) or "").lower()
        if unseen:
            over = (closing and name == unseen) or (name == "body" and unseen in ("head", "title"))
            unseen = "" if over else unseen
        elif name in _UNSEEN and not closing:
            unseen = name
        else:
            paper.set(name, closing)
    if not unseen:
        paper.write(page[at:])
    return paper.text()


class _Paper:
    """Lines that are written one after the other."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._words: list[str] = []
        self._quoted = 0

    def write(self, words: str) -> None:
        self._words.append(words)

    def set(self, name: str, closing: bool) -> None:
        if name in _BLOCKS:
            self._end_line(name in _APART)
        elif name in ("td", "th"):
            self._words.append(" ")
        if name == "blockquote":
            self._quoted = max(0, self._quoted + (-1 if closing else 1))

    def text(self) -> str:
        self._end_line()
        return "\n".join(self._lines)

    def _end_line(self, apart: bool = False) -> None:
        line = " ".join(html.unescape("".join(self._words)).split())
        self._words.clear()
        if line:
            self._lines.append(f"> {line}" if self._quoted else line)
        if apart and self._lines and self._lines[-1]:
            self._lines.append("")
