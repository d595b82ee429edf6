"""Runs the rules over one issue and its list: the same for `check`, for the preview's drawer and before a send."""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from newsletter.check import facts
from newsletter.check.evidence import NOTHING_KNOWN, Evidence, Mails, Received, Record, gather
from newsletter.check.finding import Finding, Report, Severity
from newsletter.check.message.foreign import alike_once, no_newsletter, theirs
from newsletter.check.registry import RULES, Needs, Rule
from newsletter.errors import Problem, ProblemsFound, did_you_mean

if TYPE_CHECKING:
    from newsletter.check.network.net import Net
    from newsletter.compose.identity import Secrets
    from newsletter.compose.mail import Mail
    from newsletter.read.subscribers import SubscriberList

FAMILIES = {
    "message": (
        *("headers", "placeholders", "subject", "preheader", "sender", "same_words", "parts", "unsubscribe"),
        *("spam_filter", "authentication"),
    ),
    "account": ("practice", "provider", "domain", "signing", "online_pages"),
    "people": ("rows", "list_columns"),
    "page": ("sizes", "pictures", "dark_mode", "links", "link_names", "support", "elements"),
    "access": ("structure", "headings", "link_words", "alt_words", "contrast", "legible", "touch"),
    "words": (
        *("claims", "illness", "titles", "offers", "testimonials", "safety", "privacy", "credits", "calendar"),
        *("plain_language", "spelling"),
    ),
}
# What Gmail asks of everybody who mails its users (support.google.com/mail/answer/81126), read 2026-11-22.
GMAIL = frozenset(("M01", "M02", "M03", "M04", "M07", "M08", "A01", "A03", "A04", "A05", "A06", "A10"))
# What it asks only of those who mail many, and what makes it show less of a mail.
GMAIL_OF_LISTS = frozenset(("U01", "U03", "U05", "U07", "H01", "H12"))
# What is as wrong in a letter to one person as in a newsletter: how it was made and sent, and what its links and pictures do.
_OF_ANY_MAIL = frozenset(("M01", "M02", "M03", "M04", "M05", "M07", "M08", "M13", "H10", "H11", "H13", "S01"))
RuleLook = tuple[Rule, Needs, Callable[[], Iterable[Finding]]]


def load_rules() -> dict[str, Rule]:
    """Every rule by its id, in the order in which they are told."""
    for room, families in FAMILIES.items():
        for family in families:
            importlib.import_module(f"newsletter.check.{room}.{family}")
    return RULES


def check_issue(  # noqa: PLR0913, PLR0917  # each is something of its own that only the caller has
    mail: Mail,
    subscribers: SubscriberList | None,
    secrets: Secrets,
    now: datetime,
    record: Record = NOTHING_KNOWN,
    net: Net | None = None,
    only: Collection[str] = (),
) -> Report:
    """Everything that is wrong with an issue as it would be sent to these subscribers at this moment.

    `secrets` are the practice's keys (`ledger.keys`), `now` is aware, `record` what the ledger says of this issue, `net` the
    network where it may be asked, `only` ids of rules or their first letters; None for `subscribers` checks the mail with
    invented readers. Raises ProblemsFound for files that cannot be read.
    """
    return run(gather(mail, subscribers, secrets, now, record, net), only)


def run(evidence: Evidence, only: Collection[str] = ()) -> Report:
    """Every rule once over the same evidence; what the issue accepts is marked so, with its reason."""
    rules = [rule for rule in load_rules().values() if chosen(rule.id, only)]
    looks = [(rule, rule.needs, partial(rule.look, evidence)) for rule in rules if rule.look]
    files = [document.path for document in evidence.documents]
    return _accepted(_run(looks, _there(evidence), files), evidence)


def run_received(mail: Received, only: Collection[str] = ()) -> Report:
    """Every rule that can judge a mail by itself, over one that was received; of a letter to one person, without `only`, those
    that are not about newsletters.
    """
    rules = [rule for rule in load_rules().values() if chosen(rule.id, only)]
    looks = [(rule, rule.needs_received, partial(rule.received, mail)) for rule in rules if rule.received]
    letter = not only and no_newsletter(mail.samples[0])
    run = [look for look in looks if not letter or look[0].id[0] == "A" or look[0].id in _OF_ANY_MAIL]
    report = _run(run, _there(mail))
    skipped = {**report.skipped, **({"newsletter": len(looks) - len(run)} if letter else {})}
    return replace(report, findings=alike_once(tuple(map(theirs, report.findings))), skipped=skipped)


def _there(mails: Mails) -> set[Needs]:
    """What rules may need that there is: the network, words in the mail's language, programs."""
    there: set[Needs] = {"online"} if isinstance(mails, Evidence) and mails.net else set()
    there |= {"words"} if mails.language in facts.languages() else set()
    return there | ({"tool"} if shutil.which("spamassassin") else set())


def chosen(rule_id: str, only: Collection[str]) -> bool:
    """Whether a rule is among those asked for by id (`K03`) or by letter (`K`); without any asked for, all are."""
    return not only or rule_id in only or rule_id[0] in only


def _run(looks: Iterable[RuleLook], there: Collection[Needs], files: Collection[str] = ()) -> Report:
    """Every look once whose needs are `there`.

    A breach that several mails share is told once, where it was met first; one in several lines of `files`, line by line.
    """
    found: dict[tuple[str, Severity, str, str], Finding] = {}
    passed, skipped = 0, dict[str, int]()
    for rule, needs, look in looks:
        if needs and needs not in there:
            skipped[needs] = skipped.get(needs, 0) + 1
            continue
        findings = [finding.by(rule.id, rule.source) for finding in look()]
        passed += not findings
        for finding in findings:
            line = finding.place if finding.place.rpartition(":")[0] in files else ""
            found.setdefault((finding.id, finding.severity, finding.harm, line), finding)
    return Report(tuple(sorted(found.values(), key=lambda finding: finding.severity)), passed, skipped)


def _accepted(report: Report, evidence: Evidence) -> Report:
    """The report with what the issue's `accept` names marked, and put last; raises ProblemsFound for an id there is not."""
    reasons = _reasons(evidence)
    findings = []
    for finding in report.findings:
        reason, protects = reasons.get(finding.id, ""), RULES[finding.id].protects
        if reason and protects and finding.severity is Severity.ERROR:
            whom = "it protects people's privacy" if protects == "people" else "the law asks for it"
            fix = f"{finding.fix} It cannot be accepted: {whom}."
            findings.append(replace(finding, fix=fix))
        else:
            findings.append(replace(finding, accepted=reason))
    told = tuple(sorted(findings, key=lambda finding: (bool(finding.accepted), finding.severity)))
    met = {finding.id for finding in told}
    return replace(report, findings=told, idle=tuple(rule_id for rule_id in reasons if rule_id not in met))


def _reasons(evidence: Evidence) -> dict[str, str]:
    """The issue's reasons by the ids of the rules they are for."""
    problems = []
    for index, said in enumerate(evidence.issue.text.accept):
        if said.id not in RULES:
            place = evidence.issue_place("accept", index, "id").rpartition(":")
            hint = did_you_mean(said.id, RULES)
            problems.append(Problem(place[0], int(place[2]), 0, f'there is no check called "{said.id}".', hint))
    if problems:
        raise ProblemsFound(problems)
    return {said.id: said.reason for said in evidence.issue.text.accept}
