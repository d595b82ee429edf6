"""Titles: "Dr." beside a name that does not say chiropractor, and specialties that do not say who granted them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter.check.evidence import Evidence, Mails, Received
from newsletter.check.finding import ERROR, WARNING, Finding, warning
from newsletter.check.registry import details, mail_rule, received, rule
from newsletter.check.sample import HEADERS, HTML_PART
from newsletter.check.statements import Statement
from newsletter.check.words import assertion, boards
from newsletter.check.words.claim_phrases import claimed
from newsletter.check.words.stems import Sentence

_TITLE = re.compile(r"\b(?:drs?|doctors|physicians?|doctor(?!\s+of\b))\b", re.IGNORECASE)
_TITLED_NAME = re.compile(r"\bDr\.? [A-Z]")
_LICENSE = re.compile(r"(?i:chiropract)|(?<!Washington )(?<!Washington, )\bD\.? ?C\b|, d\.?c\b")  # the city is no license
_FIX = "Write `credentials: D.C.` (or Doctor of Chiropractic, or chiropractor) below the name."


@rule(
    "K02",
    "the license beside the title",
    ERROR,
    WARNING,
    source="22 TAC 77.3(a), (b); Conn. Gen. Stat. 20-32",
    protects="the law",
)
def license_named(evidence: Evidence) -> Iterator[Finding]:
    """Signature and sender with "Dr." and no D.C., chiropractor or chiropractic, or with no kind of license at all."""
    practice, author = evidence.practice.text, evidence.issue.text.author
    signs = author or practice.practitioner
    place = evidence.issue_place("author", "name") if author else evidence.key_place("practitioner", "name")
    said = bool(_LICENSE.search(practice.practice.name) or _LICENSE.search(evidence.samples[0].page.visible))
    name = signs.full_name
    if not _LICENSE.search(name):
        if _TITLE.search(name) and said:
            yield warning(place, f'Readers may take "{name}" for a medical doctor: no D.C. stands beside the name.', _FIX)
        elif _TITLE.search(name):
            harm = f'Readers must take "{name}" for a medical doctor: nothing in the mail says chiropractor.'
            yield boards.judged(evidence, "K02", place, harm, _FIX)
        elif not said:
            harm = f'Nothing in the mail says that "{name}" is a chiropractor: readers cannot know what kind of license it is.'
            yield boards.judged(evidence, "K02", place, harm, _FIX)
    sender = practice.sender.name
    if sender != signs.name and _TITLE.search(sender) and not _LICENSE.search(sender):
        harm = f'In the inbox readers see only "{sender}", and may take you for a medical doctor.'
        fix = f"Write `name: {sender}, D.C.` under `sender`, or the name of the practice."
        yield warning(evidence.key_place("sender", "name"), harm, fix)


@received("K02")
def license_named_in_mail(mail: Received) -> Iterator[Finding]:
    """The same in a mail that was received: "Dr." and nowhere a word of chiropractic."""
    sample = mail.samples[0]
    names = " ".join(name for header in sample.named("From") for name, _ in header.mailboxes)
    seen = f"{names} {sample.subject} {sample.page.visible if sample.html else sample.text or ''}"
    if _LICENSE.search(seen):
        return
    place = HEADERS if _TITLE.search(names) else HTML_PART
    if place == HEADERS or _TITLED_NAME.search(seen):
        yield warning(
            place, 'The mail says "Dr." and nowhere what kind of doctor.', 'Write "D.C." or "chiropractor" behind the name.'
        )


@mail_rule(
    "K06",
    "a named board behind every specialty",
    *(ERROR, WARNING),
    source="22 TAC 77.3(e), (f); 21 NCAC 10 .0302(3); HAR 16-76-57(b)(6)",
    protects="the law",
    needs="words",
)
def specialties(mails: Mails) -> Iterator[Finding]:
    """Specialist, "specializes in", board certified, expert, diplomate, without the body that granted it in the same sentence."""
    board = boards.rules_for(mails, "K06")
    prefixed = board is not None and board.state == "North Carolina"  # "neurologist" must read "chiropractic neurologist"

    def granted(_: Statement, sentence: Sentence) -> bool:
        named = assertion.has(sentence, "certifying boards", mails.language)
        return named and ("chiropractic" in sentence.known or not prefixed)

    return claimed(mails, "K06", granted)


@details("K02")
def states_on_titles() -> Iterator[str]:
    """Where a title without the license is an error."""
    return boards.details_of("K02")


@details("K06")
def states_on_specialties() -> Iterator[str]:
    """Where a specialty without its board is an error."""
    return boards.details_of("K06")
