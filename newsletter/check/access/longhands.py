"""A style declaration as the single settings on which legibility hangs: `font: bold 14px/1.5 Arial` are four of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from newsletter.check import css

Settings = tuple[tuple[str, str], ...]  # properties, shorthands taken apart, and values that can be used
UNKNOWN = "?"  # the value of a colour or picture that is not computed here

_LONGEST = 300  # characters of a value
_LENGTH = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))([a-z%]*)")
_FONT = re.compile(r"(?<!\S)(\d*\.?\d+(?:px|pt|em|rem|%))(?:\s*/\s*([\d.]+[a-z%]*))?")
_COLOR = re.compile(r"#[0-9a-f]+|[a-z-]{1,20}\([^()]*\)|[a-z]+")
_PICTURE = re.compile(r"url\([^)]*\)|(?:[a-z]{1,20}-)?gradient\(.*\)")
_SIZES = {  # CSS Fonts level 3, as browsers have them
    **{"xx-small": 9 / 16, "x-small": 10 / 16, "small": 13 / 16, "medium": 1, "large": 18 / 16, "x-large": 24 / 16},
    **{"xx-large": 2, "xxx-large": 3},
}
_KEPT = frozenset(
    (
        *("font-weight", "font-style", "display", "visibility", "opacity", "height", "min-height", "width"),
        *("padding-top", "padding-right", "padding-bottom", "padding-left", "margin-top", "margin-bottom"),
    )
)
_SIZE_WORDS = ("normal", "smaller", "larger", "inherit", "initial")
_SIDES = ("top", "right", "bottom", "left")


@lru_cache(maxsize=4096)
def taken_apart(name: str, value: str, words: frozenset[str]) -> Settings:
    """A declaration as settings; none where a browser would pass it over, or legibility does not depend on it."""
    value = value[:_LONGEST].lower()
    if name in _KEPT:
        return ((name, value),)
    if name in ("font-size", "line-height"):
        return ((name, value),) if value in _SIZES or value in _SIZE_WORDS or _is_size(name, value) else ()
    read = _READERS.get(name)
    return tuple(read(name, value, words)) if read else ()


def _is_size(name: str, value: str) -> bool:
    """Whether a value is a length that is not less than nothing; only a line can be a number of times as high as letters."""
    found = _LENGTH.fullmatch(value)
    return bool(found and found[1][0] != "-" and (found[2] or name == "line-height" or not float(found[1])))


def color_setting(value: str) -> str:
    """A colour as it can be used: `#rrggbb/opacity`, `inherit`, or `?` for one not computed here; empty for no colour."""
    if value in ("inherit", "currentcolor", "unset", "revert"):
        return "inherit"
    if value == "initial":
        return value
    if found := css.color(value):
        return f"{found[0]}/{found[1]}"
    return UNKNOWN if value.endswith(")") and "(" in value else ""


def _color(name: str, value: str, _words: frozenset[str]) -> Iterator[tuple[str, str]]:
    if usable := color_setting(value):
        yield name, usable


def _background(name: str, value: str, words: frozenset[str]) -> Iterator[tuple[str, str]]:
    """A picture or gradient, and the colour below it."""
    yield (
        "background-image",
        UNKNOWN if any(word == "url(" or word.endswith(("gradient(", "image-set(")) for word in words) else "",
    )
    if name == "background":
        colors = (found for part in _COLOR.findall(_PICTURE.sub(" ", value)) if (found := color_setting(part)))
        yield "background-color", next(colors, "#000000/0")


def _underline(_name: str, _value: str, words: frozenset[str]) -> Iterator[tuple[str, str]]:
    yield "underline", "yes" if words & {"underline", "overline"} else "no"


def _room(name: str, value: str, _words: frozenset[str]) -> Iterator[tuple[str, str]]:
    """One to four lengths, for the sides in the order of the clock; a side that is not named is like the one across."""
    parts = value.split()
    for number, side in enumerate(_SIDES[: 4 if parts else 0]):
        across = number if number < len(parts) else max(number - 2, 0)
        yield f"{name}-{side}", parts[across if across < len(parts) else 0]


def _font(_name: str, value: str, words: frozenset[str]) -> Iterator[tuple[str, str]]:
    """`bold 14px/1.5 Arial`."""
    if found := _FONT.search(value):
        yield "font-size", found[1]
        yield "line-height", found[2] or "normal"
        yield "font-weight", next((w for w in value.split() if w in ("bold", "bolder", "600", "700", "800", "900")), "normal")
        yield "font-style", "italic" if words & {"italic", "oblique"} else "normal"


def _border(name: str, value: str, words: frozenset[str]) -> Iterator[tuple[str, str]]:
    """How thick the lines above and below are, as far as one declaration says it."""
    drawn = words & {"solid", "dashed", "dotted", "double", "groove", "ridge", "inset", "outset"}
    width = next((part for part in value.split() if _LENGTH.fullmatch(part)), "3px") if drawn else "0"
    for side in ("top", "bottom") if name == "border" else (name.removeprefix("border-"),):
        yield f"border-{side}", width


_READERS: dict[str, Callable[[str, str, frozenset[str]], Iterator[tuple[str, str]]]] = {
    **dict.fromkeys(("color", "background-color"), _color),
    **dict.fromkeys(("background", "background-image"), _background),
    **dict.fromkeys(("text-decoration", "text-decoration-line"), _underline),
    **dict.fromkeys(("border", "border-top", "border-bottom"), _border),
    **dict.fromkeys(("padding", "margin"), _room),
    "font": _font,
}


@lru_cache(maxsize=2048)
def pixels(value: str, em: float) -> float | None:
    """A length in CSS pixels, where `em` is the size of the letters; None for what is none or hangs on the screen's width."""
    found = _LENGTH.fullmatch(value.strip())
    if not found or len(value) > _LONGEST:
        return None
    number, unit = float(found[1]), found[2]
    if not unit:
        return None if number else 0.0
    inch = {"px": 1.0, "pt": 4 / 3, "pc": 16.0, "in": 96.0, "cm": 96 / 2.54, "mm": 96 / 25.4}
    scale = {**inch, "em": em, "rem": 16.0, "ex": em / 2, "ch": em / 2}.get(unit)
    return None if scale is None else number * scale


def letter_size(value: str, above: float) -> float:
    """A `font-size` in CSS pixels, where the letters around have `above`."""
    if value in _SIZES:
        return 16 * _SIZES[value]
    if value in ("smaller", "larger"):
        return above / 1.2 if value == "smaller" else above * 1.2
    if value.endswith("%") and (found := _LENGTH.fullmatch(value)):
        return above * float(found[1]) / 100
    size = pixels(value, above)
    return above if size is None or size < 0 else size


def line_height(value: str, above: float | None, size: float) -> float | None:
    """A `line-height` in CSS pixels; minus the factor, where it is a factor of the size of the letters; None for `normal`."""
    found = _LENGTH.fullmatch(value)
    if value == "normal":
        return None
    if not found:
        return above
    if not found[2]:
        return -float(found[1])
    if found[2] == "%":
        return size * float(found[1]) / 100
    height = pixels(value, size)
    return above if height is None else height
