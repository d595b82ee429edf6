"""Merge fields: a subscriber's value inside the text, as `{{ name }}` or `{{ name or "fallback" }}` and nothing more."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from newsletter.errors import did_you_mean
from newsletter.read.yaml_file import Document, Node

_BRACES = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_FIELD = re.compile(r"""\s*([A-Za-z][A-Za-z0-9_]*)\s*(?:(?<=\s)or\s*(?:"([^"{}]*)"|'([^'{}]*)')\s*)?""")
_TEMPLATE_SIGNS = re.compile(r"\{%|%\}|\{#|#\}|\{\{|\}\}")
_IN_A_WEBSITES_NAME = re.compile(r"://[^\s/\"'<>()\[\]{}]*\{\{[^{}]*\}\}\Z")
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
        known_here = None if _NO_FIELDS_IN & {str(step) for step in path} else known
        for found, occurrence in _numbered(_BRACES.finditer(text)):
            wrong = _fault(found, key, known_here)
            if wrong:
                document.problem(*document.place(node, found.group().split("\n")[0], occurrence), *wrong)
        _check_strays(document, node, text)


def refuse_all(document: Document) -> None:
    """Notes merge fields in a file that cannot have any: the practice is the same for every subscriber."""
    for _path, node in document.root.strings():
        if isinstance(node.value, str) and _BRACES.search(node.value):
            line, column = document.place(node, "{{")
            document.problem(line, column, "merge fields work only in issues.", "Write the text itself.")


def _numbered(found: Iterable[re.Match[str]]) -> Iterator[tuple[re.Match[str], int]]:
    """Each match with how often the same text was matched before it, which is how `Document.place` finds it."""
    seen: Counter[str] = Counter()
    for match in found:
        yield match, seen[match.group()]
        seen[match.group()] += 1


def _fault(found: re.Match[str], key: str, known: frozenset[str] | None) -> tuple[str, str] | None:
    """What is wrong with one `{{ ... }}` and what would be right; `known` is None where no merge field may stand."""
    field = parse(found.group(1))
    if field is None:
        written = found.group().split("\n")[0]
        shown = written if len(written) <= 60 and written == found.group() else f"{written[:57]}..."
        return f"{shown} is not a merge field.", 'Write {{ first_name }} or {{ first_name or "there" }}, nothing more.'
    if known is None:
        return f"`{key}` cannot hold a merge field.", "It is the same for every subscriber."
    if field.name not in known:
        return f'there is no merge field "{field.name}".', did_you_mean(field.name, known)
    if _IN_A_WEBSITES_NAME.search(found.string, 0, found.end()):
        return (
            "a merge field cannot stand in a website's name.",
            "Put it after the name: https://riverbend.example/?n={{ first_name }}.",
        )
    return None


def _check_strays(document: Document, node: Node, text: str) -> None:
    """Notes braces that are left when the merge fields are taken away."""
    rest = _BRACES.sub(lambda found: "\0" * len(found.group()), text)
    if stray := _TEMPLATE_SIGNS.search(rest):
        place = document.place(node, stray.group(), text.count(stray.group(), 0, stray.start()))
        remedy = 'Only {{ name }} and {{ name or "fallback" }} work in an issue.'
        document.problem(*place, f"`{stray.group()}` has no partner or no meaning here.", remedy)
