"""Words and sentences that every patient can read: the school grade, long sentences, words of the clinic, and the length."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from newsletter.check import facts
from newsletter.check.evidence import Evidence
from newsletter.check.finding import ADVICE, WARNING, Finding, advice, warning
from newsletter.check.registry import details, rule
from newsletter.check.statements import MARKED, Statement
from newsletter.check.words.phrase_book import Met, PhraseBook
from newsletter.check.words.reading import Reading, Sentence, hardest, reading_in

_HARD, _TOO_HARD = 8, 10  # school grades: what the average US adult reads, and what half of them cannot
_FEWEST_WORDS = 100  # Flesch's formula was made for samples of 100 words; below 30 one word decides
_TOO_FEW_WORDS = 30
_MARGIN = 2  # grades that a sample of less than 100 words may be off
_LONG = 25  # words of a sentence
_LENGTHY = 600  # words of a mail: under three minutes
_NAMED = 5
_QUOTED = 60
_GRADE_FROM = "NIH and AMA: 6th to 8th grade for patients; NH Ch 406.04: language that a lay person understands"
_BEFORE = re.compile(  # "... (", "called ", "the word ", ", or "
    r"(?:\b(?:called|known as|termed|named|the (?:word|term|name)|short for|[,)] or)\s+(?:an? |the )?|\()[\"'\u201c\u2018*]*$"
)
_AFTER = re.compile(  # " (", ": ", ", or ", ", which means ", " is a "
    r"[\"'\u201d\u2019*]*(?:\s+(?:syndrome|joints?|pain))?\s*(?:[(\u2013\u2014:]|-\s|,?\s+(?:or|also|that is|i\.e\.|meaning"
    r"|which (?:is|are|means?)|means?|refers? to|(?:is|are) (?:an?|when|another))\b)"
)
_STOP = frozenset(
    ["about", "beside", "between", "down", "from", "into", "kind", "other", "than", "that", "their", "with", "your"]
)


@dataclass(frozen=True, slots=True)
class Jargon:
    """A word of the clinic in all its forms, and what a patient would say; from data/jargon.en.yaml."""

    word: tuple[str, ...]
    plain: str
    source: str = ""
    as_of: str = ""


@rule("K13", "words that every patient can read", WARNING, ADVICE, source=_GRADE_FROM)
def readable(evidence: Evidence) -> Iterator[Finding]:
    """Grade 8 or lower, sentences of 25 words or fewer, plain words for those of the clinic, 600 words or fewer."""
    reading = reading_in(evidence.statements, evidence.language)
    place = evidence.issue.document.path
    listed: tuple[Sentence, ...] = ()
    if reading.grade is not None and (grade := _sure_grade(reading)) > _HARD:
        listed = hardest(reading, _NAMED)
        yield _grade(grade, listed, place)
    if reading.grade is not None:
        yield from _long_sentences(reading, listed, place)
    yield from _jargon(evidence)
    if reading.words > _LENGTHY:
        harm = f"The letter has {reading.words:,} words, {reading.minutes} minutes to read. Not every reader reaches the end."
        fix = "Put the most useful part first; you may save some of it for another issue."
        yield advice(evidence.issue_place("title"), harm, fix, "reading speed: Brysbaert 2019, doi:10.1016/j.jml.2019.104047")


def _sure_grade(reading: Reading) -> float:
    """The grade that the text has at least: a short one may be off by two grades, a very short one says nothing."""
    assert reading.grade is not None
    if reading.words < _TOO_FEW_WORDS:
        return 0
    return reading.grade - (_MARGIN if reading.words < _FEWEST_WORDS else 0)


def _grade(grade: float, listed: tuple[Sentence, ...], place: str) -> Finding:
    where = f" The hardest sentences: {_named(listed)}." if listed else ""
    harm = f"The letter reads at school grade {grade:.0f}; the average adult in the US reads at grade 8.{where}"
    tell = warning if grade > _TOO_HARD else advice
    at = f"{place}:{listed[0].line}" if listed else place
    return tell(at, harm, "Make two sentences of one, and use shorter words; begin with the sentences named.")


def _long_sentences(reading: Reading, listed: tuple[Sentence, ...], place: str) -> Iterator[Finding]:
    """One finding for all sentences that are too long and not named yet."""
    long = sorted((s for s in reading.sentences if s.words > _LONG and s not in listed), key=lambda s: -s.words)
    if long:
        count = "A sentence has" if len(long) == 1 else f"{len(long)} sentences have"
        harm = f"{count} more than {_LONG} words; readers lose the thread: {_named(long[:_NAMED])}."
        yield advice(f"{place}:{long[0].line}", harm, "Make two sentences of one, or a list.")


def _named(sentences: Iterable[Sentence]) -> str:
    """`line 41, 31 words ("Long muscles run ...")`."""
    return "; ".join(f'line {s.line}, {s.words} words ("{_short(s.text)}")' for s in {s.text: s for s in sentences}.values())


def _short(text: str) -> str:
    return text if len(text) <= _QUOTED else text[:_QUOTED].rpartition(" ")[0] + " ..."


def _jargon(evidence: Evidence) -> Iterator[Finding]:
    """The words of the clinic that stand in the issue and are explained nowhere in it, each at its first place."""
    met: dict[Jargon, tuple[Statement, str]] = {}
    explained: set[Jargon] = set()
    own = [said for said in evidence.statements if said.path[0] not in ("practitioner", "sender", "author")]
    book = _book(evidence)
    for number, said in enumerate(own):
        after = own[number + 1].text if number + 1 < len(own) else ""
        for found in book.met_in(said.text):
            if is_explained(said.text, found, after):
                explained.add(found.meaning)
            elif not _in_a_name(said, found):
                met.setdefault(found.meaning, (said, found.said))
    open_words = [(jargon, *where) for jargon, where in met.items() if jargon not in explained]
    for number, (jargon, said, word) in enumerate(open_words[:_NAMED], 1):
        more = [f'"{further}"' for _, _, further in open_words[_NAMED:]] if number == _NAMED else []
        rest = f" And {len(more)} more: {', '.join(more)}." if more else ""
        harm = f'Many patients do not know the word "{word}".{rest}'
        yield advice(said.place, harm, f'Write "{jargon.plain}", or explain it in brackets.', jargon.source)


def _book(evidence: Evidence) -> PhraseBook[Jargon]:
    """The list in the language of the issue; a practice's own entry goes before ours, and a word that means itself is allowed."""
    entries = facts.entries(Jargon, "jargon", evidence.practice.folder, evidence.language)
    latest = {word.lower(): entry for entry in entries for word in entry.word}
    return PhraseBook((word, entry) for word, entry in latest.items() if word != entry.plain.lower())


def is_explained(text: str, found: Met[Jargon], after: str = "") -> bool:
    """Whether a text, or the sentence `after` it, says what a word means.

    "low fluids (dehydration)", "a herniated disc (a cushion that bulges)", "the bones of your spine are called vertebrae".
    """
    before = text[: found.start]
    if before.count("(") > before.count(")") or _BEFORE.search(before[-30:]) or _AFTER.match(text, found.end):
        return True
    wanted = {word for word in re.findall(r"[a-z]{4,}", found.meaning.plain.lower()) if word not in _STOP}
    around = f"{before} {text[found.end :]} {after}".lower()
    there = sum(word[:5] in around for word in wanted)
    return there > 1 and 3 * there >= 2 * len(wanted)


def _in_a_name(said: Statement, found: Met[Jargon]) -> bool:
    """Whether a word belongs to a name: "Center for Lumbar Health". In titles any word may be written large."""
    return said.key in MARKED and found.start > 0 and found.said[:1].isupper() and not found.said.isupper()


@details("K13")
def known_jargon() -> Iterator[str]:
    """Each word of the clinic with its plain words."""
    for entry in facts.entries(Jargon, "jargon", language="en"):
        yield f"{entry.word[0]}: {entry.plain} ({entry.source}, {entry.as_of})"
