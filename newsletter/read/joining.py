"""Joins the people of an export with those on the list, before anything is written: who is new, who changes, who stays out.

A person is an address and a first name (same_person.py), so that several people may share one address.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from newsletter.read import opt_outs
from newsletter.read.audience import tags_of
from newsletter.read.changes import Changes, Entry, Refused
from newsletter.read.children import plain
from newsletter.read.dates import read_date
from newsletter.read.exports.incoming import Incoming, Refusal
from newsletter.read.left_out import LeftOut
from newsletter.read.list_file import ListFile, one_line
from newsletter.read.same_person import may_be, person_key

Barred = Callable[[int, str], LeftOut | None]
"""Told the line and address of somebody in the export, it says why they must never be mailed, or None."""

# What becomes the status of a row whose person the export refuses, by the words of the refusal; the last one fits all others.
_ADDRESS_STATUS = (("bounc|undeliver|invalid|rebot", "bounced"), ("complain|spam|abuse", "complained"), ("", "unsubscribed"))
_PERSON_STATUS = (
    ("deceas|dcsd|dead|death|died|rip|fallec|difunt|defunc", "deceased"),
    ("discharg|dismiss|alta", "discharged"),
    ("archiv", "archived"),
    ("inactiv|activ", "inactive"),
    ("", "removed"),
)


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for everybody in an import: tags they get, how they agreed where the export does not say, the country."""

    tags: tuple[str, ...] = ()
    consent: str = ""
    country: str = "US"


def join(people: Iterable[Incoming | LeftOut], listed: ListFile, terms: Terms, barred: Barred) -> Changes:
    """What becomes of the list when these people join it; nothing is written.

    What the list has is kept: only empty cells are filled, tags added, and a newer last visit taken. Whoever the list, the
    export or `barred` keeps out stays out.
    """
    joining = _Joining(listed, terms)
    accepted = []
    for one in people:
        if isinstance(one, LeftOut):
            joining.left_out.append(one)
        elif bar := barred(one.line, one.email):
            joining.left_out.append(bar)
        elif one.refusal:
            joining.refuse(one, one.refusal)
        else:
            accepted.append(one)
    for one in accepted:  # when all refusals are known, wherever they stand
        joining.accept(one)
    return joining.changes()


@dataclass(slots=True)
class _Draft:
    """Somebody on the list, or about to be; `met` is the first line of the export that speaks of them."""

    row: int
    values: dict[str, str]
    fault: str = ""  # why the list does not let them be mailed
    met: int = 0
    stopped: bool = False
    changes: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return person_key(self.values.get("first_name", ""))

    def put(self, column: str, value: str) -> None:
        """A value in place of what is there."""
        self.values[column] = self.changes[column] = one_line(value)

    def fill(self, column: str, value: str) -> None:
        """A value where there is none."""
        if one_line(value) and not self.values.get(column):
            self.put(column, value)

    @property
    def entry(self) -> Entry:
        return Entry(self.met, self.row, self.changes, self.values)


class _Joining:
    """The list while an export joins it."""

    def __init__(self, listed: ListFile, terms: Terms) -> None:
        self._terms = terms
        self._drafts: dict[str, list[_Draft]] = defaultdict(list)  # by address
        self._refused: list[Refused] = []
        self._closed: dict[str, int] = {}  # addresses that the export refuses, with the line that says so
        self._gone: dict[str, dict[str, int]] = defaultdict(dict)  # people it refuses: by address, then by first name
        self.left_out: list[LeftOut] = []
        self._vetoes: dict[str, str] = {}  # why nobody at an address may be mailed, as the list says
        signs = opt_outs.signs(listed.columns)
        for row in listed.rows:
            if row.key:
                values = dict(zip(listed.columns, row.cells, strict=True))
                fault = row.left_out and f"line {row.line} of {listed.shown}: {row.left_out.reason}"
                self._drafts[row.key].append(_Draft(row.line, values, fault or ""))
                refusal = opt_outs.refusal(signs, row.cells)
                if fault and refusal and refusal.whom is opt_outs.Whom.ADDRESS:
                    self._vetoes.setdefault(row.key, fault)

    def refuse(self, one: Incoming, refusal: Refusal) -> None:
        """Takes note of somebody who must not be mailed, and of the rows of the list which that concerns."""
        key, name = one.email.lower(), person_key(one.first_name)
        status = next(
            word
            for pattern, word in (_ADDRESS_STATUS if refusal.whom == "address" else _PERSON_STATUS)
            if re.search(rf"\b({pattern})", refusal.reason.lower())
        )
        if refusal.whom == "address":
            self._closed.setdefault(key, one.line)
        else:
            self._gone[key].setdefault(name, one.line)
        for draft in self._drafts.get(key, ()):
            if not draft.fault and (refusal.whom == "address" or may_be(name, draft.name)):
                draft.put("status", status)
                draft.met, draft.fault, draft.stopped = one.line, f'the status is "{status}".', True
        self._refused.append(Refused(one.line, one.email, refusal.whom, status, refusal.reason))
        self.left_out.append(LeftOut(one.line, one.email, "refused", refusal.reason))

    def accept(self, one: Incoming) -> None:
        """Adds somebody whom their own row lets be mailed, or fills in what the list did not know of them."""
        key = one.email.lower()
        draft = self._known(key, one)
        if why := self._against(key, one, draft):
            self.left_out.append(LeftOut(one.line, one.email, "refused", why))
        elif draft and draft.met:
            self._fill(draft, one)
            why = f"the same person stands in line {draft.met} already."
            self.left_out.append(LeftOut(one.line, one.email, "duplicate", why))
        else:
            if draft is None:
                draft = _Draft(0, {})
                draft.put("email", one.email)
                draft.changes |= {column: "" for column, _ in one.kept}  # they were asked for, even if they stay empty
                self._drafts[key].append(draft)
            draft.met = one.line
            self._fill(draft, one)

    def changes(self) -> Changes:
        """All that came of it, in the order of the list and then of the export."""
        drafts = [draft for family in self._drafts.values() for draft in family]
        known = [draft for draft in drafts if draft.row]
        return Changes(
            added=tuple(sorted((draft.entry for draft in drafts if not draft.row), key=lambda entry: entry.line)),
            updated=tuple(draft.entry for draft in known if draft.changes and not draft.stopped),
            stopped=tuple(draft.entry for draft in known if draft.stopped),
            refused=tuple(self._refused),
            left_out=tuple(sorted(self.left_out, key=lambda row: row.line)),
            unchanged=sum(bool(draft.met) and not draft.changes for draft in known),
            absent=sum(not draft.met and not draft.fault for draft in known),
        )

    def _known(self, key: str, one: Incoming) -> _Draft | None:
        """Who of those at an address is meant: by the first name; where one of the two has none, by the surname."""
        family, name = self._drafts.get(key, []), person_key(one.first_name)
        surname = plain(one.last_name)
        for draft in family:
            if name and draft.name == name:
                return draft
        for draft in family:
            theirs = plain(draft.values.get("last_name", ""))
            if not (name and draft.name) and (not surname or not theirs or surname == theirs):
                return draft
        return None

    def _against(self, key: str, one: Incoming, draft: _Draft | None) -> str:
        """Why somebody stays out, or nothing."""
        gone = (line for name, line in self._gone.get(key, {}).items() if may_be(name, person_key(one.first_name)))
        if line := self._closed.get(key) or next(gone, 0):
            return f"line {line} says that they must not be mailed."
        if one.consent is False:
            return "they have not agreed to be mailed."
        return (draft.fault if draft else "") or self._vetoes.get(key, "")

    def _fill(self, draft: _Draft, one: Incoming) -> None:
        draft.fill("first_name", one.first_name)
        draft.fill("last_name", one.last_name)
        draft.fill("language", one.language)
        if not (draft.values.get("consent_source") or draft.values.get("consent_date")):  # two halves of one record
            draft.fill("consent_source", one.consent_source or (self._terms.consent if one.consent is None else ""))
            draft.fill("consent_date", one.consent_date)
        if one.child:
            draft.fill("child", "yes")
        for column, value in one.kept:
            if column == "last_visit" and self._is_newer(value, draft.values.get(column, "")):
                draft.put(column, value)
            draft.fill(column, value)
        has = tags_of(draft.values.get("tags", ""))
        if new := [tag for tag in dict.fromkeys((*one.tags, *self._terms.tags)) if not tags_of(tag) <= has]:
            draft.put("tags", ";".join(filter(None, [draft.values.get("tags", ""), *new])))

    def _is_newer(self, value: str, known: str) -> bool:
        new, old = (read_date(text, self._terms.country) for text in (value, known))
        return bool(new and old and new > old)
