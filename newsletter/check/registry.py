"""The list of all rules: a function becomes a rule by the line above it, and nothing else has to be told about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, TypedDict, TypeVar, Unpack

from newsletter.check.evidence import Evidence, Mails, Received
from newsletter.check.finding import Finding, Severity

Look = Callable[[Evidence], Iterable[Finding]]
LookAtMails = Callable[[Mails], Iterable[Finding]]
LookAtReceived = Callable[[Received], Iterable[Finding]]
AnyLook = TypeVar("AnyLook", bound=LookAtReceived)
Protects = Literal["", "people", "the law"]
Needs = Literal["", "online", "tool", "words"]

AS_OF = "2026-11-22"  # when the sources were last read, where a rule says nothing else


@dataclass(slots=True)
class Rule:
    """One rule: its id, what it wants, how bad a breach can be, where that comes from and when that was read.

    `protects` says whom an error of this rule harms when it is sent all the same: such an error cannot be accepted.
    `needs` is what must be there for it to run: the network, a program that is not part of this one, or a file of words in
    the language of the issue. `look` is for a practice's own issue, `received` for a mail that somebody else may have made.
    """

    id: str
    wants: str
    levels: tuple[Severity, ...]
    source: str
    as_of: str = AS_OF
    protects: Protects = ""
    needs: Needs = ""
    look: Look | None = None
    details: Callable[[], Iterable[str]] | None = None

    @property
    def received(self) -> LookAtReceived | None:
        """The function that looks at a received mail; one of its own needs nothing but that mail."""
        return _RECEIVED.get(self.id) or _FOR_BOTH.get(self.id)

    @property
    def needs_received(self) -> Needs:
        """What must be there for it to judge a received mail."""
        return "" if self.id in _RECEIVED else self.needs

    @property
    def about(self) -> str:
        """The first sentence of the function that looks: what exactly it looks for."""
        look = self.look or self.received
        return ((look.__doc__ if look else "") or "").strip().partition("\n")[0]


_FOR_BOTH: dict[str, LookAtReceived] = {}  # looks that need nothing but mails, whoever made them
_RECEIVED: dict[str, LookAtReceived] = {}  # looks at a received mail alone
RULES: dict[str, Rule] = {}  # in the order in which rules of the same severity are told


class More(TypedDict, total=False):
    """What a rule says of itself where it is not the usual; see `Rule`."""

    as_of: str
    protects: Protects
    needs: Needs


def rule(rule_id: str, wants: str, *levels: Severity, source: str, **more: Unpack[More]) -> Callable[[Look], Look]:
    """Registers a function that yields a finding for every breach it sees in a practice's issue, list and mails."""
    made = _new(Rule(rule_id, wants, levels, source, **more))

    def register(look: Look) -> Look:
        made.look = look
        return look

    return register


def mail_rule(
    rule_id: str, wants: str, *levels: Severity, source: str, **more: Unpack[More]
) -> Callable[[LookAtMails], LookAtMails]:
    """The same for a function that needs nothing but finished mails: it looks at foreign ones too (`check --eml`)."""
    made = _new(Rule(rule_id, wants, levels, source, **more))

    def register(look: LookAtMails) -> LookAtMails:
        made.look = _FOR_BOTH[rule_id] = look
        return look

    return register


def _new(made: Rule) -> Rule:
    assert made.id not in RULES, f"two rules are called {made.id}"
    assert made.levels, f"{made.id} does not say how bad it is"
    return RULES.setdefault(made.id, made)


def received(rule_id: str) -> Callable[[AnyLook], AnyLook]:
    """Gives a rule that looks at other things for our own mails a second function for a mail that was received."""

    def register(look: AnyLook) -> AnyLook:
        _RECEIVED[rule_id] = look
        return look

    return register


def details(rule_id: str) -> Callable[[Callable[[], Iterable[str]]], Callable[[], Iterable[str]]]:
    """Registers what `check --explain` tells beyond the rule itself: a line for each fact it goes by, with its source."""

    def register(tell: Callable[[], Iterable[str]]) -> Callable[[], Iterable[str]]:
        RULES[rule_id].details = tell
        return tell

    return register
