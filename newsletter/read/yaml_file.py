"""Reads a YAML file into plain text values that remember their line, and leaves it to each field what its text means.

No scalar is ever given a type here: `no`, `012`, `1:30` and `2026-12-01` stay the text that was typed, and the field
they stand in decides. So YAML's surprises cannot change what a practitioner wrote.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from newsletter.errors import Missing, Problem, ProblemsFound, shown_path

LARGEST_FILE = 1_000_000  # bytes; the longest real issue is about 20 kB
DEEPEST = 12  # levels; issue files use five

Plain = dict[str, "Plain"] | list["Plain"] | str | None


@dataclass(slots=True)
class Node:
    """A value and where it starts (both from 1): a mapping's `keys` keep where each key stands."""

    value: dict[str, Node] | list[Node] | str | None
    line: int
    column: int
    block: bool = False
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)

    def plain(self) -> Plain:
        """The same as bare dicts, lists and strings, for validation."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def strings(self, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Node]]:
        """Every text of this value with its path, in the order of the file."""
        if isinstance(self.value, dict):
            for key, node in self.value.items():
                yield from node.strings((*path, key))
        elif isinstance(self.value, list):
            for index, node in enumerate(self.value):
                yield from node.strings((*path, index))
        elif isinstance(self.value, str):
            yield path, self


@dataclass(slots=True)
class Document:
    """One file: its root mapping, its lines, and the problems found while reading its structure."""

    path: str
    root: Node
    lines: list[str]
    problems: list[Problem]

    def problem(self, line: int, column: int, message: str, remedy: str = "") -> None:
        """Notes one more problem of this file."""
        self.problems.append(Problem(self.path, line, column, message, remedy))

    def place(self, node: Node, text: str, occurrence: int = 0) -> tuple[int, int]:
        """Line and column of the nth `text` inside a string node; the node's own place where it cannot be told."""
        left = occurrence
        for number in range(node.line - 1, len(self.lines)):
            line = self.lines[number]
            start = node.column - 1 if number == node.line - 1 else 0
            column = line.find(text, start)
            while column >= 0:
                if not left:
                    return number + 1, column + 1
                left -= 1
                column = line.find(text, column + len(text))
        return node.line, node.column


def read_document(path: Path, folder: Path | None = None) -> Document:
    """Reads one YAML file; raises Missing, or ProblemsFound where its syntax leaves nothing to go on with."""
    shown = shown_path(path, folder)
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise Missing(f"{shown} is not there.") from None
    except OSError as error:
        raise Missing(f"{shown} cannot be read: {error.strerror or error}.") from None
    if len(raw) > LARGEST_FILE:
        size = f"{len(raw) / 1e6:.1f} MB"
        raise ProblemsFound([Problem(shown, 0, 0, f"the file is {size} large.", "A newsletter file has at most 1 MB; is this the right file?")])
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise ProblemsFound([Problem(shown, line, 0, "the file is not UTF-8 text.", 'Save it again with the encoding "UTF-8".')]) from None
    return parse_document(text, shown)


def parse_document(text: str, shown: str) -> Document:
    """The same for text that is at hand; `shown` is the path that problems name."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    document = Document(shown, Node({}, 1, 1), text.split("\n"), [])
    try:
        root = _Builder(document).build(YAML(typ="safe", pure=True).parse(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        message, remedy = _in_plain_words(error, document.lines[line - 1] if 0 < line <= len(document.lines) else "")
        raise ProblemsFound([*document.problems, Problem(shown, line, column, message, remedy)]) from None
    except (YAMLError, RecursionError, ValueError) as error:
        line = _line_of_odd_character(text)
        message = "there is a character that text files must not have." if line else f"this is not YAML we can read ({type(error).__name__})."
        raise ProblemsFound([*document.problems, Problem(shown, line, 0, message, "Delete the line and type it again.")]) from None
    if root is None or not isinstance(root.value, dict):
        raise ProblemsFound([*document.problems, Problem(shown, 1, 1, "the file holds no keys.", "It needs lines like `title: What Causes Back Pain?`.")])
    document.root = root
    return document


class _Builder:
    """Turns YAML events into nodes without recursion, and notes what a newsletter file must not use."""

    def __init__(self, document: Document) -> None:
        self.document = document

    def build(self, events: Iterator[Event]) -> Node | None:
        root: Node | None = None
        open_nodes: list[tuple[Node, ScalarEvent | None]] = []
        documents = 0
        for event in events:
            line, column = event.start_mark.line + 1, event.start_mark.column + 1
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents == 2:
                    self.document.problem(line, column, "a second document begins with `---`.", "Keep one issue in a file.")
            elif isinstance(event, (MappingEndEvent, SequenceEndEvent)):
                open_nodes.pop()
            elif isinstance(event, (ScalarEvent, AliasEvent, CollectionStartEvent)) and documents < 2:
                node = self._node(event, line, column)
                open_nodes = self._attach(open_nodes, node, event)
                root = root or node
                if isinstance(event, CollectionStartEvent):
                    open_nodes.append((node, None))
                if len(open_nodes) > DEEPEST:
                    raise ProblemsFound([Problem(self.document.path, line, column, "brackets or indents are nested too deeply.", "An issue needs five levels.")])
        return root

    def _node(self, event: Event, line: int, column: int) -> Node:
        if getattr(event, "anchor", None) is not None:
            self.document.problem(line, column, "`&` and `*` (YAML anchors) are not used here.", "Write the text out, or put it in quotes.")
        if getattr(event, "tag", None) and not isinstance(event, AliasEvent):
            self.document.problem(line, column, f"`{event.tag}` (a YAML tag) is not used here.", "Delete it, or put the text in quotes.")
        if isinstance(event, MappingStartEvent):
            return Node({}, line, column)
        if isinstance(event, SequenceStartEvent):
            return Node([], line, column)
        if isinstance(event, ScalarEvent):
            plain = event.style in (None, "")
            empty = plain and event.value in ("", "~", "null", "Null", "NULL")
            return Node(None if empty else event.value, line, column, block=event.style in ("|", ">"))
        return Node(None, line, column)

    def _attach(self, open_nodes: list[tuple[Node, ScalarEvent | None]], node: Node, event: Event) -> list[tuple[Node, ScalarEvent | None]]:
        """Puts a node where it belongs: a list's next item, a mapping's next key, or the value of the key before it."""
        if not open_nodes:
            return open_nodes
        parent, key = open_nodes[-1]
        if isinstance(parent.value, list):
            parent.value.append(node)
            return open_nodes
        assert isinstance(parent.value, dict)
        if key is None:
            if not isinstance(event, ScalarEvent):
                remedy = "Text that begins with `{{`, `{` or `[` must stand in quotes."
                raise ProblemsFound([*self.document.problems, Problem(self.document.path, node.line, node.column, "this is not a plain key.", remedy)])
            if event.value in parent.keys:
                self.document.problem(node.line, node.column, f"the key `{event.value}` stands twice.", f"The first is in line {parent.keys[event.value][0]}; keep one.")
            else:
                parent.keys[event.value] = (node.line, node.column)
            return [*open_nodes[:-1], (parent, event)]
        parent.value.setdefault(key.value, node)
        return [*open_nodes[:-1], (parent, None)]


def _line_of_odd_character(text: str) -> int:
    odd = re.search(r"[^\t\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text)
    return text[: odd.start()].count("\n") + 1 if odd else 0


def _in_plain_words(error: MarkedYAMLError, line: str) -> tuple[str, str]:
    """What a YAML error means to somebody who has never heard of YAML, and what to type instead."""
    problem = (error.problem or "").replace("\\t", "\t")
    if "'\t'" in problem or line.lstrip(" ").startswith("\t"):
        return "a tab stands at the beginning of the line.", "Use spaces."
    if "mapping values are not allowed" in problem:
        return "there is a colon inside the text, or the line is indented too far.", 'Put text with a colon in quotes: "Note: stretch".'
    if "cannot start any token" in problem:
        return f"text cannot begin with {problem.split('character')[-1].split('that')[0].strip()}.", "Put the text in quotes."
    if "end of stream" in problem and "quoted" in (error.context or ""):
        return "a quotation mark is opened and never closed.", "Close it, or use the other kind of quotes around the text."
    if "flow" in (error.context or ""):
        return "a bracket is opened and not closed.", 'Close it, or put text with brackets in quotes: "[like this]".'
    if "expected <block end>" in problem:
        return "this line does not fit the lines above it.", "Check quotes and indents: keys of one group begin in the same column."
    return f"this is not YAML we can read: {problem or 'the line is not complete'}.", "Compare the line with an issue that works."
