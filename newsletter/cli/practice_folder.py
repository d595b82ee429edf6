"""What most commands begin with: the practice, an issue, the subscriber list, and the mail they make."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter.errors import Missing
from newsletter.read.practice import Practice, read_practice
from newsletter.read.subscribers import KNOWN_FIELDS, Subscriber, SubscriberList

if TYPE_CHECKING:
    from newsletter.compose.mail import Mail

LIST_NAME = "subscribers.csv"


@dataclass
class PracticeFolder:
    """A practice's folder; each part is read when it is first needed and raises what is wrong with it."""

    path: Path
    list_path: Path | None = None

    @cached_property
    def practice(self) -> Practice:
        """What practice.yaml says."""
        return read_practice(self.path)

    @cached_property
    def subscribers(self) -> SubscriberList:
        """The subscriber list; raises Missing where there is none."""
        return SubscriberList(self.list_path or self.path / LIST_NAME, self.path)

    @property
    def merge_fields(self) -> frozenset[str]:
        """The merge fields that the list offers, or the well-known ones where there is no list."""
        try:
            return self.subscribers.fields
        except Missing:
            if self.list_path:
                raise
            return frozenset(KNOWN_FIELDS)

    def issue_path(self, named: str | None) -> Path:
        """The file of the issue meant: the one named, or the only one there is; raises Missing with what to type."""
        from newsletter.read.issue import all_issues, find_issue

        if named:
            return find_issue(self.path, named)
        paths = all_issues(self.path)
        if len(paths) == 1:
            return paths[0]
        if not paths:
            raise Missing("There is no issue yet.", 'Make one with: newsletter new "What Causes Back Pain?"')
        raise Missing("Say which issue you mean: " + ", ".join(path.stem for path in paths) + ".")

    def mail(self, named: str | None) -> Mail:
        """The issue, ready to be written to people; raises ProblemsFound for anything wrong in its file."""
        from newsletter.compose.mail import Mail
        from newsletter.read.issue import read_issue

        return Mail.of(self.practice, read_issue(self.issue_path(named), self.path, self.merge_fields))

    def first_subscriber(self) -> Subscriber:
        """The first person on the list who may be mailed, or an invented one where there is none."""
        try:
            found = next((row for row in self.subscribers.rows() if isinstance(row, Subscriber)), None)
        except Missing:
            found = None
        return found or Subscriber(
            "anna@patients.example", 0, frozenset(), {"email": "anna@patients.example", "first_name": "Anna"}
        )
