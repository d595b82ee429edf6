"""A practice at its desk: a folder, a scripted mail server, and commands that are typed as real processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from smtp_server import Offers, Say, SmtpServer, When

SLUG = "stretch"
ISSUE = """\
title: Stretch a Little
subject: '{{ first_name or "Hello" }}, stretch a little'
preheader: One minute, three times a day.
date: 2026-12-01
opening: |
  Sitting long makes backs stiff. One minute of stretching, three times a day, helps more than an hour on Sunday.
body:
  - heading: In the morning
    text: |
      Stand up, reach for the ceiling and breathe out slowly. Stop if it hurts, and call us.
"""
PEOPLE = ("anna@mail.example", "ben@post.example", "cara@mail.example", "dan@post.example", "eve@inbox.example")
NAMES = ("Anna", "Ben", "Cara", "Dan", "Eve")
TAGS = ("desk", "", "desk", "", "")
AS_IT_GOES = Say("250 2.1.5 ok")


@dataclass
class Done:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def object(self) -> dict[str, Any]:
        """Its one JSON object."""
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found


@dataclass
class Desk:
    """A practice's folder, its scripted mail server, and a hand to type commands."""

    folder: Path
    server: SmtpServer
    env: dict[str, str] = field(default_factory=dict)

    def begin(self, *words: str, **how: Any) -> subprocess.Popen[str]:
        """Starts a command; it has no terminal unless told otherwise."""
        command = [sys.executable, "-P", "-m", "newsletter", "-C", str(self.folder), *words]
        clean = {k: v for k, v in os.environ.items() if k != "NEWSLETTER_SMTP_PASSWORD"}
        env = {**clean, "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring", **self.env}
        how = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **how}
        return subprocess.Popen(command, env=env, text=True, **how)

    def __call__(self, *words: str, **how: Any) -> Done:
        """Runs a command to its end, which comes soon."""
        return ended(self.begin(*words, **how))

    def send(self, *words: str) -> Done:
        """Sends the issue without being asked."""
        return self("send", SLUG, "--yes", *words)

    def status(self) -> dict[str, str]:
        """Everybody's status by address."""
        return {row["email"]: row["status"] for row in self("status", SLUG, "--json").object["recipients"]}

    def write_list(self, *rows: str, name: str = "subscribers.csv") -> None:
        """A subscriber list of these rows."""
        (self.folder / name).write_text("\n".join(["email,first_name,tags,status", *rows]) + "\n", encoding="utf-8")

    def set_server(self, extra: str = "") -> None:
        """Names the scripted server in practice.yaml."""
        path = self.folder / "practice.yaml"
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("smtp:")]
        lines.append(f"smtp: {{host: 127.0.0.1, port: {self.server.port}, security: none{extra}}}")
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def ended(process: subprocess.Popen[str]) -> Done:
    """Waits for a command's end."""
    out, err = process.communicate(timeout=90)
    return Done(process.returncode, out, err)


def everybody(spell: Callable[[str], str] = str) -> list[str]:
    """The list's rows."""
    return [f"{spell(address)},{name},{tags}," for address, name, tags in zip(PEOPLE, NAMES, TAGS, strict=True)]


@contextmanager
def desk_at(folder: Path, offers: Offers | None = None, *script: When, extra: str = "") -> Iterator[Desk]:
    """A practice with five subscribers, one small issue and a server, polite unless a script says otherwise."""
    (folder / "issues" / f"{SLUG}.yaml").write_text(ISSUE, encoding="utf-8")
    with SmtpServer(script, offers or Offers()) as server:
        made = Desk(folder, server)
        made.set_server(extra)
        made.write_list(*everybody())
        yield made
