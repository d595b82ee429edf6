"""Where the mail account's password comes from: the environment, the system's keyring, or a question. Never from a file."""

from __future__ import annotations

import os
import sys

import click

from newsletter.errors import AccountTrouble

VARIABLE = "NEWSLETTER_SMTP_PASSWORD"
_KEYRING_SERVICE = "newsletter"


def password_for(username: str | None, host: str) -> str | None:
    """The password of an account, or None where there is no login; raises AccountTrouble where nobody can be asked."""
    if username is None:
        return None
    if found := os.environ.get(VARIABLE) or _from_keyring(username):
        return found
    if sys.stdin.isatty():
        return str(click.prompt(f"Password of {username} at {host}", hide_input=True, err=True))
    message = f"There is no password for {username} at {host}, and nobody to ask."
    raise AccountTrouble(
        message, f"Put it into the environment variable {VARIABLE}, or into the keyring: keyring set newsletter {username}"
    )


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
