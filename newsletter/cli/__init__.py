"""The commands, one file each: the only place that prints, and the one place that turns errors into exit codes."""

from __future__ import annotations

import gc
import importlib
import os
import sys
from pathlib import Path

import click

from newsletter import __version__

# name -> (what it does, for the list of commands). Each lives in the module of its name and is imported when it runs.
COMMANDS = {
    "init": "Make a practice folder to start from.",
    "new": "Make a new issue file.",
    "check": "Say in plain words what is wrong with an issue.",
    "build": "Write an issue's mail to files.",
    "preview": "Show issues in the browser as patients will see them.",
    "send": "Mail an issue to everyone still waiting for it.",
    "status": "Show who got what.",
    "results": "Compare a mailing with the next export: who came back.",
    "inbox": "Read the mailbox: opt-outs, bounces, and answers that want an answer.",
    "settle": "Decide about mails that may or may not have arrived.",
    "subscribers": "Import, list, add, remove, export people.",
    "suppress": "Never mail these addresses again.",
    "suppressions": "List who must never be mailed, and why.",
    "serve": "Run the page by which people opt out.",
    "keys": "Show or renew the keys behind unsubscribe links.",
    "schema": "Write the JSON Schemas that help editors complete and check.",
}
REPORT_TO = "Please report it, with the text above, to whoever gave you this program."


class Commands(click.Group):
    """The list of commands, each imported only when it is asked for: the module of its name, behind `prefix`."""

    known = COMMANDS
    prefix = "newsletter.cli."

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(self.known)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        """The command of that name, or None."""
        if name not in self.known:
            return None
        command = importlib.import_module(self.prefix + name).command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """As Click does, with a suggestion for a slip."""
        from newsletter.errors import did_you_mean

        if args and not args[0].startswith("-") and args[0] not in self.known:
            ctx.fail(f'There is no command "{args[0]}". {did_you_mean(args[0], self.known)}')
        return super().resolve_command(ctx, args)

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(self.known.items()))


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80})
@click.option(
    "-C",
    "folder",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    default=Path(),
    help="The practice's folder (default: here).",
)
@click.version_option(__version__, message="newsletter %(version)s")
@click.pass_context
def program(ctx: click.Context, folder: Path) -> None:
    """Newsletters of a practice: written in one file, checked, previewed, and mailed to each subscriber once."""
    ctx.obj = folder


def main() -> None:
    """Runs a command. Exit codes: 0 done, 1 something you can fix, 2 wrong usage, 3 our bug, 130 Ctrl-C."""
    gc.set_threshold(50_000)  # imports make many objects that stay; looking for garbage among them only costs time
    code = run(sys.argv[1:])
    gc.freeze()  # nor for one last time among all of them when the program ends
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Runs a command and gives its exit code; every expected failure has become a sentence on stderr."""
    try:
        code = program.main(arguments, prog_name="newsletter", standalone_mode=False)
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as wrong:
        wrong.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("\nStopped.", err=True)
        return 130
    except Exception as error:  # noqa: BLE001  # the last net: whatever happens becomes a sentence
        return _as_exit_code(error)
    return code if isinstance(code, int) else 0


def _as_exit_code(error: Exception) -> int:
    """Says what happened and gives the exit code: 1 for what the person can put right, 3 for our own mistakes."""
    from newsletter.errors import NewsletterError

    if isinstance(error, BrokenPipeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # whoever read our output has gone; nothing to say to them
    elif isinstance(error, NewsletterError):
        click.echo(str(error), err=True)
    elif isinstance(error, OSError):
        click.echo(_about_the_system(error), err=True)
    else:
        return _our_bug(error)
    return 1


def _about_the_system(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or error}. Check the disk, the folder's rights, and that no other program uses the file."


def _our_bug(error: Exception) -> int:
    """Says so, without a traceback and without any subscriber's data: the exception's own text could hold an address."""
    import traceback

    place = traceback.extract_tb(error.__traceback__)[-1]
    module = Path(place.filename)
    where = "/".join(module.parts[-2:])
    click.echo(f"This is a bug in newsletter {__version__}: {type(error).__name__} in {where}, line {place.lineno}.", err=True)
    click.echo(f"Nothing is lost; what was sent is recorded. {REPORT_TO}", err=True)
    if os.environ.get("NEWSLETTER_TRACEBACK"):
        traceback.print_exception(error)
    return 3
