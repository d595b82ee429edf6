"""The mail as such: headers once and well formed, addresses that servers take, one recipient, two readable parts."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, timedelta
from email.message import Message
from email.utils import parsedate_to_datetime

from newsletter.check.evidence import Evidence, Mails, Received
from newsletter.check.finding import ADVICE, ERROR, OUR_FAULT, WARNING, Finding, advice, error, warning
from newsletter.check.registry import mail_rule, received, rule
from newsletter.check.sample import HEADERS, TEXT_PART, Header, Sample

_ENCODED_WORD = re.compile(r"=\?[^?\s]+\?[BbQq]\?[^?\s]*\?=")
_ADDRESS = re.compile(r"[^\s<>@,;:()\"\[\]\\]+@[^\s<>@,;:()\"\[\]\\]+\.[^\s<>@,;:()\"\[\]\\]+")
_MESSAGE_ID = re.compile(r"<([^\s<>@]+)@([^\s<>@]+)>")
_ONCE = frozenset(
    (
        *("from", "sender", "reply-to", "to", "cc", "bcc", "subject", "date", "message-id", "in-reply-to", "references"),
        *("mime-version", "content-type", "content-transfer-encoding", "precedence", "feedback-id"),
    )
)
_TAG = re.compile(r"<[^>]*>")
_CONTROLS = bytes(number for number in (*range(32), 127) if number not in b"\t\r\n")
_NEEDED = ("From", "Subject", "MIME-Version", "Content-Type")  # Date, Message-ID and To have rules of their own
_STRUCTURED = re.compile(r"(?:list-|content-|resent-).*|message-id|feedback-id|mime-version|date|references|in-reply-to", re.I)


@rule("M14", "exactly one recipient", ERROR, source="HIPAA: a visible To or Cc list is a reportable breach", protects="people")
def one_recipient(evidence: Evidence) -> Iterator[Finding]:
    """One To with the subscriber's own address, no Cc or Bcc, and no other reader's address anywhere in the bytes."""
    for sample in evidence.samples:
        to = [address for header in sample.named("To") for _, address in header.mailboxes]
        if to != [sample.subscriber.email] or len(sample.named("To")) != 1:
            yield error(HEADERS, "A mail is not addressed to exactly the one person it is for.", OUR_FAULT)
        if sample.named("Cc") or sample.named("Bcc"):
            yield error(
                HEADERS, "A mail names more recipients (Cc or Bcc): patients would see each other's addresses.", OUR_FAULT
            )
        everything = _everything(sample)
        for other in evidence.samples:
            address = other.subscriber.key
            shown_on_purpose = address == sample.subscriber.key or address in evidence.written_lower
            if not shown_on_purpose and _holds(everything, address):
                harm = f"The mail for {sample.where} holds the address of {other.where}: one patient would learn of another."
                yield error(sample.where, harm, "Look for an address in the cells of that row.")


@received("M14")
def one_recipient_named(mail: Received) -> Iterator[Finding]:
    """To and Cc of a mail to a list name one address at most: more, and readers see each other."""
    named = [address for name in ("To", "Cc") for header in mail.samples[0].named(name) for address in _addresses_in(header)]
    if len({address.lower() for address in named}) > 1:
        harm = f"The mail names {len(named)} recipients in To and Cc: each of them sees the others' addresses."
        yield error(HEADERS, harm, "Send each reader a mail of their own.")


def _addresses_in(header: Header) -> list[str]:
    return [address for _, address in header.mailboxes if "@" in address]


def _everything(sample: Sample) -> list[str]:
    """All that a mail says, encoded and decoded, lower case."""
    said = [sample.content.lower().decode("latin-1"), *(header.spoken.lower() for header in sample.headers)]
    page = html.unescape((sample.html or "").lower())
    said += [(sample.text or "").lower(), page, _TAG.sub("", page)]
    return [words.replace("%40", "@") for words in said]


def _holds(everything: list[str], address: str) -> bool:
    """Whether an address stands somewhere as a whole: `anna@x.example` is not in `joanna@x.example`."""
    whole = rf"(?<![\w.!#$%&'*+^`{{|}}~-]){re.escape(address)}(?!\.?[\w-])"
    return any(address in words and re.search(whole, words) for words in everything)


@mail_rule("M01", "each header once", ERROR, source="RFC 5322 section 3.6; Gmail 550 5.7.1 duplicate headers")
def headers_once(mails: Mails) -> Iterator[Finding]:
    """Required headers are there, and none that must be single stands twice."""
    for sample in mails.samples:
        names = [header.name.lower() for header in sample.headers]
        for name in _NEEDED if isinstance(mails, Evidence) else ("From",):  # a plain old mail has no MIME headers
            if name.lower() not in names:
                yield error(HEADERS, f"The header {name} is missing: many mailboxes reject such a mail.", OUR_FAULT)
        for name in dict.fromkeys(header.name for header in sample.headers):
            single = name.lower() in _ONCE or name.lower().startswith("list-")
            if single and names.count(name.lower()) > 1:
                yield error(HEADERS, f"The header {name} stands twice: Gmail and Yahoo reject such a mail.", OUR_FAULT)


@mail_rule("M02", "one valid sender", ERROR, source="RFC 5322 section 3.6.2; Gmail: one address in From")
def one_sender(mails: Mails) -> Iterator[Finding]:
    """From holds exactly one address."""
    for sample in mails.samples:
        for header in sample.named("From"):
            addresses = [address for _, address in header.mailboxes]
            if len(addresses) != 1 or not _ADDRESS.fullmatch(addresses[0]):
                harm = "The sender is not exactly one email address: Gmail rejects such a mail."
                yield error(mails.key_place("sender", "email"), harm, "Write one address after `email:` in `sender`.")


@mail_rule("M03", "plain addresses", ERROR, source="RFC 5322 section 3.4.1; RFC 2047 section 5 (3)")
def plain_addresses(mails: Mails) -> Iterator[Finding]:
    """No accents and no encoded words inside an address."""
    for sample in mails.samples:
        for name in ("From", "Sender", "Reply-To", "To"):
            for header in sample.named(name):
                if any(not part.isascii() or "=?" in part for part in _addresses_as_written(header)):
                    place = sample.where if name == "To" else mails.key_place("sender")
                    harm = f"An address in the header {name} has an accent or foreign letter: most mail servers refuse it."
                    yield error(place, harm, "Use an address of plain letters, digits and dots.")


def _addresses_as_written(header: Header) -> list[str]:
    """What stands in angle brackets, or the words with an @; names before the brackets may be encoded."""
    return re.findall(r"<([^<>]*)>", header.value) or [word for word in re.split(r"[\s,]+", header.value) if "@" in word]


@mail_rule(
    "M04",
    "no encoded words in headers for machines",
    ERROR,
    source="Gmail: encoded-word syntax is not permitted there; RFC 2047 section 5",
)
def machine_headers(mails: Mails) -> Iterator[Finding]:
    """List-*, Message-ID, Date and MIME headers are read by machines and are plain."""
    for sample in mails.samples:
        parts = sample.parts if isinstance(mails, Evidence) else ()  # many programs write an attachment's name so, and it is read
        inside = [Header(name, (f"{name}: {value}".encode(),)) for part in parts for name, value in part.items()]
        for header in [*sample.headers, *inside]:
            if _STRUCTURED.fullmatch(header.name) and _ENCODED_WORD.search(header.value):
                yield error(HEADERS, f"The header {header.name} is encoded where it must be plain: Gmail rejects it.", OUR_FAULT)


@mail_rule("M05", "lines and headers not too long", ERROR, ADVICE, source="RFC 5322 section 2.1.1; Gmail header limits")
def line_lengths(mails: Mails) -> Iterator[Finding]:
    """998 octets a line, 32 kB a header, 500 kB for all; a header line that could be folded has at most 78."""
    for sample in mails.samples:
        longest = max(map(len, sample.content.split(b"\r\n")))
        if longest > 998:
            yield error(
                "in the built mail", f"A line has {longest:,} characters; mail servers cut or refuse over 998.", OUR_FAULT
            )
            continue
        if len(sample.head) > 500_000 or any(sum(map(len, header.lines)) > 32_000 for header in sample.headers):
            yield error(HEADERS, "The headers are larger than Gmail accepts.", "Shorten the subject and the sender's name.")
        for header in sample.headers if isinstance(mails, Evidence) else ():
            if any(len(line) > 78 and len(line.split()) > 1 + (number == 0) for number, line in enumerate(header.lines)):
                named = header.name.lower() in ("from", "list-id")
                place, fix = (mails.key_place("sender", "name"), "Shorten the sender's name.") if named else (HEADERS, OUR_FAULT)
                yield advice(place, f"A line of the header {header.name} is longer than the 78 characters mail likes.", fix)


@rule(
    "M06",
    "no control characters",
    ERROR,
    source="RFC 5322 section 2.3; RFC 5321 section 2.3.8: header injection",
    protects="people",
)
def control_characters(evidence: Evidence) -> Iterator[Finding]:
    """No stray line ends, NULs or control characters in the bytes, nor in a cell that goes into the mail."""
    for name, rows in evidence.survey.controls.items():
        cells = rows.spoken("cell has", "cells have")
        harm = f"{cells} a line break or an invisible sign inside: column {name}, {rows.where}."
        yield error(evidence.row(rows.lines[0]), harm, "Delete the cell's content and type it again on one line.")
    for sample in evidence.samples:
        if _stray(sample.content) or not sample.head.isascii():
            yield error(sample.where, "The mail has stray control characters: servers may refuse or misread it.", OUR_FAULT)
        elif any(_control(header.spoken) for header in sample.headers):
            yield error(sample.where, "A header has a control character inside: it could forge another header.", OUR_FAULT)


def _stray(content: bytes) -> bool:
    """Whether there is a CR or LF that is not part of a CRLF, or any other control character but the tab."""
    ends = content.count(b"\r\n")
    return ends != content.count(b"\n") or ends != content.count(b"\r") or len(content.translate(None, _CONTROLS)) != len(content)


def _control(text: str) -> bool:
    return not text.isprintable() and any(unicodedata.category(sign) in ("Cc", "Zl", "Zp") for sign in text.replace("\t", " "))


@mail_rule("M07", "the right date", ERROR, WARNING, source="RFC 5322 section 3.6.1; Yahoo: date outside of range")
def right_date(mails: Mails) -> Iterator[Finding]:
    """Date is there, can be read, and is not more than three hours ahead of the clock."""
    for sample in mails.samples:
        written = sample.value("Date")
        try:
            date = parsedate_to_datetime(written or "")
        except ValueError:
            what = "cannot be read" if written else "is missing"
            yield error(HEADERS, f"The mail's date {what}: Yahoo and others reject such a mail.", OUR_FAULT)
            continue
        date = date if date.tzinfo else date.replace(tzinfo=UTC)
        if date - mails.now > timedelta(hours=3):
            harm = "The mail's date lies more than three hours in the future: spam filters count that against it."
            yield warning(HEADERS, harm, "Set this computer's clock and time zone right.")


@rule("M08", "a Message-ID of its own", ERROR, source="RFC 5322 section 3.6.4; Gmail 4.7.28 same Message-ID")
def message_ids(evidence: Evidence) -> Iterator[Finding]:
    """There, well formed, at most 500 characters, under the sender's domain, and different for each reader."""
    yield from message_id_formed(evidence)
    seen: dict[str, str] = {}
    for sample in evidence.samples:
        found = _MESSAGE_ID.fullmatch(sample.value("Message-ID") or "")
        if found and found.group(2).lower() != evidence.domain:
            yield error(HEADERS, "The Message-ID does not end in the sender's domain: that looks forged.", OUR_FAULT)
        if found and seen.setdefault(found.group(), sample.subscriber.key) != sample.subscriber.key:
            yield error(HEADERS, "Two mails have the same Message-ID: the second may be dropped as a copy.", OUR_FAULT)


@received("M08")
def message_id_formed(mails: Mails) -> Iterator[Finding]:
    """There, well formed, at most 500 characters; a sending service may write its own domain."""
    for sample in mails.samples:
        written = sample.value("Message-ID")
        if not written or len(written) > 500 or not _MESSAGE_ID.fullmatch(written):
            what = "has no Message-ID" if not written else "has a Message-ID that is not well formed"
            yield error(HEADERS, f"A mail {what}: Gmail rejects it.", OUR_FAULT)


@rule("M09", "a text part, then a page, both UTF-8", ERROR, WARNING, source="RFC 2046 section 5.1.4; Gmail clips other charsets")
def two_parts(evidence: Evidence) -> Iterator[Finding]:
    """multipart/alternative runs from plain to rich; each part says the same in UTF-8."""
    for sample in evidence.samples:
        words = [part for part in sample.parts if part.get_content_type() in ("text/plain", "text/html")]
        kinds = [part.get_content_type() for part in words]
        if "text/plain" not in kinds or not (sample.text or "").strip():
            yield warning(
                TEXT_PART, "There is no plain text beside the page: some readers see nothing.", "Restore issue.txt of the theme."
            )
        if "text/html" not in kinds or not (sample.html or "").strip():
            yield error("in the built mail", "There is no HTML page in the mail.", "Restore issue.mjml of the theme.")
        alternative = sample.mime.get_content_type() == "multipart/alternative"
        if kinds != sorted(kinds, reverse=True) or (len(kinds) > 1 and not alternative):
            yield error(
                "in the built mail", "The page stands before the plain text: mail programs show the wrong one.", OUR_FAULT
            )
        if any((part.get_content_charset() or "") != "utf-8" for part in words):
            yield error(
                "in the built mail", "A part is not marked as UTF-8: accents break, and Gmail may cut the mail.", OUR_FAULT
            )


@received("M09")
def plain_part_first(mail: Received) -> Iterator[Finding]:
    """A page has a text part beside it, before it; text alone is a whole mail, and any character set that is named will do."""
    sample = mail.samples[0]
    kinds = [part.get_content_type() for part in sample.worded]
    if "text/html" in kinds and not (sample.text or "").strip():
        harm = "There is no plain text beside the page: some readers see nothing."
        yield warning(TEXT_PART, harm, "Let the sending service add a plain text part; most make one by themselves.")
    for part in sample.mime.walk():
        if part.get_content_type() == "multipart/alternative":
            inside = [inner.get_content_type() for inner in part.get_payload() if isinstance(inner, Message)]
            if "text/plain" in inside and "text/html" in inside and inside.index("text/html") < inside.index("text/plain"):
                yield error(
                    "in the built mail", "The page stands before the plain text: mail programs show the wrong one.", OUR_FAULT
                )
