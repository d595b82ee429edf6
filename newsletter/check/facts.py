"""The facts that rules go by, from YAML files beside this one, each with its source and date; a practice can add its own.

`data/NAME.yaml`, or `data/NAME.en.yaml` where words are of a language, holds `source`, `as_of` and `entries`; an entry
can name a source and date of its own. `rules/NAME.yaml` in a practice's folder adds entries of the same shape.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from newsletter.errors import Problem, ProblemsFound, did_you_mean, shown_path
from newsletter.read.shipped import plain_values
from newsletter.read.yaml_file import Document, Node, Plain, read_document

DATA = Path(__file__).with_name("data")
_FOLDER = "rules"  # of a practice
Shape = TypeVar("Shape")


@cache
def languages() -> frozenset[str]:
    """The languages that there are words for: `en`."""
    return frozenset(parts[1] for file in DATA.iterdir() if len(parts := file.name.split(".")) == 3)


def entries(shape: type[Shape], name: str, folder: Path | None = None, language: str = "") -> tuple[Shape, ...]:
    """The facts of one file as values of `shape`, the practice's own last; none where there is no file for a language.

    `shape` is a frozen dataclass whose fields are `str` or `tuple[str, ...]`, `source` and `as_of` among them. Raises
    ProblemsFound for a practice's file that cannot be read.
    """
    shipped = _shipped(shape, f"{name}.{language}" if language else name)  # type: ignore[arg-type]  # every class is hashable
    return shipped + (_own(shape, name, folder) if folder else ())


@cache
def _shipped(shape: type[Shape], name: str) -> tuple[Shape, ...]:
    file = DATA / f"{name}.yaml"
    if not file.is_file():
        return ()
    said = plain_values(file)
    assert isinstance(said, dict)
    listed = said["entries"]
    assert isinstance(listed, list)
    return tuple(_made(shape, entry, said) for entry in listed if isinstance(entry, dict))


def _made(shape: type[Shape], entry: Mapping[str, Plain], file: Mapping[str, Plain]) -> Shape:
    """One entry as a value; what it does not say of its source and date, its file says."""
    values: dict[str, str | tuple[str, ...]] = {}
    for name, many in _layout(shape):  # type: ignore[arg-type]  # every class is hashable
        said = entry.get(name)
        if said is None and name in ("source", "as_of"):
            said = file.get(name)
        if said is not None:
            values[name] = tuple(map(str, said if isinstance(said, list) else [said])) if many else str(said)
    return shape(**values)


@cache
def _layout(shape: type[Any]) -> tuple[tuple[str, bool], ...]:
    """The names of a shape's fields, and whether several texts may stand there."""
    return tuple((field.name, str(field.type).startswith("tuple")) for field in dataclasses.fields(shape))


def _own(shape: type[Shape], name: str, folder: Path) -> tuple[Shape, ...]:
    """What a practice adds in `rules/NAME.yaml`; every problem of the file at once."""
    path = folder / _FOLDER / f"{name}.yaml"
    if not path.is_file():
        return ()
    document = read_document(path, folder)
    said = document.root.value
    listed = said.get("entries") if isinstance(said, dict) else None
    found = []
    for entry in listed.value if listed and isinstance(listed.value, list) else _no_entries(document):
        if not _fits(shape, entry, document):
            continue
        plain = entry.plain()
        assert isinstance(plain, dict)
        found.append(_made(shape, plain, {"source": f"your own {shown_path(path, folder)}", "as_of": ""}))
    if document.problems:
        raise ProblemsFound(document.problems)
    return tuple(found)


def _no_entries(document: Document) -> list[Node]:
    document.problem(1, 1, "`entries` is missing.", "Write `entries:` and below it lines that begin with `- `.")
    return []


def _fits(shape: type[Shape], entry: Node, document: Document) -> bool:
    """Whether an entry has the keys that it must have and no others; what is wrong is noted."""
    fields = {field.name: field for field in dataclasses.fields(shape)}  # type: ignore[arg-type]  # every shape is a dataclass
    if not isinstance(entry.value, dict):
        document.problem(entry.line, entry.column, "an entry should be a group of keys.", f"It can have {', '.join(fields)}.")
        return False
    before = len(document.problems)
    for key, node in entry.value.items():
        if key not in fields:
            document.problem(*entry.keys[key], f"unknown key `{key}`.", did_you_mean(key, fields))
        elif isinstance(node.value, dict) or (isinstance(node.value, list) and not str(fields[key].type).startswith("tuple")):
            document.problem(node.line, node.column, f"`{key}` should be text.", "Write it on one line after the colon.")
    given = ("source", "as_of")
    for key, field in fields.items():
        required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        if required and key not in given and not (key in entry.value and entry.value[key].value):
            document.problem(entry.line, entry.column, f"`{key}` is missing.", "Add it to this entry.")
    return len(document.problems) == before


def problem(folder: Path, name: str, message: str, remedy: str) -> ProblemsFound:
    """What to raise where an entry of a practice's own file has the right shape and still makes no sense."""
    path = folder / _FOLDER / f"{name}.yaml"
    return ProblemsFound([Problem(shown_path(path, folder), 0, 0, message, remedy)])
