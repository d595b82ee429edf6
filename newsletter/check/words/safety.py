"""The signs for which a reader needs a hospital and not a newsletter, and the sentence that says this is no diagnosis."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from newsletter.check import facts
from newsletter.check.account import country
from newsletter.check.evidence import Evidence, Mails
from newsletter.check.finding import ADVICE, WARNING, Finding, advice, warning
from newsletter.check.registry import details, mail_rule
from newsletter.check.sample import HTML_PART
from newsletter.check.statements import WORD, Statement
from newsletter.check.words.assertion import denied
from newsletter.check.words.phrases import Finder, Sentence, read
from newsletter.check.words.wordings import wordings

_ENOUGH_SIGNS = 3  # of which a box must name at least so many; facts/preflight 3.5
_MANY, _SHARE = 3, 0.15  # so many sentences, and so much of a letter, make it one about the pain
_TELLING = frozenset(["title", "subject", "preheader", "heading"])
_UNSEEN = frozenset(["alt", "caption", "name", "label", "credit"])  # of a picture or a link; not what a reader is told
_NO_TOPIC = frozenset(["warning", "choices", "quote", "event", "offer", "button"])  # their headings name no subject of the letter
_HEALTHY = 3  # sentences about health that make a letter one
_PAINS = {"back": "back pain", "neck": "neck pain or headache"}
_BOX = {
    "back": "new trouble passing urine or stool, numbness in the groin or inner thighs, weak legs, fever, or a recent fall",
    "neck": "a sudden very bad headache, a weak face or arm, slurred speech, double vision, trouble with balance, or fever",
}


@dataclass(frozen=True, slots=True)
class Flag:
    """Wordings of a pain (`of: topic`), a danger sign, or an emergency instruction (`of: help`), and the pains it is about."""

    of: str
    name: str
    about: tuple[str, ...]
    phrases: tuple[str, ...]
    source: str
    as_of: str
    unless: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Emergency:
    """The emergency numbers of some countries, and what they call the place to go to."""

    countries: tuple[str, ...]
    numbers: tuple[str, ...]
    room: str
    source: str
    as_of: str


@dataclass(frozen=True, slots=True)
class Disclaimer:
    """Words that say a letter is general information, or that show it is about health."""

    of: str
    words: tuple[str, ...]
    source: str
    as_of: str


@dataclass(slots=True)
class Told:
    """What a letter tells: where it is about each pain, its sentences block by block, and those that say to get help."""

    topics: dict[str, Statement] = field(default_factory=dict)
    blocks: dict[object, list[Statement]] = field(default_factory=lambda: defaultdict(list))
    help: dict[object, list[Statement]] = field(default_factory=lambda: defaultdict(list))


@mail_rule(
    "K10",
    "the signs that need an emergency room, where it is about back pain, neck pain or headache",
    WARNING,
    source="NHS advice on back pain and cauda equina syndrome",
    needs="words",
)
def danger_signs(mails: Mails) -> Iterator[Finding]:
    """A letter about such a pain names three danger signs or more in its text, and says whom to call; with the right number."""
    told = _told(mails)
    emergency = _emergency(mails)
    signs = _danger_signs(mails, told) if told.topics else {}
    for pain, statement in told.topics.items():
        if len(signs[pain]) < _ENOUGH_SIGNS or not told.help:
            yield _without_signs(mails, pain, statement, signs[pain], emergency)
    yield from _foreign_number(mails, told, emergency)


@details("K10")
def signs_known() -> Iterator[str]:
    """The danger signs that are looked for, and each country's numbers."""
    for flag in facts.entries(Flag, "red_flags", language="en"):
        if flag.of == "sign":
            yield f"{flag.name}, for {' and '.join(_PAINS[pain] for pain in flag.about)} ({flag.source}; as of {flag.as_of})"
    for entry in facts.entries(Emergency, "emergency_numbers"):
        yield f"{' or '.join(entry.numbers)} in {', '.join(entry.countries)} ({entry.source}; as of {entry.as_of})"


def _told(mails: Mails) -> Told:
    """Reads a letter for its topics and its help; what only some readers are shown protects nobody else."""
    topics, finder = _finder(_flags(mails), "topic", mails.language), _finder(_flags(mails), "help", mails.language)
    told, mentions = Told(), defaultdict[str, list[Statement]](list)
    for statement in mails.statements:
        block, kind, for_all = _block(mails, statement)
        if statement.key in _UNSEEN or not for_all or statement.path[0] in ("practitioner", "sender"):
            continue
        told.blocks[block].append(statement)
        sentence = read(statement.text, mails.language)
        if any(not denied(sentence, first, mails.language) for first, *_ in finder.find(sentence)):
            told.help[block].append(statement)
        for pain in {pain for flag in _flags_in(topics, sentence) for pain in flag.about}:
            if statement.key in _TELLING and kind not in _NO_TOPIC:
                told.topics.setdefault(pain, statement)
            elif kind != "warning":
                mentions[pain].append(statement)
    sentences = sum(map(len, told.blocks.values()))
    for pain, statements in mentions.items():
        if len(statements) >= _MANY and len(statements) >= _SHARE * sentences:
            told.topics.setdefault(pain, statements[0])
    return told


def _danger_signs(mails: Mails, told: Told) -> dict[str, set[Flag]]:
    """The danger signs for each pain, as far as they are needed; fever in a sentence about spring is none, two signs at one
    place are, and so is one beside the instruction to get help.
    """
    finder = _finder(_flags(mails), "sign", mails.language)
    found: dict[str, set[Flag]] = {pain: set() for pain in told.topics}
    for block, statements in sorted(told.blocks.items(), key=lambda one: one[0] not in told.help):
        here: set[Flag] = set()
        for statement in statements:
            here |= _flags_in(finder, read(statement.text, mails.language))
            if len(here) > 1 or block in told.help:
                for pain, signs in found.items():
                    signs |= {sign for sign in here if pain in sign.about}
            if all(len(signs) >= _ENOUGH_SIGNS for signs in found.values()):
                return found
    return found


def _flags_in(finder: Finder[tuple[Flag, bool]], sentence: Sentence) -> set[Flag]:
    """The flags that a sentence shows, without those that other words in it make harmless."""
    found = {meant for *_, meant in finder.find(sentence)}
    return {flag for flag, harmless in found if not harmless and (flag, True) not in found}


def _flags(mails: Mails) -> tuple[Flag, ...]:
    return wordings(mails, Flag, "red_flags")


@lru_cache(maxsize=8)
def _finder(flags: tuple[Flag, ...], kind: str, language: str) -> Finder[tuple[Flag, bool]]:
    """What finds the phrases of one kind, and with True those that make a flag harmless."""
    phrases = [(phrase, (flag, False)) for flag in flags for phrase in flag.phrases if flag.of == kind]
    return Finder(phrases + [(phrase, (flag, True)) for flag in flags for phrase in flag.unless if flag.of == kind], language)


def _block(mails: Mails, statement: Statement) -> tuple[object, str, bool]:
    """The block that a sentence stands in, its type, and whether every reader is shown it."""
    if isinstance(mails, Evidence) and statement.path[0] == "body" and isinstance(statement.path[1], int):
        block = mails.issue.text.body[statement.path[1]]
        return statement.path[:2], str(getattr(block, "type", "")), not block.only_for
    return statement.path[:1], "", True


def _without_signs(mails: Mails, pain: str, statement: Statement, signs: set[Flag], emergency: Emergency | None) -> Finding:
    """What to say of a letter about a pain that does not tell when to get help."""
    wanted = [
        flag.name
        for flag in sorted(facts.entries(Flag, "red_flags", language=mails.language), key=lambda flag: len(flag.about))
        if flag.of == "sign" and pain in flag.about and flag not in signs
    ]
    call = f"Call {emergency.numbers[0]} or go to {emergency.room}" if emergency else "Call the emergency number"
    lacks = (
        f"which danger signs need help at once; it lacks, for example, {', '.join(wanted[:3])}"
        if len(signs) < _ENOUGH_SIGNS
        else "to call for emergency help when a danger sign is there"
    )
    about = f'"{statement.text}" is about {_PAINS[pain]}'
    harm = f"{about}, and the letter does not say {lacks}. A reader in danger could wait too long."
    fix = f'Add a block `type: warning` that says: "{call} if {_PAINS[pain]} comes with {_BOX[pain]}."'
    return warning(statement.place, harm, fix)


def _foreign_number(mails: Mails, told: Told, emergency: Emergency | None) -> Iterator[Finding]:
    """An instruction to call a number that does not work where the practice is."""
    if emergency is None or not isinstance(mails, Evidence):
        return
    known = {number for entry in _emergencies(mails) for number in entry.numbers}
    for statement in (one for statements in told.help.values() for one in statements):
        named = known & set(WORD.findall(statement.text.replace("9-1-1", "911")))
        if named and named.isdisjoint(emergency.numbers):
            here = country.spoken(mails.practice.text.practice.address.country)
            harm = f"{' or '.join(sorted(named))} is not the emergency number in {here}: readers would call in vain."
            yield warning(statement.place, harm, f"Write {emergency.numbers[0]}.", emergency.source)


def _emergency(mails: Mails) -> Emergency | None:
    """The numbers of the practice's country; None where they are not known."""
    if not isinstance(mails, Evidence):
        return None
    here = country.plain(mails.practice.text.practice.address.country)
    found = [entry for entry in _emergencies(mails) if here in map(country.plain, entry.countries)]
    return found[-1] if found else None


def _emergencies(evidence: Evidence) -> tuple[Emergency, ...]:
    return facts.entries(Emergency, "emergency_numbers", evidence.practice.folder)


@mail_rule(
    "K18", "a sentence that says it is general information", ADVICE, source="common practice of health publishers", needs="words"
)
def general_information(mails: Mails) -> Iterator[Finding]:
    """A letter about health says somewhere, in its text or its footer, that it is general information and no diagnosis."""
    words = facts.entries(Disclaimer, "disclaimers", language=mails.language)
    said = [phrase for entry in words if entry.of == "said" for phrase in entry.words]
    health = {word for entry in words if entry.of == "health" for word in entry.words}
    letter = " ".join(f"{sample.page.visible if sample.html else sample.text or ''}" for sample in mails.samples[:1])
    plain = " ".join(letter.lower().replace("n't", " not").replace("n\u2019t", " not").split())
    if any(phrase in plain for phrase in said):
        return
    about = [
        one
        for one in mails.statements
        if one.path[0] not in ("practitioner", "sender") and health & set(WORD.findall(one.text.lower()))
    ]
    if len(about) >= _HEALTHY:
        harm = (
            "The letter is about health and never says that it is general information: readers could take it for advice to them."
        )
        fix = 'Write near the top: "This is general information, not a diagnosis. Ask your doctor about your own case."'
        yield advice(mails.issue_place("opening") if isinstance(mails, Evidence) else HTML_PART, harm, fix)
