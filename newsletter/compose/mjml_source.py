"""Reads the source of a template into tags, text and Jinja branches with their places, without running it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

PRINTED, CONTROL = "\ue000", "\ue001"  # stand for each character of `{{ }}`, and of `{% %}` and `{# #}`
CUT_OFF = "cut off"  # the word of a branch that stands where the rest of a file cannot be read
VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"])
RAW = frozenset(["mj-style", "script", "style"])

_STRING = r"\"(?:\\.|[^\"\\])*+\"|'(?:\\.|[^'\\])*+'"
_JINJA = re.compile(
    r"(?P<raw>\{%[-+]?\s*raw\s*[-+]?%\}.*?\{%[-+]?\s*endraw\s*[-+]?%\})"
    rf"|(?P<printed>\{{\{{(?:{_STRING}|(?!\}}\}}).)*+\}}\}})"
    rf"|(?P<control>\{{%[-+]?\s*(?P<word>\w*)(?P<rest>(?:{_STRING}|(?!%\}}).)*+)%\}})"
    r"|(?P<comment>\{\#.*?\#\})|(?P<unclosed>\{[{%#])",
    re.DOTALL,
)
_PIECE = re.compile(
    r"<(?:"
    r"(?P<comment>!--\[if[^\]]*\]>\s*<!--(?:\s*--)?>|!--(?!\[if)(?P<inside>.*?)-->)"
    r"|(?P<begin>!--\[if[^\]]*\]>)|(?P<end>!\[endif\]-->)"
    rf"|/(?P<gap>\s*)(?P<close>[a-zA-Z][\w:.-]*)(?P<closes_printed>{PRINTED}*)\s*>"
    rf"|(?P<open>[a-zA-Z][\w:.-]*)(?P<opens_printed>{PRINTED}*)"
    rf"|(?P<dynamic>/?{PRINTED}+)"
    r"|(?P<cdata>!\[CDATA\[(?:.*?\]\]>)?)|(?P<revealed>!\[[^\]>]*\]>?)|(?P<doctype>![a-zA-Z][^>]*>?)|(?P<xml>\?[^>]*>?)"
    r"|(?P<lone>))",
    re.DOTALL,
)
_BLANK = re.compile(rf"[\s{PRINTED}{CONTROL}]*+")
_ATTRIBUTE = re.compile(
    rf"(?P<name>(?:[^\W\d]|{PRINTED})[\w.:{PRINTED}-]*+)"
    rf"(?:\s*+=\s*+(?:\"(?P<double>[^\"]*+)\"|'(?P<single>[^']*+)'|(?P<bare>[“„][^“”<>]*+[“”]|[^\s\"'<>=/{CONTROL}][^\s\"'<>={CONTROL}]*+)))?"
)
_FORBIDDEN: dict[str | None, tuple[str, str]] = {
    "lone": ("MJML cannot read a < that begins no tag.", "Write &lt; for the sign itself."),
    "cdata": ("MJML cannot read CDATA.", "Write the text itself, with &lt; for < and &amp; for &."),
    "doctype": ("MJML writes the doctype itself and cannot read one.", "Delete this tag."),
    "xml": ("MJML cannot read an XML declaration or another <? tag.", "Delete this tag."),
}
_SWALLOWED = re.compile(r"</?[a-zA-Z]")
_OPENS_QUOTE = re.compile(r"\s*=\s*[\"']")


@dataclass(frozen=True, slots=True)
class Mistake:
    """What cannot be right however the template is filled in: where, what, and what would be right."""

    start: int
    message: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Attribute:
    """A name and its value (None: there is none), Jinja in either standing as PRINTED and CONTROL."""

    name: str
    value: str | None
    start: int
    value_start: int

    @property
    def literal(self) -> bool:
        """Whether the value stands in the file as it will be."""
        return self.value is not None and PRINTED not in self.value and CONTROL not in self.value


@dataclass(slots=True, eq=False)
class Tag:
    """`<name ...>`, `</name>` or `<name ... />`.

    `branches` when Jinja decides between attributes, `more` when it prints some that we cannot see, `hidden` when only
    Outlook reads the tag (`<!--[if mso]>`).
    """

    name: str
    start: int
    kind: Literal["open", "close", "alone"]
    attributes: list[Attribute] = field(default_factory=list)
    branches: bool = False
    more: bool = False
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """What stands between tags; `raw` is the name of the tag whose inside is no markup, such as mj-style, or "comment"."""

    start: int
    text: str
    raw: str = ""


@dataclass(frozen=True, slots=True)
class Branch:
    """A Jinja tag that begins or ends a piece of template: `if`, `else`, `endfor`."""

    word: str


Piece = Tag | Text | Branch


class JinjaNotClosed(Exception):
    """A `{{`, `{%` or `{#` without its end, at the offset `start`: what follows it cannot be told apart."""

    def __init__(self, start: int, opened: str) -> None:
        super().__init__(opened)
        self.mistake = Mistake(start, f"this {opened} is never closed.", f"Put {opened[::-1].replace('{', '}')} at its end.")


def without_jinja(source: str) -> tuple[str, list[tuple[int, str]]]:
    """`source` at the same length with every Jinja character replaced, and its control words with their offsets.

    Raises JinjaNotClosed.
    """
    words: list[tuple[int, str]] = []
    parts: list[str] = []
    end = 0
    for found in _JINJA.finditer(source):
        parts.append(source[end : found.start()])
        end = found.end()
        if found["unclosed"]:
            raise JinjaNotClosed(found.start(), found["unclosed"])
        if found["control"] and not (found["word"] == "set" and "=" in found["rest"]):
            words.append((found.start(), found["word"]))
        filler = PRINTED if found["printed"] else CONTROL
        parts.append(filler * (end - found.start()))
    parts.append(source[end:])
    return "".join(parts), words


def read_source(source: str) -> tuple[list[Piece], list[Mistake]]:
    """The pieces of a template in their order, and what no filling in can put right."""
    try:
        masked, words = without_jinja(source)
    except JinjaNotClosed as error:
        return [], [error.mistake]
    reader = _Reader(masked, words)
    reader.read()
    return reader.pieces, reader.mistakes


class _Reader:
    def __init__(self, masked: str, words: list[tuple[int, str]]) -> None:
        self.text = masked
        self.words = words[::-1]
        self.pieces: list[Piece] = []
        self.mistakes: list[Mistake] = []
        self.hidden_from = -1

    def read(self) -> None:
        """Takes the source apart, from its beginning to its end."""
        position = 0
        while found := _PIECE.search(self.text, position):
            self._text(position, found.start())
            position = self._piece(found)
        self._text(position, len(self.text))
        self._hide(-1)

    def _hide(self, start: int) -> None:
        """What only Outlook reads begins at `start`, or (-1) cannot begin any more; it should have been ended before."""
        if self.hidden_from >= 0:
            self._wrong(self.hidden_from, "this part for Outlook has no end.", "Put <![endif]--> where it ends.")
            self.pieces.append(Branch(CUT_OFF))
        self.hidden_from = start

    def _text(self, start: int, end: int, raw: str = "") -> None:
        while self.words and self.words[-1][0] < end:
            at, word = self.words.pop()
            if at >= start and not raw:
                self._plain(start, at)
                self.pieces.append(Branch(word))
                start = at
        self._plain(start, end, raw)

    def _plain(self, start: int, end: int, raw: str = "") -> None:
        if self.text[start:end].strip() and (raw or self.hidden_from < 0):
            self.pieces.append(Text(start, self.text[start:end], raw))

    def _wrong(self, start: int, message: str, remedy: str = "") -> None:
        self.mistakes.append(Mistake(start, message, remedy))

    def _piece(self, found: re.Match[str]) -> int:
        start, end = found.span()
        match found.lastgroup:
            case "close" | "closes_printed":
                if found["gap"]:
                    self._wrong(start, "a closing tag has a blank after its slash.", f"Write </{found['close']}>.")
                if not found["closes_printed"]:
                    self.pieces.append(Tag(found["close"], start, "close", hidden=self.hidden_from >= 0))
            case "open" | "opens_printed":
                return self._tag(found)
            case "dynamic":
                return self._attributes(Tag("", start, "open"), end)
            case "lone" if self.text.startswith("<!--", start):
                self._wrong(start, "this comment is never closed.", "Put --> at its end.")
                self.pieces.append(Branch(CUT_OFF))
                return len(self.text)
            case kind if kind in _FORBIDDEN:
                self._wrong(start, *_FORBIDDEN[kind])
            case _:
                self._comment(found)
        return end

    def _comment(self, found: re.Match[str]) -> None:
        start = found.start()
        match found.lastgroup:
            case "begin":
                self._hide(start)
            case "end":
                self.hidden_from = -1
            case "revealed" if self.hidden_from >= 0 and "endif" in found[0]:
                self._wrong(start, "MJML cannot read this end of a part for Outlook.", "Write <![endif]-->.")
                self.hidden_from = -1
            case "comment":
                if found["inside"] and "--" in found["inside"]:
                    self._wrong(start, "MJML cannot read a comment with -- inside.", "Write it with {# and #}.")
                self.pieces.append(Text(start, found[0], "comment"))

    def _tag(self, found: re.Match[str]) -> int:
        tag = Tag("" if found["opens_printed"] else found["open"], found.start(), "open", hidden=self.hidden_from >= 0)
        end = self._attributes(tag, found.end())
        if tag.name:
            self.pieces.append(tag)
        if tag.kind == "open" and tag.name.lower() in RAW:
            closing = re.compile(rf"</\s*{tag.name}\s*>", re.IGNORECASE).search(self.text, end)
            if closing:
                self._text(end, closing.start(), tag.name.lower())
                return closing.start()
        return end

    def _attributes(self, tag: Tag, position: int) -> int:
        """Reads up to the end of the tag, which it returns."""
        while True:
            blank = _BLANK.match(self.text, position)
            assert blank
            tag.branches |= CONTROL in blank.group()
            tag.more |= PRINTED in blank.group()
            glued, position = blank.end() == position, blank.end()
            if self.text.startswith(("/>", ">"), position):
                tag.kind = "open" if self.text[position] == ">" else "alone"
                return position + (1 if tag.kind == "open" else 2)
            found = _ATTRIBUTE.match(self.text, position)
            if not found:
                return self._broken_off(tag, position)
            if glued and tag.attributes:
                self._wrong(position, "there is no blank between two attributes.", "Put a blank before this one.")
            position = found.end()
            if found["name"].strip(PRINTED):
                ended = self._attribute(tag, found)
                if ended is not None:
                    return ended
            else:
                tag.more = True

    def _attribute(self, tag: Tag, found: re.Match[str]) -> int | None:
        """Keeps one attribute; the end of the tag where a quote that is never closed hides it."""
        name, bare = found["name"], found["bare"]
        value = next((v for v in (found["double"], found["single"], bare) if v is not None), None)
        value_start = found.end() - len(value or "") - (bare is None and value is not None)
        never_closed = value is None and _OPENS_QUOTE.match(self.text, found.end())
        if never_closed or (value is not None and bare is None and _SWALLOWED.search(value)):
            self._wrong(found.start(), f"the quotes around the value of {name} are not closed.", f'Write {name}="...".')
            after = self.text.find(">", found.end("name"))
            tag.more, tag.kind = True, "alone" if self.text[after - 1] == "/" else "open"
            return len(self.text) if after < 0 else after + 1
        if bare is not None:
            shown = "..." if PRINTED in bare else bare.strip("“”„")
            curly = "curly" if bare[0] in "“”„" else "no"
            self._wrong(found.start(), f"the value of {name} has {curly} quotes.", f'Write {name}="{shown}" with straight ones.')
            value = bare.strip("“”„")
        tag.attributes.append(Attribute(name, value, found.start(), value_start))
        return None

    def _broken_off(self, tag: Tag, position: int) -> int:
        if position >= len(self.text) or self.text[position] == "<":
            self._wrong(tag.start, f"the tag <{tag.name} has no > at its end.", "Write it.")
            tag.kind = "alone" if position >= len(self.text) else "open"
            return position
        self._wrong(position, f"a stray {self.text[position]} stands in this tag.", "Delete it, or write the attribute anew.")
        after = self.text.find(">", position)
        return len(self.text) if after < 0 else after + 1
