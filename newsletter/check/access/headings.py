"""Headings, along which a screen reader jumps: one that is the title, no level left out, none that is only bold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from newsletter.check.access.drawing import Drawing, Passage
from newsletter.check.evidence import Mails
from newsletter.check.finding import WARNING, Finding, warning
from newsletter.check.registry import mail_rule
from newsletter.check.sample import HTML_PART
from newsletter.check.words.shown_words import place_of_words, shortened

_BLOCKS = frozenset(["p", "div", "td", "center"])
_LONGEST, _SHORTEST_TEXT = 60, 40  # characters of what is taken for a heading, and of what must follow it
_GROWTH = 1.15  # how much larger than the text below a bold cell must be


@mail_rule("C05", "headings that a screen reader can jump along", WARNING, source="WCAG 2.2, 1.3.1 and 2.4.6")
def headings(mails: Mails) -> Iterator[Finding]:
    """Exactly one main heading (h1), first; no level left out; no bold line in the place of a heading."""
    for drawing in mails.drawings:
        yield from _levels(mails, _outline(drawing))
        for passage in _fakes(drawing):
            words = shortened(passage.words)
            harm = f'"{words}" looks like a heading but is only bold: a screen reader cannot jump to it.'
            place = place_of_words(mails, passage.words)
            fix = f"Write it as a heading: ### {words}" if place != HTML_PART else f"Make it a heading: <h2>{words}</h2>"
            yield warning(place, harm, fix)


def _outline(drawing: Drawing) -> list[tuple[int, str]]:
    """Level and words of each heading in the order of the page; the words of a picture inside are words of it."""
    words: dict[int, list[str]] = {}
    for run in (run for passage in drawing.passages for run in passage.runs):
        words.setdefault(drawing.headings[run.at], []).append(run.text)
    for at, element in enumerate(drawing.page.elements):
        if element.tag == "img" and element.attributes.get("alt", "").strip() and not drawing.style(at).hidden:
            words.setdefault(drawing.headings[at], []).append(f" {element.attributes['alt']} ")
    return [(int(drawing.element(at).tag[1]), " ".join("".join(words[at]).split())) for at in sorted(words) if at >= 0]


def _levels(mails: Mails, outline: list[tuple[int, str]]) -> Iterator[Finding]:
    if mails.unlike[0].html and 1 not in (level for level, _ in outline):
        harm = "The page has no main heading (h1): somebody who listens to it cannot jump to its beginning."
        yield warning(HTML_PART, harm, "Make the title of the mail an <h1>; the theme that comes with the tool does so.")
        return
    before, met = 0, 0
    for level, words in outline:
        met += level == 1
        if level == 1 and met > 1:
            harm = f'"{shortened(words)}" is a second main heading (h1): a listener takes it for the beginning of another letter.'
            yield warning(place_of_words(mails, words), harm, "Make it an <h2>; only the title is an <h1>.")
        elif level > before + 1:
            above = f"comes right after one of level {before}" if before else "comes before the main heading"
            harm = f'The heading "{shortened(words)}" is of level {level} and {above}: a listener thinks something was left out.'
            place = place_of_words(mails, words)
            own = f"Make it a block of its own in `body`, with `heading: {shortened(words)}`."
            yield warning(place, harm, own if place != HTML_PART else f"Make it an <h{before + 1}>.")
        before = level


def _fakes(drawing: Drawing) -> Iterator[Passage]:
    """Short bold paragraphs, or short bold cells of larger letters, that stand above a paragraph as a heading would."""
    cells = Counter(element.parent for element in drawing.page.elements if element.tag == "td")
    for passage, below in pairwise(drawing.passages):
        element, next_element = drawing.element(passage.at), drawing.element(below.at)
        if element.tag not in _BLOCKS or next_element.tag not in _BLOCKS or not _is_short_and_bold(passage):
            continue
        if drawing.headings[passage.at] >= 0 or len(below.words) < _SHORTEST_TEXT or all(run.style.bold for run in below.runs):
            continue
        if element.parent == next_element.parent:
            follows = element.tag != "td"  # cells of one row stand beside each other
        else:
            rows = drawing.element(element.parent).parent == drawing.element(next_element.parent).parent
            follows = (
                rows and element.tag == next_element.tag == "td" and cells[element.parent] == cells[next_element.parent] == 1
            )
        larger = passage.runs[0].style.size >= _GROWTH * below.runs[0].style.size
        if follows and (larger or element.tag == "p"):
            yield passage


def _is_short_and_bold(passage: Passage) -> bool:
    runs = [run for run in passage.runs if run.wordy]
    if not runs or not all(run.style.bold and run.link < 0 for run in runs):
        return False
    words = passage.words
    return 2 < len(words) <= _LONGEST and words[-1] not in ".:,;!*" and any(sign.isalpha() for sign in words)
