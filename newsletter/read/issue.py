"""One newsletter as its file says it: title, letter, blocks and sources, checked and frozen."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field, model_validator

from newsletter.errors import Missing, did_you_mean, shown_path
from newsletter.read import explain, merge
from newsletter.read.blocks import KINDS, AnyBlock, Picture
from newsletter.read.fields import Day, Line, Section, Text, WebLink
from newsletter.read.practice import Practitioner
from newsletter.read.yaml_file import Document, Node, read_document


class Source(Section):
    """Where a fact of the article comes from."""

    title: Line
    publisher: Line
    url: WebLink
    year: Line | None = None


class Accepted(Section):
    """A finding of the check that the practice lives with: the id of its rule, and why."""

    id: Line
    reason: Line


class IssueText(Section):
    """The keys of an issue file."""

    title: Line
    subject: Line
    preheader: Line | None = None
    date: Day
    hero: Picture | None = None
    author: Practitioner | None = None
    opening: Text | None = None
    body: tuple[AnyBlock, ...] = Field(min_length=1)
    sources: tuple[Source, ...] = ()
    accept: tuple[Accepted, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _subject_is_the_title(cls, keys: object) -> object:
        if isinstance(keys, dict) and keys.get("title") and not keys.get("subject"):
            return {**keys, "subject": keys["title"]}
        return keys


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue, its slug (the file's name without ending), and its file for messages that name a line."""

    slug: str
    path: Path
    text: IssueText
    document: Document

    @property
    def tags(self) -> frozenset[str]:
        """The tags that decide what a subscriber is shown, lower case."""
        return frozenset(tag.lower() for block in self.text.body for tag in block.only_for)


def find_issue(folder: Path, named: str) -> Path:
    """The file of an issue named by slug or path; raises Missing with the closest slug."""
    for path in (folder / "issues" / f"{named}.yaml", folder / "issues" / f"{named}.yml", folder / named, Path(named)):
        if path.is_file():
            return _as_it_is_called(path)
    slugs = [path.stem for path in all_issues(folder)]
    hint = did_you_mean(Path(named).stem, slugs) if slugs else 'Make one with: newsletter new "What Causes Back Pain?"'
    raise Missing(f'There is no issue "{named}" in {shown_path(folder / "issues")}.', hint)


def _as_it_is_called(path: Path) -> Path:
    """The file's own spelling: where the disk ignores case, `Back-Spasms` must not become a second issue."""
    return next(
        (entry for entry in path.parent.iterdir() if entry.name.lower() == path.name.lower() and entry.samefile(path)), path
    )


def all_issues(folder: Path) -> list[Path]:
    """Every issue file of a practice, by name."""
    found = folder / "issues"
    return sorted(path for path in found.glob("*.y*ml") if path.suffix in (".yaml", ".yml")) if found.is_dir() else []


def read_issue(path: Path, folder: Path, known_fields: frozenset[str]) -> Issue:
    """Reads an issue; raises ProblemsFound with all that is wrong, merge fields not among `known_fields` included."""
    document = read_document(path, folder)
    checks = (_block_types, lambda found: merge.check(found, known_fields))
    return Issue(unicodedata.normalize("NFC", path.stem), path, explain.build(IssueText, document, checks), document)


def _block_types(document: Document) -> None:
    """An unknown `type` is named here with its line; the entry is then read as an article so that the rest is seen too."""
    body = document.root.value.get("body") if isinstance(document.root.value, dict) else None
    for entry in body.value if body and isinstance(body.value, list) else []:
        kind = entry.value.get("type") if isinstance(entry.value, dict) else None
        if kind is None or kind.value is None or (isinstance(kind.value, str) and kind.value in KINDS):
            continue
        named = kind.value if isinstance(kind.value, str) else "..."
        document.problem(kind.line, kind.column, f'unknown block type "{named}".', did_you_mean(named, KINDS))
        entry.value, entry.keys = {"heading": Node("?", 1, 1), "text": Node("?", 1, 1)}, {}
