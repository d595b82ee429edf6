"""Tables that fit the width of a terminal: what is too long ends in an ellipsis, the longest columns first."""

from __future__ import annotations

from collections.abc import Sequence

from newsletter.cli.terminal import WIDTH

_BETWEEN = "  "
_NARROWEST = 14  # letters; below that a cell says too little


def table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[list[str], list[str]]:
    """Lines of at most 80 columns, the titles first, and the titles of columns for which there is no room.

    Columns without any value are left out; those for which there is no room are the last ones.
    """
    kept = [place for place in range(len(titles)) if any(row[place] for row in rows)]
    columns = [[row[place] for row in (titles, *rows)] for place in kept]
    while sum(min(_width(column), _NARROWEST) + len(_BETWEEN) for column in columns) > WIDTH:
        columns.pop()
    widths = [_width(column) for column in columns]
    while sum(widths) + len(_BETWEEN) * len(widths) > WIDTH:
        widths[widths.index(max(widths))] -= 1
    lines = [_BETWEEN + _BETWEEN.join(map(_cut, line, widths)).rstrip() for line in zip(*columns, strict=True)]
    return lines, [titles[place] for place in kept[len(columns) :]]


def _width(column: Sequence[str]) -> int:
    return max(map(len, column))


def _cut(text: str, width: int) -> str:
    return text.ljust(width) if len(text) <= width else text[: width - 1] + "…"
