"""Reads the people who left elsewhere: a CSV file of another mailer with a column of addresses, or one address a line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

from newsletter.errors import Problem, ProblemsFound
from newsletter.read import opt_outs
from newsletter.read.addresses import BadAddress, envelope_address
from newsletter.read.columns import column_name
from newsletter.read.csv_file import CsvFile, Record, clean

_OUT = frozenset(("blocklisted", "blacklisted", "disabled"))  # statuses of listmonk beside those that lists have
_IN = frozenset(("enabled", "confirmed"))


class Left(NamedTuple):
    """An address (lower case) whose person left elsewhere, and the line that says so."""

    address_key: str
    line: int


class OptOutList(NamedTuple):
    """The people of such a file: who left, each once, and how many rows say of themselves that they may be mailed."""

    left: tuple[Left, ...]
    staying: int


def read_opt_outs(file: CsvFile, problems: list[Problem]) -> OptOutList:
    """What is wrong with a line is added to `problems`; raises ProblemsFound where there is no column of addresses.

    Where a column says who may be mailed (a status, "unsubscribed"), it decides; else everybody in the file has left.
    """
    records = file.records()
    header = next(records, (1, [], ()))
    columns, place, rows = _columns(file, header)
    signs = opt_outs.signs(columns)
    left: dict[str, int] = {}
    staying = 0
    for line, cells, _ in chain(rows, records):
        if not any(map(clean, cells)):
            continue
        try:
            address = envelope_address(clean(cells[place]) if place < len(cells) else "").lower()
        except BadAddress as error:
            problems.append(Problem(file.shown, line, 0, str(error)))
            continue
        verdict = _verdict(signs, columns, cells)
        if verdict is None:
            left.setdefault(address, line)
        elif verdict:
            problems.append(Problem(file.shown, line, 0, verdict))
        else:
            staying += 1
    return OptOutList(tuple(Left(*one) for one in left.items()), staying)


def _columns(file: CsvFile, header: Record) -> tuple[list[str], int, list[Record]]:
    """The names of the columns, the place of the addresses, and the first record where it is a row and no header."""
    line, titles, _ = header
    columns = [column_name(clean(title)) for title in titles]
    if "email" in columns:
        return columns, columns.index("email"), []
    for place, title in enumerate(titles):
        try:
            envelope_address(clean(title))
        except BadAddress:
            continue
        return [""] * len(titles), place, [header]
    found = ", ".join(filter(None, map(clean, titles))) or "nothing"
    problem = Problem(file.shown, line, 0, f"no column holds addresses or codes (it has: {found[:120]}).", "Name one `email`.")
    raise ProblemsFound([problem])


def _verdict(signs: Sequence[opt_outs.Sign], columns: Sequence[str], cells: Sequence[str]) -> str | None:
    """None where a row's person left, nothing where they stay, else what is wrong with what the row says."""
    if not signs or opt_outs.refusal(tuple(signs), cells):
        return None
    status = clean(cells[columns.index("status")]).lower() if "status" in columns and columns.index("status") < len(cells) else ""
    word = re.sub(r"[\s_-]+", " ", status)
    if word in _OUT:
        return None
    return "" if word in _IN else opt_outs.unknown(status)
