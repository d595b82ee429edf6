"""Patients' words and stories: whether somebody agreed in writing, and whether others would expect too much of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from newsletter.check.account import country
from newsletter.check.evidence import Evidence, Mails
from newsletter.check.finding import ERROR, WARNING, Finding, error, warning
from newsletter.check.registry import mail_rule
from newsletter.check.statements import Statement
from newsletter.check.words import boards
from newsletter.check.words.assertion import denied
from newsletter.check.words.phrases import Finder, read
from newsletter.check.words.wordings import wordings
from newsletter.read.blocks import Quote

_STARS = re.compile("[\u2605\u2b50\U0001f31f]\ufe0f?(?:\\s?[\u2605\u2b50\U0001f31f]\ufe0f?){2}")
_QUOTED = re.compile('[\u201c"]([^\u201c\u201d"]{15,1500})[\u201d"]')
_PATIENT_NAMED = re.compile(
    r"\b(?:[Mm]y|[Oo]ur|[Oo]ne of (?:my|our)|[Aa]|[Ff]ormer|[Ll]ongtime) (?:\w+ )?(?:patient|client)s?,? "
    r"(?:[^.!?]{0,40}\b(?:named|called) )?(?!Dr\b|I\b|We\b|Bill of)([A-Z][a-z]+)"
)
_NAMED_PATIENT = re.compile(
    r"\b([A-Z][a-z]+)(?: [A-Z]\b\.?| [A-Z][a-z]+)?,? (?:\d{2},? )?(?:is |was |has been )?"
    r"(?:an?|one of our|one of my|our|my) (?:[\w-]+ ){0,3}?"
    r"(?:patient|client)(?: of (?:ours|mine)| here| in our| at our| since| for|,? (?:who|says|said|told|writes|came))"
)
_CAME_WITH = re.compile(
    r"\b([A-Z][a-z]+)(?: [A-Z]\b\.?| [A-Z][a-z]+)?,? (?:\d{2},? )?(?:who |whom )?(?:first |recently )?"
    r"(?:(?:came|walked|limped) (?:to (?:us|me|see us|our \w+|Dr\.? \w+)|in|into our \w+)|(?:I|we) (?:treated|adjusted|helped)) "
    r"(?:with|for|because of|about|after) (?:[\w-]+ ){0,4}?"
    r"(?:\w*pain|sciatica|headaches?|migraines?|whiplash|back|neck|disc|injury|shoulder|knee|numb\w*|stiff\w*)\b"
)
_NO_NAMES = frozenset(
    [
        *(
            "many",
            "most",
            "some",
            "people",
            "others",
            "somebody",
            "someone",
            "everybody",
            "everyone",
            "nobody",
            "parents",
            "people",
        ),
        *("women", "men", "runners", "athletes", "patients", "clients", "those", "few", "whoever", "anyone", "half", "visitors"),
        "be",
        "as",
        "being",
        "if",
        "when",
        "every",
        "each",
        "you",
        "i",
        "he",
        "she",
        "they",
        "this",
        "for",
        "with",
        "once",
    ]
)
_SIGNED = re.compile(r"^\W*[A-Z][\w'\u2019-]+(?: [A-Z]\.?)?(?:[, (]+(?:age )?\d{2}\b.*)?\W*$")  # Sarah M.; Tom, 54
_SAYS_PATIENT = re.compile(r"\b(?:patients?|clients?)\b", re.I)
_REVIEWED = re.compile(r"\b(?:reviews?|reviewer|google|yelp|facebook|healthgrades|trustpilot|anonymous)\b", re.I)
_LEARNED = re.compile(
    r"\b(?:Prof\w*|Ph\.?D|M\.?D|universit\w+|institute|journal|authors?|researcher\w*|poet|writer|coach)\b", re.I
)
_BEFORE = 80  # letters before a quotation in which words say that nobody said it
_OLDEST = 5  # years (WAC 246-808-625)
_RECORD = 'Get their written agreement and name it: `authorization: "signed 2026-10-03, on file"`; or take the words out.'
_IN_TEXT = "Move the words into a block `type: quote` with `authorization:`, or take the story out."
# No story is told without one of these, or without somebody's words in the first person; other texts are not read any closer.
_LIKELY = re.compile(
    " (?:came|walked|limped) (?:to|in)| (?:we|I) (?:treated|adjusted|helped) |patient"
    "|client|testimonial|stor(?:y|ies)\\b|\\bstars?\\b|say(?:ing)? about|[\u2605\u2b50]",
    re.IGNORECASE,
)
_I = re.compile(r"\b(?:I|me|my|My|our|Our|we|We)\b")


@dataclass(frozen=True, slots=True)
class Voice:
    """Phrases of one kind by which a patient's words are known; see data/testimonials.en.yaml."""

    of: str
    phrases: tuple[str, ...]
    source: str
    as_of: str


@mail_rule(
    "K08",
    "a written agreement for every patient's words",
    ERROR,
    WARNING,
    source="HIPAA authorization, 45 CFR 164.508; FTC endorsement guides, 16 CFR 255",
    protects="people",
    needs="words",
)
def patients_words(mails: Mails) -> Iterator[Finding]:
    """A patient's words or story stand in a quote that says when they agreed, with what is typical beside a result."""
    if isinstance(mails, Evidence):
        for index, block in enumerate(mails.issue.text.body):
            if isinstance(block, Quote):
                yield from _quote(mails, index, block)
    for _, group in groupby(mails.statements, key=lambda one: one.path):
        statements = list(group)
        first = statements[0]
        if first.path[0] in ("practitioner", "sender", "author") or _in_a_quote(mails, first):
            continue
        text = " ".join(statement.text for statement in statements)
        speaks = (quoted for quoted in _QUOTED.finditer(text) if _I.search(quoted[1]))
        if (_LIKELY.search(text) or any(speaks)) and (found := _in_text(mails, statements, text)):
            yield found


def _in_a_quote(mails: Mails, statement: Statement) -> bool:
    body = mails.issue.text.body if isinstance(mails, Evidence) and statement.path[0] == "body" else ()
    index = statement.path[1] if len(statement.path) > 1 else None
    return isinstance(index, int) and index < len(body) and isinstance(body[index], Quote)


def _quote(evidence: Evidence, index: int, quote: Quote) -> Iterator[Finding]:
    """What is wrong with one quote, if it is a patient's."""
    place, kinds = evidence.issue_place("body", index, "text"), _kinds(evidence, quote.text)
    if not (quote.authorization or _patients(evidence, quote, kinds)):
        return
    said = f'"{_short(quote.text)}"'
    if country.plain(evidence.practice.text.practice.address.country) in ("au", "australia"):
        harm = f"{said} is a patient's word about care: Australian law forbids testimonials in health advertising."
        yield error(place, harm, "Take the quote out.", "Health Practitioner Regulation National Law, section 133(1)(c)")
    elif not quote.authorization:
        harm = (
            f"{said} reads like a patient's words, and nothing says that they agreed in writing. Others learn who is a patient."
        )
        yield error(place, harm, _RECORD)
    else:
        yield from _with_record(evidence, index, quote, kinds, place)


def _patients(evidence: Evidence, quote: Quote, kinds: set[str]) -> bool:
    """Whether a quote is a patient's: it says so, or somebody who is no author or doctor tells what care did for them."""
    name = quote.name or ""
    if _STARS.search(quote.text + name) or _SAYS_PATIENT.search(name):
        return True
    if _of_the_practice(evidence, name) or _LEARNED.search(name):
        return False
    if _REVIEWED.search(name):
        return True
    about_us = "care" in kinds or _speaks_of_us(evidence, quote.text)
    tells = "outcome" in kinds and bool(kinds & {"care", "health"})
    praises = about_us and "praise" in kinds
    signed = bool(_SIGNED.match(name)) and about_us and bool(kinds & {"health", "praise", "outcome"})
    return ("first" in kinds and (tells or praises or signed)) or (praises and _speaks_of_us(evidence, quote.text))


def _of_the_practice(evidence: Evidence, name: str) -> bool:
    """Whether a name is the practitioner's or the author's."""
    people = [evidence.practice.text.practitioner, evidence.issue.text.author]
    own = {word for person in people if person for word in re.findall(r"\w{3,}", person.name.lower())}
    return bool(own & set(re.findall(r"\w{3,}", name.lower())) - {"the", "and"})


def _speaks_of_us(evidence: Evidence, text: str) -> bool:
    """Whether a text names the practice or its practitioner."""
    last = evidence.practice.text.practitioner.name.split()[-1]
    return bool(re.search(rf"\b{re.escape(last)}\b", text)) or evidence.practice.text.practice.name.lower() in text.lower()


def _with_record(evidence: Evidence, index: int, quote: Quote, kinds: set[str], place: str) -> Iterator[Finding]:
    """What remains to be said of a quote whose patient agreed: results that are not typical, and Washington's rule."""
    if "outcome" in kinds and not any("typical" in _kinds(evidence, words) for words in _beside(evidence, index)):
        harm = (
            f'"{_short(quote.text)}" tells of a result, and nothing beside it says what most people can expect. '
            'Readers would expect the same; "results may vary" is not enough.'
        )
        fix = 'Add to the quote or right below it what is typical: "Most people with ... need some weeks; some do not improve."'
        yield warning(place, harm, fix, "16 CFR 255.2(b)")
    board = boards.rules_for(evidence, "K08")
    if board and (lacks := _lacks(evidence, quote, kinds)):
        yield warning(
            place, f"The record of this quote {lacks}. {board.words}", "Complete the record, or take the quote out.", board.source
        )


def _lacks(evidence: Evidence, quote: Quote, kinds: set[str]) -> str:
    """What Washington's rule would not accept of a quote."""
    record = quote.authorization or ""
    years = [int(year) for year in re.findall(r"\b20\d\d\b", record)]
    if "notarized" not in _kinds(evidence, record):
        return "does not say that the patient's statement is notarized"
    if years and max(years) < evidence.issue.text.date.year - _OLDEST:
        return f"is of {max(years)}, more than five years ago"
    return "stands beside a named diagnosis" if "diagnosis" in kinds else ""


def _beside(evidence: Evidence, index: int) -> Iterable[str]:
    """The texts of a quote and of the blocks right before and after it."""
    paths = {("body", number) for number in (index - 1, index, index + 1)}
    return (statement.text for statement in evidence.statements if statement.path[:2] in paths)


def _in_text(mails: Mails, statements: list[Statement], text: str) -> Finding | None:
    """A patient's words or story in one text that is no quote: the worst of them."""
    for said, heading in _named(mails, text):
        harm = f'"{_short(said)}" tells who is a patient, and nothing says that they agreed in writing.'
        return error(_place(statements, heading), harm, _IN_TEXT)
    for quoted in _QUOTED.finditer(text):
        before = text[max(0, quoted.start() - _BEFORE) : quoted.start()].rpartition(". ")[2]
        kinds = _kinds(mails, quoted[1])
        imagined = "imagined" in _kinds(mails, before) and not re.search(r"[A-Z][a-z]+ (?:says|said|writes|wrote)\W*$", before)
        if {"first", "outcome"} <= kinds and kinds & {"care", "health"} and not imagined and not quoted[1].rstrip().endswith("?"):
            harm = f'"{_short(quoted[1])}" reads like a patient\'s words, and nothing says that they agreed in writing.'
            return error(_place(statements, quoted[1]), harm, _IN_TEXT)
    return _announced(mails, statements)


def _named(mails: Mails, text: str) -> Iterator[tuple[str, str]]:
    """Somebody called a patient by name: the words, and the name."""
    own = set()
    if isinstance(mails, Evidence):
        own = set(re.findall(r"\w+", f"{mails.practice.text.practitioner.name} {mails.practice.text.practice.name}"))
    called = "patient" in text or "client" in text
    came = any(words in text for words in (" came ", " walked ", " limped ", " treated ", " adjusted ", " helped "))
    for pattern in (*((_PATIENT_NAMED, _NAMED_PATIENT) if called else ()), *((_CAME_WITH,) if came else ())):
        for found in pattern.finditer(text):
            if found[1].lower() not in _NO_NAMES and found[1] not in own:
                yield found[0], found[0]


def _announced(mails: Mails, statements: list[Statement]) -> Finding | None:
    """Words that announce patients' stories, or stars."""
    for statement in statements:
        sentence = read(statement.text, mails.language)
        stars = _STARS.search(statement.text)
        for first, last, kind in sorted(_finder(_voices(mails), mails.language).find(sentence)):
            if kind == "story" and not denied(sentence, first, mails.language):
                return _told_of(statement, sentence.quote(first, last))
        if stars:
            return _told_of(statement, stars[0])
    return None


def _told_of(statement: Statement, said: str) -> Finding:
    harm = f'"{said}" announces what patients say: each of them must have agreed in writing, and readers expect the same result.'
    return warning(statement.place, harm, _IN_TEXT)


def _place(statements: list[Statement], said: str) -> str:
    """The place of the sentence in which words begin."""
    begins = " ".join(said.split()[:3])
    return next((statement.place for statement in statements if begins in statement.text), statements[0].place)


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= 60 else plain[:60].rpartition(" ")[0] + " ..."


def _kinds(mails: Mails, text: str) -> set[str]:
    """Which kinds of words a text holds."""
    found = _finder(_voices(mails), mails.language)
    return {kind for part in re.split(r"(?<=[.!?])\s", text) for *_, kind in found.find(read(part, mails.language))}


def _voices(mails: Mails) -> tuple[Voice, ...]:
    return wordings(mails, Voice, "testimonials")


@lru_cache(maxsize=4)
def _finder(voices: tuple[Voice, ...], language: str) -> Finder[str]:
    return Finder(((phrase, voice.of) for voice in voices for phrase in voice.phrases), language)
