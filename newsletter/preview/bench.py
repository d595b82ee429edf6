"""What lies on the workbench: an issue as one person gets it, what the checks say of it, or what is wrong with its files."""

from __future__ import annotations

import datetime
import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from newsletter.compose.identity import Identities
from newsletter.compose.mail import Mail
from newsletter.errors import NewsletterError, Problem
from newsletter.ledger.keys import STAND_IN
from newsletter.preview.letter import Letter, Part, open_letter
from newsletter.preview.overview import Card
from newsletter.preview.people import INVENTED, People
from newsletter.preview.shelf import Shelf, problems_of
from newsletter.preview.study import Study, study
from newsletter.preview.watch import State, state
from newsletter.read.locale import Locale
from newsletter.read.practice import Practice
from newsletter.read.subscribers import Subscriber

KEPT = 48  # opened letters that a page may still ask for


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
    shelf: Shelf = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _studying: threading.Lock = field(default_factory=threading.Lock)
    _studies: dict[str, tuple[int, Study]] = field(default_factory=dict)
    _good: dict[str, Mail] = field(default_factory=dict)
    _last: dict[str, tuple[Mail, str, Letter]] = field(default_factory=dict)  # by issue: what it was made of, and for whom
    _kept: OrderedDict[str, Letter] = field(default_factory=OrderedDict)

    def __post_init__(self) -> None:
        self.began = state(self.folder, self.named)
        self.shelf = Shelf(self.folder, self.named)
        self.people = People(self.folder)
        self._read_people()

    def turn(self, changed: Iterable[Path]) -> int:
        """Files were saved: what is made of them is made again when it is next looked at. Gives the new version."""
        with self._lock:
            self.version += 1
            self.shelf.forget(changed)
            self._read_people()
            return self.version

    def view(self, slug: str | None = None, person: str | None = None) -> View:
        """An issue as a person gets it; an unknown person stands for the first, no issue for the one worked on last."""
        with self._lock:
            return self._view(slug, self.people.named(person))

    def seen_by_nobody(self, slug: str | None = None) -> View:
        """An issue as an invented reader gets it: nothing in it is about a subscriber."""
        with self._lock:
            return self._view(slug, INVENTED)

    def study(self, slug: str) -> tuple[int, Study] | None:
        """The version, and what the checks say of an issue and how it reads; None where there is no such issue.

        It takes its time, and beside it issues can be looked at: it works on a rendering of its own.
        """
        with self._studying:
            known = self._studies.get(slug)
            with self._lock:
                version, path, fields = self.version, self.shelf.paths().get(slug), self.people.fields
                if path is None:
                    return None
                if known and known[0] == version:
                    return known
                try:
                    mail: Mail | Exception = self.shelf.fresh_mail(slug, path, fields)
                except Exception as error:  # noqa: BLE001  # as everywhere here: the page says so, and goes on
                    mail = error
                subscribers, trouble = self.people.subscribers, self.people.trouble
            failed = mail if isinstance(mail, Exception) else trouble
            made = study(mail, subscribers) if isinstance(mail, Mail) and not trouble else Study(problems_of(failed))
            self._studies[slug] = (version, made)
            return version, made

    def slug_of_named(self) -> str | None:
        """The issue that was asked for at the start, where one was."""
        return self.shelf.first() if self.named else None

    def cards(self) -> list[Card]:
        """Every issue in short."""
        with self._lock:
            return self.shelf.cards(self.people.fields)

    def search(self, words: str) -> tuple[list[Subscriber], bool]:
        """People by name, address or tag, and whether there are more than those."""
        with self._lock:
            return self.people.search(words)

    def named_person(self, person: str) -> Subscriber:
        """The person of an id that a page was told, or the first."""
        with self._lock:
            return self.people.named(person)

    def in_rows(self, lines: frozenset[int]) -> dict[int, Subscriber]:
        """Who stands in these lines of the list, of those who may be mailed."""
        with self._lock:
            return self.people.in_rows(lines)

    def practice(self) -> Practice | NewsletterError:
        """The practice, or what is wrong with its file."""
        with self._lock:
            return self.shelf.practice()

    def letter(self, name: str) -> Letter | None:
        """A letter that some page was told of, by its name."""
        with self._lock:
            return self._kept.get(name)

    def picture(self, letter: str, name: str) -> Part | None:
        """A picture of such a letter, by its content id."""
        found = self.letter(letter)
        return found.pictures.get(name) if found else None

    def _read_people(self) -> None:
        practice = self.shelf.practice()
        self.people.read(Locale.of(practice, datetime.datetime.now(datetime.UTC)) if isinstance(practice, Practice) else Locale())

    def _view(self, slug: str | None, who: Subscriber) -> View:
        paths = self.shelf.paths()
        shown = slug if slug in paths else None if slug else self.shelf.first()
        problems = problems_of(self.people.trouble)
        letter: Letter | None = None
        if shown is None:
            practice = self.shelf.practice()
            found = problems_of(practice) if isinstance(practice, NewsletterError) else []
        else:
            letter, found = self._letter(shown, paths[shown], who)
        titles = {card.slug: card.title for card in self.shelf.cards(self.people.fields)}
        return View(self.version, titles, shown, who, tuple(problems + found), letter, not found and not problems)

    def _letter(self, slug: str, path: Path, person: Subscriber) -> tuple[Letter | None, list[Problem]]:
        """The letter of the files as they are; where they are broken, of the last that were not, and what is wrong."""
        mail = self.shelf.mail(slug, path, self.people.fields)
        problems = problems_of(mail) if isinstance(mail, Exception) else []
        if isinstance(mail, Mail):
            try:
                letter = self._open(mail, person)
            except Exception as error:  # noqa: BLE001  # whatever fails, the preview goes on and says so
                self.shelf.failed(slug, error)
                problems = problems_of(error)
            else:
                self._good[slug] = mail
                return letter, []
        if slug in self._good:
            try:
                return self._open(self._good[slug], person), problems
            except Exception:  # noqa: BLE001, S110  # what it needs is broken too, and that stands in `problems`
                pass
        last = self._last.get(slug)
        return last[2] if last and last[1] == person.key else None, problems

    def _open(self, mail: Mail, person: Subscriber) -> Letter:
        last = self._last.get(mail.issue.slug)
        if last and last[0] is mail and last[1] == person.key and last[2].name in self._kept:
            return last[2]
        identities = Identities(STAND_IN, mail.issue.slug, mail.practice.domain)
        identity = identities.of(person.key, datetime.datetime.now(datetime.UTC))
        letter = open_letter(mail, person, mail.message(person, identity))
        self._last[mail.issue.slug], self._kept[letter.name] = (mail, person.key, letter), letter
        self._kept.move_to_end(letter.name)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return letter
