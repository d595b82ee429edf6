"""Holds that one sender at a time works on a practice, and that a dead one is in nobody's way."""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from newsletter.errors import AlreadySending, CannotWrite
from newsletter.ledger.lock import run_lock

HOLD = """
import sys
from pathlib import Path
from newsletter.ledger.lock import run_lock
with run_lock(Path(sys.argv[1]), "sending spring"):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def holder(lock: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock."""
    command = [sys.executable, "-c", HOLD, str(lock)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def taken(lock: Path) -> bool:
    """Whether somebody holds the lock."""
    try:
        with run_lock(lock, "looking"):
            return False
    except AlreadySending:
        return True


def test_the_second_is_told_who_is_at_work(tmp_path: Path) -> None:
    """The second process is refused with the first one's process id, its task and since when; each time anew."""
    lock = tmp_path / "new folder" / "lock"
    with holder(lock) as process:
        for _ in range(2):
            with pytest.raises(AlreadySending) as refused, run_lock(lock, "sending autumn"):
                pytest.fail("two hold the lock")
            assert re.match(rf"Process {process.pid}, begun at \d\d:\d\d, sending spring, is at work", refused.value.message)
            assert "run the command again" in refused.value.next_step


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_dead_holder_is_in_nobodys_way(tmp_path: Path, end: signal.Signals) -> None:
    """However the holder ends, the lock is free at once, and what it had written there is overwritten."""
    lock = tmp_path / "lock"
    with holder(lock) as process:
        assert taken(lock)
        os.kill(process.pid, end)
        process.wait(10)
        assert str(process.pid) in lock.read_text()
        with run_lock(lock, "sending autumn"):
            assert lock.read_text().startswith(f"Process {os.getpid()}, ")
            assert taken(lock)
    assert not taken(lock)


def test_the_lock_is_let_go(tmp_path: Path) -> None:
    """After the work, also work that failed, the lock is free and names nobody."""
    lock = tmp_path / "lock"
    with pytest.raises(RuntimeError), run_lock(lock, "sending"):
        raise RuntimeError
    assert not taken(lock)
    assert lock.read_text() == ""
    assert stat.S_IMODE(lock.stat().st_mode) == 0o600


def test_where_there_can_be_no_lock(tmp_path: Path) -> None:
    """A place where no lock can be written is a sentence, and nothing is done without it."""
    (tmp_path / "file").touch()
    with pytest.raises(CannotWrite, match="cannot be written"), run_lock(tmp_path / "file" / "lock", "sending"):
        pytest.fail("worked without a lock")
