"""The country and state of a practice's address, however they are spelled: laws hang on them."""

from __future__ import annotations

from newsletter.read.practice import Practice

_THE_US = frozenset(["", "us", "usa", "unitedstates", "unitedstatesofamerica", "america"])


def plain(name: str) -> str:
    """A country's or state's name or code without signs, blanks and capitals: `U.S.A.` is `usa`, `Hawai'i` is `hawaii`."""
    return "".join(filter(str.isalnum, name.casefold()))


def same(one: str, other: str) -> bool:
    """Whether two spellings mean one country; none at all means the US."""
    return plain(one) == plain(other) or (plain(one) in _THE_US and plain(other) in _THE_US)


def spoken(country: str) -> str:
    """A country's name as it stands in a sentence: `the US`."""
    if plain(country) in _THE_US:
        return "the US"
    return "the UK" if plain(country) in {"uk", "gb", "unitedkingdom"} else country


def in_the_us(practice: Practice) -> bool:
    """Whether US law applies at the practice's address."""
    return plain(practice.text.practice.address.country) in _THE_US
