"""The rows of a list that are not mailed, each with the sentence that says why."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row that will not be mailed.

    `kind` is address, duplicate, forgotten, status, unknown status or row; in an import also refused (the export or the list
    says no) and suppressed.
    """

    line: int
    email: str
    kind: str
    reason: str


def repeated(line: int, email: str, first: int, *, by_name: bool) -> LeftOut:
    """A row of somebody who stands in the line `first` already: by the same first name, or for want of names the address."""
    return LeftOut(line, email, "duplicate", f"the same {'person' if by_name else 'address'} stands in line {first} already.")


def vetoed(line: int, email: str, where: str) -> LeftOut:
    """A row whose address another row, `where`, forbids to mail."""
    return LeftOut(line, email, "status", f"{where} says that this address must not be mailed.")


def gone(line: int, email: str, where: str, *, by_name: bool) -> LeftOut:
    """A row of a person whom another row, `where`, forbids to mail: of that name, or for want of names in doubt."""
    if by_name:
        return LeftOut(line, email, "status", f"{where} says that somebody of this name must not be mailed.")
    reason = f"{where} says that somebody at this address must not be mailed, and without first names nobody can tell who."
    return LeftOut(line, email, "status", reason)


def forgotten(line: int) -> LeftOut:
    """A row with the address of somebody who was erased on their own request; the address is not said again."""
    return LeftOut(line, "", "forgotten", "this person was erased on request and must not be mailed; delete the row.")
