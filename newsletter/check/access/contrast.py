"""Words that can be told from what they stand on, in light mode and in dark mode."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.check.access.computed import Style
from newsletter.check.access.drawing import Run
from newsletter.check.evidence import Evidence, Mails
from newsletter.check.finding import ERROR, WARNING, Finding, error, warning
from newsletter.check.registry import mail_rule
from newsletter.check.words.shown_words import place_of_words, shortened
from newsletter.compose.colors import READABLE, contrast, until_readable

_LARGE, _LARGE_BOLD = 24, 18.66  # px (18 and 14 points), from which 3 to 1 is enough
_LARGE_READABLE = 3
_LEAST = 3  # below that most readers have trouble


@mail_rule("C08", "words that stand out from their ground", ERROR, WARNING, source="WCAG 2.2, 1.4.3")
def contrasts(mails: Mails) -> Iterator[Finding]:
    """4.5 to 1, or 3 to 1 for large letters, by light and by dark style rules; words on pictures and gradients are not judged."""
    judged: set[int] = set()
    told: set[tuple[str, str, bool]] = set()
    for drawing in mails.drawings:
        for run in (run for passage in drawing.passages for run in passage.runs):
            if id(run.look) in judged or not run.wordy:
                continue
            judged.add(id(run.look))
            for style, dark in ((run.look.light, False), (run.look.dark, True)):
                pair = style.pair if style and not style.hidden else None
                if not style or not pair or contrast(*pair) >= _needed(style):
                    continue
                if (*pair, dark) not in told:
                    told.add((*pair, dark))
                    yield _finding(mails, run, style, pair, dark=dark)
                break  # what cannot be read in light mode is told once


def _needed(style: Style) -> float:
    large = style.size >= _LARGE or (style.bold and style.size >= _LARGE_BOLD)
    return _LARGE_READABLE if large else READABLE


def _finding(mails: Mails, run: Run, style: Style, pair: tuple[str, str], *, dark: bool) -> Finding:
    (ink, ground), needed = pair, _needed(style)
    ratio = int(contrast(ink, ground) * 10) / 10
    when = "In dark mode " if dark else ""
    who = "hardly anybody can read it" if ratio < _LEAST else "readers with weaker eyes cannot read it"
    harm = f'{when}"{shortened(run.text)}" is {ink} on {ground}, a contrast of {ratio} to 1 where {needed:g} is needed: {who}.'
    better = _nearest(ink, ground, needed)
    place = _brand_place(mails, pair) or place_of_words(mails, run.text)
    found = error if contrast(ink, ground) < _LEAST else warning
    return found(place, harm, f"Give these words the colour {better}, which is enough on {ground}.")


def _nearest(ink: str, ground: str, needed: float) -> str:
    """The shade of a colour that is nearest to it and can be read on a ground."""
    tried = [until_readable(ink, (ground,), toward, needed) for toward in ("#000000", "#ffffff")]
    enough = [color for color in tried if contrast(color, ground) >= needed]
    return min(enough or tried, key=lambda color: contrast(color, ink))


def _brand_place(mails: Mails, pair: tuple[str, str]) -> str:
    """Where the practice chose one of the two colours; empty where it did not."""
    if not isinstance(mails, Evidence):
        return ""
    brand = mails.practice.text.brand
    keys = {brand.color.lower(): "color", brand.accent.lower(): "accent"}
    return next((mails.key_place("brand", keys[color]) for color in pair if color in keys), "")
