"""Pictures of the practice's folder, opened with care and made the size they are shown at: twice their width, no more."""

from __future__ import annotations

import hashlib
import io
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from newsletter.errors import NewsletterError

MOST_BYTES = 30_000_000
MOST_PIXELS = 60_000_000
SHARPNESS = 2  # pixels a shown pixel, for phone screens
READABLE = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "MPO")


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
        content, subtype, shown = self._cached(digest) or self._fresh(source, written, width, square, digest)
        name = f"{path.stem}-{digest[:8]}.{'jpg' if subtype == 'jpeg' else 'png'}"
        src = f"cid:{digest}@{self.domain}" if self.base_url is None else f"{self.base_url.rstrip('/')}/{name}"
        return ReadyPicture(name, subtype, content, shown[0], shown[1], src, digest)

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
                written, f"there is no picture {written} in {self.folder}. Copy it there, or correct the name."
            ) from None
        except OSError as error:
            raise BadPicture(written, f"the picture {written} cannot be read: {error.strerror or error}.") from None

    def _cached(self, digest: str) -> tuple[bytes, Literal["png", "jpeg"], tuple[int, int]] | None:
        if self.cache is None:
            return None
        for found in self.cache.glob(f"{digest}-*x*.*"):
            subtype: Literal["png", "jpeg"] = "png" if found.suffix == ".png" else "jpeg"
            width, height = found.stem.rpartition("-")[2].split("x")
            return found.read_bytes(), subtype, (int(width), int(height))
        return None

    def _fresh(
        self, source: bytes, written: str, width: int, square: bool, digest: str
    ) -> tuple[bytes, Literal["png", "jpeg"], tuple[int, int]]:
        content, subtype, shown = _resize(source, written, width, square=square)
        if self.cache is not None:
            try:
                self.cache.mkdir(parents=True, exist_ok=True)
                ending = "png" if subtype == "png" else "jpg"
                (self.cache / f"{digest}-{shown[0]}x{shown[1]}.{ending}").write_bytes(content)
            except OSError:
                self.cache = None  # a folder we may not write in costs time, not the newsletter
        return content, subtype, shown


def _resize(source: bytes, written: str, width: int, *, square: bool) -> tuple[bytes, Literal["png", "jpeg"], tuple[int, int]]:
    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(io.BytesIO(source), formats=READABLE) as opened:
                if opened.width * opened.height > MOST_PIXELS:
                    raise BadPicture(
                        written,
                        f"the picture {written} has more than {MOST_PIXELS // 1_000_000} million pixels. Save a smaller copy.",
                    )
                return _encode(
                    ImageOps.exif_transpose(opened), width, square=square, photo=opened.format in ("JPEG", "MPO", "WEBP")
                )
    except BadPicture:
        raise
    except Exception as error:  # Pillow raises many kinds for broken files; none of them may reach the user as it is
        remedy = "Save it again as PNG or JPEG."
        raise BadPicture(written, f"the picture {written} cannot be opened ({type(error).__name__}). {remedy}") from None


def _encode(image: object, width: int, *, square: bool, photo: bool) -> tuple[bytes, Literal["png", "jpeg"], tuple[int, int]]:
    from PIL import Image, ImageOps

    assert isinstance(image, Image.Image)
    if square:
        side = min(image.size)
        image = ImageOps.fit(image, (side, side))
    shown = min(width, image.width)
    pixels = min(image.width, shown * SHARPNESS)
    height = max(1, round(image.height * pixels / image.width))
    paletted = image.mode == "P"
    transparent = "A" in image.getbands() or "transparency" in image.info
    if (pixels, height) != image.size:
        image = image.convert("RGBA" if transparent else "RGB").resize((pixels, height), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    if photo and not transparent:
        image.convert("RGB").save(out, "JPEG", quality=84, optimize=True, progressive=True)
    else:
        if paletted and image.mode != "P":
            image = image.quantize(256, method=Image.Quantize.FASTOCTREE if transparent else Image.Quantize.MEDIANCUT)
        image.save(out, "PNG", optimize=True)
    return out.getvalue(), "jpeg" if photo and not transparent else "png", (shown, max(1, round(height * shown / pixels)))
