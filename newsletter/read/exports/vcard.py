"""A vCard file (.vcf, versions 2.1 to 4.0) as a table: a row for each card, a column for each kind of entry.

vCards as phones and Outlook really write them are often not quite what the standards say (soft line breaks of quoted-printable
text without a blank, lines without a colon, base64 pictures with an empty line), so they are read leniently, line by line.
"""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from newsletter.read.exports.table import Row, Table

_LONGEST = 1 << 16  # characters of one entry: all beyond that are pictures and sounds
_ENTRY = re.compile(r'(?:[\w-]++\.)?([\w-]++)((?:[^":]|"[^"]*")*+):(.*)', re.DOTALL)  # RFC 6350 section 3.3
_TITLES = {
    "FN": ("Full name",),
    "NICKNAME": ("Nickname",),
    "N": ("Last name", "First name"),
    "BDAY": ("Birthday",),
    "CATEGORIES": ("Categories",),
    "LANG": ("Language",),
    "TEL": ("Phone",),
    "ADR": ("Address",),
    "NOTE": ("Notes",),
    "ORG": ("Company",),
    "TITLE": ("Job title",),
}
_MOST_ADDRESSES = 5  # of one card


class Entry(NamedTuple):
    """One entry of a card: its name and parameters in capitals, and the value, decoded but with its backslashes."""

    name: str
    parameters: tuple[str, ...]
    value: str


Card = tuple[int, list[Entry]]
"""The line a card begins in (from 1), and its entries."""


def vcard_table(path: Path, encoding: str) -> Table:
    """The table in a vCard file."""
    found: set[str] = set()
    addresses = 1
    for _, entries in _cards_of(path, encoding):
        found.update(entry.name for entry in entries)
        addresses = max(addresses, sum(entry.name == "EMAIL" for entry in entries))
    names = [name for name in _TITLES if name in found]
    addresses = min(addresses, _MOST_ADDRESSES)
    titles = ["Email", *(f"Email {number}" for number in range(2, addresses + 1))]
    titles += [title for name in names for title in _TITLES[name]]
    return Table(
        kind="vCard",
        described="vCard",
        above="",
        line=0,
        titles=tuple(titles),
        rows=lambda: (_row(card, addresses, names) for card in _cards_of(path, encoding)),
    )


def _row(card: Card, addresses: int, names: list[str]) -> Row:
    line, entries = card
    emails = [_plain(entry.value) for entry in sorted((entry for entry in entries if entry.name == "EMAIL"), key=_preference)]
    cells = [*emails, *[""] * addresses][:addresses]
    for name in names:
        value = next((entry.value for entry in entries if entry.name == name), "")
        if name == "N":  # family name, given name, other names, titles before, titles behind
            parts = [_plain(part) for part in re.split(r"(?<!\\);", value)]
            cells += [*parts, "", ""][:2]
        elif name == "NICKNAME":
            cells.append(_plain(re.split(r"(?<!\\),", value)[0]))
        else:
            cells.append(_plain(value))
    is_group = any(entry.name in ("KIND", "X-ADDRESSBOOKSERVER-KIND") and entry.value.lower() == "group" for entry in entries)
    return Row(line, cells, "it is a group of cards, not a person." if is_group else "")


def _cards_of(path: Path, encoding: str) -> Iterator[Card]:
    with path.open(encoding=encoding, errors="replace") as stream:
        yield from cards(stream)


def cards(lines: Iterable[str]) -> Iterator[Card]:
    """Every card of a file's lines; one inside another (an agent's) is passed over, one that is not closed ends with the next."""
    begun, entries, inside = 0, list[Entry](), 0
    agent = False
    for line, text in _unfolded(lines):
        entry = _entry(text)
        if entry is None:
            continue
        bounds = entry.value.strip().upper() == "VCARD" and entry.name
        if bounds == "BEGIN" and begun and agent:
            inside += 1
        elif bounds == "BEGIN":
            if begun:
                yield begun, entries
            begun, entries, inside = line, [], 0
        elif bounds == "END" and inside:
            inside -= 1
        elif bounds == "END" and begun:
            yield begun, entries
            begun = 0
        elif begun and not inside:
            entries.append(entry)
        agent = entry.name == "AGENT" and not entry.value.strip()
    if begun:
        yield begun, entries


def _unfolded(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Entries with the line they begin in: joined where a line begins with a blank, or quoted-printable text goes on."""
    begun, parts, length = 0, list[str](), 0
    soft = False
    for number, line in enumerate(lines, 1):
        text = line.rstrip("\r\n")
        if parts and soft:
            parts[-1] = parts[-1].removesuffix("=")
        elif parts and text[:1] in (" ", "\t"):
            text = text[1:]
        else:
            if parts:
                yield begun, "".join(parts)
            begun, parts, length = number, [], 0
        length += len(text)
        if length <= _LONGEST:
            parts.append(text)
        soft = text.endswith("=") and bool(parts) and "QUOTED-PRINTABLE" in parts[0].partition(":")[0].upper()
    if parts:
        yield begun, "".join(parts)


def _entry(text: str) -> Entry | None:
    found = _ENTRY.fullmatch(text.lstrip("\ufeff"))
    if not found:
        return None
    name, said, value = found.groups()
    parameters = tuple(part.strip().replace('"', "").upper() for part in said.split(";")[1:])
    if any(part.endswith("QUOTED-PRINTABLE") for part in parameters):
        named = next((part.removeprefix("CHARSET=") for part in parameters if part.startswith("CHARSET=")), "UTF-8")
        value = _decoded(quopri.decodestring(value.encode()), named)
    return Entry(name.upper(), parameters, value)


def _decoded(content: bytes, charset: str) -> str:
    try:
        return content.decode(charset)
    except (LookupError, UnicodeDecodeError):
        return content.decode("cp1252", errors="replace")


def _preference(entry: Entry) -> int:
    """Smaller comes first: PREF=1 to 100 of RFC 6350, TYPE=PREF of RFC 2426, PREF of vCard 2.1; without any, last."""
    for part in entry.parameters:
        if found := re.fullmatch(r"PREF=(\d{1,3})", part):
            return int(found[1])
        if part == "PREF" or (part.startswith("TYPE=") and "PREF" in part.removeprefix("TYPE=").split(",")):
            return 1
    return 101


def _plain(value: str) -> str:
    r"""A value without its backslashes: `\n` is a line end, `\,` a comma."""
    return (
        re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else str(found[1]), value).strip()
        if "\\" in value
        else value.strip()
    )
