"""The practice's secret key, from which Message-IDs and unsubscribe codes are made: `.newsletter/key`, mode 0600."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from newsletter.errors import CannotWrite, LedgerUnusable

_BYTES = 32
_UNSAVED = b"a key for looking only, never for mail that is sent"


def key_file(folder: Path) -> Path:
    """Where a practice keeps its key."""
    return folder / ".newsletter" / "key"


def key(folder: Path) -> bytes:
    """The practice's key, made on first use; raises CannotWrite or LedgerUnusable."""
    path = key_file(folder)
    if found := _read(path):
        return found
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(secrets.token_hex(_BYTES) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
    except FileExistsError:
        pass  # another command made it a moment ago
    except OSError as error:
        raise CannotWrite(
            f"{path} cannot be written: {error.strerror or error}.", "Check the folder's rights and the disk."
        ) from None
    return _read(path)


def key_for_looking(folder: Path) -> bytes:
    """The practice's key where there is one, else a stand-in: previews and checks write nothing."""
    return _read(key_file(folder)) or _UNSAVED


def _read(path: Path) -> bytes:
    try:
        text = path.read_text(encoding="ascii")
    except FileNotFoundError:
        return b""
    except (OSError, UnicodeDecodeError) as error:
        raise LedgerUnusable(
            f"The key file {path} cannot be read: {error}.", "Restore it from a backup: old unsubscribe links need it."
        ) from None
    lines = text.split()
    if not lines or any(len(line) != _BYTES * 2 or set(line) - set("0123456789abcdef") for line in lines):
        raise LedgerUnusable(f"The key file {path} is damaged.", "Restore it from a backup: old unsubscribe links need it.")
    return bytes.fromhex(lines[0])
