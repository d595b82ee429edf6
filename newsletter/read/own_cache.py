"""The user's own cache folder, for what is quick to make again and slow to make each time."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path


@cache
def cache_folder(name: str) -> Path | None:
    """The folder `newsletter/NAME` of the user's cache, or None where it cannot be made or others may write into it.

    It is never in a practice's folder, which may come from somebody else: what lies here is trusted.
    """
    named = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    try:
        folder = (Path(named) if named else Path.home() / ".cache") / "newsletter" / name
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.stat()
    except (OSError, RuntimeError):  # RuntimeError: nobody's home
        return None
    theirs = os.name != "posix" or (found.st_uid == os.geteuid() and not found.st_mode & 0o022)
    return folder if theirs else None
