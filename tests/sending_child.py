"""A sender in a process of its own, for tests that kill it: reads one job a line, runs each in a fork, and reports.

Each job is a JSON object (see Job). For each, `{"pid": ...}` is written when it begins; then, upon another line, it waits for
its end and writes `{"status": ...}` (as os.waitpid gives it); until then the process id is nobody else's. A job can end itself
with SIGKILL at a named point, or find the disk full there.
"""

from __future__ import annotations

import inspect
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))  # with PYTHONSAFEPATH a script does not see its neighbours

from mailings import ledger_in, plan, writer

from newsletter.errors import AccountTrouble, LedgerUnusable
from newsletter.ledger.lock import run_lock
from newsletter.ledger.mailing import Mailing
from newsletter.ledger.unrecorded import recover
from newsletter.send.account import Account, Timeouts
from newsletter.send.connection import Connection
from newsletter.send.mailing import Run
from newsletter.send.terms import Manner, World

# name of the point: (class, method, whether before it)
POINTS: dict[str, tuple[type, str, bool]] = {
    "before MAIL": (Connection, "offer", True),
    "after the body": (Connection, "offer", False),
    "before the intent": (Run, "_commit_and_grant", True),
    "in the intent": (Mailing, "intend", False),
    "after the intent": (Connection, "finish", True),
    "after the answer": (Connection, "finish", False),
    "before the outcome": (Run, "_decide", True),
    "after the outcome": (Run, "take", True),
}
TROUBLE, UNUSABLE = 11, 12  # exit codes of a job


@dataclass(frozen=True)
class Job:
    """One run: whom to send to through which port, and at which passing of which point to die or to find the disk full."""

    folder: str
    port: int
    people: list[str]
    issue: str = "issue"
    point: str = ""
    passing: int = 1
    full: bool = False
    connections: int = 1

    def as_line(self) -> str:
        """As this program reads it."""
        return json.dumps(asdict(self)) + "\n"


def main() -> None:
    """Serves jobs until there are no more; with an argument, that one job in this very process."""
    if len(sys.argv) > 1:
        sys.exit(_run(Job(**json.loads(sys.argv[1]))))
    while line := sys.stdin.readline():
        job = Job(**json.loads(line))
        pid = os.fork()
        if pid == 0:
            code = 13
            try:
                code = _run(job)
            finally:
                os._exit(code)
        _report(pid=pid)
        sys.stdin.readline()
        _report(status=os.waitpid(pid, 0)[1])


def _run(job: Job) -> int:
    folder = Path(job.folder)
    if job.point:
        _arm(job)
    account = Account("127.0.0.1", job.port, "none", timeouts=Timeouts(10, 10, 10, 10, 10, 1))
    try:
        with run_lock(folder / ".newsletter" / "lock", "sending"):
            ledger = ledger_in(folder)
            recover(ledger)
            mailing = plan(ledger, job.people, issue=job.issue)
            world = World(time.time, lambda _: None, lambda: False, lambda _who, _status: None)
            Run(mailing, account, writer(job.issue), world, Manner(connections=job.connections)).send()
            ledger.close()
    except AccountTrouble:
        return TROUBLE
    except LedgerUnusable as error:
        sys.stderr.write(f"{error}\n")
        return UNUSABLE
    return 0


def _arm(job: Job) -> None:
    """Wraps one method, so that the product itself knows nothing of tests."""
    owner, name, before = POINTS[job.point]
    method: Callable[..., Any] = getattr(owner, name)
    passed = {True: 0, False: 0}

    def passes(*, by: bool) -> None:
        passed[by] += 1
        if before is by and passed[by] == job.passing:
            _strike(full=job.full)

    def wrapped(*arguments: Any) -> Any:
        passes(by=True)
        answer = method(*arguments)
        passes(by=False)
        return answer

    def talked(*arguments: Any) -> Any:
        passes(by=True)
        answer = yield from method(*arguments)
        passes(by=False)
        return answer

    setattr(owner, name, talked if inspect.isgeneratorfunction(method) else wrapped)


def _strike(*, full: bool) -> None:
    if full:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))  # from now on no file takes a byte
    else:
        os.kill(os.getpid(), signal.SIGKILL)


def _report(**what: int) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
