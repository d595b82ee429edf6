"""What one mail in the practice's mailbox is: an opt-out, a bounce, a complaint, noise, or an answer that wants a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from newsletter.listen.automatic import Automatic, probably_automatic, surely_automatic
from newsletter.listen.incoming import Mail
from newsletter.listen.reports import Complaint, DeliveryReports, Report, complaint, delivery_reports, old_bounce
from newsletter.listen.requests import (
    OptOutByCode,
    StopRequest,
    first_words,
    is_answer,
    may_ask_to_stop,
    opt_out_by_code,
    stop_request,
)
from newsletter.listen.weight import Weight

__all__ = [
    "Answer",
    "Arrival",
    "Automatic",
    "Complaint",
    "DeliveryReports",
    "Meaning",
    "OptOutByCode",
    "OwnMail",
    "Report",
    "StopRequest",
    "Weight",
    "understand",
]


@dataclass(frozen=True, slots=True)
class OwnMail:
    """A mail of the practice itself, in Sent or as a copy; its Message-ID without brackets."""

    message_id: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A person wrote: the first of their own words, and the Message-IDs that their mail answers, without brackets.

    `may_be_stop`: it may be a wish for no more mail, and is not clear enough to be taken for one.
    """

    words: str
    about: tuple[str, ...]
    may_be_stop: bool = False


Meaning = OptOutByCode | StopRequest | DeliveryReports | Complaint | Automatic | Answer | OwnMail


@dataclass(frozen=True, slots=True)
class Arrival:
    """A mail that arrived: Message-ID without brackets, sender in lower case, aware date; each empty where it is not said."""

    message_id: str
    sender: str
    subject: str
    date: datetime | None
    meaning: Meaning


def understand(content: bytes, own: str = "") -> Arrival:
    """What the bytes of one mail are, or of its beginning; no bytes make it raise. `own` is the practice's sender address."""
    mail = Mail(content)
    meaning = _meaning(mail, own.lower())
    return Arrival(mail.message_id, mail.sender, mail.header("subject"), mail.date, meaning)


def _meaning(mail: Mail, own: str) -> Meaning:
    """The first that fits. Reports stand first, as real ones call themselves automatic replies."""
    if found := delivery_reports(mail) or complaint(mail):
        return found
    ours = bool(own) and mail.sender == own
    if ours and (is_answer(mail) or mail.about):
        return OwnMail(mail.message_id)  # what the practice writes about an opt-out is not one
    return (
        opt_out_by_code(mail)
        or (OwnMail(mail.message_id) if ours else None)
        or old_bounce(mail)
        or surely_automatic(mail)
        or stop_request(mail)
        or probably_automatic(mail)
        or Answer(first_words(mail.own_words), mail.about, may_ask_to_stop(mail))
    )
