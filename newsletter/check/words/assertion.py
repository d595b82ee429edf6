"""Whether a sentence really says what words in it say, or denies it, doubts it, warns of it, or asks and answers no."""

from __future__ import annotations

from functools import cache, lru_cache

from newsletter.check.words.phrases import Finder
from newsletter.check.words.stems import BREAK, Sentence, grammar, read, stem

_REACH = 24  # stems that a negator can stand before what it denies
_SHORT_REACH = 6
_SUBJECT_REACH = 6  # stems between a subject and its denial
_CLOSING = " \"'\u201d\u2019)]"


def meant(sentence: Sentence, first: int, last: int, following: Sentence | None, language: str) -> bool:
    """Whether the stems from `first` up to `last` are claimed; `following` is the next sentence of the same paragraph."""
    return not (
        denied(sentence, first, language)
        or _denied_behind(sentence, first, last, language)
        or _doubted(sentence, first, language)
        or (asked(sentence) and following is not None and answers_no(following, language))
    )


def asked(sentence: Sentence) -> bool:
    """Whether it is a question."""
    return sentence.text.rstrip(_CLOSING).endswith("?")


def hedged(sentence: Sentence, language: str) -> bool:
    """Whether it says only that something is possible."""
    return has(sentence, "hedges", language)


def sends_to_doctor(sentence: Sentence, language: str) -> bool:
    """Whether it sends people to a doctor or an emergency room, or speaks of an illness that belongs there."""
    return bool(_finder("emergencies", language).find(sentence))


def has(sentence: Sentence, kind: str, language: str) -> bool:
    """Whether a word of a kind stands anywhere."""
    known = _sequences(kind, language)
    return any(at(sentence, place, kind, language) for one in known.keys() & sentence.known for place in sentence.places[one])


def at(sentence: Sentence, index: int, kind: str, language: str) -> int:
    """How many stems the longest words of a kind take that begin at a place; 0 where none do."""
    stems = sentence.stems
    if not 0 <= index < len(stems):
        return 0
    known = _sequences(kind, language).get(stems[index], ())
    return next((len(one) for one in known if stems[index : index + len(one)] == one), 0)


def denied(sentence: Sentence, first: int, language: str) -> bool:
    """Whether a negator before the words denies them: "we cannot cure", "no one can promise", "do not diagnose or cure"."""
    commas, between = 0, -1  # `between`: the place nearest to the words where something else comes between
    for index in range(first - 1, max(-1, first - _REACH - 1), -1):
        word = sentence.stems[index]
        false = _false_negator(sentence, index, language)
        size = 0 if false or first - index > _SHORT_REACH else at(sentence, index, "short negators", language)
        if size and between < index + size:
            return True
        if word == BREAK or (not false and _new_clause(sentence, index, language)):
            return False
        if not false and at(sentence, index, "negators", language):
            return not (commas and _subordinate(sentence, index, language))
        commas += word == ","
        if word in {",", "and"} or at(sentence, index, "subjects", language):
            between = max(between, index)
    return False


def _new_clause(sentence: Sentence, index: int, language: str) -> bool:
    """Whether a clause begins here of which a negator before it says nothing."""
    word = sentence.stems[index]
    if word in {",", "and"} and at(sentence, index + 1, "subjects", language):
        return True
    if word == "and" and at(sentence, index + 1, "auxiliaries", language):
        return True
    if word == ",":
        return bool(at(sentence, index + 1, "joiners", language))
    if not at(sentence, index, "clause breaks", language):
        return False
    return not at(sentence, index - 1, "complements", language)


def _subordinate(sentence: Sentence, index: int, language: str) -> bool:
    """Whether the clause around a place begins with "if" or its like: its negation ends at the comma."""
    while index > 0 and sentence.stems[index - 1] not in {",", BREAK}:
        index -= 1
    return bool(at(sentence, index, "subordinates", language))


def _false_negator(sentence: Sentence, index: int, language: str) -> bool:
    """Whether the word belongs to one that only looks like a negation: "not only", "no doubt"."""
    return any(at(sentence, start, "false negators", language) > index - start for start in range(max(0, index - 3), index + 1))


def _denied_behind(sentence: Sentence, first: int, last: int, language: str) -> bool:
    """Whether the words are the subject of a denial: "a permanent cure is not something anyone can promise"."""
    if any(at(sentence, index, "subjects", language) for index in range(first, last)):
        return False  # it has a subject of its own
    for index in range(first - 1, -1, -1):
        if sentence.stems[index] in {",", BREAK}:
            break
        if not at(sentence, index, "before subjects", language):
            return False
    for index in range(last, min(last + _SUBJECT_REACH, len(sentence.stems))):
        if at(sentence, index, "denials", language):
            return True
        another = index == last and not at(sentence, index, "prepositions", language)  # a subject of its own
        if another or sentence.stems[index] in {",", BREAK}:
            return False
        if any(at(sentence, index, kind, language) for kind in ("subjects", "relatives")):
            return False
    return False


def _doubted(sentence: Sentence, first: int, language: str) -> bool:
    """Whether the sentence warns of such words, or tells what others say; what "we" say behind the warning is meant."""
    for start, end in _doubts_in(sentence.text, language):
        ours = any(at(sentence, index, "we", language) for index in range(max(end, first - 3), first))
        if not ours and not denied(sentence, start, language):
            return True
    return False


def answers_no(sentence: Sentence, language: str) -> bool:
    """Whether a sentence, as the answer to a question, says no or that nobody knows."""
    begins = at(sentence, 0, "answers no", language) and not at(sentence, 0, "false negators", language)
    return bool(begins) or has(sentence, "answers doubt", language)


@lru_cache(maxsize=256)
def _doubts_in(text: str, language: str) -> tuple[tuple[int, int], ...]:
    return tuple((start, end) for start, end, _ in _finder("doubts", language).find(read(text, language)))


@cache
def _sequences(kind: str, language: str) -> dict[str, tuple[tuple[str, ...], ...]]:
    """The words of a kind as stems, by their first one, longer ones first."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for words in grammar(kind, language):
        stems = tuple(stem(word, language) for word in words.split())
        found.setdefault(stems[0], []).append(stems)
    return {first: tuple(sorted(known, key=len, reverse=True)) for first, known in found.items()}


@cache
def _finder(kind: str, language: str) -> Finder[None]:
    return Finder(((words, None) for words in grammar(kind, language)), language)
