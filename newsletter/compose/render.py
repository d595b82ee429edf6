"""Renders an issue once: subject, preheader, HTML and text for one audience, merge fields still open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from newsletter.compose import html, mjml_rules
from newsletter.compose.colors import palette
from newsletter.compose.markdown import BadLink
from newsletter.compose.pictures import BadPicture, PictureDesk, ReadyPicture
from newsletter.compose.slots import UNSUBSCRIBE, Slot, SlotBook
from newsletter.compose.theme import Theme, spoken_month
from newsletter.errors import Problem, ProblemsFound
from newsletter.read.issue import Issue
from newsletter.read.practice import Practice
from newsletter.read.yaml_file import Document


@dataclass(frozen=True, slots=True)
class RenderedIssue:
    """An issue for one audience with its merge fields open; `html` and `text` hold the words of `book`."""

    subject: str
    preheader: str
    html: str
    text: str
    pictures: tuple[ReadyPicture, ...]
    book: SlotBook


def render(
    issue: Issue, practice: Practice, theme: Theme, desk: PictureDesk, audience: frozenset[str] | None = None
) -> RenderedIssue:
    """Renders `issue` for subscribers who have the tags of `audience` (None shows every block).

    Raises ProblemsFound with file and line for a picture, link or template that cannot be used.
    """
    book = SlotBook.avoiding("\n".join(issue.document.lines + practice.document.lines))
    context = _context(issue, practice, desk, book, audience)
    mjml_rules.look(theme)
    try:
        source = theme.mjml(book, context)
        text = theme.plain(book, context)
        style_sheet = theme.style_sheet(context)
    except (BadPicture, BadLink) as error:
        raise ProblemsFound([_place(error, issue.document, practice.document)]) from None
    try:
        page = html.compile_mjml(source)
    except html.BrokenMjml as error:
        raise _blame(error, source, theme) from None
    return RenderedIssue(
        subject=book.open(issue.text.subject),
        preheader=book.open(issue.text.preheader or ""),
        html=html.finish(page, style_sheet),
        text=text,
        pictures=tuple(desk.ready.values()),
        book=book,
    )


def _context(
    issue: Issue, practice: Practice, desk: PictureDesk, book: SlotBook, audience: frozenset[str] | None
) -> dict[str, Any]:
    said = practice.text
    shown = [b for b in issue.text.body if not b.only_for or audience is None or audience & {tag.lower() for tag in b.only_for}]
    return {
        "issue": issue.text,
        "blocks": shown,
        "practice": said.practice,
        "practitioner": said.practitioner,
        "author": issue.text.author or said.practitioner,
        "sender": said.sender,
        "brand": said.brand,
        "language": said.language,
        "colors": palette(said.brand.color, said.brand.accent),
        "issue_month": spoken_month(issue.text.date),
        "picture": desk.show,
        UNSUBSCRIBE: book.name(Slot(UNSUBSCRIBE, whole_link=True)),
    }


def _place(error: BadPicture | BadLink, *documents: Document) -> Problem:
    for document in documents:
        for _path, node in document.root.strings():
            if isinstance(node.value, str) and error.written in node.value:
                return Problem(document.path, *document.place(node, error.written), error.message)
    return Problem(documents[0].path, 0, 0, error.message)


def _blame(error: html.BrokenMjml, source: str, theme: Theme) -> ProblemsFound:
    """The template and line that broken MJML comes from: the practice's own file in which the named line stands."""
    line = source[: max(error.offset, 0)].rpartition("\n")[2] + source[max(error.offset, 0) :].partition("\n")[0]
    for path in theme.own_files:
        if path.suffix != ".mjml":
            continue
        for number, written in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if written.strip() and written.strip() in line:
                return theme.problem(path, number, f"MJML cannot read this: {error.message}.")
    return theme.problem(
        theme.own_files[0] if len(theme.own_files) == 1 else None,
        0,
        f"MJML cannot read the templates: {error.message}. Near: {line.strip()[:120]}",
    )
