"""`newsletter subscribers list`: who would be mailed, and with --all who would not, and why."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import click

from newsletter.cli.list_change import list_of
from newsletter.cli.practice_folder import PracticeFolder
from newsletter.cli.standing import Standing, standings
from newsletter.cli.terminal import WIDTH, as_json, counted, say, typed, wrapped
from newsletter.read.audience import Asking, Audience, tags_of
from newsletter.read.locale import Locale

_WIDEST = 40  # letters of an address, until the names stand further right for it alone


@click.command("list")
@click.option("--tag", metavar="TAG", help="Only people who have this tag.")
@click.option(
    "--active-within", metavar="MONTHS", type=click.IntRange(min=1), help="Only those whose last visit is as late as that."
)
@click.option("--all", "everybody", is_flag=True, help="Also who would not be mailed, and why.")
@click.option("--json", "json_wanted", is_flag=True, help="Print a JSON list.")
@click.pass_obj
def command(folder: Path, tag: str | None, active_within: int | None, everybody: bool, json_wanted: bool) -> None:
    """Show the people of the list who would be mailed, with their tags."""
    practice = PracticeFolder(folder)
    listed = list_of(folder)
    asking = Asking(Audience(tag, active_within), listed.columns, Locale.of(practice.practice, datetime.now(UTC)))
    everyone = standings(practice, listed)
    cells = defaultdict(list)  # of all rows of a person, which count together
    for one in everyone:
        cells[one.person].append(one.row.cells)
    people = [one for one in everyone if asking.one(cells[one.person])]
    if not people and (why := asking.nobody(elsewhere=False)):
        raise why
    mailed = [one for one in people if not one.reason]
    others = [one for one in people if one.reason]
    if json_wanted:
        as_json([_as_object(one) for one in (people if everybody else mailed)])
        return
    _print(mailed)
    if everybody and others:
        say("Not mailed")
        for one in others:
            say(f"  line {one.row.line}  {one.values['email']}  {one.name}".rstrip())
            say(wrapped(one.reason, "      "))
    addresses = len({one.row.key for one in mailed})
    say(f"{counted(len(mailed), 'person', 'people')} at {counted(addresses, 'address', 'addresses')} would be mailed.")
    if others and not everybody:
        say(f"{counted(len(others), 'row')} would not; why: {typed('subscribers', 'list', '--all')}")
    else:
        say(f"Next: {typed('check') if mailed else typed('subscribers', 'import', 'FILE')}")


def _print(people: list[Standing]) -> None:
    """One line each: the whole address, and as much of name and tags as fits."""
    width = min(max((len(one.values["email"]) for one in people), default=0), _WIDEST)
    names = min(max((len(one.name) for one in people), default=0), 24)
    for one in people:
        tags = ", ".join(sorted(tags_of(one.values.get("tags", ""))))
        line = f"  {one.values['email']:<{width}}  {one.name:<{names}}  {tags}".rstrip()
        say(line if len(line) <= WIDTH or len(one.values["email"]) > WIDTH - 4 else line[: WIDTH - 1] + "…")


def _as_object(one: Standing) -> dict[str, object]:
    return {
        "line": one.row.line,
        "email": one.values["email"],
        "first_name": one.values.get("first_name", ""),
        "last_name": one.values.get("last_name", ""),
        "tags": sorted(tags_of(one.values.get("tags", ""))),
        "mailed": not one.reason,
        "reason": one.reason,
    }
