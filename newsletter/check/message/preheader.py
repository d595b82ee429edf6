"""The preheader: the words behind the subject in an inbox, which stand first in the page and are not shown on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from newsletter.check import css
from newsletter.check.evidence import Evidence, Mails
from newsletter.check.finding import ADVICE, WARNING, Finding, advice, warning
from newsletter.check.markup import Element, Page
from newsletter.check.message.spam_words import spam_in, typical_length, words_in
from newsletter.check.registry import mail_rule
from newsletter.check.sample import HTML_PART, Sample
from newsletter.compose.colors import contrast

_SHORTEST, _LONGEST = 40, 110  # letters: a telephone shows 40 to 75, Gmail on a computer 90 to 110
_INVISIBLE = dict.fromkeys((0xAD, 0x34F, 0x200B, 0x200C, 0x200D, 0x2007, 0x2060, 0xFEFF))  # what the rest is padded with
_NOT_WORDS = frozenset(("head", "title", "style", "script", "template", "noscript"))
_FAINT = 1.5  # contrast below which words count as hidden by color
_PAPER = "#ffffff"  # behind a page that names no ground


@mail_rule(
    "H09",
    "a preheader that goes on from the subject",
    WARNING,
    ADVICE,
    source="SpamAssassin HTML_FONT_LOW_CONTRAST; Gmail on hidden content, https://support.google.com/mail/answer/81126",
)
def preheader(mails: Mails) -> Iterator[Finding]:
    """There, 40 to 110 letters, not the subject again, no words of spam, not white on white, and in the page's language."""
    told = {sample.html: sample for sample in mails.unlike if sample.html}
    written = mails.issue.text.preheader if isinstance(mails, Evidence) else None
    for sample in told.values():
        found = preheader_of(sample.page, begins=(written or "").partition("{{")[0], first=not written)
        shown = found.text if found else _begun(sample)
        if not (shown and (written or not isinstance(mails, Evidence))):
            yield _missing(mails, sample, written)
            return
        place = mails.issue_place("preheader") if isinstance(mails, Evidence) else HTML_PART
        yield from _length(typical_length(written) if written else len(shown), place)
        yield from _repeats(sample, shown, place)
        for phrase, entry in spam_in(shown, "preheader", mails):
            harm = f'"{phrase}" in the preheader {entry.harm}.'
            yield advice(place, harm, f"In `preheader` {entry.instead}.", entry.source)
        if found:
            yield from _hidden_badly(found)


def _begun(sample: Sample) -> str:
    """The words a reader sees first: where they are long enough, they do for a preheader."""
    first = next(iter(sample.page.paragraphs), "")
    return first if len(first) >= _SHORTEST else ""


def _missing(mails: Mails, sample: Sample, written: str | None) -> Finding:
    shown = " ".join(sample.page.visible[:200].split())[:50].rpartition(" ")[0]
    harm = f'There is no preheader: the inbox shows "{shown} ..." behind the subject.'
    if written:
        return warning(HTML_PART, harm, "In your theme's issue.mjml write the preheader, hidden, at the top of the page.")
    place = mails.issue_place("title") if isinstance(mails, Evidence) else HTML_PART
    return warning(place, harm, f"Add a line `preheader:` with {_SHORTEST} to {_LONGEST} letters that go on from the subject.")


def _length(length: int, place: str) -> Iterator[Finding]:
    if length < _SHORTEST:
        harm = f"The preheader has only about {length} letters: the place beside the subject stays half empty."
        yield warning(place, harm, f"Write {_SHORTEST} to {_LONGEST} letters that say more than the subject.")
    elif length > _LONGEST:
        harm = f"The preheader has about {length} letters: inboxes show at most {_LONGEST} and cut off the rest."
        yield warning(place, harm, f"Shorten `preheader` to {_LONGEST} letters, the words that matter first.")


def _repeats(sample: Sample, shown: str, place: str) -> Iterator[Finding]:
    """The subject's words once more, whole or nearly; the reader's own name does not count."""
    own = words_in(" ".join(sample.subscriber.fields.values())).lower()
    subject, words = (
        [word for word in words_in(text).lower().split() if f" {word} " not in own] for text in (sample.subject, shown)
    )
    same = set(subject) & set(words)
    whole = len(subject) > 2 and f" {' '.join(subject)} " in f" {' '.join(words)} "
    if subject and (whole or words == subject or len(same) * 4 > 3 * len({*subject, *words})):
        harm = "The preheader says the subject once more: readers learn nothing new from it."
        yield warning(place, harm, "Let `preheader` go on where the subject ends.")


def _hidden_badly(found: Preheader) -> Iterator[Finding]:
    if found.faint:
        harm = "The preheader is hidden in the color of the ground behind it: spam filters count such words against a mail."
        yield warning(HTML_PART, harm, "In your theme's issue.mjml give the preheader the color of the body text.")
    if found.outside:
        harm = "The preheader stands outside the part that names the language: screen readers may read it in another one."
        yield warning(HTML_PART, harm, "In your theme move the preheader inside, or give its element lang and dir.")


@dataclass(frozen=True, slots=True)
class Preheader:
    """Its words; whether they have the color of their ground (`faint`), or stand `outside` the element that names a language."""

    text: str
    faint: bool
    outside: bool


def preheader_of(page: Page, *, begins: str = "", first: bool = False) -> Preheader | None:
    """The first hidden words that begin so, or else the first of all; None where there are none.

    `first`: they must stand before everything that shows, as an inbox reads them.
    """
    seen = page.places[0][1] if first and page.places else len(page.html)
    found = [(root, words) for root, words in _hidden(page) if page.elements[root].offset < seen]
    meant = [(root, words) for root, words in found if words_in(" ".join(words)).startswith(words_in(begins).rstrip())]
    for root, words in [*meant, *found][:1]:
        around = list(_outward(page.elements, root))
        return Preheader(" ".join(words), _faint(around), _outside(page.elements, around))
    return None


def _hidden(page: Page) -> Iterator[tuple[int, list[str]]]:
    """Every outermost hidden element that has words, the head and its kind apart: its place in the page, and the words."""
    roots: dict[int, int] = {}  # a hidden element -> the outermost hidden one around it
    said: dict[int, list[str]] = {}
    for index, element in enumerate(page.elements):
        if element.hidden:
            root = roots[index] = roots.get(element.parent, index)
            if page.elements[root].tag not in _NOT_WORDS and element.tag not in _NOT_WORDS:
                said.setdefault(root, []).extend(" ".join(run for run, _ in element.text).translate(_INVISIBLE).split())
    return ((root, words) for root, words in said.items() if words)


def _outward(elements: list[Element], index: int) -> list[Element]:
    """The element and those around it, the innermost first."""
    found = []
    while index >= 0:
        found.append(elements[index])
        index = elements[index].parent
    return found


def _outside(elements: list[Element], around: list[Element]) -> bool:
    """Whether another element of the body names a language and none here does: Gmail drops what html and body say."""
    pages = ("html", "body")
    if any("lang" in element.attributes for element in around if element.tag not in pages):
        return False
    return any("lang" in element.attributes and element.attributes.get("role") == "article" for element in elements)


def _faint(around: list[Element]) -> bool:
    color = _first(around[:1], "color")
    return bool(color) and contrast(color, _first(around, "background-color", "background") or _PAPER) < _FAINT


def _first(elements: list[Element], *names: str) -> str:
    """The innermost color of one of these properties as six hex digits; empty where none is given, or it is none we know."""
    for element in elements:
        declared = {one.name: one.value for one in css.declarations(element.attributes.get("style", ""))}
        written = [declared[name] for name in names if name in declared]
        if "background-color" in names and "bgcolor" in element.attributes:
            written.append(element.attributes["bgcolor"])
        for value in written:
            found = css.color(value)
            if found and found[1] == 1:
                return found[0]
    return ""
