"""Where and when a list is read: what decides the "and" between names, the order of day and month, and who is a child."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from newsletter.read.practice import Practice


@dataclass(frozen=True, slots=True)
class Locale:
    """The practice's language (`en`, `es-MX`), its country (which says what 4/5/2026 is), and today there."""

    language: str = "en"
    country: str = "US"
    today: date = field(default_factory=date.today)

    @classmethod
    def of(cls, practice: Practice, now: datetime) -> Locale:
        """As practice.yaml says; `now` is aware."""
        text = practice.text
        return cls(text.language, text.practice.address.country, now.astimezone(ZoneInfo(text.timezone)).date())
