"""Which phrases of claims.en.yaml a sentence really claims, and the finding that tells it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from newsletter.check import facts
from newsletter.check.evidence import Evidence, Mails
from newsletter.check.finding import Finding
from newsletter.check.statements import Statement
from newsletter.check.words import assertion, boards
from newsletter.check.words.phrases import Finder, Phrase
from newsletter.check.words.stems import Sentence, read
from newsletter.errors import did_you_mean

RULES = ("K03", "K12", "K04", "K09", "K06", "K05")  # where two rules meet in the same words, the first is told
_FILE = "claims"
_LONGEST_QUOTE = 90
_MOST_QUOTES = 3
_MOST = 100  # claims of one rule in one sentence that are looked at

Excuse = Callable[[Statement, Sentence], bool]


@dataclass(frozen=True, slots=True)
class Claim:
    """Phrases that break a rule, what is wrong with them, an honest wording, and when they are no claim."""

    rule: str
    phrase: tuple[str, ...]
    say: str
    instead: str
    source: str
    as_of: str
    unless: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    hedged: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """A claim where it is made: the stems of a sentence from `first` up to `last`."""

    first: int
    last: int
    claim: Claim


def claimed(mails: Mails, rule_id: str, excused: Excuse | None = None) -> Iterator[Finding]:
    """A finding for each sentence that makes a claim of one rule, and for which `excused` knows no excuse."""
    language, own = mails.language, _own(mails)
    for statement, following in in_turn(mails):
        made = [said for said in claims_in(statement.text, own, language) if said.claim.rule == rule_id][:_MOST]
        if not made:
            continue
        sentence, answer = read(statement.text, language), read(following, language) if following else None
        made = [
            said
            for said in made
            if assertion.meant(sentence, said.first, said.last, answer, language) and not _is_name(mails, sentence, said)
        ]
        if made and not (excused and excused(statement, sentence)):
            yield _told(mails, statement.place, sentence, made)


def in_turn(mails: Mails) -> Iterator[tuple[Statement, str]]:
    """Every statement with the words of the next one in the same paragraph, or below the same heading."""
    statements = mails.statements
    for statement, following in zip(statements, (*statements[1:], None), strict=False):
        same = following is not None and (
            following.path == statement.path or (len(statement.path) > 1 and following.path[:2] == statement.path[:2])
        )
        yield statement, following.text if following and same else ""


@lru_cache(maxsize=4096)
def claims_in(text: str, own: tuple[Claim, ...], language: str) -> tuple[Said, ...]:
    """The claims that a sentence holds, denied ones too; of several in the same words the longest, then by `RULES`."""
    sentence = read(text, language)
    found = [
        Said(first, last, claim)
        for claims in (own, _shipped(language))
        for first, last, claim in _finder(claims, language).find(sentence)
    ]
    found = [said for said in found if _stands(said, sentence, language)]
    found.sort(key=lambda said: (said.first - said.last, RULES.index(said.claim.rule)))
    kept, taken = [], bytearray(len(sentence.stems))
    for said in found:
        if not any(taken[said.first : said.last]):
            taken[said.first : said.last] = b"\1" * (said.last - said.first)
            kept.append(said)
    return tuple(sorted(kept, key=lambda said: said.first))


def _stands(said: Said, sentence: Sentence, language: str) -> bool:
    """Whether nothing else in the sentence turns the phrase into something harmless; `unless` counts in its clause only."""
    claim = said.claim
    if claim.hedged and assertion.hedged(sentence, language):
        return False
    for wanted in filter(None, (claim.beside, claim.also)):
        if not any(_places(written, sentence.text, language) for written in wanted):
            return False
    begin, end = sentence.clause(said.first, said.last)
    return not any(
        begin <= first and last <= end for written in claim.unless for first, last in _places(written, sentence.text, language)
    )


@lru_cache(maxsize=4096)
def _places(written: str, text: str, language: str) -> tuple[tuple[int, int], ...]:
    return tuple(Phrase.of(written, language).spans(read(text, language)))


@lru_cache(maxsize=8)
def _finder(claims: tuple[Claim, ...], language: str) -> Finder[Claim]:
    return Finder(((written, claim) for claim in claims for written in claim.phrase), language)


def _own(mails: Mails) -> tuple[Claim, ...]:
    """What the practice adds in rules/claims.yaml; raises ProblemsFound for a check or a phrase that cannot be."""
    if not isinstance(mails, Evidence):
        return ()
    folder, shipped = mails.practice.folder, _shipped(mails.language)
    own = facts.entries(Claim, _FILE, folder, mails.language)[len(shipped) :]
    for claim in own:
        if claim.rule not in RULES:
            problem = f'no check for phrases is called "{claim.rule}".'
            raise facts.problem(folder, _FILE, problem, did_you_mean(claim.rule, RULES) or f"Write one of {', '.join(RULES)}.")
        for written in (*claim.phrase, *claim.unless, *claim.beside, *claim.also):
            try:
                Phrase.of(written, mails.language)
            except ValueError:
                problem = f'the phrase "{written}" cannot be read.'
                raise facts.problem(
                    folder, _FILE, problem, "Close each ( with a ), and name only groups that there are."
                ) from None
    return own


def _shipped(language: str) -> tuple[Claim, ...]:
    return facts.entries(Claim, _FILE, None, language)


def _is_name(mails: Mails, sentence: Sentence, said: Said) -> bool:
    """Whether the words belong to the name of the practice, which is what it is."""
    if not isinstance(mails, Evidence):
        return False
    name = mails.practice.text.practice.name.lower()
    at = sentence.text.lower().find(name)
    return 0 <= at <= sentence.spans[said.first][0] and sentence.spans[said.last - 1][1] <= at + len(name)


def _told(mails: Mails, place: str, sentence: Sentence, made: list[Said]) -> Finding:
    """The words, what is wrong with them, what the practice's state says, and an honest wording."""
    quotes = dict.fromkeys(short(sentence.quote(said.first, said.last)) for said in made)
    claim = made[0].claim
    quoted = " and ".join(f'"{quote}"' for quote in list(quotes)[:_MOST_QUOTES])
    harm = f"{quoted}: {claim.say[:1].lower()}{claim.say[1:]}"
    return boards.judged(mails, claim.rule, place, harm, f"Leave it out, or write: {claim.instead}.", claim.source)


def short(words: str) -> str:
    """Words as they are quoted, on one line."""
    words = " ".join(words.split())
    return words if len(words) <= _LONGEST_QUOTE else f"{words[:_LONGEST_QUOTE].rsplit(' ', 1)[0]} ..."
