"""The words of the line in an inbox: how many, and which look like spam (data/spam.*.yaml, a practice's rules/spam.yaml)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from newsletter.check import facts
from newsletter.check.evidence import Evidence, Mails
from newsletter.read import merge

_TYPICAL = 6  # letters of a first name
_WORD = re.compile(r"[^\W_]+")
_APOSTROPHES = str.maketrans("", "", "'\u2019\u02bc")


@dataclass(frozen=True, slots=True)
class SpamWords:
    """Phrases that do the same harm, what to do `instead`, and where they do it: `subject`, `preheader`, `sender`.

    A phrase in capitals is meant only where it is written so. Beside a word of `unless` the phrases are honest.
    """

    phrases: tuple[str, ...]
    harm: str
    instead: str
    source: str
    as_of: str
    unless: tuple[str, ...] = ()
    places: tuple[str, ...] = ("subject", "preheader")


@lru_cache(maxsize=1024)  # the same phrases are sought in every subject
def words_in(text: str) -> str:
    """The words of a text with a blank around each: `" act now "`; "don't" is one word."""
    return f" {' '.join(_WORD.findall(text.translate(_APOSTROPHES)))} "


def spam_in(text: str, place: str, mails: Mails) -> Iterator[tuple[str, SpamWords]]:
    """Every phrase of spam that stands in a subject, preheader or sender's name, a phrase within a longer one left out."""
    told = words_in(text)
    lower = told.lower()
    found: list[tuple[str, SpamWords]] = []
    for entry in known(mails):
        if place not in entry.places:
            continue
        met = [phrase for phrase in entry.phrases if words_in(phrase) in (told if phrase.isupper() else lower)]
        if met and not any(words_in(word).lower() in lower for word in entry.unless):
            found += [(phrase, entry) for phrase in met]
    for phrase, entry in found:
        if not any(phrase != other and words_in(phrase).lower() in words_in(other).lower() for other, _ in found):
            yield phrase, entry


def known(mails: Mails) -> tuple[SpamWords, ...]:
    """The phrases for the language of the mail; none where nobody has written them down."""
    folder = mails.practice.folder if isinstance(mails, Evidence) else None
    return facts.entries(SpamWords, "spam", folder, mails.language)


def listed(place: str) -> Iterator[str]:
    """A line for each kind of phrase that counts in one place, for `check --explain`."""
    for entry in (entry for entry in facts.entries(SpamWords, "spam", None, "en") if place in entry.places):
        yield f"{', '.join(entry.phrases)}: {entry.harm} ({entry.source}; {entry.as_of})"


def typical_length(text: str) -> int:
    """The letters of a subject or preheader with a name of usual length in each merge field."""
    return sum(len(piece) if isinstance(piece, str) else max(_TYPICAL, len(piece.fallback or "")) for piece in merge.split(text))
