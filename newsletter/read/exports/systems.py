"""Recognises the practice system an export comes from, by columns that others do not have (practice_systems.yaml)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from newsletter.read.exports.words import plain
from newsletter.read.shipped import plain_values
from newsletter.read.yaml_file import Plain

_LEAST = 3  # columns that must be there


class System(NamedTuple):
    """A practice system: its name, the words that name it above the titles, and its own columns without blanks and signs."""

    name: str
    heading: str
    columns: frozenset[str]


def system_of(titles: Sequence[str], above: str) -> str | None:
    """The system whose name stands above the titles, else the one most of whose own columns are there; None for any other."""
    heading = f" {plain(above)} "
    squeezed = {_squeezed(title) for title in titles}
    for system in _systems():
        if f" {system.heading} " in heading:
            return system.name
    best = max(_systems(), key=lambda system: len(system.columns & squeezed))
    return best.name if len(best.columns & squeezed) >= _LEAST else None


@cache
def _systems() -> tuple[System, ...]:
    said = plain_values(Path(__file__).parent / "practice_systems.yaml")
    assert isinstance(said, dict)
    return tuple(_system(name, facts) for name, facts in said.items())


def _system(name: str, facts: Plain) -> System:
    assert isinstance(facts, dict)
    columns = facts["columns"]
    assert isinstance(columns, list)
    return System(name, str(facts["heading"]), frozenset(_squeezed(str(column)) for column in columns))


def _squeezed(title: str) -> str:
    return plain(title).replace(" ", "")
