"""`newsletter preview`: shows issues in the browser as patients will see them."""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
import threading
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import click

from newsletter.errors import ProblemsFound

if TYPE_CHECKING:
    from newsletter.preview.bench import Bench
    from newsletter.preview.phone import Phones


@click.command()
@click.argument("issue", required=False)
@click.option("--port", type=click.IntRange(1, 65535), help="The port of this computer to use (default: 8765, or the next free).")
@click.option("--no-open", is_flag=True, help="Do not open the browser.")
@click.option("--lan", is_flag=True, help="Let a phone in the same Wi-Fi look too, with a code that works once.")
@click.option("--lan-address", metavar="ADDRESS", help="With --lan: this computer's address there (default: found by itself).")
@click.pass_context
def command(ctx: click.Context, issue: str | None, port: int | None, no_open: bool, lan: bool, lan_address: str | None) -> None:
    """Show issues in the browser as patients will see them.

    The page follows every save. Only this computer can see it, unless --lan lets phones look.
    """
    from newsletter.cli.studio_test import StudioTest
    from newsletter.preview import guard, serve
    from newsletter.preview.app import Studio
    from newsletter.preview.bench import Bench
    from newsletter.preview.phone import Phones
    from newsletter.preview.shown import for_phones
    from newsletter.preview.trial import TrialDesk
    from newsletter.read.issue import find_issue
    from newsletter.read.practice import read_practice

    if lan_address and not lan:
        raise click.UsageError("--lan-address goes with --lan.")
    folder: Path = ctx.obj
    with contextlib.suppress(ProblemsFound):  # the page shows those; where there is no practice there is no page
        read_practice(folder)
    bench = Bench(folder, find_issue(folder, issue) if issue else None)
    addresses = [guard.LOOPBACK]
    if lan:
        addresses.append(lan_address or serve.lan_address())
        click.echo(f"Phones in this computer's network can look too, at {addresses[1]}, with a code that works once.")
        click.echo("They see the mail as an invented reader gets it, and nothing of your list.")
    with contextlib.ExitStack() as opened:
        places = [opened.enter_context(place) for place in serve.listen_everywhere(port, *addresses)]
        if not port and places[0].getsockname()[1] != serve.DEFAULT_PORT:
            click.echo(f"Port {serve.DEFAULT_PORT} is used by another program, so this preview has another address.")
        phones = Phones(lambda slug: for_phones(bench.seen_by_nobody(slug)), serve.host_of(places[1]) if lan else "")
        studio = Studio(bench, secrets.token_urlsafe(16), TrialDesk(StudioTest(folder, ctx)), phones)
        url = _announce(bench, serve.address(places[0]))
        if lan:
            _show_code(phones)
        click.echo("Press Ctrl-C to end.")
        serve.serve(studio, phones, places, lambda: None if no_open else _open(url))


def _announce(bench: Bench, address: str) -> str:
    """Says what is shown and where; gives the page to open."""
    slug = bench.slug_of_named()
    if slug is None:
        click.echo(f"Preview: {address}")
        return address
    url = f"{address}issue/{quote(slug)}"
    title = next(card.title for card in bench.cards() if card.slug == slug)
    click.echo(f'Preview of "{title}": {url}')
    return url


def _show_code(phones: Phones) -> None:
    code = phones.new_code()
    click.echo()
    click.echo(phones.terminal(code), color=sys.stdout.isatty())
    click.echo(f"On a phone in the same network: {code}")
    click.echo("For another phone: the button “On your phone” in the studio.")
    click.echo()


def _open(url: str) -> None:
    """Opens the browser without waiting for it; where there is no screen, the printed address has to do."""
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return  # a browser for terminals would take this one over
    threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()
