"""Knows MJML's tags, their attributes and where they may stand, and says what is wrong with a value."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from newsletter.errors import did_you_mean

EVERYWHERE = {"css-class": "string", "mj-class": "string"}
DEFAULTS = frozenset(["mj-all", "mj-class"])  # of mj-attributes: they stand for other tags and take any attribute of those


@dataclass(frozen=True, slots=True)
class TagFacts:
    """One tag: what may stand in it, and its attributes with the types that each may have."""

    holds: Literal["tags", "html", "text", "nothing"]
    children: frozenset[str]
    attributes: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All that MJML knows; `left_out` gives the reason for a tag, or for `tag attribute`, that must not be used here."""

    tags: dict[str, TagFacts]
    left_out: dict[str, str]
    colors: frozenset[str]

    def parents(self, tag: str) -> str:
        """Where `tag` may stand: `mj-column or mj-hero`."""
        if tag in DEFAULTS:
            return "mj-attributes"
        found = [name for name, facts in self.tags.items() if tag in facts.children]
        return " or ".join([", ".join(found[:-1]), found[-1]] if len(found) > 1 else found)

    def wrong_value(self, kinds: Iterable[str], written: str, value: str) -> tuple[str, str] | None:
        """What is wrong with `value` for all of `kinds`, and what would be right; `written` is the attribute's name."""
        found = [_wrong(kind, written, value, self.colors) for kind in kinds]
        return None if None in found else found[0]


@cache
def vocabulary() -> Vocabulary:
    """What mjml_tags.json says, read once; the file's own licence stands in it."""
    said = json.loads(Path(__file__).with_name("mjml_tags.json").read_text(encoding="utf-8"))
    tags = {tag: _facts(facts) for tag, facts in said["tags"].items()}
    every: dict[str, tuple[str, ...]] = {}
    for facts in tags.values():
        for name, kinds in facts.attributes.items():
            every[name] = tuple(dict.fromkeys((*every.get(name, ()), *kinds)))
    tags["mj-all"] = TagFacts("nothing", frozenset(), every)
    tags["mj-class"] = TagFacts("nothing", frozenset(), every | {"name": ("string",)})
    left_out = {name: why for why, names in said["left_out"].items() for name in names}
    return Vocabulary(tags, left_out, frozenset(said["colors"].split()))


def _facts(said: dict[str, object]) -> TagFacts:
    kinds = said["attributes"]
    holds = said["holds"]
    assert isinstance(kinds, dict)
    assert holds in ("tags", "html", "text", "nothing")
    attributes: dict[str, tuple[str, ...]] = {name: (kind,) for kind, names in kinds.items() for name in names.split()}
    attributes |= {name: (kind,) for name, kind in EVERYWHERE.items()}
    return TagFacts(holds, frozenset(str(said["children"]).split()), attributes)


def _wrong(kind: str, written: str, value: str, colors: frozenset[str]) -> tuple[str, str] | None:
    shown = f'{written}="{value}"'
    match kind.partition("(")[0]:
        case "color":
            return _wrong_color(shown, written, value, colors)
        case "boolean" if value not in ("true", "false"):
            return f"{shown} is neither true nor false.", f'Write {written}="true" or {written}="false".'
        case "integer" if not re.fullmatch(r"\d+", value):
            return f"{shown} is not a whole number.", f'Write it in digits, such as {written}="0".'
        case "enum":
            known = kind.removeprefix("enum(").removesuffix(")").split(",")
            if value not in known:
                words = [word for word in known if word]
                return f"{shown} is not a value of {written}.", did_you_mean(value, words)
        case "unit" | "unitWithNegative":
            return _wrong_size(kind, shown, written, value)
    return None


def _wrong_color(shown: str, written: str, value: str, colors: frozenset[str]) -> tuple[str, str] | None:
    if short := re.fullmatch(r"#([0-9a-fA-F])([0-9a-fA-F])([0-9a-fA-F])", value):
        six = "".join(digit * 2 for digit in short.groups())
        return f"{shown} has three digits, which some mail programs cannot read.", f'Write {written}="#{six}".'
    if re.fullmatch(r"#[0-9a-fA-F]{6}|rgba?\(\d{1,3}(,\s?\d{1,3}){2}(,\s?\d(\.\d{1,3})?)?\)", value) or value in colors:
        return None
    if re.fullmatch(r"[0-9a-fA-F]{6}", value):
        return f"{shown} has no # before its digits.", f'Write {written}="#{value}".'
    close = did_you_mean(value, colors) if value.isalpha() else ""
    remedy = "Write # and six digits from 0 to 9 and a to f, such as #1f6f78, or a name such as white."
    return f"{shown} is not a colour.", close if close.startswith("Did") else remedy


@cache
def _size(kind: str) -> tuple[re.Pattern[str], tuple[str, ...], str]:
    """MJML's own pattern for `unit(px,%){1,4}`, the units, and how many values there may be."""
    units = tuple(kind.partition("(")[2].partition(")")[0].split(","))
    times = kind.partition("{")[2].partition("}")[0] or "1"
    sign = "-|" if kind.startswith("unitWithNegative") else ""
    auto = "|auto" if "auto" in units else ""
    plain = [unit for unit in units if unit != "auto"]
    pattern = rf"(((({sign}\d|,|\.)+({'|'.join(map(re.escape, plain))}))|0{auto})( )?){{{times}}}"
    return re.compile(pattern), units, times


def _wrong_size(kind: str, shown: str, written: str, value: str) -> tuple[str, str] | None:
    pattern, units, times = _size(kind)
    if pattern.fullmatch(value):
        return None
    named = [unit for unit in units if unit and unit != "auto"]
    with_px = " ".join(part if part == "0" or not re.fullmatch(r"[\d.]+", part) else part + named[0] for part in value.split())
    if with_px != value and pattern.fullmatch(with_px):
        return f"{shown} has a number without a unit.", f'Write {written}="{with_px}".'
    many = "One to four numbers, each with" if times != "1" else "One number with"
    also = ", or auto" if "auto" in units else ""
    example = "10px 25px" if times != "1" else f"10{named[0]}"
    return f"{shown} is not a size.", f'{many} {" or ".join(named)}{also} would be right, such as {written}="{example}".'
