"""Reads style sheets and style attributes into rules and declarations; the one file that knows the CSS parser."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tinycss2.ast import AtRule, Node, QualifiedRule
    from tinycss2.ast import Declaration as Declared

_GROUPING = frozenset(["media", "supports", "layer", "container", "scope", "starting-style", "-moz-document"])  # they hold rules
_COMPLEX = re.compile(r"[\[\]{}\\]|/\*")
_DEEPEST = 8  # rules within at-rules within at-rules
_LONGEST = 200_000  # characters of one sheet; Gmail keeps 16 kB


@dataclass(frozen=True, slots=True)
class Declaration:
    """`color: #333 !important`: the name in lower case, the value as it is written, without comments.

    `words` are the names, units and functions in the value in lower case: `flex`, `calc(`, `url(`, `20vw` as `vw`, and
    colours as they are, `#1f6f7880`.
    """

    name: str
    value: str
    important: bool
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class StyleRule:
    """`p, .lead { ... }`: its selector as it is written, its declarations, and its line in the sheet, from 1.

    `within` are the rules it stands in, the outermost first: `("media", "(max-width: 599px)")`, `("nesting", ".card")`. An
    at-rule that holds no rules is one itself: its selector is `@font-face` or `@import "a.css"`.
    """

    selector: str
    declarations: tuple[Declaration, ...]
    within: tuple[tuple[str, str], ...] = ()
    line: int = 0

    @property
    def media(self) -> str:
        """The innermost media query around it; empty where there is none."""
        return next((query for name, query in reversed(self.within) if name == "media"), "")


@lru_cache(maxsize=4096)
def declarations(text: str) -> tuple[Declaration, ...]:
    """What a style attribute declares; what cannot be read is left out. Never raises."""
    parts = text[:_LONGEST].split(";")  # the same few declarations come in many attributes
    if _COMPLEX.search(text) or not all(_is_whole(part) for part in parts):
        parts = [text[:_LONGEST]]
    return tuple(found for part in parts for found in _inline(part))


def _is_whole(part: str) -> bool:
    """Whether no quote or bracket is left open: the semicolon behind it ends a declaration."""
    return part.count("(") == part.count(")") and part.count("'") % 2 == part.count('"') % 2 == 0


@lru_cache(maxsize=4096)
def _inline(text: str) -> tuple[Declaration, ...]:
    from tinycss2 import parse_blocks_contents

    nodes = parse_blocks_contents(text, skip_comments=True, skip_whitespace=True)
    return tuple(_declaration(node) for node in nodes if node.type == "declaration")


@lru_cache(maxsize=64)
def style_sheet(text: str) -> tuple[StyleRule, ...]:
    """The rules of a `<style>` element in the order of the text, those within at-rules too. Never raises."""
    from tinycss2 import parse_stylesheet

    return tuple(_rules(parse_stylesheet(text[:_LONGEST], skip_comments=True, skip_whitespace=True), ()))


def _rules(nodes: Iterable[Node], within: tuple[tuple[str, str], ...]) -> Iterator[StyleRule]:
    for node in nodes:
        if node.type == "qualified-rule":
            yield from _qualified(node, within)
        elif node.type == "at-rule":
            yield from _at_rule(node, within)


def _qualified(node: QualifiedRule, within: tuple[tuple[str, str], ...]) -> Iterator[StyleRule]:
    from tinycss2 import parse_blocks_contents

    selector = _written(node.prelude)
    inside = parse_blocks_contents(node.content, skip_comments=True, skip_whitespace=True)
    declared = tuple(_declaration(part) for part in inside if part.type == "declaration")
    yield StyleRule(selector, declared, within, node.source_line)
    if len(declared) < len(inside) and len(within) < _DEEPEST:
        yield from _rules(inside, (*within, ("nesting", selector)))


def _at_rule(node: AtRule, within: tuple[tuple[str, str], ...]) -> Iterator[StyleRule]:
    from tinycss2 import parse_blocks_contents

    name, query = node.lower_at_keyword, _written(node.prelude)
    if node.content is None or name not in _GROUPING:
        inside = parse_blocks_contents(node.content or [], skip_comments=True, skip_whitespace=True)
        declared = tuple(_declaration(part) for part in inside if part.type == "declaration")
        yield StyleRule(f"@{name} {query}".strip(), declared, within, node.source_line)
    elif len(within) < _DEEPEST:
        inside = parse_blocks_contents(node.content, skip_comments=True, skip_whitespace=True)
        yield from _rules(inside, (*within, (name, query)))


def _declaration(node: Declared) -> Declaration:
    return Declaration(node.lower_name, _written(node.value), node.important, frozenset(_words(node.value)))


def _written(nodes: list[Node]) -> str:
    """The nodes as CSS again; nothing where brackets are nested deeper than anybody writes."""
    from tinycss2 import serialize

    try:
        return str(serialize(nodes)).strip()
    except RecursionError:
        return ""


def _words(nodes: list[Node]) -> Iterator[str]:
    left = [nodes]
    while left:
        for node in left.pop():
            kind = node.type
            if kind == "ident":
                yield node.lower_value
            elif kind == "dimension":
                yield node.lower_unit
            elif kind == "hash":
                yield f"#{node.value.lower()}"
            elif kind == "url":
                yield "url("
            elif kind == "percentage":
                yield "%"
            elif kind == "function":
                yield f"{node.lower_name}("
                left.append(node.arguments)
            elif kind in ("() block", "[] block", "{} block"):
                left.append(node.content)


@lru_cache(maxsize=1024)
def color(text: str) -> tuple[str, float] | None:
    """A CSS colour as six hex digits and its opacity (0 to 1); None for what is none, or is not computed here (`oklch`)."""
    from tinycss2.color4 import parse_color

    try:
        found = parse_color(text)
        if found is None or isinstance(found, str):  # `currentcolor`
            return None
        *channels, opacity = found.to("srgb")
        whole = [round(min(max(channel or 0.0, 0.0), 1.0) * 255) for channel in channels]
    except (NotImplementedError, RecursionError, ValueError):  # ValueError: not a number, as in hsl(1e999deg 1% 1%)
        return None
    return "#" + "".join(f"{channel:02x}" for channel in whole), min(max(opacity or 0.0, 0.0), 1.0)
