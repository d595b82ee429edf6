"""How the mail is put together: nothing odd rides along, it is no larger than a letter, and it is marked as a list's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message

from newsletter.check.evidence import Evidence, Mails
from newsletter.check.finding import ADVICE, OUR_FAULT, WARNING, Finding, advice, warning
from newsletter.check.registry import details, mail_rule, rule
from newsletter.check.sample import HEADERS, HTML_PART, TEXT_PART, Sample, decoded_words
from newsletter.read import providers

_TOO_LARGE = 1_000_000  # bytes of a whole mail
_HEAVY_PICTURE = 200_000  # bytes of one, before it is encoded as four letters for three bytes
_SIGNATURES = frozenset(("application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"))
_FOREIGN = 6  # where every sixth byte is no ASCII, base64 is the shorter encoding (RFC 2045 section 6.7)

# header -> values that are odd in a newsletter (none: every value), and what they say to a mailbox
_ODD: dict[str, tuple[frozenset[str], str]] = {
    "auto-submitted": (frozenset(("auto-replied", "auto-notified")), "says that a machine answers the reader"),
    "x-priority": (frozenset("12"), "claims to be urgent"),
    "priority": (frozenset(("urgent",)), "claims to be urgent"),
    "importance": (frozenset(("high",)), "claims to be important"),
    "x-msmail-priority": (frozenset(("high",)), "claims to be urgent"),
    "precedence": (frozenset(("junk", "first-class", "special-delivery")), "is no word for a newsletter (it would be bulk)"),
    "sensitivity": (frozenset(("personal", "private", "company-confidential")), "claims to be confidential"),
    "disposition-notification-to": (frozenset(), "asks each reader's mail program to report that they have read it"),
    "return-receipt-to": (frozenset(), "asks each reader's mail server for a receipt"),
    "x-confirm-reading-to": (frozenset(), "asks each reader's mail program to report that they have read it"),
    "x-auto-response": (frozenset(), "says that a machine answers the reader"),
    "x-autoreply": (frozenset(), "says that a machine answers the reader"),
}
_LABEL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"  # RFC 2919 section 2: dot-atom-text
_LIST_ID = re.compile(rf"([^<>]*)<\s?({_LABEL}(?:\.{_LABEL})+)\s?>(?:\s*\([^()]*\))?")
_LONGEST_LIST_ID = 255  # RFC 2919 section 2


@mail_rule(
    "M11",
    "text that every server can pass on",
    WARNING,
    source="RFC 2045 section 6: quoted-printable is plain ASCII in short lines",
)
def plain_encoding(mails: Mails) -> Iterator[Finding]:
    """The page and the text part are 7bit or quoted-printable; base64 is right only for a script that is not Latin."""
    for sample in mails.samples:
        for part in sample.worded:
            kind = part.get_content_type()
            encoding = str(part.get("Content-Transfer-Encoding", "7bit")).strip().lower()
            raw = encoding in ("8bit", "binary") and isinstance(mails, Evidence)  # what has arrived was not spoilt on the way
            if raw or (encoding == "base64" and not _is_foreign(part)):
                what, place = ("page", HTML_PART) if kind == "text/html" else ("plain text", TEXT_PART)
                trouble = (
                    "spam filters look twice at words hidden so" if encoding == "base64" else "older servers spoil its accents"
                )
                harm = f"The {what} is written as {encoding}: {trouble}."
                yield warning(place, harm, "Let the program that makes the mail write its text as quoted-printable.")


def _is_foreign(part: Message) -> bool:
    """Whether so much of a part is not ASCII that base64 is the shortest way to write it."""
    payload = part.get_payload(decode=True)
    return isinstance(payload, bytes) and sum(byte > 127 for byte in payload) * _FOREIGN > len(payload)


@mail_rule("M17", "no headers that a newsletter does not need", ADVICE, source="RFC 3834 section 5; SpamAssassin on X-Priority")
def odd_headers(mails: Mails) -> Iterator[Finding]:
    """No claim of urgency, of being an automatic answer, or of being confidential, and no request for a receipt."""
    for sample in mails.samples:
        for header in sample.headers:
            values, says = _ODD.get(header.name.lower(), (frozenset[str](), ""))
            first = header.value.lower().replace(";", " ").replace("(", " ").split()[:1]  # `1 (Highest)`, `auto-replied; ...`
            if says and (not values or not values.isdisjoint(first)):
                harm = f"The header {header.name} ({header.value[:40]}) {says}. In a newsletter that looks odd to spam filters."
                yield advice(HEADERS, harm, f"Leave out the header {header.name}.")


@mail_rule("M18", "a mail without attachments, under 1 MB", WARNING, source="Gmail 552 5.3.4: message size")
def light(mails: Mails) -> Iterator[Finding]:
    """No part that shows as an attachment, and under 1,000,000 bytes in all, with pictures encoded."""
    for sample in mails.samples:
        attached = list(_attached(sample))
        if attached:
            named = ", ".join(attached[:3])
            harm = f"The mail has an attachment ({named}). Many readers fear attachments, and spam filters look twice at them."
            yield warning("in the built mail", harm, "Put the file on your website, and link to it with a button.")
        size = len(sample.content)
        if size > _TOO_LARGE and not _heavy_pictures(sample):  # rule H07 tells that they are the cause
            harm = f"The mail has {size / 1_000_000:.1f} MB: it loads slowly on a telephone, and fills mailboxes."
            yield warning("in the built mail", harm, "Use fewer or smaller pictures, or put large files on your website.")


def _attached(sample: Sample) -> Iterator[str]:
    """What mail programs list as attachments: parts that say so, or have a name and are no picture of the page."""
    for part in sample.mime.walk():
        kind, name = part.get_content_type(), _file_name(part)
        inline = part.get_content_maintype() == "image" and part.get("Content-ID") is not None
        said = part.get_content_disposition() == "attachment" and kind not in _SIGNATURES
        whole_mail = kind == "message/rfc822"
        shown = inline or kind in _SIGNATURES or part.is_multipart()
        if said or whole_mail or (name and not shown):
            yield (name or ("another mail" if whole_mail else "a file"))[:60]


def _file_name(part: Message) -> str:
    try:
        return decoded_words(str(part.get_filename() or ""))
    except (LookupError, ValueError):  # RFC 2231 gone wrong
        return "a file"


def _heavy_pictures(sample: Sample) -> bool:
    """Whether one picture or all of them together are heavy by themselves."""
    sizes = [len(str(part.get_payload())) * 3 // 4 for part in sample.parts if part.get_content_maintype() == "image"]
    return max(sizes, default=0) > _HEAVY_PICTURE or sum(sizes) > _TOO_LARGE


@rule(
    "U07",
    "a signature over the unsubscribe headers",
    WARNING,
    source="RFC 8058 section 4: DKIM must cover List-Unsubscribe and List-Unsubscribe-Post",
)
def signed_headers(evidence: Evidence) -> Iterator[Finding]:
    """The mail provider's DKIM signature covers List-Unsubscribe and List-Unsubscribe-Post, as far as is known of it."""
    known = _provider(evidence)
    if known and known.dkim_lists == "no" and any(sample.value("List-Unsubscribe-Post") for sample in evidence.samples):
        harm = (
            f"{known.title} does not reliably sign the headers behind the unsubscribe button: Gmail and Yahoo may not show it, "
            "and who wants to leave presses Spam."
        )
        signing = [one.title for one in map(providers.named, providers.names()) if one.dkim_lists == "yes"]
        other = f"a provider that signs them ({', '.join(signing)})" if signing else "a provider that signs them"
        fix = f"Send through {other}; or mail yourself a test, save it, and look at it with: newsletter check --eml FILE"
        yield warning(_smtp_place(evidence), harm, fix, f"{known.source}, {known.as_of}")


@details("U07")
def who_signs() -> Iterator[str]:
    """What is known of each provider's signature."""
    for one in map(providers.named, providers.names()):
        yield f"{one.title}: signs the headers of a list: {one.dkim_lists} ({one.source}, {one.as_of})"


@mail_rule("U11", "a name for the list", WARNING, ADVICE, source="RFC 2919; Gmail, https://support.google.com/a/answer/15263077")
def list_id(mails: Mails) -> Iterator[Finding]:
    """One List-ID as `Name <label.domain>`: at most 255 letters, words before it, and the same for every reader."""
    for sample in mails.samples:
        written = sample.value("List-ID")
        found = _LIST_ID.fullmatch(written or "")
        if not written:
            harm = "The mail does not say which list it belongs to (List-ID): Gmail cannot tell it from your other mail."
            yield warning(HEADERS, harm, "Let the program that sends add List-ID: Your Newsletter <newsletter.your-domain>.")
        elif not found or len(found.group(2)) > _LONGEST_LIST_ID:
            harm = f'The name of the list is not well formed ("{written[:60]}"): mailboxes cannot sort your letters by it.'
            yield warning(HEADERS, harm, "Write it as: Your Newsletter <newsletter.your-domain>.")
        elif not any(sign.isalpha() for sign in found.group(1)):
            harm = "The name of the list has no words that a reader could understand, only its address."
            yield advice(HEADERS, harm, f"Put the newsletter's name before it: Your Newsletter <{found.group(2)[:60]}>.")
    if len({(sample.value("List-ID") or "").partition("<")[2] for sample in mails.samples}) > 1:
        harm = "The name of the list differs from reader to reader: mailboxes take each mail for a list of its own."
        yield warning(HEADERS, harm, OUR_FAULT)


@rule("U12", "one way to unsubscribe, not two", ADVICE, source="Postmark, https://postmarkapp.com/support/article/1208")
def provider_adds(evidence: Evidence) -> Iterator[Finding]:
    """The mail provider does not put an unsubscribe link and header of its own into each mail."""
    known = _provider(evidence)
    if known and known.adds_unsubscribe == "yes":
        harm = (
            f"{known.title} puts its own unsubscribe link and header into each mail in place of yours. "
            "Who leaves there is known to it alone, and this list does not hear of it."
        )
        fix = f"Turn the link off at {known.title} where it can be, or copy who left there with: newsletter suppress ADDRESS"
        yield advice(_smtp_place(evidence), harm, fix, f"{known.source}, {known.as_of}")


@details("U12")
def who_adds() -> Iterator[str]:
    """What is known of each provider's own links."""
    for one in map(providers.named, providers.names()):
        yield f"{one.title}: adds an unsubscribe link of its own: {one.adds_unsubscribe} ({one.source}, {one.as_of})"


def _provider(evidence: Evidence) -> providers.Provider | None:
    """The provider whose server the practice uses, where it is one that is known."""
    name = providers.server(evidence.practice.text.smtp).provider
    return providers.named(name) if name else None


def _smtp_place(evidence: Evidence) -> str:
    smtp = evidence.practice.text.smtp
    return evidence.key_place("smtp", "provider" if smtp.provider else "host")
