"""`newsletter preview`: shows issues in the browser as patients will see them."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import webbrowser
from pathlib import Path

import click

from newsletter.errors import ProblemsFound


@click.command()
@click.argument("issue", required=False)
@click.option("--port", type=click.IntRange(1, 65535), help="The port of this computer to use (default: 8765, or the next free).")
@click.option("--no-open", is_flag=True, help="Do not open the browser.")
@click.pass_obj
def command(folder: Path, issue: str | None, port: int | None, no_open: bool) -> None:
    """Show issues in the browser as patients will see them.

    The page follows every save. Only this computer can see it.
    """
    from newsletter.preview.bench import Bench
    from newsletter.preview.serve import DEFAULT_PORT, address, listen, serve
    from newsletter.read.issue import find_issue
    from newsletter.read.practice import read_practice

    with contextlib.suppress(ProblemsFound):  # the page shows those; where there is no practice there is no page
        read_practice(folder)
    bench = Bench(folder, find_issue(folder, issue) if issue else None)
    with listen(port) as place:
        if not port and place.getsockname()[1] != DEFAULT_PORT:
            click.echo(f"Port {DEFAULT_PORT} is used by another program, so this preview has another address.")
        view = bench.view()
        of = f' of "{view.issues[view.slug]}"' if view.slug else ""
        click.echo(f"Preview{of}: {address(place)}")
        click.echo("Press Ctrl-C to end.")
        serve(bench, place, lambda: None if no_open else _open(address(place)))


def _open(url: str) -> None:
    """Opens the browser without waiting for it; where there is no screen, the printed address has to do."""
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return  # a browser for terminals would take this one over
    threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()
