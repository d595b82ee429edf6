"""The pictures of finished mails, each once: what the page calls it, its bytes, how wide it is shown, and who named it where."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from email.message import Message
from functools import cached_property, lru_cache
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from newsletter.check.evidence import Evidence, Mails
from newsletter.check.markup import Page
from newsletter.check.sample import HTML_PART, Sample
from newsletter.compose.pictures import Look, look_at
from newsletter.read.own_cache import cache_folder

_KEYS = frozenset(["image", "photo", "logo"])  # of the practitioner's files, whose values are pictures
_WIDTH = re.compile(r"(?<![\w-])width\s*:\s*(\d{1,5})(?:\.\d{1,3})?px", re.IGNORECASE)
_SRCSET = re.compile(r"srcset\s*=\s*(?:\"([^\"]{0,4000})|'([^']{0,4000}))", re.IGNORECASE)
_SIGNS = (  # where in a file which bytes stand (WebP: RFC 9649, AVIF and HEIC: ISO 23000-22 and 23008-12)
    *((0, b"\x89PNG\r\n\x1a\n", "png"), (0, b"\xff\xd8\xff", "jpeg"), (0, b"GIF87a", "gif"), (0, b"GIF89a", "gif")),
    *((8, b"WEBP", "webp"), (4, b"ftypavif", "avif"), (4, b"ftypavis", "avif"), (4, b"ftyphe", "heic"), (4, b"ftypmif1", "heic")),
    *((0, b"II*\0", "tiff"), (0, b"MM\0*", "tiff"), (0, b"BM", "bmp"), (0, b"\0\0\1\0", "x-icon"), (0, b"%PDF-", "pdf")),
    *((0, b"\xff\x0a", "jxl"), (4, b"JXL ", "jxl")),
)


def kind_of(content: bytes) -> str:
    """What a file is by its first bytes, as it stands after `image/` (`png`, `jpeg`, `webp`); empty where they are of none."""
    found = next((kind for at, sign, kind in _SIGNS if content.startswith(sign, at)), "")
    return found or ("svg" if b"<svg" in content[:1000] and b"<html" not in content[:1000].lower() else "")


@dataclass(frozen=True)
class SentPicture:
    """A picture that readers get: in the mail, or on the practice's website under `src`.

    `name` is the file as the practitioner wrote it, or as the mail calls it; `place` where that stands. `shown` is the
    largest width on any page, in CSS pixels, 0 where a page names none; `declared` its type as the mail gives it.
    """

    src: str
    name: str
    place: str
    declared: str
    shown: int
    content: bytes

    @cached_property
    def kind(self) -> str:
        """What it is by its own bytes; see `kind_of`."""
        return kind_of(self.content)

    @property
    def subtype(self) -> str:
        """What the mail says it is, as it stands after `image/`, lower case."""
        return self.declared.rpartition("/")[2].lower()

    @cached_property
    def look(self) -> Look | None:
        """What it holds, where it can be opened."""
        return _remembered(self.content)


@lru_cache(maxsize=64)
def _remembered(content: bytes) -> Look | None:
    """What `look_at` says; the user's cache keeps it, since the library that opens pictures takes long to wake."""
    folder = cache_folder("looks")
    kept = folder / f"{hashlib.sha256(content).hexdigest()[:32]}.json" if folder else None
    try:
        return Look(**json.loads(kept.read_text(encoding="utf-8"))) if kept else look_at(content)
    except (OSError, ValueError, TypeError):
        found = look_at(content)
    try:
        if kept and found:
            kept.write_text(json.dumps(asdict(found)), encoding="utf-8")
    except OSError:
        pass
    return found


def sent_pictures(mails: Mails) -> list[SentPicture]:
    """Every picture whose bytes are at hand: those in the mails, and those of ours that lie on the website."""
    kept = vars(mails)  # where cached_property keeps its values, too: several rules ask
    if "sent_pictures" not in kept:
        kept["sent_pictures"] = _gathered(mails)
    found: list[SentPicture] = kept["sent_pictures"]
    return found


def _gathered(mails: Mails) -> list[SentPicture]:
    widths = _widths(mails.unlike)
    found: dict[str, SentPicture] = {}
    for src, file_name, declared, payload in _attached(mails.unlike):
        if src not in found:
            name, place = _written(mails, file_name, src)
            found[src] = SentPicture(src, name, place, declared, widths.get(src, 0), _decoded(payload))
    if isinstance(mails, Evidence):
        for sample in mails.unlike:
            for ready in mails.mail.rendered(sample.subscriber.tags & mails.issue.tags).pictures:
                if ready.src not in found and ready.src in widths:
                    name, place = _written(mails, ready.name, ready.src)
                    declared = f"image/{ready.subtype}"
                    found[ready.src] = SentPicture(ready.src, name, place, declared, widths[ready.src], ready.content)
    return list(found.values())


def shown_sources(page: Page) -> list[str]:
    """The addresses of the pictures that a page shows, without those that `srcset` offers to programs that know better."""
    if "srcset" not in page.html.lower():
        return list(dict.fromkeys(page.picture_sources))
    offered = {part.split()[0] for one, other in _SRCSET.findall(page.html) for part in (one or other).split(",") if part.strip()}
    first = {picture.attributes.get("src", "") for picture in page.pictures}
    return [source for source in dict.fromkeys(page.picture_sources) if source not in offered or source in first]


def ending_of(address: str) -> str:
    """The ending of the file that an address leads to, lower case, without its full stop."""
    try:
        return PurePosixPath(unquote(urlsplit(address).path)).suffix.lower().removeprefix(".")
    except ValueError:
        return ""


def width_of(attributes: dict[str, str]) -> int:
    """The width that a page gives a picture, in CSS pixels; 0 where it names none, or a share of something else."""
    written = attributes.get("width", "").strip().lower().removesuffix("px")
    styled = _WIDTH.search(attributes.get("style", ""))
    return int(written) if written.isdecimal() and len(written) < 6 else int(styled[1]) if styled else 0


def pages_of(samples: Iterable[Sample]) -> list[Page]:
    """The page of each audience: those with the same pictures and styles differ in names of people, and count once."""
    pages = (sample.page for sample in samples if sample.html)
    return list({(tuple(page.picture_sources), page.style): page for page in pages}.values())


def _widths(samples: Iterable[Sample]) -> dict[str, int]:
    """The largest width of each picture that a page shows."""
    found: dict[str, int] = {}
    for page in pages_of(samples):
        for picture in page.pictures:
            src = picture.attributes.get("src", "")
            found[src] = max(found.get(src, 0), width_of(picture.attributes))
    return found


def _attached(samples: Iterable[Sample]) -> Iterator[tuple[str, str, str, str]]:
    """Each picture in the mails: how a page names it, its file name, its type, and its base64."""
    for sample in samples:
        for number, part in enumerate(sample.parts):
            if part.get_content_maintype() == "image":
                content_id = str(part.get("Content-ID") or "").strip(" <>")
                src = f"cid:{content_id}" if content_id else f"part {number}"
                yield src, _file_name(part), part.get_content_type(), _base64(part)


def _file_name(part: Message) -> str:
    try:
        return part.get_filename() or ""
    except (LookupError, ValueError, TypeError):  # a name in an encoding that nobody knows
        return ""


def _base64(part: Message) -> str:
    payload = part.get_payload()
    if isinstance(payload, str) and str(part.get("Content-Transfer-Encoding", "")).strip().lower() == "base64":
        return payload
    raw = part.get_payload(decode=True)
    return base64.b64encode(raw if isinstance(raw, bytes) else b"").decode()


@lru_cache(maxsize=32)
def _decoded(payload: str) -> bytes:
    """The bytes of a part; what breaks off in the middle is read as far as it goes, as mail programs do."""
    try:
        return base64.b64decode(payload)
    except ValueError:
        pass
    signs = re.sub(r"[^A-Za-z0-9+/]", "", payload)
    return base64.b64decode(signs[: len(signs) - (len(signs) % 4 == 1)] + "=" * (-len(signs) % 4))


def _written(mails: Mails, file_name: str, src: str) -> tuple[str, str]:
    """The picture as the practitioner named it and where, or as the mail does; ours are called `logo-1dad1f59.png` there."""
    stem = file_name.rpartition("-")[0]
    for document in mails.documents if isinstance(mails, Evidence) and stem else ():
        for path, node in document.root.strings():
            if path[-1] in _KEYS and PurePosixPath(str(node.value).replace("\\", "/").strip()).stem == stem:
                return str(node.value).strip(), f"{document.path}:{node.line}"
    return file_name or src.removeprefix("cid:"), HTML_PART
