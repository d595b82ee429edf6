"""Who must never be mailed again, why, and how it is lifted: by address, or by code where the address is not needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple

from newsletter.errors import LedgerUnusable
from newsletter.ledger.journal import BACK, LIFTED, Change, Journal
from newsletter.ledger.keys import MARK
from newsletter.ledger.ledger import Ledger


class Kind(StrEnum):
    """Why somebody is suppressed, from what the person can lift by a click to what nobody lifts in passing."""

    OPTED_OUT = "opted out"  # by their own click or mail
    BOUNCED = "bounced"  # their server says that there is no such mailbox
    ASKED = "asked"  # they told the practice, which typed the command
    COMPLAINED = "complained"  # they called a mail spam
    FORGOTTEN = "forgotten"  # erased on request; known by their code alone


class Suppressed(NamedTuple):
    """One suppression; `who` is an address in lower case, or a code."""

    who: str
    kind: Kind
    reason: str
    at: float

    @property
    def by_code(self) -> bool:
        """Whether only the code is known."""
        return "@" not in self.who


_ADD = """
    INSERT INTO {table} ({key}, kind, reason, at) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT DO UPDATE SET kind = ?2, reason = ?3, at = ?4 WHERE {weaker}
"""
_TABLES = {"suppression": "address_key", "suppressed_code": "code"}
# Conditions about the address in a row of `recipient`. The check by code costs nothing while nobody is suppressed by code.
BY_ADDRESS = "lower(address) IN (SELECT address_key FROM suppression)"
_CODES_OF = "SELECT value FROM json_each(codes(lower(address)))"
_HAS_CODE = "EXISTS (SELECT 1 FROM json_each(codes(address_key)) WHERE value = ?)"
BY_CODE = f"(EXISTS (SELECT 1 FROM suppressed_code) AND EXISTS (SELECT 1 FROM suppressed_code WHERE code IN ({_CODES_OF})))"  # noqa: S608
REASON_BY_CODE = f"(SELECT reason FROM suppressed_code WHERE code IN ({_CODES_OF}))"  # noqa: S608
FORGOTTEN = f"EXISTS (SELECT 1 FROM suppressed_code WHERE kind = '{Kind.FORGOTTEN}' AND code IN ({_CODES_OF}))"  # noqa: S608


class Suppressions:
    """The suppressions of an open ledger; every change of them is written into its journal."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def add(self, address_keys: Iterable[str], reason: str, now: float, kind: Kind = Kind.ASKED, source: str = "command") -> int:
        """Adds addresses (lower case) that must never be mailed again; how many were new. A weaker kind gives way."""
        with self._ledger.transaction():
            return sum([self.note(Suppressed(key, kind, reason, now), source) for key in address_keys])

    def opt_out(self, code: str, reason: str, now: float, source: str) -> bool:
        """Adds whoever has this code; whether that is new."""
        with self._ledger.transaction():
            return self.note(Suppressed(code, Kind.OPTED_OUT, reason, now), source)

    def opt_in(self, code: str, now: float, source: str) -> bool:
        """Lifts what the person with this code had asked for by link or mail by then, nothing else; whether there was any."""
        own = (Kind.OPTED_OUT, now, code)
        with self._ledger.transaction():
            lifted = self._ledger.change("DELETE FROM suppressed_code WHERE kind = ? AND at <= ? AND code = ?", *own)
            lifted += self._ledger.change(f"DELETE FROM suppression WHERE kind = ? AND at <= ? AND {_HAS_CODE}", *own)  # noqa: S608
            if lifted:
                Journal(self._ledger).note([Change(now, code, BACK, source)])
            return lifted > 0

    def note(self, one: Suppressed, source: str) -> bool:
        """Adds one, inside the caller's transaction; whether that person was not suppressed in this way before.

        The address of somebody who was forgotten is not written down again.
        """
        if not one.by_code and any(map(self._forgotten, self.codes(one.who))):
            return False
        table = "suppressed_code" if one.by_code else "suppression"
        known = self._ledger.value(f"SELECT 1 FROM {table} WHERE {_TABLES[table]} = ?", one.who)  # noqa: S608  # names of ours
        kinds = list(Kind)
        weaker = ", ".join(f"'{kind}'" for kind in kinds[: kinds.index(one.kind)]) or "''"
        sql = _ADD.format(table=table, key=_TABLES[table], weaker=f"{table}.kind IN ({weaker})")
        if self._ledger.change(sql, *one):
            Journal(self._ledger).note([Change(one.at, one.who, f"suppressed: {one.kind}", source, one.reason)])
        elif one.kind is Kind.OPTED_OUT:  # said once more: an earlier return does not lift it (see `opt_in`)
            sql = f"UPDATE {table} SET at = max(at, ?) WHERE kind = ? AND {_TABLES[table]} = ?"  # noqa: S608  # names of ours
            self._ledger.change(sql, one.at, one.kind, one.who)
        return not known

    def lift(self, address_keys: Iterable[str], now: float, source: str, *kinds: Kind) -> int:
        """Takes suppressions of some kinds (or of all) back, by address and by code; how many. Inside a transaction."""
        chosen = kinds or tuple(Kind)
        wanted = ", ".join(f"'{kind}'" for kind in chosen)
        lifted = 0
        for key in address_keys:
            count = self._ledger.change(f"DELETE FROM suppression WHERE address_key = ? AND kind IN ({wanted})", key)  # noqa: S608
            for code in self.codes(key):
                count += self._ledger.change(f"DELETE FROM suppressed_code WHERE code = ? AND kind IN ({wanted})", code)  # noqa: S608
            if count:
                Journal(self._ledger).note([Change(now, key, LIFTED, source)])
            lifted += count
        return lifted

    def of(self, address_key: str) -> Suppressed | None:
        """Why an address must not be mailed, or None where it may."""
        sql = "SELECT address_key, kind, reason, at FROM suppression WHERE address_key = ?"
        if found := next(map(_suppressed, self._ledger.rows(sql, address_key)), None):
            return found
        return next((found for code in self.codes(address_key) if (found := self._by_its_code(code))), None)

    def of_code(self, code: str) -> Suppressed | None:
        """Why somebody must not be mailed of whom only the code is known, or None; looks at every suppressed address."""
        sql = f"SELECT address_key, kind, reason, at FROM suppression WHERE {_HAS_CODE}"  # noqa: S608
        return self._by_its_code(code) or next(map(_suppressed, self._ledger.rows(sql, code)), None)

    def codes(self, address_key: str) -> tuple[str, ...]:
        """The codes of an address under all keys."""
        return self._ledger.keys.codes(address_key) if self._ledger.keys else ()

    def by_address(self) -> Iterator[Suppressed]:
        """Everybody suppressed by address, in order of time."""
        yield from map(_suppressed, self._ledger.rows("SELECT address_key, kind, reason, at FROM suppression ORDER BY at, 1"))

    def by_code(self) -> Iterator[Suppressed]:
        """Everybody suppressed by code, in order of time."""
        yield from map(_suppressed, self._ledger.rows("SELECT code, kind, reason, at FROM suppressed_code ORDER BY at, 1"))

    def _forgotten(self, code: str) -> bool:
        known = self._by_its_code(code)
        return known is not None and known.kind is Kind.FORGOTTEN

    def _by_its_code(self, code: str) -> Suppressed | None:
        sql = "SELECT code, kind, reason, at FROM suppressed_code WHERE code = ?"
        return next(map(_suppressed, self._ledger.rows(sql, code)), None)

    def copy_from(self, other: Suppressions) -> None:
        """Takes over everybody whom another ledger suppresses."""
        with self._ledger.transaction():
            for one in (*other.by_address(), *other.by_code()):
                self.note(one, "copy")

    def need_keys(self) -> None:
        """Raises LedgerUnusable where a code is of a key that is missing: whom it stands for could not be told."""
        marks = {mark for (mark,) in self._ledger.rows("SELECT DISTINCT substr(code, 1, ?) FROM suppressed_code", MARK)}
        if marks - set(self._ledger.keys.marks if self._ledger.keys else ()):
            where = self._ledger.path.with_name("key")
            raise LedgerUnusable(
                f"A key is missing in {where}: people who opted out by link cannot be told from others.",
                "Restore the file from a backup; without it nobody can be mailed.",
            )


def _suppressed(row: tuple[str, str, str, float]) -> Suppressed:
    who, kind, reason, at = row
    return Suppressed(who, Kind(kind), reason, at)
