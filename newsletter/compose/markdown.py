"""Markdown, as practitioners write it, into HTML for mail and into plain text, from one reading of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup

from newsletter.errors import NewsletterError
from newsletter.read.fields import link_fault

DEEPEST = 16  # levels of markup in one text; html.DEEPEST bounds the whole page


class BadLink(NewsletterError):
    """Markdown that cannot go into a mail: a link, a picture, or too deep a nesting; `written` is how it stands in the file."""

    def __init__(self, written: str, message: str) -> None:
        super().__init__(message)
        self.written = written


def to_html(text: str) -> Markup:
    """Paragraphs, lists, emphasis and links; headings become `h3`, because an issue's own headings are `h1` and `h2`."""
    return _html(_read(text))


def inline_html(text: str) -> Markup:
    """One line: emphasis and links without a paragraph around them."""
    return _html(_read_line(text))


def to_text(text: str) -> list[tuple[str, str]]:
    """Plain text as (indent mark, words) pairs: a paragraph has no mark, a list item has `- ` or `1. `.

    Links become `words (address)`. Lines are not wrapped here; a hard break is a line break in the words.
    """
    return list(_text_blocks(_read(text)))


def inline_text(text: str) -> str:
    """One line of plain text."""
    return "".join(_words(token.children or []) for token in _read_line(text))


def bad_links(text: str) -> list[BadLink]:
    """Everything in a text that `to_html` and `to_text` refuse, where they raise only the first."""
    return list(_faults(_reader().parse(text)))


@cache
def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False, "maxNesting": DEEPEST * 2})
    # No HTML, no entities: what is typed is what is read. No link definitions either: their lines would vanish.
    reader.disable([name for name in ("html_block", "html_inline", "entity", "reference") if name in _rules(reader)])
    setattr(reader, "validateLink", lambda _address: True)  # noqa: B010 - judged in _faults, with words instead of silence
    reader.add_render_rule("heading_open", _heading)
    reader.add_render_rule("heading_close", _heading)
    return reader


def _rules(reader: MarkdownIt) -> set[str]:
    return {name for names in reader.get_all_rules().values() for name in names}


def _html(tokens: list[Token]) -> Markup:
    return Markup(_reader().renderer.render(tokens, _reader().options, {}).strip())


def _heading(_renderer: RendererHTML, tokens: list[Token], index: int, _options: Any, _env: Any) -> str:
    return "<h3>" if tokens[index].nesting == 1 else "</h3>\n"


@lru_cache(maxsize=512)  # the HTML and the text part read the same words, and so does the next rendering of an edited issue
def _read(text: str) -> list[Token]:
    return _checked(_reader().parse(text))


@lru_cache(maxsize=512)
def _read_line(text: str) -> list[Token]:
    return _checked(_reader().parseInline(" ".join(text.split("\n"))))


def _checked(tokens: list[Token]) -> list[Token]:
    for fault in _faults(tokens):
        raise fault
    return tokens


def _faults(tokens: list[Token], depth: int = 0) -> Iterator[BadLink]:
    """Links that mail clients drop or that could harm, pictures inside text, and nesting that the MJML compiler cannot take."""
    for token in tokens:
        depth += token.nesting
        if token.type == "link_open":
            address = str(token.attrGet("href") or "")
            if fault := link_fault(address):
                yield BadLink(f"]({address}", fault)
        elif token.type == "image":
            yield BadLink("![", "a picture cannot stand inside text. Give it a block of its own: `type: image`.")
        elif depth > DEEPEST:
            yield BadLink(
                "", f"lists, quotes or emphasis are nested more than {DEEPEST} deep in this text. Write it more simply."
            )
            return
        yield from _faults(token.children or [], depth)


def _text_blocks(tokens: list[Token]) -> Iterator[tuple[str, str]]:
    lists: list[int | None] = []
    mark = ""
    for token in tokens:
        if token.type in ("bullet_list_open", "ordered_list_open"):
            lists.append(int(token.attrs.get("start", 1)) if token.type.startswith("ordered") else None)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            lists.pop()
        elif token.type == "list_item_open":
            number = lists[-1]
            mark = "  " * (len(lists) - 1) + ("- " if number is None else f"{number}. ")
            lists[-1] = None if number is None else number + 1
        elif token.type == "inline":
            yield mark, _words(token.children or [])
            mark = " " * len(mark)
        elif token.type in ("fence", "code_block"):
            yield mark, token.content.strip("\n")
            mark = " " * len(mark)
        elif token.type == "hr":
            yield "", "* * *"
        if not lists:
            mark = ""


def _words(tokens: list[Token]) -> str:
    words, links = "", []
    for token in tokens:
        if token.type in ("text", "code_inline"):
            words += token.content
        elif token.type == "softbreak":
            words += " "
        elif token.type == "hardbreak":
            words += "\n"
        elif token.type == "link_open":
            links.append((str(token.attrGet("href") or ""), len(words)))
        elif token.type == "link_close" and links:
            address, start = links.pop()
            shown = address if "?" in address else address.removeprefix("mailto:").removeprefix("tel:")
            said = words[start:].strip()
            if shown not in (said, re.sub(r"[^\d+]", "", said), _reader().normalizeLink(said)):
                words += f" ({shown})"
    return words
