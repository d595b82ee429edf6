"""How the commands speak: short lines, answers on stdout, trouble on stderr, tables that fit 80 columns."""

from __future__ import annotations

import json
import shlex
import sys
import textwrap
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

WIDTH = 80


def say(line: str = "") -> None:
    """An answer."""
    click.echo(line)


def trouble(line: str) -> None:
    """Something that went wrong or needs a look."""
    click.echo(line, err=True)


def typed(*words: str | None) -> str:
    """A command as it is to be typed from here: with `-C FOLDER` where this one was given it."""
    context = click.get_current_context(silent=True)
    folder = context.obj if context and isinstance(context.obj, Path) else Path()
    where = [] if folder == Path() else ["-C", str(folder)]
    return shlex.join(["newsletter", *where, *(word for word in words if word)])


def wrapped(text: str, indent: str = "") -> str:
    """Text in lines of at most 80 columns; long words such as paths stay whole."""
    return textwrap.fill(
        text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def facts(rows: Iterable[tuple[str, str]]) -> None:
    """A two-column list of what is what; the right side hangs under itself."""
    for name, value in rows:
        lead = f"  {name:<13} "
        lines = textwrap.wrap(value, WIDTH - len(lead), break_long_words=False, break_on_hyphens=False) or [""]
        say(lead + ("\n" + " " * len(lead)).join(lines))


def as_json(value: object) -> None:
    """One JSON value on stdout."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def moment(seconds: float, zone: str) -> str:
    """A time of the practice's zone, as `Tue 1 Dec 2026, 09:00`."""
    return datetime.fromtimestamp(seconds, ZoneInfo(zone)).strftime(
        "%a %-d %b %Y, %H:%M" if sys.platform != "win32" else "%a %d %b %Y, %H:%M"
    )


def clock_time(seconds: float, zone: str) -> str:
    """A time of the practice's zone today, as `10:40`."""
    return datetime.fromtimestamp(seconds, ZoneInfo(zone)).strftime("%H:%M")


def stamp(seconds: float | None) -> str:
    """A time for files: ISO 8601 in UTC, or nothing."""
    return "" if seconds is None else datetime.fromtimestamp(seconds, ZoneInfo("UTC")).isoformat(timespec="seconds")


def counted(number: int, one: str, many: str = "") -> str:
    """`1 mail`, `3 mails`, `2,000 mails`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
