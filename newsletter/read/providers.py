"""The mail server: what practice.yaml says of it, and what mail providers publish, with date and source, for the rest."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

from pydantic import Field, model_validator

from newsletter.errors import did_you_mean
from newsletter.read.fields import Line, Section, Whole, refuse
from newsletter.read.yaml_file import parse_document

LOOPBACK = ("localhost", "127.0.0.1", "::1")
_PORTS = {"tls": 465, "starttls": 587, "none": 25}


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider's published facts; None where nothing is published."""

    name: str
    host: str | None
    port: int
    security: str
    login: str
    as_of: str
    source: str
    per_minute: int | None = None
    per_day: int | None = None


class Smtp(Section):
    """The mail server; `provider` fills in what is not said here."""

    provider: Line | None = None
    host: Line | None = None
    port: Whole | None = Field(default=None, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] | None = None
    username: Line | None = None
    connections: Whole = Field(default=1, ge=1, le=50)
    per_minute: Whole | None = Field(default=None, ge=1)
    per_day: Whole | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _server_is_known(self) -> Smtp:
        if self.provider and self.provider not in names():
            hint = did_you_mean(self.provider, names())
            refuse(f'unknown provider "{self.provider}". {hint} Or delete it and write host, port and security.')
        if not self.host and not (self.provider and named(self.provider).host):
            refuse("it names no server. Add `host: smtp.your-provider.com`, or `provider: gmail` (workspace, microsoft365 ...).")
        if self.security == "none" and self.host not in LOOPBACK:
            refuse(
                "`security: none` would send your patients' addresses in the clear. "
                "Write `security: starttls` (port 587) or `tls` (port 465)."
            )
        return self


@dataclass(frozen=True, slots=True)
class Server:
    """The mail server as it will be used: practice.yaml first, the provider's facts where it says nothing."""

    host: str
    port: int
    security: str
    username: str | None
    connections: int = 1
    per_minute: int | None = None
    per_day: int | None = None


@cache
def _all() -> dict[str, Provider]:
    text = resources.files(__package__).joinpath("providers.yaml").read_text(encoding="utf-8")
    found: dict[str, Provider] = {}
    for name, facts in _mapping(parse_document(text, "providers.yaml").root.plain()).items():
        said = {key: str(value) for key, value in _mapping(facts).items()}
        found[name] = Provider(
            name,
            said.get("host"),
            int(said["port"]),
            said["security"],
            said["login"],
            said["as_of"],
            said["source"],
            int(said["per_minute"]) if "per_minute" in said else None,
            int(said["per_day"]) if "per_day" in said else None,
        )
    return found


def _mapping(value: object) -> dict[str, object]:
    assert isinstance(value, dict)
    return value


def names() -> list[str]:
    """The providers we know."""
    return list(_all())


def named(name: str) -> Provider:
    """One provider's facts; raises KeyError for a name that is not in `names()`."""
    return _all()[name]


def server(smtp: Smtp) -> Server:
    """The server a practice uses, with defaults: 587 and STARTTLS (RFC 6409), 465 for `security: tls` (RFC 8314)."""
    known = named(smtp.provider) if smtp.provider else None
    published = known if known and not smtp.host else None
    by_port = {465: "tls"}.get(smtp.port, "starttls") if smtp.port else None
    usual = by_port or (published.security if published else "starttls")
    security = smtp.security or usual
    port = published.port if published and published.security == security else _PORTS[security]
    return Server(
        host=smtp.host or (known and known.host) or "",
        port=smtp.port or port,
        security=security,
        username=smtp.username,
        connections=smtp.connections,
        per_minute=smtp.per_minute or (known.per_minute if known else None),
        per_day=smtp.per_day or (known.per_day if known else None),
    )
