"""Tells when a file of the practice's folder was saved, as soon as it is whole."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

FILES = ("practice.yaml", "subscribers.csv")
FOLDERS = ("issues", "templates", "images")
STEP = 5  # milliseconds between two looks at what the system told
QUIET = 0.05  # seconds without a change after which a save is over, where nobody tells whether a file is still being written
GRACE = 1.0  # seconds in which a file that was emptied or taken away may come back: many editors save that way
PATIENCE = 5.0  # seconds for a program that holds a file open and writes nothing more
LOOK_ANYWAY = 1000  # milliseconds; network drives tell of no changes, so the files are compared this often

State = dict[Path, tuple[int, int, int]]


async def saves(folder: Path, also: Path | None, seen: State, stop: asyncio.Event) -> AsyncGenerator[set[Path], None]:
    """Yields the changed files after each save of what a newsletter is made from, until `stop`.

    `also` is an issue outside of issues/; `seen` is the state at which the files were last read.
    """
    while not stop.is_set():
        watched = _directories(folder, also)
        async with contextlib.aclosing(_nudges(watched, stop)) as nudges:
            async for _ in nudges:
                if state(folder, also) != seen:
                    now = await _whole(folder, also, seen)
                    changed = _changed(seen, now)
                    seen = now
                    if changed:
                        yield changed
                if _directories(folder, also) != watched:
                    break  # begin again with the new folders; what happens meanwhile shows in the next comparison


def state(folder: Path, also: Path | None = None) -> State:
    """Every watched file with its time, size and inode."""
    paths = [folder / name for name in FILES] + ([also] if also else [])
    for directory in _directories(folder, None)[1:]:
        paths += _entries(directory)
    found: State = {}
    for path in paths:
        try:
            about = path.stat()
        except OSError:
            continue
        found[path] = (about.st_mtime_ns, about.st_size, about.st_ino)
    return found


def _changed(before: State, now: State) -> set[Path]:
    return {path for path in before.keys() | now.keys() if before.get(path) != now.get(path)}


def _entries(directory: Path) -> list[Path]:
    """The files of a directory without those that editors keep beside them."""
    try:
        entries = list(directory.iterdir())
    except OSError:
        return []
    return [path for path in entries if not path.name.startswith((".", "#")) and not path.name.endswith(("~", ".swp", ".tmp"))]


def _directories(folder: Path, also: Path | None) -> list[Path]:
    """The folder itself and all that lie in the watched ones; each is watched alone, so that a large `build/` costs nothing."""
    found = [folder]
    for name in FOLDERS:
        for directory, below, _files in os.walk(folder / name):
            below[:] = [inner for inner in below if not inner.startswith(".")]
            found.append(Path(directory))
    return [*found, also.parent] if also else found


async def _nudges(directories: list[Path], stop: asyncio.Event) -> AsyncGenerator[None, None]:
    """Yields whenever something may have changed: at once where the system tells, and every second anyway."""
    from watchfiles import awatch

    try:
        changes: AsyncGenerator[object, None] = awatch(
            *directories,
            watch_filter=None,
            recursive=False,
            step=STEP,
            debounce=4 * STEP,
            stop_event=stop,
            rust_timeout=LOOK_ANYWAY,
            yield_on_timeout=True,
            ignore_permission_denied=True,
        )
        async with contextlib.aclosing(changes):
            async for _ in changes:
                yield
    except (OSError, RuntimeError):  # too many watches, or a folder that went away just now
        await asyncio.sleep(LOOK_ANYWAY / 1000)
        yield


async def _whole(folder: Path, also: Path | None, before: State) -> State:
    """Waits while a file that held something is empty or away, or is still being written; gives the state after that."""
    clock = asyncio.get_running_loop().time
    now, since = state(folder, also), clock()
    while True:
        vanished = any(about[1] and not now.get(path, (0, 0, 0))[1] for path, about in before.items())
        written = {_written(path) for path in _changed(before, now) if path in now}
        if not vanished and written <= {False}:
            return now
        await asyncio.sleep(QUIET if None in written else STEP / 1000)
        later = state(folder, also)
        if later != now:
            now, since = later, clock()
            continue
        patience = GRACE if vanished else PATIENCE if True in written else 0
        if clock() - since >= patience:
            return now


def _written(path: Path) -> bool | None:
    """Whether a program has the file open for writing; None where the system does not tell.

    Linux grants a lease for reading only where nobody writes (fcntl(2), F_SETLEASE). It is given back at once; who opens
    the file in between waits for that, and the signal that tells us of it is one that is ignored.
    """
    if sys.platform != "linux":
        return None
    import fcntl
    import signal

    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)  # the usual one, SIGIO, would end the program
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        return True if error.errno == errno.EAGAIN else None  # not our file, or a disk that knows no leases
    finally:
        os.close(descriptor)
    return False
