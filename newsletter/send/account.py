"""The mail account that is sent with, and the two ways a conversation about it can go wrong before a message is accepted."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass

from newsletter.send.replies import Phase, Reply


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait (RFC 5321 section 4.5.3.2). A short wait after the dot makes uncertain messages out of slow servers."""

    connect: float = 30
    command: float = 300
    data: float = 120
    body: float = 180
    dot: float = 600
    goodbye: float = 5


@dataclass(frozen=True, slots=True)
class Account:
    """Where and as whom to send; `security` is starttls, tls or none. No user name means no login.

    `token` gives an access token to log in with instead of a password (XOAUTH2): the one at hand, or a new one if asked.
    """

    host: str
    port: int
    security: str
    username: str | None = None
    password: str | None = None
    timeouts: Timeouts = Timeouts()
    token: Callable[[bool], str] | None = None
    provider: str | None = None
    local_name: str = "localhost"  # as whom we greet (RFC 5321 section 4.1.1.1)

    def __repr__(self) -> str:
        return f"Account({self.host}:{self.port})"

    @property
    def name(self) -> str:
        """What limits are counted for: another user name or server is another account."""
        return account_name(self.username, self.host)


def account_name(username: str | None, host: str) -> str:
    """See `Account.name`; for who has not asked for the password yet."""
    return f"{username or ''}@{host}"


class Lost(Exception):
    """The connection ended, or the server's answer made no sense, in `phase`."""

    def __init__(self, phase: Phase, why: str) -> None:
        super().__init__(f"{why} during {phase}")
        self.phase = phase
        self.why = why


class Rejected(Exception):
    """The server said no in `phase`, before the final dot; nothing was accepted."""

    def __init__(self, phase: Phase, reply: Reply) -> None:
        super().__init__(str(reply))
        self.phase = phase
        self.reply = reply


def about_certificate(account: Account, error: ssl.SSLCertVerificationError) -> tuple[str, str]:
    """What happened and what to do about a certificate that does not hold."""
    message = f"The certificate of {account.host} is not valid ({error.verify_message}), so nothing was sent."
    return message, "Check `host` in practice.yaml. If it is right, somebody may be listening on this network; ask your provider."
