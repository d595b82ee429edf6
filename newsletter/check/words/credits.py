"""The pictures of an issue: whether somebody could tell whose each one is, and whether the practice may use it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from newsletter.check import facts
from newsletter.check.evidence import Evidence
from newsletter.check.finding import ADVICE, WARNING, Finding, advice, warning
from newsletter.check.registry import details, rule
from newsletter.check.words import boards
from newsletter.read.blocks import MaybePicture
from newsletter.read.blocks import Picture as PictureKeys

# A caption can hold the credit: "Photo: Ana Reyes", "(c) Getty Images", "Foto: ...".
_CREDIT_IN_CAPTION = re.compile(
    r"\u00a9|\(c\)|\b(?:photo\w*|foto\w*|image|imagen|bild|picture|drawing|illustrat\w+|drawn|art|artwork|graphic|credit|courtesy|source)"
    r"(?:\s+(?:and|&)\s+\w+)?\s*(?::|\b(?:by|of|from|courtesy|von|por|par)\b)",
    re.IGNORECASE,
)
_NAMES_NOBODY = frozenset(
    (
        *("internet", "web", "online", "google", "googleimages", "googlesearch", "bing", "bingimages", "pinterest", "facebook"),
        *("instagram", "unknown", "authorunknown", "anonymous", "stock", "stockphoto", "stockimage", "royaltyfree", "free"),
        *("", "none", "na", "tbd", "tba", "todo", "website", "aicredit", "copyrightfree", "publicsource", "socialmedia"),
    )
)
_BEFORE_THE_NAME = re.compile(r"^\W*(?:(?:photo\w*|image|picture|illustration|source|credit|from|by|via|the|courtesy|of)\b\W*)+")
_ANYTHING = re.compile(r"\*|\?|\[[^\]]*\]")
_PHOTOGRAPH = frozenset([".jpg", ".jpeg"])
_A_PERSON = frozenset(
    (
        *("person", "people", "patient", "patients", "man", "men", "woman", "women", "boy", "girl", "child", "children"),
        *("adult", "adults", "couple", "senior", "seniors", "athlete"),
    )
)
_SAYS_WHO = frozenset(["model", "models", "actor", "actors", "patient", "staff", "posed", "us", "team"])


@dataclass(frozen=True, slots=True)
class Library:
    """A picture library: its name, how its files are called (`*` stands for anything), and what it asks of those who use it."""

    name: str
    files: tuple[str, ...]
    asks: str
    source: str
    as_of: str

    def made(self, file: str) -> bool:
        """Whether a file (its name alone, lower case) looks as if it came from here."""
        plain = ((max(_ANYTHING.split(pattern), key=len), pattern) for pattern in self.files)
        return any(part in file and fnmatchcase(file, pattern) for part, pattern in plain)


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture with the words that stand at it, and the place of its `image` key."""

    file: str
    words: str
    alt: str
    credit: str
    place: str


@rule("K16", "a credit at every picture", WARNING, ADVICE, source="copyright; the picture libraries' licences")
def credits_given(evidence: Evidence) -> Iterator[Finding]:
    """Every picture of the issue names who made it, and a picture from a library names the library; portrait and logo apart."""
    shown = list(_pictures(evidence))
    credited = {picture.file for picture in shown if picture.credit}
    known = facts.entries(Library, "stock_pictures", evidence.practice.folder)
    for picture in shown:
        library = _library(picture, known)
        if not picture.credit and picture.file in credited:
            continue  # the same picture again: its credit stands at the other one
        if library and library.name.lower().replace(" ", "") not in picture.words.lower().replace(" ", ""):
            yield _unnamed(picture, library)
        elif not picture.credit:
            harm = (
                f"The picture {picture.file} has no credit: nobody can tell who made it, and whether you may send it to people."
            )
            fix = 'Add `credit: "Photo: who made it, licence"`; for your own picture the name of your practice.'
            yield warning(picture.place, harm, fix)
        elif _names_nobody(picture.credit):
            harm = (
                f'The credit "{picture.credit}" names nobody: a picture found somewhere belongs to somebody, who can send a bill.'
            )
            yield warning(picture.place, harm, "Name who made it and the licence, or take a picture of your own.")
        elif (board := boards.rules_for(evidence, "K16")) and _shows_a_model(picture):
            harm = f"The picture {picture.file} seems to show a person, and does not say whether it is a model. {board.words}"
            yield advice(picture.place, harm, 'If it is a model, add "Model." to its `caption`.', board.source)


@details("K16")
def libraries() -> Iterator[str]:
    """What each picture library asks."""
    for library in facts.entries(Library, "stock_pictures"):
        yield f"{library.name} {library.asks} ({library.source}; as of {library.as_of})"


def _pictures(evidence: Evidence) -> Iterator[Shown]:
    """The pictures of the issue in the order of its file."""
    issue = evidence.issue.text
    held: Iterable[tuple[object, tuple[str | int, ...]]] = [
        (issue.hero, ("hero",)),
        *((block, ("body", index)) for index, block in enumerate(issue.body)),
    ]
    for holder, path in held:
        if isinstance(holder, PictureKeys | MaybePicture) and holder.image:
            caption, credit = holder.caption or "", holder.credit or ""
            words = " ".join((caption, credit, holder.credit_url or ""))
            told = credit or (caption if _CREDIT_IN_CAPTION.search(caption) else "")
            yield Shown(holder.image, words, holder.alt or "", told, evidence.issue_place(*path, "image"))


def _library(picture: Shown, known: Iterable[Library]) -> Library | None:
    """The picture library that a file's name points to."""
    file = PurePosixPath(picture.file).name.lower()
    return next((library for library in known if library.made(file)), None)


def _unnamed(picture: Shown, library: Library) -> Finding:
    """What to say of a picture that seems to come from a library which its credit does not name."""
    says = f'its credit says only "{picture.credit}"' if picture.credit else "it has no credit"
    harm = (
        f"The name of the file {picture.file} says that it is from {library.name}, and {says}. {library.name} {library.asks}: "
        "without its licence the owner can send you a bill."
    )
    fix = f'If you have the licence, write `credit: "Photo: photographer, {library.name}"`; if not, use another picture.'
    return warning(picture.place, harm, fix, f"{library.source}, as of {library.as_of}")


def _names_nobody(credit: str) -> bool:
    """Whether a credit is only "internet", "Google" or the like."""
    named = _BEFORE_THE_NAME.sub("", credit.lower())
    return "".join(filter(str.isalnum, named)) in _NAMES_NOBODY


def _shows_a_model(picture: Shown) -> bool:
    """Whether a photograph shows a person, and none of its words say that it is a model or somebody of the practice."""
    alt, words = (set(re.findall(r"[a-z]+", text.lower())) for text in (picture.alt, picture.words))
    return PurePosixPath(picture.file).suffix.lower() in _PHOTOGRAPH and bool(alt & _A_PERSON) and not (words & _SAYS_WHO)
