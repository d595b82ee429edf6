"""Links in words: they say where they lead, differ where their targets differ, and are seen without telling colours apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

from newsletter.check import facts
from newsletter.check.access.drawing import Drawing, Passage, Run
from newsletter.check.evidence import Evidence, Mails
from newsletter.check.finding import WARNING, Finding, warning
from newsletter.check.registry import details, mail_rule
from newsletter.check.sample import HTML_PART
from newsletter.check.words.shown_words import place_of_words, shortened

_LONGEST_VAGUE = 60  # characters; more than that say something
_CODE = 20  # characters, from which a part of an address may be a code for the counting of clicks


@dataclass(frozen=True, slots=True)
class VagueWords:
    """Words that fit any link, and what to write in their place."""

    words: tuple[str, ...]
    instead: str
    source: str = ""
    as_of: str = ""


class Named(NamedTuple):
    """A link with what a screen reader calls it."""

    name: str
    href: str


@mail_rule("C06", "links that say where they lead", WARNING, source="WCAG 2.2, 2.4.4")
def link_words(mails: Mails) -> Iterator[Finding]:
    """No `click here`, `read more` or bare address as the words of a link, and no two targets under the same words."""
    vague = _vague(mails)
    for drawing in mails.drawings:
        named = _named(drawing)
        for link in named:
            said = _bare(link.name)
            if said in vague:
                target, words = shortened(link.href), shortened(link.name)
                harm = f'A link to {target} says only "{words}": read out in a list of links, that tells nobody what opens.'
                yield warning(_place(mails, link), harm, vague[said])
            elif _is_address(link):
                harm = f'A link shows its bare address, "{shortened(link.name)}": a screen reader spells it out sign by sign.'
                yield warning(_place(mails, link), harm, "Write what the page is, and put the address behind those words.")
            elif not link.name:
                harm = f"A link to {shortened(link.href)} has no words: a screen reader spells out its address."
                yield warning(mails.place_of(link.href, HTML_PART), harm, "Write what it opens between <a> and </a>.")
        yield from _same_words(mails, [link for link in named if _bare(link.name) not in vague])


def _vague(mails: Mails) -> dict[str, str]:
    """What to do about each of the words that fit any link."""
    folder = mails.practice.folder if isinstance(mails, Evidence) else None
    known = facts.entries(VagueWords, "link_words", folder, mails.language)
    return {" ".join(words.lower().split()): entry.instead for entry in known for words in entry.words}


@details("C06")
def told() -> Iterator[str]:
    """The words that say nothing."""
    for entry in facts.entries(VagueWords, "link_words", language="en"):
        yield f"{', '.join(entry.words)} ({entry.source}, {entry.as_of})"


def _named(drawing: Drawing) -> list[Named]:
    """Every link that a reader meets, but not those around a picture that has no words: that picture is at fault."""
    words: dict[int, list[str]] = {}
    for passage in drawing.passages:
        for run in passage.runs:
            if run.link >= 0:
                words.setdefault(run.link, []).append(run.text)
    empty_pictures = set()
    for at, element in enumerate(drawing.page.elements):
        link = drawing.links[at]
        if element.tag == "img" and link >= 0 and not drawing.style(at).hidden:
            words.setdefault(link, []).append(f" {element.attributes.get('alt', '')} ")
            empty_pictures |= set() if element.attributes.get("alt", "").strip() else {link}
    found = []
    for at, element in enumerate(drawing.page.elements):
        if drawing.links[at] != at or drawing.style(at).hidden:
            continue
        said = element.attributes
        name = " ".join((said.get("aria-label") or "".join(words.get(at, ())) or said.get("title", "")).split())
        if name or (at not in empty_pictures and said["href"].strip()):
            found.append(Named(name, said["href"].strip()))
    return found


def _bare(words: str) -> str:
    """Words without arrows, quotation marks and full stops around them, where they are few."""
    told = [at for at, sign in enumerate(words) if sign.isalnum()] if len(words) <= _LONGEST_VAGUE else []
    return words[told[0] : told[-1] + 1].lower() if told else ""


def _place(mails: Mails, link: Named) -> str:
    """Where the link was written: as Markdown has it, or its address, or its words."""
    whole = mails.place_of(f"[{link.name}]({link.href}", "")
    return whole or mails.place_of(link.href, "") or place_of_words(mails, link.name)


def _is_address(link: Named) -> bool:
    """Whether the words are a web address with more than a website's name, and it is the one that the link opens."""
    name = link.name.lower()
    address = name.removeprefix("https://").removeprefix("http://")
    host = address.partition("/")[0].removeprefix("www.")
    if " " in name or "." not in host or "@" in host:
        return False
    return (address != name or "/" in name.rstrip("/")) and host in link.href.lower()


def _same_words(mails: Mails, named: list[Named]) -> Iterator[Finding]:
    """Links that are called alike and lead to different pages; addresses made for counting clicks are not compared."""
    first: dict[str, Named] = {}
    told: set[str] = set()
    for link in named:
        words = " ".join(link.name.lower().split())
        if not words or not (target := _target(link.href)):
            continue
        before = first.setdefault(words, link)
        if _target(before.href) != target and words not in told:
            told.add(words)
            harm = (
                f'Two links say "{shortened(link.name)}" and lead to different pages ({shortened(before.href)} and '
                f"{shortened(link.href)}): somebody who hears the list of links cannot tell them apart."
            )
            yield warning(mails.place_of(link.href, HTML_PART), harm, "Add to each of them what it is about.")


def _target(href: str) -> str:
    """A web address as far as it tells pages apart; empty for others, and for those that only a counter can read."""
    try:
        parts = urlsplit(href)
    except ValueError:
        return ""
    if parts.scheme.lower() not in ("http", "https") or not parts.netloc:
        return ""
    query = "&".join(part for part in parts.query.split("&") if part and not part.lower().startswith(("utm_", "mc_", "fbclid")))
    where = f"{parts.path.rstrip('/')}?{query}"
    if any(_is_code(piece) for piece in where.replace("?", "/").replace("&", "/").replace("=", "/").split("/")):
        return ""
    return f"{parts.netloc.lower().removeprefix('www.')}{where}"


def _is_code(piece: str) -> bool:
    """Whether a piece of an address is a code: long, with digits and capitals, and without words parted by hyphens."""
    return (
        len(piece) >= _CODE
        and piece.count("-") < 2
        and any(sign.isdigit() for sign in piece)
        and any(sign.isupper() for sign in piece)
    )


@mail_rule("C07", "links that are seen without telling colours apart", WARNING, source="WCAG 2.2, 1.4.1")
def links_by_color(mails: Mails) -> Iterator[Finding]:
    """A link among other words is underlined, or bold, boxed or slanted where they are not."""
    for drawing in mails.drawings:
        for passage in drawing.passages:
            around = [run for run in passage.runs if run.link < 0 and run.wordy]
            plain = [
                run
                for run in passage.runs
                if run.link >= 0 and run.wordy and around and not _stands_out(drawing, passage, run, around)
            ]
            if plain:
                words = shortened(plain[0].text)
                harm = (
                    f'The link "{words}" differs from the words around it by its colour only: one man in twelve does not see it.'
                )
                yield warning(place_of_words(mails, plain[0].text), harm, "Underline it: text-decoration: underline.")


def _stands_out(drawing: Drawing, passage: Passage, run: Run, around: list[Run]) -> bool:
    """Whether more than colour sets the words of a link apart from those around them."""
    style = run.style
    if style.underlined or style.bold > any(other.style.bold for other in around):
        return True
    if style.italic > any(other.style.italic for other in around):
        return True
    at, ground = run.at, drawing.style(passage.at).ground
    while at != passage.at and at >= 0:
        style = drawing.style(at)
        if any(style.lines) or style.ground != ground or style.boxed:
            return True
        at = drawing.element(at).parent
    return False
