"""Render the SVG sources in ``issues/images`` to the PNG and JPG files the mail ships.

Run ``python tools/render_pictures.py`` after editing a source; name pictures (such
as ``logo``) to render only those. Needs Playwright, Pillow and a Chromium on the
PATH (or ``--chromium PATH``).
"""

from __future__ import annotations

import argparse
import io
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

IMAGES = Path(__file__).resolve().parent.parent / "issues" / "images"
MAX_BYTES = 60_000
PAGE = "<style>html,body{{margin:0;background:transparent}}svg{{display:block;width:{w}px;height:{h}px}}</style>{svg}"


@dataclass(frozen=True)
class Picture:
    """One picture: its source's stem, its pixel size and the file type to ship."""

    stem: str
    width: int
    height: int
    suffix: str = ".png"


PICTURES = (
    Picture("back-muscles", 1200, 675),
    Picture("knee-to-chest", 1200, 600),
    Picture("ana-reyes", 288, 288, ".jpg"),
    Picture("logo", 192, 192),
)


def rasterise(browser: Browser, picture: Picture) -> Image.Image:
    """Draw the SVG at exactly the picture's size, transparent where it is empty."""
    svg = (IMAGES / f"{picture.stem}.svg").read_text(encoding="utf-8")
    page = browser.new_page(viewport={"width": picture.width, "height": picture.height})
    try:
        page.set_content(PAGE.format(w=picture.width, h=picture.height, svg=svg))
        shot = page.screenshot(omit_background=True)
    finally:
        page.close()
    return Image.open(io.BytesIO(shot)).convert("RGBA")


def encode(image: Image.Image, suffix: str) -> bytes:
    """Encode as a small JPG, or as a palette PNG without dithering (flat colour needs none)."""
    out = io.BytesIO()
    opaque = image.getextrema()[3][0] == 255
    if suffix == ".jpg":
        flat = Image.new("RGB", image.size, "white")
        flat.paste(image, mask=image.getchannel("A"))
        flat.save(out, "JPEG", quality=88, optimize=True, progressive=True, subsampling=0)
    elif opaque:
        palette = image.convert("RGB").quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        palette.save(out, "PNG", optimize=True)
    else:
        image.save(out, "PNG", optimize=True)
    return out.getvalue()


def main(argv: list[str] | None = None) -> int:
    """Render the pictures asked for (all by default); 1 if one is too heavy for a mail."""
    parser = argparse.ArgumentParser(description="Render issues/images/*.svg to PNG and JPG.")
    parser.add_argument("stems", nargs="*", help="pictures to render (default: all)")
    parser.add_argument("--chromium", default=shutil.which("chromium"), help="Chromium's executable")
    args = parser.parse_args(argv)
    known = {picture.stem for picture in PICTURES}
    if unknown := set(args.stems) - known:
        parser.error(f"no such picture: {', '.join(sorted(unknown))} (known: {', '.join(sorted(known))})")

    heavy = False
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=args.chromium, args=["--no-sandbox"])
        for picture in PICTURES:
            if args.stems and picture.stem not in args.stems:
                continue
            data = encode(rasterise(browser, picture), picture.suffix)
            target = IMAGES / f"{picture.stem}{picture.suffix}"
            target.write_bytes(data)
            too_big = len(data) >= MAX_BYTES
            heavy = heavy or too_big
            note = "  too heavy: keep it under 60 kB" if too_big else ""
            print(f"{target.name:20} {picture.width} x {picture.height:<4} {len(data):>7,} bytes{note}")
        browser.close()
    return int(heavy)


if __name__ == "__main__":
    sys.exit(main())
