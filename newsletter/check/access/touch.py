"""What fingers need: linked pictures, buttons and links below each other with room to touch."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.check.access.drawing import Drawing, Passage, Run
from newsletter.check.evidence import Mails
from newsletter.check.finding import ADVICE, WARNING, Finding, advice, warning
from newsletter.check.registry import mail_rule
from newsletter.check.sample import HTML_PART
from newsletter.check.words.shown_words import place_of_words, shortened

_TOUCH, _GOOD_TOUCH = 24, 44  # px
_EXACT = 0.005
_TRACKED = 2  # px; smaller pictures are not there to be seen


@mail_rule("C10", "links with room to touch", WARNING, ADVICE, source="WCAG 2.2, 2.5.8 (24 px) and 2.5.5 (44 px)")
def touch(mails: Mails) -> Iterator[Finding]:
    """Linked pictures, buttons and links below each other are at least 24 px high; a button is better with 44."""
    told: set[str] = set()
    for drawing in mails.drawings:
        for at, wide, high in _small_pictures(drawing):
            element = drawing.element(at)
            name = shortened(element.attributes.get("alt", "") or element.attributes.get("src", ""))
            harm = f'The linked picture "{name}" is {wide:g} by {high:g} px: shaky or large fingers miss it.'
            yield warning(
                HTML_PART, harm, f"Make it at least {_TOUCH} px each way, or give the link padding; {_GOOD_TOUCH} is good."
            )
        if stacked := list(_stacked(drawing)):
            what = f'The link "{shortened(stacked[0].text)}" stands'
            if len(stacked) > 1:
                what = f'{len(stacked)} links, the first of them "{shortened(stacked[0].text)}", stand'
            harm = f"{what} right below another one: a finger that aims for one opens the other."
            fix = f"Give the links more room: {_TOUCH} px from line to line, or padding; {_GOOD_TOUCH} is good."
            yield warning(place_of_words(mails, stacked[0].text), harm, fix)
        buttons = list(_low_buttons(drawing))
        for limit, level in ((_TOUCH, warning), (_GOOD_TOUCH, advice)):
            low = [(run, high) for run, high in buttons if high < limit]
            if low and not told:
                told.add(level.__name__)
                harm = f'The button "{shortened(low[0][0].text)}" is {low[0][1]:g} px high: shaky or large fingers miss it.'
                yield level(
                    place_of_words(mails, low[0][0].text), harm, f"Give its link more padding, for {_GOOD_TOUCH} px in all."
                )


def _small_pictures(drawing: Drawing) -> Iterator[tuple[int, float, float]]:
    """Linked pictures that are too small with the padding of their link, and their size."""
    for at, element in enumerate(drawing.page.elements):
        link = drawing.links[at]
        if element.tag != "img" or link < 0 or drawing.style(at).hidden:
            continue
        around, own = drawing.style(link), drawing.style(at)
        wide, high = (
            own.width or _number(element.attributes.get("width")),
            own.height or _number(element.attributes.get("height")),
        )
        if not wide or not high or max(wide, high) <= _TRACKED or link in drawing.wordy_links:
            continue
        top, right, bottom, left = around.padding
        wide, high = max(wide + left + right, around.width or 0), max(high + top + bottom, around.height or 0)
        if min(wide, high) < _TOUCH - _EXACT:
            yield at, wide, high


def _number(value: str | None) -> float:
    return float(value) if value and value.isdecimal() else 0.0


def _stacked(drawing: Drawing) -> Iterator[Run]:
    """Links that stand by themselves right below another, less than 24 px from it; links within sentences may be smaller."""
    before: tuple[Passage, Run] | None = None
    for passage in drawing.passages:
        runs = [run for run in passage.runs if run.wordy]
        if not runs or any(run.link < 0 for run in runs):
            before = None if runs else before
            continue
        for run in runs:
            if before and before[1].link != run.link and _distance(drawing, *before, passage, run) < _TOUCH - _EXACT:
                yield run
            before = passage, run


def _distance(drawing: Drawing, above: Passage, upper: Run, passage: Passage, run: Run) -> float:
    """From line to line, in CSS pixels; very far for links that do not stand below each other."""
    far = 1000.0
    block, other, link = drawing.style(passage.at), drawing.style(above.at), drawing.style(run.link)
    line = max(run.style.line, block.line)
    if link.boxed or not link.inline:
        line += link.padding[0] + link.padding[2]
    if above.at == passage.at:
        broken = any(element.tag == "br" for element in drawing.page.elements[upper.at + 1 : run.at])
        return line if broken else far
    siblings = drawing.element(passage.at).parent == drawing.element(above.at).parent
    if not siblings or block.boxed or block.inline or drawing.element(passage.at).tag in ("td", "th"):
        return far
    return line + other.padding[2] + block.padding[0] + max(other.margins[1], block.margins[0])


def _low_buttons(drawing: Drawing) -> Iterator[tuple[Run, float]]:
    """Links that are boxes with padding, and their height where it is less than 44 px."""
    for passage in drawing.passages:
        run = next((run for run in passage.runs if run.wordy and run.link >= 0), None)
        link = drawing.style(run.link) if run else None
        if (
            not run
            or not link
            or not (link.boxed or not link.inline)
            or not (link.padding[0] or link.padding[2] or any(link.lines))
        ):
            continue
        high = max(run.style.line + link.padding[0] + link.padding[2] + sum(link.lines), link.height or 0)
        if high < _GOOD_TOUCH - _EXACT:
            yield run, round(high, 1)
