"""What to write in place of HTML and CSS that not all mail programs know, and which program knows what."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path

from newsletter.check import facts
from newsletter.check.page.mail_programs import PROGRAMS
from newsletter.errors import did_you_mean

FILE = "alternatives"


@dataclass(frozen=True, slots=True)
class Alternative:
    """One entry of data/alternatives.yaml, which says what the fields mean; `id` is the feature's name at caniemail.com."""

    id: str
    uses: tuple[str, ...]
    name: str
    seen: str
    instead: str
    loss: str = "much"
    lacks: tuple[str, ...] = ()
    fallback: tuple[str, ...] = ()
    part_of: tuple[str, ...] = ()
    source: str = ""
    as_of: str = ""


@dataclass(frozen=True, slots=True)
class Lack:
    """The programs that do not know a feature, and those that know it in part."""

    without: frozenset[str]
    partly: frozenset[str]


@dataclass(frozen=True, slots=True)
class Support:
    """What caniemail.com found out: for each feature a program's `y`, `a3,7` (with numbers of `notes`), `n` or `u`."""

    source: str
    as_of: str
    notes: tuple[str, ...]
    features: dict[str, dict[str, str]]

    def lack(self, entry: Alternative, programs: Collection[str]) -> Lack:
        """Which of these programs lack what an entry is about."""
        known = self.features.get(entry.id, {})
        partly = {program for program in programs if known.get(program, "")[:1] == "a"}
        without = {program for program in programs if known.get(program) == "n"}
        if entry.lacks:
            lacking = [words for words in entry.lacks if words != "nothing"]
            without |= {program for program in partly if any(words in self._said(known[program]) for words in lacking)}
            partly.clear()
        return Lack(frozenset(without), frozenset(partly))

    def _said(self, known: str) -> str:
        return " ".join(self.notes[int(number)] for number in known[1:].split(",") if number)


@cache
def support() -> Support:
    """The shipped data/client_support.json, which tools/client_support.py writes."""
    said = json.loads((facts.DATA / "client_support.json").read_text(encoding="utf-8"))
    features = {slug: dict(zip(said["programs"], known.split(" "), strict=True)) for slug, known in said["features"].items()}
    assert set(said["programs"]) == set(PROGRAMS)
    return Support(said["source"], said["as_of"], tuple(said["notes"]), features)


def listed(folder: Path | None = None) -> tuple[Alternative, ...]:
    """Every entry, the practice's own last; one of its own with the id and name of a shipped one takes its place.

    Raises ProblemsFound for an entry of its own about a feature that caniemail does not know.
    """
    entries = facts.entries(Alternative, FILE, folder)
    for entry in entries[len(facts.entries(Alternative, FILE)) :]:
        if folder and entry.id not in support().features:
            hint = did_you_mean(entry.id, support().features)
            raise facts.problem(folder, FILE, f'caniemail.com knows no feature "{entry.id}" that some programs lack.', hint)
    return tuple({(entry.id, entry.name): entry for entry in entries}.values())


@dataclass(frozen=True)
class Index:
    """The entries by the ways in which they are written; those that nobody misses are left out."""

    entries: tuple[Alternative, ...]

    @cached_property
    def uses(self) -> list[tuple[str, Alternative]]:
        """Each way of writing with its entry."""
        return [(use.strip(), entry) for entry in self.entries if entry.loss != "none" for use in entry.uses]

    @cached_property
    def properties(self) -> dict[str, list[tuple[frozenset[str], Alternative]]]:
        """By property: the words one of which its value must have (none: any value will do)."""
        found = defaultdict(list)
        for use, entry in self.uses:
            if use[0] not in "<@:&*(":
                names, _, words = use.partition(":")
                for name in names.split():
                    found[name].append((frozenset(words.split()), entry))
        return dict(found)

    @cached_property
    def words(self) -> dict[str, Alternative]:
        """By a word that may stand in the value of any property, the first in the file first."""
        return {word: entry for use, entry in self.uses if use.startswith("*:") for word in use[2:].split()}

    @cached_property
    def tags(self) -> dict[str, list[tuple[str, str, Alternative]]]:
        """By tag: the attribute it must have and its value, both of which can be empty; under `*` those of any tag."""
        found = defaultdict(list)
        for use, entry in self.uses:
            if use.startswith("<"):
                tag, _, attribute = use.strip("<>").partition(" ")
                name, _, value = attribute.partition("=")
                found[tag].append((name, value, entry))
        return dict(found)

    @cached_property
    def selectors(self) -> dict[str, Alternative]:
        """By `::before`, `::hover-shows`, `&nested`, `@import`."""
        return {use: entry for use, entry in self.uses if use[0] in "@:&"}

    @cached_property
    def by_id(self) -> dict[str, Alternative]:
        """The first entry of each id."""
        found: dict[str, Alternative] = {}
        for _, entry in self.uses:
            found.setdefault(entry.id, entry)
        return found


@lru_cache(maxsize=8)
def index(entries: tuple[Alternative, ...]) -> Index:
    """The entries, ready to be looked up; kept, because a practice's seldom change."""
    return Index(entries)
