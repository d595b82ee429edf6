"""Who on a list is a child: children are never greeted by name, for they are not the reader."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from newsletter.read.columns import OWN_NAMES
from newsletter.read.dates import read_date
from newsletter.read.exports.names import Name, whole_name
from newsletter.read.exports.titles import Meaning, meaning_of
from newsletter.read.locale import Locale
from newsletter.read.ordinary import Columns, Remembered

OF_AGE = 18  # years
# Titles in one word, which are not understood as those of exports are.
_IN_ONE_WORD = {
    Meaning.CHILD: ("ischild", "childyn", "isminor", "minoryn", "under18", "esmenor", "menordeedad"),
    Meaning.BIRTH: ("dateofbirth", "patientdob", "patientbirthdate", "fechadenacimiento", "fechanacimiento"),
    Meaning.AGE: ("patientage",),
}
# Titles without blanks, signs and accents.
_GUARDIAN = frozenset(
    (
        *("guardian", "guardianname", "legalguardian", "parent", "parentname", "parentguardian", "parentorguardian"),
        *("guardianfirstname", "parentfirstname", "responsibleparty", "responsiblepartyname", "mother", "father"),
        *("tutor", "tutora", "padre", "madre", "padres"),
    )
)
_NAME = re.compile(r"(?:nick|sur|first|last|full|middle)?names?|nombres?|apellidos?|apodo|alias|salutation|greeting|saludo")
_OF_OTHERS = frozenset(
    (
        *("practice", "clinic", "doctor", "dr", "provider", "practitioner", "therapist"),
        *("location", "company", "employer", "pet"),
    )
)
_YES = frozenset(("yes", "y", "true", "t", "1", "x", "si", "s", "child", "minor", "menor", "✓", "✔"))
_NOBODY = frozenset(("no", "n", "false", "0", "none", "n_a", "na", "self", "same", "patient", "unknown", "mismo", "paciente"))


class Children:
    """The columns of a list that tell who is a child; falsy where there is none.

    `told_by` are those columns, and those needed to greet a parent instead.
    """

    def __init__(self, columns: Sequence[str], locale: Locale) -> None:
        self._columns = columns
        self._locale = locale
        kinds = [None if name in OWN_NAMES else _kind(name) for name in columns]
        self._signs = [place for place, kind in enumerate(kinds) if kind]
        self._kinds = [kinds[place] for place in self._signs]
        self._guardians = [place for place, name in enumerate(columns) if _squeezed(name) in _GUARDIAN]
        self.names = frozenset(name for place, name in enumerate(columns) if place not in self._guardians and _is_name(name))
        self._first = columns.index("first_name") if "first_name" in columns else None
        places = [*self._signs, *self._guardians, *([] if self._first is None else [self._first])]
        self.told_by = [columns[place] for place in places] if self._signs else []
        self._are = Remembered(self._tells)

    def __bool__(self) -> bool:
        return bool(self._signs)

    def is_child(self, cells: Sequence[str]) -> bool:
        """Whether a row, with a cell for each column of the list, is a child's."""
        return bool(self._signs) and self._are[tuple(cells[place] for place in self._signs)]

    def guardian(self, cells: Sequence[str], never: frozenset[str]) -> Name:
        """The parent to greet instead of a child, where the row names one, and without a word of `never` (see `words_of`)."""
        for place in self._guardians:
            said = cells[place]
            if said and "@" not in said and plain(said) not in _YES | _NOBODY and never.isdisjoint(words_of(said)):
                return whole_name(said)
        return Name("", "")

    def instead(self, name: str, guardian: Name) -> str:
        """What stands in a column of names in a child's row."""
        return {"first_name": guardian.first, "last_name": guardian.last}.get(name, "")

    def hidden(self, wanted: Sequence[str], told: Columns, columns: Columns) -> Columns:
        """Cells by column with the children's names taken out; `told` has those of `told_by`, both of the same rows."""
        rows = list(zip(*told, strict=True))
        count = len(self._signs)
        children = [index for index, cells in enumerate(rows) if self._are[cells[:count]]]
        if not children:
            return columns
        greeted = {index: self._greeted(rows[index]) for index in children}
        found = list(columns)
        for place, name in enumerate(wanted):
            if name in self.names:
                found[place] = changed = list(columns[place])
                for index, guardian in greeted.items():
                    changed[index] = self.instead(name, guardian)
        return found

    def _greeted(self, told: Sequence[str]) -> Name:
        cells = dict(zip(self.told_by, told, strict=True))
        own = words_of(cells.get("first_name", ""))
        return self.guardian([cells.get(name, "") for name in self._columns], own)

    def _tells(self, cells: tuple[str, ...]) -> bool:
        return any(self._says(kind, cell) for kind, cell in zip(self._kinds, cells, strict=True))

    def _says(self, kind: Meaning | None, cell: str) -> bool:
        if kind is Meaning.BIRTH:
            born = read_date(cell, self._locale.country)
            return born is not None and age(born, self._locale.today) < OF_AGE
        if kind is Meaning.AGE:
            years = re.match(r"\d{1,3}\b", cell)
            return years is not None and int(years[0]) < OF_AGE
        return plain(cell) in _YES


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """Lower case, without accents; `_` for blanks and signs."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return re.sub(r"[^\w✓✔]+", "_", kept).strip("_")


def words_of(name: str) -> frozenset[str]:
    """The words of a name as they are compared."""
    return frozenset(plain(name).split("_")) - {""}


def _kind(column: str) -> Meaning | None:
    """How a column tells who is a child, if it does."""
    squeezed = _squeezed(column)
    meaning = next((kind for kind, titles in _IN_ONE_WORD.items() if squeezed in titles), None) or meaning_of(column)
    return meaning if meaning in _IN_ONE_WORD else None


def _squeezed(column: str) -> str:
    return plain(column).replace("_", "")


def _is_name(column: str) -> bool:
    words = plain(column).split("_")
    return any(map(_NAME.fullmatch, words)) and _OF_OTHERS.isdisjoint(words)


def age(born: date, today: date) -> int:
    """In whole years; a date to come was written with two digits for the year, and is of the last century."""
    years = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return years + 100 if born > today else years
