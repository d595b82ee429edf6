"""Everything the rules look at, gathered once: the issue, its finished mails, the list, and what the ledger says."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from newsletter.check.people.survey import Survey, Use, survey, uses_in
from newsletter.check.sample import HEADERS, Sample
from newsletter.check.statements import Statement, statements_in_mail, statements_of
from newsletter.compose.identity import Identities, OptOut, Secrets
from newsletter.compose.mail import Mail
from newsletter.read.issue import Issue
from newsletter.read.practice import Practice
from newsletter.read.subscribers import Subscriber, SubscriberList
from newsletter.read.yaml_file import Document

if TYPE_CHECKING:
    from newsletter.check.access.drawing import Drawing
    from newsletter.check.network.net import Net

PASSWORD_VARIABLE = "NEWSLETTER_SMTP_PASSWORD"  # noqa: S105  # the variable's name
_LANGUAGE = re.compile(r"<html\b[^>]*?\blang=[\"']?([A-Za-z]{2,3})", re.IGNORECASE)
_FEWEST_SAMPLES = 2  # what must differ between two mails can only be seen in two
_INVENTED = (
    {"email": "anna@patients.example", "first_name": "Anna", "last_name": "Example"},
    {"email": "zoe@patients.example", "first_name": "Zo\u00eb", "last_name": "Example-Maier"},
)


class Record(Protocol):
    """What the ledger says of one issue. `content_hash` is what its mailing began with, None where there is none."""

    @property
    def sent(self) -> int:
        """How many have it."""

    @property
    def waiting(self) -> int:
        """How many still wait for it."""

    @property
    def uncertain(self) -> int:
        """How many may or may not have it."""

    @property
    def content_hash(self) -> str | None:
        """The fingerprint (`Mail.content_hash`) of what was said when the mailing was planned."""

    def suppressed(self, address_key: str) -> bool:
        """Whether an address (lower case) must never be mailed."""


@dataclass(frozen=True, slots=True)
class NothingKnown:
    """The record of an issue that was never sent by a practice that suppresses nobody."""

    sent: int = 0
    waiting: int = 0
    uncertain: int = 0
    content_hash: str | None = None

    def suppressed(self, _address_key: str) -> bool:
        """Nobody is."""
        return False


NOTHING_KNOWN: Record = NothingKnown()


@dataclass(frozen=True)
class Mails:
    """Finished mails and nothing else, whoever made them: what a rule can look at without knowing any file behind them.

    `now` is aware.
    """

    samples: tuple[Sample, ...]
    now: datetime

    @property
    def domain(self) -> str:
        """The domain of the sender's address, ASCII, lower case; empty where there is none."""
        senders = [address for header in self.samples[0].named("From") for _, address in header.mailboxes]
        return senders[0].rpartition("@")[2].lower() if senders else ""

    @property
    def language(self) -> str:
        """The language of the mail as a short code, `en`."""
        found = _LANGUAGE.search(self.samples[0].html or "")
        return found[1].lower() if found else "en"

    @property
    def written_lower(self) -> str:
        """All that the sender wrote, lower case: an address in here is the sender's own to show."""
        return ""

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        """Every sentence that a reader sees, with its place."""
        return statements_in_mail(self.samples[0])

    @cached_property
    def unlike(self) -> tuple[Sample, ...]:
        """The samples that differ in more than what is filled in for each reader."""
        return self.samples

    @cached_property
    def drawings(self) -> tuple[Drawing, ...]:
        """How the page of each sample of `unlike` looks, in their order."""
        from newsletter.check.access.drawing import draw

        return draw(tuple(sample.page for sample in self.unlike))

    def place_of(self, text: str, otherwise: str) -> str:  # noqa: ARG002  # a mail alone has no other places
        """Where `text` was written, or `otherwise` where that is not known."""
        return otherwise

    def key_place(self, *keys: str) -> str:  # noqa: ARG002  # see Evidence
        """Where a setting was written; for a mail alone its headers, which show what it came to."""
        return HEADERS


@dataclass(frozen=True)
class Received(Mails):
    """One mail out of a mailbox, ours or somebody else's, as `check --eml` reads it; `file` is its name as shown."""

    file: str


@dataclass(frozen=True)
class Evidence(Mails):
    """An issue with its practice, its list and its mails. `list_read` is False where there is no list yet; `net` is there
    where the network may be asked; `password` is the mail account's, where the environment says it.
    """

    mail: Mail
    uses: tuple[Use, ...]
    survey: Survey
    list_read: bool
    record: Record
    net: Net | None = None
    password: str | None = field(default_factory=lambda: os.environ.get(PASSWORD_VARIABLE), repr=False)

    @property
    def practice(self) -> Practice:
        """Who sends."""
        return self.mail.practice

    @property
    def issue(self) -> Issue:
        """What is said."""
        return self.mail.issue

    @property
    def domain(self) -> str:
        """The domain of the sender's address, ASCII, lower case."""
        return self.practice.domain.lower()

    @property
    def language(self) -> str:
        """The language of the practice's mails as a short code, `en`."""
        return self.practice.text.language.lower().partition("-")[0]

    @cached_property
    def unlike(self) -> tuple[Sample, ...]:
        """One sample of each audience: a template knows no names, so within an audience all pages are made alike."""
        return tuple({sample.subscriber.tags & self.issue.tags: sample for sample in reversed(self.samples)}.values())

    @property
    def documents(self) -> tuple[Document, Document]:
        """The two files that a practitioner writes: the issue first."""
        return self.issue.document, self.practice.document

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        """Every sentence of the two files that readers see, with its line."""
        return tuple(statements_of(self.issue, self.practice))

    def row(self, line: int) -> str:
        """`subscribers.csv:12`."""
        return f"{self.survey.list_name}:{line}"

    def place_of(self, text: str, otherwise: str) -> str:
        """`issues/x.yaml:41`, where `text` stands in one of the two files, or `otherwise` where in neither."""
        for document in self.documents:
            for _path, node in document.root.strings():
                if isinstance(node.value, str) and text in node.value:
                    return f"{document.path}:{document.place(node, text)[0]}"
        return otherwise

    def key_place(self, *keys: str) -> str:
        """`practice.yaml:33`, where a key of the practice's file stands, or the last key on the way to it that does."""
        return place_of_key(self.practice.document, *keys)

    def issue_place(self, *path: str | int) -> str:
        """`issues/x.yaml:41`, where the value at a path of the issue stands (`"body", 2, "image"`), or what is on the way."""
        return place_of_key(self.issue.document, *path)

    @cached_property
    def written_lower(self) -> str:
        """All that stands in the two files, lower case: an address in here is the practice's own to show."""
        return "\n".join(line for document in self.documents for line in document.lines).lower()


def place_of_key(document: Document, *path: str | int) -> str:
    """The file and line of the value at a path, or of the last step on the way to it that is there."""
    node, line = document.root, 0
    for step in path:
        if isinstance(node.value, dict) and step in node.value:
            line, node = node.keys[str(step)][0], node.value[str(step)]
        elif isinstance(node.value, list) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.line
        else:
            break
    return f"{document.path}:{line}" if line else document.path


def gather(  # noqa: PLR0913, PLR0917  # each is something of its own that only the caller has
    mail: Mail, subscribers: SubscriberList | None, secrets: Secrets, now: datetime, record: Record, net: Net | None = None
) -> Evidence:
    """Reads the list once and builds the sample mails; raises what reading and rendering raise."""
    uses = uses_in(mail.issue)
    surveyed = survey(subscribers, mail, uses, record.suppressed) if subscribers else Survey()
    identities = Identities(secrets, mail.issue.slug, mail.practice.domain)
    opt_out = OptOut.of(mail.practice)
    samples = []
    for reader in _readers(surveyed, mail.issue):
        identity = identities.of(reader.key, now)
        where = f"{surveyed.list_name}:{reader.line}" if reader.line else "an invented reader"
        content = mail.message(reader, identity).content
        samples.append(Sample(reader, where, tuple(opt_out.addresses(identity.token)), content))
    return Evidence(tuple(samples), now, mail, uses, surveyed, subscribers is not None, record, net)


def _readers(surveyed: Survey, issue: Issue) -> Iterator[Subscriber]:
    """The chosen people of the list; invented ones, who see every block, where there are too few."""
    chosen = surveyed.samples
    yield from chosen
    for fields in _INVENTED[: max(0, _FEWEST_SAMPLES - len(chosen))]:
        yield Subscriber(fields["email"], 0, issue.tags, dict(fields))
