"""Who would get an issue, who would not and why: the list read into the ledger before anything is sent."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from newsletter.compose.mail import Mail
from newsletter.errors import ContentChanged, NothingToSend, did_you_mean
from newsletter.ledger.ledger import Ledger
from newsletter.ledger.mailing import Mailing
from newsletter.ledger.planning import Reading
from newsletter.ledger.rows import Recipient, Status
from newsletter.read.ordinary import Columns, Remembered
from newsletter.read.subscribers import Forbid, LeftOut, People, Subscriber, SubscriberList, repeated, tags_of

_MOST_TAGS = 1_000  # that are remembered to suggest one
_BETWEEN = "\x1f"  # between the tags, and the name and value of each field, of a payload
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
    """Reads one list for one mail; only who has the `tag` and whose address key is `wanted` joins, where they are given."""

    mail: Mail
    subscribers: SubscriberList
    tag: str | None = None
    wanted: Callable[[str], bool] | None = None
    _left_out: list[LeftOut] = field(default_factory=list)
    _counts: Counter[str] = field(default_factory=Counter)

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
        reading = Reading(ledger, mailing.number, now)
        not_asked = self._read_list(reading)
        counts = reading.join(content_hash)
        return Plan(
            mailing=mailing,
            to_send=counts[Status.WAITING] if counts else mailing.asked_for(now),
            not_asked=not_asked,
            counts=counts or mailing.counts(),
            left_out=tuple(sorted(self._left_out, key=lambda row: row.line)[:_MOST_LISTED]),
            left_out_counts=dict(self._counts),
            first=mailing.end(now, last=False),
            last=mailing.end(now, last=True),
        )

    def _read_list(self, reading: Reading) -> int:
        """Reads the list; how many of its people were not asked for. Raises NothingToSend."""
        payloads = Payloads(self.mail, self.subscribers.columns, self.tag)
        reading.take(itertools.chain.from_iterable(self._people(payloads, reading.forbid)))
        self.subscribers.forbidden_elsewhere(reading.forbid)
        count, forbidden = reading.drop_forbidden(_MOST_LISTED)
        self._leave_out("status", count, (self.subscribers.vetoed(*row) for row in forbidden))
        count, twice = reading.drop_repeated(_MOST_LISTED)
        self._leave_out("duplicate", count, (repeated(*row) for row in twice))
        asked, not_asked = reading.asked() if self.tag is not None or self.wanted else (1, 0)
        if self.tag is not None and not asked and not (self.wanted and payloads.met):
            raise NothingToSend(f'Nobody on the list has the tag "{self.tag}".', did_you_mean(self.tag, payloads.tags))
        return not_asked

    def _people(self, payloads: Payloads, forbid: Forbid) -> Iterator[Iterable[tuple[str, str | None, int]]]:
        """Everybody whom their own row lets be mailed, with payload and line; the rows left out are kept to be shown."""
        wanted = self.wanted
        for found in self.subscribers.scan(payloads.columns, forbid):
            if isinstance(found, LeftOut):
                self._counts[found.kind] += 1
                if len(self._left_out) < _MOST_LISTED:
                    self._left_out.append(found)
                continue
            made = payloads.of(found)
            if wanted:
                made = [
                    payload if wanted(address.lower()) else None for address, payload in zip(found.addresses, made, strict=True)
                ]
            yield zip(found.addresses, made, itertools.count(found.line))

    def _leave_out(self, kind: str, count: int, rows: Iterable[LeftOut]) -> None:
        """Counts rows that turned out to be left out when the whole list was known, and keeps the first of them."""
        if count:
            self._counts[kind] += count
            self._left_out += rows


class Payloads:
    """Writes what the mail needs of each person, and nothing else of them; None for who has not the `tag` asked for.

    `columns` are those it is made of; `tags` has the first tags that the list has, and `met` whether anybody has the one.
    """

    def __init__(self, mail: Mail, columns: Sequence[str], tag: str | None) -> None:
        self._issue_tags = mail.issue.tags
        self._tag = None if tag is None else tag.lower()
        self._tagged = "tags" in columns and (tag is not None or bool(self._issue_tags))
        fields = sorted(mail.fields.intersection(columns) - {"email"})  # the address is in the ledger anyway
        self.columns = ["tags", *fields] if self._tagged else fields
        self.tags: set[str] = set()
        self.met = False
        self._groups = Remembered(self._group)
        self._fields = fields

    def of(self, people: People) -> list[str | None]:
        """The payloads of people whose cells of those columns are given."""
        made = self._write(people.columns, len(people.addresses))
        asked = len(made) - made.count(None)
        if "".join(filter(None, made)).count(_BETWEEN) != 2 * len(self._fields) * asked:
            # a control character in a cell, which the mail shows as a blank
            columns: Columns = [[cell.replace(_BETWEEN, " ") for cell in cells] for cells in people.columns]
            return self._write(columns, len(people.addresses))
        return made

    def _write(self, columns: Columns, count: int) -> list[str | None]:
        """Payload for payload: the tags, then name and value of field after field."""
        groups = map(self._groups.__getitem__, columns[0]) if self._tagged else itertools.repeat(self._groups[""], count)
        values = columns[1:] if self._tagged else columns
        named = itertools.chain.from_iterable(
            (itertools.repeat(name, count), cells) for name, cells in zip(self._fields, values, strict=True)
        )
        rows = zip(groups, *named, strict=True)
        return list(map(_BETWEEN.join, rows)) if self._tag is None else [_BETWEEN.join(row) if row[0] else None for row in rows]

    def _group(self, cell: str) -> str:
        """Those of a person's tags that the mail needs, each with a comma after it; nothing for who is not asked for."""
        tags = tags_of(cell)
        if len(self.tags) < _MOST_TAGS:
            self.tags |= tags
        if self._tag is not None and self._tag not in tags:
            return ""
        self.met = True
        return ",".join(sorted(tags & self._issue_tags)) + ","


def as_subscriber(recipient: Recipient) -> Subscriber:
    """The subscriber that a ledger row's payload was made of, as far as the mail needs them."""
    tags, *rest = (recipient.payload or "").split(_BETWEEN)
    fields = {**dict(zip(rest[::2], rest[1::2], strict=True)), "email": recipient.address}
    return Subscriber(recipient.address, recipient.number, frozenset(tags.split(",")) - {""}, fields)
