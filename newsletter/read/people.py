"""The people that reading a list gives: many at once, as columns of cells, or one with all their merge values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from newsletter.read.ordinary import Cells, Columns


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Whom one mail goes to, a person or a family: `fields` holds the merge values by name, `line` where the row begins in the
    CSV (from 1). `in_full` is first and last name for a mail that uses both, where those are others than in `fields`.
    """

    email: str
    line: int
    tags: frozenset[str]
    fields: dict[str, str]
    in_full: Cells = ()

    @property
    def key(self) -> str:
        """What makes two spellings one address: lower case. Dots and plus tags stay distinct."""
        return self.email.lower()

    def named_in_full(self) -> Subscriber:
        """As a mail names them that uses first and last name: `Anna Reyes and Ben`, `Cole`."""
        if not self.in_full:
            return self
        names = dict(zip(("first_name", "last_name"), self.in_full, strict=True))
        return replace(self, fields={**self.fields, **names}, in_full=())


class People(NamedTuple):
    """People in lines one after the other who may be mailed, each by their own row: addresses, and the cells of some columns."""

    line: int
    addresses: list[str]
    columns: Columns

    def between(self, start: int, end: int) -> Iterator[People]:
        """Some of them; nothing where there would be nobody."""
        if end - start == len(self.addresses) > 0:
            yield self
        elif start < end:
            yield People(self.line + start, self.addresses[start:end], [cells[start:end] for cells in self.columns])
