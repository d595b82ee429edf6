"""What most commands begin with: the practice, an issue, the subscriber list, and the mail they make."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter.errors import Missing
from newsletter.read.locale import Locale
from newsletter.read.practice import Practice, read_practice
from newsletter.read.subscribers import KNOWN_FIELDS, LeftOut, Subscriber, SubscriberList

if TYPE_CHECKING:
    from newsletter.compose.mail import Mail

LIST_NAME = "subscribers.csv"
SOMEBODY = "anna.petrov@mail.example"


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
        """The subscriber list; raises Missing where there is none. What the usual list forbids holds for any other too."""
        usual = self.path / LIST_NAME
        locale = Locale.of(self.practice, datetime.now(UTC))
        chosen = SubscriberList(self.list_path or usual, self.path, locale)
        if self.list_path and usual.is_file() and not usual.samefile(self.list_path):
            chosen.vetoes = (SubscriberList(usual, self.path, locale),)
        return chosen

    @property
    def subscribers_if_any(self) -> SubscriberList | None:
        """The subscriber list, or None where there is none yet; raises Missing where one was named that is not there."""
        try:
            return self.subscribers
        except Missing:
            if self.list_path:
                raise
            return None

    @property
    def merge_fields(self) -> frozenset[str]:
        """The merge fields that the list offers, or the well-known ones where there is no list."""
        known = self.subscribers_if_any
        return known.fields if known else frozenset(KNOWN_FIELDS)

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

    def subscriber(self, email: str | None) -> Subscriber:
        """Who has this address, or the first who may be mailed; an invented one where the list has nobody.

        Raises Missing where the address named is not on the list, or may not be mailed.
        """
        try:
            rows = self.subscribers.rows()
        except Missing:
            if email:
                raise
            rows = iter(())
        left_out: LeftOut | None = None  # beside it there may be family
        for row in rows:
            if isinstance(row, LeftOut):
                left_out = left_out or (row if email and row.email.lower() == email.lower() else None)
            elif not email or row.key == email.lower():
                return row
        if left_out:
            raise Missing(f"{email} is in line {left_out.line} of {self.subscribers.shown}, but left out: {left_out.reason}")
        if email:
            raise Missing(f"{email} is not in {self.subscribers.shown}.", "Check the spelling, or add a row.")
        return Subscriber(SOMEBODY, 0, frozenset(), {"email": SOMEBODY, "first_name": "Anna", "last_name": "Petrov"})
