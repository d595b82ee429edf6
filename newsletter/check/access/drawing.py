"""A page as a reader meets it: one passage of words after the other, each word with its look and its link."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from newsletter.check.access.computed import Style
from newsletter.check.access.looks import Look, looks_of
from newsletter.check.markup import Element, Page

_HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6"])


class Run(NamedTuple):
    """Words that look alike and stand in one element; `at` is its place in `Page.elements`, `link` that of its `<a>`, or -1."""

    text: str
    at: int
    look: Look
    link: int

    @property
    def style(self) -> Style:
        """The look in light mode."""
        return self.look.light

    @property
    def wordy(self) -> bool:
        """Whether a letter or digit is among them: bars and bullets between words are none."""
        return any(sign.isalnum() for sign in self.text)


@dataclass(frozen=True, slots=True)
class Passage:
    """The visible words of a paragraph, heading, list item or table cell; `at` is its element's place in `Page.elements`."""

    at: int
    runs: list[Run] = field(default_factory=list)

    @property
    def words(self) -> str:
        """All of its words, blanks joined."""
        return " ".join("".join(run.text for run in self.runs).split())


@dataclass(frozen=True)
class Drawing:
    """A page and the look of each of its elements, in their order."""

    page: Page
    looks: list[Look]

    def style(self, at: int) -> Style:
        """How the element at a place of `Page.elements` looks in light mode."""
        return self.looks[at].light

    def element(self, at: int) -> Element:
        """The element at a place of `Page.elements`."""
        return self.page.elements[at]

    @cached_property
    def links(self) -> list[int]:
        """For each element the place of the `<a href>` that it is or stands in, or -1."""
        found: list[int] = []
        for at, element in enumerate(self.page.elements):
            is_link = element.tag == "a" and "href" in element.attributes
            found.append(at if is_link else found[element.parent] if element.parent >= 0 else -1)
        return found

    @cached_property
    def headings(self) -> list[int]:
        """For each element the place of the heading (`<h1>` to `<h6>`) that it is or stands in, or -1."""
        found: list[int] = []
        for at, element in enumerate(self.page.elements):
            found.append(at if element.tag in _HEADINGS else found[element.parent] if element.parent >= 0 else -1)
        return found

    @cached_property
    def wordy_links(self) -> frozenset[int]:
        """The places of the links in which text stands, and not pictures only."""
        return frozenset(link for link, element in zip(self.links, self.page.elements, strict=True) if element.text)

    @cached_property
    def blocks(self) -> list[int]:
        """For each element the place of the nearest one, itself included, that is not inline."""
        found: list[int] = []
        for at, element in enumerate(self.page.elements):
            inside = self.looks[at].light.inline and element.parent >= 0
            found.append(found[element.parent] if inside else at)
        return found

    @cached_property
    def passages(self) -> list[Passage]:
        """The passages in the order in which they begin; a box inside a line (`inline-block`) is one of its own."""
        elements, looks, links, blocks = self.page.elements, self.looks, self.links, self.blocks
        runs = [
            (offset, at, text)
            for at, element in enumerate(elements)
            if element.text and not looks[at].light.hidden and element.tag not in ("style", "title", "script")
            for text, offset in element.text
        ]
        runs.sort()
        found: list[Passage] = []
        for _, at, text in runs:
            if not found or found[-1].at != blocks[at]:
                found.append(Passage(blocks[at]))
            found[-1].runs.append(Run(text, at, looks[at], links[at]))
        return found


def draw(pages: tuple[Page, ...]) -> tuple[Drawing, ...]:
    """How each page looks."""
    return tuple(Drawing(page, looks) for page, looks in zip(pages, looks_of(pages), strict=True))
