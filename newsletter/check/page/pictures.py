"""Pictures as readers get them: in a format that shows everywhere, light, sharp, and never instead of words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from newsletter.check import facts
from newsletter.check.evidence import Evidence, Mails
from newsletter.check.finding import ADVICE, ERROR, WARNING, Finding, advice, error, warning
from newsletter.check.network.net import Net, fetch_all
from newsletter.check.page.sent_pictures import (
    SentPicture,
    ending_of,
    kind_of,
    pages_of,
    sent_pictures,
    shown_sources,
    width_of,
)
from newsletter.check.registry import details, mail_rule
from newsletter.check.sample import HTML_PART
from newsletter.check.statements import WORD

_HEAVY = 200_000  # bytes of one picture: two seconds on a slow phone line
_HEAVY_TOGETHER = 1_000_000
_HEAVY_MOVING = 1_000_000
_SHARPNESS = 2  # pixels of the file for each that is shown: the screens of nearly all phones
_SMALL = 32  # pixels; a picture shown narrower is a spacer or a sign
_LARGE = 300  # pixels; a wider picture could be a page of its own
_FEW_WORDS = 100  # of the whole page, footer and address included
_FEW_OF_ITS_OWN = 20  # words of the issue, where the rest is what stands in every mail of the practice
_MOST_ASKED = 40  # pictures whose addresses are tried
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of picture that some mail programs do not show, from data/picture_formats.yaml."""

    endings: tuple[str, ...]
    name: str
    level: str
    readers: str
    source: str = ""
    as_of: str = ""


def _formats(mails: Mails) -> dict[str, Format]:
    """The formats by the endings of their files."""
    listed = facts.entries(Format, "picture_formats", mails.practice.folder if isinstance(mails, Evidence) else None)
    return {ending: known for known in listed for ending in known.endings}


@mail_rule(
    "H06", "pictures in a format that every mail program shows", ERROR, WARNING, ADVICE, source="caniemail.com, image formats"
)
def formats(mails: Mails) -> Iterator[Finding]:
    """No SVG, AVIF, HEIC or TIFF, by name or first bytes; no WebP or BMP; nothing moving over 1 MB, or that would stand still."""
    known = _formats(mails)
    told = set()
    for sent in sent_pictures(mails):
        if found := known.get(sent.kind or sent.subtype):
            told.add(sent.src)
            yield _wrong_format(found, sent.name, sent.place)
        elif len(sent.content) > _HEAVY_MOVING and sent.kind in ("gif", "png") and sent.look and sent.look.moves:
            harm = f"The moving picture {sent.name} weighs {_spoken(len(sent.content))}: on a phone it stands still for long."
            yield warning(sent.place, harm, "Make it shorter or smaller, under 1 MB, or show a still picture.")
    for page in pages_of(mails.unlike):
        for source in shown_sources(page):
            if source not in told and (found := known.get(ending_of(source))) and not source.startswith(("cid:", "data:")):
                told.add(source)
                yield _wrong_format(found, source[:_SHOWN], mails.place_of(source, HTML_PART))
    yield from _stilled(mails)


def _wrong_format(found: Format, name: str, place: str) -> Finding:
    harm = f"{name} is {'an' if found.name[0] in 'AS' else 'a'} {found.name}. {found.readers}"
    tell = error if found.level == "error" else warning
    return tell(place, harm, "Save it as JPEG (a photo) or PNG (a drawing), and name that file instead.", found.source)


def _stilled(mails: Mails) -> Iterator[Finding]:
    """Pictures that move in the practice's folder; what we put into a mail stands still."""
    if not isinstance(mails, Evidence):
        return
    for sent in sent_pictures(mails):
        path = PurePosixPath(sent.name.replace("\\", "/"))
        if path.suffix.lower() not in (".gif", ".webp") or sent.place == HTML_PART:
            continue
        try:
            written = (mails.practice.folder / path).read_bytes()
        except OSError:
            continue
        moving = SentPicture(sent.src, sent.name, sent.place, "", 0, written).look
        if moving and moving.moves:
            harm = f"{sent.name} moves. In the mail it stands still and shows only its first picture."
            yield advice(sent.place, harm, "See in the preview whether that one says enough, or link to a video.")


@mail_rule(
    "H07",
    "pictures that load, light and sharp",
    *(ERROR, WARNING, ADVICE),
    source="Gmail's and Apple's apps load pictures over the phone's line; screens of phones show two pixels for one",
)
def weights(mails: Mails) -> Iterator[Finding]:
    """Every picture is one, under 200 kB and twice as wide as it is shown; together under 1 MB; hosted ones are there."""
    known, total, lightened = _formats(mails), 0, 0
    found = sent_pictures(mails)
    for sent in found:
        total += len(sent.content)
        lightened += min(len(sent.content), _HEAVY)  # what is left of it when each heavy one, told by itself, is mended
        kind = sent.kind or (sent.subtype if sent.subtype in known else "")
        if not kind:
            yield error(sent.place, f"{sent.name} is not a picture: readers see an empty frame.", "Save it again as PNG or JPEG.")
        elif kind not in known and kind != "x-icon":
            yield from _weight(sent)
    if lightened > _HEAVY_TOGETHER:
        heaviest = max(found, key=lambda sent: len(sent.content))
        harm = f"The pictures weigh {_spoken(total)} together: on a phone they come slowly, or not at all."
        fix = f"Use fewer or smaller ones, 1 MB in all; the heaviest is {heaviest.name} with {_spoken(len(heaviest.content))}."
        yield warning(heaviest.place, harm, fix)
    if isinstance(mails, Evidence) and mails.net:
        yield from _hosted(mails, mails.net, {sent.src: sent for sent in found})


def _weight(sent: SentPicture) -> Iterator[Finding]:
    """What one picture weighs, and whether it has pixels enough."""
    if len(sent.content) > _HEAVY:
        harm = f"{sent.name} weighs {_spoken(len(sent.content))} in the mail: on a phone it comes slowly."
        smaller = "Save it as JPEG instead of PNG" if sent.kind == "png" else "Save it smaller, with more compression"
        yield warning(sent.place, harm, f"{smaller}, under 200 kB.")
    if sent.look is None:
        yield error(sent.place, f"{sent.name} is damaged: readers see an empty frame.", "Save it again as PNG or JPEG.")
    elif sent.shown > _SMALL and sent.look.width < sent.shown * _SHARPNESS - 1:
        harm = f"{sent.name} is {sent.look.width} pixels wide and shown {sent.shown} wide: on most phones it looks blurred."
        yield advice(sent.place, harm, f"If there is a larger one, use it: {sent.shown * _SHARPNESS} pixels wide or more.")


def _hosted(evidence: Evidence, net: Net, ours: dict[str, SentPicture]) -> Iterator[Finding]:
    """What the network says of the pictures that lie on a website."""
    sources = dict.fromkeys(source for page in pages_of(evidence.unlike) for source in shown_sources(page))
    hosted = [source for source in sources if source.lower().startswith(("https:", "http:"))][:_MOST_ASKED]
    most = max([_HEAVY, *(len(sent.content) for sent in ours.values())]) + 1
    for source, answer in fetch_all(net, hosted, most=most).items():
        own, at = ours.get(source), f"{source.rpartition('/')[0]}/"
        name, place = (own.name, own.place) if own else (source[:_SHOWN], evidence.place_of(source, HTML_PART))
        if not answer.asked:
            continue
        if answer.status != 200:
            why = answer.trouble or f"the website answers {answer.status}"
            harm = f"{name} cannot be loaded from {source} ({why}): readers see an empty frame."
            yield error(place, harm, f"Upload it to {at}, or correct the address.")
        elif not kind_of(answer.body) and not answer.content_type.lower().startswith("image/"):
            harm = f"At {source} there is a page and no picture: readers see an empty frame."
            yield error(place, harm, f"Upload the picture to {at}, or correct the address.")
        elif own and answer.body != own.content:
            harm = f"The picture at {source} is not the one in your folder: readers see another than you do."
            yield warning(place, harm, f"Build the issue again and upload its pictures to {at}.")
        elif not own and max(answer.size, len(answer.body)) > _HEAVY:
            weight = _spoken(answer.size) if answer.size > 0 else "more than 200 kB"
            yield warning(place, f"{name} weighs {weight}: on a phone it comes slowly.", "Put a smaller one there, under 200 kB.")


@mail_rule(
    "H08", "words, not only pictures of words", WARNING, source="SpamAssassin: HTML_IMAGE_ONLY_04 to _32 (0.6 to 2.8 points)"
)
def words_in_pictures(mails: Mails) -> Iterator[Finding]:
    """At least 100 words on a page, and 20 of the issue's own, where a picture is wider than 300 pixels."""
    widths = {sent.src: sent.look.width for sent in sent_pictures(mails) if not sent.shown and sent.look}
    issue_words = _own_words(mails) if isinstance(mails, Evidence) else None
    for page in pages_of(mails.unlike):
        shown = [picture.attributes for picture in page.pictures]
        large = [one.get("src", "") for one in shown if (width_of(one) or widths.get(one.get("src", ""), 0)) > _LARGE]
        if not large:
            continue
        words = len(page.visible.split())
        own = words if issue_words is None else issue_words
        if words < _FEW_WORDS or own < _FEW_OF_ITS_OWN:
            place = next((sent.place for sent in sent_pictures(mails) if sent.src in large), mails.place_of(large[0], HTML_PART))
            harm = (
                f"The mail is a picture with only {own} words of its own. Many readers see no pictures at first, the blind "
                "never do, and spam filters take such mails for advertising."
            )
            yield warning(place, harm, "Write what the picture says into the issue: a heading and a few sentences.")


def _own_words(evidence: Evidence) -> int:
    """The words of the issue itself, without what stands in every mail of the practice and words for pictures."""
    ours = [said for said in evidence.statements if said.path[0] in ("title", "opening", "body", "hero") and said.key != "alt"]
    return sum(len(WORD.findall(said.text)) for said in ours)


def _spoken(size: int) -> str:
    """`340 kB`, `1.4 MB`."""
    return f"{size / 1e6:.1f} MB" if size >= 999_500 else f"{size / 1000:.0f} kB"


@details("H06")
def known_formats() -> Iterator[str]:
    """Each format with what readers see, its source and date."""
    for known in facts.entries(Format, "picture_formats"):
        yield f"{known.name}: {known.level}. {known.readers} ({known.source}, {known.as_of})"
