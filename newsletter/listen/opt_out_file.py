"""The opt-outs of a server elsewhere as a file: written there, and joined at home in any order and as often as you like."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from newsletter.errors import CannotWrite, Problem, did_you_mean
from newsletter.ledger.journal import BACK, Change, Journal
from newsletter.ledger.keys import MARK
from newsletter.ledger.ledger import Ledger
from newsletter.ledger.suppressions import Kind, Suppressions
from newsletter.listen.opt_out_desk import BY_LINK
from newsletter.read.csv_file import CsvFile, clean
from newsletter.read.private_file import write_privately

COLUMNS = ("code", "kind", "at")
_HEADER = ",".join(COLUMNS)
_LEFT = str(Kind.OPTED_OUT)
_LINE_OF = {_LEFT: f"suppressed: {Kind.OPTED_OUT}", BACK: BACK}  # as the journal says it
_KIND_OF = {line: kind for kind, line in _LINE_OF.items()}
_SOURCE = "import"


class Event(NamedTuple):
    """Somebody, known by their code, left or came back; ordered by time, and of two at once leaving is the later one.

    `at` is a time in UTC as ISO 8601 with microseconds, which is how files say it: the same event is always the same text.
    """

    at: str
    kind: str
    code: str

    @property
    def order(self) -> tuple[str, bool]:
        """What decides which of two events holds."""
        return self.at, self.kind == _LEFT

    @property
    def seconds(self) -> float:
        """Since 1970."""
        return datetime.fromisoformat(self.at).timestamp()


class Joined(NamedTuple):
    """What a file changed: how many left and came back by it, and how many of its lines were known already or outdated."""

    left: int
    back: int
    known: int


def events_of(changes: Iterable[Change]) -> Iterator[Event]:
    """What a journal says of people who are known by their codes."""
    for line in changes:
        if line.what in _KIND_OF and line.who and "@" not in line.who:
            yield Event(_stamp(line.at), _KIND_OF[line.what], line.who)


def write_events(ledger: Ledger, path: Path) -> int:
    """Writes every opt-out and return by link, with mode 0600; how many. Raises CannotWrite."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    rows = [(event.code, event.kind, event.at) for event in events_of(Journal(ledger).all())]
    writer.writerows(rows)
    try:
        another = path.exists() and not path.read_bytes().startswith(_HEADER.encode())
    except OSError as error:
        raise CannotWrite(f"{path} cannot be written: {error.strerror or error}.", "Check the folder and the disk.") from None
    if another:
        raise CannotWrite(f"{path} is another file and was not touched.", "Choose a new name.")
    write_privately(path, text.getvalue().encode())
    return len(rows)


def read_events(file: CsvFile, marks: Iterable[str], problems: list[Problem]) -> list[Event]:
    """The events of such a file; what is wrong with a line is added to `problems`. `marks` are those of the practice's keys."""
    ours = frozenset(marks)
    records = file.records()
    titles = [clean(title).lower() for title in next(records)[1]]
    places = [titles.index(column) for column in COLUMNS]
    events = []
    for line, cells, _ in records:
        if not any(cells):
            continue
        code, kind, at = (clean(cells[place]) if place < len(cells) else "" for place in places)
        if fault := _fault(code, kind, at, ours):
            problems.append(Problem(file.shown, line, 0, *fault))
        else:
            events.append(Event(_stamp(datetime.fromisoformat(at).timestamp()), kind, code))
    return events


def join(ledger: Ledger, events: Sequence[Event]) -> Joined:
    """Takes events into a ledger: for each person the latest of all that were ever told holds.

    An event that the journal has already is not acted on again, so that a person whom the practice took on anew stays.
    """
    journal, suppressions = Journal(ledger), Suppressions(ledger)
    told: dict[str, set[Event]] = {}
    for event in events:
        told.setdefault(event.code, set()).add(event)
    left = back = 0
    new: list[Event] = []
    for code, said in told.items():
        known = set(events_of(journal.of(code)))
        new += said - known
        latest = max(said | known, key=lambda event: event.order)
        if latest in known:
            continue
        if latest.kind == _LEFT:
            left += suppressions.opt_out(code, BY_LINK, latest.seconds, _SOURCE)
        elif suppressions.opt_in(code, latest.seconds, _SOURCE):
            back += suppressions.of_code(code) is None
    with ledger.transaction():
        for event in sorted(new):
            if event not in events_of(journal.of(event.code)):  # it did not change anything, but is told and remembered
                journal.note([Change(event.seconds, event.code, _LINE_OF[event.kind], _SOURCE)])
    return Joined(left, back, len(events) - left - back)


def _fault(code: str, kind: str, at: str, ours: frozenset[str]) -> tuple[str, str] | None:
    """What is wrong with a line, and what would be right."""
    mark, dot, letters = code.partition(".")
    if not dot or len(mark) != MARK or len(letters) != 22 or not letters.replace("-", "").replace("_", "").isalnum():
        return f'"{code[:40]}" is not a code.', "Export the file again."
    if mark not in ours:
        return (
            "this code belongs to a key that this practice does not have.",
            "Is the file of another practice? Else restore .newsletter/key from a backup.",
        )
    if kind not in _LINE_OF:
        return f'"{kind[:40]}" is no kind of event.', did_you_mean(kind, _LINE_OF)
    try:
        told = datetime.fromisoformat(at)
    except ValueError:
        told = None
    if told is None or told.tzinfo is None or not 1970 < told.year < 9000:
        return f'"{at[:40]}" is not a time with its zone.', "Write it like 2026-12-01T09:00:00+00:00."
    return None


def _stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")
