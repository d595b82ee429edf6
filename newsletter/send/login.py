"""Logs in, one way and once: a wrong password said twice nears the lock of the account (RFC 4954)."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable

from newsletter.errors import AccountTrouble
from newsletter.send.account import Account, Rejected
from newsletter.send.replies import Phase, Reply
from newsletter.send.wire import Talk

_LIKE_A_TOKEN = re.compile(r"[\w.~+/=-]{16,}")  # RFC 7235 section 2.1

Ask = Callable[[str], Talk[Reply]]
"""Says one line of the AUTH conversation; its answer."""


def log_in(account: Account, offered: list[str], ask: Ask) -> Talk[None]:
    """With an access token where the account has one, else with its password; raises Rejected, Lost or AccountTrouble."""
    if not offered:
        hint = "Check `host` and `port`, or delete `username` if none is needed."
        raise AccountTrouble(f"{account.host} offers no login.", hint)
    if account.token:
        yield from _with_token(account, account.token, offered, ask)
    else:
        yield from _with_password(account, offered, ask)


def _with_password(account: Account, offered: list[str], ask: Ask) -> Talk[None]:
    """AUTH PLAIN (RFC 4616), or LOGIN where the server knows no other."""
    username, password = account.username or "", account.password or ""
    whole, user, secret = (_base64(text) for text in (f"\0{username}\0{password}", username, password))
    if "PLAIN" in offered:
        lines = [f"AUTH PLAIN {whole}"]
    elif "LOGIN" in offered:
        lines = ["AUTH LOGIN", user, secret]
    else:
        raise AccountTrouble(
            f"{account.host} offers no way to log in that we know.", "Ask your provider about SMTP with a password."
        )
    reply = Reply(334, "")
    for line in lines:
        if reply.code == 334:
            reply = yield from ask(line)
    _expect_235(reply, whole, secret, password)


def _with_token(account: Account, token: Callable[[bool], str], offered: list[str], ask: Ask) -> Talk[None]:
    """AUTH XOAUTH2 as Google and Microsoft describe it: a token that is refused is renewed once.

    The server explains a refusal in a 334 challenge; it wants an empty line before it says 535.
    """
    if "XOAUTH2" not in offered:
        hint = "Delete `auth` and `token_command`, or ask your provider about OAuth for SMTP."
        raise AccountTrouble(f"{account.host} does not let anybody log in with an access token (XOAUTH2).", hint)
    bearer = token(False)
    reply = yield from _say_token(account, bearer, ask)
    if reply.code == 535 and (renewed := token(True)) != bearer:
        bearer = renewed
        reply = yield from _say_token(account, bearer, ask)
    _expect_235(reply, bearer, _sasl(account, bearer))


def _say_token(account: Account, bearer: str, ask: Ask) -> Talk[Reply]:
    reply = yield from ask(f"AUTH XOAUTH2 {_sasl(account, bearer)}")
    return (yield from ask("")) if reply.code == 334 else reply


def _sasl(account: Account, bearer: str) -> str:
    return _base64(f"user={account.username or ''}\x01auth=Bearer {bearer}\x01\x01")


def _expect_235(reply: Reply, *secrets: str) -> None:
    if reply.code != 235:
        raise Rejected(Phase.AUTH, Reply(reply.code, _without(reply.text, secrets)))


def _without(text: str, secrets: tuple[str, ...]) -> str:
    """A server's words without the secrets: some repeat what they did not understand, a long token cut off somewhere."""
    for private in secrets:
        text = text.replace(private, "...") if private else text
    return _LIKE_A_TOKEN.sub(
        lambda found: "..." if any(found[0].rstrip(".") in private for private in secrets) else found[0], text
    )


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")
