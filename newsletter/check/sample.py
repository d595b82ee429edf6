"""One finished mail, taken apart from its exact bytes: raw headers, parts, text and page."""

from __future__ import annotations

import email
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import getaddresses
from functools import cached_property

from newsletter.check.markup import Page
from newsletter.read.subscribers import Subscriber

HEADERS = "in the built mail, headers"
SUBJECT = "in the built mail, subject"
TEXT_PART = "in the built mail, text part"
HTML_PART = "in the built mail, HTML part"


@dataclass(frozen=True, slots=True)
class Header:
    """One header as it stands in the bytes: `lines` are without their line ends, the first begins with the name."""

    name: str
    lines: tuple[bytes, ...]

    @property
    def value(self) -> str:
        """The value on one line, as it stands there; encoded words are left as they are (RFC 5322 section 2.2.3)."""
        return b"".join(self.lines).decode("utf-8", "replace").partition(":")[2].strip()

    @property
    def spoken(self) -> str:
        """The value as a reader sees it (RFC 2047)."""
        return decoded_words(self.value)

    @property
    def mailboxes(self) -> list[tuple[str, str]]:
        """Names as a reader sees them, and addresses (RFC 5322 section 3.4); none where no mail program could read them."""
        try:
            return [(decoded_words(name), address) for name, address in getaddresses([self.value])]
        except RecursionError:  # brackets in brackets in brackets
            return []


def decoded_words(text: str) -> str:
    """What a header's encoded words say (RFC 2047); the text as it stands where they cannot be read."""
    if "=?" not in text:
        return text
    try:
        return str(make_header(decode_header(text)))
    except (LookupError, ValueError):
        return text


@dataclass(frozen=True)
class Sample:
    """A mail for one subscriber. `where` is the subscriber's line in the list, `opt_out` the addresses that must be in it."""

    subscriber: Subscriber
    where: str
    opt_out: tuple[str, ...]
    content: bytes = field(repr=False)

    @cached_property
    def head(self) -> bytes:
        """The header block, with the line end of its last line."""
        return self.content.partition(b"\r\n\r\n")[0] + b"\r\n"

    @cached_property
    def headers(self) -> tuple[Header, ...]:
        """Every header of the mail in order."""
        found: list[list[bytes]] = []
        for line in self.head.split(b"\r\n")[:-1]:
            if line[:1] in (b" ", b"\t") and found:
                found[-1].append(line)
            else:
                found.append([line])
        return tuple(Header(lines[0].partition(b":")[0].decode("latin-1").strip(), tuple(lines)) for lines in found)

    def named(self, name: str) -> list[Header]:
        """The headers of one name, in any spelling."""
        return [header for header in self.headers if header.name.lower() == name.lower()]

    def value(self, name: str) -> str | None:
        """The value of the first header of a name, or None."""
        return next((header.value for header in self.named(name)), None)

    @cached_property
    def subject(self) -> str:
        """The subject as a reader sees it."""
        return next((header.spoken for header in self.named("Subject")), "")

    @cached_property
    def mime(self) -> Message:
        """The whole mail as a tree of parts; one with parts in parts without end is read as a single one."""
        try:
            return email.message_from_bytes(self.content)
        except RecursionError:
            return BytesHeaderParser().parsebytes(self.content)

    @cached_property
    def parts(self) -> tuple[Message, ...]:
        """Every part that holds something, in the order of the bytes."""
        return tuple(part for part in self.mime.walk() if not part.is_multipart())

    @cached_property
    def worded(self) -> tuple[Message, ...]:
        """The parts that mail programs show as the letter: texts and pages, but for those attached or in an attached mail."""
        return tuple(_worded(self.mime))

    @cached_property
    def text(self) -> str | None:
        """The words of the text part, LF at line ends; None where there is no such part."""
        return self._decoded("text/plain")

    @cached_property
    def html(self) -> str | None:
        """The page of the HTML part; None where there is none."""
        return self._decoded("text/html")

    @cached_property
    def page(self) -> Page:
        """The HTML part, read."""
        return Page.of(self.html or "")

    def _decoded(self, content_type: str) -> str | None:
        part = next((part for part in self.worded if part.get_content_type() == content_type), None)
        payload = part.get_payload(decode=True) if part else None
        if part is None or not isinstance(payload, bytes):
            return None
        try:
            words = payload.decode(part.get_content_charset("utf-8"), "replace")
        except LookupError:
            words = payload.decode("utf-8", "replace")
        return words.replace("\r\n", "\n")


def _worded(part: Message) -> Iterator[Message]:
    if part.get_content_type() == "message/rfc822" or part.get_content_disposition() == "attachment":
        return
    if part.is_multipart():
        for inner in part.get_payload():
            if isinstance(inner, Message):
                yield from _worded(inner)
    elif part.get_content_type() in ("text/plain", "text/html"):
        yield part
