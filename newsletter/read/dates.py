"""Reads a day as people and programs write it: 2026-11-22, 11/22/2026, 22.11.2026, Nov 22, 2026, 22-Nov-26."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from functools import lru_cache

# Short dates begin with the month there (Unicode CLDR 46, dateFormats/short of en-US, en-PH, es-PR, es-PA ...).
_MONTH_FIRST = (
    *("AS", "FM", "GU", "MH", "MP", "PA", "PH", "PR", "PW", "UM", "US", "VI"),
    *("USA", "UNITEDSTATES", "UNITEDSTATESOFAMERICA", "PUERTORICO"),  # as people write it in practice.yaml
)
_EARLIEST = 1900  # databases write an empty date as one before it
_LONGEST = 60  # characters, with a weekday and a time
_CENTURY_TURNS = 69  # two digits from here on are of the last century, as POSIX has it
_MONTHS = (  # English and Spanish, by their first three letters
    *(("jan", "ene"), ("feb",), ("mar",), ("apr", "abr"), ("may",), ("jun",)),
    *(("jul",), ("aug", "ago"), ("sep", "set"), ("oct",), ("nov",), ("dec", "dic")),
)
_MONTH_OF = {name: number for number, names in enumerate(_MONTHS, 1) for name in names}
_TIME = re.compile(r"[T,\s]+\d{1,2}:\d\d.*$", re.DOTALL)
_YEAR_FIRST = re.compile(r"(\d{4})([-/.]?)(\d{1,2})\2(\d{1,2})")
_YEAR_LAST = re.compile(r"(\d{1,2})([-/. ])(\d{1,2})[-/. ](\d{4}|\d\d)")
_NAMED = re.compile(r"(?:(\d{1,2}) (?:de )?([a-z]{3,10})|([a-z]{3,10}) (\d{1,2})(?:st|nd|rd|th)?) (?:de |del )?(\d{4}|\d\d)")


def day_first(country: str) -> bool:
    """Whether 4/5/2026 is the fourth of May in a country (ISO 3166 code, or the name)."""
    return "".join(filter(str.isalnum, country.upper())) not in _MONTH_FIRST


def read_date(text: str, country: str) -> date | None:
    """The day a text names; None where it names none. The country settles what 4/5/2026 is."""
    return read_ordered(text, day_first=day_first(country))


def says_day_first(text: str) -> bool | None:
    """Whether a text shows by a number above 12 that days come first (22/11/2026), or months do; None where it does not show."""
    found = _YEAR_LAST.fullmatch(_without_time(text)) if len(text) <= _LONGEST else None
    if not found or found[2] == ".":
        return None
    first, second = int(found[1]), int(found[3])
    return first > 12 if (first > 12) != (second > 12) else None


@lru_cache(maxsize=4096)
def read_ordered(text: str, *, day_first: bool) -> date | None:
    """As `read_date`, for a column of which it is known whether days come first; where that cannot be, the other way round."""
    if len(text) > _LONGEST:
        return None
    text = _without_time(text)
    if found := _YEAR_FIRST.fullmatch(text):
        return _day(found[1], found[3], found[4])
    if found := _YEAR_LAST.fullmatch(text):
        day, month = (found[1], found[3]) if day_first or found[2] == "." else (found[3], found[1])
        return _day(found[4], month, day) or _day(found[4], day, month)
    plain = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    words = re.sub(r"^(?:[a-z]+, |[a-z]+day )", "", " ".join(re.sub(r"[-.,/']", " ", plain).split()))
    if found := _NAMED.search(words) if re.search("[a-z]", words) else None:
        month_number = _MONTH_OF.get((found[2] or found[3])[:3])
        return _day(found[5], str(month_number), found[1] or found[4]) if month_number else None
    return None


def _without_time(text: str) -> str:
    return _TIME.sub("", text.strip())


def _day(year: str, month: str, day: str) -> date | None:
    whole = int(year) if len(year) == 4 else int(year) + (1900 if int(year) >= _CENTURY_TURNS else 2000)
    try:
        return date(whole, int(month), int(day)) if whole >= _EARLIEST else None
    except ValueError:
        return None
