"""Markdown, as practitioners write it, into HTML for mail and into plain text, from one reading of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup

from newsletter.errors import NewsletterError
from newsletter.read.fields import LINK_SCHEMES


class BadLink(NewsletterError):
    """A Markdown link or picture that cannot go into a mail; `written` is how it stands in the file."""

    def __init__(self, written: str, message: str) -> None:
        super().__init__(message)
        self.written = written


def to_html(text: str) -> Markup:
    """Paragraphs, lists, emphasis and links; headings become `h3`, because an issue's own headings are `h1` and `h2`."""
    tokens = _read(text)
    return Markup(_reader().renderer.render(tokens, _reader().options, {}).strip())


def inline_html(text: str) -> Markup:
    """One line: emphasis and links without a paragraph around them."""
    reader = _reader()
    tokens = reader.parseInline(" ".join(text.split("\n")))
    _look(tokens)
    return Markup(reader.renderer.render(tokens, reader.options, {}).strip())


def to_text(text: str) -> list[tuple[str, str]]:
    """Plain text as (indent mark, words) pairs: a paragraph has no mark, a list item has `- ` or `1. `.

    Links become `words (address)`. Lines are not wrapped here; a hard break is a line break in the words.
    """
    return list(_text_blocks(_read(text)))


def inline_text(text: str) -> str:
    """One line of plain text."""
    tokens = _reader().parseInline(" ".join(text.split("\n")))
    _look(tokens)
    return "".join(_words(token.children or []) for token in tokens)


@cache
def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False})
    reader.disable(
        ["html_block", "html_inline", "entity"] if "entity" in reader.get_all_rules()["inline"] else ["html_block", "html_inline"]
    )
    reader.validateLink = _any_link  # type: ignore[method-assign]  # judged in _look, with words instead of silence
    reader.add_render_rule("heading_open", _heading)
    reader.add_render_rule("heading_close", _heading)
    return reader


def _any_link(_url: str) -> bool:
    return True


def _heading(_renderer: RendererHTML, tokens: list[Token], index: int, _options: Any, _env: Any) -> str:
    return "<h3>" if tokens[index].nesting == 1 else "</h3>\n"


def _read(text: str) -> list[Token]:
    tokens = _reader().parse(text)
    _look(tokens)
    return tokens


def _look(tokens: list[Token]) -> None:
    """Refuses links that mail clients drop or that could harm, and pictures inside text."""
    for token in tokens:
        if token.type == "link_open":
            address = str(token.attrGet("href") or "")
            if not re.match(rf"({'|'.join(LINK_SCHEMES)}):.", address):
                raise BadLink(
                    f"]({address}",
                    f'the link "{address}" leads nowhere from a mail. Begin it with https://, http://, mailto: or tel:.',
                )
        if token.type == "image":
            raise BadLink("![", "a picture cannot stand inside text. Give it a block of its own: `type: image`.")
        _look(token.children or [])


def _text_blocks(tokens: list[Token]) -> Iterator[tuple[str, str]]:
    lists: list[int | None] = []
    mark = ""
    for token in tokens:
        if token.type in ("bullet_list_open", "ordered_list_open"):
            lists.append(int(token.attrGet("start") or 1) if token.type.startswith("ordered") else None)
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
            yield mark, token.content.strip()
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
            shown = address.removeprefix("mailto:").removeprefix("tel:")
            said = words[start:].strip()
            if shown not in (said, re.sub(r"[^\d+]", "", said)):
                words += f" ({shown})"
    return words
