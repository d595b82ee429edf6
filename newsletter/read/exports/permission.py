"""Whether a row lets its person be mailed: what refuses it, what leaves it in doubt, and what they agreed to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from newsletter.read.exports import words
from newsletter.read.exports.incoming import Refusal
from newsletter.read.exports.layout import Layout
from newsletter.read.exports.titles import Meaning

_SPEAKING = (Meaning.OPT_OUT, Meaning.PREFERENCES, Meaning.CONSENT, Meaning.STATUS, Meaning.GONE)
_NAMES = (Meaning.FIRST, Meaning.LAST, Meaning.FULL)
_ABOUT_ADDRESSES = re.compile(r"sub?scri", re.IGNORECASE)  # "Subscribed: no"; but "Agrees: no" is about a person


class Consent(NamedTuple):
    """Whether somebody agreed to be mailed (None: not said), when (ISO or empty) and how."""

    given: bool | None
    when: str
    how: str


def refusal(layout: Layout, cells: list[str]) -> Refusal | None:
    """Why a row's person must not be mailed, or None; what concerns everybody at the address comes first."""
    found = list(_refusals(layout, cells))
    return next((one for one in found if one.whom == "address"), found[0] if found else None)


def doubt(layout: Layout, cells: list[str]) -> str:
    """What is wrong with a state or a consent that says neither yes nor no, or nothing."""
    for place in layout.filled(cells, Meaning.STATUS, Meaning.CONSENT):
        cell = cells[place]
        if not words.known(cell) and words.yes_or_no(cell) is None and not layout.day(cells, place):
            known = "Active or Inactive" if layout.meanings[place] is Meaning.STATUS else "Yes or No"
            return f'the column "{layout.titles[place]}" says "{cell[:40]}", which we do not know; write {known}.'
    return ""


def consent(layout: Layout, cells: list[str]) -> Consent:
    """What a row says of a consent; where no column says how it was given, the column that says so is its source."""
    when = layout.day(cells, *layout.places(Meaning.CONSENT_DATE))
    how = layout.first(cells, Meaning.CONSENT_SOURCE)
    given: bool | None = True if when else None
    for place in layout.filled(cells, Meaning.CONSENT):
        cell, day = cells[place], layout.day(cells, place)
        agreed = bool(day) or words.yes_or_no(cell)
        if agreed is None and words.state(cell) is None:
            continue
        agreed = bool(agreed)
        given = agreed if given is None else given and agreed
        when = when or day
        how = how or (f"{layout.origin}, {layout.titles[place]}: {cell}" if agreed else "")
    return Consent(given, when, how)


def _refusals(layout: Layout, cells: list[str]) -> Iterator[Refusal]:
    for place in layout.filled(cells, *_SPEAKING):
        title, cell = layout.titles[place], cells[place]
        if whom := _against(layout.meanings[place], title, cell):
            yield Refusal(whom, f'the column "{title}" says "{cell[:40]}".')
    for place in layout.filled(cells, *_NAMES):
        if word := words.said_in_a_name(cells[place]):
            yield Refusal("person", f'the name says "{word}".')


def _against(meaning: Meaning, title: str, cell: str) -> Literal["address", "person"] | None:
    """Whom a cell forbids to mail, if anybody."""
    if meaning is Meaning.OPT_OUT:
        return "address" if words.forbids(cell) else None
    if meaning is Meaning.PREFERENCES:
        return "address" if words.prefers_no_mail(cell) else None
    if meaning is Meaning.GONE:
        return "person" if words.forbids(cell) else None
    said = words.yes_or_no(cell)
    if said is None:
        forbidden = words.state(cell)
        return forbidden.value if forbidden else None
    return None if said else "address" if _ABOUT_ADDRESSES.search(title) else "person"
