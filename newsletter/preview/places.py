"""Where in the mail a finding's place shows: which view to open, and what to look for in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from newsletter.check.sample import HTML_PART, TEXT_PART
from newsletter.check.statements import paragraphs
from newsletter.read import merge
from newsletter.read.yaml_file import Document, Node, innermost_key

View = Literal["page", "text", "headers", "inbox", "person", "none"]
Path = tuple[str | int, ...]
_PARTS: dict[str, View] = {
    HTML_PART: "page",
    TEXT_PART: "text",
    "in the built mail": "page",
    "in the built mail, headers": "headers",
    "in the built mail, subject": "inbox",
}
_IN_INBOX = frozenset(["subject", "preheader", "sender"])  # of both files
_NOWHERE = frozenset(["smtp", "images", "language", "timezone", "only_for", "theme", "color", "accent"])  # show in no one place
_SILENT = frozenset(
    ["type", "date", "until", "only_for", "image", "photo", "logo", "alt", "mailto"]
)  # their values are no words of the mail
_MARKED = frozenset(["opening", "text", "items", "steps", "caution", "after", "legal", "bio"])  # read as Markdown
_PLACE = re.compile(r"(.+):(\d+)")
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_ADDRESS = re.compile(r"(?:https?://|mailto:|tel:)(?:\{\{[^{}]*\}\}|[^\s<>\"'`])+")
_LINE_WORDS, _NODE_WORDS, _BEGINNING = 80, 4000, 8  # how many words are looked at, and how many begin a node


@dataclass(frozen=True, slots=True)
class Clue:
    """Something to look for in a mail: an address a link leads to, a picture's alt text, or words that stand together.

    An address can hold open places, `{{ first_name }}` or `{token}`, which stand for anything.
    """

    kind: Literal["link", "picture", "words"]
    value: str


@dataclass(frozen=True, slots=True)
class Spot:
    """A place: its file and line (`` and 0 where it has none), the view that shows it, the list's row (0: none), and clues.

    `seek` has the sharpest clue first; empty, the view is shown as it is. `inbox` is the line of sender, subject and preheader.
    """

    file: str
    line: int
    view: View
    row: int = 0
    seek: tuple[Clue, ...] = ()


def spot_of(place: str, documents: Sequence[Document], list_name: str) -> Spot:
    """Where a finding's `place` shows; `documents` are the issue and the practice, `list_name` the list as places name it."""
    if place in _PARTS:
        return Spot("", 0, _PARTS[place])
    found = _PLACE.fullmatch(place)
    file, line = (found[1], int(found[2][:9])) if found else (place, 0)
    if list_name and file == list_name:
        return Spot(file, line, "person", line)
    for document in documents:
        if document.path == file:
            return _in_file(document, line)
    return Spot(file, line, "none")


def _in_file(document: Document, line: int) -> Spot:
    is_issue = isinstance(document.root.value, dict) and "body" in document.root.value
    if not line:
        return Spot(document.path, 0, "page" if is_issue else "none")
    standing = list(_on_line(document.root, line))
    if not standing:
        return Spot(document.path, line, "none")
    top = {path[0] for path, _ in standing}
    if top <= _IN_INBOX:
        return Spot(document.path, line, "inbox")
    seen = [(path, node) for path, node in standing if path[0] not in _NOWHERE | _IN_INBOX and path[-1] not in _NOWHERE]
    seek = list(dict.fromkeys(clue for clue in _clues(document, line, seen) if clue.value))
    if not seek and not (is_issue and set(top) & {"title", "date", "body"}):
        return Spot(document.path, line, "none")
    return Spot(document.path, line, "page", 0, tuple(seek))


def _on_line(node: Node, line: int, path: Path = ()) -> Iterator[tuple[Path, Node]]:
    """The innermost values of which some part, or the key, stands on a line; for the line of a block's key, the whole block."""
    inside: list[tuple[str | int, Node, int]] = []
    if isinstance(node.value, dict):
        inside = [(key, value, node.keys.get(key, (value.line, 0))[0]) for key, value in node.value.items()]
    elif isinstance(node.value, list):
        inside = [(index, value, value.line) for index, value in enumerate(node.value)]
    for step, value, begins in inside:
        if begins <= line <= _last(value, begins):
            deeper = list(_on_line(value, line, (*path, step)))
            if deeper:
                yield from deeper
            elif begins == line or isinstance(value.value, str) or value.value is None:
                yield (*path, step), value


def _last(node: Node, begins: int) -> int:
    """The last line of a value, whatever stands in it."""
    inside = node.value.values() if isinstance(node.value, dict) else node.value if isinstance(node.value, list) else ()
    own = begins if node.value is None or isinstance(node.value, (dict, list)) else node.last
    return max([own, node.line if isinstance(node.value, (dict, list)) else 0, *(_last(value, value.line) for value in inside)])


def _clues(document: Document, line: int, standing: list[tuple[Path, Node]]) -> Iterator[Clue]:
    """Every clue, the sharpest first: addresses, pictures, the line's words, the beginning of its text, the block's heading."""
    written = document.lines[line - 1] if line <= len(document.lines) else ""
    texts = [(path, node) for path, node in standing if isinstance(node.value, str)]
    for _, node in texts:
        for address in _ADDRESS.findall(str(node.value) if node.last == node.line else written):
            yield Clue("link", _closed(address))
    for path, node in standing:
        yield from _pictures(document, path, node)
    worded = [(path, node) for path, node in texts if innermost_key(path) not in _SILENT and not _ADDRESS.match(str(node.value))]
    for path, node in worded:
        start = node.column - 1 if node.line == line else 0
        yield Clue("words", _words_of_line(written[start:], _runs(path, node)))
    worded += [inner for path, node in standing for inner in _first_text(path, node)]
    for path, node in worded:
        yield Clue("words", next((_beginning(run) for run in _runs(path, node) if len(_WORD.findall(run)) > 1), ""))
    for path, _ in standing:
        yield from _heading(document.root, path)


def _closed(address: str) -> str:
    """An address without the signs that end a sentence, or a bracket that was opened before it."""
    address = address.rstrip(".,;:!?*")
    while address.endswith((")", "]")) and address.count(")") + address.count("]") > address.count("(") + address.count("["):
        address = address[:-1].rstrip(".,;:!?*")
    return address


def _pictures(document: Document, path: Path, node: Node) -> Iterator[Clue]:
    """The words for a picture, where a line names the picture or those words."""
    owner, key = _at(document.root, path[:-1]), path[-1]
    if isinstance(node.value, dict) and "image" in node.value:
        owner = node
    elif key not in ("image", "alt", "photo", "logo"):
        return
    names = {"photo": (document.root, ("practitioner", "name")), "logo": (document.root, ("practice", "name"))}
    root, steps = names.get(str(key), (owner, ("alt",)))
    words = _at(root, steps).value
    yield Clue("picture", " ".join(words.split()) if isinstance(words, str) else "")


def _runs(path: Path, node: Node) -> list[str]:
    """What a text shows word for word: its paragraphs without Markdown, cut where a merge field stands."""
    value = "".join(piece if isinstance(piece, str) else "\0" for piece in merge.split(str(node.value)))
    shown = (
        paragraphs(value.replace("\0", "\ue000"))
        if innermost_key(path) in _MARKED
        else [" ".join(value.replace("\0", "\ue000").split())]
    )
    return [run.strip() for paragraph in shown for run in paragraph.split("\ue000") if run.strip()]


def _words_of_line(written: str, runs: list[str]) -> str:
    """The longest part of what a text shows that stands on this line of the file; at least two words, or all there are."""
    line = _WORD.findall(_ADDRESS.sub(" ", written).lower())[:_LINE_WORDS]
    best, most, left = "", 0, _NODE_WORDS
    for run in runs:
        places = list(_WORD.finditer(run))[:left]
        left -= len(places)
        same = SequenceMatcher(None, line, [word[0].lower() for word in places], autojunk=False).find_longest_match()
        if same.size > most and (same.size > 1 or len(places) == 1):
            first, last = places[same.b], places[same.b + same.size - 1]
            whole = same.size == len(places)
            best, most = run if whole else run[first.start() : last.end()], same.size
    return best


def _beginning(run: str) -> str:
    places = list(_WORD.finditer(run))[:_BEGINNING]
    return run[places[0].start() : places[-1].end()]


def _first_text(path: Path, node: Node) -> Iterator[tuple[Path, Node]]:
    """The first words inside a list or a block, for the line of its key."""
    if not isinstance(node.value, str):
        for inner, text in node.strings(path):
            if innermost_key(inner) not in _SILENT and not _ADDRESS.match(str(text.value)):
                yield inner, text
                return


def _heading(root: Node, path: Path) -> Iterator[Clue]:
    """The heading of the block that a value lies in, or the words it begins with; outside of blocks, the issue's title."""
    depth = 2 if path[0] == "body" and len(path) > 1 else 0
    block = _at(root, path[:depth])
    keys = ("heading", "question", "label", "text", "caption") if depth else ("title",)
    for key in keys if depth or path[0] in ("date", "author", "opening", "hero") else ():
        found = _at(block, (key,))
        if runs := _runs((key,), found) if isinstance(found.value, str) else []:
            yield Clue("words", runs[0] if key != "text" else _beginning(runs[0]) if _WORD.search(runs[0]) else "")
            return


def _at(node: Node, path: Path) -> Node:
    """The value at a path; an empty one where the path leads nowhere."""
    for step in path:
        if isinstance(node.value, dict) and step in node.value:
            node = node.value[str(step)]
        elif isinstance(node.value, list) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
        else:
            return Node(None, 0, 0)
    return node
