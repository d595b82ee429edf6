"""Which of a page's styles hold for an element: rules and style attributes by the order of CSS, for what legibility needs."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from newsletter.check import css
from newsletter.check.access.longhands import Settings, taken_apart

_DESKTOP = 1024  # the width in CSS pixels for which media queries are answered

_MOST_RULES = 2000
_DEEPEST = 200  # elements below that many others get no rules, which keeps the search short
_COMPOUND = re.compile(r"(\*|[a-z][\w-]*)?((?:[.#][\w-]+)*)(:link|:any-link)?", re.IGNORECASE)
_FEATURE = re.compile(r"\(\s*(min|max)-(?:device-)?width\s*:\s*(\d+(?:\.\d+)?)(px|em|rem)\s*\)")


@dataclass(slots=True, eq=False)
class Spot:
    """All elements of one tag, with the same classes and styles, in the same kind of surroundings: they look alike."""

    tag: str
    id: str
    classes: frozenset[str]
    above: Spot | None
    depth: int
    reached: dict[tuple[Selector, int], bool] = field(default_factory=dict)


class Compound(NamedTuple):
    """`td.card`: what one element must be."""

    tag: str
    id: str
    classes: frozenset[str]

    def fits(self, spot: Spot) -> bool:
        """Whether an element is that."""
        return (not self.tag or self.tag == spot.tag) and (not self.id or self.id == spot.id) and self.classes <= spot.classes


@dataclass(slots=True, eq=False)
class Selector:
    """`.foot > table td`, from its end; `directly` says whether a compound must be the parent of the one before it."""

    compounds: tuple[Compound, ...]
    directly: tuple[bool, ...]

    @property
    def weight(self) -> tuple[int, int, int]:
        """Ids, classes, tags (CSS Selectors level 3, section 9)."""
        found = self.compounds
        return sum(bool(c.id) for c in found), sum(len(c.classes) for c in found), sum(bool(c.tag) for c in found)

    def fits(self, spot: Spot, at: int = 0) -> bool:
        """Whether the compounds from `at` on fit an element and those above it."""
        if not self.compounds[at].fits(spot):
            return False
        at += 1
        return at == len(self.compounds) or bool(spot.above and self._above(spot.above, at))

    def _above(self, spot: Spot, at: int) -> bool:
        known = spot.reached.get((self, at))
        if known is None:
            further = not self.directly[at] and spot.above
            known = self.fits(spot, at) or bool(further and self._above(further, at))
            spot.reached[self, at] = known
        return known


class _Rule(NamedTuple):
    selector: Selector
    order: tuple[tuple[int, int, int], int]
    normal: Settings
    important: Settings


class Cascade:
    """The rules of a page's style sheets, as they are in light or in dark mode."""

    def __init__(self, sheets: Iterable[tuple[str, str]], *, dark: bool) -> None:
        """`sheets` are the media query and the text of every `<style>`."""
        self.rules: dict[str, list[_Rule]] = defaultdict(list)  # by the id, class or tag that their last compound needs
        rules = (rule for media, text in sheets if _holds(media, dark=dark) for rule in css.style_sheet(text))
        count = 0
        for rule in rules:
            if any(name != "media" or not _holds(query, dark=dark) for name, query in rule.within):
                continue
            normal, important = _settings(rule.declarations)
            for selector in _selectors(rule.selector) if normal or important else ():
                count += 1
                if count <= _MOST_RULES:
                    self.rules[_key(selector.compounds[0])].append(_Rule(selector, (selector.weight, count), normal, important))

    def of(self, spot: Spot, style: str, given: Settings) -> dict[str, str]:
        """What is set on an element: `given` by its tag and attributes, then by rules, then by its style attribute."""
        values = dict(given)
        keys = [f"#{spot.id}", *(f".{name}" for name in spot.classes), spot.tag, "*"] if spot.depth < _DEEPEST else []
        found = [rule for key in keys if key in self.rules for rule in self.rules[key] if rule.selector.fits(spot)]
        found.sort(key=lambda rule: rule.order)
        normal, important = _inline(style)
        for rule in found:
            values.update(rule.normal)
        values.update(normal)
        for rule in found:
            values.update(rule.important)
        values.update(important)
        return values


def _key(last: Compound) -> str:
    return f"#{last.id}" if last.id else f".{min(last.classes)}" if last.classes else last.tag or "*"


def _selectors(text: str) -> Iterator[Selector]:
    """The selectors of a list that are made of tags, classes and ids; what else there may be holds for nobody here."""
    for one in text.split(","):
        parts = one.replace(">", " > ").replace(":root", "html").split()
        compounds: list[Compound] = []
        directly = [False]
        for part in reversed(parts):
            found = _COMPOUND.fullmatch(part)
            if part == ">" and compounds:
                directly[-1] = True
            elif found and part:
                names = re.findall(r"[.#][\w-]+", found[2])
                tag = (found[1] or ("a" if found[3] else "")).lower().replace("*", "")
                ids = [name[1:] for name in names if name[0] == "#"]
                compounds.append(Compound(tag, ids[0] if ids else "", frozenset(n[1:] for n in names if n[0] == ".")))
                directly.append(False)
            else:
                break
        else:
            if compounds:
                yield Selector(tuple(compounds), tuple(directly))


@lru_cache(maxsize=256)
def _holds(media: str, *, dark: bool) -> bool:
    """Whether a media query holds on a screen of a desk; what is not known does not."""
    return not media.strip() or any(_query(part, dark=dark) for part in media.lower().split(","))


def _query(text: str, *, dark: bool) -> bool:
    for part in re.split(r"\band\b", text):
        said = " ".join(part.split()).removeprefix("only ")
        width = _FEATURE.fullmatch(said)
        if width:
            pixels = float(width[2]) * (1 if width[3] == "px" else 16)
            if not (pixels <= _DESKTOP if width[1] == "min" else pixels >= _DESKTOP):
                return False
        elif said.replace(" ", "") not in ("all", "screen", f"(prefers-color-scheme:{'dark' if dark else 'light'})"):
            return False
    return True


@lru_cache(maxsize=4096)
def _inline(style: str) -> tuple[Settings, Settings]:
    return _settings(css.declarations(style)) if style else ((), ())


def _settings(declared: Iterable[css.Declaration]) -> tuple[Settings, Settings]:
    """Ordinary and `!important` settings."""
    normal, important = list[tuple[str, str]](), list[tuple[str, str]]()
    for one in declared:
        (important if one.important else normal).extend(taken_apart(one.name, one.value, one.words))
    return tuple(normal), tuple(important)
