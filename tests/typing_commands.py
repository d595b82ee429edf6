"""Commands typed within the test's own process: as quick as calls, with their exit code and all they say."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desks import Desk, Done

from newsletter.cli import run


@dataclass(frozen=True)
class Typist:
    """Somebody at the keyboard of one practice, without a terminal."""

    folder: Path

    def __call__(self, *words: str) -> Done:
        """Runs a command to its end; nobody is ever shown a traceback or one of our bugs."""
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = run(["-C", str(self.folder), *words])
        assert code != 3, err.getvalue()
        return Done(code, out.getvalue(), err.getvalue())

    def ok(self, *words: str) -> str:
        """What a command says that must succeed."""
        done = self(*words)
        assert done.code == 0, done.err
        return done.out

    @property
    def list(self) -> Path:
        """The subscriber list."""
        return self.folder / "subscribers.csv"

    def write(self, name: str, *rows: str) -> Path:
        """A text file in the folder."""
        path = self.folder / name
        path.write_text("\n".join(rows) + "\n", encoding="utf-8")
        return path


@dataclass
class QuickDesk(Desk):
    """A desk whose commands run within the test's own process."""

    def __call__(self, *words: str, **how: Any) -> Done:
        """Runs a command to its end; `how` is for those that need a process."""
        return super().__call__(*words, **how) if how else Typist(self.folder)(*words)
