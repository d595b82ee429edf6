"""What readers are told, sentence by sentence, each with the file and line it stands on or the part of the mail it is in."""

from __future__ import annotations

import html
import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from newsletter.check.sample import HTML_PART, SUBJECT, Sample
from newsletter.compose import markdown
from newsletter.read import merge
from newsletter.read.issue import Issue
from newsletter.read.practice import Practice
from newsletter.read.yaml_file import Document, Node, innermost_key

Path = tuple[str | int, ...]
MARKED = frozenset(["opening", "text", "items", "steps", "caution", "after", "legal", "bio"])  # read as Markdown
PLAIN = frozenset(["title", "subject", "preheader", "heading", "caption", "alt", "question", "label", "name"])  # as they stand
_OF_THE_ISSUE = frozenset(["title", "subject", "preheader", "hero", "author", "opening", "body"])
_OF_THE_PRACTICE = frozenset(["practitioner", "sender"])
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
    ["dr", "mr", "mrs", "ms", "prof", "st", "jr", "sr", "vs", "cf", "e.g", "i.e", "eg", "ie", "al", "fig", "dept"]
)
_BEFORE_NUMBERS = frozenset(["no", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec"])
_SELDOM_ENDS = frozenset(
    ["etc", "a.m", "p.m", "am", "pm", "u.s", "u.k", "d.c", "m.d", "ph.d", "approx", "min", "max", "sec", "hr", "hrs", "lb", "lbs"]
)
_LETTERED = frozenset(["vitamin", "vitamins", "type", "hepatitis", "group", "plan", "grade", "part", "step"])  # vitamin D.
_AHEAD = 300  # words of the file that are looked through for the beginning of a sentence


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence as readers see it, merge fields filled; `place` is `issues/x.yaml:41`, `line` its line (0: no file).

    `path` leads to its text in the issue's or the practice's file: `("body", 2, "items", 0)`, `("subject",)`,
    `("practitioner", "bio")`; in a mail alone it is `("subject",)` or `("page",)`. Headings, captions and list items are
    statements of their own.
    """

    text: str
    place: str
    line: int
    path: Path

    @property
    def key(self) -> str:
        """The innermost key of the path: `subject`, `items`, `legal`."""
        return innermost_key(self.path)


def statements_of(issue: Issue, practice: Practice) -> Iterator[Statement]:
    """What the issue says, subject and words for pictures included, then what the practice says of itself in every mail."""
    yield from sentences(issue.document, _OF_THE_ISSUE, MARKED | PLAIN)
    yield from sentences(practice.document, _OF_THE_PRACTICE, MARKED | PLAIN)


def statements_in_mail(sample: Sample) -> tuple[Statement, ...]:
    """What a finished mail says: its subject, and every sentence of its page or, where it has none, of its text part."""
    page = sample.page.paragraphs if sample.html else (sample.text or "").split("\n\n")
    found = [Statement(sample.subject, SUBJECT, 0, ("subject",))]
    for paragraph in page:
        found += [Statement(text, HTML_PART, 0, ("page",)) for text in split_sentences(" ".join(paragraph.split()))]
    return tuple(found)


def sentences(document: Document, tops: frozenset[str], keys: frozenset[str]) -> Iterator[Statement]:
    """Every sentence that holds a word below the top keys `tops`, where the innermost key is one of `keys`."""
    for path, node in document.root.strings():
        key = innermost_key(path)
        if path[0] not in tops or key not in keys:
            continue
        value = _filled(str(node.value))
        lines = _Lines(document, node)
        for paragraph in paragraphs(value) if key in MARKED else [" ".join(value.split())]:
            for sentence in split_sentences(_BLANKS.sub(" ", _ADDRESS.sub(_without_address, paragraph))):
                if words := WORD.findall(sentence):
                    line = lines.of(words)
                    yield Statement(sentence, f"{document.path}:{line}", line, path)


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
        return True
    if word.lower() in _BEFORE_NUMBERS:
        return after.isdigit()
    if word.lower() in _SELDOM_ENDS:
        return not after.isupper()
    return len(word) == 1 and word.isupper() and word != "I" and previous.strip().lower() not in _LETTERED


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
