"""`newsletter suppressions`: who must never be mailed, why, and since when; and the opt-outs that were made elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import click

from newsletter.cli.list_change import confirm
from newsletter.cli.practice_folder import LIST_NAME
from newsletter.cli.terminal import as_json, counted, moment, say, stamp, typed, wrapped
from newsletter.errors import Missing, Problem, ProblemsFound, shown_path
from newsletter.ledger.ledger import Ledger, ledger_file
from newsletter.ledger.suppressions import Kind, Suppressed, Suppressions
from newsletter.listen.acquaintances import Acquaintances
from newsletter.read.csv_file import CsvFile, clean
from newsletter.read.practice import read_practice

_ERASED = "(erased on request)"
_NOT_KNOWN = "(no longer on the list)"
_NO_LIST = "(known by a code alone)"


@click.command("suppressions")
@click.option("--json", "json_wanted", is_flag=True, help="Print a JSON list.")
@click.option("--import", "source", metavar="FILE", type=click.Path(path_type=Path), help="Take opt-outs over from a file.")
@click.option("--export", "target", metavar="FILE", type=click.Path(path_type=Path), help="Write the opt-outs by link to a file.")
@click.option("--yes", is_flag=True, help="With --import: do not ask.")
@click.pass_obj
def command(folder: Path, json_wanted: bool, source: Path | None, target: Path | None, yes: bool) -> None:
    """List the people who are never mailed.

    --import takes the file that --export wrote on a server elsewhere, or a CSV file of another mailer with the addresses of
    people who left there. It only ever adds, but for people who subscribed again themselves by the link.
    """
    if sum(map(bool, (json_wanted, source, target))) > 1:
        raise click.UsageError("--json, --import and --export exclude each other; give one of them.")
    zone = read_practice(folder).text.timezone
    if source:
        _take_over(folder, source, yes=yes)
    elif target:
        _export(folder, target)
    else:
        _show(folder, zone, json_wanted=json_wanted)


def _show(folder: Path, zone: str, *, json_wanted: bool) -> None:
    ledger = Ledger.reading(ledger_file(folder))
    rows = list(_suppressed(folder, ledger)) if ledger else []
    if json_wanted:
        said = [{"email": email, "kind": one.kind, "reason": one.reason, "at": stamp(one.at)} for email, one in rows]
        as_json(said)
        return
    unknown = _NOT_KNOWN if ledger and ledger.keys else _NO_LIST
    for email, one in rows:
        who = email or (_ERASED if one.kind is Kind.FORGOTTEN else unknown)
        why = one.reason if one.reason.startswith(one.kind) else f"{one.kind}: {one.reason}"
        say(f"{who:<40}  since {moment(one.at, zone)}")
        say(wrapped(why, "    "))
    say(f"{counted(len(rows), 'person', 'people')}. Add one with: {typed('suppress', 'ADDRESS')}")


def _suppressed(folder: Path, ledger: Ledger) -> Iterator[tuple[str, Suppressed]]:
    """Everybody suppressed in order of time, with their address; nothing instead where only the code is known."""
    known = Suppressions(ledger)
    found = [(one.who, one) for one in known.by_address()]
    if by_code := list(known.by_code()):
        people = Acquaintances(ledger, folder / LIST_NAME)
        found += [("" if one.kind is Kind.FORGOTTEN else people.address_of(one.who), one) for one in by_code]
    yield from sorted(found, key=lambda pair: pair[1].at)


def _export(folder: Path, target: Path) -> None:
    from newsletter.listen.opt_out_file import write_events

    ledger = Ledger.reading(ledger_file(folder))
    if ledger is None:
        raise Missing("Nobody has opted out here yet, so there is nothing to write.")
    count = write_events(ledger, target)
    say(f"{counted(count, 'line')} in {shown_path(target)}: opt-outs and returns by link, as codes without addresses.")
    say("Next, on the practice's own computer: newsletter suppressions --import FILE")


def _take_over(folder: Path, source: Path, *, yes: bool) -> None:
    """Takes what can be taken, and raises ProblemsFound with the rest."""
    problems: list[Problem] = []
    try:
        file = CsvFile(source, shown_path(source))
        titles = [clean(title).lower() for title in next(file.records(), (1, [], ()))[1]]
    except OSError as error:
        raise Missing(f"{source} cannot be read: {error.strerror or error}.") from None
    if {"code", "kind", "at"} <= set(titles):
        _join(folder, file, problems)
    else:
        _add(folder, file, problems, yes=yes)
    if problems:
        raise ProblemsFound(problems)
    say(f"Next: {typed('suppressions')}")


def _join(folder: Path, file: CsvFile, problems: list[Problem]) -> None:
    """The opt-outs of a server elsewhere."""
    from newsletter.ledger.keys import practice_keys
    from newsletter.listen.opt_out_file import join, read_events

    events = read_events(file, practice_keys(folder).marks, problems)
    ledger = Ledger.open(ledger_file(folder))
    done = join(ledger, events)
    ledger.close()
    say(f"{counted(done.left, 'person', 'people')} opted out, {done.back} subscribed again; {done.known} lines changed nothing.")


def _add(folder: Path, file: CsvFile, problems: list[Problem], *, yes: bool) -> None:
    """People who left at another mailer, by address."""
    from newsletter.listen.opt_out_list import read_opt_outs

    found = read_opt_outs(file, problems)
    ledger = Ledger.open(ledger_file(folder))
    try:
        people = Acquaintances(ledger, folder / LIST_NAME)
        listed = sum(people.has(one.address_key) for one in found.left)
        say(f"{counted(len(found.left), 'address', 'addresses')} in {file.shown}; {listed} of them on your list or record.")
        if found.staying:
            say(f"{counted(found.staying, 'row')} left alone: their own status says that they may be mailed.")
        if found.left:
            confirm(f"never mail {counted(len(found.left), 'person', 'people')} again", yes=yes)
        suppressions, now = Suppressions(ledger), time.time()
        with ledger.transaction():
            new = sum(
                suppressions.note(Suppressed(key, Kind.OPTED_OUT, f"{file.path.name}, line {line}", now), "import")
                for key, line in found.left
            )
    finally:
        ledger.close()
    say(f"{counted(new, 'address', 'addresses')} added; {len(found.left) - new} were kept out already.")
