"""What an export is asked for, and what it says: its columns, its people, and who of them must not be mailed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal


@dataclass(frozen=True, slots=True)
class Wishes:
    """How to read an export.

    `keep`: titles of columns asked for by name; `sheet`: the Excel sheet; `country`: the practice's (ISO 3166 code), which
    settles what 4/5/2026 is where the column itself does not; `today`: settles who is a child.
    """

    keep: tuple[str, ...] = ()
    sheet: str | None = None
    country: str = "US"
    today: date = field(default_factory=date.today)


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """One column of an export: its title as written there, and what it was understood as, in plain words.

    `name` is the name under which it is kept, or empty where it is left behind; `why` says why then.
    """

    title: str
    meaning: str
    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row's person must not be mailed, in words for the record.

    "address": nobody at that address may be mailed (they opted out, or it bounced); "person": only this person may not
    (deceased, discharged, inactive), and others who share the address may.
    """

    whom: Literal["address", "person"]
    reason: str


@dataclass(frozen=True, slots=True)
class Incoming:
    """One person of an export; `line` is where the row begins there (from 1).

    `consent` is None where the export does not say; `consent_date` is ISO or empty. `child`: under 18 by the birth date or age,
    or said so. `kept` are the columns asked for, by their name in subscribers.csv, dates in ISO.
    """

    line: int
    email: str
    first_name: str
    last_name: str
    tags: tuple[str, ...]
    language: str
    consent: bool | None
    consent_source: str
    consent_date: str
    child: bool
    refusal: Refusal | None
    kept: tuple[tuple[str, str], ...]
