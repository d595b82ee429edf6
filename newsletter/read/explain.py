"""Turns what validation found in a YAML file into problems with a line, a column and words a receptionist understands."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from newsletter.errors import ProblemsFound, did_you_mean
from newsletter.read.yaml_file import Document, Node

Model = TypeVar("Model", bound=BaseModel)

_SHAPES = {
    "string_type": ("should be text", "Write it on one line after the colon, or below it after `|`."),
    "list_type": ("should be a list", "Write it as [one, two], or as lines that begin with `- `."),
    "tuple_type": ("should be a list", "Write it as [one, two], or as lines that begin with `- `."),
    "model_type": ("should be a group of keys", "Indent its keys below it."),
    "model_attributes_type": ("should be a group of keys", "Indent its keys below it."),
    "dict_type": ("should be a group of keys", "Indent its keys below it."),
    "int_type": ("should be a whole number", "Write digits only, like 587."),
    "too_short": ("holds nothing", "Write at least one entry below it, each beginning with `- `."),
    "date_type": ("should be a date", "Write it as 2026-12-01."),
}


def build(model: type[Model], document: Document, more: Iterable[Callable[[Document], None]] = ()) -> Model:
    """Makes `model` of a document; raises ProblemsFound with every problem, those of the `more` checks among them."""
    for look in more:
        look(document)
    made: Model | None = None
    try:
        made = model.model_validate(document.root.plain())
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_context=True):
            _note(model, document, detail)
    if document.problems or made is None:
        raise ProblemsFound(document.problems)
    return made


def _note(model: type[BaseModel], document: Document, detail: ErrorDetails) -> None:
    if detail["type"] == "too_short" and detail["input"]:
        return  # its entries are there, each with a problem of its own
    path, node, key_place = _walk(document.root, _without_block_tags(detail["loc"]))
    name = _spoken(path)
    line, column = key_place or (node.line, node.column)
    kind = detail["type"]
    if kind == "extra_forbidden":
        known = known_keys(model, detail["loc"][:-1])
        _, group, _ = _walk(document.root, _without_block_tags(detail["loc"])[:-1])
        line, column = group.keys.get(str(path[-1]), (line, column))
        document.problem(line, column, f"unknown key `{path[-1]}`.", did_you_mean(str(path[-1]), known))
    elif kind == "missing":
        document.problem(node.line, node.column, f"`{name}` is missing.", "Add the line.")
    elif kind in ("newsletter", "value_error"):
        document.problem(line, column, f"`{name}`: {detail['msg'].removeprefix('Value error, ')}")
    elif kind in ("less_than_equal", "greater_than_equal"):
        limits = detail.get("ctx", {})
        asked = f"at most {limits['le']}" if "le" in limits else f"at least {limits['ge']}"
        document.problem(line, column, f"`{name}` must be {asked}.", "Correct the number.")
    elif detail["input"] is None:
        document.problem(line, column, f"`{name}` is empty.", "Write something after the colon, or delete the key.")
    elif kind in ("literal_error", "union_tag_invalid", "enum"):
        known = [w.strip(" '") for w in str(detail.get("ctx", {}).get("expected", "")).replace(" or ", ", ").split(",")]
        document.problem(line, column, f"`{name}` cannot be `{detail['input']}`.", did_you_mean(str(detail["input"]), known))
    else:
        what, remedy = _SHAPES.get(kind, (f"is not right: {detail['msg']}", ""))
        document.problem(line, column, f"`{name}` {what}.", remedy)


def _without_block_tags(loc: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Validation puts a block's type into the path (`body, 3, tips, items`); the file has no such level."""
    if len(loc) > 2 and loc[0] == "body" and isinstance(loc[1], int):
        return (*loc[:2], *loc[3:])
    return loc


def _walk(root: Node, loc: tuple[str | int, ...]) -> tuple[list[str | int], Node, tuple[int, int] | None]:
    """The node a path leads to, or the last one there is; and where its key stands, if a key led there."""
    node, place = root, None
    for step in loc:
        if isinstance(node.value, dict) and step in node.value:
            place = node.keys[str(step)]
            node = node.value[str(step)]
        elif isinstance(node.value, list) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            place = (node.line, node.column)
        else:
            break
    if place and not isinstance(node.value, (dict, list)) and not node.block and (node.line == place[0]):
        place = (node.line, node.column) if node.value is not None else place
    return list(loc), node, place


def _spoken(path: list[str | int]) -> str:
    """`body[3].items`: a path as people say it, blocks counted from 1."""
    spoken = ""
    for step in path:
        spoken += f"[{step + 1}]" if isinstance(step, int) else (f".{step}" if spoken else step)
    return spoken


def known_keys(model: type[BaseModel], loc: Iterable[str | int]) -> list[str]:
    """The keys that are allowed where `loc` leads, as a person would write them."""
    here: list[type[BaseModel]] = [model]
    for step in loc:
        if isinstance(step, str):
            inside = [m for known in here if step in known.model_fields for m in models_in(known.model_fields[step].annotation)]
            chosen = [m for m in here if "type" in m.model_fields and step in get_args(m.model_fields["type"].annotation)]
            here = chosen or inside or here
    return sorted({name for known in here for name in known.model_fields})


def models_in(annotation: object) -> list[type[BaseModel]]:
    """Every model named anywhere inside a field's type."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for part in get_args(annotation) for found in models_in(part)]
