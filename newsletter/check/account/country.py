"""The country of a practice's address, however it is spelled: laws hang on it."""

from __future__ import annotations

from newsletter.read.practice import Practice

_THE_US = frozenset(["", "us", "usa", "unitedstates", "unitedstatesofamerica", "america"])


def plain(country: str) -> str:
    """A country's name or code without signs, blanks and capitals: `U.S.A.` is `usa`."""
    return "".join(sign for sign in country.lower() if sign.isalnum())


def spoken(country: str) -> str:
    """A country's name as it stands in a sentence: `the US`."""
    if plain(country) in _THE_US:
        return "the US"
    return "the UK" if plain(country) in {"uk", "gb", "unitedkingdom"} else country


def in_the_us(practice: Practice) -> bool:
    """Whether US law applies at the practice's address."""
    return plain(practice.text.practice.address.country) in _THE_US
