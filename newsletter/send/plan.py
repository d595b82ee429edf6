"""Who would get an issue, who would not and why: the list read into the ledger before anything is sent."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from newsletter.compose.identity import Identities
from newsletter.compose.mail import Mail
from newsletter.errors import ContentChanged, NothingToSend, did_you_mean
from newsletter.ledger.ledger import Ledger
from newsletter.ledger.mailing import Mailing
from newsletter.ledger.rows import Planned, Recipient, Status
from newsletter.read.subscribers import LeftOut, Subscriber, SubscriberList

_MOST_TAGS = 1_000  # that are remembered to suggest one
_MOST_LISTED = 10_000  # rows left out that are kept to be shown; all are counted


@dataclass(frozen=True, slots=True)
class Plan:
    """What a send would do: counts by status, rows of the list that are left out, and the mailing they stand in."""

    mailing: Mailing
    to_send: int
    not_asked: int  # people of the list without the tag that was asked for
    counts: dict[Status, int]
    left_out: tuple[LeftOut, ...]
    left_out_counts: dict[str, int]
    first: Recipient | None
    last: Recipient | None


@dataclass(slots=True)
class Planner:
    """Reads one list for one mail; `tag` lets only subscribers who have it join."""

    mail: Mail
    subscribers: SubscriberList
    identities: Identities
    tag: str | None = None
    _left_out: list[LeftOut] = field(default_factory=list)
    _counts: Counter[str] = field(default_factory=Counter)
    _opted_out: list[str] = field(default_factory=list)
    _tags: set[str] = field(default_factory=set)
    _joined: int = 0
    _others: int = 0

    def plan(self, ledger: Ledger, now: float) -> Plan:
        """Plans inside a transaction that the caller opens; raises ContentChanged where the issue is not the one begun."""
        slug, content_hash = self.mail.issue.slug, self.mail.content_hash
        mailing = Mailing.begin(ledger, slug, content_hash, now)
        if mailing.started and mailing.content_hash != content_hash:
            sent = mailing.counts()[Status.SENT]
            raise ContentChanged(
                f'"{slug}" was changed after its sending began; {sent} have the earlier text.',
                "Take the change back and run the command again; or make the new text an issue of its own:"
                f" newsletter new TITLE --from {slug}",
            )
        if not mailing.started and (twin := mailing.twin(content_hash)):
            raise ContentChanged(
                f'This very issue was sent before, under the name "{twin}".',
                "If it is meant to go out once more, change its date or title first.",
            )
        mailing.plan(content_hash, self._people(), lambda: self._opted_out, now)
        if self.tag is not None and not self._joined:
            raise NothingToSend(f'Nobody on the list has the tag "{self.tag}".', did_you_mean(self.tag, self._tags))
        return Plan(
            mailing=mailing,
            to_send=mailing.asked_for(now),
            not_asked=self._others,
            counts=mailing.counts(),
            left_out=tuple(self._left_out),
            left_out_counts=dict(self._counts),
            first=mailing.end(now, last=False),
            last=mailing.end(now, last=True),
        )

    def _people(self) -> Iterator[Planned]:
        for row in self.subscribers.rows():
            if isinstance(row, Subscriber):
                joins = self.tag is None or self.tag.lower() in row.tags
                self._joined += joins
                self._others += not joins
                if self.tag is not None and len(self._tags) < _MOST_TAGS:
                    self._tags |= row.tags
                message_id = self.identities.message_id(row.key) if joins else ""
                yield Planned(row.key, row.email, row.line, message_id, self._payload(row) if joins else "", joins)
            else:
                self._leave_out(row)

    def _leave_out(self, row: LeftOut) -> None:
        self._counts[row.kind] += 1
        if len(self._left_out) < _MOST_LISTED:
            self._left_out.append(row)
        if row.kind == "status":
            self._opted_out.append(row.email.lower())

    def _payload(self, subscriber: Subscriber) -> str:
        """The merge values and tags that this issue's mail needs, and nothing else of the person."""
        values = {name: value for name in self.mail.fields if (value := subscriber.fields.get(name))}
        return json.dumps([sorted(subscriber.tags & self.mail.issue.tags), values], ensure_ascii=False)


def as_subscriber(recipient: Recipient) -> Subscriber:
    """The subscriber that a ledger row's payload was made of, as far as the mail needs them."""
    tags, values = json.loads(recipient.payload or "[[], {}]")
    fields = {**values, "email": recipient.address}
    return Subscriber(recipient.address, recipient.position, frozenset(tags), fields)
