"""Words that are spelt wrong: slips from a list, the same little word twice, and what an installed spelling program knows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from newsletter.check import facts
from newsletter.check.evidence import Evidence, Mails
from newsletter.check.finding import ADVICE, Finding, advice
from newsletter.check.registry import details, mail_rule
from newsletter.check.statements import PLAIN, WORD, Statement
from newsletter.check.words.phrase_book import PhraseBook
from newsletter.check.words.plain_language import Jargon
from newsletter.check.words.spelling_program import is_installed, slips

_TWICE = re.compile(
    r"\b(the|an|of|to|and|for|with|your|our|from|by|at|as|but|or|my|their|this|we|they|when|into"
    r"|it|a|are|was|has|have|if|us|be) +\1\b(?![-'\u2019])",
    re.IGNORECASE,
)
_NAMED = 8  # slips that are told one by one


@dataclass(frozen=True, slots=True)
class Spelling:
    """A word or phrase as it is right, and how it is met; from data/spelling.en.yaml."""

    right: str
    wrong: tuple[str, ...] = ()
    source: str = ""
    as_of: str = ""


@mail_rule("K20", "words spelt as the dictionary has them", ADVICE, source="Merriam-Webster, Oxford", needs="words")
def spelling(mails: Mails) -> Iterator[Finding]:
    """No slip that the list knows, no "the the", and none of a letter that hunspell or codespell, where installed, can mend."""
    met: dict[str, tuple[Statement, str]] = {}
    for said, wrong, right in (*_listed(mails), *_twice(mails.statements), *_unknown(mails)):
        met.setdefault(wrong.lower(), (said, f'"{wrong}" should probably be "{right}".'))
    for number, (said, slip) in enumerate(met.values(), 1):
        more = f" And {len(met) - _NAMED} more." if number == _NAMED < len(met) else ""
        if number <= _NAMED:
            yield advice(said.place, slip + more, "Correct it; if it is a word of your own, add it to rules/spelling.yaml.")


def _listed(mails: Mails) -> Iterator[tuple[Statement, str, str]]:
    """What the list knows to be wrong, as it stands, and as it should be."""
    book, own = _book(_entries(mails)), _own_words(mails)
    for said in mails.statements:
        for met in book.met_in(said.text):
            if met.said.lower() not in own and not _is_name(said, met.start, met.end):
                yield said, met.said, met.meaning if met.said[0].islower() else met.meaning[0].upper() + met.meaning[1:]


@lru_cache(maxsize=4)
def _book(entries: tuple[Spelling, ...]) -> PhraseBook[str]:
    return PhraseBook((wrong, entry.right) for entry in entries for wrong in entry.wrong)


def _twice(statements: Iterable[Statement]) -> Iterator[tuple[Statement, str, str]]:
    """Little words that stand twice in a row."""
    for said in statements:
        for found in _TWICE.finditer(said.text):
            yield said, found.group(), found[1]


def _unknown(mails: Mails) -> Iterator[tuple[Statement, str, str]]:
    """What an installed program takes for a slip; only of words in small letters, since the others can be names."""
    if not is_installed():
        return
    first: dict[str, Statement] = {}
    for said in mails.statements:
        for word in WORD.findall(said.text):
            if word.islower() and word.isalpha():
                first.setdefault(word, said)
    right = _own_words(mails) | _right_words(mails.language)
    for wrong, meant in slips(first.keys() - right).items():
        yield first[wrong], wrong, meant


def _entries(mails: Mails) -> tuple[Spelling, ...]:
    folder = mails.practice.folder if isinstance(mails, Evidence) else None
    return facts.entries(Spelling, "spelling", folder, mails.language)


def _own_words(mails: Mails) -> frozenset[str]:
    """Words, small, that are the practice's own: of its names and address, and of its own list."""
    if not isinstance(mails, Evidence):
        return frozenset()
    text = mails.practice.text
    named = [text.practice.name, text.practitioner.name, text.sender.name, *vars(text.practice.address).values()]
    shipped = facts.entries(Spelling, "spelling", language=mails.language)
    named += [entry.right for entry in _entries(mails)[len(shipped) :]]
    return frozenset(word.lower() for name in named for word in WORD.findall(str(name)))


@lru_cache(maxsize=4)
def _right_words(language: str) -> frozenset[str]:
    """Every word that our own lists hold as right: a program's dictionary may lack those of the clinic."""
    right = [entry.right for entry in facts.entries(Spelling, "spelling", language=language)]
    right += [word for entry in facts.entries(Jargon, "jargon", language=language) for word in entry.word]
    return frozenset(word.lower() for phrase in right for word in WORD.findall(phrase))


def _is_name(said: Statement, start: int, end: int) -> bool:
    """Whether a word is part of a name of several words, as in "we thank Peter Noone"; in a title all words may be large."""
    if said.key in PLAIN or not said.text[start].isupper():
        return False
    before, after = said.text[:start].split()[1:], said.text[end:].split()  # the first word is large in any case
    return any(word[:1].isupper() for word in (*before[-1:], *after[:1]))


@details("K20")
def known_slips() -> Iterator[str]:
    """How many there are, and from where."""
    listed = facts.entries(Spelling, "spelling", language="en")
    count = sum(len(entry.wrong) for entry in listed)
    yield f"{count:,} slips of {len(listed)} words and phrases ({listed[0].source}, {listed[0].as_of})"
