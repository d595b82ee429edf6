"""`newsletter results`: compares a mailing with the practice's next export, and says how many came back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from newsletter.cli.list_change import refuse_to_overwrite
from newsletter.cli.practice_folder import LIST_NAME
from newsletter.cli.private_table import write_table
from newsletter.cli.status import find_mailing
from newsletter.cli.terminal import as_json, counted, say, typed, wrapped
from newsletter.errors import Missing, shown_path
from newsletter.ledger.ledger import Ledger, ledger_file
from newsletter.ledger.sent_record import sent_at
from newsletter.listen.results import Group, Reader, Told, compare, joined, people_of, read_visits
from newsletter.read.list_file import ListFile
from newsletter.read.locale import Locale
from newsletter.read.practice import read_practice

COLUMNS = ("email", "first_name", "last_name", "mailed", "last_visit_before", "visit_since", "in_export", "group")
_NO_PROOF = "A visit after a mail does not prove that the mail brought them; some would have come anyway."


@dataclass(frozen=True, slots=True)
class Comparison:
    """What `compare` found of an issue, what the next export told, and how many months make somebody inactive."""

    issue: str
    mailed: dict[str, date]
    readers: Sequence[Reader]
    told: Told
    months: int

    def count(self, group: Group | None = None) -> tuple[int, int, int]:
        """How many people, how many came since, and of how many the export tells nothing; of a group, or of all."""
        chosen = [reader for reader in self.readers if group in (None, reader.group)]
        came = sum(reader.since is not None for reader in chosen)
        return len(chosen), came, sum(reader.since is None and not reader.exported for reader in chosen)

    @property
    def early(self) -> bool:
        """Whether the export tells of no visit since the first mail."""
        return self.told.latest is None or self.told.latest <= min(self.mailed.values())


@click.command("results")
@click.argument("issue")
@click.option(
    "--export", "export_path", metavar="FILE", type=click.Path(path_type=Path), required=True, help="The practice's next export."
)
@click.option("--before", metavar="FILE", type=click.Path(path_type=Path), help="An export from before the mailing.")
@click.option(
    "--months",
    metavar="N",
    type=click.IntRange(1, 240),
    default=6,
    show_default=True,
    help="Inactive is who was not there for longer than this.",
)
@click.option(
    "--csv", "csv_path", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), help="Write one row a person."
)
@click.option("--json", "json_wanted", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def command(
    folder: Path,
    /,
    issue: str,
    export_path: Path,
    before: Path | None,
    months: int,
    csv_path: Path | None,
    json_wanted: bool,
) -> None:
    """Compare ISSUE's mailing with the practice's next export: who was inactive, and came back.

    Nothing is tracked and nothing is stored: it only compares the days of the mails with the last visits in the export. Who was
    inactive is known from the list, where the last visit was kept with an import, or from an export of before (--before).
    """
    practice = read_practice(folder)
    slug, sent = _sent(folder, issue)
    zone = ZoneInfo(practice.text.timezone)
    mailed = {address: datetime.fromtimestamp(at, zone).date() for address, at in sent.items()}
    locale = Locale.of(practice, datetime.now(zone))
    told = read_visits(export_path, folder, locale)
    earlier = people_of(ListFile(folder / LIST_NAME, folder), locale)
    if before:
        earlier = joined(earlier, read_visits(before, folder, locale).people)
    found = Comparison(slug, mailed, tuple(compare(mailed, earlier, told.people, months)), told, months)
    if csv_path:
        refuse_to_overwrite(csv_path, folder / LIST_NAME, export_path, *([before] if before else ()), yes=True)
        write_table(csv_path, COLUMNS, map(_row, found.readers))
        say(f"Wrote {shown_path(csv_path)}. It holds addresses and visits: keep it where only you can read it.")
    elif json_wanted:
        as_json(_as_object(found))
    else:
        _print(found, shown_path(export_path))


def _sent(folder: Path, issue: str) -> tuple[str, dict[str, float]]:
    """The issue's slug, and who got it and when; raises Missing where nobody has."""
    ledger = Ledger.reading(ledger_file(folder))
    if ledger is None:
        raise Missing("Nothing was sent yet, so there is nothing to compare.")
    slug = find_mailing(ledger, issue).issue
    sent = sent_at(ledger, slug)
    ledger.close()
    if not sent:
        raise Missing(f'Nobody got "{slug}" so far, so there is nothing to compare.', f"See: {typed('status', slug)}")
    return slug, sent


def _print(found: Comparison, exported: str) -> None:
    first, last = min(found.mailed.values()), max(found.mailed.values())
    days = _shown(first) if first == last else f"{_shown(first)} to {_shown(last)}"
    say(f"{found.issue}: {counted(len(found.mailed), 'mail')}, {days}")
    say(f"Last visits in {exported}: {f'up to {_shown(found.told.latest)}' if found.told.latest else 'none'}")
    say()
    say(f"  {'':<30} {'people':>8} {'came since':>12} {'not in export':>15}")
    words = {
        Group.INACTIVE: f"inactive for {counted(found.months, 'month')}",
        Group.ACTIVE: "seen within that time",
        Group.UNKNOWN: "no earlier visit known",
        None: "all at the mailed addresses",
    }
    for group, name in words.items():
        people, came, absent = found.count(group)
        say(f"  {name:<30} {people:>8,} {came:>12,} {absent:>15,}")
    say()
    _print_limits(found)
    again = ("results", found.issue, "--export", exported)
    if found.early:
        say("Next: export the list again when some weeks have gone by, and compare that.")
    else:
        say(f"Who they are, as a table: {typed(*again, '--csv', 'FILE')}")


def _print_limits(found: Comparison) -> None:
    """What these numbers cannot tell."""
    limits = [_NO_PROOF] if not found.early else ["The export tells of no visit since the mailing: it is too early to compare."]
    people, _, absent = found.count()
    unknown, _, _ = found.count(Group.UNKNOWN)
    if absent:
        limits.append(f"Of {counted(absent, 'person', 'people')} not in the export nobody knows here whether they came.")
    if unknown:
        limits.append(
            f'No earlier visit is known of {counted(unknown, "person", "people")}: import with --keep "Last visit", or give an'
            " export from before the mailing with --before."
        )
    if people > len(found.mailed):
        limits.append("Several people at one address are counted each.")
    if found.told.unused:
        limits.append(f"{counted(found.told.unused, 'row')} of the export could not be used, as for want of an address.")
    for limit in limits:
        say(wrapped(limit))


def _shown(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def _row(reader: Reader) -> tuple[object, ...]:
    in_export = "yes" if reader.exported else "no"
    days = (reader.mailed, reader.before or "", reader.since or "")
    return reader.email, reader.first_name, reader.last_name, *days, in_export, reader.group


def _as_object(found: Comparison) -> dict[str, object]:
    groups = {str(group or "all"): found.count(group) for group in (*Group, None)}
    return {
        "issue": found.issue,
        "mailed": len(found.mailed),
        "first_mail": min(found.mailed.values()).isoformat(),
        "last_mail": max(found.mailed.values()).isoformat(),
        "months": found.months,
        "latest_visit": found.told.latest and found.told.latest.isoformat(),
        "people": {name: {"count": count, "came": came, "not_in_export": gone} for name, (count, came, gone) in groups.items()},
        "rows_not_used": found.told.unused,
    }
