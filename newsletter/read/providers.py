"""The mail server: what practice.yaml says of it, and what mail providers publish, with date and source, for the rest."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator

from newsletter.errors import did_you_mean
from newsletter.read.fields import Line, Section, Whole, refuse
from newsletter.read.sending_hours import Window
from newsletter.read.shipped import plain_values

LOOPBACK = ("localhost", "127.0.0.1", "::1")
_PORTS = {"tls": 465, "starttls": 587, "none": 25}
_USUAL_CONNECTIONS = 1

Auth = Literal["password", "xoauth2"]


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider's published facts (see providers.yaml, where each field is explained); None where nothing is published."""

    name: str
    title: str
    host: str | None
    hosts: tuple[str, ...]
    port: int
    security: str
    auth: tuple[str, ...]
    username: str
    login: str
    refused: str
    as_of: str
    source: str
    per_minute: int | None = None
    per_day: int | None = None
    connections: int | None = None
    caps_of: str | None = None
    spf: tuple[str, ...] = ()
    dkim_selectors: tuple[str, ...] = ()
    dkim_lists: str = "unknown"
    adds_unsubscribe: str = "unknown"
    password_ended: str | None = None
    password_ends: str | None = None
    password_note: str = ""
    password_source: str = ""
    app_password: str | None = None
    baa: str = "unknown"
    baa_source: str = ""
    imap_host: str | None = None
    imap_auth: tuple[str, ...] = ()
    message_ids: str = "kept"


def _sending_time(said: object) -> Window:
    if not isinstance(said, str):
        refuse('it should be text. Write it like "Mon-Fri 9:00-17:00".')
    return Window.parse(said)


SendingTime = Annotated[Window, PlainValidator(_sending_time), WithJsonSchema({"type": "string"})]


class Smtp(Section):
    """The mail server; `provider` fills in what is not said here."""

    provider: Line | None = None
    host: Line | None = None
    port: Whole | None = Field(default=None, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] | None = None
    username: Line | None = None
    auth: Auth = "password"
    token_command: Line | None = None
    connections: Whole | None = Field(default=None, ge=1, le=50)
    per_minute: Whole | None = Field(default=None, ge=1)
    per_day: Whole | None = Field(default=None, ge=1)
    hours: tuple[SendingTime, ...] = ()

    @model_validator(mode="after")
    def _server_is_known(self) -> Smtp:
        if self.provider and self.provider not in names():
            hint = did_you_mean(self.provider, names())
            refuse(f'unknown provider "{self.provider}". {hint} Or delete it and write host, port and security.')
        if not self.host and not (self.provider and named(self.provider).host):
            if self.provider == "ses":
                refuse(
                    "it names no server, and Amazon SES has one for each region. "
                    "Add `host: email-smtp.us-east-1.amazonaws.com`, with your region in it."
                )
            refuse("it names no server. Add `host: smtp.your-provider.com`, or `provider: gmail` (workspace, microsoft365 ...).")
        if self.security == "none" and self.host not in LOOPBACK:
            refuse(
                "`security: none` would send your patients' addresses in the clear. "
                "Write `security: starttls` (port 587) or `tls` (port 465)."
            )
        return self

    @model_validator(mode="after")
    def _login_is_whole(self) -> Smtp:
        known = _known(self)
        if known and not self.username:
            refuse(f"{known.title} wants a login. Add `username:` with {known.username}.")
        if self.token_command and "auth" in self.model_fields_set and self.auth == "password":
            refuse("`token_command` gives an access token, but `auth: password` wants a password. Delete one of the two lines.")
        if _way_in(self) == "xoauth2" and not self.username:
            refuse("a login with an access token needs `username`, the whole address of the mailbox. Add it.")
        if known and _way_in(self) == "xoauth2" and "xoauth2" not in known.auth:  # a password that is not taken: check A08
            refuse(f"{known.title} takes no access tokens. Delete `auth` and `token_command`; the password is {known.login}.")
        return self


@dataclass(frozen=True, slots=True)
class Server:
    """The mail server as it will be used: practice.yaml first, the provider's facts where it says nothing.

    `provider` is the one that practice.yaml names, or whose host it names; `token_command` prints an access token for xoauth2.
    """

    host: str
    port: int
    security: str
    username: str | None
    connections: int = _USUAL_CONNECTIONS
    per_minute: int | None = None
    per_day: int | None = None
    provider: str | None = None
    auth: Auth = "password"
    token_command: str | None = None
    hours: tuple[Window, ...] = ()


@cache
def _all() -> dict[str, Provider]:
    facts = _mapping(plain_values(Path(__file__).with_name("providers.yaml")))
    return {name: _provider(name, _mapping(said)) for name, said in facts.items()}


def _provider(name: str, said: dict[str, object]) -> Provider:
    words = {key: value for key, value in said.items() if isinstance(value, str)}
    lists = {key: tuple(map(str, value)) for key, value in said.items() if isinstance(value, list)}
    numbers = {key: int(words[key]) if key in words else None for key in ("per_minute", "per_day", "connections")}
    return Provider(
        name=name,
        title=words["title"],
        host=words.get("host"),
        hosts=lists.get("hosts", ()),
        port=int(words["port"]),
        security=words["security"],
        auth=lists["auth"],
        username=words["username"],
        login=words["login"],
        refused=words["refused"],
        as_of=words["as_of"],
        source=words["source"],
        caps_of=words.get("caps_of"),
        spf=lists.get("spf", ()),
        dkim_selectors=lists.get("dkim_selectors", ()),
        dkim_lists=words.get("dkim_lists", "unknown"),
        adds_unsubscribe=words.get("adds_unsubscribe", "unknown"),
        password_ended=words.get("password_ended"),
        password_ends=words.get("password_ends"),
        password_note=words.get("password_note", ""),
        password_source=words.get("password_source", ""),
        app_password=words.get("app_password"),
        baa=words.get("baa", "unknown"),
        baa_source=words.get("baa_source", ""),
        imap_host=words.get("imap_host"),
        imap_auth=lists.get("imap_auth", lists["auth"]),
        message_ids=words.get("message_ids", "kept"),
        **numbers,
    )


def _mapping(value: object) -> dict[str, object]:
    assert isinstance(value, dict)
    return value


def names() -> list[str]:
    """The providers we know."""
    return list(_all())


def named(name: str) -> Provider:
    """One provider's facts; raises KeyError for a name that is not in `names()`."""
    return _all()[name]


def recognised(host: str) -> str | None:
    """The name of the provider whose server this is, or None. A Google Workspace account is told from Gmail by nobody."""
    wanted = host.lower().rstrip(".")
    for known in _all().values():
        if wanted == known.host or any(fnmatchcase(wanted, pattern) for pattern in known.hosts):
            return known.name
    return None


def server(smtp: Smtp) -> Server:
    """The server a practice uses, with defaults: 587 and STARTTLS (RFC 6409), 465 for `security: tls` (RFC 8314).

    A provider known by its host alone gives no limits where they hang on the kind of account.
    """
    known = _known(smtp)
    published = known if known and not smtp.host else None
    by_port = {465: "tls"}.get(smtp.port, "starttls") if smtp.port else None
    usual = by_port or (published.security if published else "starttls")
    security = smtp.security or usual
    port = published.port if published and published.security == security else _PORTS[security]
    capped = known if known and (smtp.provider or not known.caps_of) else None
    most = capped.connections if capped else None
    return Server(
        host=smtp.host or (known and known.host) or "",
        port=smtp.port or port,
        security=security,
        username=smtp.username,
        connections=smtp.connections or min(_USUAL_CONNECTIONS, most or _USUAL_CONNECTIONS),
        per_minute=smtp.per_minute or (capped.per_minute if capped else None),
        per_day=smtp.per_day or (capped.per_day if capped else None),
        provider=known.name if known else None,
        auth=_way_in(smtp),
        token_command=smtp.token_command,
        hours=smtp.hours,
    )


def _known(smtp: Smtp) -> Provider | None:
    """The provider that practice.yaml names, or else the one whose host it names."""
    name = smtp.provider or (recognised(smtp.host) if smtp.host else None)
    return named(name) if name else None


def _way_in(smtp: Smtp) -> Auth:
    return "xoauth2" if smtp.token_command else smtp.auth
