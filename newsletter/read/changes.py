"""What an import would do to the list, to be shown and asked about before anything is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from newsletter.read.left_out import LeftOut
from newsletter.read.list_file import Edits, Values


@dataclass(frozen=True, slots=True)
class Entry:
    """A row as it will stand in the list: its line in the export, and in the list, or 0 where it is new.

    `changes` are the values that are new, `values` all of them, by column.
    """

    line: int
    row: int
    changes: Values
    values: Values


@dataclass(frozen=True, slots=True)
class Refused:
    """A row of the export that says no: about whom (as in `Refusal`), the status for it in the list, and its words."""

    line: int
    email: str
    whom: Literal["address", "person"]
    status: str
    reason: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What an import would do; `left_out` has every row of the export that will not be mailed, those refused among them.

    `stopped` are rows of the list that get a status which forbids mail. `unchanged` counts people of the export who are on
    the list as they are, `absent` those on the list of whom the export says nothing.
    """

    added: tuple[Entry, ...]
    updated: tuple[Entry, ...]
    stopped: tuple[Entry, ...]
    refused: tuple[Refused, ...]
    left_out: tuple[LeftOut, ...]
    unchanged: int
    absent: int

    @property
    def edits(self) -> Edits:
        """What is to be written into the list."""
        changed = {entry.row: entry.changes for entry in (*self.updated, *self.stopped)}
        return Edits(changed, [entry.changes for entry in self.added])

    @property
    def addresses_refused(self) -> tuple[Refused, ...]:
        """Whose addresses must never be mailed again, each once."""
        return tuple({one.email.lower(): one for one in reversed(self.refused) if one.whom == "address"}.values())

    def __bool__(self) -> bool:
        return bool(self.edits or self.addresses_refused)
