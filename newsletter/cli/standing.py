"""Everybody on the list, each by their own row: who would be mailed, and why the others would not."""

from __future__ import annotations

from dataclasses import dataclass

from newsletter.cli.list_change import KeptOut
from newsletter.cli.practice_folder import PracticeFolder
from newsletter.ledger.suppressions import Kind, Suppressed
from newsletter.read.left_out import LeftOut
from newsletter.read.list_file import ListFile, ListRow
from newsletter.read.same_person import person_key

_STATUS = {Kind.BOUNCED: "bounced", Kind.COMPLAINED: "complained"}


@dataclass(frozen=True, slots=True)
class Standing:
    """One row: its values by column, and why it is not mailed, or nothing."""

    row: ListRow
    values: dict[str, str]
    reason: str
    suppressed: Suppressed | None = None

    @property
    def name(self) -> str:
        """`Anna Petrov`, or nothing."""
        return " ".join(filter(None, (self.values.get("first_name", ""), self.values.get("last_name", ""))))

    @property
    def person(self) -> tuple[str | int, str]:
        """What is the same in all rows of one person."""
        return self.row.key or self.row.line, person_key(self.values.get("first_name", ""))

    @property
    def status(self) -> str:
        """The status as other programs are to read it: one that forbids mail also where that is known here alone."""
        written = self.values.get("status", "")
        return _STATUS.get(self.suppressed.kind, "unsubscribed") if self.suppressed and not self.row.left_out else written


def standings(practice: PracticeFolder, listed: ListFile) -> list[Standing]:
    """Every row of the list, in order."""
    left = {row.line: row.reason for row in practice.subscribers.rows() if isinstance(row, LeftOut)}
    kept_out = KeptOut(practice.path)
    found = []
    for row in listed.rows:
        suppressed = kept_out.of(row.key) if row.key else None
        reason = f"{suppressed.kind}: {suppressed.reason}" if suppressed else left.get(row.line, "")
        found.append(Standing(row, dict(zip(listed.columns, row.cells, strict=True)), reason, suppressed))
    return found
