"""The studio's "Send me a test": what `newsletter send --test` does, to the practice's own address alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import click

from newsletter.cli.password import known_password
from newsletter.cli.practice_folder import PracticeFolder
from newsletter.cli.send_job import Job
from newsletter.cli.send_test import checked_test
from newsletter.preview.people import masked, name_of
from newsletter.preview.trial import SecretWanted
from newsletter.read.audience import EVERYBODY
from newsletter.read.subscribers import Subscriber


@dataclass
class StudioTest:
    """Everything is read anew for each mail, so that it is what the page shows. A password that worked is kept in memory."""

    folder: Path
    context: click.Context
    _secret: str | None = field(default=None, repr=False)

    def __call__(self, issue: Path, reader: Subscriber, secret: str | None) -> str:
        """See preview.trial.Trial."""
        with self.context.scope(cleanup=False):  # so that hints name the folder as it was given
            practice = PracticeFolder(self.folder)
            job = Job(practice, practice.mail(str(issue.resolve())), None, EVERYBODY, json=False)
            to = job.mail.practice.text.sender.answers_to
            given = secret or self._secret
            reply = checked_test(job, reader, to, lambda username, host: _password(username, host, given))
            self._secret = given
        as_whom = name_of(reader) or masked(reader.email)
        return f"One mail went to {to}, as {as_whom} would get it. The server said: {reply}"


def _password(username: str | None, host: str, given: str | None) -> str | None:
    """The password of an account; raises SecretWanted where neither the system nor the person at the page gave one."""
    if username is None:
        return None
    if found := known_password(username) or given:
        return found
    raise SecretWanted(f"Password of {username} at {host}")
