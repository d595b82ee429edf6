"""What the title of a list's column says is in it: consent, a birth date, a diagnosis (data/list_columns.yaml)."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from newsletter.check import facts
from newsletter.check.finding import Severity

CONSENT = "consent"
_LONGEST_TITLE = 80
_WORDS = re.compile(r"[a-z]+|[0-9]+")
# Words that are run together with the ones of the file: "PatientDOB", "insurancecompany".
_COMPANIONS = frozenset(
    (
        *("patient", "client", "member", "customer", "contact", "person", "primary", "secondary", "home", "work", "my", "full"),
        *("first", "last", "name", "date", "number", "num", "no", "id", "code", "type", "of", "for", "the", "is", "has", "in"),
        *("insurance", "company", "provider", "diagnosis", "allergies", "medications", "injury", "symptoms", "surgery"),
    )
)


@dataclass(frozen=True, slots=True)
class ListColumn:
    """One kind of column; the fields are explained in list_columns.yaml."""

    kind: str
    titles: tuple[str, ...]
    source: str
    as_of: str
    level: str = Severity.WARNING.word
    with_patients: str = ""
    but_not: tuple[str, ...] = ()
    why: str = ""
    instead: str = ""


class ColumnTitles:
    """All titles that are known, a practice's own among them, ready to be looked up."""

    def __init__(self, folder: Path | None = None) -> None:
        self.known = facts.entries(ListColumn, "list_columns", folder)
        self._whole: dict[str, list[tuple[tuple[str, ...], ListColumn]]] = defaultdict(list)  # by the first word
        self._begun: list[tuple[tuple[str, ...], ListColumn]] = []  # the first word ends with `*`
        for column in self.known:
            for title in column.titles:
                words = tuple(title.split())
                (self._begun if words[0].endswith("*") else self._whole[words[0]]).append((words, column))
        written = (word for column in self.known for title in (*column.titles, *column.but_not) for word in title.split())
        self._vocabulary = _COMPANIONS.union(word.rstrip("*") for word in written)

    def of(self, name: str) -> ListColumn | None:
        """What a column most likely holds by its name (`SubscriberList.columns`); None for a harmless one."""
        words = self._words(name)
        for index, word in enumerate(words):
            begun = (found for found in self._begun if word.startswith(found[0][0][:-1]))
            known: list[tuple[tuple[str, ...], ListColumn]] = [*self._whole.get(word, ()), *begun]
            for title, column in known:
                if _fits(title, words[index:]) and not _any_fits(column.but_not, words):
                    return column
        return None

    def _words(self, name: str) -> list[str]:
        """The words of a column's name: single letters in a row are one (`d_o_b`), words that run together are several."""
        plain = unicodedata.normalize("NFKD", name[:_LONGEST_TITLE].lower()).encode("ascii", "ignore").decode()
        words: list[str] = []
        spelled = False
        for word in _WORDS.findall(plain.replace("_", " ")):
            if len(word) == 1 and word.isalpha() and spelled:
                words[-1] += word
                continue
            spelled = len(word) == 1 and word.isalpha()
            words += [word] if word in self._vocabulary else self._split(word)
        return words

    def _split(self, word: str) -> list[str]:
        """A word as the fewest known words it is run together from; itself where it is not."""
        ways: list[list[str] | None] = [[]]  # for each place in the word, the words before it
        for end in range(1, len(word) + 1):
            parts = ((way, word[start:end]) for start, way in enumerate(ways) if way is not None)
            found = [[*way, part] for way, part in parts if self._knows(part)]
            ways.append(min(found, key=len) if found else None)
        return ways[-1] or [word]

    def _knows(self, part: str) -> bool:
        return len(part) > 1 and part in self._vocabulary


def _fits(title: Iterable[str], words: list[str]) -> bool:
    """Whether words begin with those of a title; `*` stands for any ending."""
    wanted = list(title)
    return len(wanted) <= len(words) and all(_is(want, word) for want, word in zip(wanted, words, strict=False))


def _any_fits(patterns: Iterable[str], words: list[str]) -> bool:
    return any(_is(pattern, word) for pattern in patterns for word in words)


def _is(wanted: str, word: str) -> bool:
    return word.startswith(wanted[:-1]) if wanted.endswith("*") else word == wanted
