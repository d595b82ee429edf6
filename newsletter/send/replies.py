"""What a mail server's reply means for the account, the subscriber or the message: scope first, then verdict."""

from __future__ import annotations

import re
from enum import Enum, StrEnum
from typing import NamedTuple


class Phase(StrEnum):
    """The step of the conversation that a reply or a loss belongs to."""

    CONNECT = "connecting"
    GREETING = "greeting"
    EHLO = "EHLO"
    STARTTLS = "STARTTLS"
    AUTH = "login"
    MAIL = "MAIL FROM"
    RCPT = "RCPT TO"
    DATA = "DATA"
    BODY = "the message's body"
    DOT = "the end of the message"
    RESET = "RSET"


class Reply(NamedTuple):
    """A server's answer: its three-digit code and its text, lines joined by a space (RFC 5321 section 4.2)."""

    code: int
    text: str

    @classmethod
    def read(cls, code: int, raw: bytes) -> Reply:
        """A reply off the wire: whatever the server wrote becomes one printable line of at most 500 characters."""
        text = raw.decode("utf-8", "replace")
        if not text.isprintable():
            text = "".join(c if c.isprintable() else " " for c in text)
        return cls(code, " ".join(text.split())[:500])

    @property
    def enhanced(self) -> str:
        """The enhanced status code at its beginning (RFC 3463), as `5.1.1`, or nothing."""
        found = re.match(r"([245]\.\d{1,3}\.\d{1,3})\b", self.text)
        return found.group(1) if found else ""

    @property
    def accepted(self) -> bool:
        """2yz: done."""
        return 200 <= self.code <= 299

    def __str__(self) -> str:
        return f"{self.code} {self.text}".strip()


class Verdict(Enum):
    """What to do about a reply that is not a yes."""

    BAD_ADDRESS = "nobody can be reached there: refused, and the address is suppressed"
    REFUSED = "a permanent no to this message: refused"
    DEFERRED = "a temporary no for this subscriber: tried again later"
    PAUSE = "the account must wait a moment: nobody is charged"
    CROWDED = "too many connections at once: one less, nobody is charged"
    QUOTA = "the account has sent all that it may for now: the run ends or waits for hours, nobody is charged"
    STOP = "the account cannot send: the run ends, nobody is charged"


_QUOTA = re.compile(
    r"5\.4\.5\b|daily (user )?sending (limit|quota)|sending limit (exceeded|reached)|daily message quota|SubmissionQuotaExceeded"
    r"|exceeded .{0,30}(hourly|daily) (limit|quota)|5\.1\.90\b|5\.7\.705\b|you.{0,12}(reached|exceeded) (your|the) .{0,20}limit",
    re.IGNORECASE,
)
_CROWDED = re.compile(r"(concurrent|simultaneous|too many) (open )?(smtp )?(connections|sessions)", re.IGNORECASE)
_THROTTLE = re.compile(r"throttl|too many (messages|emails|mails|recipients)|rate.?limit|maximum sending rate", re.IGNORECASE)
_ACCOUNT_BROKEN = re.compile(
    r"5\.7\.[36]0\b|basic authentication|authentication (is )?required|not logged in|not authenticated|SendAsDenied"
    r"|5\.7\.0 authent|email address is not verified",
    re.IGNORECASE,
)
_NOBODY_THERE = re.compile(
    r"(user|recipient|mailbox|address|account)[^.;]{0,40}"
    r"(unknown|not found|does ?n.t exist|does not exist|unavailable|disabled|inactive|invalid)"
    r"|(unknown|no such|invalid|non.?existent) (local )?(user|recipient|mailbox|address|account|person)|no mailbox here",
    re.IGNORECASE,
)
_ABOUT_US = re.compile(r"sender|from address|mail from|verif(y|ication) failed|your |\bIP\b|relay|spam|block", re.IGNORECASE)
_TOO_MUCH_MAIL = re.compile(r"receiving mail (at a rate|too quickly)", re.IGNORECASE)  # Gmail, 4.2.1 and 5.2.1
_LOGIN_WANTED = (530, 534, 535, 538)  # RFC 4954 section 6
_TOO_MANY_AT_ONCE = 432  # Microsoft 365: "432 4.3.2 concurrent connections"
_BAD_ADDRESS_CODES = ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1")
_MAILBOX_FULL = ("4.2.2", "5.2.2")


def judge(phase: Phase, reply: Reply) -> Verdict:
    """The verdict on a reply that is not a yes.

    Connecting, login and MAIL FROM belong to the account; RCPT TO to the subscriber; what follows to the message, unless
    code or text speak of a quota, throttling or the login. A 5yz by itself never means a bad address.
    """
    if account := _about_the_account(reply):
        return account
    temporary = 400 <= reply.code <= 499
    if phase not in (Phase.RCPT, Phase.DATA, Phase.BODY, Phase.DOT):
        return Verdict.PAUSE if temporary else Verdict.STOP
    busy = reply.enhanced == "5.2.2" or _TOO_MUCH_MAIL.search(reply.text)
    if temporary or busy or (phase is Phase.RCPT and reply.code == 552):
        return Verdict.DEFERRED  # RFC 5321 section 4.5.3.1.10: a 552 to RCPT is to be treated as 452
    if phase is Phase.DATA and reply.code in (500, 501, 502, 503, 504):
        return Verdict.STOP  # the server does not take DATA at all: no fault of this message
    return Verdict.BAD_ADDRESS if _is_bad_address(phase, reply) else Verdict.REFUSED


def _about_the_account(reply: Reply) -> Verdict | None:
    """The verdict where code or text speak of the account, in whichever phase they come."""
    if _ACCOUNT_BROKEN.search(reply.text) or reply.code in _LOGIN_WANTED:
        return Verdict.STOP
    full = reply.enhanced in _MAILBOX_FULL
    if not full and _QUOTA.search(reply.text):
        return Verdict.QUOTA
    if reply.code == _TOO_MANY_AT_ONCE or (not full and _CROWDED.search(reply.text)):
        return Verdict.CROWDED
    return Verdict.PAUSE if reply.code == 421 or (not full and _THROTTLE.search(reply.text)) else None


def _is_bad_address(phase: Phase, reply: Reply) -> bool:
    if reply.enhanced:
        return reply.enhanced in _BAD_ADDRESS_CODES
    about_them = phase is Phase.RCPT and reply.code in (550, 551, 553) and not _ABOUT_US.search(reply.text)
    return about_them and bool(_NOBODY_THERE.search(reply.text))
