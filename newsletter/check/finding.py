"""What a check found: which rule, how bad, exactly where, what harm it does, and the one thing to do about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum


class Severity(IntEnum):
    """How bad a finding is; the smaller the number, the worse."""

    ERROR = 0  # nothing is sent: rejected, illegal, exposing people, or visibly broken
    WARNING = 1  # probable harm; sending is allowed
    ADVICE = 2  # good to know

    @property
    def word(self) -> str:
        """`error`, `warning` or `advice`, as it stands in JSON."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. Rules leave `id` empty; the run of all rules fills it in.

    `place` is `issues/x.yaml:41`, `subscribers.csv:12`, `practice.yaml:9`, or `in the built mail, text part`;
    `harm` is one or two plain sentences for a receptionist, `fix` one line.
    """

    severity: Severity
    place: str
    harm: str
    fix: str
    id: str = ""

    def by(self, rule_id: str) -> Finding:
        """The same finding with the id of its rule."""
        return replace(self, id=rule_id)

    def as_json(self) -> dict[str, str]:
        """The keys that `check --json` promises."""
        return {"id": self.id, "severity": self.severity.word, "place": self.place, "harm": self.harm, "fix": self.fix}


@dataclass(frozen=True, slots=True)
class Report:
    """What a run of all rules came to: findings, most harmful first, and how many rules found nothing."""

    findings: tuple[Finding, ...]
    passed: int

    def only(self, severity: Severity) -> tuple[Finding, ...]:
        """The findings of one severity."""
        return tuple(finding for finding in self.findings if finding.severity is severity)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that stop a send."""
        return self.only(Severity.ERROR)


def error(place: str, harm: str, fix: str) -> Finding:
    """A finding that stops a send."""
    return Finding(Severity.ERROR, place, harm, fix)


def warning(place: str, harm: str, fix: str) -> Finding:
    """A finding that does probable harm."""
    return Finding(Severity.WARNING, place, harm, fix)


def advice(place: str, harm: str, fix: str) -> Finding:
    """A finding that is good to know."""
    return Finding(Severity.ADVICE, place, harm, fix)
