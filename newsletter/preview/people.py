"""The people a newsletter can be looked at as: the first of the list, and whoever is searched for."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice, takewhile
from pathlib import Path

from newsletter.errors import Missing, NewsletterError
from newsletter.read.locale import Locale
from newsletter.read.subscribers import KNOWN_FIELDS, Subscriber, SubscriberList

LIST_NAME = "subscribers.csv"
SHOWN = 25  # names in the list of people; more are found by searching
INVENTED = Subscriber("anna@patients.example", 0, frozenset(), {"email": "anna@patients.example", "first_name": "Anna"})


@dataclass(slots=True)
class People:
    """The subscribers of a folder. Each has an id that says nothing, so that no address stands in a link or a history.

    `invented` says that there is nobody to look as, so that a made-up person is shown.
    """

    folder: Path
    invented: bool = True
    trouble: NewsletterError | None = None
    fields: frozenset[str] = frozenset(KNOWN_FIELDS)
    subscribers: SubscriberList | None = None
    _read: tuple[Locale, int, int, int] | None = None
    _keys: dict[str, str] = field(default_factory=dict)
    _found: dict[str, Subscriber] = field(default_factory=dict)
    _secret: bytes = field(default_factory=lambda: secrets.token_bytes(16))

    def read(self, locale: Locale) -> None:
        """Looks at the list again where it changed; one that cannot be read leaves what was known, told in `trouble`."""
        path = self.folder / LIST_NAME
        about = path.stat() if path.is_file() else None
        now = (locale, about.st_mtime_ns, about.st_size, about.st_ino) if about else None
        if now and now == self._read:
            return
        self._read, self.trouble = now, None
        try:
            self.subscribers = SubscriberList(path, self.folder, locale)
            self.fields = self.subscribers.fields
            mailable = (row for row in self.subscribers.rows() if isinstance(row, Subscriber))
            self._found = {self.id_of(person): person for person in islice(mailable, SHOWN)}
        except Missing:
            self.subscribers, self._found, self.fields = None, {}, frozenset(KNOWN_FIELDS)
        except NewsletterError as error:
            self.subscribers, self.trouble = None, error
        self.invented = not self._found

    def id_of(self, person: Subscriber) -> str:
        """The id of a person, the same for as long as the preview runs."""
        name = hmac.new(self._secret, person.key.encode("utf-8"), hashlib.sha256).hexdigest()[:16]
        self._keys[name] = person.key
        return name

    def first(self) -> list[Subscriber]:
        """The first of the list, or the invented person where it is empty."""
        return list(self._found.values())[:SHOWN] or [INVENTED]

    def named(self, name: str | None) -> Subscriber:
        """The person with an id, or the first where there is none of that id any more."""
        if name in self._found:
            return self._found[name]
        key = self._keys.get(name or "")
        found = next((person for person in self._everyone() if person.key == key), None) if key else None
        if found is None:
            return self.first()[0]
        self._found[self.id_of(found)] = found
        return found

    def in_rows(self, lines: frozenset[int]) -> dict[int, Subscriber]:
        """Who stands in these lines of the list, of those who may be mailed; one pass, as far as the last of them."""
        last = max(lines, default=0)
        return {
            person.line: person for person in takewhile(lambda row: row.line <= last, self._everyone()) if person.line in lines
        }

    def search(self, words: str) -> tuple[list[Subscriber], bool]:
        """Those whose name, address or tags hold all of the words, at most SHOWN; and whether there are more."""
        wanted = words.lower().split()
        matching = (person for person in self._everyone() if all(word in _searched(person) for word in wanted))
        found = list(islice(matching, SHOWN + 1))
        return found[:SHOWN], len(found) > SHOWN

    def _everyone(self) -> Iterator[Subscriber]:
        if self.subscribers is None:
            yield from self.first()
            return
        try:
            yield from (row for row in self.subscribers.rows() if isinstance(row, Subscriber))
        except (NewsletterError, OSError, UnicodeError):
            return  # the list changed just now; the next reading tells what is wrong with it


def name_of(person: Subscriber) -> str:
    """What a person or a family is called in a list: first and last name, where the list has them."""
    fields = person.named_in_full().fields
    return " ".join(word for word in (fields.get("first_name", ""), fields.get("last_name", "")) if word)


def masked(address: str) -> str:
    """`a•••@mail.example`: enough to tell people apart, not enough to read over a shoulder."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}•••@{domain}"


def _searched(person: Subscriber) -> str:
    return " ".join((name_of(person), person.email, *sorted(person.tags))).lower()
