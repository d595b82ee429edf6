"""What tells others that a reader is a patient or what they suffer from, and promotions that somebody else pays for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from urllib.parse import parse_qsl, urlsplit

from newsletter.check import facts
from newsletter.check.evidence import Evidence, Mails
from newsletter.check.finding import ERROR, WARNING, Finding, error, warning
from newsletter.check.registry import details, mail_rule
from newsletter.check.sample import HTML_PART
from newsletter.check.statements import Statement
from newsletter.check.words.assertion import denied
from newsletter.check.words.phrases import Finder, read
from newsletter.check.words.wordings import wordings

_ALWAYS = ("patient", "visit", "record", "diagnosis", "condition")  # telling wherever they stand
_OPEN = ("patient", "diagnosis", "condition")  # "if you have sciatica, your sciatica may ..." leaves open who is meant
_BEFORE_OPENING = frozenset(["subject", "preheader"])  # what others see over a shoulder, or on a locked phone
_HEADLINES = frozenset(["subject", "preheader", "title", "heading", "label"])
_NAMES = frozenset(["name", "nickname", "greeting", "salutation", "firstname", "lastname"])
# No promotion is paid for without one of these; sentences without them are not read any closer.
_PAID_SIGNS = (
    *("sponsor", "paid", "partner", "affiliate", "associate", "commission", "code", "fund", "brought", "promot", "presented"),
    *("made possible", "fee", "teamed", "forces", "collaborat", "cooperat", "association", "ambassador", "advert", "underwrit"),
    *("kickback", "percentage", "cut ", "compensated"),
)
_AUTHORIZED = "marketing that somebody pays for needs the patient's authorization (HIPAA, 45 CFR 164.508(a)(3))"


@dataclass(frozen=True, slots=True)
class Telling:
    """Phrases of one kind, what they tell, and what to write instead; `unless` makes them none. See data/privacy.en.yaml."""

    of: str
    phrases: tuple[str, ...]
    tells: str
    instead: str
    source: str
    as_of: str
    unless: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Network:
    """An affiliate network: hosts of its links, and the parameters by which shops (`on`, or all) know who sent a buyer."""

    name: str
    parameters: tuple[str, ...]
    hosts: tuple[str, ...]
    source: str
    as_of: str
    on: tuple[str, ...] = ()


@mail_rule(
    "K14",
    "nothing that tells who is a patient, or for what",
    ERROR,
    WARNING,
    source="HIPAA: being a patient is protected health information, 45 CFR 160.103",
    protects="people",
    needs="words",
)
def nobody_exposed(mails: Mails) -> Iterator[Finding]:
    """No merge field of a health or account detail, and no words that call the reader a patient or name their condition."""
    if isinstance(mails, Evidence):
        yield from _fields(mails)
    entries = _entries(mails)
    finder, exempt = _finders(entries, mails.language)
    opens = False
    for statement in mails.statements:
        if statement.path[0] in ("practitioner", "sender", "author"):
            continue
        sentence = read(statement.text, mails.language)
        found = finder.find(sentence)
        before, opens = opens, any(entry.of == "if" for *_, entry in found) and statement.key not in _HEADLINES
        excused = {entry for *_, entry in exempt.find(sentence)}
        for first, last, entry in sorted(found, key=lambda one: (one[0], -one[1])):
            if entry in excused or not _tells(statement, entry, before or _left_open(found, first)):
                continue
            if entry.of == "patient" and denied(sentence, first, mails.language):
                continue
            yield _exposing(statement, sentence.quote(first, last), entry)
            break


def _tells(statement: Statement, entry: Telling, left_open: bool) -> bool:
    """Whether words of a kind tell something about the reader where they stand."""
    if entry.of == "complaint":
        return statement.key in _BEFORE_OPENING
    if entry.of not in _ALWAYS:
        return False
    return not (left_open and entry.of in _OPEN and statement.key not in _BEFORE_OPENING)


def _left_open(found: list[tuple[int, int, Telling]], first: int) -> bool:
    """Whether "if", "people with" or the like stands before a place of the sentence."""
    return any(entry.of == "if" and start < first for start, _, entry in found)


def _exposing(statement: Statement, said: str, entry: Telling) -> Finding:
    where = "Others can see it over a shoulder" if statement.key in _BEFORE_OPENING else "Whoever sees the mail learns it"
    return warning(statement.place, f'"{said}" tells {entry.tells}. {where}.', entry.instead)


def _fields(evidence: Evidence) -> Iterator[Finding]:
    """Merge fields that put a health or account detail of the reader into the mail."""
    words = {phrase for entry in _entries(evidence) if entry.of == "field" for phrase in entry.phrases}
    for use in dict.fromkeys(evidence.uses):
        parts = re.findall(r"[a-z]+|[A-Z][a-z]*|\d+", use.name)
        plain = [part.lower() for part in parts]
        if _NAMES & set(plain):
            continue
        joined = {*plain, "".join(plain), *(a + b for a, b in pairwise(plain))}
        if joined & words:
            harm = f"{{{{ {use.name} }}}} puts a health or account detail of each reader into a mail that others may see."
            fix = f"Take {{{{ {use.name} }}}} out, and the column out of the list: a name is enough."
            yield error(f"{evidence.issue.document.path}:{use.line}", harm, fix)


@mail_rule(
    "K15",
    "no promotion that somebody else pays for",
    WARNING,
    source="HIPAA marketing rule, 45 CFR 164.501 and 164.508(a)(3)",
    needs="words",
)
def nobody_pays(mails: Mails) -> Iterator[Finding]:
    """No sponsor, paid partnership, or code of somebody's shop in the text, and no affiliate link."""
    for statement, said in promotions(mails):
        harm = f'"{said}" reads as if somebody pays for it: {_AUTHORIZED}.'
        fix = "Leave it out, or ask a lawyer; if nobody pays, say so, and accept this finding with that reason."
        yield warning(statement.place, harm, fix)
    yield from _affiliate_links(mails)


@details("K15")
def networks_known() -> Iterator[str]:
    """The affiliate networks whose links are known."""
    for network in facts.entries(Network, "affiliate_links"):
        signs = ", ".join([*network.hosts, *(f"?{parameter}=" for parameter in network.parameters)])
        yield f"{network.name}: {signs} ({network.source}; as of {network.as_of})"


def promotions(mails: Mails) -> Iterator[tuple[Statement, str]]:
    """Each sentence of a paid promotion, with the words that show it."""
    for statement in mails.statements:
        lower = statement.text.lower()
        if statement.path[0] in ("practitioner", "sender") or not any(sign in lower for sign in _PAID_SIGNS):
            continue
        finder, _ = _finders(_entries(mails), mails.language)
        sentence = read(statement.text, mails.language)
        found = sorted(finder.find(sentence), key=lambda one: one[0])
        if any(entry.of == "unless paid" for *_, entry in found):
            continue
        for first, last, entry in found:
            if entry.of in ("paid", "code") and not denied(sentence, first, mails.language):
                yield statement, sentence.quote(first, last)
                break


def _affiliate_links(mails: Mails) -> Iterator[Finding]:
    """Links by which somebody is paid; the practice's own website may use such parameters as it likes."""
    folder = mails.practice.folder if isinstance(mails, Evidence) else None
    networks = facts.entries(Network, "affiliate_links", folder)
    own = _own_hosts(mails)
    seen: set[str] = set()
    for sample in mails.samples:
        for link in sample.page.links:
            if link.href in seen or not link.href.lower().startswith("http"):
                continue
            seen.add(link.href)
            if (found := _network(link.href, networks, own)) is not None:
                harm = f"The link {link.href[:60]} belongs to {found.name}: somebody is paid when readers buy, and {_AUTHORIZED}."
                yield warning(mails.place_of(link.href, HTML_PART), harm, "Link to the page without it.", found.source)


def _network(href: str, networks: tuple[Network, ...], own: frozenset[str]) -> Network | None:
    """The affiliate network that a link belongs to."""
    try:
        parts = urlsplit(href)
        host = (parts.hostname or "").removeprefix("www.")
        given = {key.lower() for key, _ in parse_qsl(parts.query, keep_blank_values=True)}
    except ValueError:
        return None
    if _on(host, own) or host.endswith((".gov", ".edu", ".mil")):
        return None
    for network in networks:
        if _on(host, network.hosts) or (not given.isdisjoint(network.parameters) and (not network.on or _on(host, network.on))):
            return network
    return None


def _on(host: str, hosts: tuple[str, ...] | frozenset[str]) -> bool:
    return any(host == known or host.endswith(f".{known}") for known in hosts)


def _own_hosts(mails: Mails) -> frozenset[str]:
    """The hosts of the practice: its website, its booking page, its sender's domain."""
    found = {mails.domain}
    if isinstance(mails, Evidence):
        clinic = mails.practice.text.practice
        for address in (clinic.website, clinic.booking_url, mails.practice.text.unsubscribe.url, *clinic.social.values()):
            found.add((urlsplit(address or "").hostname or "").removeprefix("www."))
    return frozenset(filter(None, found))


def _entries(mails: Mails) -> tuple[Telling, ...]:
    return wordings(mails, Telling, "privacy")


@lru_cache(maxsize=4)
def _finders(entries: tuple[Telling, ...], language: str) -> tuple[Finder[Telling], Finder[Telling]]:
    """What finds the phrases, and what finds those that excuse an entry."""
    spoken = [entry for entry in entries if entry.of != "field"]
    return (
        Finder(((phrase, entry) for entry in spoken for phrase in entry.phrases), language),
        Finder(((phrase, entry) for entry in spoken for phrase in entry.unless), language),
    )
