"""What chiropractic boards forbid to promise: cures, guarantees, success rates, superiority, nameless studies, and fear."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.check.evidence import Evidence, Mails
from newsletter.check.finding import ERROR, WARNING, Finding
from newsletter.check.registry import details, mail_rule
from newsletter.check.statements import Statement
from newsletter.check.words import assertion, boards
from newsletter.check.words.claim_phrases import claimed
from newsletter.check.words.references import identified, of_a_study
from newsletter.check.words.stems import Sentence


@mail_rule(
    "K03",
    "no promise of a cure",
    *(ERROR, WARNING),
    source="22 TAC 77.4(a); HAR 16-76-57; FTC Health Products Compliance Guidance (2022)",
    protects="the law",
    needs="words",
)
def cures(mails: Mails) -> Iterator[Finding]:
    """Cures, guarantees, miracles, "for ever", "every time", no risk, a stated time; a sentence that denies them is none."""
    return claimed(mails, "K03")


@mail_rule("K04", "no success rates", ERROR, WARNING, source="OAR 811-015-0045(1)(b)", protects="the law", needs="words")
def success_rates(mails: Mails) -> Iterator[Finding]:
    """How many patients get well, in numbers or as "almost all"; what a named study found is none."""

    def tells_of_a_study(statement: Statement, sentence: Sentence) -> bool:
        return of_a_study(sentence, mails.language) and identified(mails, statement, sentence)

    return claimed(mails, "K04", tells_of_a_study)


@mail_rule(
    "K05",
    "no superiority over others",
    *(ERROR, WARNING),
    source="WAC 246-808-600(1)(b); HAR 16-76-57(b)(7); Ga. Comp. R. & Regs. 100-4-.01(2)(b)",
    protects="the law",
    needs="words",
)
def superiority(mails: Mails) -> Iterator[Finding]:
    """Best, number one, leading, unlike other clinics, better than surgery."""
    return claimed(mails, "K05")


@mail_rule(
    "K09",
    "a name for every study",
    *(ERROR, WARNING),
    source="22 TAC 77.1(b); N.H. Admin. Code Ch 406.04(c)",
    protects="the law",
    needs="words",
)
def nameless_studies(mails: Mails) -> Iterator[Finding]:
    """Words like "studies show" or "clinically proven" without `sources:`, a link beside them, or the study's year or journal."""
    return claimed(mails, "K09", lambda statement, sentence: identified(mails, statement, sentence))


@mail_rule("K12", "no fear of going without care", ERROR, WARNING, source="22 TAC 77.4(a)(8)", protects="the law", needs="words")
def fear(mails: Mails) -> Iterator[Finding]:
    """What befalls those who do not come for care; warning signs, and sentences that send people to a doctor, are none."""

    def warns(statement: Statement, sentence: Sentence) -> bool:
        return _in_warning(mails, statement) or assertion.sends_to_doctor(sentence, mails.language)

    return claimed(mails, "K12", warns)


def _in_warning(mails: Mails, statement: Statement) -> bool:
    """Whether a statement stands in a block of warning signs, or among the cautions of an exercise."""
    if not isinstance(mails, Evidence) or statement.path[0] != "body":
        return False
    block = statement.path[1]
    return statement.key == "caution" or (isinstance(block, int) and mails.issue.text.body[block].type == "warning")


@details("K03")
def states_on_cures() -> Iterator[str]:
    """Where a promise is an error."""
    return boards.details_of("K03")


@details("K04")
def states_on_success_rates() -> Iterator[str]:
    """Where a success rate is an error."""
    return boards.details_of("K04")


@details("K05")
def states_on_superiority() -> Iterator[str]:
    """Where superiority is an error."""
    return boards.details_of("K05")


@details("K09")
def states_on_studies() -> Iterator[str]:
    """Where a nameless study is an error."""
    return boards.details_of("K09")


@details("K12")
def states_on_fear() -> Iterator[str]:
    """Where fear is an error."""
    return boards.details_of("K12")
