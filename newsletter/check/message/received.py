"""A mail that was received, ours or somebody else's, read from the file a mail program saved it in."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

from newsletter.check.evidence import Received
from newsletter.check.markup import Page
from newsletter.check.sample import Sample
from newsletter.errors import Missing, NewsletterError
from newsletter.read.subscribers import Subscriber

LARGEST = 25_000_000  # bytes; what Gmail takes at most
_HEADER = re.compile(rb"[!-9;-~]{1,200}:")
_MOST_HEADERS = 200_000  # bytes that are looked through for the end of the headers
_ADDRESS = re.compile(r"(?:https?://|mailto:)[^\s<>\"]+|[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{1,190}\w")
_LEAVING = re.compile(
    r"unsubscri|opt.?out|manage (?:your )?(?:email |mail )?preferences|stop (?:these|receiving)|abmelden|abbestellen"
    r"|darse de baja|cancelar la suscripci|se d\u00e9sabonner|d\u00e9sinscri",
    re.IGNORECASE,
)


def read_received(path: Path, now: datetime) -> Received:
    """Reads a saved mail (`.eml`); raises Missing or NewsletterError for a file that holds none. `now` is aware.

    Line ends are made CRLF again: most programs save a mail with the computer's own. A line `From ...` at the top (mbox)
    and blank lines before the headers are left out.
    """
    content = _whole(path)
    if b"\r\n" not in content[:_MOST_HEADERS]:
        content = content.replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    content = re.sub(rb"\A(?:\xef\xbb\xbf)?(?:\s*\r\n)*(?:From [^\r\n]*\r\n)?", b"", content, count=1)
    if not _HEADER.match(content):
        raise NewsletterError(
            f"{path.name} is not a saved mail: it does not begin with headers such as `From:`.",
            "Save the mail itself: in Gmail open it, three dots, Download message; in Outlook or Apple Mail, Save As.",
        )
    if b"\r\n\r\n" not in content:
        content += b"\r\n\r\n"
    return Received((_sample(content, path.name),), now, path.name)


def _whole(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST + 1)
    except OSError as error:
        raise Missing(f"{path} cannot be read: {error.strerror or error}.", "Check the name of the file.") from None
    if len(content) > LARGEST:
        raise NewsletterError(f"{path.name} is larger than {LARGEST // 1_000_000} MB: no newsletter is.", "Is it the right file?")
    return content


def _sample(content: bytes, name: str) -> Sample:
    """The mail as the rules know one, its reader and its ways out read from itself."""
    bare = Sample(Subscriber("", 0, frozenset(), {}), name, (), content)
    readers = [address for header in bare.named("To") for _, address in header.mailboxes]
    reader = Subscriber(readers[0] if readers else "", 0, frozenset(), {})
    written = re.findall(r"<([^<>]*)>", bare.value("List-Unsubscribe") or "")
    links = ways_out(bare.page) if bare.html else []
    in_text = _ADDRESS.findall(bare.text or "") if _LEAVING.search(bare.text or "") else []
    return Sample(reader, name, tuple(dict.fromkeys((*written, *links, *in_text))), content)


def ways_out(page: Page) -> list[str]:
    """Where the links lead whose words or address speak of unsubscribing."""
    return [link.href for link in page.links if _LEAVING.search(link.text) or _LEAVING.search(link.href)]
