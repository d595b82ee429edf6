"""When two rows of one address are about the same person: by the first name, however it is written there."""

from __future__ import annotations

import re
from functools import lru_cache

from newsletter.read.children import plain, words_of
from newsletter.read.exports.names import first_name

_BETWEEN = re.compile(r" (?:and|y|e|et|und|en) |[&+/,]", re.IGNORECASE)  # the names of several people in one cell


@lru_cache(maxsize=4096)
def person_key(written: str) -> str:
    """What makes two first names one person: `Dr. José M.` and `JOSE` are the same; nothing where there is no name."""
    return plain(first_name(written))


def people_in(written: str) -> frozenset[str]:
    """The keys of all people whom a cell names: `Anna and Ben` names two."""
    return frozenset(map(person_key, _BETWEEN.split(written))) - {""}


def may_be(gone: str, other: str) -> bool:
    """Whether somebody who is gone may be this one, both by their keys: a name is missing, or one is a part of the other.

    So `Ben` may be in a row of `Anna and Ben`, and `Ann` may be `Ann Marie`: in doubt nobody is mailed, and no dead person named.
    """
    one, two = words_of(gone), words_of(other)
    return one <= two or two <= one
