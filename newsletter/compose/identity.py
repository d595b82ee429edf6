"""What is one message's own: its Message-ID and its unsubscribe token, both made from the practice's secret key.

Neither holds the address nor can be guessed; both come out the same each time, so that a message can be recognised later.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Protocol
from urllib.parse import quote

from newsletter.read.practice import Practice

NOBODYS_TOKEN = "newsletter-check-token-is-nobody-s"  # noqa: S105  # opens nothing
"""An unsubscribe token of the usual length that is nobody's: the 22nd letter of a real one is A, Q, g or w (128 bits)."""


class Secrets(Protocol):
    """What the practice's keys make (see `ledger.keys.Keys`)."""

    def message_code(self, issue: str, again: int, address_key: str) -> str:
        """What makes a Message-ID that nobody can guess."""

    def token(self, address_key: str) -> str:
        """What stands in a subscriber's unsubscribe link."""


@dataclass(frozen=True, slots=True)
class Identity:
    """One message's Message-ID (no brackets), unsubscribe token and date (aware)."""

    message_id: str
    token: str
    date: datetime


@dataclass(frozen=True, slots=True)
class Identities:
    """Makes identities for one issue of one practice."""

    secrets: Secrets
    slug: str
    domain: str

    def message_id(self, address_key: str, again: int = 0) -> str:
        """The Message-ID for a subscriber; `again` counts deliberate second sendings, which get one of their own."""
        return f"{_ascii_slug(self.slug)}.{self.secrets.message_code(self.slug, again, address_key)}@{self.domain}"

    def of(self, address_key: str, date: datetime, again: int = 0) -> Identity:
        """All of it."""
        return Identity(self.message_id(address_key, again), self.secrets.token(address_key), date)


@dataclass(frozen=True, slots=True)
class OptOut:
    """Where an opt-out goes: List-Unsubscribe's addresses (RFC 2369, RFC 8058) and the link in the mail's foot."""

    url: str | None
    mailto: str | None

    @classmethod
    def of(cls, practice: Practice) -> OptOut:
        """As practice.yaml says; it says at least one of the two."""
        said = practice.text.unsubscribe
        return cls(said.url, said.mailto)

    def addresses(self, token: str) -> list[str]:
        """The https page first where there is one, then the mailbox."""
        found = [self.url.replace("{token}", token)] if self.url else []
        if self.mailto:
            found.append(f"mailto:{_in_link(self.mailto)}?subject=unsubscribe%20{token}")
        return found

    @property
    def one_click(self) -> bool:
        """Whether the header pair of RFC 8058 can be sent: it needs an https page."""
        return self.url is not None


@lru_cache(maxsize=8)
def _in_link(mailbox: str) -> str:
    return quote(mailbox, safe="@")


@lru_cache(maxsize=8)
def _ascii_slug(slug: str) -> str:
    return "".join(c if c.isascii() and c.isalnum() else "-" for c in slug)[:60]
