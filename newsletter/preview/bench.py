"""What lies on the workbench: the issues of a folder, each as one person gets it, or what is wrong with its files."""

from __future__ import annotations

import datetime
import threading
import traceback
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path

from newsletter.compose.identity import Identities
from newsletter.compose.mail import Mail
from newsletter.errors import NewsletterError, Problem, ProblemsFound
from newsletter.ledger.keys import STAND_IN
from newsletter.preview.letter import Letter, Part, open_letter
from newsletter.preview.people import People
from newsletter.preview.watch import State, state
from newsletter.read.issue import Issue, all_issues, read_issue
from newsletter.read.practice import Practice, read_practice
from newsletter.read.subscribers import Subscriber

KEPT = 24  # opened letters that a page may still ask for


@dataclass(frozen=True, slots=True)
class View:
    """One issue as one person gets it. `current` is false where `letter` is from before the `problems`; None shows nothing."""

    version: int
    issues: dict[str, str]
    slug: str | None
    person: Subscriber
    problems: tuple[Problem, ...]
    letter: Letter | None
    current: bool


@dataclass(slots=True)
class Bench:
    """Reads, renders and remembers for the pages that look; one at a time, and no failure gets out of it.

    `named` is the issue that was asked for; without it, the one edited last comes first.
    """

    folder: Path
    named: Path | None = None
    version: int = 1
    people: People = field(init=False)
    began: State = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _practice: Practice | NewsletterError | None = None
    _issues: dict[str, tuple[object, Issue | NewsletterError]] = field(default_factory=dict)
    _mails: dict[str, tuple[Mail | None, list[Problem]]] = field(default_factory=dict)
    _good: dict[str, Mail] = field(default_factory=dict)
    _last: dict[str, Letter] = field(default_factory=dict)
    _kept: OrderedDict[str, Letter] = field(default_factory=OrderedDict)

    def __post_init__(self) -> None:
        self.began = state(self.folder, self.named)
        self.people = People(self.folder)
        self.people.read()

    def turn(self) -> int:
        """Files were saved: everything is read again when it is next looked at. Gives the new version."""
        with self._lock:
            self.version += 1
            self._practice = None
            self._mails.clear()
            self.people.read()
            return self.version

    def view(self, slug: str | None = None, person: str | None = None) -> View:
        """An issue as a person gets it; unknown names stand for the first of each."""
        with self._lock:
            paths = self._paths()
            shown = slug if slug in paths else self._first(paths)
            who = self.people.named(person)
            problems = _problems_of(self.people.trouble)
            letter: Letter | None = None
            if shown is None:
                practice = self._practice_now()
                found = _problems_of(practice) if isinstance(practice, NewsletterError) else []
            else:
                letter, found = self._letter(shown, paths[shown], who)
            titles = {name: self._title(name, path) for name, path in paths.items()}
            return View(self.version, titles, shown, who, tuple(problems + found), letter, not found)

    def search(self, words: str) -> tuple[list[Subscriber], bool]:
        """People by name, address or tag, and whether there are more than those."""
        with self._lock:
            return self.people.search(words)

    def letter(self, name: str) -> Letter | None:
        """A letter that some page was told of, by its name."""
        with self._lock:
            return self._kept.get(name)

    def picture(self, letter: str, name: str) -> Part | None:
        """A picture of such a letter, by its content id."""
        found = self.letter(letter)
        return found.pictures.get(name) if found else None

    def _paths(self) -> dict[str, Path]:
        paths = {path.stem: path for path in all_issues(self.folder)}
        if self.named and self.named.is_file():
            paths[self.named.stem] = self.named
        return paths

    def _first(self, paths: dict[str, Path]) -> str | None:
        if self.named and self.named.stem in paths:
            return self.named.stem
        return max(paths, key=lambda slug: _saved(paths[slug]), default=None)

    def _title(self, slug: str, path: Path) -> str:
        issue = self._issue(slug, path)
        good = self._good.get(slug)
        return issue.text.title if isinstance(issue, Issue) else good.issue.text.title if good else slug

    def _practice_now(self) -> Practice | NewsletterError:
        if self._practice is None:
            try:
                self._practice = read_practice(self.folder)
            except NewsletterError as error:
                self._practice = error
        return self._practice

    def _issue(self, slug: str, path: Path) -> Issue | NewsletterError:
        """The issue of a file, read again only where the file or the list's merge fields changed."""
        made_of = (_saved(path), self.people.fields)
        known = self._issues.get(slug)
        if known is None or known[0] != made_of:
            try:
                known = (made_of, read_issue(path, self.folder, self.people.fields))
            except NewsletterError as error:
                known = (made_of, error)
            self._issues[slug] = known
        return known[1]

    def _letter(self, slug: str, path: Path, person: Subscriber) -> tuple[Letter | None, list[Problem]]:
        """The letter of the files as they are; where they are broken, of the last that were not, and what is wrong."""
        if slug not in self._mails:
            self._mails[slug] = self._read(slug, path)
        mail, problems = self._mails[slug]
        if mail:
            try:
                letter = self._open(mail, person)
            except Exception as error:  # noqa: BLE001  # whatever fails, the preview goes on and says so
                problems = _problems_of(error)
            else:
                self._good[slug] = mail
                return letter, []
        if slug in self._good:
            try:
                return self._open(self._good[slug], person), problems
            except Exception:  # noqa: BLE001, S110  # what it needs is broken too, and that stands in `problems`
                pass
        return self._last.get(slug), problems

    def _read(self, slug: str, path: Path) -> tuple[Mail | None, list[Problem]]:
        """The mail of an issue, rendered with every block once, so that the mistakes in one shown to few are seen too."""
        try:
            practice, issue = self._practice_now(), self._issue(slug, path)
            if isinstance(practice, NewsletterError) or isinstance(issue, NewsletterError):
                broken = [part for part in (practice, issue) if isinstance(part, NewsletterError)]
                return None, [problem for part in broken for problem in _problems_of(part)]
            mail = Mail.of(practice, issue)
            if issue.tags:
                mail.rendered(None)
        except Exception as error:  # noqa: BLE001  # as above
            return None, _problems_of(error)
        return mail, []

    def _open(self, mail: Mail, person: Subscriber) -> Letter:
        identities = Identities(STAND_IN, mail.issue.slug, mail.practice.domain)
        identity = identities.of(person.key, datetime.datetime.now(datetime.UTC))
        letter = open_letter(mail, person, mail.message(person, identity))
        self._last[mail.issue.slug] = self._kept[letter.name] = letter
        self._kept.move_to_end(letter.name)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return letter


def _problems_of(error: Exception | None) -> list[Problem]:
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


def _saved(path: Path) -> tuple[int, int, int]:
    """When a file was last written, its size and inode; zeros where it is away."""
    try:
        about = path.stat()
    except OSError:
        return (0, 0, 0)
    return (about.st_mtime_ns, about.st_size, about.st_ino)
