"""`newsletter serve`: the page by which people leave the list, behind a web server with HTTPS."""

from __future__ import annotations

import contextlib
import ipaddress
import time
from collections import Counter
from pathlib import Path

import click

from newsletter.cli.practice_folder import LIST_NAME
from newsletter.cli.terminal import say, trouble, typed, wrapped
from newsletter.errors import Missing
from newsletter.read.practice import Practice, read_practice

_TOLD = {"left": "unsubscribed", "back": "subscribed again"}
_REFUSED = {"no_such_link": "links that do not work", "wait": "links that do not work", "too_often": "changed too often"}
_MINUTE = 60.0  # seconds


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address of this machine to serve at.")
@click.option("--port", type=click.IntRange(1, 65535), default=8060, show_default=True, help="The port.")
@click.option("--behind", metavar="ADDRESS", default="127.0.0.1", show_default=True, help="Where your web server asks from.")
@click.pass_obj
def command(folder: Path, host: str, port: int, behind: str) -> None:
    """Run the page by which people opt out, for your web server to hand on.

    Opening the page changes nothing; its button does, and the one-click button of mail programs.
    """
    from newsletter.ledger.ledger import ledger_file
    from newsletter.listen.opt_out_desk import OptOutDesk
    from newsletter.listen.page import OptOutPage
    from newsletter.listen.route import Route
    from newsletter.listen.web import OptOutServer, listen_at, serve

    try:
        ipaddress.ip_network(behind)
    except ValueError:
        raise click.UsageError(f"--behind wants an address such as 127.0.0.1, not {behind}.") from None
    practice = read_practice(folder)
    url = practice.text.unsubscribe.url
    if url is None:
        raise Missing(
            "practice.yaml names no opt-out page, so no mail links to one.",
            "Add to `unsubscribe:` the address at which people will reach it:\n  url: https://your-domain/u/{token}",
        )
    _need_key(folder)
    page, desk = OptOutPage(practice.text), OptOutDesk(ledger_file(folder), time.time)
    application = OptOutServer(folder, Route.of(url), page, desk, Diary())
    with listen_at(host, port) as place:
        desk.open()
        try:
            _announce(practice, url, f"{f'[{host}]' if ':' in host else host}:{port}")
            if host not in ("127.0.0.1", "::1", "localhost"):
                trouble(wrapped(f"Nothing is encrypted at {host}: let only your web server reach it, by a network of your own."))
            say("Press Ctrl-C to end.")
            serve(application, place, behind)
        finally:
            desk.close()


def _need_key(folder: Path) -> None:
    """Makes the practice's key where its list is; elsewhere it must be there, or Missing is raised."""
    from newsletter.ledger.keys import practice_keys, serving_keys

    if (folder / LIST_NAME).exists():
        practice_keys(folder)  # before the first mail there may be none
    elif serving_keys(folder) is None:
        raise Missing(
            f"There is no key in {folder / '.newsletter'}, so no link can be told from another.",
            "Where your list is, make the folder for this server with: newsletter keys for-server FOLDER",
        )


def _announce(practice: Practice, url: str, where: str) -> None:
    say(f"The opt-out page of {practice.text.practice.name} runs at http://{where}/")
    say("People reach it by the link in their mail, over HTTPS:")
    say(f"  {url}")
    say(wrapped(f"Your web server hands that address on to http://{where}, path and all (see docs/opt-outs.md)."))
    if (practice.folder / ".newsletter" / "key").exists():
        say("Whoever opts out here is not mailed again, from the same moment on.")
    else:
        say(wrapped("There is no list here. Take the opt-outs home with the file that this writes:"))
        say(f"  {typed('suppressions', '--export', 'opt-outs.csv')}")


class Diary:
    """Says on the screen what happened, with time and count, and neither who nor from where."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._last: dict[str, float] = {}

    def __call__(self, page: str, why: str) -> None:
        """Notes one thing; what can come by the thousand is said once a minute."""
        what = _TOLD.get(page) or _REFUSED.get(page) or f"trouble: {why}"
        self._counts[what] += 1
        now = time.monotonic()
        if page in _TOLD or now - self._last.get(what, -_MINUTE) >= _MINUTE:
            self._last[what] = now
            with contextlib.suppress(OSError):  # whoever read these lines may have gone; the page stays
                say(f"{time.strftime('%Y-%m-%d %H:%M:%S')}  {what} ({self._counts[what]:,} since the start)")
