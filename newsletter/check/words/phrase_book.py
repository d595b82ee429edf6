"""Finds the words and phrases of a list in sentences, with one look at each word however long the list is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Generic, NamedTuple, TypeVar

from newsletter.check.statements import WORD

Meaning = TypeVar("Meaning")
_PARTED = re.compile(r"[,.;:!?()]\s")  # "two more, then rest" is not the phrase "more then"


class Met(NamedTuple, Generic[Meaning]):
    """A phrase as it stands in a text, from `start` to `end`, and what the list says of it."""

    start: int
    end: int
    said: str
    meaning: Meaning


class PhraseBook(Generic[Meaning]):
    """Phrases of one or more words and what each means; small and capital letters are the same, a longer one goes first."""

    def __init__(self, phrases: Iterable[tuple[str, Meaning]]) -> None:
        self._by_first: dict[str, list[tuple[list[str], Meaning]]] = {}
        for phrase, meaning in phrases:
            if words := [phrase] if phrase.isalpha() and phrase.islower() else WORD.findall(_plain(phrase)):
                self._by_first.setdefault(words[0], []).append((words, meaning))
        for known in self._by_first.values():
            known.sort(key=lambda pair: -len(pair[0]))

    def met_in(self, text: str) -> Iterator[Met[Meaning]]:
        """Every phrase of the list in a text, in its order; none within another."""
        plain = _plain(text)
        if self._by_first.keys().isdisjoint(found := WORD.findall(plain)):
            return
        spots = list(WORD.finditer(plain))
        at = 0
        while at < len(found):
            taken = 1
            for words, meaning in self._by_first.get(found[at], ()):
                start, end = spots[at].start(), spots[min(at + len(words), len(spots)) - 1].end()
                if found[at : at + len(words)] == words and not _PARTED.search(text, start, end):
                    taken = len(words)
                    yield Met(start, end, text[start:end], meaning)
                    break
            at += taken


def _plain(text: str) -> str:
    """The text in small letters with straight apostrophes, as long as it was: places in it are places in the text."""
    small = text.lower()
    return (small if len(small) == len(text) else "".join(s if len(s := sign.lower()) == 1 else sign for sign in text)).replace(
        "\u2019", "'"
    )
