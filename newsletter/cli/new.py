"""`newsletter new`: a new issue file, from nothing or from one that is there."""

from __future__ import annotations

import json
import re
import unicodedata
from datetime import date
from pathlib import Path

import click

from newsletter.cli.starter import starter_issues
from newsletter.cli.terminal import say, typed
from newsletter.errors import CannotWrite, Missing, did_you_mean, shown_path

_SCHEMA = "# yaml-language-server: $schema=../schemas/issue.schema.json"
_EMPTY = """{schema}
title: {title}
# subject: what stands in the inbox; without this line it is the title.
preheader: One sentence that shows beside the subject in the inbox.
date: {day}

# hero: the large picture on top. Put the file into images/, then delete the # signs.
# hero:
#   image: images/your-picture.png
#   alt: One sentence for readers who cannot see it.
#   credit: Who made it
#   credit_url: https://...

opening: |
  Hello {{{{ first_name or "there" }}}},

  Write here as you would to one patient. Leave an empty line between paragraphs.

body:
  - heading: The first thing to know
    text: |
      What readers should know, in short sentences.

  - type: tips
    heading: What you can do today
    items:
      - One small step.
      - Another one.

  - type: warning
    heading: Get help now
    text: "Call 911 or go to an emergency room for:"
    items:
      - New trouble passing urine, or loss of bladder or bowel control.
      - Numbness around the groin, buttocks or inner thighs.
      - New weakness in one or both legs.

# sources: where the facts come from.
# sources:
#   - title: Back spasms
#     publisher: Cleveland Clinic
#     url: https://...
"""


@click.command("new")
@click.argument("title")
@click.option(
    "--from", "original", metavar="SLUG", help="Begin with a copy of this issue: one of yours, or one that comes with the tool."
)
@click.pass_obj
def command(folder: Path, title: str, original: str | None) -> None:
    """Make issues/<slug>.yaml for an issue called TITLE."""
    title = " ".join(title.split())
    slug = slug_of(title)
    if not slug:
        raise CannotWrite(f'"{title}" has no letters to make a file name of.', 'Try: newsletter new "What Causes Back Pain?"')
    if not folder.is_dir():
        raise Missing(f"There is no folder {folder}.", "Make a practice folder with: newsletter init my-practice")
    text = (
        _copied(folder, original, title)
        if original
        else _EMPTY.format(schema=_SCHEMA, title=json.dumps(title, ensure_ascii=False), day=date.today())
    )
    path = folder / "issues" / f"{slug}.yaml"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise CannotWrite(f"{shown_path(path)} is there already.", "Give the new issue another title.") from None
    except OSError as error:
        raise CannotWrite(
            f"{shown_path(path)} cannot be written: {error.strerror or error}.", "Check the folder's rights and the disk."
        ) from None
    say(f"Made {shown_path(path)}.")
    say(f"Next: write in it, and watch it with: {typed('preview', slug)}")


def slug_of(title: str) -> str:
    """`What Causes Back Pain?` is `what-causes-back-pain`."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode("ascii")
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:60].rstrip("-")


def _copied(folder: Path, original: str, title: str) -> str:
    """The text of another issue with its title, subject and date taken out for the new one."""
    places = [folder / "issues", starter_issues()]
    found = next(
        (path for place in places for path in (place / f"{original}.yaml", place / f"{original}.yml") if path.is_file()), None
    )
    if found is None:
        known = {path.stem for place in places if place.is_dir() for path in place.glob("*.y*ml")}
        raise Missing(f'There is no issue "{original}".', did_you_mean(original, known))
    text = found.read_text(encoding="utf-8-sig")
    text = re.sub(r"(?m)^title:.*$", lambda _: f"title: {json.dumps(title, ensure_ascii=False)}", text, count=1)
    text = re.sub(r"(?m)^subject:.*\n", "", text, count=1)
    return re.sub(r"(?m)^date:.*$", f"date: {date.today()}", text, count=1)
