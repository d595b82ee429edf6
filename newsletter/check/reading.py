"""How an issue reads: its words, the minutes they take, the school grade they ask for, and its hardest sentences."""

from __future__ import annotations

import html
import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from newsletter.check.syllables import syllables
from newsletter.compose import markdown
from newsletter.read import merge
from newsletter.read.issue import Issue
from newsletter.read.yaml_file import Document, Node, innermost_key

# Silent reading of English non-fiction: 238 words a minute on average, slower with age (Brysbaert 2019,
# doi:10.1016/j.jml.2019.104047); rounded down for patients.
WORDS_A_MINUTE = 230
_MARKED = frozenset(["opening", "text", "items", "steps", "caution", "after"])  # read as Markdown
_PLAIN = frozenset(["title", "heading", "caption", "question", "label"])  # as they stand; no names, credits or legal lines
_STANDS_IN = "you"  # for a merge field without a fallback: a common word of one syllable

_BETWEEN_BLOCKS = re.compile(r"</?(?:p|li|ul|ol|h[1-6]|blockquote|pre|hr)\b[^>]*>|<br ?/?>")
_TAG = re.compile(r"<[^>]*>")
# Websites, mail addresses and telephone numbers: nobody reads them word by word.
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|(?<!\S)[^\s@]+@[^\s@]+|\+?\(?\b\d{3}\)?[ .\-]\d{3}[ .\-]\d{4}\b")
WORD = re.compile(r"[^\W_]+(?:['\u2019.,\-\u2010\u2011](?=[^\W_])[^\W_]+)*")
_END = re.compile(r"[.!?\u2026]+[\"'\u201d\u2019)\]]*\s+(?=\S)")
_BLANKS = re.compile(r"\s+")
_LAST_WORD = re.compile(r"(\S*\s+)?(\S+)\s*\Z")
_NEVER_ENDS = frozenset(
    ["dr", "mr", "mrs", "ms", "prof", "st", "jr", "sr", "no", "vs", "cf", "e.g", "i.e", "eg", "ie", "al", "fig", "dept"]
)
_SELDOM_ENDS = frozenset(
    ["etc", "a.m", "p.m", "am", "pm", "u.s", "u.k", "d.c", "m.d", "ph.d", "approx", "min", "max", "sec", "hr", "hrs", "lb", "lbs"]
)
_LETTERED = frozenset(["vitamin", "vitamins", "type", "hepatitis", "group", "plan", "grade", "part", "step"])  # vitamin D.
_SHORTEST = 8  # words; the grade of a shorter sentence hangs on one long word
_AHEAD = 300  # words of the file that are looked through for the beginning of a sentence


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
    english = language.lower().partition("-")[0] == "en"
    sentences, spoken = [], 0
    for text, line in _sentences(issue.document):
        words = WORD.findall(text)
        sounds = sum(map(syllables, words)) if english else 0
        spoken += sounds
        sentences.append(Sentence(text, line, len(words), grade_of(len(words), 1, sounds) if english else None))
    count = sum(sentence.words for sentence in sentences)
    grade = grade_of(count, len(sentences), spoken) if english and count else None
    return Reading(count, max(1, round(count / WORDS_A_MINUTE)), grade, tuple(sentences))


def grade_of(words: int, sentences: int, sounds: int) -> float:
    """Flesch-Kincaid's grade of a text with so many words, sentences and syllables; none of the first two may be 0."""
    return 0.39 * words / sentences + 11.8 * sounds / words - 15.59


def hardest(reading: Reading, n: int) -> tuple[Sentence, ...]:
    """At most `n` sentences of 8 words or more, the highest grade first; the longest first where there are no grades."""
    long = [sentence for sentence in reading.sentences if sentence.words >= _SHORTEST]
    return tuple(sorted(long, key=lambda sentence: (-(sentence.grade or 0), -sentence.words))[: max(0, n)])


def paragraphs(text: str) -> list[str]:
    """A Markdown text's paragraphs, list items and headings as patients see their words; addresses of links are left out."""
    try:
        page = markdown.to_html(text)
    except markdown.BadLink:  # a mail cannot be made of it, but it can be read
        return [" ".join(part.split()) for part in text.split("\n\n")]
    parts = (html.unescape(_TAG.sub("", part)) for part in _BETWEEN_BLOCKS.split(str(page)))
    return [words for part in parts if (words := " ".join(part.split()))]


def split_sentences(paragraph: str) -> Iterator[str]:
    """The sentences of one paragraph; `Dr. Reyes`, `e.g. ice` and `3.5` end none."""
    start = 0
    for end in _END.finditer(paragraph):
        if not _goes_on(paragraph[max(start, end.start() - 60) : end.start()], paragraph[end.end()]):
            yield paragraph[start : end.end()].strip()
            start = end.end()
    if rest := paragraph[start:].strip():
        yield rest


def _goes_on(before: str, after: str) -> bool:
    """Whether the full stop behind `before` belongs to an abbreviation or an initial."""
    found = _LAST_WORD.search(before)
    if not found:
        return False
    previous, word = found.group(1) or "", found.group(2).lstrip("(\"'\u201c")
    if word.lower() in _NEVER_ENDS:
        return word.lower() != "no" or after.isdigit()
    if word.lower() in _SELDOM_ENDS:
        return not after.isupper()
    return len(word) == 1 and word.isupper() and word != "I" and previous.strip().lower() not in _LETTERED


def _sentences(document: Document) -> Iterator[tuple[str, int]]:
    """Every sentence that holds a word, and its line."""
    for path, node in document.root.strings():
        key = innermost_key(path)
        if path[0] not in ("title", "opening", "hero", "body") or key not in _MARKED | _PLAIN:
            continue
        value = _filled(str(node.value))
        lines = _Lines(document, node)
        for paragraph in paragraphs(value) if key in _MARKED else [" ".join(value.split())]:
            for sentence in split_sentences(_BLANKS.sub(" ", _ADDRESS.sub(_without_address, paragraph))):
                if words := WORD.findall(sentence):
                    yield sentence, lines.of(words)


def _without_address(found: re.Match[str]) -> str:
    """Nothing but the sign behind an address that ends its sentence."""
    return found.group()[-1] if found.group()[-1] in ".!?" else ""


def _filled(text: str) -> str:
    """The text with a fallback or a common word in place of each merge field."""
    if "{{" not in text:
        return text
    pieces = merge.split(text)
    return "".join(p if isinstance(p, str) else _STANDS_IN if p.fallback is None else p.fallback for p in pieces)


class _Lines:
    """Finds the line on which a sentence begins; asked in the order of the text."""

    def __init__(self, document: Document, node: Node) -> None:
        self.found: list[tuple[str, int]] = []
        self.places: dict[str, list[int]] = {}
        self.next = 0
        self.first = node.line
        for number in range(node.line, min(node.last, len(document.lines)) + 1):
            line = document.lines[number - 1][node.column - 1 if number == node.line else 0 :]
            for word in WORD.findall(line):
                self.places.setdefault(word, []).append(len(self.found))
                self.found.append((word, number))

    def of(self, words: list[str]) -> int:
        """The line of the next place where these words begin; where the file has others, about where they must be."""
        places = self.places.get(words[0], [])
        best, longest = self.next, 0
        for place in places[bisect_left(places, self.next) :][:_AHEAD]:
            if place - self.next > _AHEAD:
                break
            same = sum(word == found for word, (found, _) in zip(words[:4], self.found[place : place + 4], strict=False))
            if same > longest:
                best, longest = place, same
        line = self.found[min(best, len(self.found) - 1)][1] if self.found else self.first
        self.next = best + len(words)
        return line
