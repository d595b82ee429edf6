"""What an import shows before it writes: how the file was understood, who is new, changed or left out, and some rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

from newsletter.cli.private_table import write_table
from newsletter.cli.table import table
from newsletter.cli.terminal import counted, say, wrapped
from newsletter.errors import shown_path
from newsletter.read.changes import Changes
from newsletter.read.exports.export import Export
from newsletter.read.left_out import LeftOut
from newsletter.read.list_file import ListFile

_MOST_SHOWN = 3  # rows of a kind
_SAMPLE = 10
_FIRST = ("email", "first_name", "last_name", "status")  # of the columns in a table
_KINDS = {
    "refused": "must not be mailed, as the export or your list says",
    "suppressed": "opted out or bounced before: they never come back by an import",
    "forgotten": "erased on their request",
    "address": "without an address that mail can reach",
    "duplicate": "there already, in another line",
    "unknown status": "with a word we do not know",
    "row": "no person, or a row that is broken",
}


def say_columns(export: Export) -> None:
    """What the file is, and what each of its columns was understood as."""
    say(wrapped(f"{export.shown}: {export.described}" + (f", from {export.system}" if export.system else "")))
    taken = [(column.title, column.meaning, column.name) for column in export.columns if column.name]
    lines, _ = table(("Column", "is the", "in your list"), taken)
    say("\n".join(lines))
    others: dict[str, list[str]] = defaultdict(list)
    for column in export.columns:
        if not column.name:
            others[column.why].append(column.title)
    for why, titles in others.items():
        say(f"  Left behind, {why}:")
        say(wrapped(", ".join(titles), "    "))
    say()


def say_changes(changes: Changes, agreed: str | None) -> None:
    """How many people are new, changed or left out, and why; `agreed` is what practice.yaml says for all of them."""
    _count("New", len(changes.added), "")
    columns = Counter(name for entry in changes.updated for name in entry.changes)
    _count("Updated", len(changes.updated), ", ".join(f"{name} {count:,}" for name, count in columns.items()))
    _count("Stopped", len(changes.stopped), "on your list, and must not be mailed any more")
    _count("Unchanged", changes.unchanged, "on your list as they are")
    refused = len(changes.addresses_refused)
    _count("Suppressed", refused, "opted out or bounced there: never mailed from now on, whatever a list says")
    _count("Not in it", changes.absent, "on your list, but not in this file; they stay")
    kinds: dict[str, list[LeftOut]] = {kind: [] for kind in _KINDS}
    for row in changes.left_out:
        kinds[row.kind].append(row)
    for kind, rows in kinds.items():
        _count("Left out", len(rows), _KINDS[kind])
        for row in rows[:_MOST_SHOWN]:
            say(wrapped(f"line {row.line}  {row.email or '(no address)'}: {row.reason}", "             "))
        if len(rows) > _MOST_SHOWN:
            say(f"             and {len(rows) - _MOST_SHOWN:,} more")
    say()
    silent = [entry for entry in changes.added if not (entry.values.get("consent_source") or entry.values.get("consent_date"))]
    who = counted(len(silent), "new person", "new people")
    if silent and agreed:
        say(wrapped(f'The file does not say how {who} agreed to be mailed; practice.yaml says for all: "{agreed}".'))
        say()
    elif silent:
        say(wrapped(f'Nothing says how {who} agreed to be mailed. If you know, write it down: --consent "how they agreed".'))
        say()


def say_sample(changes: Changes, listed: ListFile) -> None:
    """Some rows as they will stand in the list."""
    entries = [*changes.added, *changes.updated, *changes.stopped]
    if not entries:
        return
    shown = entries[:_SAMPLE]
    columns = list(dict.fromkeys([*_FIRST, *(name for entry in shown for name in entry.changes), *listed.columns]))
    lines, others = table(columns, [[entry.values.get(name, "") for name in columns] for entry in shown])
    say(f"As they will stand in {listed.shown}, the first {len(shown)} of {len(entries):,}:")
    say("\n".join(lines))
    if others:
        say(wrapped(f"and in {', '.join(others)}", "  "))
    say()


def write_rejects(changes: Changes, path: Path) -> None:
    """Every row that is left out, with its line and reason, as CSV; raises CannotWrite."""
    rows = ((row.line, row.email, row.kind, row.reason) for row in changes.left_out)
    write_table(path, ("line", "email", "kind", "reason"), rows, "utf-8-sig")
    say(f"The rows left out are in {shown_path(path)}.")


def _count(name: str, count: int, meaning: str) -> None:
    if count:
        lead = f"  {name:<10} {count:>7,}  "
        say((lead + wrapped(meaning, " " * len(lead)).lstrip()).rstrip())
