"""Makes a person of a row of an export, or says why not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from newsletter.read.addresses import BadAddress
from newsletter.read.children import OF_AGE, age
from newsletter.read.csv_file import clean
from newsletter.read.exports import permission, words
from newsletter.read.exports.address import address_in
from newsletter.read.exports.incoming import Incoming, Refusal
from newsletter.read.exports.layout import Kept, Layout
from newsletter.read.exports.names import Name, first_name, last_name, whole_name
from newsletter.read.exports.table import Row
from newsletter.read.exports.titles import Meaning
from newsletter.read.opt_outs import Whom, addresses_in
from newsletter.read.subscribers import LeftOut, tags_of

_AN_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_NO_PERSON = re.compile(
    r"(grand )?totals?\b|subtotal|count\b|page \d|end of|generated|printed|report\b|number of|run date|copyright|confidential"
    r"|records?\b.*\d|patients\b|clients\b|pagina \d|[-=*_]{3}|[^@]{1,40}:$",
    re.IGNORECASE,
)
_LANGUAGES = {
    **dict.fromkeys(("english", "eng", "ingles"), "en"),
    **dict.fromkeys(("spanish", "spa", "espanol", "castellano"), "es"),
    **dict.fromkeys(("french", "fra", "fre", "francais", "frances"), "fr"),
}


class People:
    """Reads rows of one layout."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._width = len(layout.titles)

    def read(self, row: Row) -> Iterator[Incoming | LeftOut]:
        """The person of a row, or why there is none; nothing where it is blank. A refusal holds for each address of the row."""
        found = self._read(row)
        if found:
            yield found
        if isinstance(found, Incoming) and found.refusal and found.refusal.whom == "address" and not row.fault:
            others = {
                key for place in self._layout.places(Meaning.EMAIL) for key in addresses_in("".join(row.cells[place : place + 1]))
            }
            yield from (replace(found, email=key) for key in sorted(others - {found.email.lower()}))

    def _read(self, row: Row) -> Incoming | LeftOut | None:
        cells = [cell if cell.isalnum() else clean(cell) for cell in row.cells]
        cells += [""] * (self._width - len(cells))
        written = self._layout.first(cells, Meaning.EMAIL)
        if row.fault:
            return _opted_out(row) or LeftOut(row.line, written[:60], "row", row.fault)
        if not any(cells):
            return None
        try:
            address = self._address(cells)
        except BadAddress as error:
            return self._nobody(row.line, cells, written, str(error))
        refusal = permission.refusal(self._layout, cells)
        if refusal is None and (doubt := permission.doubt(self._layout, cells)):
            return LeftOut(row.line, address, "unknown status", doubt)
        name, consent = self._name(cells), permission.consent(self._layout, cells)
        return Incoming(
            line=row.line,
            email=address,
            first_name=name.first,
            last_name=name.last,
            tags=self._tags(cells),
            language=_language(self._layout.first(cells, Meaning.LANGUAGE)),
            consent=consent.given,
            consent_source=consent.how,
            consent_date=consent.when,
            child=self._is_child(cells, name),
            refusal=refusal,
            kept=tuple((kept.name, self._kept(cells, kept)) for kept in self._layout.kept),
        )

    def _address(self, cells: list[str]) -> str:
        """The first address of the row that mail can reach; raises BadAddress about the first one written."""
        wrong: BadAddress | None = None
        for place in self._layout.filled(cells, Meaning.EMAIL):
            try:
                return address_in(cells[place])
            except BadAddress as error:
                wrong = wrong or error
        raise wrong or BadAddress("the address is empty.")

    def _nobody(self, line: int, cells: list[str], written: str, reason: str) -> LeftOut:
        """What a row without a usable address is."""
        filled = [cell for cell in cells if cell]
        if all(cell == title for cell, title in zip(cells, self._layout.titles, strict=False) if cell):
            return LeftOut(line, "", "row", "it repeats the titles.")
        if len(filled) <= max(2, self._width // 3) and "@" not in written and _NO_PERSON.match(filled[0]):
            return LeftOut(line, "", "row", f'it is no person: "{" ".join(filled)[:40]}".')
        if "@" not in written:
            for place in self._layout.filled(cells, Meaning.FIRST, Meaning.LAST, Meaning.FULL):
                if _AN_ADDRESS.fullmatch(cells[place]):
                    shifted = f'the address stands under "{self._layout.titles[place]}"; the cells of this row are out of place.'
                    return LeftOut(line, cells[place][:60], "row", shifted)
        return LeftOut(line, written[:60], "address", reason)

    def _name(self, cells: list[str]) -> Name:
        first, last = self._layout.first(cells, Meaning.FIRST), self._layout.first(cells, Meaning.LAST)
        if not (first and last) and (whole := self._layout.first(cells, Meaning.FULL)):
            name = whole_name(whole)
        elif not last and "," in first:
            name = whole_name(first)
        else:
            called = whole_name(first).first if re.search(r'["“(]', first) else first_name(first)
            name = Name(called, last_name(last))
        if preferred := self._layout.first(cells, Meaning.PREFERRED):
            called = first_name(preferred)
            name = Name(called.removesuffix(f" {name.last}") if name.last else called, name.last)
        return Name(" ".join(name.first.split()), name.last)

    def _tags(self, cells: list[str]) -> tuple[str, ...]:
        found = {
            tag.strip('* :"')
            for place in self._layout.filled(cells, Meaning.TAGS)
            for tag in tags_of(cells[place].replace(":::", ";"))
        }
        return tuple(sorted(found - {"", "mycontacts"}))

    def _is_child(self, cells: list[str], name: Name) -> bool:
        """By the birth date, else by the age, else by a column that says so, else by a parent's or guardian's name."""
        if born := self._layout.day(cells, *self._layout.places(Meaning.BIRTH)):
            return age(date.fromisoformat(born), self._layout.today) < OF_AGE
        if found := re.match(r"\d{1,3}", self._layout.first(cells, Meaning.AGE)):
            return int(found[0]) < OF_AGE
        if any(words.yes_or_no(cells[place]) for place in self._layout.filled(cells, Meaning.CHILD)):
            return True
        guardian = self._layout.first(cells, Meaning.GUARDIAN)
        if words.unsaid(guardian) or words.yes_or_no(guardian) is False:
            return False
        return words.plain(guardian) not in ("self", "same", "patient") and whole_name(guardian) != name

    def _kept(self, cells: list[str], kept: Kept) -> str:
        return (self._layout.day(cells, kept.place) if kept.dates else "") or cells[kept.place]


def _opted_out(row: Row) -> Incoming | None:
    """Somebody whose row is broken, so that nobody knows what belongs to what, but where a word says that they opted out."""
    word = next((cell for cell in row.cells if words.yes_or_no(cell) is None and words.state(cell) is Whom.ADDRESS), "")
    address = next((address for cell in row.cells for address in addresses_in(cell)), "")
    if not (word and address):
        return None
    refusal = Refusal("address", f'the row is broken, and says "{clean(word)[:40]}".')
    return Incoming(row.line, address, "", "", (), "", None, "", "", False, refusal, ())


def _language(cell: str) -> str:
    """`Spanish` and `es-MX` are es; a language we have no letters for stays as it is written."""
    known = _LANGUAGES.get(words.plain(cell))
    return known or (cell[:2].lower() if re.fullmatch(r"[A-Za-z]{2}([-_][A-Za-z]{2})?", cell) else cell)
