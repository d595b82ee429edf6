"""A sentence as the stems of its words, so that `cures`, `Cured` and `curing` are the same; the grammar is in grammar.en.yaml."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

from newsletter.check import facts

_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['\u2019][^\W\d_]+)*|[%#&]|[,;:()\u2013\u2014\u2026]|(?<=\s)-+(?=\s)")
_SPOKEN = {"%": "percent", "#": "number", "&": "and", ",": ","}
BREAK = ";"  # whatever ends a clause, all the same here
NUMBER = "99"  # how any number is written in a phrase
_SHORTEST = 3  # letters that an ending leaves
_SAME_TWICE = frozenset("bdfgmnprt")  # consonants that are doubled before an ending: stopped


@dataclass(frozen=True, slots=True)
class Words:
    """Words of one `kind` that the grammar of a language needs: negators, numbers, endings; see data/grammar.en.yaml."""

    kind: str
    words: tuple[str, ...]
    source: str
    as_of: str


@cache
def grammar(kind: str, language: str) -> tuple[str, ...]:
    """The words of one kind, in the order of the file."""
    return tuple(word for entry in facts.entries(Words, "grammar", None, language) if entry.kind == kind for word in entry.words)


@cache
def _pairs(kind: str, language: str) -> tuple[tuple[str, str], ...]:
    """Words of a kind that are written `this > that`."""
    return tuple((this.strip(), that.strip()) for this, _, that in (word.partition(">") for word in grammar(kind, language)))


@cache
def _endings(language: str) -> dict[str, tuple[tuple[str, str], ...]]:
    """The endings by their last letter, in the order of the file."""
    pairs = _pairs("endings", language)
    return {last: tuple(pair for pair in pairs if pair[0].endswith(last)) for last in {ending[-1] for ending, _ in pairs}}


@cache
def _contractions(language: str) -> dict[str, str]:
    return dict(_pairs("contractions", language))


@lru_cache(maxsize=8192)
def stem(word: str, language: str = "en") -> str:
    """A word in small letters without its ending: the same for `cure`, `cures`, `cured` and `curing`."""
    for ending, instead in _endings(language).get(word[-1:], ()):
        if word.endswith(ending) and len(word) - len(ending) + len(instead) >= _SHORTEST:
            word = word[: len(word) - len(ending)] + instead
            if not instead and len(word) > _SHORTEST and word[-1] == word[-2] and word[-1] in _SAME_TWICE:
                word = word[:-1]
            break
    return word[:-1] if word.endswith("e") and len(word) > _SHORTEST else word


@dataclass(frozen=True)
class Sentence:
    """A sentence as stems, one after the other; `said` are the words themselves, `spans` their places in its text."""

    text: str
    stems: tuple[str, ...]
    said: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    numbers: tuple[int, ...] = ()  # the places of those that are numbers

    @cached_property
    def known(self) -> frozenset[str]:
        """Its stems without their order, and NUMBER where there is one."""
        return frozenset(self.stems) | {NUMBER} if self.numbers else frozenset(self.stems)

    @cached_property
    def places(self) -> dict[str, list[int]]:
        """Where each stem stands, and each number."""
        found: dict[str, list[int]] = {NUMBER: list(self.numbers)} if self.numbers else {}
        for index, one in enumerate(self.stems):
            found.setdefault(one, []).append(index)
        return found

    def clause(self, first: int, last: int) -> tuple[int, int]:
        """Where the part of the sentence begins and ends in which these stems are, parted by colons, dashes and the like."""
        breaks = self.places.get(BREAK, [])
        before, behind = bisect_left(breaks, first), bisect_left(breaks, last)
        return breaks[before - 1] if before else 0, breaks[behind] if behind < len(breaks) else len(self.stems)

    def quote(self, first: int, last: int) -> str:
        """The text from one stem up to another, which is left out."""
        return self.text[self.spans[first][0] : self.spans[last - 1][1]]


@lru_cache(maxsize=4096)
def read(text: str, language: str = "en") -> Sentence:
    """A sentence, taken apart; the last few thousand are remembered, because many rules read the same ones."""
    short = _contractions(language)
    stems, said, spans = [], [], []
    for found in _TOKEN.finditer(text):
        word = found.group().lower().replace("\u2019", "'")
        plain = _SPOKEN.get(word, word) if word[0].isalnum() or word in _SPOKEN else BREAK
        for part in (short.get(plain) or plain.removesuffix("'s")).split():
            stems.append(stem(part, language))
            said.append(part)
            spans.append(found.span())
    known = numbers(language)
    counted = tuple(index for index, one in enumerate(stems) if one in known or one[0].isdigit())
    return Sentence(text, tuple(stems), tuple(said), tuple(spans), counted)


@cache
def numbers(language: str) -> frozenset[str]:
    """`nine`, `ninety`, `dozen`."""
    return frozenset(stem(word, language) for word in grammar("numbers", language))
