"""What a check found: which rule, how bad, exactly where, what harm it does, and the one thing to do about it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
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


OUR_FAULT = "Nothing you wrote caused this. Please report it together with this line."
ERROR, WARNING, ADVICE = Severity.ERROR, Severity.WARNING, Severity.ADVICE


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. Rules leave `id` and `accepted` empty; the run of all rules fills them in.

    `place` is `issues/x.yaml:41`, `subscribers.csv:12`, `practice.yaml:9`, or `in the built mail, text part`;
    `harm` is one or two plain sentences for a receptionist, `fix` one line. `source` is the law, standard or page behind
    it, where it is another than the rule's. `accepted` is the reason for which the issue lives with it.
    """

    severity: Severity
    place: str
    harm: str
    fix: str
    source: str = ""
    id: str = ""
    accepted: str = ""

    def by(self, rule_id: str, source: str) -> Finding:
        """The same finding with the id of its rule, and the rule's source where it names none of its own."""
        return replace(self, id=rule_id, source=self.source or source)

    def as_json(self) -> dict[str, str]:
        """The keys that `check --json` promises; `accepted` is there only where the issue gives a reason."""
        said = {"id": self.id, "severity": self.severity.word, "place": self.place, "harm": self.harm, "fix": self.fix}
        return {**said, "accepted": self.accepted} if self.accepted else said


@dataclass(frozen=True, slots=True)
class Report:
    """What a run of rules came to: findings, most harmful first and accepted ones last, and how many rules found nothing.

    `skipped` says how many rules did not run, by what they need; `idle` are ids that the issue accepts without need.
    """

    findings: tuple[Finding, ...]
    passed: int
    skipped: dict[str, int] = field(default_factory=dict)
    idle: tuple[str, ...] = ()

    def only(self, severity: Severity) -> tuple[Finding, ...]:
        """The findings of one severity that are not accepted."""
        return tuple(finding for finding in self.findings if finding.severity is severity and not finding.accepted)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that stop a send."""
        return self.only(Severity.ERROR)

    @property
    def accepted(self) -> tuple[Finding, ...]:
        """The findings that the issue accepts, each with its reason."""
        return tuple(finding for finding in self.findings if finding.accepted)


def error(place: str, harm: str, fix: str, source: str = "") -> Finding:
    """A finding that stops a send."""
    return Finding(Severity.ERROR, place, harm, fix, source)


def warning(place: str, harm: str, fix: str, source: str = "") -> Finding:
    """A finding that does probable harm."""
    return Finding(Severity.WARNING, place, harm, fix, source)


def advice(place: str, harm: str, fix: str, source: str = "") -> Finding:
    """A finding that is good to know."""
    return Finding(Severity.ADVICE, place, harm, fix, source)
