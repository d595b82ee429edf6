"""The exact bytes of a mail: MIME compiled once an issue with open slots, then filled for each subscriber.

multipart/alternative(text/plain, multipart/related(text/html, pictures)), quoted-printable, CRLF, no body line over 76.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from email.utils import format_datetime

from newsletter.compose.identity import Identity, OptOut
from newsletter.compose.pictures import ReadyPicture
from newsletter.compose.plain_text import refold
from newsletter.compose.render import RenderedIssue
from newsletter.compose.slots import UNSUBSCRIBE, Opening, Slot, SlotBook, Writer, one_line, openings
from newsletter.errors import MessageUnsafe
from newsletter.read.practice import Practice
from newsletter.read.subscribers import Subscriber

_SOFT = b"=\r\n"  # a soft line break: invisible when decoded (RFC 2045 section 6.7, rule 5)
_SPECIALS = re.compile(r"[^A-Za-z0-9 !#$%&\'*+/=?^_`{|}~-]")
_LONGEST_LINE = 998  # octets without CRLF (RFC 5322 section 2.1.1)


@dataclass(frozen=True, slots=True)
class Message:
    """One mail to one recipient: envelope addresses, and the bytes as they are sent, before dot-stuffing."""

    sender: str
    recipient: str
    message_id: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the text part with slots in it; where it breaks depends on the values."""

    parts: tuple[str | Slot, ...]


Piece = bytes | Opening | _Line


@dataclass(frozen=True, slots=True)
class MessageTemplate:
    """An issue as MIME with open slots. `pieces` is the body; the few headers that differ are written by `fill`."""

    subject: tuple[str | Slot, ...]
    pieces: tuple[Piece, ...]
    constant_headers: tuple[tuple[str, bytes], ...]
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
            opening = f'--{alternative}\r\nContent-Type: multipart/related; type="text/html";\r\n boundary="{related}"\r\n\r\n--{related}\r\n{html_part}'
            attached = [_picture_part(related, picture) for picture in pictures]
            page = [opening.encode(), *page, *attached, f"--{related}--\r\n".encode()]
        else:
            page = [f"--{alternative}\r\n{html_part}".encode(), *page]
        return cls(
            subject=tuple(rendered.book.split(rendered.subject)),
            pieces=tuple(_joined([*text, b"\r\n", *page, f"--{alternative}--\r\n".encode()])),
            constant_headers=_constant_headers(practice, alternative),
            sender=practice.text.sender.email,
            opt_out=OptOut.of(practice),
            digest=digest,
        )

    @property
    def fields(self) -> frozenset[str]:
        """The merge fields the mail uses."""
        slots = {slot for slot in self.subject if isinstance(slot, Slot)}
        for piece in self.pieces:
            slots |= {piece.slot} if isinstance(piece, Opening) else set()
            slots |= {part for part in piece.parts if isinstance(part, Slot)} if isinstance(piece, _Line) else set()
        return frozenset(slot.name for slot in slots if not slot.whole_link)

    def fill(self, subscriber: Subscriber, identity: Identity) -> Message:
        """The mail for one subscriber; raises MessageUnsafe rather than give out a header block that is not as meant."""
        out_to = self.opt_out.addresses(identity.token)
        values = {**subscriber.fields, UNSUBSCRIBE: out_to[0]}
        written: dict[tuple[Slot, Writer], bytes] = {}
        body: list[bytes] = []
        for piece in self.pieces:
            if isinstance(piece, bytes):
                body.append(piece)
            elif isinstance(piece, Opening):
                known = (piece.slot, piece.write)
                if known not in written:
                    written[known] = _quoted(piece.write(piece.slot.text(values.get(piece.slot.name, ""))))
                body.append(written[known])
            else:
                body.append(_text_line(piece, values))
        headers = self._headers(subscriber, identity, values, out_to)
        return Message(self.sender, subscriber.email, identity.message_id, headers + b"\r\n" + b"".join(body))

    def subject_for(self, subscriber: Subscriber) -> str:
        """The subject as this subscriber reads it."""
        return self._subject(subscriber.fields)

    def _subject(self, values: dict[str, str]) -> str:
        return one_line("".join(part if isinstance(part, str) else part.text(values.get(part.name, "")) for part in self.subject))

    def _headers(self, subscriber: Subscriber, identity: Identity, values: dict[str, str], out_to: list[str]) -> bytes:
        own = {
            "To": subscriber.email.encode("ascii", "replace"),
            "Subject": unstructured("Subject", self._subject(values)),
            "Date": format_datetime(identity.date).encode("ascii"),
            "Message-ID": f"<{identity.message_id}>".encode("ascii", "replace"),
            "List-Unsubscribe": ",\r\n ".join(f"<{address}>" for address in out_to).encode("ascii", "replace"),
        }
        block = b"".join(b"%b: %b\r\n" % (name.encode(), constant or own[name]) for name, constant in self.constant_headers)
        audit(block, [name for name, _ in self.constant_headers])
        return block


def audit(block: bytes, names: list[str]) -> None:
    """Raises MessageUnsafe unless a finished header block has exactly the headers `names`, in order, on clean CRLF lines.

    The last guard against a value that smuggles a header in (CVE-2024-6923 and its kind); it looks at bytes, not at intentions.
    """
    lines = block.split(b"\r\n")
    found = [line.partition(b":")[0].decode("latin-1") for line in lines[:-1] if line[:1] not in b" \t" or not line]
    clean = block.isascii() and not re.search(rb"\r(?!\n)|(?<!\r)\n|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", block)
    if not clean or lines[-1] or found != names or any(len(line) > _LONGEST_LINE or line.isspace() for line in lines[:-1]):
        raise MessageUnsafe(
            "a mail's header block is not what was meant, so it was not sent.",
            "Look at this subscriber's row for odd characters.",
        )


def unstructured(name: str, text: str) -> bytes:
    """A header's free text: as it is where it is ASCII, else as encoded words of at most 75 characters (RFC 2047)."""
    if text.isascii() and "=?" not in text and max((len(word) for word in text.split(" ")), default=0) < 900:
        return _folded(len(name) + 2, text.split(" ")).encode("ascii")
    return "\r\n ".join(_encoded_words(text)).encode("ascii")


def mailbox(name: str, address: str) -> bytes:
    """`Name <address>` with the name quoted or encoded as it needs (RFC 5322 section 3.4, RFC 2047 section 5)."""
    if not name.isascii():
        return ("\r\n ".join(_encoded_words(name)) + f" <{address}>").encode("ascii")
    if _SPECIALS.search(name) or "=?" in name:
        name = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{name} <{address}>".encode("ascii")


def _folded(used: int, words: list[str]) -> str:
    text = ""
    for number, word in enumerate(words):
        if number and used + 1 + len(word) > 76:
            text += "\r\n"
            used = 0
        text += (" " if number else "") + word
        used += len(word) + 1
    return text


def _encoded_words(text: str) -> list[str]:
    words, chunk = [], b""
    for character in text:
        encoded = character.encode("utf-8", "replace")
        if len(chunk) + len(encoded) > 42:  # 56 base64 letters and 12 of frame, beside the header's name
            words.append(chunk)
            chunk = b""
        chunk += encoded
    return [f"=?utf-8?b?{base64.b64encode(word).decode('ascii')}?=" for word in [*words, chunk] if word]


def _constant_headers(practice: Practice, boundary: str) -> tuple[tuple[str, bytes], ...]:
    """Every header in order; an empty value is written for each subscriber."""
    sender = practice.text.sender
    list_name = sender.name if sender.name.isascii() else "Newsletter"
    headers = [
        ("From", mailbox(sender.name, sender.email)),
        ("Reply-To", (sender.reply_to or "").encode("ascii")),
        ("To", b""),
        ("Subject", b""),
        ("Date", b""),
        ("Message-ID", b""),
        ("List-ID", mailbox(list_name, f"newsletter.{practice.domain}")),
        ("List-Unsubscribe", b""),
        ("List-Unsubscribe-Post", b"List-Unsubscribe=One-Click" if OptOut.of(practice).one_click else b""),
        ("Precedence", b"bulk"),
        ("X-Auto-Response-Suppress", b"OOF, AutoReply"),
        ("MIME-Version", b"1.0"),
        ("Content-Type", f'multipart/alternative;\r\n boundary="{boundary}"'.encode()),
    ]
    optional = ("Reply-To", "List-Unsubscribe-Post")
    return tuple((name, value) for name, value in headers if value or name not in optional)


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
    for piece in openings(page, book):
        yield _encode(piece) if isinstance(piece, str) else piece


def _text_pieces(text: str, book: SlotBook) -> Iterable[Piece]:
    """Runs of lines without slots as bytes; each line with slots by itself."""
    plain: list[str] = []
    for line in text.split("\n")[:-1]:
        if book.pattern.search(line):
            yield _encode("".join(f"{done}\n" for done in plain))
            plain = []
            yield _Line(tuple(book.split(line)))
        else:
            plain.append(line)
    yield _encode("".join(f"{done}\n" for done in plain))


def _text_line(line: _Line, values: dict[str, str]) -> bytes:
    filled = "".join(part if isinstance(part, str) else part.text(values.get(part.name, "")) for part in line.parts)
    return _encode(refold(filled.rstrip()) + "\n")


def _encode(text: str) -> bytes:
    """Quoted-printable with CRLF; lines of at most 76."""
    return binascii.b2a_qp(text.encode("utf-8", "replace"), istext=True).replace(b"\n", b"\r\n")


def _quoted(value: str) -> bytes:
    return _SOFT + _encode(value) + _SOFT


def _joined(pieces: Iterable[Piece]) -> Iterable[Piece]:
    """Neighbouring bytes as one; a soft break closes each literal before an opening, which `_quoted` writes."""
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
    said = [rendered.subject, rendered.html, rendered.text, sender.name, sender.email, sender.reply_to or ""]
    said += [picture.digest for picture in rendered.pictures]
    said += [f"{slot.name}={slot.fallback}" for slot in rendered.book.slots]
    return hashlib.sha256("\0".join(said).encode("utf-8", "replace")).hexdigest()
