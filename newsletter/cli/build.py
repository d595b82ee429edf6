"""`newsletter build`: an issue's mail as files to look at: HTML, text, the whole message, and its pictures."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path

import click

from newsletter.cli.practice_folder import PracticeFolder
from newsletter.cli.terminal import counted, say, typed
from newsletter.compose.identity import Identities
from newsletter.compose.mail import Mail
from newsletter.compose.message import Message
from newsletter.errors import CannotWrite, Missing, ProblemsFound, shown_path
from newsletter.ledger.keys import practice_keys
from newsletter.read.subscribers import Subscriber


@click.command("build")
@click.argument("issues", nargs=-1, metavar="[ISSUE]...")
@click.option("--as", "as_email", metavar="EMAIL", help="Fill it in for this subscriber (default: the first of the list).")
@click.pass_obj
def command(folder: Path, issues: tuple[str, ...], as_email: str | None) -> None:
    """Write an issue's mail to build/<slug>/: index.html, <slug>.txt, <slug>.eml and the pictures.

    Without ISSUE, every issue of the folder is built. ISSUE is a slug (back-muscle-spasms) or a path.
    """
    from newsletter.read.issue import all_issues

    practice = PracticeFolder(folder)
    subscriber = practice.subscriber(as_email)
    wrong: list[ProblemsFound] = []
    named = issues or tuple(path.stem for path in all_issues(folder))
    if not named:
        raise Missing("There is no issue yet.", 'Make one with: newsletter new "What Causes Back Pain?"')
    _ = practice.practice  # what is wrong there is said once, not once an issue
    for name in named:
        try:
            _build(practice.mail(name), subscriber, folder)
        except ProblemsFound as error:
            wrong.append(error)
    if wrong:
        raise ProblemsFound(problem for error in wrong for problem in error.problems)
    if (images := practice.practice.text.images).mode == "hosted":
        say(f"Before you send, put the pictures from build/ where readers' mail programs look for them: {images.base_url}")
    if len(named) == 1:
        say(f"Next: {typed('check', Path(named[0]).stem)}")


def _build(mail: Mail, subscriber: Subscriber, folder: Path) -> None:
    slug = mail.issue.slug
    identities = Identities(practice_keys(folder), slug, mail.practice.domain)
    message = mail.message(subscriber, identities.of(subscriber.key, datetime.now(UTC)))
    rendered = mail.rendered(subscriber.tags & mail.issue.tags)
    html, text = _parts(message)
    for picture in rendered.pictures:
        html = html.replace(picture.src, picture.name)
    target = folder / "build" / slug
    try:
        target.mkdir(parents=True, exist_ok=True)
        wanted = {picture.name: picture.content for picture in rendered.pictures}
        for old in target.iterdir():
            if old.name not in wanted and re.fullmatch(r".*-[0-9a-f]{8}\.(png|jpg)", old.name):
                old.unlink()
        files = {"index.html": html.encode(), f"{slug}.txt": text.encode(), f"{slug}.eml": message.content, **wanted}
        for name, content in files.items():
            (target / name).write_bytes(content)
    except OSError as error:
        raise CannotWrite(
            f"{target} cannot be written: {error.strerror or error}.", "Check the folder's rights and the disk."
        ) from None
    pictures = counted(len(rendered.pictures), "picture")
    say(f"Built {shown_path(target)}: HTML {_kb(len(html))}, text {_kb(len(text))}, {pictures}, mail {_kb(len(message.content))}")


def _parts(message: Message) -> tuple[str, str]:
    """The HTML and the text exactly as they are in the message's bytes."""
    parsed = message_from_bytes(message.content)
    found = {}
    for part in parsed.walk():
        if part.get_content_maintype() == "text":
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            found[part.get_content_subtype()] = content.decode("utf-8").replace("\r\n", "\n")
    return found["html"], found["plain"]


def _kb(size: int) -> str:
    return f"{size / 1000:.0f} kB"
