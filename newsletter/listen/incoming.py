"""One incoming mail as text: its headers, its parts and what it says, whatever bytes it is made of."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime
from functools import cached_property
from itertools import islice

from newsletter.listen.own_words import own_words
from newsletter.listen.page_text import page_text

LONGEST = 1 << 19
"""Octets of a mail that are read. What says what a mail is stands in front of its pictures; all else is bounded by this."""

_LONGEST_HEADER = 4000  # letters
_LONGEST_TEXT = 60_000  # letters of a body, about thirty printed pages
_MOST_PARTS = 100
_MOST_FIELDS = 1000
_NO_TEXT_CODECS = frozenset(["idna", "punycode", "unicode_escape", "raw_unicode_escape", "utf-7"])  # slow or surprising
_MESSAGE_ID = re.compile(r"<([^<>\s]{1,500})>")
_ADDRESS = re.compile(r"[^\s<>\"'(),:;\[\]\\]{1,64}@[^\s<>\"'(),:;\[\]\\@]{1,255}")
_IN_BRACKETS = re.compile(r"<\s*([^\s<>@]{1,64}@[^\s<>@]{1,255})\s*>")

Fields = tuple[tuple[str, str], ...]
"""Names in lower case and values of a block of header fields, in order."""


class Mail:
    """A mail that was read; no bytes make it raise."""

    def __init__(self, content: bytes) -> None:
        self._message = _read(content[:LONGEST])
        self.fields = fields_of(self._message)

    def header(self, name: str) -> str:
        """The first header of that name on one line, decoded (RFC 2047), or nothing."""
        return first(self.fields, name)

    def headers(self, name: str) -> list[str]:
        """Every header of that name."""
        return [value for known, value in self.fields if known == name]

    @cached_property
    def parts(self) -> tuple[Message, ...]:
        """Every part that holds something itself; a mail inside this one is one part, and is not looked into."""
        return tuple(_leaves(self._message))

    @cached_property
    def text(self) -> str:
        """What a person reads: the plain text, or the page as text where there is no other. Attached files are none of it."""
        shown = [part for part in self.parts if part.get_content_disposition() != "attachment"]
        for kind in ("text/plain", "text/html"):
            for part in shown:
                if part.get_content_type() == kind and (text := _shown(part, kind)).strip():
                    return text
        return ""

    @cached_property
    def own_words(self) -> str:
        """What its writer wrote in it themselves."""
        return own_words(self.text)

    @cached_property
    def message_id(self) -> str:
        """Without brackets."""
        return bare_id(self.header("message-id"))

    @cached_property
    def sender(self) -> str:
        """The address in From, lower case, or nothing; a Google Group that puts its own there keeps the writer's beside it."""
        return address_in(self.header("x-original-from") or self.header("from"))

    @cached_property
    def date(self) -> datetime | None:
        """When it says that it was written, aware; nothing where it does not say so."""
        try:
            said = parsedate_to_datetime(self.header("date"))
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
        return said if said.tzinfo else said.replace(tzinfo=UTC)  # -0000: a time in UTC (RFC 5322 section 3.3)

    @cached_property
    def about(self) -> tuple[str, ...]:
        """The Message-IDs that this mail answers, from In-Reply-To and References, without brackets."""
        said = " ".join([*self.headers("in-reply-to"), *self.headers("references")])
        return tuple(dict.fromkeys(_MESSAGE_ID.findall(said)))[:50]

    @cached_property
    def plain_message(self) -> Message:
        """The headers and the text alone, for a library that looks for patterns in lines."""
        plain = Message()
        for name, value in self.fields:
            plain[name] = value
        for name in ("content-type", "content-transfer-encoding"):
            del plain[name]
        plain.set_payload(self.text)
        return plain


def first(fields: Fields, name: str) -> str:
    """The first value under that name (lower case), or nothing."""
    return next((value for known, value in fields if known == name), "")


def address_in(value: str) -> str:
    """The address of a header such as `Anna <anna@mail.example>`, lower case, or nothing."""
    found = _IN_BRACKETS.findall(value) or _ADDRESS.findall(value)
    return str(found[-1]).lower() if found else ""


def bare_id(value: str) -> str:
    """A Message-ID without its brackets."""
    found = _MESSAGE_ID.search(value)
    return found.group(1) if found else "".join(value.split())[:500]


def fields_of(message: Message) -> Fields:
    """Every header field of a mail or of a block of fields, decoded."""
    return tuple((name.lower(), _decoded(str(value))) for name, value in islice(message.raw_items(), _MOST_FIELDS))


def part_text(part: Message) -> str:
    """The text of a part in whatever charset it says, or really is."""
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    return _characters(content, _charset(part))[: _LONGEST_TEXT * 4].replace("\r\n", "\n").replace("\r", "\n")


def _read(content: bytes) -> Message:
    """The mail, or its headers alone where its parts are broken beyond reading."""
    try:
        return message_from_bytes(content)
    except Exception:  # noqa: BLE001 - the standard parser has raised many kinds on broken or deeply nested parts
        return BytesHeaderParser().parsebytes(content)


def _leaves(message: Message) -> Iterator[Message]:
    waiting = [message]
    for _ in range(_MOST_PARTS):
        if not waiting:
            return
        part = waiting.pop()
        inside = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(inside, list):
            waiting += [one for one in reversed(inside) if isinstance(one, Message)]
        else:
            yield part


def _shown(part: Message, kind: str) -> str:
    text = part_text(part)
    return (page_text(text) if kind == "text/html" else text)[:_LONGEST_TEXT]


def _charset(part: Message) -> str:
    try:
        return part.get_content_charset() or ""
    except (LookupError, ValueError, TypeError):  # a parameter that is encoded wrongly (RFC 2231)
        return ""


def _characters(content: bytes, charset: str) -> str:
    """Decoded as said where that is possible, else as UTF-8, else as Windows-1252, the usual two."""
    for name in (charset, "utf-8"):
        try:
            if name and name.replace("_", "-") not in _NO_TEXT_CODECS:
                return content.decode(name)
        except (LookupError, ValueError):
            continue
    return content.decode("cp1252", "replace")


def _decoded(value: str) -> str:
    """One line: encoded words and raw bytes as letters, folding and odd letters as blanks."""
    text = _characters(value[:_LONGEST_HEADER].encode("utf-8", "surrogateescape"), "")
    if "=?" in text:
        with contextlib.suppress(HeaderParseError, ValueError, LookupError):
            text = "".join(_words(decode_header(text)))
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _words(found: Iterable[tuple[bytes | str, str | None]]) -> Iterator[str]:
    for word, charset in found:
        if isinstance(word, str):
            yield word
        else:
            yield _characters(word, charset) if charset else word.decode("raw_unicode_escape")
