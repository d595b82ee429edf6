"""Reports of mail servers: what became of a mail (RFC 3464, or no standard at all), and complaints about one (RFC 5965)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from typing import Literal, cast, get_args

from newsletter.listen.bounces_of_old import named_in
from newsletter.listen.incoming import Fields, Mail, address_in, bare_id, fields_of, first, part_text
from newsletter.listen.weight import Weight, telling_code, weigh
from newsletter.listen.word_lists import one_of

Action = Literal["failed", "delayed", "delivered", "relayed", "expanded"]  # RFC 3464 section 2.3.3

_STATUS_PARTS = ("message/delivery-status", "message/global-delivery-status")  # RFC 3464 and RFC 6533
_FEEDBACK_PART = "message/feedback-report"
_RETURNED_PARTS = ("message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers")
_ACTIONS = {"5": "failed", "4": "delayed", "2": "delivered"}  # where a report leaves the action out
_MOST_REPORTS = 500
_LONGEST = 500  # letters of a diagnostic

_MAIL_SYSTEM = re.compile(r"(?:mailer-daemon|postmaster|mail-daemon|mdaemon|maildaemon|mailerdaemon|bounces?)\b", re.IGNORECASE)
_WORDS = "server_words"
_COPY = re.compile(  # where the mail that is given back begins
    r"^(?:> ?)?(?:return-path|received|message-id|from|date|subject|to|mime-version|dkim-signature):",
    re.IGNORECASE | re.MULTILINE,
)
_ALONE = re.compile(  # an address with a line to itself, or as Zoho writes it
    r"^[ \t]*<?([^\s<>@:,]{1,64}@[^\s<>@:,]{1,255})>?(?:[:,]?[ \t]*|, error code\b.*)$", re.IGNORECASE | re.MULTILINE
)
_REDACTED = re.compile(r"redact|removed|hidden|anonym", re.IGNORECASE)
_MICROSOFTS_READER = "x-hmxmroriginalrecipient"  # in the mail that Outlook.com's older complaints carry
_MICROSOFTS_SUBJECT = "complaint about message"
_NO_COMPLAINTS = ("not-spam", "auth-failure", "virus", "dmarc")  # RFC 5965 section 7.3, RFC 6591: nobody complained


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a mail for one recipient (lower case, or empty where it is not said).

    `envelope_id` and `message_id` (no brackets) say which mail it was, as far as the report does; `status` is the enhanced code
    that says most, as `5.1.1`, or empty; `diagnostic` the receiving server's own words.
    """

    recipient: str
    envelope_id: str
    message_id: str
    action: Action
    status: str
    diagnostic: str
    weight: Weight


@dataclass(frozen=True, slots=True)
class DeliveryReports:
    """All that one mail reports, in its order."""

    reports: tuple[Report, ...]


@dataclass(frozen=True, slots=True)
class Complaint:
    """A reader called a mail spam. Message-ID and recipient are the original mail's, and empty where the reporter hides them."""

    message_id: str
    recipient: str
    kind: str


def delivery_reports(mail: Mail) -> DeliveryReports | None:
    """What the parts for machines say (RFC 3464), also where the mail calls itself an automatic reply."""
    returned = _returned(mail)
    named = bare_id(first(returned, "message-id")) or (mail.about[-1] if mail.about else "")
    found = [
        report
        for part in mail.parts
        if part.get_content_type() in _STATUS_PARTS
        for report in _reports(_blocks(part), named, address_in(first(returned, "to")))
    ]
    return DeliveryReports(tuple(found[:_MOST_REPORTS])) if found else None


def old_bounce(mail: Mail) -> DeliveryReports | None:
    """A bounce without parts for machines: whom it names, and what it says beside each; only what a mail system wrote counts."""
    failed: tuple[str, ...] = tuple(
        dict.fromkeys(address_in(one) for value in mail.headers("x-failed-recipients") for one in value.split(","))
    )
    if not failed and not _from_a_mail_system(mail):
        return None
    delayed: tuple[str, ...] = ()
    if not failed:
        delayed, failed = named_in(mail.plain_message)
    said, returned = _returned_text(mail)
    if not failed and not delayed:
        ours = address_in(mail.header("to"))
        alone = dict.fromkeys(one.lower() for one in _ALONE.findall(said) if one.lower() != ours)
        failed = tuple(alone) or tuple(filter(None, [address_in(first(returned, "to"))]))
    named = bare_id(first(returned, "message-id")) or (mail.about[-1] if mail.about else "")
    late = bool(one_of(_WORDS, "not_yet").search(said))
    found = [_from_words(one, named, "delayed" if late else "failed", said) for one in failed if one]
    found += [_from_words(one, named, "delayed", said) for one in delayed]
    return DeliveryReports(tuple(found[:_MOST_REPORTS])) if found else None


def complaint(mail: Mail) -> Complaint | None:
    """A feedback report (RFC 5965), or a mail that Outlook.com's feedback loop passes on; the reader is never the reporter."""
    about = next((part for part in mail.parts if part.get_content_type() == _FEEDBACK_PART), None)
    returned = _returned(mail)
    if about is None:
        reader = first(returned, _MICROSOFTS_READER)
        if not reader or not mail.header("subject").lower().startswith(_MICROSOFTS_SUBJECT):
            return None
        return Complaint(bare_id(first(returned, "message-id")), _reader(reader), "abuse")
    said = tuple(field for block in _blocks(about) for field in block)
    kind = first(said, "feedback-type").lower()
    if kind in _NO_COMPLAINTS:
        return None
    readers = [first(said, "original-rcpt-to"), first(said, "removal-recipient"), first(returned, _MICROSOFTS_READER)]
    reader = next((one for one in map(_reader, [*readers, first(returned, "to")]) if one), "")
    return Complaint(bare_id(first(returned, "message-id")), reader, kind or "abuse")


def _reports(blocks: list[Fields], message_id: str, reader: str) -> Iterator[Report]:
    envelope_id = bare_id(next(filter(None, (first(block, "original-envelope-id") for block in blocks)), ""))
    for block in blocks:
        recipient = _typed(_plain(first(block, "original-recipient"))) or _typed(first(block, "final-recipient"))
        status, words = first(block, "status"), first(block, "diagnostic-code")
        action = _action(first(block, "action"), status)
        if action and (recipient or status):
            diagnostic = re.sub(r"^[\w-]{1,30}\s*;\s*", "", words)[:_LONGEST]
            code = telling_code(status, diagnostic)
            weight = weigh(action, code, diagnostic)
            yield Report((recipient or reader).lower(), envelope_id, message_id, action, code, diagnostic, weight)


def _action(said: str, status: str) -> Action | None:
    """The word of RFC 3464; some add a comment to it, and OpenSMTPD says `error`."""
    word = re.match(r"[a-z]*", said.lower())
    known = word[0] if word else ""
    known = {"error": "failed", "failure": "failed"}.get(known, known) or _ACTIONS.get(status[:1], "")
    return cast("Action", known) if known in get_args(Action) else None


def _typed(said: str) -> str:
    """The address of `rfc822; anna@mail.example` (RFC 3464 section 2.3.2)."""
    return address_in(said.rpartition(";")[2])


def _plain(xtext: str) -> str:
    """The two letters that have to be written otherwise in an address as it came with a mail (RFC 3461 section 4)."""
    return xtext.replace("+2B", "+").replace("+3D", "=")


def _blocks(part: Message) -> list[Fields]:
    """The groups of fields of a report, however the standard parser took the part apart."""
    inside = part.get_payload()
    if not isinstance(inside, list):
        return [_fields(text) for text in re.split(r"\n\s*\n", part_text(part)) if text.strip()]
    found: list[Fields] = []
    for block in inside[:_MOST_REPORTS]:
        if isinstance(block, Message):
            found.append(fields_of(block))
            rest = part_text(block)
            found += [_fields(text) for text in re.split(r"\n\s*\n", rest) if text.strip()]
    return [block for block in found if block]


def _fields(text: str) -> Fields:
    return fields_of(HeaderParser().parsestr(text.lstrip("\n"), headersonly=True))


def _returned(mail: Mail) -> Fields:
    """The headers of the mail that a report gives back: its third part (RFC 3464 section 2, RFC 5965 section 2)."""
    for part in mail.parts:
        if part.get_content_type() in _RETURNED_PARTS:
            inside = part.get_payload()
            if isinstance(inside, list) and inside and isinstance(inside[0], Message):
                return fields_of(inside[0])
            return _fields(part_text(part))
    return ()


def _returned_text(mail: Mail) -> tuple[str, Fields]:
    """What an old bounce says, and the headers of the mail that it gives back as a part or at the end of its text."""
    if returned := _returned(mail):
        return mail.text, returned
    start = _COPY.search(mail.text)
    if not start:
        return mail.text, ()
    copy = re.sub(r"^[> ]+", "", mail.text[start.start() :], flags=re.M)
    return mail.text[: start.start()], _fields(copy)


def _from_words(recipient: str, message_id: str, action: Action, said: str) -> Report:
    diagnostic = _said_about(recipient, said)
    code = telling_code("", diagnostic)
    return Report(recipient, "", message_id, action, code, diagnostic, weigh(action, code, diagnostic))


def _said_about(recipient: str, said: str) -> str:
    """The last paragraph that names a recipient, with the next where it says little else; all of it where none does."""
    paragraphs = [" ".join(one.split()) for one in re.split(r"\n\s*\n", said) if one.strip()]
    naming = [number for number, one in enumerate(paragraphs) if recipient in one.lower()]
    if not naming:
        return " ".join(paragraphs)[:_LONGEST]
    said_more = len(paragraphs[naming[-1]]) > len(recipient) + 40
    return " ".join(paragraphs[naming[-1] :][: 1 if said_more else 2])[:_LONGEST]


def _from_a_mail_system(mail: Mail) -> bool:
    nobody = "<>" in mail.headers("return-path") or not mail.sender
    return bool(_MAIL_SYSTEM.match(mail.sender)) or (
        nobody and bool(one_of(_WORDS, "undelivered").search(mail.header("subject")))
    )


def _reader(said: str) -> str:
    return "" if _REDACTED.search(said) else address_in(said)
