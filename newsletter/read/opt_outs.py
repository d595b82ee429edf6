"""What a list says of people who must not be mailed: statuses, opt-out columns, and such words in rows that are broken."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from newsletter.read.addresses import BadAddress, envelope_address
from newsletter.read.csv_file import clean

_MAILABLE = frozenset(("", "active", "subscribed", "yes", "ok", "current", "opted in", "opt in"))
_OPTED_OUT = ("unsubscribed", "opted out", "opt out", "complained", "do not email", "do not mail", "do not contact", "no")
_GONE = ("inactive", "bounced", "hard bounced", "deceased", "discharged", "cleaned", "archived", "deleted", "removed")
_NOT_MAILABLE = frozenset((*_OPTED_OUT, *_GONE, "blocked", "suppressed"))
# Titles without blanks and signs. A cell under the first kind forbids mail unless it says no, under the second where it does.
_OUT_TITLES = frozenset(
    (
        *("unsubscribed", "unsubscribe", "optout", "optedout", "emailoptout"),
        *("donotemail", "donotmail", "donotcontact", "noemail", "deceased", "suppressed"),
    )
)
_IN_TITLES = frozenset(("subscribed", "optin", "optedin", "emailoptin", "emailconsent"))
_NO = frozenset(("no", "n", "false", "0", "none", "never", "-", "n/a"))
_ADDRESS = re.compile(r"[^\s<>\"';,|]+@[^\s<>\"';,|]+")

Sign = tuple[int, str, Callable[[str], bool]]
"""A column's place and name, and whether a cell of it forbids mail."""


def signs(columns: Sequence[str]) -> tuple[Sign, ...]:
    """The columns of a list that can forbid mail."""
    found: list[Sign] = []
    for index, name in enumerate(columns):
        title = name.replace("_", "")
        if title in _OUT_TITLES:
            found.append((index, name, lambda cell: _word(cell) not in ("", *_NO)))
        elif title in _IN_TITLES:
            found.append((index, name, lambda cell: _word(cell) in _NO or forbids(cell)))
        elif title.endswith("status"):
            found.append((index, name, forbids))
    return tuple(found)


def refusal(found: tuple[Sign, ...], cells: Sequence[str]) -> str:
    """Why a row's own columns keep its person off the list, or nothing."""
    for index, name, says_no in found:
        if index < len(cells) and says_no(cells[index]):
            return f'the {name.replace("_", " ")} is "{clean(cells[index])[:40]}".'
    return ""


def unknown(status: str) -> str:
    """What is wrong with a status that neither allows nor forbids mail, or nothing; whole words are compared."""
    if _word(status) in _MAILABLE or forbids(status):
        return ""
    return f'the status "{clean(status)[:40]}" is not one we know; write active or unsubscribed.'


@lru_cache(maxsize=1024)
def forbids(cell: str) -> bool:
    """Whether a word says for certain that a person must not be mailed; one we do not know does not."""
    return _word(cell) in _NOT_MAILABLE


def addresses_in(text: str) -> Iterator[str]:
    """Every address in a text, lower case, however it is wrapped: `Derek <derek@mail.example>`."""
    for found in _ADDRESS.findall(text):
        try:
            yield envelope_address(found).lower()
        except BadAddress:
            continue


@lru_cache(maxsize=1024)
def _word(cell: str) -> str:
    return re.sub(r"[\s_-]+", " ", clean(cell).lower()).strip() or ("-" if cell.strip() == "-" else "")
