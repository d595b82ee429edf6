"""What a list says of people who must not be mailed: statuses, opt-out columns, and such words in rows that are broken."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from newsletter.read.addresses import BadAddress, envelope_address
from newsletter.read.csv_file import clean

_MAILABLE = frozenset(
    (
        *("", "active", "subscribed", "yes", "ok", "current", "opted in", "opt in"),
        *("activo", "activa", "actual", "suscrito", "suscrita", "si", "sí"),
    )
)
# What is said of an address: nobody there is mailed, whatever other rows say.
_OF_THE_ADDRESS = frozenset(
    (
        *("unsubscribed", "opted out", "opt out", "complained", "do not email", "do not mail", "do not contact", "no"),
        *("unsubscribe", "optout", "no email", "no emails", "no contact", "declined", "refused", "rejected", "denied"),
        *("withdrawn", "revoked", "complaint", "spam", "abuse", "blacklisted"),
        *("bounced", "hard bounced", "bounce", "hard bounce", "invalid", "undeliverable", "cleaned", "blocked", "suppressed"),
        *("baja", "de baja", "dado de baja", "dada de baja", "no contactar", "no enviar", "no enviar correos"),
        *("desuscrito", "desuscrita", "rechazado", "rebotado"),
    )
)
# What is said of one person: they are not mailed, and others who share the address are.
_OF_THE_PERSON = frozenset(
    (
        *("inactive", "not active", "deceased", "dead", "died", "passed away", "discharged", "dismissed", "terminated"),
        *("archived", "deleted", "removed", "closed", "transferred", "moved", "moved away", "former", "former patient"),
        *("expired", "terminate", "transferred out", "released", "past", "past patient", "disabled", "merged", "duplicate"),
        *("lost", "false"),
        *("inactivo", "inactiva", "no activo", "no activa", "fallecido", "fallecida", "difunto", "difunta", "archivado"),
        *("archivada", "eliminado", "eliminada", "cerrado", "alta", "dado de alta", "dada de alta"),
    )
)
# Titles without blanks and signs. A cell under the first two kinds forbids mail unless it says no, under the last two if it does.
_OUT_TITLES = frozenset(
    (
        *("unsubscribed", "unsubscribe", "optout", "optedout", "emailoptout"),
        *("isunsubscribed", "hasunsubscribed", "emailoptedout", "marketingoptout", "optoutofmarketing", "optoutofemail"),
        *("donotemail", "donotmail", "donotcontact", "donotsend", "donotmarket", "dnc", "noemail", "noemails", "suppressed"),
        *("bounced", "emailbounced", "complained", "noenviar", "nocontactar", "baja"),
    )
)
_GONE_TITLES = frozenset(
    (
        *("deceased", "isdeceased", "deceaseddate", "datedeceased", "dateofdeath", "fallecido", "fallecida", "difunto"),
        *("discharged", "dischargedate", "inactive", "isinactive", "archived", "isarchived", "archivedat"),
    )
)
_IN_TITLES = frozenset(
    (
        *("subscribed", "issubscribed", "optin", "optedin", "emailoptin", "marketingoptin", "newsletter", "newsletteroptin"),
        *("consent", "emailconsent", "marketingconsent", "newsletterconsent", "consenttoemail", "consenttomarketing"),
        *("marketing", "marketingemails", "emailmarketing", "acceptsmarketing", "acceptsemailmarketing", "oktoemail"),
        *("suscrito", "suscrita", "consentimiento", "aceptacorreos"),
    )
)
_ACTIVE_TITLES = frozenset(("active", "isactive", "activo", "activa"))
_NO = frozenset(("no", "n", "false", "0", "none", "never", "-", "n/a"))
_ADDRESS = re.compile(r"[^\s<>\"';,|]+@[^\s<>\"';,|]+")


class Whom(Enum):
    """Of whom a row says that they must not be mailed."""

    ADDRESS = "address"  # nobody there, whichever rows say otherwise
    PERSON = "person"  # this person; others who share the address may be


class Refusal(NamedTuple):
    """Who must not be mailed, and what in the row says so."""

    whom: Whom
    reason: str


Sign = tuple[int, str, Callable[[str], Whom | None]]
"""A column's place and name, and whom a cell of it forbids to mail."""


def signs(columns: Sequence[str]) -> tuple[Sign, ...]:
    """The columns of a list that can forbid mail."""
    found: list[Sign] = []
    for index, name in enumerate(columns):
        title = name.replace("_", "")
        if title in _OUT_TITLES:
            found.append((index, name, lambda cell: _unless_no(cell, Whom.ADDRESS)))
        elif title in _GONE_TITLES:
            found.append((index, name, lambda cell: _unless_no(cell, Whom.PERSON)))
        elif title in _IN_TITLES:
            found.append((index, name, lambda cell: Whom.ADDRESS if _word(cell) in _NO else forbids(cell)))
        elif title in _ACTIVE_TITLES:
            found.append((index, name, lambda cell: Whom.PERSON if _word(cell) in _NO else forbids(cell)))
        elif title.endswith("status"):
            found.append((index, name, forbids))
    return tuple(found)


def refusal(found: tuple[Sign, ...], cells: Sequence[str]) -> Refusal | None:
    """Whom a row's own columns keep off the list, and why: what is said of the address outweighs what is said of the person."""
    said = [
        Refusal(whom, f'the {name.replace("_", " ")} is "{clean(cells[index])[:40]}".')
        for index, name, forbidden in found
        if index < len(cells) and (whom := forbidden(cells[index]))
    ]
    return next((one for one in said if one.whom is Whom.ADDRESS), said[0] if said else None)


def unknown(status: str) -> str:
    """What is wrong with a status that neither allows nor forbids mail, or nothing; whole words are compared."""
    if _word(status) in _MAILABLE or forbids(status):
        return ""
    return f'the status "{clean(status)[:40]}" is not one we know; write active or unsubscribed.'


@lru_cache(maxsize=1024)
def forbids(cell: str) -> Whom | None:
    """Whom a word forbids to mail for certain; one we do not know forbids nobody."""
    word = _word(cell)
    return Whom.ADDRESS if word in _OF_THE_ADDRESS else Whom.PERSON if word in _OF_THE_PERSON else None


def addresses_in(text: str) -> Iterator[str]:
    """Every address in a text, lower case, however it is wrapped: `Derek <derek@mail.example>`."""
    for found in _ADDRESS.findall(text):
        try:
            yield envelope_address(found).lower()
        except BadAddress:
            continue


def _unless_no(cell: str, whom: Whom) -> Whom | None:
    return whom if _word(cell) not in ("", *_NO) else None


@lru_cache(maxsize=1024)
def _word(cell: str) -> str:
    return re.sub(r"[\s_-]+", " ", clean(cell).lower()).strip() or ("-" if cell.strip() == "-" else "")
