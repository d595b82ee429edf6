"""The header block of a mail: encoded, folded, and audited as bytes before it may leave."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from functools import lru_cache

from newsletter.compose.identity import OptOut
from newsletter.errors import MessageUnsafe
from newsletter.read.practice import Practice

_SPECIALS = re.compile(r"[^A-Za-z0-9 !#$%&\'*+/=?^_`{|}~-]")
_LONGEST_LINE = 998  # octets without CRLF (RFC 5322 section 2.1.1)
_LINE = 76  # letters of a line with an encoded word in it (RFC 2047 section 2); 78 would do for the others
_LONGEST_WORD = 900  # a longer word cannot be folded, and is encoded
_ENCODED = 45  # octets that fit into one encoded word of at most 75 letters: 60 of base64 and 12 around them


def constant_headers(practice: Practice, content_type: str) -> tuple[tuple[str, bytes], ...]:
    """Every header of a practice's mails in order; an empty value is written for each subscriber."""
    sender = practice.text.sender
    list_name = sender.name if sender.name.isascii() else "Newsletter"
    headers = [
        ("From", mailbox("From", sender.name, sender.email)),
        ("Reply-To", (sender.reply_to or "").encode("ascii")),
        ("To", b""),
        ("Subject", b""),
        ("Date", b""),
        ("Message-ID", b""),
        ("List-ID", mailbox("List-ID", list_name, f"newsletter.{practice.domain}")),
        ("List-Unsubscribe", b""),
        ("List-Unsubscribe-Post", b"List-Unsubscribe=One-Click" if OptOut.of(practice).one_click else b""),
        ("Precedence", b"bulk"),
        ("X-Auto-Response-Suppress", b"OOF, AutoReply"),
        ("MIME-Version", b"1.0"),
        ("Content-Type", content_type.encode("ascii")),
    ]
    optional = ("Reply-To", "List-Unsubscribe-Post")
    return tuple((name, value) for name, value in headers if value or name not in optional)


def audit(block: bytes, names: Iterable[str]) -> None:
    """Raises MessageUnsafe unless a finished header block has exactly the headers `names`, in order, on clean CRLF lines.

    The last guard against a value that smuggles a header in (CVE-2024-6923 and its kind); it looks at bytes, not at intentions.
    """
    if not _exactly(tuple(names)).fullmatch(block):
        raise MessageUnsafe(
            "a mail's header block is not what was meant, so it was not sent.",
            "Look at this subscriber's row for odd characters.",
        )


@lru_cache(maxsize=64)
def _exactly(names: tuple[str, ...]) -> re.Pattern[bytes]:
    """Each header once: printable ASCII, lines of at most 998 octets, none of them blank (RFC 5322 section 2.2.3)."""
    rest = rb"(?:(?=.{1,%d}\r)[ \t]+[!-~][\t -~]*\r\n)*" % _LONGEST_LINE
    headers = [rb"%b:[\t -~]{0,%d}\r\n%b" % (re.escape(name).encode(), _LONGEST_LINE - 1 - len(name), rest) for name in names]
    return re.compile(b"".join(headers))


@lru_cache(maxsize=1024)  # a subject with a first name in it comes again and again
def unstructured(name: str, text: str) -> bytes:
    """A header's free text: as it is where it is ASCII, else as encoded words of at most 75 characters (RFC 2047)."""
    words = text.split(" ")
    if text.isascii() and "=?" not in text and max(map(len, words)) < _LONGEST_WORD:
        return _folded(len(name) + 2, words).encode("ascii")
    return "\r\n ".join(_encoded_words(len(name) + 2, text)).encode("ascii")


def mailbox(header: str, name: str, address: str) -> bytes:
    """`Name <address>` with the name quoted or encoded as it needs (RFC 5322 section 3.4, RFC 2047 section 5)."""
    used = len(header) + 2
    if not name.isascii() or "=?" in name or max(map(len, name.split(" "))) >= _LONGEST_WORD:
        words = _encoded_words(used, name)
        last = len(words[-1]) + (1 if len(words) > 1 else used)
        fits = last + len(address) + 3 <= _LINE
        return ("\r\n ".join(words) + (" " if fits else "\r\n ") + f"<{address}>").encode("ascii")
    if _SPECIALS.search(name):
        name = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return _folded(used, [*name.split(" "), f"<{address}>"]).encode("ascii")


def _folded(used: int, words: list[str]) -> str:
    """Words with a space between them, and a line break before a space where a line would be too long."""
    text = ""
    for number, word in enumerate(words):
        if number and used + 1 + len(word) > _LINE and word:
            text += "\r\n"
            used = 0
        text += (" " if number else "") + word
        used += len(word) + 1
    return text


def _encoded_words(used: int, text: str) -> list[str]:
    """Base64 encoded words, no character split between two; the first leaves room for `used` letters before it."""
    words: list[bytes] = []
    chunk = b""
    room = (_LINE - used - 12) // 4 * 3
    for character in text:
        encoded = character.encode("utf-8", "replace")
        if len(chunk) + len(encoded) > room:
            words.append(chunk)
            chunk = b""
            room = _ENCODED
        chunk += encoded
    return [f"=?utf-8?b?{base64.b64encode(word).decode('ascii')}?=" for word in [*words, chunk]]
