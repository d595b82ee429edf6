"""Reads a YAML file into plain text values that remember their line, and leaves it to each field what its text means.

No scalar is ever given a type here: `no`, `012`, `1:30` and `2026-12-01` stay the text that was typed, and the field
they stand in decides. So YAML's surprises cannot change what a practitioner wrote.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
)

from newsletter.errors import Missing, Problem, ProblemsFound, shown_path
from newsletter.read import yaml_words

LARGEST_FILE = 1_000_000  # bytes; the longest real issue is about 20 kB
DEEPEST = 12  # levels; issue files use five

Plain = dict[str, "Plain"] | list["Plain"] | str | None


@dataclass(slots=True)
class Node:
    """A value, where it starts (both from 1) and its last line: a mapping's `keys` keep where each key stands."""

    value: dict[str, Node] | list[Node] | str | None
    line: int
    column: int
    last: int = 1
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


def innermost_key(path: Sequence[str | int]) -> str:
    """The innermost key on the path of a value; the places of a list have none."""
    return next((step for step in reversed(path) if isinstance(step, str)), "")


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

    def give_up(self, line: int, column: int, message: str, remedy: str) -> NoReturn:
        """Raises ProblemsFound with all that was noted and one last problem, unless its line is named already."""
        if line not in {problem.line for problem in self.problems}:
            self.problem(line, column, message, remedy)
        raise ProblemsFound(self.problems)

    def place(self, node: Node, text: str, occurrence: int = 0) -> tuple[int, int]:
        """Line and column of the nth `text` inside a string node; the node's own place where it cannot be told."""
        left = occurrence
        for number in range(node.line - 1, min(node.last, len(self.lines))):
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
    document = Document(shown, Node({}, 1, 1), [], [])
    try:
        with path.open("rb") as stream:
            raw = stream.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        raise Missing(f"{shown} is not there.") from None
    except OSError as error:
        raise Missing(f"{shown} cannot be read: {error.strerror or error}.") from None
    if len(raw) > LARGEST_FILE:
        size = f"{path.stat().st_size / 1e6:.1f} MB"
        document.give_up(0, 0, f"the file is {size} large.", "A newsletter file has at most 1 MB; is this the right file?")
    try:
        return parse_document(raw.decode("utf-8-sig"), shown)
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        document.give_up(line, 0, "the file is not UTF-8 text.", 'Save it again with the encoding "UTF-8".')


def parse_document(text: str, shown: str) -> Document:
    """The same for text that is at hand; `shown` is the path that problems name."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    document = Document(shown, Node({}, 1, 1), text.split("\n"), [])
    for number, line in enumerate(document.lines, 1):
        if found := yaml_words.HIDDEN_BREAK.search(line):
            document.problem(number, found.start() + 1, *yaml_words.hidden_break())
    try:
        root = _Builder(document).build(YAML(typ="safe", pure=True).parse(yaml_words.HIDDEN_BREAK.sub(" ", text)))
    except (YAMLError, RecursionError, ValueError) as error:
        document.give_up(*yaml_words.explained(error, text))
    if root is None or not isinstance(root.value, dict):
        document.give_up(1, 1, "the file holds no keys.", "It needs lines like `title: What Causes Back Pain?`.")
    document.root = root
    return document


class _Builder:
    """Turns YAML events into nodes without recursion, and notes what a newsletter file must not use."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.open: list[tuple[Node, str | None]] = []  # collections not closed yet, each mapping with the key that waits

    def build(self, events: Iterator[Event]) -> Node | None:
        """The first document's root, or None where there is none."""
        root: Node | None = None
        documents = 0
        for event in events:
            line, column = event.start_mark.line + 1, event.start_mark.column + 1
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents == 2:
                    self.document.problem(line, column, "a second document begins with `---`.", "Keep one issue in a file.")
            elif documents > 1:
                continue
            elif isinstance(event, CollectionEndEvent):
                self.open.pop()
            elif isinstance(event, NodeEvent):
                node = self._node(event, line, column)
                self._attach(node, event)
                root = root or node
                if isinstance(event, CollectionStartEvent):
                    self.open.append((node, None))
                if len(self.open) > DEEPEST:
                    what = "brackets or indents are nested too deeply."
                    self.document.give_up(line, column, what, "An issue needs five levels.")
        return root

    def _node(self, event: NodeEvent, line: int, column: int) -> Node:
        last = event.end_mark.line + (1 if event.end_mark.column else 0)
        if event.anchor is not None:
            sign = "*" if isinstance(event, AliasEvent) else "&"
            what = f"text cannot begin with `{sign}` here."
            self.document.problem(
                line, column, what, "Put the text in quotes. (`&` and `*` are YAML anchors; a mail needs none.)"
            )
            if not isinstance(event, CollectionStartEvent):
                return Node(f"{sign}{event.anchor}", line, column, last)
        if isinstance(event, (ScalarEvent, CollectionStartEvent)) and event.tag:
            what = f"`{event.tag}` (a YAML tag) is not used here."
            self.document.problem(line, column, what, "Delete it, or put the text in quotes.")
        if isinstance(event, CollectionStartEvent):
            return Node({} if isinstance(event, MappingStartEvent) else [], line, column, last)
        assert isinstance(event, ScalarEvent)
        return self._scalar(event, Node(yaml_words.joined_surrogates(event.value), line, column, last))

    def _scalar(self, event: ScalarEvent, node: Node) -> Node:
        node.block = event.style in ("|", ">")
        if event.style in (None, ""):
            if event.value in ("", "~", "null", "Null", "NULL"):
                node.value = None
            line, column = self._end(event)
            rest = self.document.lines[line][column:] if line < len(self.document.lines) else ""
            if cut := yaml_words.CUT_OFF.match(rest):
                self.document.problem(line + 1, column + cut.start("cut") + 1, *yaml_words.cut_off(cut["cut"]))
        return node

    def _end(self, event: ScalarEvent) -> tuple[int, int]:
        """Where a value ends; for none at all, which the library places at the next thing in the file, behind its key's colon."""
        parent, key = self.open[-1] if self.open else (None, None)
        if event.value or parent is None or key is None:
            return event.end_mark.line, event.end_mark.column
        line, column = parent.keys[key]
        return line - 1, column + len(key)

    def _attach(self, node: Node, event: NodeEvent) -> None:
        """Puts a node where it belongs: a list's next item, a mapping's next key, or the value of the key before it."""
        if not self.open:
            return
        parent, key = self.open[-1]
        if isinstance(parent.value, list):
            parent.value.append(node)
        elif key is not None:
            assert isinstance(parent.value, dict)
            parent.value.setdefault(key, node)
            self.open[-1] = (parent, None)
        elif isinstance(event, ScalarEvent):
            self.open[-1] = (parent, event.value)
            if first := parent.keys.get(event.value):
                what = f"the key `{event.value}` stands twice."
                self.document.problem(node.line, node.column, what, f"The first is in line {first[0]}; keep one.")
            else:
                parent.keys[event.value] = (node.line, node.column)
        else:
            what, remedy = "this is not a plain key.", "Text that begins with `{{`, `{` or `[` must stand in quotes."
            self.document.give_up(node.line, node.column, what, remedy)
