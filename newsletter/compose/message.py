"""The exact bytes of a mail: MIME compiled once an issue with open slots, then filled for each subscriber.

multipart/alternative(text/plain, multipart/related(text/html, pictures)), quoted-printable, CRLF, no body line over 76.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache

from newsletter.compose.headers import audit, constant_headers, unstructured
from newsletter.compose.identity import Identity, OptOut
from newsletter.compose.pictures import ReadyPicture
from newsletter.compose.plain_text import refold
from newsletter.compose.render import RenderedIssue
from newsletter.compose.slots import UNSUBSCRIBE, Opening, Slot, SlotBook, one_line, openings, text_openings
from newsletter.read.practice import Practice
from newsletter.read.subscribers import Subscriber

_SOFT = b"=\r\n"  # a soft line break: invisible when decoded (RFC 2045 section 6.7, rule 5)
_FULL_LINE = 76  # letters of an encoded line, the soft break's sign among them (RFC 2045 section 6.7, rule 5)


@dataclass(frozen=True, slots=True)
class Message:
    """One mail to one recipient: envelope addresses, and the bytes as they are sent, before dot-stuffing."""

    sender: str
    recipient: str
    message_id: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Spot:
    """A slot in the HTML part."""

    parts: tuple[Opening]

    def written(self, values: Mapping[str, str]) -> bytes:
        """As it stands in the mail."""
        return _until_soft_break(self.parts[0].filled(values))


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the text part with slots in it; where it breaks depends on the values."""

    parts: tuple[str | Opening, ...]

    def written(self, values: Mapping[str, str]) -> bytes:
        """As it stands in the mail."""
        return _whole_line("".join([part if isinstance(part, str) else part.filled(values) for part in self.parts]))


Piece = bytes | _Spot | _Line


@dataclass(frozen=True, slots=True)
class MessageTemplate:
    """An issue as MIME with open slots. `pieces` is the body; the few headers that differ are written by `fill`.

    `head` is the header block in pieces: bytes, and the names of headers that are each subscriber's own.
    """

    subject: tuple[str | Slot, ...]
    pieces: tuple[Piece, ...]
    head: tuple[bytes | str, ...]
    names: tuple[str, ...]
    sender: str
    opt_out: OptOut
    digest: str

    @classmethod
    def compile(cls, rendered: RenderedIssue, practice: Practice) -> MessageTemplate:
        """Encodes everything that is the same for all; nothing of it is looked at again for a subscriber."""
        digest = _digest(rendered, practice)
        alternative, related = f"=_alternative_{digest[:16]}", f"=_related_{digest[:16]}"
        text = [f"--{alternative}\r\n{_part('text/plain; charset=utf-8')}".encode(), *_text_pieces(rendered.text, rendered.book)]
        page: list[Piece] = [*_html_pieces(rendered.html, rendered.book), b"\r\n"]
        html_part = _part("text/html; charset=utf-8")
        pictures = [picture for picture in rendered.pictures if picture.src.startswith("cid:")]
        if pictures:
            kind = f'multipart/related; type="text/html";\r\n boundary="{related}"'
            opening = f"--{alternative}\r\nContent-Type: {kind}\r\n\r\n--{related}\r\n{html_part}"
            attached = [_picture_part(related, picture) for picture in pictures]
            page = [opening.encode(), *page, *attached, f"--{related}--\r\n".encode()]
        else:
            page = [f"--{alternative}\r\n{html_part}".encode(), *page]
        headers = constant_headers(practice, f'multipart/alternative;\r\n boundary="{alternative}"')
        return cls(
            subject=tuple(rendered.book.split(rendered.subject)),
            pieces=tuple(_joined([*text, b"\r\n", *page, f"--{alternative}--\r\n".encode()])),
            head=tuple(_head(headers)),
            names=tuple(name for name, _ in headers),
            sender=practice.text.sender.email,
            opt_out=OptOut.of(practice),
            digest=digest,
        )

    @property
    def fields(self) -> frozenset[str]:
        """The merge fields the mail uses."""
        slots = {slot for slot in self.subject if isinstance(slot, Slot)}
        for piece in self.pieces:
            slots |= set() if isinstance(piece, bytes) else {part.slot for part in piece.parts if isinstance(part, Opening)}
        return frozenset(slot.name for slot in slots if not slot.whole_link)

    def fill(self, subscriber: Subscriber, identity: Identity) -> Message:
        """The mail for one subscriber; raises MessageUnsafe rather than give out a header block that is not as meant."""
        out_to = self.opt_out.addresses(identity.token)
        values = {**subscriber.fields, UNSUBSCRIBE: out_to[0]}
        own = {
            "To": subscriber.email.encode("ascii", "replace"),
            "Subject": unstructured("Subject", self.subject_for(subscriber)),
            "Date": _date(identity.date),
            "Message-ID": f"<{identity.message_id}>".encode("ascii", "replace"),
            "List-Unsubscribe": ",\r\n ".join(f"<{address}>" for address in out_to).encode("ascii", "replace"),
        }
        block = b"".join([own[piece] if isinstance(piece, str) else piece for piece in self.head])
        audit(block, self.names)
        body = [piece if isinstance(piece, bytes) else piece.written(values) for piece in self.pieces]
        content = b"".join([block, b"\r\n", *body])
        return Message(self.sender, subscriber.email, identity.message_id, content)

    def subject_for(self, subscriber: Subscriber) -> str:
        """The subject as this subscriber reads it."""
        values = subscriber.fields
        return one_line("".join(part if isinstance(part, str) else part.text(values.get(part.name, "")) for part in self.subject))


@lru_cache(maxsize=1)
def _date(date: datetime) -> bytes:
    return format_datetime(date).encode("ascii")


def _head(headers: Iterable[tuple[str, bytes]]) -> Iterable[bytes | str]:
    """The header block with what is constant in as few pieces as can be."""
    constant = b""
    for name, value in headers:
        constant += f"{name}: ".encode("ascii") + value
        if not value:
            yield constant
            yield name
            constant = b""
        constant += b"\r\n"
    yield constant


def _part(content_type: str) -> str:
    return f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"


def _picture_part(boundary: str, picture: ReadyPicture) -> bytes:
    name = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "-" for c in picture.name)
    head = (
        f'--{boundary}\r\nContent-Type: image/{picture.subtype}; name="{name}"\r\nContent-Transfer-Encoding: base64\r\n'
        f'Content-ID: <{picture.content_id}>\r\nContent-Disposition: inline; filename="{name}"\r\n\r\n'
    )
    return head.encode("ascii") + base64.encodebytes(picture.content).replace(b"\n", b"\r\n")


def _html_pieces(page: str, book: SlotBook) -> Iterable[Piece]:
    """A soft break closes each literal before an opening, and each value, so that neither depends on the other's width."""
    *pieces, last = openings(page, book)
    for piece in pieces:
        yield _until_soft_break(piece) if isinstance(piece, str) else _Spot((piece,))
    yield _encode(last) if isinstance(last, str) else _Spot((last,))


def _text_pieces(text: str, book: SlotBook) -> Iterable[Piece]:
    """Runs of lines without slots as bytes; each line with slots by itself."""
    plain: list[str] = []
    for line in text.split("\n")[:-1]:
        if book.pattern.search(line):
            yield _encode("".join(f"{done}\n" for done in plain))
            plain = []
            yield _Line(tuple(text_openings(line, book)))
        else:
            plain.append(line)
    yield _encode("".join(f"{done}\n" for done in plain))


@lru_cache(maxsize=1024)  # many people have the same first name
def _whole_line(line: str) -> bytes:
    return _encode(refold(line.rstrip()) + "\n")


def _encode(text: str) -> bytes:
    """Quoted-printable with CRLF; lines of at most 76, none of which begins with a dot, so that no relay can lose one."""
    encoded = b"\n" + binascii.b2a_qp(text.encode("utf-8", "replace"), istext=True)
    while b"\n." in encoded:  # again for the dot that comes after a dot: at most as often as a line is long
        encoded = encoded.replace(b"\n.", b"\n=2E=\n")
    return encoded[1:].replace(b"\n", b"\r\n")


@lru_cache(maxsize=1024)
def _until_soft_break(text: str) -> bytes:
    """The same and a soft line break, for which the encoder leaves no room at the end of a text."""
    encoded = _encode(text)
    if len(encoded) - (encoded.rfind(b"\n") + 1) >= _FULL_LINE:
        return encoded[:-1] + _SOFT + encoded[-1:] + _SOFT  # an escape of three letters never ends in the last column
    return encoded + _SOFT


def _joined(pieces: Iterable[Piece]) -> Iterable[Piece]:
    """Neighbouring bytes as one."""
    run: list[bytes] = []
    for piece in pieces:
        if isinstance(piece, bytes):
            run.append(piece)
        else:
            if run:
                yield b"".join(run)
                run = []
            yield piece
    if run:
        yield b"".join(run)


def _digest(rendered: RenderedIssue, practice: Practice) -> str:
    """A fingerprint of what is said, without what differs for each subscriber or from day to day."""
    sender = practice.text.sender
    said = [rendered.book.spoken(text) for text in (rendered.subject, rendered.html, rendered.text)]
    said += [sender.name, sender.email, sender.reply_to or ""]
    said += [picture.digest for picture in rendered.pictures]
    return hashlib.sha256("\0".join(said).encode("utf-8", "replace")).hexdigest()
