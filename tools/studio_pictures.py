"""Draw the studio as it looks in a browser into ``docs/studio-*.png``.

Run ``python tools/studio_pictures.py`` after a change to the studio. An invented practice with three issues is made, one
of them really sent, to a server on this machine that takes everything but a few addresses. Needs Playwright, Pillow and
a Chromium on the PATH (or ``--chromium PATH``).
"""

from __future__ import annotations

import itertools
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from aiosmtpd.controller import Controller
from playwright.sync_api import Browser, Page, sync_playwright
from screenshots import ROOT, asked_for, keep

SENT, UNDER_WAY = "back-muscle-spasms", "desk-breaks"
PEOPLE = 412
COLORS = 200
BEGAN = 1_796_137_200  # Tuesday 1 December 2026, 8:00 in Denver


@dataclass(frozen=True)
class Shot:
    """One picture: its name, the page, the window it is seen in, and what is done there first."""

    name: str
    path: str
    width: int
    height: int
    scheme: Literal["light", "dark"] = "light"
    click: str = ""
    scale: float = 1


STUDIO = f"/issue/{SENT}"
SHOTS = (
    Shot("studio-1440", STUDIO, 1440, 900),
    Shot("studio-1440-dark", f"{STUDIO}?scheme=dark", 1440, 900, scheme="dark"),
    Shot("studio-375", STUDIO, 375, 812, scale=2),
    Shot("studio-375-dark", f"{STUDIO}?scheme=dark", 375, 812, scheme="dark", scale=2),
    Shot("studio-inbox", f"{STUDIO}?view=inbox", 1440, 900),
    Shot("studio-people", STUDIO, 1440, 900, click="#as"),
    Shot("studio-issues", "/issues", 1440, 900),
    Shot("studio-issues-375", "/issues", 375, 812, scheme="dark", scale=2),
    Shot("studio-record", f"/record/{SENT}", 1440, 1100),
    Shot("studio-record-375-dark", f"/record/{SENT}", 375, 812, scheme="dark", scale=2),
)


class Postman:
    """Takes every mail but those to a few addresses."""

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]) -> str:  # noqa: N802
        """The name is aiosmtpd's."""
        number = int((re.findall(r"\d+", address) or ["0"])[0])
        if number in (77, 198, 240):
            return "550 5.1.1 no such user"
        if number == 301:
            return "550 5.7.1 not wanted here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, _server: Any, _session: Any, _envelope: Any) -> str:  # noqa: N802
        """The name is aiosmtpd's."""
        return "250 2.0.0 queued"


def newsletter(folder: Path, *words: str) -> None:
    """Runs a command in the practice's folder; 1 is an answer too, as when somebody is left waiting."""
    done = subprocess.run(
        [sys.executable, "-m", "newsletter", "-C", str(folder), *words], capture_output=True, text=True, check=False
    )
    if done.returncode not in (0, 1):
        raise SystemExit(done.stdout + done.stderr)


def make_practice(folder: Path) -> None:
    """The invented practice: the example's people and many more, one issue sent, one begun, one not."""
    newsletter(folder.parent, "init", str(folder))
    for path in (ROOT / "issues").glob("*.yaml"):
        shutil.copy(path, folder / "issues")
    shutil.copytree(ROOT / "issues" / "images", folder / "images", dirs_exist_ok=True)
    people = (ROOT / "subscribers.example.csv").read_text(encoding="utf-8").rstrip("\n").splitlines()
    names = itertools.cycle(["Rosa", "Tim", "Ines", "Paul", "Mia", "Olaf", "Vera"])
    columns = people[0].split(",")
    more = [{"email": f"reader{number}@mail.example", "first_name": next(names)} for number in range(PEOPLE - 10)]
    rows = [",".join(person.get(column, "") for column in columns) for person in more]
    (folder / "subscribers.csv").write_text("\n".join([*people, *rows]) + "\n", encoding="utf-8")
    practice = folder / "practice.yaml"
    text = re.sub(r"(?ms)^smtp:.*?(?=^\S)", "", practice.read_text(encoding="utf-8"))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = Controller(Postman(), hostname="127.0.0.1", port=port)
    server.start()
    try:
        practice.write_text(f"{text}\nsmtp: {{host: 127.0.0.1, port: {port}, security: none}}\n", encoding="utf-8")
        newsletter(folder, "send", SENT, "--yes")
        newsletter(folder, "send", UNDER_WAY, "--yes", "--limit", "214")
    finally:
        server.stop()
    shutil.copy(ROOT / "practice.example.yaml", practice)
    spread_out(folder / ".newsletter" / "ledger.sqlite")


def spread_out(ledger: Path) -> None:
    """Puts the mails of a second over a quarter of an hour, as they go at a mail a second or two."""
    with closing(sqlite3.connect(ledger)) as opened, opened:
        at = f"{BEGAN} + number * 2.2 + (number / 140) * 95"
        opened.execute(f"UPDATE recipient SET at = {at}, dot_at = iif(dot_at IS NULL, NULL, {at}) WHERE status <> 'waiting'")


@contextmanager
def studio(folder: Path) -> Iterator[str]:
    """The running preview's address."""
    command = [sys.executable, "-u", "-m", "newsletter", "-C", str(folder), "preview", "--no-open"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield next(found[0] for line in process.stdout if (found := re.search(r"http://127\.0\.0\.1:\d+", line)))
    finally:
        process.terminate()
        process.wait()


def draw(browser: Browser, address: str, shot: Shot) -> bytes:
    """A shot as a PNG."""
    page: Page = browser.new_page(
        viewport={"width": shot.width, "height": shot.height},
        color_scheme=shot.scheme,
        device_scale_factor=shot.scale,
        reduced_motion="reduce",
    )
    try:
        page.goto(f"{address}{shot.path}")
        time.sleep(2.5)  # until checks, thumbnails and pictures are there
        if shot.click:
            page.click(shot.click)
            time.sleep(0.5)
        seen = page.screenshot()
    finally:
        page.close()
    return seen


def main(argv: list[str] | None = None) -> int:
    """Draw the shots asked for; 1 if one is too heavy for the repository."""
    args = asked_for("Draw docs/studio-*.png.", (shot.name for shot in SHOTS), argv)
    with tempfile.TemporaryDirectory() as made, sync_playwright() as playwright:
        folder = Path(made) / "practice"
        make_practice(folder)
        browser = playwright.chromium.launch(executable_path=args.chromium, args=["--no-sandbox"])
        with studio(folder) as address:
            light = [keep(shot.name, draw(browser, address, shot), COLORS) for shot in SHOTS if shot.name in args.names]
        browser.close()
    return int(not all(light))


if __name__ == "__main__":
    sys.exit(main())
