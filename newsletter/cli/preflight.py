"""The checks before a send: the same rules over the same bytes as `newsletter check`; an error stops it."""

from __future__ import annotations

from datetime import UTC, datetime

from newsletter.check.finding import WARNING
from newsletter.check.preflight import check_issue
from newsletter.cli.terminal import counted, trouble, typed, wrapped
from newsletter.compose.mail import Mail
from newsletter.errors import NewsletterError
from newsletter.ledger.keys import Keys
from newsletter.ledger.reading import read_record
from newsletter.read.subscribers import SubscriberList


def stop_on_errors(mail: Mail, subscribers: SubscriberList | None, keys: Keys) -> None:
    """Shows what is wrong; raises NewsletterError where any of it is an error."""
    other_list = ["--to", str(subscribers.path)] if subscribers and subscribers.vetoes else []
    record = read_record(mail.practice.folder, mail.issue.slug)
    report = check_issue(mail, subscribers, keys, datetime.now(UTC), record)
    errors = report.errors
    for finding in errors:
        trouble(f"ERROR  {finding.id}  {finding.place}")
        trouble(wrapped(f"{finding.harm} {finding.fix}", "       "))
    if errors:
        raise NewsletterError(
            f"Nothing was sent: the check found {counted(len(errors), 'error')}.",
            f"See all: {typed('check', mail.issue.slug, *other_list)}",
        )
    for finding in report.accepted:
        trouble(f"accepted in the issue: {finding.id}  {finding.place}  ({finding.accepted})")
    if warnings := len(report.only(WARNING)):
        trouble(f"The check has {counted(warnings, 'warning')}: {typed('check', mail.issue.slug, *other_list)}")
