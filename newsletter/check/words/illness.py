"""Where chiropractic care is said to treat an illness outside of its field; the illnesses are in conditions.en.yaml."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from newsletter.check import facts
from newsletter.check.evidence import Evidence, Mails
from newsletter.check.finding import ERROR, WARNING, Finding
from newsletter.check.registry import details, mail_rule
from newsletter.check.words import assertion, boards
from newsletter.check.words.assertion import at
from newsletter.check.words.claim_phrases import in_turn, short
from newsletter.check.words.phrases import Finder, Phrase
from newsletter.check.words.stems import BREAK, Sentence, grammar, read

_FILE = "conditions"
_REACH = 12  # stems between an illness and what is said to be done to it
_CLOSE = 4  # stems between them where nobody is named who does it
_MOST = 20  # illnesses in one sentence that are looked at


@dataclass(frozen=True, slots=True)
class Condition:
    """An illness, as a finding calls it and as it stands in texts."""

    name: str
    words: tuple[str, ...]
    source: str
    as_of: str


@dataclass(frozen=True, slots=True)
class Treated:
    """An illness in a sentence and what is done to it: the words from `first` up to `last`, and where the doing begins."""

    first: int
    last: int
    effect: int
    name: str


@mail_rule(
    "K11",
    "no claims about illness outside of back, neck and joints",
    *(ERROR, WARNING),
    source="FTC Health Products Compliance Guidance (2022); 22 TAC 77.4(a)(5), (7)",
    protects="the law",
    needs="words",
)
def illnesses(mails: Mails) -> Iterator[Finding]:
    """Asthma, colic, ADHD, infertility, cancer, immunity and others that chiropractic care is said to treat, help or prevent."""
    language, own = mails.language, _own(mails)
    for statement, following in in_turn(mails):
        sentence = read(statement.text, language)
        if not any(True for _ in _conditions(sentence, own, language)):
            continue
        answer = read(following, language) if following else None
        told = _told_in(sentence, answer, own, language)
        if not told and answer and assertion.asked(sentence) and not assertion.answers_no(answer, language):
            sentence = read(f"{statement.text} {following}", language)  # "Colic? We can help."
            if not any(_treated_in(answer, own, language)):  # which is told by itself
                question = read(statement.text, language)
                told = _told_in(sentence, None, own, language) or _offered(question, answer, own, language)
        if told:
            yield _finding(mails, statement.place, sentence, told)


def _finding(mails: Mails, place: str, sentence: Sentence, told: list[Treated]) -> Finding:
    quote = short(sentence.quote(min(treated.first for treated in told), max(treated.last for treated in told)))
    names = list(dict.fromkeys(treated.name for treated in told))
    named = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    harm = f'"{quote}": this tells readers that chiropractic care treats {named}, and good studies do not show that.'
    fix = "Leave it out, or write: please see your doctor about this; we look after backs, necks and joints."
    return boards.judged(mails, "K11", place, harm, fix)


def _told_in(sentence: Sentence, answer: Sentence | None, own: tuple[Condition, ...], language: str) -> list[Treated]:
    """The illnesses that a sentence claims to treat; both the illness and what is done to it must be meant."""
    return [
        treated
        for treated in _treated_in(sentence, own, language)
        if all(assertion.meant(sentence, place, treated.last, answer, language) for place in (treated.first, treated.effect))
    ]


def _offered(question: Sentence, answer: Sentence, own: tuple[Condition, ...], language: str) -> list[Treated]:
    """The illnesses of a question that is answered with chiropractic care: "Earache? An adjustment may be all she needs"."""
    ours = any(assertion.has(answer, kind, language) for kind in ("own care", "ourselves"))
    offered = ours and assertion.has(answer, "offers", language)
    if not offered and (not assertion.has(answer, "care by name", language) or _harmless(answer, language)):
        return []
    if any(assertion.has(one, kind, language) for one in (question, answer) for kind in ("care about", "other care")):
        return []
    if assertion.has(answer, "negators", language):
        return []
    return [
        Treated(first, last, first, condition.name)
        for first, last, condition in islice(_conditions(question, own, language), _MOST)
    ]


def _treated_in(sentence: Sentence, own: tuple[Condition, ...], language: str) -> Iterator[Treated]:
    """Every illness of a sentence to which chiropractic care does something."""
    if assertion.has(sentence, "care about", language):
        return
    for first, last, condition in islice(_conditions(sentence, own, language), _MOST):
        effect = _effect_before(sentence, first, last, language)
        if effect is None:
            effect = _effect_behind(sentence, last, language)
        if effect is None and assertion.has(sentence, "care by name", language) and not _harmless(sentence, language):
            yield Treated(first, last, first, condition.name)
        elif effect is not None and _acts(sentence, effect, first, language):
            size = at(sentence, effect, "effects", language) or at(sentence, effect, "effects after", language)
            yield Treated(min(first, effect), max(last, effect + size), effect, condition.name)


def _harmless(sentence: Sentence, language: str) -> bool:
    """Whether a sentence that names chiropractic care and an illness, and nothing done to it, tells news or is careful."""
    kinds = ("no claim", "other care", "described")
    return assertion.hedged(sentence, language) or any(assertion.has(sentence, kind, language) for kind in kinds)


def _effect_before(sentence: Sentence, first: int, last: int, language: str) -> int | None:
    """Where the words begin that say what is done to the illness behind them: "helps with asthma"."""
    own_field = described = False
    for index in range(last - 1, max(-1, first - _REACH), -1):
        if index < first and (sentence.stems[index] == BREAK or at(sentence, index, "clause breaks", language)):
            return None
        if at(sentence, index, "effects", language):
            return None if own_field and described else index
        own_field = own_field or bool(at(sentence, index, "own field", language))
        described = described or bool(at(sentence, index, "described", language))
    return None


def _effect_behind(sentence: Sentence, last: int, language: str) -> int | None:
    """The same where the illness comes first: "colic improves with adjustments"; not "with diabetes, care helps your back"."""
    named = assertion.has(sentence, "own care", language)
    for index in range(last, min(last + _REACH, len(sentence.stems))):
        if sentence.stems[index] == BREAK and not named:
            return None
        if at(sentence, index, "causes", language):
            return index
        if size := at(sentence, index, "effects after", language):
            rest = range(index + size, min(index + size + _CLOSE + 2, len(sentence.stems)))
            return None if any(at(sentence, place, "own field", language) for place in rest) else index
    return None


def _acts(sentence: Sentence, effect: int, condition: int, language: str) -> bool:
    """Whether it is chiropractic care that does it, or nobody is named for something that only sellers say."""
    if assertion.has(sentence, "own care", language):
        return True
    if assertion.has(sentence, "other care", language):
        return any(at(sentence, place, "we", language) for place in range(effect - 2, effect))
    if assertion.has(sentence, "ourselves", language):
        return True
    if at(sentence, effect - 1, "third persons", language):
        return False
    return abs(condition - effect) <= _CLOSE and _promised(sentence, effect, language)


def _promised(sentence: Sentence, effect: int, language: str) -> bool:
    """Whether only sellers say it so: "Boost your immunity", "Prevents colds", "Improve your digestion naturally"."""
    if at(sentence, effect, "promises", language) or assertion.has(sentence, "natural means", language):
        return True
    begins = (" ".join(sentence.said[:count]) for count in (1, 2))  # as it is said: "Treats" is no advice, "Treat" may be
    return effect == 0 and any(words in grammar("promises without a subject", language) for words in begins)


def _conditions(sentence: Sentence, own: tuple[Condition, ...], language: str) -> Iterable[tuple[int, int, Condition]]:
    for known in (own, facts.entries(Condition, _FILE, None, language)):
        yield from _finder(known, language).find(sentence)


@lru_cache(maxsize=8)
def _finder(conditions: tuple[Condition, ...], language: str) -> Finder[Condition]:
    return Finder(((written, condition) for condition in conditions for written in condition.words), language)


def _own(mails: Mails) -> tuple[Condition, ...]:
    """What the practice adds in rules/conditions.yaml; raises ProblemsFound for a phrase that cannot be."""
    if not isinstance(mails, Evidence):
        return ()
    folder, shipped = mails.practice.folder, facts.entries(Condition, _FILE, None, mails.language)
    own = facts.entries(Condition, _FILE, folder, mails.language)[len(shipped) :]
    for written in (written for condition in own for written in condition.words):
        try:
            Phrase.of(written, mails.language)
        except ValueError:
            problem = f'the phrase "{written}" cannot be read.'
            raise facts.problem(folder, _FILE, problem, "Close each ( with a ), and name only groups that there are.") from None
    return own


@details("K11")
def states_on_illness() -> Iterator[str]:
    """Where a claim about an illness is an error."""
    return boards.details_of("K11")
