"""Lets a phone in the same Wi-Fi look at the mail: one-time codes, their QR pictures, sessions, and the phone's own page."""

from __future__ import annotations

import html
import math
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import segno

COOKIE = "studio_phone"
FILES = frozenset({"/phone.js", "/phone.css", "/frames.js", "/base.css", "/icon.svg"})  # what the phone's page is made of
LIFETIME = 15 * 60  # seconds in which a code can be used
SECRET = 16  # bytes of a code: short enough for a small QR code, and past all guessing
GUESSES = 20  # wrong codes and sessions of one visitor in a minute; then it waits until the minute is over
MINUTE = 60.0  # seconds
SCAN = "Scan the code shown in the studio; each code works once."
SPENT = f"This code was used before, is older than {LIFETIME // 60} minutes, or is none of ours. Show a new one in the studio."
LIMIT_SAID = "Too many wrong codes. Wait a minute, then scan a new code from the studio."
OPEN_IT = "Open this link in the phone's browser to see the newsletter."
OFF = "Phones cannot look at this preview. End it with Ctrl-C and start it with: newsletter preview --lan"
DARK_ON_WHITE = "\x1b[38;5;16;48;5;231m"  # black on white whatever a terminal's own colours are
PLAIN = "\x1b[0m"
HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}  # dark above, dark below
# Programs that fetch a link to show what is behind it, as messengers do, would use the code up before the person does.
_LOOKS_AHEAD = re.compile(
    r"facebookexternalhit|facebot|twitterbot|whatsapp/|telegrambot|slackbot|slack-img|discordbot|linkedinbot|skypeuripreview"
    r"|googlebot|bingbot|applebot|embedly|iframely",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Phones:
    """Who of the local network may look. `host` is our address there with its port; empty where nobody may.

    `look` gives what is to be seen of an issue, or of the first for None, as an invented reader gets it: plain HTTP in a Wi-Fi
    can be read along, so nothing of the list of patients ever goes this way. `codes` are those not used yet, with the time
    each ends at; `sessions` are the phones that used one; `shown` are the letters that they were told of, the only ones that
    they may ask for.
    """

    look: Callable[[str | None], dict[str, Any]]
    host: str = ""
    now: Callable[[], float] = time.monotonic
    codes: dict[str, float] = field(default_factory=dict, repr=False)
    sessions: set[str] = field(default_factory=set, repr=False)
    shown: set[str] = field(default_factory=set, repr=False)
    _wrong: dict[str, tuple[float, int]] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def new_code(self) -> str:
        """The address that lets one phone in, once, for LIFETIME: `http://192.168.1.20:8765/phone/<code>`."""
        assert self.host, "nobody may look"
        code = secrets.token_urlsafe(SECRET)
        with self._lock:
            now = self.now()
            self.codes = {known: until for known, until in self.codes.items() if until > now}
            self.codes[code] = now + LIFETIME
        return f"http://{self.host}/phone/{code}"

    def redeem(self, code: str) -> str | None:
        """The session that a code begins, or None where it is unknown, used up or too old. A code works once."""
        with self._lock:
            until = self.codes.pop(code, None)
            if until is None or until <= self.now():
                return None
            session = secrets.token_urlsafe(32)
            self.sessions.add(session)
            return session

    def knows(self, session: str) -> bool:
        """Whether a session began in this run; it ends with it."""
        given = session.encode("latin-1", "replace")
        with self._lock:
            return any(secrets.compare_digest(given, known.encode()) for known in self.sessions)

    def wrong(self, client: str) -> None:
        """Counts a wrong code or session of a visitor; one who guesses does not lock out the others."""
        with self._lock:
            now = self.now()
            self._wrong = {who: about for who, about in self._wrong.items() if now - about[0] < MINUTE}
            began, count = self._wrong.get(client, (now, 0))
            self._wrong[client] = began, count + 1

    def wait(self, client: str) -> int:
        """The seconds until a visitor who guessed too often is answered again; 0 for everybody else."""
        with self._lock:
            began, count = self._wrong.get(client, (0.0, 0))
        left = began + MINUTE - self.now()
        return max(0, math.ceil(left)) if count >= GUESSES else 0

    @staticmethod
    def svg(url: str) -> str:
        """A QR code of `url` to put into a page: dark on white in any colour scheme, with the quiet zone that readers need."""
        rows = _modules(url, quiet=4)
        size = len(rows)
        dark = "".join(f"M{x} {y}h{width}v1h-{width}z" for y, row in enumerate(rows) for x, width in _runs(row))
        words = "QR code that opens the newsletter on a phone"
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" role="img" aria-label="{words}"'
            f' shape-rendering="crispEdges"><title>{words}</title><path fill="#fff" d="M0 0h{size}v{size}H0z"/>'
            f'<path fill="#000" d="{dark}"/></svg>'
        )

    @staticmethod
    def terminal(url: str) -> str:
        """A QR code of `url` for a terminal, two modules to a character, 37 columns for every address of ours.

        The quiet zone is half of the usual one so that it fits 24 lines; the terminal around it is of one colour too.
        """
        rows = _modules(url, quiet=2)
        rows += [[False] * len(rows)] * (len(rows) % 2)
        pairs = zip(rows[::2], rows[1::2], strict=True)
        lines = ("".join(HALVES[pair] for pair in zip(above, below, strict=True)) for above, below in pairs)
        return "\n".join(f"{DARK_ON_WHITE}{line}{PLAIN}" for line in lines)

    def state(self, issue: str | None) -> dict[str, Any]:
        """What the phone's page shows of an issue; its letter may be asked for from now on."""
        state = self.look(issue)
        if state["mail"]:
            self.shown.add(state["mail"]["url"].rpartition("/")[2])
        return _for_visitors(state)


def said_in_words(sentence: str, *, again: bool = False) -> str:
    """A page for one sentence, readable on a phone without any other file; with `again` it asks for /phone once more."""
    refresh = '<meta http-equiv="refresh" content="0; url=/phone?again">' if again else ""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">{refresh}<title>Newsletter studio</title></head>'
        f"<body><main><h1>Newsletter studio</h1><p>{html.escape(sentence)}</p></main></body></html>\n"
    )


def _for_visitors(state: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a state that phones are meant to see, named one by one, so that a part added later is not given away."""
    mail = state["mail"]
    return {
        "version": int(state["version"]),
        "issue": state["issue"],
        "title": state["title"],
        "mail": mail and {name: mail[name] for name in ("url", "subject", "preheader")},
        "issues": [{"slug": issue["slug"], "title": issue["title"]} for issue in state["issues"]],
        "problems": int(state["problems"]),
    }


def looks_ahead(headers: Mapping[str, str]) -> bool:
    """Whether a request comes from a program that only looks what is behind a link, before a person opens it."""
    purposes = [headers.get(name, "").lower() for name in ("sec-purpose", "purpose", "x-purpose", "x-moz")]
    ahead = any(word in purpose for purpose in purposes for word in ("prefetch", "preview"))
    return ahead or _LOOKS_AHEAD.search(headers.get("user-agent", "")) is not None


def _modules(url: str, quiet: int) -> list[list[bool]]:
    """The rows of a QR code, true where it is dark, with `quiet` light modules around."""
    made = segno.make(url, error="m", micro=False)
    return [[bool(module) for module in row] for row in made.matrix_iter(border=quiet)]


def _runs(row: list[bool]) -> Iterator[tuple[int, int]]:
    """Where each dark stretch of a row begins, and how wide it is."""
    began = None
    for x, dark in enumerate([*row, False]):
        if dark and began is None:
            began = x
        elif not dark and began is not None:
            yield began, x - began
            began = None
