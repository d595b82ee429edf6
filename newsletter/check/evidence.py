"""Everything the rules look at, gathered once: the issue, its finished mails, the list, and what the ledger says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Protocol

from newsletter.check.sample import Sample
from newsletter.check.survey import Survey, Use, survey, uses_in
from newsletter.compose.identity import Identities, OptOut
from newsletter.compose.mail import Mail
from newsletter.read.issue import Issue
from newsletter.read.practice import Practice
from newsletter.read.subscribers import Subscriber, SubscriberList
from newsletter.read.yaml_file import Document

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
class Evidence:
    """What a run of the rules is about. `now` is aware; `list_read` is False where there is no list yet."""

    mail: Mail
    samples: tuple[Sample, ...]
    uses: tuple[Use, ...]
    survey: Survey
    list_read: bool
    record: Record
    now: datetime

    @property
    def practice(self) -> Practice:
        """Who sends."""
        return self.mail.practice

    @property
    def issue(self) -> Issue:
        """What is said."""
        return self.mail.issue

    @property
    def documents(self) -> tuple[Document, Document]:
        """The two files that a practitioner writes: the issue first."""
        return self.issue.document, self.practice.document

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
        node, line = self.practice.document.root, 0
        for key in keys:
            if not isinstance(node.value, dict) or key not in node.value:
                break
            line, node = node.keys[key][0], node.value[key]
        return f"{self.practice.document.path}:{line}" if line else self.practice.document.path

    @cached_property
    def written_lower(self) -> str:
        """All that stands in the two files, lower case: an address in here is the practice's own to show."""
        return "\n".join(line for document in self.documents for line in document.lines).lower()


def gather(mail: Mail, subscribers: SubscriberList | None, key: bytes, now: datetime, record: Record) -> Evidence:
    """Reads the list once and builds the sample mails; raises what reading and rendering raise."""
    uses = uses_in(mail.issue)
    surveyed = survey(subscribers, mail.issue, uses, record.suppressed) if subscribers else Survey()
    identities = Identities(key, mail.issue.slug, mail.practice.domain)
    opt_out = OptOut.of(mail.practice)
    samples = []
    for reader in _readers(surveyed, mail.issue):
        identity = identities.of(reader.key, now)
        where = f"{surveyed.list_name}:{reader.line}" if reader.line else "an invented reader"
        content = mail.message(reader, identity).content
        samples.append(Sample(reader, where, tuple(opt_out.addresses(identity.token)), content))
    return Evidence(mail, tuple(samples), uses, surveyed, subscribers is not None, record, now)


def _readers(surveyed: Survey, issue: Issue) -> Iterator[Subscriber]:
    """The chosen people of the list; invented ones, who see every block, where there are too few."""
    chosen = surveyed.samples
    yield from chosen
    for fields in _INVENTED[: max(0, _FEWEST_SAMPLES - len(chosen))]:
        yield Subscriber(fields["email"], 0, issue.tags, dict(fields))
