"""The style of every element of a page, in light mode and in dark mode; what looks alike is computed once."""

from __future__ import annotations

from dataclasses import dataclass, field

from newsletter.check.access.cascade import Cascade, Spot
from newsletter.check.access.computed import Style, style_of
from newsletter.check.access.longhands import UNKNOWN, Settings, color_setting
from newsletter.check.markup import Element, Page

_WHITE, _BLACK, _LINK = "#ffffff", "#000000", "#0000ee"
_DARK_CANVAS, _DARK_LINK = "#121212", "#9e9eff"  # Chromium's, for a page that says it can do dark mode
_GIVEN: dict[str, Settings] = {  # HTML standard, section Rendering; what is not here looks like what is around it
    **dict.fromkeys(("b", "strong", "th"), (("font-weight", "bold"),)),
    **dict.fromkeys(("i", "em", "cite", "var", "dfn", "address"), (("font-style", "italic"),)),
    **dict.fromkeys(("small", "sub", "sup"), (("font-size", "smaller"),)),
    **dict.fromkeys(("u", "ins"), (("underline", "yes"),)),
    **dict.fromkeys(("p", "ul", "ol", "dl", "blockquote", "pre"), (("margin-top", "1em"), ("margin-bottom", "1em"))),
    "big": (("font-size", "larger"),),
    "mark": (("background-color", "#ffff00/1"), ("color", "#000000/1")),
    **{
        f"h{level}": (("font-size", size), ("font-weight", "bold"))
        for level, size in enumerate(("2em", "1.5em", "1.17em", "1em", "0.83em", "0.67em"), start=1)
    },
}
_FONT_SIZES = {"1": "10px", "2": "13px", "3": "16px", "4": "18px", "5": "24px", "6": "32px", "7": "48px"}
_TELLING = ("style", "class", "id", "bgcolor", "background", "color", "size", "width", "height", "text")  # attributes


@dataclass(slots=True, eq=False)
class Look:
    """Elements of one kind (see `Spot`) with their style in light mode, and in dark mode where the page has one."""

    spot: Spot
    light: Style
    dark: Style | None
    below: dict[tuple[object, ...], Look] = field(default_factory=dict)


def looks_of(pages: tuple[Page, ...]) -> list[list[Look]]:
    """The look of every element of each page, in their order; pages with the same style sheets share looks."""
    painters: dict[tuple[object, ...], _Painter] = {}
    found = []
    for page in pages:
        sheets = tuple(
            (e.attributes.get("media", ""), "".join(words for words, _ in e.text)) for e in page.elements if e.tag == "style"
        )
        dark = any("dark" in e.attributes.get("content", "") for e in page.elements if _names_schemes(e))
        if (sheets, dark) not in painters:
            painters[sheets, dark] = _Painter(sheets, declared_dark=dark)
        found.append(painters[sheets, dark].looks_of(page))
    return found


def _names_schemes(element: Element) -> bool:
    return element.tag == "meta" and element.attributes.get("name", "").lower() == "color-scheme"


class _Painter:
    """Gives looks to elements; each kind of element is computed once."""

    def __init__(self, sheets: tuple[tuple[str, str], ...], *, declared_dark: bool) -> None:
        said_dark = any("prefers-color-scheme" in media + text for media, text in sheets)
        self.light = Cascade(sheets, dark=False)
        self.dark = Cascade(sheets, dark=True) if said_dark or declared_dark else None
        day = Style((_BLACK, 1.0), _WHITE)
        night = Style((_WHITE, 1.0), _DARK_CANVAS) if declared_dark else day
        self.canvas = Look(Spot("", "", frozenset(), None, 0), day, night if self.dark else None)
        self.dark_link = _DARK_LINK if declared_dark else _LINK

    def looks_of(self, page: Page) -> list[Look]:
        """The look of every element, in the order of the page."""
        looks: list[Look] = []
        for element in page.elements:
            above = looks[element.parent] if element.parent >= 0 else self.canvas
            said = element.attributes
            key = (element.tag, element.hidden, "href" in said, *map(said.get, _TELLING))
            look = above.below.get(key)
            if look is None:
                look = above.below[key] = self._look(element, above)
            looks.append(look)
        return looks

    def _look(self, element: Element, above: Look) -> Look:
        said = element.attributes
        spot = Spot(element.tag, said.get("id", ""), frozenset(said.get("class", "").split()), above.spot, above.spot.depth + 1)
        style, given = said.get("style", ""), _given(element)
        light = style_of(element, above.light, self.light.of(spot, style, (*_link(element, _LINK), *given)))
        dark = None
        if self.dark and above.dark:
            dark = style_of(element, above.dark, self.dark.of(spot, style, (*_link(element, self.dark_link), *given)))
        return Look(spot, light, dark)


def _link(element: Element, color: str) -> Settings:
    return (("color", f"{color}/1"), ("underline", "yes")) if element.tag == "a" and "href" in element.attributes else ()


def _given(element: Element) -> Settings:
    """What a tag and its attributes say of looks (HTML standard, presentational hints)."""
    tag, said = element.tag, element.attributes
    found = list(_GIVEN.get(tag, ()))
    if ground := _attribute_color(said.get("bgcolor")):
        found.append(("background-color", ground))
    if said.get("background"):
        found.append(("background-image", UNKNOWN))
    if color := _attribute_color(said.get("color") if tag == "font" else said.get("text") if tag == "body" else None):
        found.append(("color", color))
    if tag == "font" and said.get("size") in _FONT_SIZES:
        found.append(("font-size", _FONT_SIZES[said["size"]]))
    if tag in ("img", "td", "th", "table"):
        found += [(name, f"{said[name]}px") for name in ("width", "height") if said.get(name, "").isdecimal()]
    return tuple(found)


def _attribute_color(value: str | None) -> str:
    """`bgcolor="ffffff"` is a colour as well."""
    value = (value or "").strip().lower()
    return color_setting(value) or color_setting(f"#{value}") if value else ""
