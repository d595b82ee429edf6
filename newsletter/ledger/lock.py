"""One sender at a time: a lock that the operating system lets go of by itself when its holder ends, however it ends."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TextIO

from newsletter.errors import AlreadySending, CannotWrite

_FAR_AWAY = 1 << 30  # Windows locks bytes against reading too; this one is past what the holder writes


@contextlib.contextmanager
def run_lock(path: Path, doing: str) -> Iterator[None]:
    """Holds the lock while inside; raises AlreadySending with who holds it, CannotWrite where there can be no lock."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        stream = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="utf-8")
    except OSError as error:
        raise CannotWrite(
            f"{path} cannot be written: {error.strerror or error}.", "Check the folder's rights and the disk."
        ) from None
    with stream:
        if not _taken(stream):
            holder = stream.read(200).strip() or "Another run"
            raise AlreadySending(
                f"{holder} is at work on this practice's mail.",
                "Wait until it is done, or stop it there; then run the command again.",
            )
        started = datetime.now().astimezone().strftime("%H:%M")
        stream.seek(0)
        stream.truncate()
        stream.write(f"Process {os.getpid()}, begun at {started}, {doing},")
        stream.flush()
        try:
            yield
        finally:
            stream.seek(0)
            stream.truncate()


if sys.platform == "win32":  # pragma: no cover - not this machine
    import msvcrt

    def _taken(stream: TextIO) -> bool:
        os.lseek(stream.fileno(), _FAR_AWAY, os.SEEK_SET)
        try:
            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(stream.fileno(), 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _taken(stream: TextIO) -> bool:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
