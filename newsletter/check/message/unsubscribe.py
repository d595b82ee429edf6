"""The way out: headers that mailbox providers turn into a button, and a link that every reader can see."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from urllib.parse import unquote

from newsletter.check.evidence import Evidence, Mails, Received
from newsletter.check.finding import ERROR, OUR_FAULT, WARNING, Finding, error, warning
from newsletter.check.markup import Page
from newsletter.check.registry import mail_rule, received, rule
from newsletter.check.sample import HEADERS, HTML_PART, TEXT_PART, Sample

CLIP = 100_000  # bytes of HTML; Gmail hides what comes after about 102 kB
_FOOTER = "Restore the footer of the theme: footer.mjml and the end of issue.txt."


def _addresses(sample: Sample) -> list[str]:
    """What stands in angle brackets in List-Unsubscribe (RFC 2369 section 2)."""
    return re.findall(r"<([^<>]*)>", sample.value("List-Unsubscribe") or "")


@mail_rule("U01", "a List-Unsubscribe header", ERROR, source="Gmail and Yahoo sender requirements; RFC 2369", protects="the law")
def header_there(mails: Mails) -> Iterator[Finding]:
    """There in every newsletter, as Gmail and Yahoo want it."""
    for sample in mails.samples:
        if not sample.value("List-Unsubscribe"):
            harm = "The mail does not tell mailboxes how to unsubscribe: Gmail and Yahoo treat it as spam."
            yield error(HEADERS, harm, "Set `unsubscribe: {mailto: ...}` in practice.yaml.")


@mail_rule(
    "U02", "a well-formed List-Unsubscribe header", ERROR, source="RFC 8058 section 3.1; RFC 2369 section 2", protects="the law"
)
def header_well_formed(mails: Mails) -> Iterator[Finding]:
    """Addresses in angle brackets with commas between, at most one https page, at most one mailbox, nothing else."""
    for sample in mails.samples:
        written = sample.value("List-Unsubscribe")
        if not written:
            continue
        addresses = _addresses(sample)
        outside = re.sub(r"<[^<>]*>", "", written)
        schemes = [address.partition(":")[0].lower() for address in addresses]
        if not addresses or outside.strip(" ,\t") or outside.count(",") != len(addresses) - 1:
            problem = "its addresses must stand in <> with commas between"
        elif any(re.search(r"\s", address) for address in addresses):
            problem = "an address in it has a space"
        elif set(schemes) - {"https", "mailto"}:
            problem = "it may hold only an https:// page and a mailbox"
        elif schemes.count("https") > 1:
            problem = "it holds two https:// pages; one is allowed"
        else:
            continue
        harm = f"Mailboxes cannot read the unsubscribe header: {problem}. They show no unsubscribe button."
        yield error(mails.key_place("unsubscribe"), harm, "Correct `unsubscribe` in practice.yaml.")


@mail_rule(
    "U03", "one-click unsubscribing with an https page, and only then", ERROR, source="RFC 8058 section 3.1", protects="the law"
)
def one_click(mails: Mails) -> Iterator[Finding]:
    """`List-Unsubscribe-Post: List-Unsubscribe=One-Click`, exactly, and never without a page that takes it."""
    for sample in mails.samples:
        if not sample.value("List-Unsubscribe"):
            continue
        post = sample.value("List-Unsubscribe-Post")
        page = any(address.lower().startswith(("https:", "http:")) for address in _addresses(sample))
        if page and post is None:
            yield error(HEADERS, "The header that makes unsubscribing one click is missing.", OUR_FAULT)
        elif not page and post is not None:
            yield error(HEADERS, "The mail promises one-click unsubscribing without a page that can do it.", OUR_FAULT)
        elif post is not None and post != "List-Unsubscribe=One-Click":
            yield error(HEADERS, "The header that makes unsubscribing one click has the wrong words.", OUR_FAULT)


@rule("U04", "an unsubscribe address of each reader's own", ERROR, WARNING, source="RFC 8058 section 3.1", protects="people")
def own_address(evidence: Evidence) -> Iterator[Finding]:
    """It differs from reader to reader, and does not hold the reader's email address."""
    seen: dict[str, str] = {}
    place = evidence.key_place("unsubscribe")
    for sample in evidence.samples:
        for address in _addresses(sample):
            if seen.setdefault(address, sample.subscriber.key) != sample.subscriber.key:
                harm = "The unsubscribe address is the same for all readers: nobody can tell who wants out."
                yield error(place, harm, "Write {token} where the reader's code belongs.")
            if _names(address, sample.subscriber.key) and sample.subscriber.key not in evidence.written_lower:
                harm = "The unsubscribe address holds the reader's email address: whoever sees the link learns it."
                yield warning(place, harm, "Use {token} instead of the address.")


def _names(address: str, reader: str) -> bool:
    """Whether a reader's address stands in a link, plainly, percent-encoded, or in base64 (its last letters apart)."""
    coded = base64.b64encode(reader.encode()).decode().rstrip("=")
    plain = unquote(address)
    return reader in plain.lower() or coded[:-1] in plain or coded[:-1].replace("+", "-").replace("/", "_") in plain


@rule(
    "U05",
    "an unsubscribe link that everyone can see",
    ERROR,
    source="Gmail: clearly visible link in the message body; CAN-SPAM",
    protects="the law",
)
def visible_link(evidence: Evidence) -> Iterator[Finding]:
    """In the page a link with words, in the text part the address itself."""
    for sample in evidence.unlike:
        if sample.html and not any(
            link.href in sample.opt_out and not link.hidden and link.text.strip() for link in sample.page.links
        ):
            harm = "There is no unsubscribe link that readers can see: the law asks for one, and without it they press Spam."
            yield error(HTML_PART, harm, _FOOTER)
        if sample.text and not any(address in sample.text for address in sample.opt_out):
            harm = "There is no unsubscribe link in the plain text: its readers cannot leave the list."
            yield error(TEXT_PART, harm, _FOOTER)


@received("U05")
def any_visible_link(mail: Received) -> Iterator[Finding]:
    """A link with words about unsubscribing in the page, or such an address in a mail of plain text alone."""
    sample = mail.samples[0]
    seen = any(link.href in sample.opt_out and not link.hidden and link.text.strip() for link in sample.page.links)
    if not (seen if sample.html else any(address in (sample.text or "") for address in sample.opt_out)):
        harm = "Readers see no link to unsubscribe: the law asks for one, and without it they press Spam."
        yield error(HTML_PART if sample.html else TEXT_PART, harm, "Put a plain link with the word Unsubscribe into the footer.")


@rule("U06", "the footer before the place where Gmail cuts", ERROR, source="Gmail clips near 102 kB of HTML", protects="the law")
def footer_not_cut(evidence: Evidence) -> Iterator[Finding]:
    """Unsubscribe link and postal address begin before byte 100,000 of the page."""
    street = evidence.practice.text.practice.address.street
    for sample in evidence.unlike:
        yield from _cut_off(sample.page, "postal address", sample.page.offset_of(street))
    yield from link_not_cut(evidence)


@received("U06")
def link_not_cut(mails: Mails) -> Iterator[Finding]:
    """The unsubscribe link begins before byte 100,000 of the page."""
    for sample in mails.unlike:
        links = [link.offset for link in sample.page.links if link.href in sample.opt_out and not link.hidden]
        yield from _cut_off(sample.page, "unsubscribe link", min(links, default=-1))


def _cut_off(page: Page, what: str, offset: int) -> Iterator[Finding]:
    if page.byte_of(offset) >= CLIP:
        harm = f"The {what} lies where Gmail has already cut the mail off (about {CLIP // 1000} kB): readers never see it."
        yield error(HTML_PART, harm, "Shorten the issue, or make two of it.")
