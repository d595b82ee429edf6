"""Finds the mistakes in a practice's own templates, all at once, because the MJML compiler accepts almost anything in silence.

Each file stands for itself: it closes the tags it opens. What depends on Jinja (a tag opened in one branch and closed in
another, a value that is printed) is left to the compiler, so that whatever is said here is certainly wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter.compose.mjml_source import CONTROL, PRINTED, VOID, Attribute, Branch, Mistake, Tag, Text, read_source
from newsletter.compose.mjml_tags import TagFacts, Vocabulary, vocabulary
from newsletter.compose.tag_balance import Nesting, name_of
from newsletter.errors import Problem, ProblemsFound, did_you_mean, shown_path

if TYPE_CHECKING:
    from newsletter.compose.theme import Theme

LOADED = frozenset(["src", "srcset", "background", "background-url", "poster", "data"])
PICTURES = frozenset(["mj-image", "img", "mj-social-element"])
SHARES = frozenset(["facebook", "twitter", "x", "google", "pinterest", "linkedin", "tumblr", "xing"])
REMOVED = frozenset(["script", "iframe", "object", "embed"])
_ELSEWHERE = re.compile(r"(?:^|[\s,])((?:https?:)?//[^\s,]*)", re.IGNORECASE)
_CSS_LOAD = re.compile(r"(?:url\(\s*['\"]?\s*|@import\s+['\"]\s*)((?:https?:)?//[^)\s'\"]*)", re.IGNORECASE)
_FILLERS = re.compile(f"[{PRINTED}{CONTROL}\ufeff]+")


def look(theme: Theme) -> None:
    """Reads the practice's own templates of `theme`; raises ProblemsFound with everything that is certainly wrong in them."""
    problems: list[Problem] = []
    images = theme.practice.text.images
    for path in theme.own_files:
        if path.suffix in (".mjml", ".css"):
            problems += problems_of(path, theme.practice.folder, images.base_url if images.mode == "hosted" else None)
    if problems:
        raise ProblemsFound(problems)


def problems_of(path: Path, folder: Path, own_site: str | None = None) -> Iterator[Problem]:
    """What is wrong with one template or style sheet; pictures may be loaded from `own_site`, and from nowhere else."""
    shown = shown_path(path, folder)
    try:
        source = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        yield Problem(shown, 0, 0, "this file is not saved as UTF-8.", "Save it again with the encoding UTF-8.")
        return
    except OSError as error:
        yield Problem(shown, 0, 0, f"this file cannot be read: {error.strerror or error}.")
        return
    rules = _Rules(vocabulary(), own_site)
    found = rules.css(source, 0) if path.suffix == ".css" else rules.template(source)
    for mistake in found:
        line = source.count("\n", 0, mistake.start) + 1
        column = mistake.start - source.rfind("\n", 0, mistake.start)
        yield Problem(shown, line, column, mistake.message, mistake.remedy)


@dataclass(slots=True)
class _Rules:
    known: Vocabulary
    own_site: str | None
    nesting: Nesting = field(default_factory=Nesting)
    hidden: Nesting = field(default_factory=Nesting)  # MJML's tags, and between them only what Outlook alone reads

    def template(self, source: str) -> Iterator[Mistake]:
        """Every mistake of one MJML template."""
        pieces, mistakes = read_source(source)
        yield from mistakes
        for piece in pieces:
            match piece:
                case Branch():
                    self.nesting.branch(piece.word)
                    self.hidden.branch(piece.word)
                case Text():
                    yield from self._text(piece)
                case Tag(hidden=True):
                    yield from self._for_outlook(piece)
                case Tag(kind="close"):
                    yield from self._closing(piece)
                case Tag():
                    yield from self._opening(piece)
        yield from self.nesting.finish()
        yield from self.hidden.finish()

    def _for_outlook(self, tag: Tag) -> Iterator[Mistake]:
        """A tag between `<!--[if mso]>` and `<![endif]-->`: it may be closed in a later one, but within the same MJML tag."""
        if tag.kind == "close":
            yield from self.hidden.close(tag)
        else:
            self.hidden.open(tag)
        for attribute in tag.attributes:
            yield from self._loads(tag, attribute)

    def _opening(self, tag: Tag) -> Iterator[Mistake]:
        for nesting in self._nestings(tag):
            yield from nesting.end_empty()
        parent, facts = self.nesting.parent(), self.known.tags.get(tag.name)
        if tag.name in self.known.left_out:
            yield Mistake(tag.start, f"<{tag.name}> cannot be used here.", self.known.left_out[tag.name])
        elif is_mjml(tag.name):
            if facts is None:
                yield self._no_such_tag(tag)
            else:
                yield from self._place(tag, parent)
                yield from self._mjml_attributes(tag, facts)
                yield from self._missing(tag, parent)
                yield from self._shares(tag)
        else:
            yield from self._html(tag, self.nesting.parent(directly=True))
        for attribute in tag.attributes:
            yield from self._loads(tag, attribute)
        known, empty = facts is not None or not is_mjml(tag.name), facts is not None and facts.holds == "nothing"
        for nesting in self._nestings(tag):
            nesting.open(tag, known=known, empty=empty)

    def _nestings(self, tag: Tag) -> tuple[Nesting, ...]:
        return (self.nesting, self.hidden) if is_mjml(tag.name) else (self.nesting,)

    def _closing(self, tag: Tag) -> Iterator[Mistake]:
        if is_mjml(tag.name) and tag.name not in self.known.tags and not self.nesting.has(name_of(tag)):
            yield self._no_such_tag(tag)
            for nesting in self._nestings(tag):
                nesting.close_misspelt()
        elif tag.name.lower() in VOID:
            yield Mistake(tag.start, f"</{tag.name}> closes nothing.", f"Write <{tag.name.lower()}> alone.")
        else:
            for nesting in self._nestings(tag):
                yield from nesting.close(tag)

    def _no_such_tag(self, tag: Tag) -> Mistake:
        return Mistake(tag.start, f"there is no tag <{tag.name}>.", did_you_mean(tag.name, self.known.tags))

    def _place(self, tag: Tag, parent: Tag | None) -> Iterator[Mistake]:
        if parent is None or parent.name not in self.known.tags or parent.name == "mj-attributes":
            return
        if tag.name not in self.known.tags[parent.name].children:
            belongs = self.known.parents(tag.name)
            remedy = f"It belongs directly in {belongs}." if belongs else "It is the outermost tag."
            yield Mistake(tag.start, f"<{tag.name}> cannot stand in <{parent.name}>.", remedy)

    def _html(self, tag: Tag, parent: Tag | None) -> Iterator[Mistake]:
        name = tag.name.lower()
        if name in REMOVED:
            yield Mistake(tag.start, f"mail programs throw <{name}> away, and some the whole mail.", "Delete it.")
        if name in VOID and tag.name != name and tag.kind == "open":
            yield Mistake(tag.start, f"MJML cannot read <{tag.name}> in capital letters.", f"Write <{name}>.")
        holds = self.known.tags[parent.name].holds if parent and parent.name in self.known.tags else "html"
        if parent and holds == "text":
            yield Mistake(tag.start, f"<{parent.name}> holds plain text, not tags such as <{tag.name}>.", "Delete the tag.")
        elif parent and holds != "html":
            yield Mistake(tag.start, f"HTML such as <{tag.name}> cannot stand in <{parent.name}>.", _where_html_goes(parent.name))

    def _mjml_attributes(self, tag: Tag, facts: TagFacts) -> Iterator[Mistake]:
        seen: set[str] = set()
        for attribute in tag.attributes:
            name = attribute.name
            if PRINTED in name:
                continue
            if name in seen and not tag.branches:
                yield Mistake(attribute.start, f"<{tag.name}> has {name} twice, and only one of them counts.", "Delete one.")
            seen.add(name)
            reason = self.known.left_out.get(f"{tag.name} {name}")
            if reason:
                yield Mistake(attribute.start, f"<{tag.name}> cannot take {name} here.", reason)
            elif name not in facts.attributes:
                meant = did_you_mean(name, facts.attributes)
                yield Mistake(attribute.start, f"<{tag.name}> has no attribute {name}.", meant)
            elif attribute.value is None:
                yield Mistake(attribute.start, f"{name} has no value.", f'Write {name}="...", or delete it.')
            elif attribute.literal:
                wrong = self.known.wrong_value(facts.attributes[name], name, attribute.value)
                if wrong:
                    yield Mistake(attribute.start, *wrong)

    def _missing(self, tag: Tag, parent: Tag | None) -> Iterator[Mistake]:
        """mjml-python writes no `alt` where there is none, and a social icon without `src` from an address that is not there."""
        if tag.more or (parent and parent.name == "mj-attributes"):
            return
        names = {attribute.name for attribute in tag.attributes}
        if tag.name in ("mj-image", "mj-social-element") and "src" not in names:
            yield Mistake(tag.start, f"<{tag.name}> has no src.", 'Write src="{{ picture("images/file.png", 600).src }}".')
        if tag.name == "mj-image" and "alt" not in names:
            remedy = 'Write alt="what it shows", or alt="" for mere decoration.'
            yield Mistake(tag.start, "<mj-image> has no alt, the words for those who cannot see it.", remedy)

    def _shares(self, tag: Tag) -> Iterator[Mistake]:
        """The compiler turns the link of a network it knows into "share this page"."""
        names = {attribute.name: attribute for attribute in tag.attributes}
        network = names.get("name")
        if network and network.value in SHARES and "href" in names:
            message = f'name="{network.value}" turns the link into one that shares the page it leads to.'
            yield Mistake(network.start, message, f'Write name="{network.value}-noshare".')

    def _loads(self, tag: Tag, attribute: Attribute) -> Iterator[Mistake]:
        name, value = attribute.name.lower(), attribute.value or ""
        if name == "style":
            yield from self.css(value, attribute.value_start)
        elif name in LOADED or (name == "href" and tag.name.lower() == "link"):
            for found in _ELSEWHERE.finditer(value):
                yield from self._foreign(found, attribute.value_start)
            local = attribute.literal and value and not re.match(r"\s*(?:[a-z]+:|//)", value, re.IGNORECASE)
            if local and name == "src" and tag.name in PICTURES:
                remedy = f'Write src="{{{{ picture("{value.strip()}", 600).src }}}}".'
                yield Mistake(attribute.start, f'src="{value}" puts no picture into the mail.', remedy)

    def _foreign(self, found: re.Match[str], offset: int) -> Iterator[Mistake]:
        url = _FILLERS.sub("...", found[1])
        if not (self.own_site and url.startswith(self.own_site.rstrip("/") + "/")):
            message = f"{url} would be loaded from another website as soon as the mail is opened."
            remedy = (
                'Use a picture of the practice\'s folder: {{ picture("images/file.png", 600).src }}; leave fonts and CSS out.'
            )
            yield Mistake(offset + found.start(1), message, remedy)

    def css(self, text: str, offset: int) -> Iterator[Mistake]:
        """What a style sheet loads from elsewhere; `offset` is where `text` begins."""
        for found in _CSS_LOAD.finditer(text):
            yield from self._foreign(found, offset)

    def _text(self, piece: Text) -> Iterator[Mistake]:
        if piece.raw == "comment":
            yield from self._comment(piece)
        elif piece.raw:
            yield from self.css(piece.text, piece.start)
            if "<" in piece.text and piece.raw != "script":
                at = piece.start + piece.text.index("<")
                yield Mistake(
                    at, f"MJML cannot read a < inside <{piece.raw}>.", "Write CSS only, without tags and without <!-- -->."
                )
        else:
            yield from self._stray_text(piece)

    def _comment(self, piece: Text) -> Iterator[Mistake]:
        parent = self.nesting.parent()
        if parent and parent.name in ("mj-attributes", "mj-title", "mj-preview"):
            yield Mistake(piece.start, f"MJML cannot read a comment in <{parent.name}>.", "Write it with {# and #}.")

    def _stray_text(self, piece: Text) -> Iterator[Mistake]:
        parent = self.nesting.parent(directly=True)
        words = _FILLERS.sub(" ", piece.text).split()
        if parent and words and parent.name in self.known.tags and self.known.tags[parent.name].holds in ("tags", "nothing"):
            at = piece.start + piece.text.index(words[0])
            said = " ".join(words)[:40]
            yield Mistake(at, f'text ("{said}") cannot stand in <{parent.name}>.', _where_html_goes(parent.name))


def is_mjml(name: str) -> bool:
    """Whether a tag is meant as one of MJML's, spelt well or not."""
    return name.lower().startswith("mj")


def _where_html_goes(parent: str) -> str:
    if parent in ("mj-head", "mjml"):
        return "Put it into <mj-raw>, or a style into <mj-style>."
    return "Delete it." if parent == "mj-attributes" else "Put it into <mj-text>, <mj-table> or <mj-raw>."
