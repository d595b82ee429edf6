"""The killable sender process as tests hold it: start a run, kill it, ask how it ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType

from sending_child import Job

CHILD = Path(__file__).with_name("sending_child.py")


class Senders:
    """A process that forks one sender for each job, so that a run costs milliseconds and can be killed."""

    def __enter__(self) -> Senders:
        self._process = subprocess.Popen(
            [sys.executable, str(CHILD)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        self._process.communicate(timeout=60)

    def start(self, job: Job) -> int:
        """Begins a run; its process id."""
        self._say(job.as_line())
        return int(self._said("pid"))

    def ended(self) -> int:
        """Waits for the run that was started: its exit code, or minus the signal that ended it."""
        self._say("wait\n")
        return os.waitstatus_to_exitcode(self._said("status"))

    def run(self, job: Job) -> int:
        """A whole run."""
        self.start(job)
        return self.ended()

    @staticmethod
    def kill(pid: int) -> None:
        """SIGKILL: no chance to tidy up. Before `ended` was asked, the id is the sender's even if it has ended by itself."""
        os.kill(pid, signal.SIGKILL)

    def _say(self, line: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(line)
        self._process.stdin.flush()

    def _said(self, what: str) -> int:
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line, "the sender process ended"
        return int(json.loads(line)[what])
