"""Offers of free or cheaper care, and what the law of the practice's state wants to stand beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from newsletter.check import facts
from newsletter.check.evidence import Evidence, Mails
from newsletter.check.finding import ERROR, WARNING, Finding, warning
from newsletter.check.registry import details, mail_rule
from newsletter.check.statements import Statement
from newsletter.check.words import boards
from newsletter.check.words.assertion import denied
from newsletter.check.words.phrases import Finder, Sentence, read
from newsletter.check.words.privacy import promotions
from newsletter.check.words.wordings import wordings
from newsletter.read.blocks import Offer

_ANNOUNCING = frozenset(["title", "subject", "preheader"])  # say it first; what it holds to stands further down
_A_CONDITION = 3  # words: what stands in `legal` is one, unless it is "None."
_OFFERED = ("free", "xray", "cheaper", "price")
_MONEY = re.compile(r"[$\u00a3\u20ac]|\b(?:dollars?|pounds|euros?)\b", re.IGNORECASE)
# No offer is made without one of these; a letter without them is not read any closer.
_LIKELY = re.compile(
    r"\bfree\b(?!\s(?:to|of|from)\b)|complimentary|gratis|discount|coupon|voucher|\bgift|groupon|rebate|promo|waiv|[$\u00a3\u20ac]"
    r"|dollar|\bspecials?\b|\bdeals?\b|\bsale\b|(?:\d|%|percent|half)\s?off\b|\bhalf[\s-](?:the\s)?(?:price|off|cost)"
    r"|for (?:one|two|[12])\b"
    r"|\b(?:no|without|reduced|lower|zero|bargain)\s(?:\w{1,9}\s)?(?:charge|cost|price|fee|rate)|costs? (?:you )?nothing"
    r"|free of c|\bon us\b|on the house|\bget (?:one|two|[12]|another)\b|\bsave\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class OfferWords:
    """Phrases that make an offer, or make it none, or say what it holds to; see data/offer_words.en.yaml."""

    of: str
    phrases: tuple[str, ...]
    source: str
    as_of: str


@dataclass(frozen=True, slots=True)
class Demand:
    """What must stand beside an offer: in some states, or (without `states`) everywhere; see data/offers.yaml."""

    on: str
    lacks: str
    statement: str
    source: str
    as_of: str
    states: tuple[str, ...] = ()
    all: tuple[str, ...] = ()
    words: str = ""
    capitals: str = ""


@dataclass(slots=True)
class Offered:
    """What one block offers: the words, where they stand, and the kinds of words in the block."""

    place: str = ""
    said: str = ""
    kinds: set[str] = field(default_factory=set)
    announced: bool = False
    in_offer: bool = False  # a block `type: offer`, which has a key `legal`


@mail_rule(
    "K07",
    "beside an offer, what it holds to and what the state wants said",
    ERROR,
    WARNING,
    source="state boards; FTC guide on the word free, 16 CFR 251",
    protects="the law",
    needs="words",
)
def offers_explained(mails: Mails) -> Iterator[Finding]:
    """Free or cheaper care is offered with its conditions, and with the statement that the practice's state wants."""
    offers = offers_in(mails)
    conditions = {kind for offered in offers for kind in offered.kinds}
    demands = list(_demands(mails))
    told: set[str] = set()
    for offered in offers:
        known = conditions if offered.announced else offered.kinds
        for demand in demands:
            if demand.lacks in told or not _asks(demand, offered) or _is_met(mails, demand, known):
                continue
            if demand.states:
                told.add(demand.lacks)  # one statement serves the whole letter
            yield _lacking(mails, demand, offered)
            break


@details("K07")
def demands_known() -> Iterator[str]:
    """What each state wants beside an offer."""
    for demand in facts.entries(Demand, "offers"):
        where = demand.states[-1] if demand.states else "everywhere"
        yield f"{where}: {demand.lacks} ({demand.source}; as of {demand.as_of})"


def offers_in(mails: Mails) -> list[Offered]:
    """What each block of a letter offers, in the order of the letter."""
    return _offers(mails) if _likely(mails) else []


def _likely(mails: Mails) -> bool:
    """Whether a letter holds a word without which nothing is offered."""
    return any(_LIKELY.search(statement.text) for statement in _spoken(mails))


def _offers(mails: Mails) -> list[Offered]:
    """What each block of a letter offers, in the order of the letter."""
    finder = _finder(wordings(mails, OfferWords, "offer_words"), mails.language)
    elsewhere = {statement for statement, _ in promotions(mails)}
    blocks: dict[object, Offered] = {}
    for statement in _spoken(mails):
        in_offer = _is_offer(mails, statement)
        offered = blocks.setdefault(_block(statement), Offered(announced=statement.key in _ANNOUNCING, in_offer=in_offer))
        sentence = read(statement.text, mails.language)
        found = finder.find(sentence)
        offered.kinds |= {kind for *_, kind in found if kind not in _OFFERED}
        if statement.key == "legal" and len(sentence.stems) >= _A_CONDITION:
            offered.kinds.add("conditions")
        said = None if statement in elsewhere else _made(sentence, found, mails.language, in_offer)
        if said:
            offered.kinds |= {kind for *_, kind in found if kind in _OFFERED}
            offered.place, offered.said = offered.place or statement.place, offered.said or said
    return [offered for offered in blocks.values() if offered.said]


def _spoken(mails: Mails) -> Iterator[Statement]:
    """Every sentence but those about the practitioner."""
    return (statement for statement in mails.statements if statement.path[0] not in ("practitioner", "sender", "author"))


def _made(sentence: Sentence, found: list[tuple[int, int, str]], language: str, in_offer: bool) -> str:
    """The words of a sentence that offer something; none where others offer it, or where it is denied."""
    kinds = {kind for *_, kind in found}
    if "third" in kinds and not in_offer:
        return ""
    harmless = [(first, last) for first, last, kind in found if kind == "unless"]
    for first, last, kind in sorted(found):
        inside = any(begin < last and first < end for begin, end in harmless)
        priced = kind != "price" or _MONEY.search(sentence.text)
        if kind in _OFFERED and priced and not inside and not denied(sentence, first, language):
            return sentence.quote(first, last)
    return ""


def _block(statement: Statement) -> object:
    """What is read as one: the block of an issue; the whole of a foreign mail's page."""
    return statement.path[:2] if statement.path[0] == "body" else statement.path[:1]


def _is_offer(mails: Mails, statement: Statement) -> bool:
    if not isinstance(mails, Evidence) or statement.path[0] != "body" or not isinstance(statement.path[1], int):
        return False
    return isinstance(mails.issue.text.body[statement.path[1]], Offer)


@lru_cache(maxsize=4)
def _finder(words: tuple[OfferWords, ...], language: str) -> Finder[str]:
    return Finder(((phrase, entry.of) for entry in words for phrase in entry.phrases), language)


def _demands(mails: Mails) -> Iterator[Demand]:
    """What must stand beside an offer of this practice: its state's demands first, then everybody's."""
    folder = mails.practice.folder if isinstance(mails, Evidence) else None
    demands = facts.entries(Demand, "offers", folder)
    board = boards.rules_for(mails, "K07")
    here = {state.casefold() for state in board.states} if board else set()
    yield from (demand for demand in demands if demand.states and not here.isdisjoint(map(str.casefold, demand.states)))
    yield from (demand for demand in demands if not demand.states)


def _asks(demand: Demand, offered: Offered) -> bool:
    """Whether a demand is about this offer."""
    if demand.on == "xray":
        return "xray" in offered.kinds
    return demand.on == "offer" or not offered.kinds.isdisjoint(["free", "xray"])


def _is_met(mails: Mails, demand: Demand, kinds: set[str]) -> bool:
    """Whether what must be said is said: words at the offer, or a statement anywhere in the letter."""
    if demand.words:
        return demand.words in kinds
    return _stands(mails, demand, capitals=bool(demand.capitals))


def _stands(mails: Mails, demand: Demand, *, capitals: bool) -> bool:
    """Whether a statement stands in the letter, in capital letters or in any."""
    sample = mails.samples[0]
    letter = " ".join(f"{sample.page.visible} {sample.text or ''}".split())
    letter, case = (letter, str) if capitals else (letter.upper(), str.upper)
    return all(any(case(form) in letter for form in words.split("|")) for words in demand.all)


def _lacking(mails: Mails, demand: Demand, offered: Offered) -> Finding:
    """What to say of an offer that lacks something."""
    harm = f'"{offered.said}" is an offer, and the letter does not say {demand.lacks}.'
    where = "Add to `legal:` of the offer" if offered.in_offer else "Write beside it"
    fix = f"{where}: {demand.statement}"
    if demand.capitals and demand.all and _stands(mails, demand, capitals=False):
        harm, fix = (
            f'"{offered.said}" is an offer, and its statement is not in capital letters.',
            f"Write it so: {demand.statement}",
        )
    if demand.states:
        return boards.judged(mails, "K07", offered.place, harm.replace("does not say the", "lacks the"), fix)
    return warning(offered.place, f"{harm} People come and are surprised by what it costs.", fix, demand.source)
