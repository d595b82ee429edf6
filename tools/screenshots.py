"""Draw the sample issue as patients see it into ``docs/mail-*.png``.

Run ``python tools/screenshots.py`` after a change to the theme. Needs Playwright, Pillow and a Chromium on the PATH
(or ``--chromium PATH``).
"""

from __future__ import annotations

import argparse
import base64
import io
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from newsletter.compose.identity import Identities
from newsletter.compose.mail import Mail
from newsletter.ledger.keys import Keys
from newsletter.read.issue import find_issue, read_issue
from newsletter.read.practice import read_practice
from newsletter.read.subscribers import Subscriber, SubscriberList

ROOT = Path(__file__).resolve().parent.parent
ISSUE = "back-muscle-spasms"
MAX_BYTES = 400_000
COLORS = 128


@dataclass(frozen=True)
class Shot:
    """One picture: its name, the window it is seen in, and what the mail client leaves out."""

    name: str
    width: int
    scheme: Literal["light", "dark"] = "light"
    leave_out: Callable[[str], str] = str
    height: int | None = None
    scale: int = 1


def without_pictures(page: str) -> str:
    """The mail where pictures are switched off."""
    return re.sub(r' src="(?:cid|data):[^"]*"', "", page)


def without_styles(page: str) -> str:
    """The mail where every style sheet is thrown away."""
    return re.sub(r"<style.*?</style>", "", page, flags=re.DOTALL)


SHOTS = (
    Shot("mail-hero", 720, height=1040, scale=2),
    Shot("mail-600", 720),
    Shot("mail-600-dark", 720, scheme="dark"),
    Shot("mail-600-no-style", 720, leave_out=without_styles),
    Shot("mail-375", 375),
    Shot("mail-375-dark", 375, scheme="dark"),
    Shot("mail-375-pictures-off", 375, leave_out=without_pictures),
)


def sample_mail() -> str:
    """The HTML that the first subscriber of the examples gets, its pictures put into the page."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        shutil.copytree(ROOT / "issues", folder / "issues", ignore=shutil.ignore_patterns("images"))
        shutil.copytree(ROOT / "issues" / "images", folder / "images")
        shutil.copy(ROOT / "practice.example.yaml", folder / "practice.yaml")
        shutil.copy(ROOT / "subscribers.example.csv", folder / "subscribers.csv")
        practice = read_practice(folder)
        people = SubscriberList(folder / "subscribers.csv", folder)
        issue = read_issue(find_issue(folder, ISSUE), folder, people.fields)
        mail = Mail.of(practice, issue)
        reader = next(row for row in people.rows() if isinstance(row, Subscriber))
        identity = Identities(Keys((b"only for screenshots",)), issue.slug, practice.domain).of(reader.key, datetime.now(UTC))
        part = message_from_bytes(mail.message(reader, identity).content, policy=policy.default).get_body(("html",))
        assert part is not None
        page = str(part.get_content())
        for picture in mail.rendered(reader.tags & issue.tags).pictures:
            data = f"data:image/{picture.subtype};base64,{base64.b64encode(picture.content).decode('ascii')}"
            page = page.replace(f"cid:{picture.content_id}", data)
        return page


def draw(browser: Browser, shot: Shot, mail: str) -> bytes:
    """A shot as a PNG."""
    page = browser.new_page(
        viewport={"width": shot.width, "height": shot.height or 900}, color_scheme=shot.scheme, device_scale_factor=shot.scale
    )
    try:
        page.set_content(shot.leave_out(mail))
        seen = page.screenshot(full_page=shot.height is None)
    finally:
        page.close()
    return seen


def keep(name: str, seen: bytes, colors: int = COLORS) -> bool:
    """Writes a screenshot as a palette PNG into docs/ and says how large it is; whether it is light enough to keep."""
    out = io.BytesIO()
    small = Image.open(io.BytesIO(seen)).convert("RGB").quantize(colors, Image.Quantize.MAXCOVERAGE, kmeans=1)
    small.save(out, "PNG", optimize=True)
    data = out.getvalue()
    (ROOT / "docs" / f"{name}.png").write_bytes(data)
    light = len(data) < MAX_BYTES
    print(f"{name + '.png':28} {len(data):>8,} bytes{'' if light else '  too heavy'}")
    return light


def asked_for(description: str, known: Iterable[str], argv: list[str] | None) -> argparse.Namespace:
    """The `names` of the shots asked for (all by default) and where `chromium` is; ends the program where a name is unknown."""
    parser = argparse.ArgumentParser(description=description)
    names = list(known)
    parser.add_argument("names", nargs="*", help=f"shots to draw (default: all): {', '.join(names)}")
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    parser.add_argument("--chromium", default=found, help="Chromium's executable")
    args = parser.parse_args(argv)
    if unknown := set(args.names) - set(names):
        parser.error(f"no such shot: {', '.join(sorted(unknown))} (known: {', '.join(names)})")
    args.names = args.names or names
    return args


def main(argv: list[str] | None = None) -> int:
    """Draw the shots asked for; 1 if one is too heavy for the repository."""
    args = asked_for("Draw docs/mail-*.png from the sample issue.", (shot.name for shot in SHOTS), argv)
    mail = sample_mail()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=args.chromium, args=["--no-sandbox"])
        light = [keep(shot.name, draw(browser, shot, mail)) for shot in SHOTS if shot.name in args.names]
        browser.close()
    return int(not all(light))


if __name__ == "__main__":
    sys.exit(main())
