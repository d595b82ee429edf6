"""The list itself: how people agreed, what it says of them beyond an address and a name, and whose addresses they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from newsletter.check import facts
from newsletter.check.account import country
from newsletter.check.evidence import Evidence
from newsletter.check.finding import ADVICE, ERROR, WARNING, Finding, Severity, advice, error, warning
from newsletter.check.people.column_titles import ColumnTitles, ListColumn
from newsletter.check.people.survey import Rows
from newsletter.check.registry import details, rule
from newsletter.check.words.offers import offers_in
from newsletter.read.blocks import Offer
from newsletter.read.practice import Practice

_GMAIL = "https://support.google.com/a/answer/15263077"
_HIPAA = "minimum necessary, 45 CFR 164.502(b): https://www.ecfr.gov/current/title-45/section-164.502"
_MOST_NAMED = 6


@dataclass(frozen=True, slots=True)
class ConsentLaw:
    """A law that wants a record of how each reader agreed; the fields are explained in consent_laws.yaml."""

    countries: tuple[str, ...]
    law: str
    source: str
    as_of: str


@dataclass(frozen=True, slots=True)
class AdvertisingWords:
    """Words that call a letter advertising; see advertising.en.yaml."""

    words: tuple[str, ...]
    source: str
    as_of: str


def _consent_law(practice: Practice) -> ConsentLaw | None:
    here = country.plain(practice.text.practice.address.country)
    laws = facts.entries(ConsentLaw, "consent_laws", practice.folder)
    return next((law for law in laws if here in map(country.plain, law.countries)), None)


def _unrecorded(evidence: Evidence) -> Rows:
    """The people who would be mailed and of whom nothing says how they agreed."""
    return Rows() if evidence.practice.text.subscribers.consent else evidence.survey.unrecorded


@rule("L02", "a record of how each reader agreed", ERROR, WARNING, source=_GMAIL, protects="the law")
def consent_recorded(evidence: Evidence) -> Iterator[Finding]:
    """A column of the list or a line in practice.yaml says how or when people agreed to get the letter."""
    rows, survey = _unrecorded(evidence), evidence.survey
    if not rows:
        return
    law = _consent_law(evidence.practice)
    if survey.consent:
        place, column = evidence.row(rows.lines[0]), survey.consent[0]
        who = rows.spoken("person agreed to get your letter", "people agreed to get your letter")
        columns = " and ".join(f"`{name}`" for name in survey.consent[:3])
        harm = f"Nothing says how {who}: no entry in {columns} ({rows.where})."
        fix = f"Fill in `{column}`, or write how they agreed in practice.yaml: `subscribers: {{consent: ...}}`."
    else:
        place = evidence.row(survey.header)
        harm = "Nothing says how the people on the list agreed to get your letter. If one complains, you have nothing to show."
        fix = 'Write it in practice.yaml, as `subscribers: {consent: "Sign-up form at the front desk"}`, or add `consent_source`.'
    if law:
        yield error(place, f"{harm} The law asks for proof of it ({law.law}).", fix, law.source)
    else:
        yield warning(place, harm, fix)


@rule("L03", "a list without health records and identity numbers", ERROR, WARNING, ADVICE, source=_HIPAA, protects="people")
def no_more_than_needed(evidence: Evidence) -> Iterator[Finding]:
    """No filled column whose title stands for health, insurance, identity numbers, birth dates or the like."""
    groups: dict[tuple[Severity, ListColumn], list[str]] = defaultdict(list)
    for name, column in evidence.survey.telling.items():
        groups[_level(column, evidence.practice), column].append(name)
    for (severity, column), names in groups.items():
        more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
        columns = ", ".join(f"`{name}`" for name in names[:_MOST_NAMED]) + more
        one = len(names) == 1
        harm = f"The list holds {column.kind} in {'the column' if one else 'the columns'} {columns}: {column.why}."
        fix = f"Delete {'it' if one else 'them'} from the list, and export only the address and the first name next time."
        fix += f" {column.instead}" if column.instead else ""
        yield Finding(severity, evidence.row(evidence.survey.header), harm, fix, column.source)


def _level(column: ListColumn, practice: Practice) -> Severity:
    """How bad a column is; raises ProblemsFound for a word in the practice's own file that is no level."""
    said = (practice.text.subscribers.patients and column.with_patients) or column.level
    try:
        return Severity[said.upper()]
    except KeyError:
        words = ", ".join(severity.word for severity in Severity)
        raise facts.problem(practice.folder, "list_columns", f'"{said}" is no level.', f"Write one of: {words}.") from None


@rule("L04", "addresses of people, not of desks and machines", WARNING, source="RFC 2142; mailbox providers' complaint rates")
def addresses_of_people(evidence: Evidence) -> Iterator[Finding]:
    """No `info@`, `postmaster@`, `noreply@` or test address on the list, unless it is at the practice's own domain."""
    for role, rows in evidence.survey.roles.items():
        counted = rows.spoken("address", "addresses")
        harm = f"The list has {counted} {role.what}, as {rows.first} ({rows.where}). {role.harm}"
        yield warning(evidence.row(rows.lines[0]), harm, role.fix, role.source)


@rule(
    "K19",
    "a word that an offer is advertising, or readers who agreed to get it",
    ADVICE,
    source="CAN-SPAM, 15 USC 7704(a)(5)(A)(i): https://www.law.cornell.edu/uscode/text/15/7704",
    needs="words",
)
def advertising_named(evidence: Evidence) -> Iterator[Finding]:
    """An offer to people of whom nothing says that they agreed is called advertising somewhere in the letter (US law)."""
    if not _unrecorded(evidence) or not country.in_the_us(evidence.practice):
        return
    place, words = _offer(evidence), facts.entries(AdvertisingWords, "advertising", evidence.practice.folder, evidence.language)
    said = evidence.samples[0].text or evidence.samples[0].page.visible
    if place and not any(_says(said, word) for entry in words for word in entry.words):
        harm = (
            "This letter makes an offer, and nothing says that its readers agreed to get it: US law wants it called advertising."
        )
        yield advice(place, harm, 'Record how people agreed (L02), or write "Advertisement" above the offer.')


def _offer(evidence: Evidence) -> str:
    """Where the letter makes an offer: a block of that kind, or words that make one; nothing where it makes none."""
    blocks = enumerate(evidence.issue.text.body)
    places = [evidence.issue_place("body", index, "heading") for index, block in blocks if isinstance(block, Offer)]
    return next(iter([*places, *(offered.place for offered in offers_in(evidence))]), "")


def _says(text: str, word: str) -> bool:
    return f" {word}" in f" {' '.join(text.lower().split())}"


@details("L03")
def columns_known() -> Iterator[str]:
    """A line for each kind of column, with the titles that stand for it."""
    for column in ColumnTitles().known:
        if column.why:
            yield f"{column.kind} ({column.level}): {', '.join(column.titles)}"


@details("L02")
def laws_known() -> Iterator[str]:
    """A line for each law that wants a record of consent."""
    for law in facts.entries(ConsentLaw, "consent_laws"):
        yield f"{law.law}: an error in {', '.join(law.countries)} ({law.source}, {law.as_of})"
