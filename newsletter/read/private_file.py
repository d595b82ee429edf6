"""Writes a file whole or not at all, readable by its owner alone: a list of patients is private health information."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from newsletter.errors import CannotWrite


def write_privately(path: Path, content: bytes) -> None:
    """Puts `content` in place of what was there, synced, mode 0600; raises CannotWrite, and then nothing has changed."""
    path = path.resolve()  # a link stays a link, and what it leads to is written
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.stem}-new-", suffix=path.suffix)  # mode 0600
        made = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            made.replace(path)
        finally:
            with contextlib.suppress(OSError):
                made.unlink(missing_ok=True)
    except OSError as error:
        raise CannotWrite(
            f"{path} cannot be written: {error.strerror or error}.",
            "Close it in other programs, and check the folder's rights and the disk.",
        ) from None
