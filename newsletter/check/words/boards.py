"""What the board of the practice's state forbids: it turns a warning into an error and says by which law."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.check import facts
from newsletter.check.account.country import plain, same
from newsletter.check.evidence import Evidence, Mails
from newsletter.check.finding import Finding, error, warning
from newsletter.check.registry import RULES
from newsletter.errors import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class BoardRule:
    """What one state says about one of our rules. `text` completes "Texas ..."; `law` is how it is quoted."""

    states: tuple[str, ...]
    rule: str
    law: str
    text: str
    source: str
    as_of: str
    severity: str = "error"
    country: str = "US"

    @property
    def words(self) -> str:
        """`Texas forbids every claim that ... (22 TAC 77.4).`"""
        return f"{self.state} {self.text} ({self.law})."

    @property
    def state(self) -> str:
        """The state's name."""
        return self.states[1] if len(self.states) > 1 else self.states[0]

    @property
    def forbids(self) -> bool:
        """Whether a breach is an error here: the text leaves no room for the case that it is true."""
        return self.severity != "warning"


def rules_for(mails: Mails, rule_id: str) -> BoardRule | None:
    """What the state of the practice's address says about a rule; None for a state that is not listed and a foreign mail."""
    if not isinstance(mails, Evidence):
        return None
    address = mails.practice.text.practice.address
    state, found = plain(address.state or ""), None
    for entry in _entries(mails):
        if entry.rule == rule_id and state in map(plain, entry.states) and same(address.country, entry.country):
            found = entry  # the last one is the practice's own
    return found


def judged(mails: Mails, rule_id: str, place: str, harm: str, fix: str, source: str = "") -> Finding:  # noqa: PLR0913, PLR0917
    """An error that quotes the law where the practice's state forbids it, and a warning everywhere else."""
    board = rules_for(mails, rule_id)
    if board is None:
        return warning(place, harm, fix, source)
    make = error if board.forbids else warning
    return make(place, f"{harm} {board.words}", fix, f"{board.law}: {board.source}")


def details_of(rule_id: str) -> Iterator[str]:
    """What each listed state says about a rule, for `check --explain`."""
    for entry in facts.entries(BoardRule, "boards"):
        if entry.rule == rule_id:
            level = "error" if entry.forbids else "warning"
            yield f"{level} in {entry.state}, which {entry.text} ({entry.law}; {entry.source}; as of {entry.as_of})"


def _entries(evidence: Evidence) -> tuple[BoardRule, ...]:
    shipped = facts.entries(BoardRule, "boards")
    folder = evidence.practice.folder
    found = facts.entries(BoardRule, "boards", folder)
    for entry in found[len(shipped) :]:
        if entry.rule not in RULES:
            raise facts.problem(folder, "boards", f'there is no check called "{entry.rule}".', did_you_mean(entry.rule, RULES))
    return found
