"""The mailbox to which answers, bounces and opt-outs come: what practice.yaml says of it, and what follows from `smtp`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import Field, model_validator

from newsletter.errors import Missing
from newsletter.read.fields import Line, Section, Whole, refuse
from newsletter.read.providers import LOOPBACK, Auth, Provider, Smtp, named, names, server

_PORTS = {"tls": 993, "starttls": 143, "none": 143}  # RFC 8314 section 3.2, RFC 9051 section 2.1


class Inbox(Section):
    """The mailbox; what is not said here follows from `smtp`."""

    host: Line | None = None
    port: Whole | None = Field(default=None, ge=1, le=65535)
    security: Literal["tls", "starttls", "none"] | None = None
    username: Line | None = None
    auth: Auth | None = None
    token_command: Line | None = None
    folders: tuple[Line, ...] = ()
    sent: Line | None = None

    @model_validator(mode="after")
    def _safe(self) -> Inbox:
        if self.security == "none" and self.host not in LOOPBACK:
            refuse(
                "`security: none` would show your patients' mails to everybody on the way. "
                "Write `security: tls` (port 993) or `starttls` (port 143)."
            )
        if self.token_command and self.auth == "password":
            refuse("`token_command` gives an access token, but `auth: password` wants a password. Delete one of the two lines.")
        return self


@dataclass(frozen=True, slots=True)
class MailboxServer:
    """Where and as whom to read. No `folders`: the inbox and the junk folder; no `sent`: the one that the server calls so.

    `provider` is the one whose server this is, where we know it; `keeps_message_ids` says whether mails that are sent keep ours.
    """

    host: str
    port: int
    security: str
    username: str
    auth: Auth
    token_command: str | None
    folders: tuple[str, ...]
    sent: str | None
    provider: Provider | None
    keeps_message_ids: bool


def mailbox_server(inbox: Inbox, smtp: Smtp, address: str) -> MailboxServer:
    """The mailbox as it will be read, with defaults from `smtp`; raises Missing with the line to write for `address`."""
    sends = server(smtp)
    sender = named(sends.provider) if sends.provider else None
    only_sends = sender is not None and not sender.imap_host
    username = inbox.username or (None if only_sends else sends.username)
    host = inbox.host or _usual_host(smtp, sender)
    if not host or not username:
        proposed = host or "imap.your-provider.com"
        raise Missing(
            f"practice.yaml does not say {'whose' if host else 'on which server'} your mailbox is.",
            f"Add this line, with your provider's IMAP server and your user name there:\n"
            f"  inbox: {{host: {proposed}, username: {username or address}}}",
        )
    security = inbox.security or {143: "starttls"}.get(inbox.port or 993, "tls")
    same = username == sends.username and not (inbox.auth or inbox.token_command)
    return MailboxServer(
        host=host,
        port=inbox.port or _PORTS[security],
        security=security,
        username=username,
        auth=sends.auth if same else "xoauth2" if inbox.token_command else inbox.auth or "password",
        token_command=sends.token_command if same else inbox.token_command,
        folders=inbox.folders,
        sent=inbox.sent,
        provider=next((one for one in (sender, *map(named, names())) if one and one.imap_host == host), None),
        keeps_message_ids=sender is None or sender.message_ids == "kept",
    )


def _usual_host(smtp: Smtp, sender: Provider | None) -> str | None:
    """The provider's, unless mail is sent by another server of theirs, as in another part of the world."""
    return sender.imap_host if sender and (not smtp.host or smtp.host == sender.host) else None
