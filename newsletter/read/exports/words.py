"""What the cells of an export say about mail: yes and no, and the states of patients and addresses, compared as whole words."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from newsletter.read import opt_outs
from newsletter.read.opt_outs import Whom


def phrases(text: str) -> frozenset[str]:
    """The phrases of a text with commas between them."""
    return frozenset(phrase.strip() for phrase in text.split(","))


_YES = phrases(
    "yes, y, true, t, 1, x, on, checked, ok, okay, agreed, accept, accepted, granted, given, consented, allowed, "
    "opted in, opt in, optin, subscribed, explicit, implied, implicit, express, confirmed, "
    "si, s, verdadero, acepta, aceptado, suscrito, ✓, ✔"
)
_NO = phrases("no, n, false, f, 0, none, never, off, unchecked, not, falso, nunca")
_UNSAID = phrases(
    ",-, --, n a, na, null, unknown, not asked, not set, no response, pending, unspecified, not recorded"  # an empty one too
)
_NO_DATE = re.compile(r"(?=.*\b000[01]\b)[\d ]+$")  # 0000-00-00, 01/01/0001
_NOT_AT_ALL = phrases("opted in, opt in, optin, in, subscribed, active, alive, current, allowed, suscrito, activo")
_MAILABLE = phrases(
    "active, current, new, new patient, existing, existing patient, established, returning, reactivated, subscribed, "
    "yes, ok, opted in, opt in, patient, open, enabled, wellness, maintenance, true, activo, activa, actual, vigente, "
    "nuevo, nueva, suscrito, si"
)
_LONGEST = 300  # characters of a wish that are looked at
_AGAINST = re.compile(
    r"\b(do not|dont|don t|no|not|never|without|stop|sin|ningun\w*)\b.*"
    r"\b(emails?|mails?|contact\w*|marketing|correos?|communications?)\b"
    r"|\bunsubscrib\w*|\bopt(ed)? ?out\b|\bemails? (no|off|false|n|none|never|0)\b|^(none|nothing|never|ninguno|ninguna|nada)$"
)
_IN_A_NAME = re.compile(
    r"\b(deceased|dcsd|fallecid[oa]|difunt[oa]|inactive|do[ -]not[ -](?:contact|e-?mail|use))\b", re.IGNORECASE
)


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """Lower case, without accents, signs and double blanks: `Do-Not e-mail!` is `do not e mail`."""
    letters = unicodedata.normalize("NFKD", text.lower())
    kept = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return re.sub(r"\be mail", "email", " ".join(re.sub(r"[^\w✓✔]+|_", " ", kept).split()))


def yes_or_no(cell: str) -> bool | None:
    """What a cell of yes or no says; None where it says something else, or nothing."""
    word = plain(cell).removesuffix(" 0") if cell.endswith(".0") else plain(cell)
    return True if word in _YES else False if word in _NO else None


def unsaid(cell: str) -> bool:
    """Whether a cell leaves the question open: empty, a dash, `not asked`, or a database's empty date."""
    word = plain(cell)
    return word in _UNSAID or bool(_NO_DATE.match(word))


def forbids(cell: str) -> bool:
    """Whether a cell of a column like `Unsubscribed` or `Deceased` says so: by yes, by a date, by anything but a no."""
    return not unsaid(cell) and yes_or_no(cell) is not False and plain(cell) not in _NOT_AT_ALL


@lru_cache(maxsize=4096)
def state(cell: str) -> Whom | None:
    """Whom a state forbids to mail, if anybody. Of several (`Inactive - moved`) one that forbids outweighs any other."""
    said = [opt_outs.forbids(part) for part in _parts(cell)]
    return Whom.ADDRESS if Whom.ADDRESS in said else Whom.PERSON if Whom.PERSON in said else None


@lru_cache(maxsize=4096)
def known(cell: str) -> bool:
    """Whether a state has a word that we know, or none at all: `Active / Wellness` does, `Prospect` does not."""
    return unsaid(cell) or state(cell) is not None or not _MAILABLE.isdisjoint(_parts(cell))


@lru_cache(maxsize=4096)
def prefers_no_mail(cell: str) -> bool:
    """Whether a wish how to be reached rules email out: `No emails`, `Email: off; SMS: on`, `Phone only`, `None`."""
    clauses = [plain(clause) for clause in re.split(r"[,;|\n.]", cell[:_LONGEST])]
    only = any(re.search(r"\b(only|solo)\b", clause) for clause in clauses)
    return any(map(_AGAINST.search, clauses)) or (only and not any("email" in clause for clause in clauses))


def said_in_a_name(name: str) -> str:
    """The word in a name cell that tells that its person must not be mailed, `Smith, John (DECEASED)`, or nothing."""
    found = _IN_A_NAME.search(name)
    return found[0] if found else ""


def _parts(cell: str) -> list[str]:
    """A state as a whole, and the parts of it."""
    return [plain(cell), *(plain(part) for part in re.split(r"\s[-–—]+\s|[/,;:()|]", cell))]  # noqa: RUF001  # the dashes of Word
