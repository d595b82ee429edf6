"""How an element looks, from what is set on it and how the one around it looks: colours, size, weight and room.

Pictures and gradients are not looked into: what words on them stand on is not known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from newsletter.check.access.longhands import UNKNOWN, letter_size, line_height, pixels
from newsletter.check.markup import Element
from newsletter.compose.colors import mix

_NORMAL = 1.2  # what `line-height: normal` comes to in most fonts
_BOLD = 600
_TINY = 2  # px; smaller letters are there to be hidden
_PADDING = ("padding-top", "padding-right", "padding-bottom", "padding-left")
_MARGINS = ("margin-top", "margin-bottom")
_LINES = ("border-top", "border-bottom")
_HEIGHTS = {"height", "min-height"}
_INLINE = frozenset(
    (
        *("a", "abbr", "b", "big", "cite", "code", "del", "em", "font", "i", "img", "ins", "kbd", "label", "mark", "q", "s"),
        *("small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var"),
    )
)


class Veil(NamedTuple):
    """A see-through element: its opacity (0 to 1), the colour behind it, and the veil behind that one."""

    opacity: float
    behind: str
    further: Veil | None


@dataclass(slots=True, eq=False)
class Style:
    """How one kind of element looks; lengths are CSS pixels.

    `ink` is the colour of its words and its opacity, `ground` what they stand on, both None where not known. `leading` is the
    height of a line, or less than nothing: then minus that times the size of the letters. It is None where nobody set it.
    """

    ink: tuple[str, float] | None
    ground: str | None
    size: float = 16.0
    bold: bool = False
    italic: bool = False
    underlined: bool = False
    leading: float | None = None
    inline: bool = False
    boxed: bool = False  # an inline box with room of its own, as buttons are
    hidden: bool = False
    veil: Veil | None = None
    padding: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0)  # top, right, bottom, left
    margins: tuple[float, ...] = (0.0, 0.0)  # above and below
    lines: tuple[float, ...] = (0.0, 0.0)  # thickness of the borders above and below
    width: float | None = None
    height: float | None = None

    @property
    def line(self) -> float:
        """The height of a line of its words."""
        leading = -_NORMAL if self.leading is None else self.leading
        return leading if leading > 0 else -leading * self.size

    @property
    def pair(self) -> tuple[str, str] | None:
        """The colours of its words and of their ground as they are seen; None where one of them is not known."""
        if self.ink is None or self.ground is None:
            return None
        color, ground, veil = mix(self.ink[0], self.ground, self.ink[1]), self.ground, self.veil
        while veil:
            color, ground = mix(color, veil.behind, veil.opacity), mix(ground, veil.behind, veil.opacity)
            veil = veil.further
        return color, ground


def style_of(element: Element, above: Style, values: dict[str, str]) -> Style:
    """The look of an element below one that looks like `above`, with `values` set on it."""
    size = letter_size(values.get("font-size", "inherit"), above.size)
    display = values.get("display", "inline" if element.tag in _INLINE else "block")
    opacity = _share(values.get("opacity", "1"))
    ground = _ground(values, above.ground)
    veil = above.veil
    if opacity < 1:
        veil, ground = (Veil(opacity, above.ground, above.veil), ground) if above.ground else (None, None)
    gone = display == "none" or values.get("visibility") in ("hidden", "collapse") or not opacity
    padding = [pixels(values[side], size) or 0.0 if side in values else 0.0 for side in _PADDING]
    margins = [pixels(values[side], size) or 0.0 if side in values else 0.0 for side in _MARGINS]
    lines = [pixels(values[side], size) or 0.0 if side in values else 0.0 for side in _LINES]
    return Style(
        ink=_ink(values.get("color", "inherit"), above.ink),
        ground=ground,
        size=size,
        bold=_is_bold(values.get("font-weight", "inherit"), above=above.bold),
        italic=values["font-style"].startswith(("italic", "oblique")) if "font-style" in values else above.italic,
        underlined=values.get("underline") == "yes" or (above.underlined and display == "inline"),
        leading=line_height(values.get("line-height", "inherit"), above.leading, size),
        inline=display == "inline",
        boxed=display.startswith("inline-"),
        # letters of no size are hidden, but what stands among them may have a size of its own
        hidden=gone or element.hidden or size <= _TINY or (above.hidden and above.size > _TINY),
        veil=veil,
        padding=tuple(padding),
        margins=tuple(margins),
        lines=tuple(lines),
        width=pixels(values["width"], size) if "width" in values else None,
        height=pixels(values.get("height") or values["min-height"], size) if values.keys() & _HEIGHTS else None,
    )


def _ink(value: str, above: tuple[str, float] | None) -> tuple[str, float] | None:
    """A colour that `longhands.color_setting` made."""
    if value == "inherit":
        return above
    if value == UNKNOWN:
        return None
    color, _, opacity = ("#000000/1" if value == "initial" else value).partition("/")
    return color, float(opacity)


def _ground(values: dict[str, str], above: str | None) -> str | None:
    """What words stand on: its own background, laid on the one around it."""
    laid = values.get("background-color", "")
    if values.get("background-image") or laid == UNKNOWN:
        return None
    color, _, opacity = laid.partition("/")
    if not opacity:  # none, or a word such as `initial`
        return above
    if float(opacity) >= 1:
        return color
    return mix(color, above, float(opacity)) if above else None


def _is_bold(value: str, *, above: bool) -> bool:
    if value.isdecimal():
        return int(value[:6]) >= _BOLD
    return above if value in ("inherit", "unset") else value.startswith("bold")


def _share(value: str) -> float:
    """`0.5` or `50%` as a number from 0 to 1; 1 for what is neither."""
    try:
        number = float(value.removesuffix("%")) / (100 if value.endswith("%") else 1)
    except ValueError:
        return 1.0
    return min(max(number, 0.0), 1.0)
