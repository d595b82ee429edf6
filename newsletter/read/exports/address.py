"""The address in a cell that people at a front desk filled in: with a name around it, two of them, or a word instead."""

from __future__ import annotations

import re

from newsletter.read.addresses import BadAddress, envelope_address

_WRAPPED = re.compile(r"[^<>]*<([^<>]+)>|mailto:(.+)", re.IGNORECASE)
_PHONE = re.compile(r"(?=(?:\D*\d){7})[\d\s().+/x-]+", re.IGNORECASE)
# What stands before the @ where a system insists on an address and a person has none, without dots and dashes.
_STANDS_FOR_NONE = frozenset(
    (
        *("noemail", "noemails", "noemailaddress", "nomail", "noaddress", "noemailgiven", "noneprovided", "notprovided"),
        *("nonegiven", "none", "declined", "refused", "unknown", "donthaveone", "doesnothaveemail", "sincorreo", "sinemail"),
    )
)


def address_in(cell: str) -> str:
    """The address as it will be used in the envelope, the first of several; raises BadAddress with the reason."""
    if found := _WRAPPED.fullmatch(cell.strip()):
        cell = found[1] or found[2]
    cell = cell.strip(" \"'<>,;")
    try:
        address = envelope_address(cell)
    except BadAddress as error:
        address = _first_of(cell) or _refuse(cell, error)
    if re.sub(r"[._-]", "", address.partition("@")[0]).lower() in _STANDS_FOR_NONE:
        raise BadAddress("it stands for somebody without an address.")
    return address


def _first_of(cell: str) -> str:
    """The first of several addresses in one cell, nothing where one of them is none."""
    pieces = [piece for piece in re.split(r"[;,/:\s]+", cell) if piece]
    try:
        return [*map(envelope_address, pieces), ""][0] if len(pieces) > 1 else ""
    except BadAddress:
        return ""


def _refuse(cell: str, error: BadAddress) -> str:
    if _PHONE.fullmatch(cell):
        raise BadAddress("a phone number stands where the address should be.") from None
    if cell and "@" not in cell:
        raise BadAddress(f'"{cell[:40]}" stands where the address should be.') from None
    raise error
