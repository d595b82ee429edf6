"""What stands beside the mail: the findings with where they show, how it reads, and who is awkward on the list."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from newsletter.check.finding import Report
from newsletter.check.preflight import check_issue
from newsletter.check.words.reading import Reading, reading_of
from newsletter.compose.mail import Mail
from newsletter.errors import Problem
from newsletter.ledger.keys import keys_for_looking
from newsletter.ledger.reading import read_record
from newsletter.preview.awkward import Awkward, awkward_people
from newsletter.preview.shelf import problems_of
from newsletter.read.subscribers import Subscriber, SubscriberList


@dataclass(frozen=True, slots=True)
class Study:
    """An issue looked at thoroughly; `problems` are what kept the checks from running, `report` is None then."""

    problems: list[Problem]
    mail: Mail | None = None
    report: Report | None = None
    reading: Reading | None = None
    awkward: list[Awkward] = field(default_factory=list)
    list_name: str = ""


def study(mail: Mail, subscribers: SubscriberList | None) -> Study:
    """Runs every check over the issue and the list, as `newsletter check` does; no failure gets out of it."""
    folder = mail.practice.folder
    try:
        if mail.issue.tags:
            mail.rendered(None)  # every block once: the mistakes in one that nobody on the list is shown
        reading = reading_of(mail.issue, mail.practice.text.language)
        people = (row for row in subscribers.rows() if isinstance(row, Subscriber)) if subscribers else ()
        awkward = awkward_people(people, mail.issue.tags)
        record = read_record(folder, mail.issue.slug)
        report = check_issue(mail, subscribers, keys_for_looking(folder), datetime.now(UTC), record)
    except Exception as error:  # noqa: BLE001  # a list saved just now, a block shown to few, a bug: the page says so
        return Study(problems_of(error), mail)
    return Study([], mail, report, reading, awkward, subscribers.shown if subscribers else "")
