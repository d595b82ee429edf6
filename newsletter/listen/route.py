"""Finds the token in a request's address, where `unsubscribe.url` of practice.yaml puts it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from newsletter.errors import NewsletterError

_SLOT = "{token}"
_TOKEN = "([A-Za-z0-9_-]{1,64})"  # noqa: S105  # what it looks like


class NoRoute(NewsletterError):
    """No server sees the token where practice.yaml puts it."""


@dataclass(frozen=True, slots=True)
class Route:
    """The piece of the address that the token stands in: the end of its path, or one parameter of its query."""

    in_path: bool
    piece: re.Pattern[str]

    @classmethod
    def of(cls, url: str) -> Route:
        """From `unsubscribe.url`; raises NoRoute.

        The path is compared from the token's part on: what stands before that a proxy may have cut off, and mails that are
        out may have an earlier one.
        """
        parts = urlsplit(url)
        path = unquote(parts.path)
        if _SLOT in path:
            return cls(True, _pattern(".*", path[path.rindex("/", 0, path.index(_SLOT)) :]))
        for parameter in parts.query.split("&"):
            if _SLOT in parameter:
                return cls(False, _pattern("", unquote(parameter)))
        raise NoRoute(
            f"`unsubscribe.url` in practice.yaml has {_SLOT} behind a #, which no server gets to see.",
            "Write it like https://riverbend.example/u/{token}.",
        )

    def token(self, path: str, query: str) -> str:
        """The token in a request's path (decoded) or query (as it came), or nothing. Other parameters do not matter."""
        pieces = [path] if self.in_path else [unquote(piece) for piece in query.split("&")]
        return next((found.group(1) for piece in pieces if (found := self.piece.fullmatch(piece))), "")


def _pattern(before: str, text: str) -> re.Pattern[str]:
    first, *others = (re.escape(part) for part in text.split(_SLOT))
    return re.compile(before + first + _TOKEN + r"[A-Za-z0-9_-]{1,64}".join(others))
