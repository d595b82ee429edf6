"""How an issue reads: its words, the minutes they take, the school grade they ask for, and its hardest sentences."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from newsletter.check.statements import WORD, Statement, sentences
from newsletter.check.words.syllables import syllables
from newsletter.read.issue import Issue

# Silent reading of English non-fiction: 238 words a minute on average, slower with age (Brysbaert 2019,
# doi:10.1016/j.jml.2019.104047); rounded down for patients.
WORDS_A_MINUTE = 230
_READ = frozenset(["title", "opening", "hero", "body"])  # no names, credits, words for pictures or legal lines:
_KEYS = frozenset(["title", "opening", "heading", "text", "items", "steps", "caution", "after", "caption", "question", "label"])
_SHORTEST = 8  # words; the grade of a shorter sentence hangs on one long word


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence as patients read it, the line of the issue file it begins on, and its own grade (None: not English)."""

    text: str
    line: int
    words: int
    grade: float | None


@dataclass(frozen=True, slots=True)
class Reading:
    """How an issue reads. `grade` is a US school grade, None where there is nothing to measure or it is not English."""

    words: int
    minutes: int
    grade: float | None
    sentences: tuple[Sentence, ...]


def reading_of(issue: Issue, language: str = "en") -> Reading:
    """How what the practitioner wrote reads: title, opening, captions and blocks; no sources, names, addresses or legal lines.

    The grade is Flesch-Kincaid's (Kincaid et al. 1975, Navy Research Branch Report 8-75), made for English: for another
    `language` (a code as in practice.yaml) it is None. Headings and list items are sentences of their own.
    """
    return reading_in(sentences(issue.document, _READ, _KEYS), language)


def reading_in(statements: Iterable[Statement], language: str = "en") -> Reading:
    """The same for the statements of an issue; those that `reading_of` leaves out may be among them."""
    english = language.lower().partition("-")[0] == "en"
    found, spoken = [], 0
    for told in statements:
        if told.path[0] not in _READ or told.key not in _KEYS:
            continue
        words = WORD.findall(told.text)
        sounds = sum(map(syllables, words)) if english else 0
        spoken += sounds
        found.append(Sentence(told.text, told.line, len(words), grade_of(len(words), 1, sounds) if english else None))
    count = sum(sentence.words for sentence in found)
    grade = grade_of(count, len(found), spoken) if english and count else None
    return Reading(count, max(1, round(count / WORDS_A_MINUTE)), grade, tuple(found))


def grade_of(words: int, sentences: int, sounds: int) -> float:
    """Flesch-Kincaid's grade of a text with so many words, sentences and syllables; none of the first two may be 0."""
    return 0.39 * words / sentences + 11.8 * sounds / words - 15.59


def hardest(reading: Reading, n: int) -> tuple[Sentence, ...]:
    """At most `n` sentences of 8 words or more, the highest grade first; the longest first where there are no grades."""
    long = [sentence for sentence in reading.sentences if sentence.words >= _SHORTEST]
    return tuple(sorted(long, key=lambda sentence: (-(sentence.grade or 0), -sentence.words))[: max(0, n)])
