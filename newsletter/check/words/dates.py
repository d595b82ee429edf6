"""Dates as people write them in a sentence: "Tuesday, December 3", "the 3rd of March", "Fri 12/4", "2026-12-03"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache

from newsletter.check import facts
from newsletter.check.account.country import plain

_HALF_A_YEAR = 200  # days
_JOINS = r"\s{0,2}(?:-|\u2013|\u2014|\bto\b|\bthrough\b|\bthru\b|\band\b|&|\bor\b|,\s?and\b|,)\s{0,2}"
_RANGE = re.compile(r"-|\u2013|\u2014|\bto\b|\bthrough\b|\bthru\b")
_MONTH_FIRST = frozenset(["", "us", "usa", "unitedstates", "ph"])


@dataclass(frozen=True, slots=True)
class Words:
    """Words of `data/calendar.en.yaml`: what they are `of`, and the number of their month (1 to 12) or day (Monday is 0)."""

    of: str
    number: str
    words: tuple[str, ...]
    source: str
    as_of: str


@dataclass(frozen=True, slots=True)
class Written:
    """A date in a sentence: the words, its days of the week (none if it names none), month, days, and year if it names one.

    `every` says that each of the days must be that day of the week ("Tuesdays, December 1 and 8").
    """

    said: str
    weekdays: tuple[int, ...]
    month: int
    days: tuple[int, ...]
    year: int | None
    every: bool = False

    def pairs(self) -> Iterator[tuple[int, int]]:
        """Each day of the week with the day of the month that it should fall on, as far as that is certain."""
        if self.every and len(self.weekdays) == 1:
            yield from ((self.weekdays[0], day) for day in self.days)
        elif len(self.weekdays) in (1, len(self.days)):
            yield from zip(self.weekdays, self.days, strict=False)

    def dates(self, day: int, around: date) -> list[date]:
        """The dates that may be meant, the nearest to `around` first; none where the calendar has no such day."""
        years = [self.year] if self.year else [around.year - 1, around.year, around.year + 1]
        found = [made for year in years if (made := _date(year, self.month, day))]
        found.sort(key=lambda made: abs(made - around))
        return [made for made in found if self.year or abs((made - around).days) <= _HALF_A_YEAR]


def words_of(language: str, kind: str) -> tuple[str, ...]:
    """All words of one kind; none where there are no words of the language."""
    return tuple(word for entry in _words(language) if entry.of == kind for word in entry.words)


def dates_in(sentence: str, language: str, country: str = "") -> Iterator[Written]:
    """Every date of a sentence, in its order; `country` says whether 12/4 is in April."""
    if not any(map(str.isdigit, sentence)) or not ("/" in sentence or _nearby(language).search(sentence)):
        return
    patterns = _patterns(language)
    for pattern in patterns[:2] if patterns else ():
        for found in pattern.finditer(sentence):
            yield from _written(found, language)
    for found in patterns[2].finditer(sentence) if patterns and "/" in sentence else ():
        yield from _with_slashes(found, language, country)


def weekdays_in(text: str, language: str) -> list[tuple[int, str]]:
    """Every day of the week that a text names in full or short, with the word as it stands; no plurals."""
    numbers = _numbers(language, "day")
    words = (word.strip(".,:;!?()\"'") for word in text.split())
    return [(numbers[word.lower()], word) for word in words if word[:1].isupper() and word.lower() in numbers]


def _written(found: re.Match[str], language: str) -> Iterator[Written]:
    groups = found.groupdict()
    named = groups["weekdays"] or groups["after"] or groups["also"] or ""
    month = groups["month"]
    if not named and month.islower():  # "may 3" is a date, "you may 3 times" is none
        return
    numbers = _numbers(language, "day")
    each = re.findall(r"[^\W\d_]+", named.lower())
    weekdays = tuple(numbers[word.removesuffix("s") if word not in numbers else word] for word in each if _known(word, numbers))
    days = tuple(int(day) for day in re.findall(r"\d+", groups["days"]))
    if named and groups["weekdays"] and _RANGE.search(named) and len(days) == 1:
        return  # "Monday to Friday, December 3" says nothing certain
    year = groups["year"]
    every = any(word not in numbers and word.removesuffix("s") in numbers for word in each)
    month_number = _numbers(language, "month")[month.lower()]
    yield Written(found.group().strip(" ,("), weekdays, month_number, days, int(year) if year else None, every)


def _with_slashes(found: re.Match[str], language: str, country: str) -> Iterator[Written]:
    first, second, year = int(found["first"]), int(found["second"]), found["year"]
    month, day = (first, second) if plain(country) in _MONTH_FIRST else (second, first)
    if plain(country) in {"ca", "canada"} or not 1 <= month <= 12 or not (found["weekdays"] or year):
        return  # Canadians write both; without a day of the week or a year it may be a fraction
    numbers = _numbers(language, "day")
    weekdays = (numbers[found["weekdays"].lower()],) if found["weekdays"] else ()
    full = int(year) + (2000 if len(year) == 2 else 0) if year else None
    yield Written(found.group(), weekdays, month, (day,), full)


def _known(word: str, numbers: dict[str, int]) -> bool:
    return word in numbers or word.removesuffix("s") in numbers


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


@cache
def _words(language: str) -> tuple[Words, ...]:
    return facts.entries(Words, "calendar", language=language)


@cache
def _numbers(language: str, kind: str) -> dict[str, int]:
    return {word: int(entry.number) for entry in _words(language) if entry.of == kind for word in entry.words}


@cache
def _nearby(language: str) -> re.Pattern[str]:
    """A month beside a number: the closer look of the patterns below would be long for every sentence with a number."""
    month = "|".join(_numbers(language, "month")) or r"(?!)"
    return re.compile(rf"\b(?:{month})\.?\s(?:the\s)?\d|\d(?:st|nd|rd|th)?\s(?:of\s)?(?:{month})\b", re.IGNORECASE)


@cache
def _patterns(language: str) -> tuple[re.Pattern[str], ...]:
    """Month first, day first, and with slashes; none for a language whose months are not known."""
    if not _words(language):
        return ()
    month = "|".join(sorted(_numbers(language, "month"), key=len, reverse=True))
    weekday = rf"(?:{'|'.join(sorted(_numbers(language, 'day'), key=len, reverse=True))})s?\b\.?"
    time = rf"(?:\s(?:{'|'.join(words_of(language, 'time of day'))})\b)?(?:,?\sat\s\d\d?(?::\d\d)?\s?(?:[ap]\.?m\.?)?)?"
    day = r"\d{1,2}(?:st|nd|rd|th)?\b(?!:\d|\s?[ap]\.?m\b|\s?%|/|\.\d)"
    named = rf"(?:\b(?P<weekdays>{weekday}(?:{_JOINS}{weekday}){{0,6}}){time},?\s{{1,2}}(?:the\s)?)?"
    after = rf"(?:\s?\((?P<after>{weekday})\)|,\sa\s(?P<also>{weekday}))?"
    year = r"(?:,?\s(?P<year>(?:1[89]|20)\d\d)\b)?"
    shapes = (
        rf"{named}\b(?P<month>{month})\b\.?\s(?:the\s)?(?P<days>{day}(?:{_JOINS}{day}){{0,9}}){year}{after}",
        rf"{named}\b(?P<days>{day}(?:{_JOINS}{day}){{0,9}})\s(?:of\s)?(?P<month>{month})\b\.?{year}{after}",
        rf"(?:\b(?P<weekdays>{weekday.replace('s?', '')}),?\s)?(?<![\d/])"
        r"(?P<first>\d\d?)/(?P<second>\d\d?)(?:/(?P<year>20\d\d|\d\d))?(?![\d/])",
    )
    return tuple(re.compile(shape, re.IGNORECASE) for shape in shapes)
