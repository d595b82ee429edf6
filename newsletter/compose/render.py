"""Renders an issue once: subject, preheader, HTML and text for one audience, merge fields still open."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from newsletter.compose import html
from newsletter.compose.colors import palette
from newsletter.compose.markdown import bad_links
from newsletter.compose.pictures import BadPicture, PictureDesk, ReadyPicture
from newsletter.compose.slots import UNSUBSCRIBE, Slot, SlotBook
from newsletter.compose.theme import Theme, spoken_month
from newsletter.errors import Problem, ProblemsFound
from newsletter.read.issue import Issue
from newsletter.read.practice import Practice
from newsletter.read.yaml_file import Document, Node


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
    faults = _Faults((issue.document, practice.document), book)
    context = _context(issue, practice, book, audience)
    context["picture"] = lambda written, width, *, square=False: faults.show(desk, written, width, square=square)
    if theme.own_files:
        from newsletter.compose import mjml_rules  # a practice without templates of its own need not wait for it

        mjml_rules.look(theme)
    theme.unreadable.clear()
    source = theme.mjml(book, context)
    text = theme.plain(book, context)
    style_sheet = theme.style_sheet(context)
    faults.tell(theme.unreadable)
    try:
        page = html.compile_mjml(source)
    except html.BrokenMjml as error:
        raise _blame(error, source, theme) from None
    return RenderedIssue(
        subject=book.open(issue.text.subject),
        preheader=book.open(issue.text.preheader or ""),
        html=html.finish(page, style_sheet),
        text=text,
        pictures=tuple({picture.src: picture for picture in desk.ready.values()}.values()),
        book=book,
    )


def _context(issue: Issue, practice: Practice, book: SlotBook, audience: frozenset[str] | None) -> dict[str, Any]:
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
        UNSUBSCRIBE: book.name(Slot(UNSUBSCRIBE, whole_link=True)),
    }


class _Faults:
    """Pictures and links that cannot go into the mail, gathered while the templates run and told all at once."""

    def __init__(self, documents: tuple[Document, ...], book: SlotBook) -> None:
        self.documents = documents
        self.book = book
        self.problems: list[Problem] = []

    def show(self, desk: PictureDesk, written: str, width: int, *, square: bool) -> ReadyPicture:
        """The picture, or an empty one where it cannot be used."""
        try:
            return desk.show(written, width, square=square)
        except BadPicture as error:
            document, node = self._node(lambda text: text.replace("\\", "/") == written)
            self.problems.append(Problem(document.path, node.line, node.column, error.message))
            return ReadyPicture("", "png", b"", width, width, "", "")

    def tell(self, unreadable: Iterable[str]) -> None:
        """Raises ProblemsFound where there is anything to tell; `unreadable` are texts with Markdown that cannot be used."""
        for text in unreadable:
            document, node = self._node(lambda value, text=text: unicodedata.normalize("NFC", value) == text)  # type: ignore[misc]
            for fault in bad_links(self.book.open(text)):
                place = document.place(node, self._as_written(fault.written)) if fault.written else (node.line, node.column)
                self.problems.append(Problem(document.path, *place, self.book.spoken(fault.message)))
        if self.problems:
            raise ProblemsFound(self.problems)

    def _node(self, fits: Callable[[str], bool]) -> tuple[Document, Node]:
        for document in self.documents:
            for _path, node in document.root.strings():
                if isinstance(node.value, str) and fits(node.value.strip()):
                    return document, node
        return self.documents[0], Node(None, 0, 0)

    def _as_written(self, address: str) -> str:
        before, *after = self.book.pattern.split(address, maxsplit=1)
        return before + ("{{" if after else "")


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
