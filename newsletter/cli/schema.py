"""`newsletter schema`: JSON Schemas of practice.yaml and issues, so that editors complete and check while one types."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from newsletter.cli.terminal import say
from newsletter.errors import CannotWrite, shown_path

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> dict[str, dict[str, Any]]:
    """The two schemas by file name."""
    from newsletter.read.issue import IssueText
    from newsletter.read.practice import PracticeText

    made = {"practice.schema.json": PracticeText.model_json_schema(), "issue.schema.json": IssueText.model_json_schema()}
    made["issue.schema.json"]["required"] = [key for key in made["issue.schema.json"]["required"] if key != "subject"]
    return {name: {"$schema": DIALECT, **schema} for name, schema in made.items()}


def write_schemas(folder: Path) -> Path:
    """Writes both into `schemas/` of a practice's folder; gives that folder."""
    target = folder / "schemas"
    try:
        target.mkdir(parents=True, exist_ok=True)
        for name, schema in schemas().items():
            (target / name).write_text(json.dumps(schema, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise CannotWrite(
            f"{target} cannot be written: {error.strerror or error}.", "Check the folder's rights and the disk."
        ) from None
    return target


@click.command("schema")
@click.pass_obj
def command(folder: Path) -> None:
    """Write schemas/practice.schema.json and schemas/issue.schema.json.

    Editors that know YAML (VS Code with the YAML extension, for one) then complete keys and mark mistakes.
    """
    target = write_schemas(folder)
    say(f"Wrote {shown_path(target)}/practice.schema.json and issue.schema.json.")
    say("Each YAML file names its schema in its first line; the editor does the rest.")
