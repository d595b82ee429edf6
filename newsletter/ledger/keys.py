"""The practice's secret key, from which Message-IDs and unsubscribe codes are made: `.newsletter/key`, mode 0600."""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path

from newsletter.errors import CannotWrite, LedgerUnusable
from newsletter.ledger.new_file import put_in_place

_BYTES = 32
STAND_IN = b"a key for looking only, never for mail that is sent"


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
        descriptor, made = tempfile.mkstemp(dir=path.parent, prefix=".new-key-")  # mode 0600
        with os.fdopen(descriptor, "w") as stream:
            stream.write(secrets.token_hex(_BYTES) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        put_in_place(Path(made), path)
    except OSError as error:
        raise CannotWrite(
            f"{path} cannot be written: {error.strerror or error}.", "Check the folder's rights and the disk."
        ) from None
    return _read(path)


def key_for_looking(folder: Path) -> bytes:
    """The practice's key where there is one, else a stand-in: checks write nothing."""
    return _read(key_file(folder)) or STAND_IN


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
