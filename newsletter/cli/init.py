"""`newsletter init`: a practice folder to start from, never over anything that is there."""

from __future__ import annotations

import os
from pathlib import Path

import click

from newsletter.cli.schema import write_schemas
from newsletter.cli.starter import SAMPLE, starter_files
from newsletter.cli.terminal import say, trouble
from newsletter.errors import CannotWrite, shown_path

_OURS = ".newsletter/\nbuild/\nrehearsal/\nsubscribers*.csv\n"
# What in the example only its owner can know, in the order of the file.
_TO_FILL_IN = (
    ("name: Riverbend Chiropractic", "the name of your practice"),
    ("address:", "its postal address (mail law wants it in every newsletter)"),
    ("phone:", "its phone number"),
    ("website:", "its website"),
    ("booking_url:", "the page where people book, or delete the line"),
    ("hours:", "its hours"),
    ("social:", "its social pages, or delete them"),
    ("name: Dr. Ana Reyes", "your name"),
    ("photo:", "your photo"),
    ("bio:", "a few sentences about you"),
    ("license:", "your licence"),
    ("logo:", "your logo"),
    ("sender:", "the address your mail comes from"),
    ("smtp:", "your mail server"),
    ("unsubscribe:", "where opt-outs go"),
    ("timezone:", "your time zone"),
)


@click.command("init")
@click.argument("target", metavar="[FOLDER]", required=False, type=click.Path(path_type=Path))
@click.pass_obj
def command(folder: Path, target: Path | None) -> None:
    """Make a practice folder: practice.yaml, subscribers.csv, one issue and pictures.

    Files that are there already are left as they are.
    """
    place = folder / target if target else folder
    written: list[str] = []
    kept: list[str] = []
    for name, source in starter_files().items():
        (written if _copy(source, place / name) else kept).append(name)
    _keep_private(place)
    write_schemas(place)
    for name in kept:
        trouble(f"{shown_path(place / name)} is there already and was not touched.")
    if not written:
        say("Nothing was missing.")
        return
    made = ", ".join(name for name in written if not name.startswith("images"))
    where = "here" if place.resolve() == Path.cwd() else f"in {shown_path(place)}"
    say(f"Made {where}: {made} and pictures.")
    if "practice.yaml" in written:
        _say_what_to_fill_in(place)
    go = "" if place.resolve() == Path.cwd().resolve() else f"cd {shown_path(place)} && "
    say(f"\nNext: {go}newsletter preview {SAMPLE}")


def _copy(source: Path, target: Path) -> bool:
    """Copies a file where there is none; whether it did."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as stream:
            stream.write(source.read_bytes())
    except FileExistsError:
        return False
    except OSError as error:
        raise CannotWrite(
            f"{target} cannot be written: {error.strerror or error}.", "Check the folder's rights and the disk."
        ) from None
    if target.suffix == ".csv":
        os.chmod(target, 0o600)  # noqa: PTH101  # the list is private health information
    return True


def _keep_private(place: Path) -> None:
    """A .gitignore, so that the list and the record of who got what never end up in a repository."""
    path = place / ".gitignore"
    if not path.exists():
        path.write_text(_OURS, encoding="utf-8")


def _say_what_to_fill_in(place: Path) -> None:
    path = place / "practice.yaml"
    lines = path.read_text(encoding="utf-8").splitlines()
    say("\nThe example is an invented practice. Only you know what belongs there:")
    start = 0
    for text, what in _TO_FILL_IN:
        number = next((n for n in range(start, len(lines)) if lines[n].strip().startswith(text)), None)
        if number is not None:
            say(f"  {shown_path(path)}:{number + 1:<4} {what}")
            start = number
    say(f"  {shown_path(place / 'subscribers.csv')}   your subscribers, in place of the invented ones")
