"""`newsletter subscribers export`: writes the people of the list as CSV that Excel opens right and `import` reads back."""

from __future__ import annotations

from pathlib import Path

import click

from newsletter.cli.list_change import list_of, refuse_to_overwrite
from newsletter.cli.practice_folder import PracticeFolder
from newsletter.cli.private_table import write_table
from newsletter.cli.standing import standings
from newsletter.cli.terminal import counted, say
from newsletter.errors import shown_path


@click.command("export")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--all", "everybody", is_flag=True, help="Also those who are not mailed, with the reason.")
@click.option("--yes", is_flag=True, help="Overwrite FILE if it is there.")
@click.pass_obj
def command(folder: Path, path: Path, everybody: bool, yes: bool) -> None:
    """Write the people who would be mailed into FILE, a CSV with the columns of the list."""
    practice = PracticeFolder(folder)
    practice.practice  # noqa: B018  # a folder without practice.yaml is no practice's
    listed = list_of(folder)
    refuse_to_overwrite(path, listed.path, yes=yes)
    people = standings(practice, listed)
    broken = [one for one in people if one.row.left_out and one.row.left_out.kind == "row"]
    chosen = [one for one in people if one not in broken] if everybody else [one for one in people if not one.reason]
    columns = list(dict.fromkeys([*listed.columns, *(["status", "reason"] if everybody else [])]))
    rows = [one.values | {"status": one.status, "reason": one.reason} for one in chosen]
    write_table(path, columns, ([row[name] for name in columns] for row in rows), "utf-8-sig")
    say(f"{counted(len(rows), 'person', 'people')} written to {shown_path(path)}.")
    if broken and everybody:
        lines = ", ".join(str(one.row.line) for one in broken[:10])
        say(f"Left out: {counted(len(broken), 'broken row')} of {listed.shown} (line {lines}).")
    say("It holds addresses: keep it where only you can read it.")
