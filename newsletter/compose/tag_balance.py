"""Follows which tags are open while a template is read, branch by branch of its Jinja, and says what is certainly not closed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from newsletter.compose.mjml_source import CUT_OFF, VOID, Mistake, Tag

DEEPEST = 100
BEGINS = frozenset(["if", "for", "macro", "call", "filter", "set", "block", "with", "autoescape"])
ELSEWHERE = frozenset(["macro", "call", "set"])  # what they hold is put somewhere that we do not see


@dataclass(slots=True)
class _Level:
    """An open tag (None: the piece of template itself); in an `empty` one nothing may stand.

    `fog` holds the names that some branch in it opened or closed on its own.
    """

    tag: Tag | None
    known: bool = True
    empty: bool = False
    fog: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        return name_of(self.tag) if self.tag else ""


@dataclass(slots=True)
class _Body:
    """One straight piece of template: the file, one branch of an `if`, the inside of a loop."""

    word: str
    levels: list[_Level] = field(default_factory=lambda: [_Level(None)])


class Nesting:
    """The open tags; a tag that only some branch opens or closes is kept, and spoken of only if no branch ever answers it."""

    def __init__(self) -> None:
        self._bodies = [_Body("")]
        self._opened: list[_Level] = []
        self._closed: list[Tag] = []
        self._reported: list[str] = []
        self._cut_off = False

    @property
    def _level(self) -> _Level:
        return self._bodies[-1].levels[-1]

    def parent(self, *, directly: bool = False) -> Tag | None:
        """The MJML tag around this place, if it is certain; `directly` with no HTML tag in between.

        It is not looked for among more levels than the compiler takes.
        """
        left = DEEPEST
        for body in reversed(self._bodies):
            for level in reversed(body.levels):
                left -= 1
                if not left or any(name.startswith("mj") for name in level.fog):
                    return None
                if level.name.startswith("mj") or (directly and level.tag):
                    return level.tag if level.name.startswith("mj") else None
            if body.word in ELSEWHERE:
                return None
        return None

    def has(self, name: str) -> bool:
        """Whether a tag of that name is open."""
        return any(level.name == name for body in self._bodies for level in body.levels)

    def end_empty(self) -> Iterator[Mistake]:
        """A tag or words follow: a tag that holds nothing should have ended."""
        if self._level.empty and self._level.tag:
            yield _never_closed(self._level)
            self._reported.append(self._bodies[-1].levels.pop().name)

    def open(self, tag: Tag, *, known: bool = True, empty: bool = False) -> None:
        """A tag begins; `empty` for one that holds nothing."""
        if tag.kind == "open" and name_of(tag) not in VOID:
            self._bodies[-1].levels.append(_Level(tag, known, empty))

    def close_misspelt(self) -> None:
        """A closing tag that does not exist: it was meant for the tag that is open."""
        if self._level.name.startswith("mj"):
            self._bodies[-1].levels.pop()

    def close(self, tag: Tag) -> Iterator[Mistake]:
        """A tag ends."""
        name, levels = name_of(tag), self._bodies[-1].levels
        at = next((n for n in range(len(levels) - 1, 0, -1) if levels[n].name == name), 0)
        if at:
            yield from self._close_down_to(at, tag)
        elif name in self._reported:
            self._reported.remove(name)
        elif not self._level.known:
            levels.pop()
        elif len(self._bodies) == 1 and not any(name in level.fog for level in levels):
            yield Mistake(tag.start, f"</{tag.name}> closes nothing.", f"Delete it, or write <{tag.name}> before it.")
        else:
            self._closed.append(tag)
            self._level.fog.add(name)

    def _close_down_to(self, at: int, tag: Tag) -> Iterator[Mistake]:
        levels = self._bodies[-1].levels
        fog = set().union(*(level.fog for level in levels[at:]))
        for level in levels[at + 1 :]:
            assert level.tag
            if level.name in fog:
                self._opened.append(level)
            elif level.empty:
                yield _never_closed(level)
            elif level.known:
                message = f"<{level.tag.name}> is still open where </{tag.name}> stands."
                yield Mistake(level.tag.start, message, f"Write </{level.tag.name}> before that </{tag.name}>.")
                self._reported.append(level.name)
        del levels[at:]

    def branch(self, word: str) -> None:
        """A Jinja tag begins or ends a piece of template."""
        if word == CUT_OFF:
            self._cut_off = True
        elif word in BEGINS:
            self._bodies.append(_Body(word))
        elif word in ("else", "elif") and len(self._bodies) > 1:
            self._bodies.append(_Body(self._end_body().word))
        elif word.startswith("end") and word[3:] == self._bodies[-1].word:
            self._end_body()

    def _end_body(self) -> _Body:
        body = self._bodies.pop()
        for level in body.levels:
            self._level.fog |= level.fog
            if level.tag:
                self._opened.append(level)
                self._level.fog.add(level.name)
        return body

    def finish(self) -> Iterator[Mistake]:
        """The file ends: what is still open, and what closed something that no branch opened."""
        if self._cut_off:
            return
        while len(self._bodies) > 1:
            self._end_body()
        closed = {name_of(tag) for tag in self._closed}
        opened = {level.name for level in self._opened}
        for level in self._bodies[0].levels[1:]:
            if level.name not in closed and level.known:
                yield _never_closed(level)
            opened.add(level.name)
        yield from (_never_closed(level) for level in self._opened if level.name not in closed and level.known)
        for tag in self._closed:
            if name_of(tag) not in opened:
                yield Mistake(
                    tag.start, f"</{tag.name}> closes nothing in this file.", f"Delete it, or write <{tag.name}> before it."
                )


def name_of(tag: Tag) -> str:
    """The name under which a tag is opened and closed; the compiler lets it be in capitals."""
    return tag.name.lower()


def _never_closed(level: _Level) -> Mistake:
    assert level.tag
    name = level.tag.name
    if level.empty:
        return Mistake(level.tag.start, f"<{name}> has no end.", f"Write <{name} ... />, with a slash at its end.")
    return Mistake(level.tag.start, f"<{name}> is never closed in this file.", f"Write </{name}> where it ends.")
