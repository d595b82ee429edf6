"""What eyes need: letters of a good size, and lines with air between them."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.check.access.drawing import Drawing, Passage, Run
from newsletter.check.evidence import Mails
from newsletter.check.finding import WARNING, Finding, warning
from newsletter.check.registry import mail_rule
from newsletter.check.sample import Sample
from newsletter.check.words.shown_words import place_of_words, shortened

_TEXT, _SMALL_PRINT = 14, 12  # px, the least for letters
_AIR, _HEADING_AIR = 1.4, 1.2  # the least height of a line, in sizes of its letters
_EXACT = 0.005
_A_PARAGRAPH, _TWO_LINES, _TWO_LINES_OF_HEADING = 60, 80, 40  # characters
_FOOT = ("foot", "legal", "disclaim", "caption", "credit", "fine-print", "fineprint", "small", "copyright")  # in class and id
_SMALL_TAGS = frozenset(["footer", "small", "figcaption"])
_OPT_OUT = ("unsub", "opt-out", "optout", "list-manage", "abmeld", "desab")  # in the address of a link
_FOOT_SHARE = 0.4  # of all words; what holds more of them is no footer


@mail_rule("C09", "letters and lines that are easy to read", WARNING, source="WCAG 2.2, 1.4.8 and 1.4.12; quality")
def sizes(mails: Mails) -> Iterator[Finding]:
    """Paragraphs have at least 14 px, small print 12; lines are at least 1.4 times as high as their letters, headings 1.2."""
    told: set[str] = set()
    for sample, drawing in zip(mails.unlike, mails.drawings, strict=True):
        small, tight = list(_small(drawing, sample)), list(_tight(drawing))
        if small and "size" not in told:
            told.add("size")
            run, least = min(small, key=lambda found: found[0].style.size)
            others = len(small) - 1
            more = f" ({others} more {'passage' if others == 1 else 'passages'} too)" if others else ""
            harm = f'"{shortened(run.text)}" has letters of {run.style.size:.3g} px{more}: without glasses many cannot read them.'
            fix = f"Set font-size to {least} px or more in the template; 16 px is good for text."
            yield warning(place_of_words(mails, run.text), harm, fix)
        if tight and "air" not in told:
            told.add("air")
            passage, air = min(tight, key=lambda found: found[1])
            harm = (
                f'The lines of "{shortened(passage.words)}" are only {air:.2f} times as high as the letters: eyes lose the line.'
            )
            yield warning(place_of_words(mails, passage.words), harm, "Set line-height to 1.5 in the template.")


def _small(drawing: Drawing, sample: Sample) -> Iterator[tuple[Run, int]]:
    """The first words of every passage whose letters are too small, and what they should have at least."""
    foot: int | None = None
    for passage in drawing.passages:
        runs = [run for run in passage.runs if run.style.size < _TEXT - _EXACT and run.wordy and not _raised(drawing, run)]
        if not runs:
            continue
        run = min(runs, key=lambda run: run.style.size)
        if run.style.size < _SMALL_PRINT - _EXACT:
            yield run, _SMALL_PRINT
        elif len(passage.words) >= _A_PARAGRAPH:
            foot = _foot(drawing, sample) if foot is None else foot
            if not _is_small_print(drawing, passage.at, foot):
                yield run, _TEXT


def _raised(drawing: Drawing, run: Run) -> bool:
    """Whether words are set small because they stand above or below the line."""
    return any(drawing.element(at).tag in ("sup", "sub") for at in (run.at, drawing.element(run.at).parent) if at >= 0)


def _foot(drawing: Drawing, sample: Sample) -> int:
    """The place of the largest element around the way out that is not most of the mail; -1 where there is none."""
    elements = drawing.page.elements
    ways_out = (
        at
        for at, element in enumerate(elements)
        if drawing.links[at] == at
        and (element.attributes["href"] in sample.opt_out or any(sign in element.attributes["href"].lower() for sign in _OPT_OUT))
    )
    foot = next(ways_out, -1)
    if foot < 0:
        return -1
    words = [0] * len(elements)
    for passage in drawing.passages:
        words[passage.at] += len(passage.words)
    for at in range(len(elements) - 1, 0, -1):
        if elements[at].parent >= 0:
            words[elements[at].parent] += words[at]
    while elements[foot].parent >= 0 and words[elements[foot].parent] <= _FOOT_SHARE * max(words):
        foot = elements[foot].parent
    return foot


def _is_small_print(drawing: Drawing, at: int, foot: int) -> bool:
    while at >= 0:
        element = drawing.element(at)
        said = f"{element.attributes.get('class', '')} {element.attributes.get('id', '')}"
        if at == foot or element.tag in _SMALL_TAGS or any(sign in said.lower() for sign in _FOOT):
            return True
        at = element.parent
    return False


def _tight(drawing: Drawing) -> Iterator[tuple[Passage, float]]:
    """Passages of more than one line whose lines are too low, and how low."""
    for passage in drawing.passages:
        heading = drawing.headings[passage.at] >= 0
        if len(passage.words) < (_TWO_LINES_OF_HEADING if heading else _TWO_LINES) or all(run.link >= 0 for run in passage.runs):
            continue
        block = drawing.style(passage.at)
        if any(run.style.leading is None for run in passage.runs):
            continue  # each mail program has its own
        air = min(max(run.style.line, block.line) / run.style.size for run in passage.runs)
        if air < (_HEADING_AIR if heading else _AIR) - _EXACT:
            yield passage, air
