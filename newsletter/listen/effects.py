"""What can follow from a mail that came back, and what a run found so far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class Followed(StrEnum):
    """What followed from a mail, or from one report in it."""

    OPTED_OUT = "opted out"
    BOUNCED = "bounced"  # and not mailed any more
    CAME_BACK = "came back"  # this once; the address is mailed on
    TURNED_AWAY = "turned away"  # as spam, or by a rule of the reader's mail server
    COMPLAINED = "complained"
    SETTLED = "settled"
    ANSWER = "answer"
    DECISION = "decision"
    KNOWN = "known already"
    AUTOMATIC = "automatic"
    OTHER = "other"  # nothing to do with the newsletter


@dataclass(frozen=True, slots=True)
class Effect:
    """What followed from one mail: `who` is an address, or empty where only a code is known; `at` when the mail arrived."""

    what: Followed
    who: str = ""
    at: float = 0.0
    subject: str = ""
    words: str = ""


@dataclass
class Summary:
    """What a run found so far: how many mails, how many of each effect, and those effects that are shown one by one."""

    mails: int = 0
    counts: Counter[Followed] = field(default_factory=Counter)
    shown: list[Effect] = field(default_factory=list)

    def add(self, mails: int, effects: Iterable[Effect]) -> None:
        """What a transaction committed."""
        self.mails += mails
        for effect in effects:
            self.counts[effect.what] += 1
            if effect.what not in (Followed.KNOWN, Followed.AUTOMATIC, Followed.OTHER):
                self.shown.append(effect)

    def of(self, what: Followed) -> list[Effect]:
        """The effects of one kind, in the order in which their mails arrived."""
        return sorted((effect for effect in self.shown if effect.what is what), key=lambda effect: effect.at)
