"""Merge fields on their way through templates, MJML and CSS: opaque words that nothing on that way can change or read.

A slot's word is plain ASCII letters and digits, because MJML's attribute writer mangles anything else. Where a word
stands in the finished HTML or text decides how a value is written there, and a value is put in last.
"""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import quote

from newsletter.read import merge

UNSUBSCRIBE = "unsubscribe_url"


@dataclass(frozen=True, slots=True)
class Slot:
    """An open place: a merge field with its fallback, or (`whole_link`) an address that we make ourselves."""

    name: str
    fallback: str = ""
    whole_link: bool = False

    def spoken(self) -> str:
        """The merge field as it is written in an issue."""
        return f'{{{{ {self.name} or "{self.fallback}" }}}}' if self.fallback else f"{{{{ {self.name} }}}}"

    def text(self, value: str) -> str:
        """What stands in the slot: the value on one line, or the fallback where it is empty."""
        return one_line(value) or self.fallback


@dataclass(slots=True)
class SlotBook:
    """The slots of one rendering; `word` is what begins each of their words and can stand nowhere in the source."""

    word: str
    slots: list[Slot] = field(default_factory=list)

    @classmethod
    def avoiding(cls, source: str) -> SlotBook:
        """A book whose words cannot be met in `source` or in what is made of it, by chance or by intent: they hold its hash."""
        return cls(f"Zslot{hashlib.sha256(source.encode('utf-8', 'replace')).hexdigest()[:16]}n")

    def open(self, text: str) -> str:
        """`text` with each merge field replaced by its word."""
        if "{{" not in text:
            return text
        return "".join(
            part if isinstance(part, str) else self.name(Slot(part.name, one_line(part.fallback or "")))
            for part in merge.split(text)
        )

    def name(self, slot: Slot) -> str:
        """The word of a slot."""
        if slot not in self.slots:
            self.slots.append(slot)
        return f"{self.word}{self.slots.index(slot)}Z"

    @property
    def pattern(self) -> re.Pattern[str]:
        """Finds the words; group 1 is the slot's number."""
        return re.compile(rf"{self.word}(\d+)Z")

    def spoken(self, text: str) -> str:
        """`text` with each word as a merge field again, for messages and fingerprints."""
        return self.pattern.sub(lambda found: self.slots[int(found.group(1))].spoken(), text)

    def split(self, text: str) -> Iterator[str | Slot]:
        """Plain pieces and slots, in order."""
        pieces = self.pattern.split(text)
        for index, piece in enumerate(pieces):
            yield self.slots[int(piece)] if index % 2 else piece


Writer = Callable[[str], str]
_LINK_SO_FAR = re.compile(r"(?:https?://|mailto:|tel:)[^\s<>\"]*\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Opening:
    """A slot at one place of the HTML or text, with the way a value is written there."""

    slot: Slot
    write: Writer

    def filled(self, values: Mapping[str, str]) -> str:
        """What stands here for one subscriber."""
        return self.write(self.slot.text(values.get(self.slot.name, "")))


def openings(page: str, book: SlotBook) -> list[str | Opening]:
    """Finished HTML as plain pieces and openings; every opening knows whether it stands in text, an attribute or a link."""
    pieces: list[str | Opening] = []
    end = 0
    context = _Context(page)
    for found in book.pattern.finditer(page):
        slot = book.slots[int(found.group(1))]
        pieces.append(page[end : found.start()])
        in_link = context.attribute_at(found.start()) in ("href", "src", "action", "background")
        pieces.append(Opening(slot, write_link if in_link and not slot.whole_link else write_html))
        end = found.end()
    return [*pieces, page[end:]]


def text_openings(line: str, book: SlotBook) -> list[str | Opening]:
    """A line of the text part as plain pieces and openings; inside an address a value is written for a link."""
    pieces: list[str | Opening] = []
    before = ""
    for piece in book.split(line):
        if isinstance(piece, str):
            pieces.append(piece)
            before += piece
        else:
            in_link = _LINK_SO_FAR.search(before) is not None
            pieces.append(Opening(piece, write_link if in_link and not piece.whole_link else str))
            before += "x"
    return pieces


@lru_cache(maxsize=1024)  # many people have the same first name
def one_line(value: str) -> str:
    """A value without line breaks, control characters or doubled space; NFC."""
    if value.isascii() and value.isprintable() and "  " not in value:
        return value.strip()
    kept = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in unicodedata.normalize("NFC", value))
    return " ".join(kept.encode("utf-8", "replace").decode("utf-8").split())


@lru_cache(maxsize=1024)
def write_html(value: str) -> str:
    """For HTML text and quoted attributes alike; ASCII, with references for the rest."""
    return html.escape(value, quote=True).encode("ascii", "xmlcharrefreplace").decode("ascii")


def write_link(value: str) -> str:
    """For a part of a link: percent-encoded UTF-8 (RFC 3986 section 2.1), so that it can never begin a new part."""
    return quote(value, safe="")


class _Context:
    """Walks finished HTML forward once and tells in which attribute, if any, a place lies."""

    _TAG = re.compile(r"<!--.*?-->|<[a-zA-Z/][^\s>]*", re.DOTALL)
    _ATTRIBUTE = re.compile(r"""\s*(?:([^\s=>/"'<]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+)))?|(/?>)|(.))""", re.DOTALL)

    def __init__(self, page: str) -> None:
        self.spans: list[tuple[int, int, str]] = []
        at = 0
        while found := self._TAG.search(page, at):
            at = found.end()
            if found.group(0).startswith("<!--"):
                self._walk(page, found.start() + 4, found.end())  # Outlook reads what stands in conditional comments
            else:
                at = self._attributes(page, at)

    def _walk(self, page: str, start: int, end: int) -> None:
        at = start
        while (found := re.compile(r"<[a-zA-Z/][^\s>]*").search(page, at, end)) is not None:
            at = self._attributes(page, found.end())

    def _attributes(self, page: str, at: int) -> int:
        while found := self._ATTRIBUTE.match(page, at):
            at = found.end()
            if found.group(5):
                break
            if found.group(1):
                self.spans.append((found.start(1), found.end(), found.group(1).lower()))
        return at

    def attribute_at(self, place: int) -> str:
        """The name of the attribute that `place` lies in, or nothing for text."""
        return next((name for start, end, name in self.spans if start <= place < end), "")
