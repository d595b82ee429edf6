"""`newsletter inbox` in processes of its own, for tests that kill it: reads one job a line, runs each in a fork, and reports.

Each job is a JSON list: the practice's folder, a named point, and at which passing of it to die. How it ended is written.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import newsletter.cli.inbox  # noqa: F401 - here once instead of in each fork
from newsletter.cli import run
from newsletter.ledger.mailbox import Mailbox
from newsletter.listen import inbox
from newsletter.listen.consequences import Consequences
from newsletter.listen.effects import Summary
from newsletter.listen.imap import MailServer

# name of the point: (class, method, whether before it)
POINTS: dict[str, tuple[type, str, bool]] = {
    "after the mails are fetched": (MailServer, "mails", False),
    "before what follows": (Consequences, "of", True),
    "before the cursor": (Mailbox, "advance", True),
    "before the commit": (Mailbox, "advance", False),
    "after the commit": (Summary, "add", True),
    "before the folder of sent mail": (inbox.Inbox, "look_for_sent", True),
}


def main() -> None:
    """Serves jobs until there are no more."""
    inbox.AT_ONCE = 3
    while line := sys.stdin.readline():
        folder, point, passing = json.loads(line)
        pid = os.fork()
        if pid == 0:
            code = 13
            try:
                if point:
                    _arm(*POINTS[point], passing)
                os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
                code = run(["-C", folder, "inbox"])
            finally:
                os._exit(code)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}\n")
        sys.stdout.flush()


def _arm(owner: type, name: str, before: bool, passing: int) -> None:
    """Wraps one method, so that the product itself knows nothing of tests."""
    method: Callable[..., Any] = getattr(owner, name)
    passed = 0

    def strike() -> None:
        nonlocal passed
        passed += 1
        if passed == passing:
            os.kill(os.getpid(), signal.SIGKILL)

    def wrapped(*arguments: Any) -> Any:
        if before:
            strike()
        answer = method(*arguments)
        if not before:
            strike()
        return answer

    setattr(owner, name, wrapped)


if __name__ == "__main__":
    main()
