"""Who would get an issue, who would not and why: the list read into the ledger before anything is sent."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from newsletter.compose.mail import Mail
from newsletter.errors import ContentChanged, Problem, ProblemsFound
from newsletter.ledger.ledger import Ledger
from newsletter.ledger.mailing import Mailing
from newsletter.ledger.planning import Reading
from newsletter.ledger.rows import Recipient, Status
from newsletter.read.audience import EVERYBODY, Asking, Audience, tags_of
from newsletter.read.families import Family
from newsletter.read.left_out import LeftOut, forgotten, vetoed
from newsletter.read.ordinary import Columns, Remembered
from newsletter.read.rows import Veto
from newsletter.read.seen import Seen
from newsletter.read.subscribers import Subscriber, SubscriberList, Tell

_BETWEEN = "\x1f"  # between the tags, and the name and value of each field, of a payload
_MOST_LISTED = 10_000  # rows left out that are kept to be shown; all are counted


@dataclass(frozen=True, slots=True)
class Plan:
    """What a send would do: counts by status, rows of the list that are left out, and the mailing they stand in."""

    mailing: Mailing
    to_send: int
    not_asked: int  # people of the list who are not in the audience that was asked for
    undated: int  # rows left out of an audience because they have no last visit that can be read
    families: int  # mails to several people at one address,
    together: int  # and how many people those are for
    counts: dict[Status, int]
    left_out: tuple[LeftOut, ...]
    left_out_counts: dict[str, int]
    first: Recipient | None
    last: Recipient | None


@dataclass(slots=True)
class Planner:
    """Reads one list for one mail; only who is of the `audience` and whose address key is `wanted` joins."""

    mail: Mail
    subscribers: SubscriberList
    audience: Audience = EVERYBODY
    wanted: Callable[[str], bool] | None = None
    _left_out: list[LeftOut] = field(default_factory=list)
    _counts: Counter[str] = field(default_factory=Counter)
    _not_asked: int = 0
    _families: int = 0
    _together: int = 0

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
        undated = self._read_list(reading)
        counts = reading.join(content_hash)
        return Plan(
            mailing=mailing,
            to_send=counts[Status.WAITING] if counts else mailing.asked_for(now),
            not_asked=self._not_asked,
            undated=undated,
            families=self._families,
            together=self._together,
            counts=counts or mailing.counts(),
            left_out=tuple(_first(self._left_out)),
            left_out_counts=dict(self._counts),
            first=mailing.end(now, last=False),
            last=mailing.end(now, last=True),
        )

    def _read_list(self, reading: Reading) -> int:
        """Reads the list; how many of its rows have no last visit, where that is asked for.

        Raises NothingToSend, and ProblemsFound where the list changes meanwhile.
        """
        listed = self.subscribers
        payloads = Payloads(self.mail, listed.columns)
        asking = Asking(self.audience, listed.columns, listed.locale)
        changed = listed.path.stat().st_mtime_ns

        def tell(veto: Veto) -> None:
            if veto.person is None:
                reading.forbid(veto.shown, veto.line, veto.address_key)
            else:
                reading.gone(veto.address_key)

        reading.take(itertools.chain.from_iterable(self._people(payloads, asking, tell)))
        listed.vetoed_elsewhere(tell)
        count, forbidden = reading.drop_forbidden(_MOST_LISTED)
        rows = (vetoed(line, address, listed.where(shown, at)) for line, address, shown, at in forbidden)
        self._leave_out("status", count, rows)
        count, gone = reading.drop_forgotten(_MOST_LISTED)
        self._leave_out("forgotten", count, (forgotten(line) for (line,) in gone))
        contested = Seen()
        for address_key in reading.contested():
            contested.add(address_key, 1)
        for family in listed.families(contested, asking.one) if contested else ():
            self._settle(reading, family, payloads)
        if listed.path.stat().st_mtime_ns != changed:
            message = "the list was changed while it was read."
            raise ProblemsFound([Problem(listed.shown, 0, 0, message, "Run the command again.")])
        if self.audience or self.wanted:
            asked, not_asked = reading.asked()
            self._not_asked += not_asked
            if not asked and (nobody := asking.nobody(elsewhere=self.wanted is not None)):
                raise nobody
        return asking.undated

    def _people(self, payloads: Payloads, asking: Asking, tell: Tell) -> Iterator[Iterable[tuple[str, str | None, int]]]:
        """Everybody whom their own row lets be mailed, with payload and line; the rows left out are kept to be shown."""
        wanted = self.wanted
        needed = len(payloads.columns)
        for found in self.subscribers.scan([*payloads.columns, *asking.columns], tell):
            if isinstance(found, LeftOut):
                self._leave_out(found.kind, 1, [found])
                continue
            made: Sequence[str | None] = payloads.of(found.columns[:needed], len(found.addresses))
            if self.audience:
                asked = asking.each(found.columns[needed:], len(found.addresses))
                made = [payload if ask else None for payload, ask in zip(made, asked, strict=True)]
            if wanted:
                made = [
                    payload if wanted(address.lower()) else None for address, payload in zip(found.addresses, made, strict=True)
                ]
            yield zip(found.addresses, made, itertools.count(found.line))

    def _settle(self, reading: Reading, family: Family, payloads: Payloads) -> None:
        """Leaves one mail of the rows of an address, for those of its people who are asked for; or none."""
        address_key, kept = family.address.lower(), None
        asked = family.asked if not self.wanted or self.wanted(address_key) else 0
        if family.person:
            someone = self.mail.addressed(self.subscribers.subscriber(family.person))
            (payload,) = payloads.of([[someone.fields[name]] for name in payloads.columns], 1)
            kept = (someone.email, payload if asked else None, someone.line)
        if not reading.settle(family.lines, kept, address_key):
            return
        for row in family.left_out:
            self._leave_out(row.kind, 1, [row])
        others = family.asked + family.not_asked - asked
        self._not_asked += others if asked or not kept else others - 1  # one of them is counted by the reading
        if asked > 1:
            self._families += 1
            self._together += asked

    def _leave_out(self, kind: str, count: int, rows: Iterable[LeftOut]) -> None:
        """Counts rows that are left out, and keeps the first of the list to be shown."""
        if count:
            self._counts[kind] += count
            self._left_out += rows
            if len(self._left_out) > 2 * _MOST_LISTED:
                self._left_out = _first(self._left_out)


def _first(rows: Iterable[LeftOut]) -> list[LeftOut]:
    return sorted(rows, key=lambda row: row.line)[:_MOST_LISTED]


class Payloads:
    """Writes what the mail needs of each person, and nothing else of them; `columns` are those it is made of."""

    def __init__(self, mail: Mail, columns: Sequence[str]) -> None:
        self._issue_tags = mail.issue.tags
        self._tagged = "tags" in columns and bool(self._issue_tags)
        self._fields = sorted(mail.fields.intersection(columns) - {"email"})  # the address is in the ledger anyway
        self.columns = ["tags", *self._fields] if self._tagged else self._fields
        self._groups = Remembered(self._group)

    def of(self, columns: Columns, count: int) -> list[str]:
        """The payloads of so many people whose cells of those columns are given."""
        made = self._write(columns, count)
        if "".join(made).count(_BETWEEN) != 2 * len(self._fields) * count:
            # a control character in a cell, which the mail shows as a blank
            return self._write([[cell.replace(_BETWEEN, " ") for cell in cells] for cells in columns], count)
        return made

    def _write(self, columns: Columns, count: int) -> list[str]:
        """Payload for payload: the tags, then name and value of field after field."""
        groups = map(self._groups.__getitem__, columns[0]) if self._tagged else itertools.repeat(self._groups[""], count)
        values = columns[1:] if self._tagged else columns
        named = itertools.chain.from_iterable(
            (itertools.repeat(name, count), cells) for name, cells in zip(self._fields, values, strict=True)
        )
        return list(map(_BETWEEN.join, zip(groups, *named, strict=True)))

    def _group(self, cell: str) -> str:
        """Those of a person's tags that the mail needs, each with a comma after it: a payload is never empty."""
        return ",".join(sorted(tags_of(cell) & self._issue_tags)) + ","


def as_subscriber(recipient: Recipient) -> Subscriber:
    """The subscriber that a ledger row's payload was made of, as far as the mail needs them."""
    tags, *rest = (recipient.payload or "").split(_BETWEEN)
    fields = {**dict(zip(rest[::2], rest[1::2], strict=True)), "email": recipient.address}
    return Subscriber(recipient.address, recipient.number, frozenset(tags.split(",")) - {""}, fields)
