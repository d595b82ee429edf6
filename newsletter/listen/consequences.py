"""What follows from each mail that came back: who is not mailed any more, what is settled, what a person has to see."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

from newsletter.ledger.bounces import Bounce, Bounces
from newsletter.ledger.bounces import Weight as Counted
from newsletter.ledger.journal import BACK, LIFTED, Journal
from newsletter.ledger.ledger import Ledger
from newsletter.ledger.mailbox import Owner, settle_found
from newsletter.ledger.mailing import Mailing
from newsletter.ledger.rows import Status
from newsletter.ledger.suppressions import Kind, Suppressed, Suppressions
from newsletter.listen.acquaintances import Acquaintances
from newsletter.listen.arrival import (
    Answer,
    Arrival,
    Automatic,
    Complaint,
    DeliveryReports,
    OptOutByCode,
    OwnMail,
    Report,
    StopRequest,
    Weight,
)
from newsletter.listen.effects import Effect, Followed

SOURCE = "inbox"


class Letter(NamedTuple):
    """A mail that was read: when it arrived, what it is, its name however often it is read, and whether somebody answered it."""

    at: float
    arrival: Arrival
    name: str
    answered: bool


class Consequences:
    """Draws them in an open ledger, inside transactions of the caller.

    `keeps_message_ids`: whether a report about another Message-ID than ours is surely about another mail.
    """

    def __init__(self, ledger: Ledger, people: Acquaintances, clock: Callable[[], float], *, keeps_message_ids: bool) -> None:
        self._ledger = ledger
        self._people = people
        self._clock = clock
        self._keeps_message_ids = keeps_message_ids
        self._suppressions = Suppressions(ledger)
        in_doubt = (row for mailing in Mailing.all(ledger) for row in mailing.recipients(Status.UNCERTAIN))
        self.in_doubt = {row.message_id for row in in_doubt if row.message_id}

    def of(self, letter: Letter, whose: dict[str, Owner]) -> Iterator[Effect]:
        """Draws those of one mail; `whose` are the mails of ours among those that it mentions."""
        match letter.arrival.meaning:
            case OptOutByCode(token=token):
                yield self._opt_out(letter, token)
            case StopRequest() as request:
                yield from self._stop(letter, request, whose)
            case DeliveryReports(reports=reports):
                dead = all(report.weight is Weight.HARD for report in reports)
                for report in reports:
                    yield from self._reported(letter, report, whose, dead)
            case Complaint() as complaint:
                yield self._complained(letter, complaint, whose)
            case OwnMail(message_id=message_id):
                yield from self.settle(message_id, "found in the mailbox") or [Effect(Followed.OTHER)]
            case Automatic():
                yield Effect(Followed.AUTOMATIC)
            case Answer() as answer:
                yield self._answered(letter, answer, whose)

    def _answered(self, letter: Letter, answer: Answer, whose: dict[str, Owner]) -> Effect:
        if not any(named in whose for named in answer.about) and not self._people.has(letter.arrival.sender):
            return Effect(Followed.OTHER)
        if letter.answered:
            return Effect(Followed.KNOWN)
        if answer.may_be_stop and not self._suppressions.of(letter.arrival.sender):
            return _seen(letter, Followed.DECISION, f'may want to be taken off: "{answer.words}"')
        return _seen(letter, Followed.ANSWER, answer.words)

    def _opt_out(self, letter: Letter, token: str) -> Effect:
        code = self._ledger.keys.serving.code_of(token) if self._ledger.keys else None
        if code is None:
            return _seen(letter, Followed.DECISION, "wants to be taken off, with a code that is not one of ours")
        one = Suppressed(code, Kind.OPTED_OUT, "opted out by mail", letter.at)
        return self._suppress(one, self._people.address_of(code), Followed.OPTED_OUT)

    def _stop(self, letter: Letter, request: StopRequest, whose: dict[str, Owner]) -> Iterator[Effect]:
        """Takes off who got the mail that is answered, or else who writes; where those are two people, a person decides."""
        sender = letter.arrival.sender
        reader = next((whose[named].address_key for named in request.about if named in whose), "")
        known = self._people.has(sender)
        key = reader or (sender if known else "")
        if not key:
            yield _seen(letter, Followed.DECISION, f'wants to be taken off, but is not on the list: "{request.words}"')
            return
        elsewhere = self._keeps_message_ids and request.about and request.about[0] not in whose
        if request.short and elsewhere and not self._suppressions.of(key):
            # In the middle of a conversation, or in answer to a reminder, STOP is about something else.
            yield _seen(letter, Followed.DECISION, f'wants something to stop, but answers another mail: "{request.words}"')
            return
        one = Suppressed(key, Kind.OPTED_OUT, "asked by mail to be taken off", letter.at)
        effect = self._suppress(one, key, Followed.OPTED_OUT)
        yield effect if sender == key else replace(effect, words=f"asked by {sender or 'somebody'}")
        if known and sender != key and not self._suppressions.of(sender):
            yield _seen(letter, Followed.DECISION, f"answered a mail to {key}, who was taken off, and is on the list too")

    def _reported(self, letter: Letter, report: Report, whose: dict[str, Owner], dead: bool) -> Iterator[Effect]:
        """Settles what was in doubt, and counts what came back; a report about another mail is not our business.

        Each mail of ours has one reader. Where one reaches several, and not all are `dead`, their common address is not.
        """
        named = (report.envelope_id, report.message_id)
        for message_id in named:
            yield from self.settle(message_id, f"a report about it came: {report.action}")
        owner = next((whose[message_id] for message_id in named if message_id in whose), None)
        key = owner.address_key if owner else self._mailed(report.recipient, report.message_id)
        if not key:
            yield Effect(Followed.OTHER)
        elif report.weight is Weight.NONE:
            yield Effect(Followed.AUTOMATIC)
        else:
            # Some servers repeat their Message-IDs; none does for two reports about the same mail.
            event = fingerprint(f"{letter.name} {report.recipient} {report.message_id or report.envelope_id}")
            one_of_several = owner and report.weight is Weight.HARD and not dead
            weight = Counted.SOFT if one_of_several else Counted(report.weight.value)
            yield self._bounced(Bounce(event, key, weight, report.status, owner.issue if owner else "", letter.at))

    def _bounced(self, bounce: Bounce) -> Effect:
        key = bounce.address_key
        before = self._suppressions.of(key)
        if self._came_back(bounce.at, key, key) or not Bounces(self._ledger).note(bounce, SOURCE) or before:
            return Effect(Followed.KNOWN)
        if self._suppressions.of(key):
            what = Followed.BOUNCED
        else:
            what = Followed.TURNED_AWAY if bounce.weight is Counted.POLICY else Followed.CAME_BACK
        return Effect(what, key, bounce.at, words=bounce.status)

    def _complained(self, letter: Letter, complaint: Complaint, whose: dict[str, Owner]) -> Effect:
        owner = whose.get(complaint.message_id)
        key = owner.address_key if owner else self._mailed(complaint.recipient, complaint.message_id)
        if not key and complaint.message_id and self._keeps_message_ids:
            return Effect(Followed.OTHER)
        if not key:
            said = f"{letter.arrival.sender} reports that somebody called a mail of yours spam, but not who"
            return replace(_seen(letter, Followed.DECISION, said), who="")
        one = Suppressed(key, Kind.COMPLAINED, "called a mail spam", letter.at)
        return self._suppress(one, key, Followed.COMPLAINED)

    def _mailed(self, address: str, message_id: str) -> str:
        """The address that a report names, where we ever mailed it and the report is not about another mail."""
        anothers = message_id and self._keeps_message_ids
        return address.lower() if not anothers and self._people.was_mailed(address.lower()) else ""

    def _suppress(self, one: Suppressed, address_key: str, what: Followed) -> Effect:
        """Nobody is suppressed again by an old mail after they came back, nor is the address of a forgotten person written."""
        before = self._suppressions.of(address_key) if address_key else self._suppressions.of_code(one.who)
        forgotten = before is not None and before.kind is Kind.FORGOTTEN
        if forgotten or self._came_back(one.at, one.who, address_key):
            return Effect(Followed.KNOWN)
        self._suppressions.note(one, SOURCE)
        return Effect(Followed.KNOWN if before else what, address_key, one.at)

    def _came_back(self, at: float, who: str, address_key: str) -> bool:
        """Whether a suppression of somebody was lifted after a time."""
        known = (address_key, *self._suppressions.codes(address_key)) if address_key else ()
        lines = Journal(self._ledger).of(who, *known)
        return any(line.at > at and line.what in (BACK, LIFTED) for line in lines)

    def settle(self, message_id: str, why: str) -> list[Effect]:
        """A mail that was found is in doubt no more; nothing where it was not."""
        if message_id not in self.in_doubt:
            return []
        self.in_doubt.discard(message_id)
        now = self._clock()
        owner = settle_found(self._ledger, message_id, why, now)
        return [Effect(Followed.SETTLED, owner.address_key, now, words=owner.issue)] if owner else []


def fingerprint(text: str) -> str:
    """What names something without saying it."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def mentioned(arrival: Arrival) -> Iterator[str]:
    """The Message-IDs of other mails that a mail speaks of."""
    match arrival.meaning:
        case StopRequest(about=about) | Answer(about=about):
            yield from about
        case DeliveryReports(reports=reports):
            for report in reports:
                yield from filter(None, (report.envelope_id, report.message_id))
        case Complaint(message_id=message_id):
            yield message_id


def _seen(letter: Letter, what: Followed, words: str) -> Effect:
    """For a person to see: without what would steer a terminal."""
    subject, words = ("".join(c for c in text if c.isprintable()) for text in (letter.arrival.subject, words))
    return Effect(what, letter.arrival.sender, letter.at, subject, words)
