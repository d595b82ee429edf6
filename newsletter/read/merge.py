"""Merge fields: a subscriber's value inside the text, as `{{ name }}` or `{{ name or "fallback" }}` and nothing more."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from newsletter.errors import did_you_mean
from newsletter.read.yaml_file import Document, Node

_BRACES = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_FIELD = re.compile(r"""\s*([A-Za-z][A-Za-z0-9_]*)\s*(?:or\s+(?:"([^"{}]*)"|'([^'{}]*)')\s*)?""")
_TEMPLATE_SIGNS = re.compile(r"\{%|%\}|\{#|#\}|\{\{|\}\}")
_NO_FIELDS_IN = {"date", "image", "type", "only_for", "credit_url", "photo", "logo", "until"}


@dataclass(frozen=True, slots=True)
class MergeField:
    """A place that a subscriber's value fills; `fallback` stands in where the value is empty."""

    name: str
    fallback: str | None = None


def split(text: str) -> Iterator[str | MergeField]:
    """The text in pieces: plain strings and merge fields, in order. Braces that are no merge field stay text."""
    end = 0
    for found in _BRACES.finditer(text):
        field = parse(found.group(1))
        if field:
            yield text[end : found.start()]
            yield field
            end = found.end()
    yield text[end:]


def parse(inside: str) -> MergeField | None:
    """What stands between `{{` and `}}` as a merge field, or None where it is none."""
    found = _FIELD.fullmatch(inside)
    if not found:
        return None
    fallback = found.group(2) if found.group(2) is not None else found.group(3)
    return MergeField(found.group(1), fallback)


def check(document: Document, known: frozenset[str]) -> None:
    """Notes every merge field of a file that is misspelt, unknown, or stands where none can."""
    for path, node in document.root.strings():
        text = node.value
        if not isinstance(text, str) or not _TEMPLATE_SIGNS.search(text):
            continue
        key = next((step for step in reversed(path) if isinstance(step, str)), "")
        _check_text(document, node, text, known, allowed=not (_NO_FIELDS_IN & {str(step) for step in path}), key=key)


def refuse_all(document: Document) -> None:
    """Notes merge fields in a file that cannot have any: the practice is the same for every subscriber."""
    for _path, node in document.root.strings():
        if isinstance(node.value, str) and _BRACES.search(node.value):
            line, column = document.place(node, "{{")
            document.problem(line, column, "merge fields work only in issues.", "Write the text itself.")


def _check_text(document: Document, node: Node, text: str, known: frozenset[str], *, allowed: bool, key: str) -> None:
    seen: Counter[str] = Counter()
    for found in _BRACES.finditer(text):
        written = found.group(0)
        line, column = document.place(node, written.split("\n")[0], seen[written])
        seen[written] += 1
        field = parse(found.group(1))
        if field is None:
            document.problem(line, column, f"{written} is not a merge field.", 'Write {{ first_name }} or {{ first_name or "there" }}, nothing more.')
        elif not allowed:
            document.problem(line, column, f"`{key}` cannot hold a merge field.", "It is the same for every subscriber.")
        elif field.name not in known:
            document.problem(line, column, f'there is no merge field "{field.name}".', did_you_mean(field.name, known))
    rest = _BRACES.sub("", text)
    if stray := _TEMPLATE_SIGNS.search(rest):
        line, column = document.place(node, stray.group(0))
        document.problem(line, column, f"`{stray.group(0)}` has no partner or no meaning here.", 'Only {{ name }} and {{ name or "fallback" }} work in an issue.')
