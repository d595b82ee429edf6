"""`newsletter subscribers import`: takes a practice system's export into the list, after showing what would become of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from newsletter.cli.import_report import say_changes, say_columns, say_sample, write_rejects
from newsletter.cli.list_change import KeptOut, ListChange, confirm, list_of, refuse_to_overwrite, say_what_was_before
from newsletter.cli.starter import starter_list
from newsletter.cli.terminal import counted, say, typed, wrapped
from newsletter.ledger.journal import Change
from newsletter.ledger.suppressions import Kind, Suppressed
from newsletter.read.audience import tags_of
from newsletter.read.changes import Changes, Entry
from newsletter.read.exports.export import Export, Wishes, read_export
from newsletter.read.joining import Terms, join
from newsletter.read.list_file import ListFile
from newsletter.read.locale import Locale
from newsletter.read.practice import read_practice

_SOURCE = "subscribers import"
_KINDS = {"bounced": Kind.BOUNCED, "complained": Kind.COMPLAINED}


@click.command("import")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--keep", metavar="COLUMN", multiple=True, help='Take this column too, as in --keep "Last visit"; repeat for more.')
@click.option("--tag", "tags", metavar="TAG", multiple=True, help="Give everybody in FILE this tag; repeat for more.")
@click.option("--consent", metavar="TEXT", default="", help="How they agreed to be mailed, where FILE does not say.")
@click.option("--sheet", metavar="NAME", help="Which sheet of an Excel workbook.")
@click.option("--rejects", metavar="CSV", type=click.Path(path_type=Path, dir_okay=False), help="Write the rows left out here.")
@click.option("--dry-run", is_flag=True, help="Show what would change, and write nothing.")
@click.option("--yes", is_flag=True, help="Do not ask before writing.")
@click.pass_obj
def command(
    folder: Path,
    /,
    path: Path,
    keep: tuple[str, ...],
    tags: tuple[str, ...],
    consent: str,
    sheet: str | None,
    rejects: Path | None,
    dry_run: bool,
    yes: bool,
) -> None:
    """Take the people in FILE into subscribers.csv: the export of a practice system as it is (CSV, Excel .xlsx, vCard).

    It shows what it understood and what would change, and asks before it writes. What your list knows is kept, and nobody
    comes back who must not be mailed. Health, insurance and other private columns are left behind.
    """
    practice = read_practice(folder)
    locale = Locale.of(practice, datetime.now(UTC))
    export = read_export(path, folder, Wishes(keep, sheet, locale.country, locale.today))
    listed = list_of(folder)
    terms = Terms(tuple(tag for said in tags for tag in sorted(tags_of(said))), consent, locale.country)
    changes = join(export.people(), listed, terms, KeptOut(folder).left_out)
    say_columns(export)
    say_changes(changes, practice.text.subscribers.consent)
    if rejects:
        refuse_to_overwrite(rejects, path, listed.path, yes=yes)
        write_rejects(changes, rejects)
    say_sample(changes, listed)
    _say_if_example(listed)
    if not changes:
        say("Nothing in this file is new to your list; nothing was changed.")
        say(f"Next: {typed('subscribers', 'list')}")
        return
    if dry_run:
        say("Nothing was changed. To take them in, run the command again without --dry-run.")
        return
    confirm(_to_do(changes, listed.shown), yes=yes)
    ListChange(_SOURCE, changes.edits, list(_journal(export, changes)), _suppressed(export, changes)).make(listed, folder)
    say(wrapped(f"Done: {_counts(changes)}."))
    if changes.edits:
        say_what_was_before(listed)
    say(f"Next: {typed('subscribers', 'list')}")


def _say_if_example(listed: ListFile) -> None:
    if listed.path.is_file() and listed.path.read_bytes() == starter_list().read_bytes():
        say(wrapped(f"{listed.shown} still is the example, with invented people. To begin with your own, delete it first."))


def _to_do(changes: Changes, shown: str) -> str:
    people = len(changes.added) + len(changes.updated) + len(changes.stopped)
    if people:
        return f"write {counted(people, 'person', 'people')} into {shown}"
    return f"never mail {counted(len(changes.addresses_refused), 'address', 'addresses')} again"


def _counts(changes: Changes) -> str:
    parts = [
        (len(changes.added), "added"),
        (len(changes.updated), "updated"),
        (len(changes.stopped), "set to a status that is not mailed"),
        (len(changes.addresses_refused), "never to be mailed again"),
        (len(changes.left_out), "left out"),
    ]
    return ", ".join(f"{count:,} {what}" for count, what in parts if count)


def _suppressed(export: Export, changes: Changes) -> list[Suppressed]:
    now, name = time.time(), export.path.name
    return [
        Suppressed(one.email.lower(), _KINDS.get(one.status, Kind.OPTED_OUT), f"{name}, line {one.line}: {one.reason}", now)
        for one in changes.addresses_refused
    ]


def _journal(export: Export, changes: Changes) -> Iterator[Change]:
    """A line for the import, and one for each person; of what changed, the columns alone."""
    now, name = time.time(), export.path.name

    def line(entry: Entry, what: str, more: str = "") -> Change:
        return Change(now, entry.values["email"].lower(), what, _SOURCE, f"{name}, line {entry.line}{more}")

    yield Change(now, "", "import", _SOURCE, f"{name}: {_counts(changes)}")
    for entry in changes.added:
        yield line(entry, "added to the list")
    for entry in changes.updated:
        yield line(entry, "changed on the list", f": {', '.join(entry.changes)}")
    for entry in changes.stopped:
        yield line(entry, "not mailed any more", ": status")
