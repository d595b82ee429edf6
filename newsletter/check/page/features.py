"""Which parts of HTML and CSS a page uses that not all mail programs know, leaving out what has something to fall back on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from newsletter.check import css
from newsletter.check.css import Declaration, StyleRule
from newsletter.check.markup import Element, Page
from newsletter.check.page.alternatives import Alternative, Index

# Fonts that computers and phones have, and the names that stand for whatever there is.
_EVERYWHERE = frozenset(
    (
        *("serif", "sans-serif", "monospace", "cursive", "fantasy", "system-ui", "-apple-system", "blinkmacsystemfont", "math"),
        *("ui-serif", "ui-sans-serif", "ui-monospace", "ui-rounded", "emoji", "inherit", "initial", "unset", "revert"),
        *("arial", "arial black", "helvetica", "helvetica neue", "verdana", "tahoma", "trebuchet ms", "segoe ui", "calibri"),
        *("times", "times new roman", "georgia", "garamond", "palatino", "palatino linotype", "book antiqua", "cambria"),
        *("courier", "courier new", "lucida console", "lucida grande", "lucida sans unicode", "impact", "comic sans ms"),
        *("roboto", "wingdings", "webdings", "symbol", "aptos"),
    )
)
_NO_COLOR = frozenset(
    (
        *("repeat", "no-repeat", "repeat-x", "repeat-y", "space", "round", "center", "top", "left", "right", "bottom", "cover"),
        *("contain", "fixed", "scroll", "local", "border-box", "padding-box", "content-box", "none", "transparent", "auto"),
        *("inherit", "initial", "unset", "url(", "px", "%", "em"),
    )
)
_BELOW_ZERO = re.compile(r"(?:^|\s)-(?:\d|\.\d)")
_NO_COMMA = re.compile(r"rgba?\(\s*[\d.]+%?\s+[\d.]", re.IGNORECASE)
_INVISIBLE = re.compile(r"[,/]\s*0?\.?0*%?\s*\)")
_NAMED = re.compile(r"(?:^|[\s>+~.#])([A-Za-z_][\w-]*)")
_ADDED = re.compile(r"::?(before|after)\b")
_EMPTY_CONTENT = re.compile(r"none|normal|[\"']\s*\.?\s*[\"']")
_SCREENS = frozenset(["", "all", "screen"])
_COLORS = frozenset(["rgb(", "rgba(", "hsla("])
_GROUNDS = frozenset(["css-background-image", "css-linear-gradient"])
_MANY = 500  # elements inside one that are looked through for words
_LONGEST = 400  # characters of a value that are looked at


@dataclass(frozen=True, slots=True)
class Use:
    """A place of a page where an entry's feature is used: its offset, and how it is written there."""

    entry: Alternative
    offset: int
    written: str


@dataclass(frozen=True, slots=True)
class _Style:
    """What one style declares: the declarations that an entry is about, and by property the entries they come under."""

    hits: tuple[tuple[Alternative, Declaration], ...]
    by_name: dict[str, set[Alternative | None]]


@dataclass
class Search:
    """Looks through pages that share most of their styles: what was seen in one is not worked out again for the next."""

    index: Index
    styles: dict[str, _Style] = field(default_factory=dict)
    sheets: dict[str, tuple[tuple[str, Alternative, str], ...]] = field(default_factory=dict)

    def uses(self, page: Page) -> Iterator[Use]:
        """Every use in a page of something that not all programs know and that has no fallback beside it."""
        for place, element in enumerate(page.elements):
            if element.tag == "style":
                yield from self._in_sheet(page, element)
            for entry, written in self._in_element(element):
                if entry.id not in _GROUNDS or _has_words(page, place):
                    yield Use(entry, element.offset, written)

    def _in_element(self, element: Element) -> Iterator[tuple[Alternative, str]]:
        attributes, tags = element.attributes, self.index.tags
        text = attributes.get("style", "")
        style = self.styles.get(text) or self.styles.setdefault(text, self._style(css.declarations(text)))
        for tag, entries in ((element.tag, tags.get(element.tag, ())), ("", tags.get("*", ()))):
            for attribute, value, entry in entries:
                if _has(attributes, attribute, value) and not _softened(entry, None, style, attributes):
                    yield entry, f"<{tag}" if tag else attribute
        for entry, declaration in style.hits:
            seen = not element.hidden or entry.id == "css-visibility"
            if seen and not _softened(entry, declaration, style, attributes):
                yield entry, f"{declaration.name}:{declaration.value}"

    def _style(self, declared: tuple[Declaration, ...]) -> _Style:
        hits, by_name = [], dict[str, set[Alternative | None]]()
        for declaration in declared:
            entry = self._entry(declaration)
            by_name.setdefault(declaration.name, set()).add(entry)
            if entry:
                hits.append((entry, declaration))
        return _Style(tuple(hits), by_name)

    def _entry(self, declaration: Declaration) -> Alternative | None:
        """The one entry that a declaration is reported under: one of its property before one of a word in its value."""
        words, index = declaration.words, self.index
        if declaration.name not in index.properties and words.isdisjoint(index.words) and words.isdisjoint(_COLORS):
            return None
        kinds = words | frozenset(_kinds(declaration))
        for needed, entry in index.properties.get(declaration.name, ()):
            if not needed or not needed.isdisjoint(kinds):
                return entry
        return next((entry for word, entry in index.words.items() if word in kinds), None)

    def _in_sheet(self, page: Page, element: Element) -> Iterator[Use]:
        if element.attributes.get("media", "").strip().lower() not in _SCREENS:
            return
        names: set[str] = set()
        for text, offset in element.text:
            if text not in self.sheets:
                self.sheets[text] = tuple(found for rule in css.style_sheet(text) for found in self._in_rule(rule))
            for selector, entry, written in self.sheets[text]:
                names = names or _names(page)
                if any(names.issuperset(_NAMED.findall(part)) for part in selector.split(",")):  # a rule for nothing harms nobody
                    yield Use(entry, offset, written)

    def _in_rule(self, rule: StyleRule) -> Iterator[tuple[str, Alternative, str]]:
        """The selector that must be met on the page, the entry, and how it is written."""
        selector, selectors = rule.selector, self.index.selectors
        if any(name != "nesting" for name, _ in rule.within):  # @media and @supports hold additions by their nature
            return
        if selector.startswith("@"):
            if entry := selectors.get(selector.partition(" ")[0]):
                yield "", entry, selector
            return
        style = self._style(rule.declarations)
        found = [(entry, f"{one.name}:{one.value}") for entry, one in style.hits if not _softened(entry, one, style, {})]
        added = _ADDED.search(selector)
        keys = {"&nested": bool(rule.within), "::hover-shows": ":hover" in selector and _shows(rule)}
        keys |= {f"::{added[1]}": _adds(rule)} if added else {}
        found += [(selectors[key], selector) for key, holds in keys.items() if holds and key in selectors]
        yield from ((selector, entry, written) for entry, written in found)


def _has(attributes: dict[str, str], name: str, value: str) -> bool:
    return not name or (name in attributes and value in ("", attributes[name].strip().lower()))


def _softened(entry: Alternative, this: Declaration | None, style: _Style, attributes: dict[str, str]) -> bool:
    """Whether something beside a feature does what it does, for programs that do not know it."""
    others = {name for name, entries in style.by_name.items() if entries - {entry}}
    if this and this.name in others and "nothing" not in entry.fallback:
        return True
    for fallback in entry.fallback:
        kind, _, name = fallback.partition(":")
        if (kind == "attribute" and attributes.get(name)) or (kind == "property" and name in others):
            return True
        if kind == "ground" and this and this.name == "background" and this.words - _NO_COLOR:
            return True
    return False


def _kinds(declaration: Declaration) -> Iterator[str]:
    """The words that stand for a kind of value, as alternatives.yaml explains them."""
    name, value, words = declaration.name, declaration.value[:_LONGEST], declaration.words
    if "url(" in words:
        yield "picture"
    if any(word.endswith("gradient(") for word in words):
        yield "gradient"
    if name.startswith("margin") and _BELOW_ZERO.search(value):
        yield "negative"
    if not words.isdisjoint(("rgb(", "rgba(")) and _NO_COMMA.search(value):
        yield "spaced-color"
    elif (not words.isdisjoint(("rgba(", "hsla(")) or any(w[0] == "#" and len(w) in (5, 9) for w in words)) and not (
        _INVISIBLE.search(value)
    ):
        yield "see-through"
    if name in ("font-family", "font") and _EVERYWHERE.isdisjoint(_fonts(name, value)):
        yield "own-font"


def _fonts(name: str, value: str) -> list[str]:
    """The fonts that a value names; `inherit` for a `font` that names none, such as `caption`."""
    fonts = [font.strip().strip("\"'").strip().lower() for font in value.split(",")]
    if name == "font":
        size = re.search(r"(?:\d(?:px|pt|em|rem|%)|-?(?:small|medium|large|larger|smaller))(?:\s*/\s*\S+)?\s+", fonts[0])
        fonts[0] = fonts[0][size.end() :].strip("\"' ") if size else "inherit"
    return ["inherit"] if "(" in value else fonts


def _adds(rule: StyleRule) -> bool:
    """Whether a rule with ::before puts something readers see into the page; an empty one only clears floats."""
    content = [one.value for one in rule.declarations if one.name == "content"]
    return bool(content) and not _EMPTY_CONTENT.fullmatch(content[-1])


def _shows(rule: StyleRule) -> bool:
    shown = {"display": ("none",), "visibility": ("hidden", "collapse")}
    return any(one.name in shown and one.value.lower() not in shown[one.name] for one in rule.declarations)


def _has_words(page: Page, place: int) -> bool:
    """Whether words stand on an element's ground, in itself or in one inside it; a ground with nothing on it harms nobody."""
    within = {place}
    for number, element in enumerate(page.elements[place : place + _MANY], place):
        if number != place and element.parent not in within:
            return False
        if element.text:
            return True
        within.add(number)
    return place + _MANY < len(page.elements)


def _names(page: Page) -> set[str]:
    """The tags, classes and ids of a page."""
    found: set[str] = set()
    for element in page.elements:
        found.update([element.tag, element.attributes.get("id", "")], element.attributes.get("class", "").split())
    return found


def spared(page: Page, use: Use) -> bool:
    """Whether classic Outlook leaves this part of the page out (`<!--[if !mso]><!-->`), or has markup of its own for it (VML)."""
    before = (words for words, at in reversed(page.comments) if at < use.offset)
    last = next((words for words in before if "[if" in words or "[endif]" in words), "").replace(" ", "")
    if "[if!mso" in last and "[endif]" not in last:
        return True
    return use.entry.id in _GROUNDS and any("<v:" in words for words, _ in page.comments)
