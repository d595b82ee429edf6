"""Finds phrases in sentences: whole words in all their forms, with gaps, choices and numbers.

How one is written: `cure` also finds cures, cured and curing; `chiropract*` every word that begins so; `(a|b c|)` one of
several, or nothing; `...` up to four words in between; `99` any number in digits or words; `<pain>` any phrase of that kind
in data/grammar.en.yaml. Capitals, hyphens and quotation marks do not matter, and a comma may stand between two words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from typing import Generic, TypeVar

from newsletter.check.words.stems import BREAK, NUMBER, Sentence, grammar, numbers, read, stem

__all__ = ["Finder", "Phrase", "Sentence", "read"]

_PIECE = re.compile(r"\.\.\.|[(|)]|[^\s(|)]+")
_SIGNS = frozenset("(|)")
_GAP = "..."
_WIDEST_GAP = 4
_LONGEST_NUMBER = 3  # two hundred twenty
_LONG = 5  # letters from which a stem is taken to be rare
_COMMON = 6  # so many rare stems are as likely in a sentence as one short one
_MOST = 50  # places of one phrase in one sentence that are looked at

Meant = TypeVar("Meant")


@dataclass(slots=True)
class Choice:
    """Several sequences of which one must stand: those that begin with a stem, by it, and the others; `may_lack`: or none."""

    by_stem: dict[str, list[Sequence]] = field(default_factory=dict)
    others: list[Sequence] = field(default_factory=list)
    may_lack: bool = False

    def add(self, sequence: Sequence) -> None:
        """One more."""
        if not sequence:
            self.may_lack = True
        elif isinstance(sequence[0], str) and sequence[0].isalnum() and sequence[0] != NUMBER:
            self.by_stem.setdefault(sequence[0], []).append(sequence)
        else:
            self.others.append(sequence)

    @property
    def sequences(self) -> Iterator[Sequence]:
        """All of them."""
        for known in self.by_stem.values():
            yield from known
        yield from self.others


Item = str | Choice  # a stem, a sign for a gap, a number or the beginning of a word, or a choice
Sequence = list[Item]


@dataclass(frozen=True)
class Phrase:
    """A phrase as it is sought. `needs` are, for each part that must stand, the stems of which one must be in a sentence;
    the first is the rarest, and the item at `rarest` needs it.
    """

    items: Sequence
    language: str
    needs: tuple[frozenset[str], ...]
    rarest: int

    @classmethod
    @cache
    def of(cls, written: str, language: str = "en") -> Phrase:
        """Reads a phrase; raises ValueError where its brackets do not match, or for a group that there is not."""
        items = _parsed(written, language)
        needs = [(need, index) for index, item in enumerate(items) if (need := _need(item))]
        needs.sort(key=lambda pair: sum(_COMMON if len(one) < _LONG else 1 for one in pair[0]))
        return cls(items, language, tuple(need for need, _ in needs), needs[0][1] if needs else 0)

    @cached_property
    def reach(self) -> int:
        """How many stems of the phrase, with commas, can stand before the rarest."""
        return sum(_longest(item) + 1 for item in self.items[: self.rarest]) + _lead(self.items[self.rarest])

    def spans(self, sentence: Sentence) -> Iterator[tuple[int, int]]:
        """Where it stands: its first stem, and the one behind its last; none within another."""
        if any(need.isdisjoint(sentence.known) for need in self.needs):
            return
        free = found = 0
        for start in self._starts(sentence):
            if start >= free and sentence.stems[start] != ",":
                ends = _ends(self.items, {start}, sentence, self.language)
                if ends and max(ends) > start:
                    free, found = max(ends), found + 1
                    yield start, free
                    if found == _MOST:
                        return

    def _starts(self, sentence: Sentence) -> Iterable[int]:
        """The places where it can begin, in order."""
        if not self.needs:
            return range(len(sentence.stems))
        places = (place for one in self.needs[0] for place in sentence.places.get(one, ()))
        return sorted({start for place in places for start in range(max(0, place - self.reach), place + 1)})

    def is_in(self, sentence: Sentence) -> bool:
        """Whether it stands anywhere."""
        return any(True for _ in self.spans(sentence))


class Finder(Generic[Meant]):
    """Many phrases, each with what it means, sought at once: only those are tried whose rarest word is there."""

    def __init__(self, phrases: Iterable[tuple[str, Meant]], language: str = "en") -> None:
        self._always: list[tuple[Phrase, Meant]] = []  # without a word that must be there
        self._by_stem: dict[str, list[tuple[Phrase, Meant]]] = {}
        for written, meant in phrases:
            known = Phrase.of(written, language), meant
            for key in known[0].needs[0] if known[0].needs else ():
                self._by_stem.setdefault(key, []).append(known)
            if not known[0].needs:
                self._always.append(known)

    def find(self, sentence: Sentence) -> list[tuple[int, int, Meant]]:
        """Every place of every phrase: its first stem, the one behind its last, and what it means."""
        tried = {id(known): known for one in self._by_stem.keys() & sentence.known for known in self._by_stem[one]}
        likely = [*tried.values(), *self._always]
        return [(first, last, meant) for phrase, meant in likely for first, last in phrase.spans(sentence)]


def _parsed(written: str, language: str) -> Sequence:
    """A phrase as items."""
    choices: list[tuple[Choice, Sequence]] = [(Choice(), [])]  # those that are open, and the sequence that is read
    for piece in _PIECE.findall(written):
        if piece not in _SIGNS:
            choices[-1][1].extend(_items(piece, language))
        elif piece == "(":
            choices.append((Choice(), []))
        elif len(choices) == 1:
            raise ValueError(written)
        else:
            choice, sequence = choices.pop()
            choice.add(sequence)
            if piece == "|":
                choices.append((choice, []))
            else:
                choices[-1][1].append(choice)
    if len(choices) > 1 or not choices[0][1]:
        raise ValueError(written)
    return choices[0][1]


@lru_cache(maxsize=4096)
def _items(piece: str, language: str) -> tuple[Item, ...]:
    """What one written word stands for; a hyphen or a short form makes several stems of it."""
    if piece in {_GAP, NUMBER} or piece.endswith("*"):
        return (piece.lower(),)
    if piece[0] == "<":
        group, known = Choice(), grammar(piece.strip("<>"), language)
        if not known:
            raise ValueError(piece)
        for written in known:
            group.add(_parsed(written, language))
        return (group,)
    return (stem(piece, language),) if piece.isalpha() and piece.islower() else read(piece, language).stems


def _need(item: Item) -> frozenset[str]:
    """The stems of which one must be in a sentence for an item to match; none where nothing can be said."""
    if isinstance(item, str):
        return frozenset([item]) if item.isalnum() else frozenset()
    if item.may_lack:
        return frozenset()
    found = set(item.by_stem)
    for sequence in item.others:
        need = next((need for part in sequence if (need := _need(part))), None)
        if not need:
            return frozenset()
        found |= need
    return frozenset(found)


def _longest(item: Item) -> int:
    """How many stems an item can take."""
    if isinstance(item, str):
        return {_GAP: _WIDEST_GAP, NUMBER: _LONGEST_NUMBER}.get(item, 1)
    return max((sum(_longest(part) + 1 for part in sequence) for sequence in item.sequences), default=0)


def _lead(item: Item) -> int:
    """How many stems of an item can stand before the one that it needs: in `(99 percent|most)` a number before `percent`."""
    if isinstance(item, str):
        return 0
    leads = [0]
    for sequence in item.others:
        needed = next((number for number, part in enumerate(sequence) if _need(part)), 0)
        leads.append(sum(_longest(part) + 1 for part in sequence[:needed]) + _lead(sequence[needed]))
    return max(leads)


def _ends(sequence: Sequence, starts: set[int], sentence: Sentence, language: str) -> set[int]:
    """Where a sequence can end that begins at one of these places; every place is met once, by however many ways."""
    for number, item in enumerate(sequence):
        if number:
            starts = starts | {place + 1 for place in starts if sentence.stems[place : place + 1] == (",",)}
        starts = _after(item, starts, sentence, language)
        if not starts:
            break
    return starts


def _after(item: Item, starts: set[int], sentence: Sentence, language: str) -> set[int]:
    """Where one item can end."""
    stems = sentence.stems
    if isinstance(item, Choice):
        found = set(starts) if item.may_lack else set()
        for place in starts:
            for sequence in (*item.by_stem.get(stems[place] if place < len(stems) else "", ()), *item.others):
                found |= _ends(sequence, {place}, sentence, language)
        return found
    if item == _GAP:
        return _run(starts, stems, _WIDEST_GAP, lambda one: one not in {",", BREAK}) | starts
    if item == NUMBER:
        counted = numbers(language)
        return _run(starts, stems, _LONGEST_NUMBER, lambda one: one in counted or one[0].isdigit())
    if item.endswith("*"):
        return {place + 1 for place in starts if place < len(stems) and stems[place].startswith(item[:-1])}
    return {place + 1 for place in starts if place < len(stems) and stems[place] == item}


def _run(starts: set[int], stems: tuple[str, ...], longest: int, fits: Callable[[str], bool]) -> set[int]:
    """Every place up to which stems that fit follow one another from a start."""
    found = set()
    for start in starts:
        for place in range(start, min(start + longest, len(stems))):
            if not fits(stems[place]):
                break
            found.add(place + 1)
    return found
