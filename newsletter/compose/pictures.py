"""Pictures of the practice's folder, opened with care and made the size they are shown at: twice their width, no more."""

from __future__ import annotations

import hashlib
import io
import os
import re
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from newsletter.errors import NewsletterError

if TYPE_CHECKING:
    from PIL import Image

MOST_BYTES = 30_000_000
MOST_PIXELS = 60_000_000
SHARPNESS = 2  # pixels a shown pixel, for phone screens
_OUTLINED = 400  # pixels: as large as a picture's outline is looked at
_SOME = 0.02  # of the pixels: fewer transparent ones are rounded corners
_DARK = 78  # of 256 shades: darker ones have less than 2:1 contrast (WCAG 2.2) against the #1e1e1e of a dark mail program
READABLE = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "MPO")


@dataclass(frozen=True, slots=True)
class Finished:
    """A picture file as it is sent, and the width and height (CSS pixels) it is shown at."""

    content: bytes = field(repr=False)
    subtype: Literal["png", "jpeg"]
    width: int
    height: int

    @property
    def ending(self) -> str:
        """The file name's ending."""
        return "jpg" if self.subtype == "jpeg" else "png"


@dataclass(frozen=True, slots=True)
class Look:
    """What a picture file holds: width and height (pixels), whether it moves, and how dark its outline is.

    `dark_outline` is the share (0 to 1) of dark pixels among those at the border to a transparent ground, -1 without such a
    ground: what vanishes when a mail program turns the page behind it dark.
    """

    format: str
    width: int
    height: int
    moves: bool
    dark_outline: float


class BadPicture(NewsletterError):
    """A picture that cannot be used; `written` is its path as it stands in the file."""

    def __init__(self, written: str, message: str) -> None:
        super().__init__(message)
        self.written = written


@dataclass(frozen=True, slots=True)
class ReadyPicture:
    """A picture as it travels: its bytes, and the width and height (CSS pixels) it is shown at."""

    name: str
    subtype: Literal["png", "jpeg"]
    content: bytes = field(repr=False)
    width: int
    height: int
    src: str
    digest: str

    @property
    def content_id(self) -> str:
        """The id that `cid:` links name, without brackets (RFC 2392)."""
        return self.src.removeprefix("cid:")


@dataclass(slots=True)
class PictureDesk:
    """Makes the pictures of one rendering, each once, and remembers them in the order of their first use.

    `base_url` is where hosted pictures will lie; None embeds them. `cache` keeps finished ones between runs.
    """

    folder: Path
    domain: str
    base_url: str | None = None
    cache: Path | None = None
    ready: dict[tuple[str, int, bool], ReadyPicture] = field(default_factory=dict)

    def show(self, written: str, width: int, *, square: bool = False) -> ReadyPicture:
        """The picture at `width` CSS pixels (less where the file is small); raises BadPicture with what to do."""
        key = (written, width, square)
        if key not in self.ready:
            self.ready[key] = self._make(written, width, square=square)
        return self.ready[key]

    def _make(self, written: str, width: int, *, square: bool) -> ReadyPicture:
        path = self.folder / written
        source = self._bytes(path, written)
        digest = hashlib.sha256(source + f"|{width}|{square}".encode()).hexdigest()[:16]
        made = self._cached(digest)
        if made is None:
            made = _resize(source, written, width, square=square)
            self._keep(digest, made)
        name = f"{path.stem}-{digest[:8]}.{made.ending}"
        src = f"cid:{digest}@{self.domain}" if self.base_url is None else f"{self.base_url.rstrip('/')}/{quote(name)}"
        return ReadyPicture(name, made.subtype, made.content, made.width, made.height, src, digest)

    def _bytes(self, path: Path, written: str) -> bytes:
        try:
            if not path.resolve().is_relative_to(self.folder.resolve()):
                raise BadPicture(written, f"the picture {written} lies outside the practice's folder. Copy it into images/.")
            if path.stat().st_size > MOST_BYTES:
                raise BadPicture(
                    written, f"the picture {written} is larger than {MOST_BYTES // 1_000_000} MB. Save a smaller copy."
                )
            return path.read_bytes()
        except FileNotFoundError:
            raise BadPicture(
                written, f"there is no picture {written} in the practice's folder. Copy it there, or correct the name."
            ) from None
        except (OSError, RuntimeError) as error:  # RuntimeError: a symbolic link that leads to itself
            why = getattr(error, "strerror", None) or error
            raise BadPicture(written, f"the picture {written} cannot be read: {why}.") from None

    def _cached(self, digest: str) -> Finished | None:
        for found in self.cache.glob(f"{digest}-*") if self.cache else ():
            if size := re.fullmatch(rf"{digest}-(\d+)x(\d+)\.(png|jpg)", found.name):
                subtype: Literal["png", "jpeg"] = "png" if size[3] == "png" else "jpeg"
                return Finished(found.read_bytes(), subtype, int(size[1]), int(size[2]))
        return None

    def _keep(self, digest: str, made: Finished) -> None:
        if self.cache is None:
            return
        place = self.cache / f"{digest}-{made.width}x{made.height}.{made.ending}"
        try:
            self.cache.mkdir(parents=True, exist_ok=True)
            half_written = place.with_suffix(f".{os.getpid()}")
            half_written.write_bytes(made.content)
            half_written.replace(place)
        except OSError:
            self.cache = None  # a folder we may not write in costs time, not the newsletter


def _resize(source: bytes, written: str, width: int, *, square: bool) -> Finished:
    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow remarks on odd files that it reads all the same
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(source), formats=READABLE) as opened:
                if opened.width * opened.height > MOST_PIXELS:
                    most = f"{MOST_PIXELS // 1_000_000} million pixels"
                    raise BadPicture(written, f"the picture {written} has more than {most}. Save a smaller copy.")
                photo = opened.format in ("JPEG", "MPO", "WEBP")
                return _finish(_plain(ImageOps.exif_transpose(opened)), width, square=square, photo=photo)
    except BadPicture:
        raise
    except Exception as error:  # noqa: BLE001 - Pillow raises many kinds for broken files; none of them may reach the user as it is
        remedy = "Save it again as PNG or JPEG."
        raise BadPicture(written, f"the picture {written} cannot be opened ({type(error).__name__}). {remedy}") from None


def _plain(image: Image.Image) -> Image.Image:
    """The same picture in a kind of pixels that PNG and our resizing can take; 16 bits a pixel become 8."""
    if image.mode in ("1", "L", "P", "RGB", "RGBA"):
        return image
    if image.mode.startswith("I"):
        return image.convert("I").point(lambda value: value / 256).convert("L")
    return image.convert("RGBA" if "A" in image.getbands() or "a" in image.getbands() else "RGB")


def _finish(image: Image.Image, width: int, *, square: bool, photo: bool) -> Finished:
    from PIL import Image, ImageOps

    paletted = image.mode == "P"
    transparent = "A" in image.getbands() or "transparency" in image.info
    if square:
        side = min(image.size)
        image = ImageOps.fit(image.convert("RGBA" if transparent else "RGB"), (side, side))
    shown = min(width, image.width)
    pixels = min(image.width, shown * SHARPNESS)
    height = max(1, round(image.height * pixels / image.width))
    if (pixels, height) != image.size:
        image = image.convert("RGBA" if transparent else "RGB").resize((pixels, height), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    jpeg = photo and not transparent
    if jpeg:
        image.convert("RGB").save(out, "JPEG", quality=84, optimize=True, progressive=True)
    else:
        if paletted and image.mode != "P":
            image = image.quantize(256, method=Image.Quantize.FASTOCTREE if transparent else Image.Quantize.MEDIANCUT)
        image.info = {
            name: said for name, said in image.info.items() if name in ("transparency", "icc_profile")
        }  # no place, no camera
        image.save(out, "PNG", optimize=True)
    return Finished(out.getvalue(), "jpeg" if jpeg else "png", shown, max(1, round(height * shown / pixels)))


def look_at(content: bytes) -> Look | None:
    """What a picture file holds, by its own bytes; None for what is no picture, is broken, or is too large to open."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content), formats=READABLE) as opened:
                if opened.width * opened.height > MOST_PIXELS or len(content) > MOST_BYTES:
                    return None
                name, (width, height), moves = str(opened.format), opened.size, bool(getattr(opened, "is_animated", False))
                return Look(name, width, height, moves, _dark_outline(opened))
    except Exception:  # noqa: BLE001 - Pillow raises many kinds for broken files
        return None


def _dark_outline(image: Image.Image) -> float:
    """The share of dark pixels among the opaque ones beside transparent ones; -1 where next to nothing is transparent."""
    from PIL import ImageChops, ImageFilter

    if "A" not in image.getbands() and "transparency" not in image.info:
        return -1
    image.thumbnail((_OUTLINED, _OUTLINED))  # a hair's breadth more or less does not matter
    solid = image.convert("RGBA").getchannel("A").point(lambda alpha: 255 if alpha > 127 else 0)
    seen = solid.histogram()[255]
    if not seen or seen > (1 - _SOME) * solid.width * solid.height:
        return -1
    outline = ImageChops.subtract(solid, solid.filter(ImageFilter.MinFilter(3)))
    shades = image.convert("RGBA").convert("L").histogram(outline)
    return sum(shades[:_DARK]) / max(1, sum(shades))
