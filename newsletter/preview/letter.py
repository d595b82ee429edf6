"""Opens a finished message as a mail program would: who it is from, its subject, its page, its text and its pictures."""

from __future__ import annotations

import email
import email.policy
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage

from newsletter.compose.mail import Mail
from newsletter.compose.message import Message
from newsletter.compose.slots import Slot, one_line
from newsletter.read.subscribers import Subscriber


@dataclass(frozen=True, slots=True)
class Part:
    """A picture as it travels in the mail: its media type and bytes."""

    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Letter:
    """One subscriber's mail, opened. `name` names exactly this content; `size` is in bytes as sent.

    `pictures` are those of the page, by the name that `page_at` links them under: a content id, or a hosted file's name.
    """

    name: str
    sender: str
    subject: str
    preheader: str
    html: str = field(repr=False)
    text: str = field(repr=False)
    size: int
    sources: Mapping[str, str] = field(repr=False)
    pictures: Mapping[str, Part] = field(repr=False)

    def page_at(self, address: str) -> str:
        """The HTML part with each picture's link pointing below `address`, and links that open beside the preview."""
        page = self.html
        for source, name in self.sources.items():
            page = page.replace(source, f"{address}/{name}")
        return page.replace("<head>", '<head><base target="_blank">', 1)


def open_letter(mail: Mail, subscriber: Subscriber, message: Message) -> Letter:
    """Opens `message`, which `mail` wrote to `subscriber`; all but the preheader comes from its bytes."""
    parsed = email.message_from_bytes(message.content, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    html, text = _content(parsed, "html"), _content(parsed, "plain")
    sources, pictures = _pictures(parsed)
    rendered = mail.rendered(subscriber.tags & mail.issue.tags)
    for picture in rendered.pictures:
        if not picture.src.startswith("cid:"):  # hosted: it may not be uploaded yet, and looking asks no other server
            sources[picture.src] = picture.name
            pictures[picture.name] = Part(f"image/{picture.subtype}", picture.content)
    preheader = "".join(
        part.text(subscriber.fields.get(part.name, "")) if isinstance(part, Slot) else part
        for part in rendered.book.split(rendered.preheader)
    )
    return Letter(
        name=_name(html, text, str(parsed["Subject"]), *pictures),
        sender=str(parsed["From"]),
        subject=str(parsed["Subject"]),
        preheader=one_line(preheader),
        html=html,
        text=text,
        size=len(message.content),
        sources=sources,
        pictures=pictures,
    )


def _content(parsed: EmailMessage, kind: str) -> str:
    part = parsed.get_body((kind,))
    found = part.get_content() if part is not None else ""
    return str(found).replace("\r\n", "\n")


def _pictures(parsed: EmailMessage) -> tuple[dict[str, str], dict[str, Part]]:
    """The `cid:` link and the content of each picture part, by content id."""
    sources, pictures = {}, {}
    for part in parsed.walk():
        content_id = str(part.get("Content-ID", "")).strip(" <>")
        content = part.get_payload(decode=True)
        if content_id and part.get_content_maintype() == "image" and isinstance(content, bytes):
            sources[f"cid:{content_id}"] = content_id
            pictures[content_id] = Part(part.get_content_type(), content)
    return sources, pictures


def _name(*said: str) -> str:
    return hashlib.sha256("\0".join(said).encode("utf-8", "replace")).hexdigest()[:32]
