"""Where the mail account's secret comes from: for a password the environment, the system's keyring, or a question; for an
access token the environment, or a command of the practice's. Never a file.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click

from newsletter.errors import AccountTrouble

VARIABLE = "NEWSLETTER_SMTP_PASSWORD"
TOKEN_VARIABLE = "NEWSLETTER_SMTP_TOKEN"  # noqa: S105  # the variable's name
INBOX_VARIABLE = "NEWSLETTER_IMAP_PASSWORD"
INBOX_TOKEN_VARIABLE = "NEWSLETTER_IMAP_TOKEN"  # noqa: S105  # the variable's name
_PATIENCE = 60  # seconds for a token command
_KEYRING_SERVICE = "newsletter"


def password_for(username: str | None, host: str, variables: tuple[str, ...] = (VARIABLE,)) -> str | None:
    """The password of an account, or None where there is no login; raises AccountTrouble where nobody can be asked.

    It is looked for in the environment `variables`, the first one being the usual.
    """
    if username is None:
        return None
    if found := known_password(username, variables):
        return found
    if sys.stdin.isatty():
        return str(click.prompt(f"Password of {username} at {host}", hide_input=True, err=True))
    message = f"There is no password for {username} at {host}, and nobody to ask."
    raise AccountTrouble(
        message,
        f"Put it into the environment variable {variables[0]}, or into the keyring: keyring set newsletter {username}",
    )


def known_password(username: str, variables: tuple[str, ...] = (VARIABLE,)) -> str | None:
    """The password of an account where nobody has to be asked for it."""
    return _set(variables) or _from_keyring(username)


def token_for(
    auth: str, command: str | None, folder: Path, variables: tuple[str, ...] = (TOKEN_VARIABLE,)
) -> Callable[[bool], str] | None:
    """What gives an access token (XOAUTH2): the one at hand, or with True a new one; None where a password is wanted.

    Raises AccountTrouble where no token can be had. It is kept in memory for as long as the server takes it.
    """
    if command is None:
        token = _set(variables)
        if token is None and auth != "xoauth2":
            return None
        return lambda _new: token or _no_token(f"the environment variable {variables[0]} is not set.", variables[0])
    known = ""

    def give(new: bool) -> str:
        nonlocal known
        known = _printed_by(command, folder, variables[0]) if new or not known else known
        return known

    return give


def _printed_by(command: str, folder: Path, variable: str) -> str:
    """The first word that a command, run in the practice's folder, prints; nothing else of it is shown: it could be the token."""
    try:
        done = subprocess.run(shlex.split(command), cwd=folder, capture_output=True, timeout=_PATIENCE, check=True)  # noqa: S603
    except (OSError, ValueError):
        return _no_token("`token_command` cannot be run.", variable)
    except subprocess.TimeoutExpired:
        return _no_token(f"`token_command` gave none within {_PATIENCE} seconds.", variable)
    except subprocess.CalledProcessError as error:
        return _no_token(f"`token_command` ended with the code {error.returncode}.", variable)
    lines = done.stdout.decode("utf-8", "replace").split()
    return lines[0] if lines else _no_token("`token_command` printed nothing.", variable)


def _no_token(why: str, variable: str) -> str:
    section = "inbox" if variable == INBOX_TOKEN_VARIABLE else "smtp"
    raise AccountTrouble(
        f"There is no access token to log in with: {why}",
        f"Set {variable}, or let `token_command` under `{section}` in practice.yaml print a token.",
    )


def _set(variables: tuple[str, ...]) -> str | None:
    """The first of some variables of the environment that holds something."""
    return next((value for name in variables if (value := os.environ.get(name))), None)


def _from_keyring(username: str) -> str | None:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return None
    try:
        return keyring.get_password(_KEYRING_SERVICE, username)
    except (KeyringError, RuntimeError, OSError):
        return None  # machines without a desktop often have no keyring
