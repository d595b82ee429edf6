"""Names as lists write them, `REYES, ANA M.` or `Dr. Ana Reyes`, into the first name of a greeting and a last name."""

from __future__ import annotations

import re
from typing import NamedTuple

from newsletter.read.exports.words import known, phrases, plain

_BEFORE = phrases("dr, dra, mr, mrs, ms, miss, mx, sr, sra, srta, prof, rev, ing, lic")
_BEHIND = phrases("jr, sr, ii, iii, iv, phd, md, dc, esq, rn, dds, dmd, dpt")
_SMALL = phrases("de, del, la, las, los, van, von, der, den, da, dos, das, y")  # inside last names: de la Cruz
_REMARKS = phrases(  # in brackets behind a name, and no name to go by
    "minor, child, son, daughter, husband, wife, spouse, mom, mother, dad, father, parent, guardian, twin, staff, family, "
    "cash, dnc, pi, wc, hijo, hija, esposo, esposa, madre, padre, menor"
)
_CALLED = re.compile(r'[("“]\s*([^()"“”]{1,40}?)\s*[)"”]')  # William (Bill) Smith, Ana "Annie" Reyes
_LONGEST = 200  # characters; whatever is longer is no name
_COUPLE = re.compile(r"([^\W\d]+) (?:&|and|y) ([^\W\d]+)(?: (.+))?", re.IGNORECASE)


class Name(NamedTuple):
    """First and last name, each perhaps empty."""

    first: str
    last: str


def whole_name(text: str) -> Name:
    """The parts of a name in one cell, in either order; the name in brackets or quotes is the one they go by."""
    called = next(filter(_is_a_name, _CALLED.findall(text[:_LONGEST])), "")
    text = " ".join(_CALLED.sub(" ", text[:_LONGEST]).split())
    parts = [part for part in (part.strip() for part in text.split(",")) if part and _bare(part) not in _BEHIND]
    if len(parts) > 1:
        name = Name(first_name(parts[1]), last_name(" ".join(_without_ends(parts[0].split()))))
    else:
        name = _in_order(parts[0] if parts else "")
    return Name(first_name(called), name.last) if called else name


def first_name(text: str) -> str:
    """The name of a greeting: without `Dr.` and without the initials behind it."""
    words = _without_ends(text[:_LONGEST].split())
    while len(words) > 1 and len(words[-1].rstrip(".")) == 1 and words[-1].rstrip(".").isalpha():
        words.pop()
    if len(words) > 1 and len(words[0].rstrip(".")) == 1:  # J. Robert
        words = words[1:]
    return _cased(" ".join(words), small=frozenset())


def last_name(text: str) -> str:
    """A last name; one in capitals is written as names are."""
    return _cased(" ".join(text.split()), small=_SMALL)


def _in_order(text: str) -> Name:
    if couple := _COUPLE.fullmatch(text):
        return Name(_cased(f"{couple[1]} and {couple[2]}", small=frozenset(["and"])), last_name(couple[3] or ""))
    words = _without_ends(text.split())
    if len(words) > 2 and len(words[0].rstrip(".")) == 1:
        words = words[1:]
    rest = words[1:]
    while len(rest) > 1 and len(rest[0].rstrip(".")) == 1:
        rest = rest[1:]
    return Name(first_name(words[0]) if words else "", last_name(" ".join(rest)))


def _without_ends(words: list[str]) -> list[str]:
    while len(words) > 1 and _bare(words[0]) in _BEFORE:
        words = words[1:]
    while len(words) > 1 and _bare(words[-1]) in _BEHIND:
        words = words[:-1]
    return words


def _is_a_name(called: str) -> bool:
    """Whether what stands in brackets is no remark: (Bill), but not (Deceased) or (minor)."""
    return called[:1].isupper() and plain(called) not in _REMARKS and not known(called)


def _bare(word: str) -> str:
    return word.replace(".", "").lower()


def _cased(text: str, small: frozenset[str]) -> str:
    """A name all in capitals or all in small letters as names are written; any other as it stands."""
    if not (text.isupper() or text.islower()):
        return text
    words = text.split()
    return " ".join(word.lower() if word.lower() in small and word is not words[-1] else _capital(word) for word in words)


def _capital(word: str) -> str:
    if word.isupper() and len(word) == 2 and (not set(word) & set("AEIOUY") or word.endswith("J")):
        return word  # JD, AJ
    word = re.sub(r"[^\W\d_]+", lambda letters: letters[0].capitalize(), word)
    return re.sub(r"\bMc([a-z])(?=[a-z]{2})", lambda found: f"Mc{found[1].upper()}", word)
