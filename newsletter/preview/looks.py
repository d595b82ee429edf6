"""A mail's page as other readers and mail programs show it: dark, colours turned, without pictures or styles, with large text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal

from newsletter.preview.turned_colors import turned

# One thing of a page that is not text, as a browser's tokenizer ends it (HTML standard, 13.2.5): a comment, a tag with its
# attributes, or something like a doctype. What is not closed reaches to the end, so no place is looked at twice.
_PIECE = re.compile(
    r"<!--(?:-?>|.*?(?:--!?>|\Z))"
    r"|<(?P<tag>/?[a-zA-Z][^\s/>]*+)(?P<attributes>(?:[\s/]++|(?:=[^\s/>=]*+|[^\s/>=]++)"
    r"(?:\s*+=\s*+(?:\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z)|[^\s>\"'][^\s>]*+)?+)?+)*+)(?:>|\Z)"
    r"|<[!?/][^>]*+(?:>|\Z)",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(
    r"[\s/]*+(?P<name>=[^\s/>=]*+|[^\s/>=]++)(?:\s*+=\s*+(?:\"(?P<double>[^\"]*+)\"?|'(?P<single>[^']*+)'?|(?P<bare>[^\s>\"'][^\s>]*+))?+)?+"
)
_RAW = frozenset(["style", "script", "title", "textarea", "xmp", "iframe", "noembed", "noframes"])  # no tags inside
_MARKED = re.compile(r"style|media|color|src|background|link|meta|bordercolor", re.IGNORECASE)

_SKIP = r"/\*.*?(?:\*/|\Z)"
_VALUE = r"(?:&\#?\w+;|/\*.*?(?:\*/|\Z)|\"[^\"\n]*+\"|'[^'\n]*+'|\([^()]*+\)|[^;{}])*+"
_BLANK = r"(?:\s|/\*.*?\*/)*+"


def _declarations(names: str) -> re.Pattern[str]:
    """Finds the declarations of these properties in a style sheet or a style attribute; a comment matches without a name."""
    return re.compile(rf"{_SKIP}|(?<![\w-])(?P<name>{names})(?P<colon>\s*+:)(?P<value>{_VALUE})", re.IGNORECASE | re.DOTALL)


_SCHEME = _declarations("color-scheme")
_SIZES = _declarations("font-size|line-height|font")
_PICTURES = _declarations("background(?:-image)?|list-style(?:-image)?|border-image(?:-source)?|content")
_COLORS = _declarations(r"(?:[\w-]+-)?color|background|border(?:-\w+)*|outline|(?:box|text)-shadow|fill|stroke|text-decoration")
_PREFERS = re.compile(
    rf"{_SKIP}|\"[^\"\n]*+\"|'[^'\n]*+'"
    rf"|\({_BLANK}prefers-color-scheme{_BLANK}(?::{_BLANK}(?P<wanted>dark|light){_BLANK})?\)",
    re.IGNORECASE | re.DOTALL,
)
_ALWAYS, _NEVER = "(min-width:0)", "(max-width:0)"  # in place of a condition, `not`, `and` and `or` around it keep their sense
_LENGTH = re.compile(r"\"[^\"]*\"|'[^']*'|(?<![\w.#-])(\d+(?:\.\d+)?|\.\d+)(px|pt)\b", re.IGNORECASE)
_URL = re.compile(r"url\((?!\s*[\"']?#)(?:\s*(?:\"[^\"]*\"|'[^']*'|&quot;.*?&quot;)\s*|[^()\"']*)\)", re.IGNORECASE)
_PICTURE_TAGS = frozenset(["img", "source", "input"])
_COLOR_ATTRIBUTES = frozenset(["bgcolor", "color", "text", "link", "vlink", "alink", "bordercolor"])

LOOKS = {"scheme": ("light", "dark", "forced"), "pictures": ("off",), "styles": ("off",), "text": ("200",)}  # as in a query
Scheme = Literal["light", "dark", "forced"]
Edit = Callable[[str, str, str], str | None]  # an attribute's tag, name and value: its new value, None to take it away


@dataclass(frozen=True, slots=True)
class Look:
    """How a mail is shown. `forced` turns light colours dark whether the mail wants it or not; `large` is text at 200 %."""

    scheme: Scheme = "light"
    pictures: bool = True
    styles: bool = True
    large: bool = False

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Look | None:
        """The look that a query asks for: `scheme=dark`, `pictures=off`, `styles=off`, `text=200`; None for anything else."""
        if any(value not in LOOKS.get(name, ()) for name, value in query.items()):
            return None
        scheme: Scheme = "dark" if query.get("scheme") == "dark" else "forced" if query.get("scheme") == "forced" else "light"
        return cls(scheme, "pictures" not in query, "styles" not in query, "text" in query)


def dressed(page: str, look: Look) -> str:
    """A mail's page in a look. Only tags and style sheets change: text and comments (Outlook's too) stay as they are."""
    dresser = _Dresser(look)
    done: list[str] = []
    at, head, openers = 0, 0, {"html", "head"}
    while found := _PIECE.search(page, at):
        done.append(page[at : found.start()])
        at = found.end()
        piece, tag = found.group(), (found["tag"] or "").lower()
        if not tag and piece[:9].lower() == "<!doctype":
            head = max(head, len(done) + 1)
        rest = ""
        if tag in _RAW:
            end = _end_of(tag).search(page, at)
            rest, at = page[at : end.start() if end else len(page)], end.start() if end else len(page)
        if tag == "style":
            end = _PIECE.match(page, at)
            at = end.end() if end else at
            done.append(dresser.sheet(piece, rest, end.group() if end else ""))
            continue
        done += [dresser.tag(piece, tag, found), rest]
        if tag in openers:
            head = len(done) - 1
            openers = {"head"} - {tag}
    done.append(page[at:])
    done.insert(head, f'<meta name="color-scheme" content="{dresser.canvas}">')  # the first one counts
    return "".join(done)


def _end_of(tag: str) -> re.Pattern[str]:
    return re.compile(rf"</{tag}(?=[\s/>])", re.IGNORECASE)


class _Dresser:
    """Changes one tag, style attribute or style sheet after the other."""

    def __init__(self, look: Look) -> None:
        self.look = look
        self.canvas = "only light" if look.scheme == "light" else "only dark"  # for what the mail leaves to the browser
        prefers = "dark" if look.scheme == "dark" else "light"  # who turns colours by force reads no rules for dark
        self.steps: list[Callable[[str], str]] = [partial(_change, _SCHEME, lambda _: f" {self.canvas}")]
        self.queries = partial(_PREFERS.sub, partial(_settled, prefers))
        if look.large:
            self.steps.append(partial(_change, _SIZES, partial(_LENGTH.sub, _doubled)))
        if not look.pictures:
            self.steps.append(partial(_change, _PICTURES, partial(_URL.sub, "none")))
        if look.scheme == "forced":
            self.steps.append(partial(_change, _COLORS, turned))
        self.busy = len(self.steps) > 1

    def sheet(self, opening: str, rules: str, closing: str) -> str:
        """A style element: gone, or with its rules changed."""
        if not self.look.styles:
            return ""
        found = _PIECE.match(opening)
        return (self.tag(opening, "style", found) if found else opening) + self.queries(self.css(rules)) + closing

    def css(self, text: str) -> str:
        """Declarations, changed step by step."""
        if not self.busy and "scheme" not in text.lower():
            return text
        for step in self.steps:
            text = step(text)
        return text

    def tag(self, piece: str, tag: str, found: re.Match[str]) -> str:
        """A start tag with some of its attributes changed; all around them stays as it was."""
        attributes = found["attributes"]
        if not attributes or tag[0] == "/" or not _MARKED.search(piece):
            return piece
        given = {a["name"].lower(): _value(a) for a in _ATTRIBUTE.finditer(attributes)}
        if tag == "link" and not self.look.styles and "stylesheet" in given.get("rel", "").lower():
            return ""
        done, at = [], 0
        for one in _ATTRIBUTE.finditer(attributes):
            name, old = one["name"].lower(), _value(one)
            new = self.attribute(tag, name, old, given)
            if new == old:
                continue
            span = next((one.span(g) for g in ("double", "single", "bare") if one[g] is not None), (one.end(), one.end()))
            done += [attributes[at : one.start()]] if new is None else [attributes[at : span[0]], new]
            at = one.end() if new is None else span[1]
        start = found.start("attributes") - found.start()
        return piece[:start] + "".join(done) + attributes[at:] + piece[start + len(attributes) :]

    def attribute(self, tag: str, name: str, value: str, given: Mapping[str, str]) -> str | None:
        """What an attribute becomes; None takes it away."""
        if name == "style":
            return self.css(value)
        if name == "media":
            return self.queries(value)
        if not self.look.pictures and (name == "background" or (name in ("src", "srcset") and tag in _PICTURE_TAGS)):
            return None
        if self.look.scheme == "forced" and name in _COLOR_ATTRIBUTES:
            return turned(value)
        if tag == "meta" and name == "content" and given.get("name", "").strip().lower().endswith("color-scheme"):
            return self.canvas
        return value


def _value(attribute: re.Match[str]) -> str:
    return attribute["double"] or attribute["single"] or attribute["bare"] or ""


def _change(declarations: re.Pattern[str], change: Callable[[str], str], css: str) -> str:
    """A style sheet with the values of some declarations changed."""
    return declarations.sub(lambda d: d[0] if not d["name"] else f"{d['name']}{d['colon']}{change(d['value'])}", css)


def _settled(prefers: str, found: re.Match[str]) -> str:
    """A question for the system's colours, answered once and for all."""
    if found[0][0] != "(":
        return found[0]  # a comment or a string
    return _ALWAYS if found["wanted"] is None or found["wanted"].lower() == prefers else _NEVER


def _doubled(found: re.Match[str]) -> str:
    return f"{2 * float(found[1]):.6g}{found[2]}" if found[1] else found[0]
