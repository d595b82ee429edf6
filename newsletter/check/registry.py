"""The list of all rules: a function becomes a rule by the line above it, and nothing else has to be told about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from newsletter.check.evidence import Evidence
from newsletter.check.finding import Finding

Look = Callable[[Evidence], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its id, what it wants, where that comes from, and the function that looks."""

    id: str
    wants: str
    source: str
    look: Look


RULES: dict[str, Rule] = {}  # in the order in which rules of the same severity are told


def rule(rule_id: str, wants: str, *, source: str) -> Callable[[Look], Look]:
    """Registers a function that yields a finding for every breach it sees in the evidence."""

    def register(look: Look) -> Look:
        assert rule_id not in RULES, f"two rules are called {rule_id}"
        RULES[rule_id] = Rule(rule_id, wants, source, look)
        return look

    return register
