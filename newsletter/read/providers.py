"""What mail providers publish: host, port, security and caps, each with its date and source, overridable by practice.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from newsletter.read.yaml_file import parse_document

if TYPE_CHECKING:
    from newsletter.read.practice import Smtp


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
    security = smtp.security or (known.security if known and not smtp.host else None) or ("tls" if smtp.port == 465 else "starttls")
    port = smtp.port or (known.port if known and not smtp.security else None) or {"tls": 465, "starttls": 587, "none": 25}[security]
    return Server(
        host=smtp.host or (known.host if known else None) or "",
        port=port,
        security=security,
        username=smtp.username,
        connections=smtp.connections,
        per_minute=smtp.per_minute or (known.per_minute if known else None),
        per_day=smtp.per_day or (known.per_day if known else None),
    )
