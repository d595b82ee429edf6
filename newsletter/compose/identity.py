"""What is one message's own: its Message-ID and its unsubscribe code, both made from the practice's secret key.

Neither holds the address nor can be guessed; both come out the same each time, so that a message can be recognised later.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from urllib.parse import quote

from newsletter.read.practice import Practice

NOBODYS_CODE = "newsletter-check-token"
"""An unsubscribe code of the usual length that is nobody's: the last letter of a real one is A, Q, g or w (128 bits)."""


@dataclass(frozen=True, slots=True)
class Identity:
    """One message's Message-ID (no brackets), unsubscribe code and date (aware)."""

    message_id: str
    token: str
    date: datetime


@dataclass(frozen=True, slots=True)
class Identities:
    """Makes identities for one issue of one practice; `key` is the practice's secret, at least 16 bytes."""

    key: bytes
    slug: str
    domain: str

    def message_id(self, address_key: str, again: int = 0) -> str:
        """The Message-ID for a subscriber; `again` counts deliberate second sendings, which get one of their own."""
        code = self._code(f"message\n{self.slug}\n{again}\n{address_key}")
        return f"{_ascii_slug(self.slug)}.{code}@{self.domain}"

    def token(self, address_key: str) -> str:
        """The subscriber's unsubscribe code, 22 characters (128 bits), the same in every issue."""
        return self._code(f"unsubscribe\n{address_key}")

    def of(self, address_key: str, date: datetime, again: int = 0) -> Identity:
        """All of it."""
        return Identity(self.message_id(address_key, again), self.token(address_key), date)

    def _code(self, what: str) -> str:
        digest = hmac.digest(self.key, what.encode("utf-8"), "sha256")
        return base64.urlsafe_b64encode(digest[:16])[:22].decode("ascii")


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
