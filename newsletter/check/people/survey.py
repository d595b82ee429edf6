"""One pass over the subscriber list: who is left out, what is empty, odd or telling, and whose mails to build as samples.

Memory stays flat: of everything only the count and the first lines are kept.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from newsletter.check.account.mailboxes import Mailboxes
from newsletter.check.people.column_titles import CONSENT, ColumnTitles, ListColumn
from newsletter.check.people.role_addresses import RoleAddress, RoleAddresses
from newsletter.compose.mail import Mail
from newsletter.compose.slots import one_line
from newsletter.read import merge
from newsletter.read.audience import tags_of
from newsletter.read.issue import Issue
from newsletter.read.subscribers import LeftOut, Person, Subscriber, SubscriberList

_SHOWN_LINES = 5
_MOST_AUDIENCES = 16  # each one is rendered; an issue with more combinations of tags is checked in these
# What programs write for an empty cell.
_EXPORTED_NOTHING = frozenset(["nan", "NaN", "None", "null", "NULL", "undefined", "#N/A", "N/A", "n/a", "<NA>", "NaT"])
_NO_RECORD = frozenset(["", "-", "?", "n/a", "na", "none", "no", "unknown", "null", "nan", "undefined"])  # of consent
_COUNTED_AT = "gmail"  # the provider that has a rule for large senders
_MOST_COLUMNS = 1000  # that are looked at


@dataclass(slots=True)
class Rows:
    """How many rows, and the lines of the first few; `first` is what was wrong with the first of them."""

    count: int = 0
    lines: list[int] = field(default_factory=list)
    first: str = ""

    def __bool__(self) -> bool:
        return self.count > 0

    def add(self, line: int, what: str = "") -> None:
        """Counts one more row."""
        self.count += 1
        self.first = self.first or what
        if len(self.lines) < _SHOWN_LINES:
            self.lines.append(line)

    @property
    def where(self) -> str:
        """`line 8`, `lines 8, 12`, `lines 8, 12, 13, 20, 31 and 4 more`."""
        more = f" and {self.count - len(self.lines)} more" if self.count > len(self.lines) else ""
        return ("line " if self.count == 1 else "lines ") + ", ".join(str(line) for line in self.lines) + more

    def spoken(self, one: str, many: str) -> str:
        """`1 row` or `7 rows`, with the words given."""
        return f"1 {one}" if self.count == 1 else f"{self.count:,} {many}"


@dataclass(frozen=True, slots=True)
class Use:
    """A merge field at one place of the issue file; `audience` has the tags of its block, none for everybody."""

    name: str
    fallback: str | None
    line: int
    audience: frozenset[str]


def uses_in(issue: Issue) -> tuple[Use, ...]:
    """Every merge field of an issue, in the order of its file."""
    found: list[Use] = []
    for path, node in issue.document.root.strings():
        if not isinstance(node.value, str) or "{{" not in node.value:
            continue
        block = issue.text.body[path[1]] if path[0] == "body" and isinstance(path[1], int) else None
        audience = frozenset(tag.lower() for tag in block.only_for) if block else frozenset[str]()
        for occurrence, piece in enumerate(piece for piece in merge.split(node.value) if not isinstance(piece, str)):
            line, _ = issue.document.place(node, "{{", occurrence)
            found.append(Use(piece.name, piece.fallback, line, audience))
    return tuple(found)


@dataclass(slots=True)
class Survey:
    """What the pass found. `list_name` is the file as shown; the dictionaries go by a field's name, or a row's kind.

    `header` is the line of the titles, `consent` the columns that say how people agreed, `unrecorded` those who will be mailed
    and of whom none of them says it; `hidden` are the columns that are empty for children; `telling` are columns that say more
    of people than a newsletter needs, with what they hold; `at_gmail` counts those who have a mailbox there.
    """

    list_name: str = ""
    header: int = 1
    to_mail: int = 0
    at_gmail: int = 0
    consent: tuple[str, ...] = ()
    hidden: frozenset[str] = frozenset()
    unrecorded: Rows = field(default_factory=Rows)
    telling: dict[str, ListColumn] = field(default_factory=dict)
    roles: dict[RoleAddress, Rows] = field(default_factory=lambda: defaultdict(Rows))
    left_out: dict[str, Rows] = field(default_factory=lambda: defaultdict(Rows))
    suppressed: Rows = field(default_factory=Rows)
    slips: Rows = field(default_factory=Rows)
    empty: dict[str, Rows] = field(default_factory=lambda: defaultdict(Rows))
    controls: dict[str, Rows] = field(default_factory=lambda: defaultdict(Rows))
    placeholders: dict[str, Rows] = field(default_factory=lambda: defaultdict(Rows))
    chosen: dict[str, Subscriber] = field(default_factory=dict)  # by what each is a sample of

    @property
    def samples(self) -> list[Subscriber]:
        """The chosen subscribers, each once."""
        return list({subscriber.key: subscriber for subscriber in self.chosen.values()}.values())


def survey(subscribers: SubscriberList, mail: Mail, uses: Iterable[Use], suppressed: Callable[[str], bool]) -> Survey:
    """Reads the list once; people who must not be mailed are counted, and not looked at any further."""
    found = Survey(subscribers.shown, subscribers.file.skipped + 1, hidden=subscribers.hidden)
    look = _Look(found, uses, subscribers)
    person = _LookAtPerson(found, subscribers.columns, mail)
    tags, audiences = mail.issue.tags, set[frozenset[str]]()
    tagged = subscribers.columns.index("tags") if "tags" in subscribers.columns else None
    for row in subscribers.people():
        if isinstance(row, LeftOut):
            found.left_out[row.kind].add(row.line, row.reason)
        elif suppressed(row[1].lower()):
            found.suppressed.add(row[0])
        else:
            found.to_mail += 1
            look.at(row)
            person.at(row)
            audience = tags_of(row[2][tagged]) & tags if tagged is not None else frozenset[str]()
            if audience not in audiences and len(audiences) < _MOST_AUDIENCES:
                audiences.add(audience)
                found.chosen[f"audience {sorted(audience)}"] = subscribers.subscriber(row)
    return found


class _Look:
    """Looks at the merge values of one row after the other."""

    def __init__(self, found: Survey, uses: Iterable[Use], subscribers: SubscriberList) -> None:
        self.found = found
        self.uses: dict[str, list[Use]] = defaultdict(list)
        for use in uses:
            self.uses[use.name].append(use)
        self.subscriber = subscribers.subscriber
        self.places = [(name, subscribers.columns.index(name) if name in subscribers.columns else None) for name in self.uses]
        self.longest = -1

    def at(self, row: Person) -> None:
        """One more person who would be mailed."""
        found, length = self.found, 0
        line, address, cells, _ = row
        if not found.chosen:
            found.chosen["first row"] = self.subscriber(row)
        for name, place in self.places:
            value = "" if place is None else address if name == "email" else cells[place]
            length += len(value)
            if not (value.isascii() and value.isprintable() and value):
                self._odd(self.subscriber(row), name, value, self.uses[name])
            elif value in _EXPORTED_NOTHING:
                found.placeholders[name].add(line, value)
        if length > self.longest:
            self.longest = length
            found.chosen["longest values"] = self.subscriber(row)

    def _odd(self, row: Subscriber, name: str, value: str, uses: list[Use]) -> None:
        if any(unicodedata.category(sign) in ("Cc", "Zl", "Zp") for sign in value):
            self.found.controls[name].add(row.line)
        if one_line(value):
            self.found.chosen.setdefault("not ASCII", row)
            return
        self.found.chosen.setdefault("empty value", row)
        if any(use.fallback is None and (not use.audience or use.audience & row.tags) for use in uses):
            self.found.empty[name].add(row.line)


class _LookAtPerson:
    """Looks at whose address it is, whether they agreed, and which columns say more of them than is needed."""

    def __init__(self, found: Survey, columns: list[str], mail: Mail) -> None:
        folder = mail.practice.folder
        self.found = found
        mailboxes = Mailboxes(folder)
        self.meant = mailboxes.meant
        self.counted = frozenset(mailboxes.domains_at(_COUNTED_AT))
        self.roles = RoleAddresses(folder)
        self.own_domain = mail.practice.domain.lower()
        titles = ColumnTitles(folder)
        kinds = {place: kind for place, name in enumerate(columns[:_MOST_COLUMNS]) if (kind := titles.of(name))}
        self.consent = [place for place, kind in kinds.items() if kind.kind == CONSENT]
        found.consent = tuple(columns[place] for place in self.consent)
        # The columns in which nothing was met yet.
        self.watched = {place: (columns[place], kind) for place, kind in kinds.items() if kind.kind != CONSENT}

    def at(self, row: Person) -> None:
        """One more person who would be mailed."""
        found = self.found
        line, address, cells, _ = row
        local, _, domain = address.rpartition("@")
        if right := self.meant[domain]:
            found.slips.add(line, f"{domain} (did they mean {right}?)")
        if domain in self.counted:
            found.at_gmail += 1
        if domain != self.own_domain and (role := self.roles.of(local, domain)):
            found.roles[role[0]].add(line, role[1])
        if all(cells[place].lower() in _NO_RECORD for place in self.consent):
            found.unrecorded.add(line)
        if self.watched:
            for place in [place for place in self.watched if cells[place]]:
                name, kind = self.watched.pop(place)
                found.telling[name] = kind
