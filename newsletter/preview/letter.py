"""Opens a finished message as a mail program would: who it is from, its subject, its page, its text and its pictures."""

from __future__ import annotations

import email
import email.policy
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from pathlib import Path

from newsletter.check.markup import Page
from newsletter.compose.mail import Mail
from newsletter.compose.message import Message
from newsletter.compose.slots import Slot, one_line
from newsletter.read.subscribers import Subscriber

_TARGET = re.compile(r"(<(?:a|area)\b[^<>]*?)\starget\s*=\s*(?![\"']?_blank\b)(?:\"[^\"]*\"|'[^']*'|[^\s>]+)", re.IGNORECASE)
_WITHIN = re.compile(r"<a\b([^<>]*?\shref\s*=\s*[\"']#)", re.IGNORECASE)  # a link to a place in the mail itself
_SNIPPET = 160  # letters; no program shows more of a mail in its list
_FIRST_PICTURE = re.compile(rb"\r\n--[^\r\n]+\r\nContent-Type: image/")


@dataclass(frozen=True, slots=True)
class Part:
    """A picture as it travels in the mail: its media type and bytes."""

    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Letter:
    """One subscriber's mail, opened. `name` names exactly this content; `size` is in bytes as sent, `page_size` of the HTML.

    `address` is the reader's. `snippet` is what a program's list shows behind the subject: the preheader, or else the first
    words of the page. `headers` is the header block as it is sent, LF at line ends. `pictures` are those of the page, by the
    name that `page_at` links them under: a content id, or a hosted file's name; `portrait` is the practitioner's.
    """

    name: str
    address: str
    sender: str
    subject: str
    preheader: str
    snippet: str
    headers: str = field(repr=False)
    html: str = field(repr=False)
    text: str = field(repr=False)
    size: int
    page_size: int
    portrait: str | None
    sources: Mapping[str, str] = field(repr=False)
    pictures: Mapping[str, Part] = field(repr=False)

    def masked(self, instead: str) -> Letter:
        """The same with something instead of the reader's address, wherever it shows."""
        said = ("subject", "preheader", "snippet", "headers", "html", "text")
        return replace(self, **{name: getattr(self, name).replace(self.address, instead) for name in said})

    def page_at(self, address: str) -> str:
        """The HTML part with each picture's link pointing below `address`, and links that open beside the preview."""
        page = _TARGET.sub(r"\1", self.html)
        for source, name in self.sources.items():
            page = page.replace(source, f"{address}/{name}")
        page = _WITHIN.sub(r'<a target="_self"\1', page)
        return page.replace("<head>", '<head><base target="_blank">', 1)


def open_letter(mail: Mail, subscriber: Subscriber, message: Message) -> Letter:
    """Opens `message`, which `mail` wrote to `subscriber`; all but the preheader and the pictures comes from its bytes."""
    parsed = email.message_from_bytes(_without_pictures(message.content), policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    html, text = _content(parsed, "html"), _content(parsed, "plain")
    rendered = mail.rendered(subscriber.tags & mail.issue.tags)
    photo, portrait = Path(mail.practice.text.practitioner.photo or "").stem, None
    sources, pictures = {}, {}
    for picture in rendered.pictures:
        # A hosted one may not be uploaded yet, and looking asks no other server.
        name = picture.content_id if picture.src.startswith("cid:") else picture.name
        sources[picture.src], pictures[name] = name, Part(f"image/{picture.subtype}", picture.content)
        if photo and picture.name.startswith(f"{photo}-") and picture.width == picture.height:
            portrait = name
    preheader = "".join(
        part.text(subscriber.fields.get(part.name, "")) if isinstance(part, Slot) else part
        for part in rendered.book.split(rendered.preheader)
    )
    return Letter(
        address=subscriber.email,
        name=_name(html, text, str(parsed["Subject"]), *pictures),
        sender=str(parsed["From"]),
        subject=str(parsed["Subject"]),
        preheader=one_line(preheader),
        snippet=one_line(preheader) or Page.of(html).visible[:_SNIPPET].strip(),
        headers=message.content.partition(b"\r\n\r\n")[0].decode("utf-8", "replace").replace("\r\n", "\n"),
        html=html,
        text=text,
        size=len(message.content),
        page_size=len(html.encode()),
        portrait=portrait,
        sources=sources,
        pictures=pictures,
    )


def _without_pictures(content: bytes) -> bytes:
    """A message up to its first picture part: reading the rest would take most of the time."""
    found = _FIRST_PICTURE.search(content)
    return content[: found.start()] if found else content


def _content(parsed: EmailMessage, kind: str) -> str:
    part = parsed.get_body((kind,))
    found = part.get_content() if part is not None else ""
    return str(found).replace("\r\n", "\n")


def _name(*said: str) -> str:
    return hashlib.sha256("\0".join(said).encode("utf-8", "replace")).hexdigest()[:32]
