"""Words that a reader sees, as a finding tells of them: shortened, and with the line on which they were written."""

from __future__ import annotations

from newsletter.check.evidence import Mails
from newsletter.check.sample import HTML_PART

_LONGEST = 50


def shortened(words: str) -> str:
    """Words on one line, cut after some fifty characters."""
    words = " ".join(words.split()).replace('"', "'")
    return (
        words
        if len(words) <= _LONGEST
        else words[: words.rfind(" ", 0, _LONGEST) if " " in words[:_LONGEST] else _LONGEST] + "\u2026"
    )


def place_of_words(mails: Mails, words: str) -> str:
    """Where words of the page were written: the whole of them, or else as they begin; `HTML_PART` where not known."""
    words = " ".join(words.split())
    for length in (len(words.split()), 4, 2):
        start = " ".join(words.split()[:length])
        if len(start) > 2 and (place := mails.place_of(start, "")):
            return place
    return HTML_PART
