"""Finds the subscribers whose mail is most likely to look odd, so that nobody has to think of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from newsletter.preview.people import name_of
from newsletter.read.subscribers import Subscriber

_MOST_AUDIENCES = 16


@dataclass(frozen=True, slots=True)
class Awkward:
    """Somebody to look as, and why: `No first name`, `Longest name`, `Letters with accents`, `Tagged desk`."""

    why: str
    person: Subscriber


def awkward_people(people: Iterable[Subscriber], tags: frozenset[str]) -> list[Awkward]:
    """One pass over a list: the first of each kind, and the first of each audience that the issue's `tags` make."""
    kinds: dict[str, Subscriber] = {}
    audiences: dict[frozenset[str], Subscriber] = {}
    longest = 0
    for person in people:
        name = name_of(person)
        if not person.fields.get("first_name", "").strip():
            kinds.setdefault("No first name", person)
        if not name.isascii():
            kinds.setdefault("Letters with accents" if _latin(name) else "Letters of another script", person)
        if len(name) > longest:
            longest, kinds["Longest name"] = len(name), person
        audience = person.tags & tags
        if audience not in audiences and len(audiences) < _MOST_AUDIENCES:
            audiences[audience] = person
    found = [Awkward(why, person) for why, person in kinds.items()]
    return [*found, *_variants(audiences)]


def _variants(audiences: dict[frozenset[str], Subscriber]) -> Iterator[Awkward]:
    """Each audience by its tags; one audience alone is no variant."""
    if len(audiences) > 1:
        for audience in sorted(audiences, key=sorted):
            yield Awkward(
                f"Tagged {', '.join(sorted(audience))}" if audience else "None of the issue's tags", audiences[audience]
            )


def _latin(name: str) -> bool:
    """Whether every letter is of the Latin blocks, U+0000 to U+024F and U+1E00 to U+1EFF."""
    return all(sign < "\u0250" or "\u1e00" <= sign <= "\u1eff" or not sign.isalpha() for sign in name)
