"""Runs every rule over one issue and its list: the same for `check`, for the preview's drawer and before a send."""

from __future__ import annotations

import importlib
from datetime import datetime
from typing import TYPE_CHECKING

from newsletter.check.evidence import NOTHING_KNOWN, Evidence, Record, gather
from newsletter.check.finding import Finding, Report, Severity
from newsletter.check.registry import RULES

if TYPE_CHECKING:
    from newsletter.compose.mail import Mail
    from newsletter.read.subscribers import SubscriberList

FAMILIES = ("mail", "placeholders", "unsubscribe", "people", "practice", "page")


def load_rules() -> None:
    """Imports every family, so that `RULES` is complete."""
    for family in FAMILIES:
        importlib.import_module(f"newsletter.check.{family}")


def check_issue(
    mail: Mail, subscribers: SubscriberList | None, key: bytes, now: datetime, record: Record = NOTHING_KNOWN
) -> Report:
    """Everything that is wrong with an issue as it would be sent to these subscribers at this moment.

    `key` is the practice's secret (`ledger.keys`), `now` is aware, `record` what the ledger says of this issue; None
    for `subscribers` checks the mail with invented readers. Raises ProblemsFound for files that cannot be read.
    """
    return run(gather(mail, subscribers, key, now, record))


def run(evidence: Evidence) -> Report:
    """Every rule once over the same evidence; a breach that several mails share is told once, where it was met first."""
    load_rules()
    found: dict[tuple[str, Severity, str], Finding] = {}
    passed = 0
    for rule in RULES.values():
        findings = [finding.by(rule.id) for finding in rule.look(evidence)]
        passed += not findings
        for finding in findings:
            found.setdefault((finding.id, finding.severity, finding.harm), finding)
    return Report(tuple(sorted(found.values(), key=lambda finding: finding.severity)), passed)
