"""The issues of a folder as the files say it: read again where something changed, the last good version kept."""

from __future__ import annotations

import traceback
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from newsletter.compose.mail import Mail
from newsletter.errors import NewsletterError, Problem, ProblemsFound
from newsletter.preview.overview import Card
from newsletter.read.issue import Issue, all_issues, read_issue
from newsletter.read.practice import Practice, read_practice


@dataclass(slots=True)
class Shelf:
    """Practice, issues and the mails they make. `named` is an issue asked for by its path, which may lie elsewhere."""

    folder: Path
    named: Path | None = None
    _generation: int = 0
    _practice: Practice | NewsletterError | None = None
    _issues: dict[str, tuple[object, Issue | NewsletterError]] = field(default_factory=dict)
    _mails: dict[str, Mail | Exception] = field(default_factory=dict)
    _good: dict[str, Issue] = field(default_factory=dict)

    def forget(self, changed: Iterable[Path]) -> None:
        """Files were saved: what was made of them is made again when it is next asked for."""
        issues = {path.resolve(): slug for slug, path in self.paths().items()}
        edited = [issues.get(path.resolve()) for path in changed]
        for slug in edited:
            self._mails.pop(slug or "", None)
        if None in edited:  # a template, a picture, the practice, the list: all of them may look different
            self._mails.clear()
            self._practice = None
            self._generation += 1

    def paths(self) -> dict[str, Path]:
        """Every issue file by slug."""
        paths = {_slug(path): path for path in all_issues(self.folder)}
        if self.named and self.named.is_file():
            paths[_slug(self.named)] = self.named
        return paths

    def first(self) -> str | None:
        """The issue that was asked for, or the one saved last; None where there is none."""
        paths = self.paths()
        if self.named and _slug(self.named) in paths:
            return _slug(self.named)
        return max(paths, key=lambda slug: saved(paths[slug]), default=None)

    def practice(self) -> Practice | NewsletterError:
        """The practice, or what is wrong with its file."""
        if self._practice is None:
            try:
                self._practice = read_practice(self.folder)
            except NewsletterError as error:
                self._practice = error
        return self._practice

    def cards(self, fields: frozenset[str]) -> list[Card]:
        """Every issue in short."""
        found = []
        for slug, path in self.paths().items():
            now, stamp = self._issue(slug, path, fields), f"{self._generation}-{saved(path)[0]}"
            broken, last = not isinstance(now, Issue), now if isinstance(now, Issue) else self._good.get(slug)
            title, date = (last.text.title, last.text.date) if last else (slug, None)
            found.append(Card(slug, title, date, broken, stamp))
        return found

    def mail(self, slug: str, path: Path, fields: frozenset[str]) -> Mail | Exception:
        """The mail of an issue, or why there is none; `fields` are the merge fields of the list."""
        if slug not in self._mails:
            try:
                self._mails[slug] = self.fresh_mail(slug, path, fields)
            except Exception as error:  # noqa: BLE001  # whatever fails, the preview goes on and says so
                self._mails[slug] = error
        return self._mails[slug]

    def failed(self, slug: str, error: Exception) -> None:
        """Nothing can be made of a mail until a file is saved."""
        self._mails[slug] = error

    def fresh_mail(self, slug: str, path: Path, fields: frozenset[str]) -> Mail:
        """A mail that nobody else renders; raises ProblemsFound with what is wrong in practice.yaml and the issue."""
        practice, issue = self.practice(), self._issue(slug, path, fields)
        if isinstance(practice, NewsletterError) or isinstance(issue, NewsletterError):
            broken = [part for part in (practice, issue) if isinstance(part, NewsletterError)]
            raise ProblemsFound(problem for part in broken for problem in problems_of(part))
        return Mail.of(practice, issue)

    def _issue(self, slug: str, path: Path, fields: frozenset[str]) -> Issue | NewsletterError:
        """The issue of a file, read again only where the file or the list's merge fields changed."""
        made_of = (saved(path), fields)
        known = self._issues.get(slug)
        if known is None or known[0] != made_of:
            try:
                issue = read_issue(path, self.folder, fields)
                known, self._good[slug] = (made_of, issue), issue
            except NewsletterError as error:
                known = (made_of, error)
            self._issues[slug] = known
        return known[1]


def problems_of(error: Exception | None) -> list[Problem]:
    """What an error says, as problems; one without a place has an empty path. A bug is told without its own text."""
    if error is None:
        return []
    if isinstance(error, ProblemsFound):
        return list(error.problems)
    if isinstance(error, NewsletterError):
        return [Problem("", 0, 0, error.message, error.next_step)]
    place = traceback.extract_tb(error.__traceback__)[-1]
    where = "/".join(Path(place.filename).parts[-2:])
    message = f"This is a bug in the preview: {type(error).__name__} in {where}, line {place.lineno}."
    return [Problem("", 0, 0, message, "Undo your last change to go on, and please report it.")]


def saved(path: Path) -> tuple[int, int, int]:
    """When a file was last written, its size and inode; zeros where it is away."""
    try:
        about = path.stat()
    except OSError:
        return (0, 0, 0)
    return (about.st_mtime_ns, about.st_size, about.st_ino)


def _slug(path: Path) -> str:
    return unicodedata.normalize("NFC", path.stem)
