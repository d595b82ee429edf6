"""Tells when a file of the practice's folder was saved, and waits until it is whole."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncGenerator
from pathlib import Path

FILES = ("practice.yaml", "subscribers.csv")
FOLDERS = ("issues", "templates", "images")
QUIET = 50  # milliseconds without a further change, after which a save is taken to be over
GRACE = 1.0  # seconds in which a file that was emptied or taken away may come back: many editors save that way
LOOK_ANYWAY = 1000  # milliseconds; network drives tell of no changes, so the files are compared this often

State = dict[Path, tuple[int, int, int]]


async def saves(folder: Path, also: Path | None, seen: State, stop: asyncio.Event) -> AsyncGenerator[None, None]:
    """Yields after each save of a file that a newsletter is made from, until `stop`.

    `also` is an issue outside of issues/; `seen` is the state at which the files were last read.
    """
    while not stop.is_set():
        watched = _directories(folder, also)
        async with contextlib.aclosing(_nudges(watched, stop)) as nudges:
            async for _ in nudges:
                if (now := state(folder, also)) != seen:
                    seen = await _whole(folder, also, seen, now)
                    yield
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
            step=QUIET,
            debounce=4 * QUIET,
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


async def _whole(folder: Path, also: Path | None, before: State, now: State) -> State:
    """Waits while a file that held something is empty or away, or is still being written."""
    end = asyncio.get_running_loop().time() + GRACE
    while asyncio.get_running_loop().time() < end:
        await asyncio.sleep(QUIET / 1000)
        later = state(folder, also)
        vanished = any(about[1] and not later.get(path, (0, 0, 0))[1] for path, about in before.items())
        if later == now and not vanished:
            break
        now = later
    return now
