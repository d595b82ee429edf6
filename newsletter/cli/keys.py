"""`newsletter keys`: the secret keys behind unsubscribe links: how many there are, a new one, and what a server needs of them."""

from __future__ import annotations

import json
import time
from pathlib import Path

import click

from newsletter.cli.list_change import confirm
from newsletter.cli.terminal import counted, moment, say, typed, wrapped
from newsletter.errors import CannotWrite, Missing
from newsletter.ledger.journal import Change, Journal
from newsletter.ledger.keys import Keys, key_file, practice_keys, rotate, serving_key_file, write_serving_keys
from newsletter.ledger.ledger import Ledger, ledger_file
from newsletter.ledger.lock import run_lock
from newsletter.read.practice import Practice, read_practice

_MADE = "key made"
_FOR_A_SERVER = """\
# For a server that only runs the page by which people opt out. Made by: newsletter keys for-server
# It holds what every mail shows anyway. No list and no password belong here, and no mail is sent from here.
"""


@click.group("keys", invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Show the keys behind unsubscribe links and Message-IDs, or renew them.

    The keys are in .newsletter/key. Without them old links stop working: keep a backup.
    """
    if ctx.invoked_subcommand is None:
        _show(ctx.obj)


@command.command("rotate")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def rotate_command(folder: Path, yes: bool) -> None:
    """Make a new key, for instance after somebody saw the old one.

    Links in mails that are out keep working: older keys are kept for them.
    """
    read_practice(folder)
    _existing(folder)
    confirm("make a new key", yes=yes)
    with run_lock(folder / ".newsletter" / "lock", "making a new key"):
        ledger = Ledger.open(ledger_file(folder))
        _note_made(ledger, practice_keys(folder), key_file(folder).stat().st_mtime)
        count = rotate(folder)
        _note_made(ledger, practice_keys(folder), time.time())
        ledger.close()
    say(wrapped(f"A new key is in use; there are {count} now. Links in mails that are out keep working."))
    say(wrapped("Back up .newsletter/key again. A server elsewhere that runs your opt-out page needs new files too:"))
    say(f"  {typed('keys', 'for-server', 'FOLDER')}")


@command.command("for-server")
@click.argument("server", metavar="FOLDER", type=click.Path(path_type=Path))
@click.pass_obj
def for_server_command(folder: Path, server: Path) -> None:
    """Make a FOLDER for a server that runs the opt-out page: no list, no password.

    What is in it tells real links from invented ones, and no more.
    """
    practice = read_practice(folder)
    if practice.text.unsubscribe.url is None:
        raise Missing(
            "practice.yaml names no opt-out page.",
            "Add to `unsubscribe:` the address at which people will reach it:\n  url: https://your-domain/u/{token}",
        )
    target = server / "practice.yaml"
    if key_file(server).exists() or (target.exists() and not serving_key_file(server).exists()):
        raise CannotWrite(f"{server} is a practice's own folder.", "Name a new folder, which can then be copied to the server.")
    write_serving_keys(folder, server)
    try:
        target.write_text(_server_practice(practice), encoding="utf-8")
    except OSError as error:
        raise CannotWrite(f"{target} cannot be written: {error.strerror or error}.") from None
    read_practice(server)
    say(f"Made {target} and {serving_key_file(server)}.")
    say(wrapped("Copy the whole folder to the server, with its hidden .newsletter, and run there:"))
    say(f"  newsletter -C {server.name} serve")
    say("Opt-outs made there are taken home with a file, from time to time:")
    say(f"  there:  newsletter -C {server.name} suppressions --export opt-outs.csv")
    say(f"  here:   {typed('suppressions', '--import', 'opt-outs.csv')}")


def _show(folder: Path) -> None:
    practice = read_practice(folder)
    keys = _existing(folder)
    ledger = Ledger.reading(ledger_file(folder))
    made = {line.detail: line.at for line in Journal(ledger).of("") if line.what == _MADE} if ledger else {}
    if len(keys.marks) == 1:
        made.setdefault(keys.marks[0], key_file(folder).stat().st_mtime)
    for number, mark in enumerate(keys.marks):
        since = moment(made[mark], practice.text.timezone) if mark in made else "at a time that is not recorded"
        use = "in use" if number == 0 else "kept for links in old mails"
        say(f"  key {mark}  made {since}, {use}")
    say(f"{counted(len(keys.marks), 'key')}. Back up .newsletter/key: old links need it.")
    say(f"A new one: {typed('keys', 'rotate')}")


def _existing(folder: Path) -> Keys:
    if not key_file(folder).exists():
        if serving_key_file(folder).exists():
            raise Missing(
                "This folder is for a server: it has no key of its own.", "Renew the key on the practice's own computer."
            )
        raise Missing(
            "There is no key yet: the first mail makes one.", "Make a test mail: newsletter send ISSUE --test YOUR-ADDRESS"
        )
    return practice_keys(folder)


def _note_made(ledger: Ledger, keys: Keys, at: float) -> None:
    """Writes down when the key in use was made, by its mark, unless that is known."""
    journal, mark = Journal(ledger), keys.marks[0]
    with ledger.transaction():
        if not any(line.what == _MADE and line.detail == mark for line in journal.of("")):
            journal.note([Change(at, "", _MADE, "command", mark)])


def _server_practice(practice: Practice) -> str:
    """A practice.yaml with what the page shows, and with what the file cannot do without; JSON values are YAML too."""
    text = practice.text
    clinic, sender = text.practice, text.sender
    said: dict[str, object] = {
        "practice": {
            "name": clinic.name,
            "address": clinic.address.model_dump(exclude_none=True),
            "phone": clinic.phone,
            "website": clinic.website,
        },
        "practitioner": {"name": text.practitioner.name},
        "brand": {"color": text.brand.color},
        "sender": {"name": sender.name, "email": sender.email, "reply_to": sender.answers_to},
        "smtp": {"host": "localhost", "security": "none"},
        "unsubscribe": text.unsubscribe.model_dump(exclude_none=True),
        "language": text.language,
        "timezone": text.timezone,
    }
    return _FOR_A_SERVER + "".join(f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in said.items())
