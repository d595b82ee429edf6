"""The words that stand for a picture: short, about what it shows, and there at all where the picture is a link."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from newsletter.check import facts
from newsletter.check.access.drawing import Drawing, Passage
from newsletter.check.evidence import Evidence, Mails
from newsletter.check.finding import ERROR, WARNING, Finding, error, warning
from newsletter.check.registry import details, mail_rule
from newsletter.check.sample import HTML_PART
from newsletter.check.words.shown_words import shortened

_SAY = "Write after `alt:` what the picture shows, in one short sentence."
_LONGEST = 125  # characters; the usual advice, because nobody can stop inside an alt and hear a part of it again
_FILE_NAME = (
    r"(?i)[^\s/]{1,200}\.(?:jpe?g|png|gif|webp|svg|bmp|tiff?|heic|avif)"  # back-pain.jpg
    r"|(?:img|dsc[fn]?|pxl|image|photo|pic|scan)[ _-]?\d[\w.:-]{0,40}|screen ?shot[ _-]?\d.{0,40}"  # IMG_2041
    r"|[a-z0-9]{1,40}(?:[_-][a-z0-9]{1,40}){1,9}[_-](?:\d{2,9}|v\d|final|copy|web|small|large|banner|hero|header)"  # hero_v2
)


@dataclass(frozen=True, slots=True)
class PictureWords:
    """Words that say no more than that something is a picture: how they `begin` an alt, or the `whole` of it."""

    kind: str
    words: tuple[str, ...]
    source: str = ""
    as_of: str = ""


@mail_rule(
    "C04",
    "words for pictures that say what they show",
    ERROR,
    WARNING,
    source="WCAG 2.2, 1.1.1 and 2.4.4; emailmarkup.org, accessibility report 2026",
)
def picture_words(mails: Mails) -> Iterator[Finding]:
    """No linked picture without words, no file name, no `image of`, at most 125 characters, not the caption once more."""
    for drawing in mails.drawings:
        elements = drawing.page.elements
        named = {link for link, element in zip(drawing.links, elements, strict=True) if element.attributes.get("alt", "").strip()}
        for at, element in enumerate(elements):
            if element.tag != "img" or "alt" not in element.attributes or drawing.style(at).hidden:
                continue
            alt = " ".join(element.attributes["alt"].split())
            if not alt:
                if _is_silent_link(drawing, at, named):
                    href = drawing.element(drawing.links[at]).attributes["href"]
                    harm = f"A picture that is a link (to {shortened(href)}) has no words: a screen reader has none to say."
                    yield error(mails.place_of(href, HTML_PART), harm, "Give it words for what opens, such as: Book a visit.")
            elif problem := _fault(mails, drawing, at, alt):
                harm, fix = problem
                yield warning(_place(mails, alt), harm, fix)


def _is_silent_link(drawing: Drawing, at: int, named: set[int]) -> bool:
    """Whether nothing in the link around a picture has words; `named` are the links with a picture that has some."""
    link = drawing.links[at]
    if link < 0 or link in named or link in drawing.wordy_links:
        return False
    return not any(drawing.element(link).attributes.get(name, "").strip() for name in ("aria-label", "title"))


def _fault(mails: Mails, drawing: Drawing, at: int, alt: str) -> tuple[str, str] | None:
    """What is wrong with words for a picture, and what to do."""
    begins, whole = _known(mails)
    lower = alt.lower()
    start = next((words for words in begins if lower.startswith(words) and not lower[len(words) : len(words) + 1].isalnum()), "")
    if any(sign in alt for sign in "._-0123456789") and re.fullmatch(_FILE_NAME, alt):
        harm = f'The words for a picture are the name of its file, "{shortened(alt)}": a blind reader hears just that.'
        return harm, _SAY
    if lower.strip(" .:!") in whole:
        return (
            f'The words for a picture are only "{shortened(alt)}": a blind reader learns nothing of what it shows.',
            _SAY,
        )
    if start:
        rest = shortened(alt[len(start) :].strip(" :"))
        harm = f'The words for a picture begin with "{alt[: len(start)]}": a screen reader has said that it is an image already.'
        told = rest and not re.fullmatch(_FILE_NAME, rest)
        return harm, f"Begin with what it shows: {rest[:1].upper()}{rest[1:]}" if told else _SAY
    if len(alt) > _LONGEST:
        harm = f'The words for a picture have {len(alt)} characters ("{shortened(alt)}"): screen readers cut or rush them.'
        return harm, f"Say it in {_LONGEST} characters, and put the rest into the caption or the text."
    if drawing.links[at] < 0 and _bare(alt) in _said_beside(drawing, at):
        harm = f'The words for a picture repeat those beside it, "{shortened(alt)}": a blind reader hears the same twice.'
        return harm, "Write what the picture shows and the other words do not say."
    return None


def _place(mails: Mails, alt: str) -> str:
    """The line of the `alt` with these words; the name of a file can stand in other keys as well."""
    for document in mails.documents if isinstance(mails, Evidence) else ():
        for path, node in document.root.strings():
            if path[-1:] == ("alt",) and " ".join(str(node.value).split()) == alt:
                return f"{document.path}:{node.line}"
    return mails.place_of(alt, HTML_PART)


def _said_beside(drawing: Drawing, at: int) -> set[str]:
    """The headings of the page, and the words right before and after a picture."""
    passages = drawing.passages
    after = next((number for number, passage in enumerate(passages) if passage.runs[0].at > at), len(passages))
    beside = [passage for passage in passages if drawing.headings[passage.at] >= 0] + passages[max(after - 1, 0) : after + 1]
    return {_bare(words) for passage in beside for words in _texts(passage)}


def _texts(passage: Passage) -> Iterator[str]:
    """All of a passage's words, and each line of it by itself: below a caption may stand who made the picture."""
    yield passage.words
    for run in passage.runs:
        yield " ".join(run.text.split())


def _bare(words: str) -> str:
    return words.lower().strip(" .!?")


def _known(mails: Mails) -> tuple[tuple[str, ...], frozenset[str]]:
    """How such words begin, and those that say nothing when they stand alone, in the language of the mail."""
    folder = mails.practice.folder if isinstance(mails, Evidence) else None
    known = facts.entries(PictureWords, "alt_words", folder, mails.language)
    begins = tuple(words.lower() for entry in known if entry.kind == "begins" for words in entry.words)
    return begins, frozenset(words.lower() for entry in known if entry.kind == "whole" for words in entry.words)


@details("C04")
def told() -> Iterator[str]:
    """The words that say nothing."""
    for entry in facts.entries(PictureWords, "alt_words", language="en"):
        yield f"{entry.kind}: {', '.join(entry.words)} ({entry.source}, {entry.as_of})"
