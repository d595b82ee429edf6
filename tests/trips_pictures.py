"""Pictures that break, or nearly break, a rule about formats, weights, words and dark mode."""

from __future__ import annotations

import base64
import io
import random
import re
from collections.abc import Callable

from check_desk import ISSUE, Change, Desk, body_start, in_html, in_part, near, spoilt, trips
from PIL import Image, ImageDraw
from small_internet import online
from web_server import Page

from newsletter.check.evidence import Evidence

HOSTED = ("images: {mode: embed}", "images: {mode: hosted, base_url: https://riverbend.example/news}")
WORDS = "  - heading: More to read\n    text: " + "A short walk each hour is good for your back. " * 12 + "\n"


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """A picture file's bytes."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def speckled(width: int, height: int) -> Image.Image:
    """A picture that no format makes small."""
    return Image.frombytes("RGB", (width, height), random.Random(7).randbytes(width * height * 3))


def with_picture(content: bytes, subtype: str = "png", width: int = 120) -> Change:
    """Puts a picture on the page and into the mail."""
    lines = re.sub(rb"(.{76})", rb"\1\r\n", base64.b64encode(content))
    head = f'Content-Type: image/{subtype}\r\nContent-ID: <new@x>\r\nContent-Disposition: inline; filename="new.{subtype}"\r\n'
    part = head.encode() + b"Content-Transfer-Encoding: base64\r\n\r\n" + lines + b"\r\n"
    on_page = body_start(f'<img src="cid:new@x" alt="" width="{width}">')

    def change(mail: bytes) -> bytes:
        mail = on_page(mail)
        end = re.search(rb"\r\n--=_related_\w+--", mail)
        assert end
        return mail[: end.start()] + end.group()[:-2] + b"\r\n" + part.rstrip() + mail[end.start() :]

    return change


def logo(color: tuple[int, int, int, int], outline: tuple[int, int, int, int] | None = None) -> Image.Image:
    """A round sign on a transparent ground."""
    image = Image.new("RGBA", (360, 360))
    draw = ImageDraw.Draw(image)
    draw.ellipse((20, 20, 340, 340), fill=color, outline=outline, width=12 if outline else 0)
    draw.rectangle((150, 80, 210, 280), fill=(0, 0, 0, 0))
    return image


@trips("H06")
def drawing_on_the_website(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), body_start('<img src="https://riverbend.example/Spine.SVG?v=2" alt="" width="40">'))


@trips("H06")
def drawing_behind_a_cell(desk: Desk) -> Evidence:
    return spoilt(
        desk.evidence(),
        body_start('<table role="presentation" bgcolor="#ffffff" background="https://riverbend.example/a.avif"></table>'),
    )


@trips("H06")
def photo_of_an_iphone(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), with_picture(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200), "jpeg"))


@trips("H06")
def webp_under_another_name(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), with_picture(encoded(speckled(240, 20), "WEBP"), "png"))


@trips("H06")
def gif_that_will_stand_still(desk: Desk) -> Evidence:
    frames = [Image.new("RGB", (1200, 400), shade) for shade in ("white", "teal")]
    frames[0].save(desk.folder / "images" / "stretch.gif", save_all=True, append_images=frames[1:], duration=400)
    return desk.issue(
        ISSUE + "  - {type: image, image: images/stretch.gif, alt: A person who stretches., credit: Riverbend Chiropractic}\n"
    ).evidence()


@near("H06")
def webp_that_we_make_a_jpeg(desk: Desk) -> Evidence:
    Image.linear_gradient("L").resize((1200, 600)).convert("RGB").save(desk.folder / "images" / "walk.webp")
    return desk.issue(
        ISSUE + "  - {type: image, image: images/walk.webp, alt: A river path., credit: Riverbend Chiropractic}\n"
    ).evidence()


@near("H06")
def better_formats_for_those_who_know_them(desk: Desk) -> Evidence:
    offered = '<source srcset="https://riverbend.example/a.avif 1x, https://riverbend.example/b.webp 2x">'
    shown = '<img src="https://riverbend.example/a.jpg" alt="" width="40">'
    return spoilt(desk.evidence(), body_start(f"<picture>{offered}{shown}</picture>"))


@near("H06")
def page_about_svg(desk: Desk) -> Evidence:
    link = '<a href="https://riverbend.example/logo.svg">our logo as a drawing</a>'
    return spoilt(desk.evidence(), body_start(f'{link}<img src="https://riverbend.example/svg/logo.webp.png" alt="" width="40">'))


@near("H06")
def small_moving_picture(desk: Desk) -> Evidence:
    frames = [Image.new("RGB", (240, 80), shade) for shade in ("white", "teal")]
    return spoilt(desk.evidence(), with_picture(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]), "gif"))


@trips("H07")
def heavy_picture(desk: Desk) -> Evidence:
    speckled(600, 400).save(desk.folder / "images" / "crowd.png")
    return desk.issue(
        ISSUE + "  - {type: image, image: images/crowd.png, alt: A crowd in the park., credit: Riverbend Chiropractic}\n"
    ).evidence()


@trips("H07")
def many_pictures(desk: Desk) -> Evidence:
    blocks = ""
    for number in range(7):
        image = speckled(420, 300)
        image.putpixel((0, 0), (number, 0, 0))
        image.resize((1200, 857), Image.Resampling.NEAREST).save(desk.folder / "images" / f"day-{number}.jpg", quality=30)
        said = f"alt: The park on day {number + 1}., credit: Riverbend Chiropractic"
        blocks += f"  - {{type: image, image: images/day-{number}.jpg, {said}}}\n"
    return desk.issue(ISSUE + blocks).evidence()


@trips("H07")
def blurred_picture(desk: Desk) -> Evidence:
    Image.linear_gradient("L").resize((640, 300)).convert("RGB").save(desk.folder / "images" / "old.jpg")
    return desk.issue(
        ISSUE + "  - {type: image, image: images/old.jpg, alt: An old photo of the practice., credit: Riverbend Chiropractic}\n"
    ).evidence()


@trips("H07")
def page_instead_of_a_picture(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), with_picture(b"<html><body>Please log in</body></html>"))


@trips("H07")
def half_a_picture(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), with_picture(b"\x89PNG\r\n\x1a\n" + bytes(40)))


def hosted(desk: Desk, change: Callable[[str, bytes], Page | None]) -> Evidence:
    """The practice with its pictures on its own website, where `change` says what stands at the address of each."""
    pictures = desk.in_practice(*HOSTED).evidence().mail.rendered(frozenset()).pictures
    pages = {f"/news/{picture.name}": change(picture.name, picture.content) for picture in pictures}
    return online(desk, pages={path: page for path, page in pages.items() if page})


def as_it_is(name: str, content: bytes) -> Page:
    """The picture itself."""
    return Page(body=content, kind="image/png" if name.endswith("png") else "image/jpeg")


@trips("H07")
def picture_that_was_not_uploaded(desk: Desk) -> Evidence:
    return hosted(desk, lambda name, content: None if name.startswith("back") else as_it_is(name, content))


@trips("H07")
def login_page_at_the_address(desk: Desk) -> Evidence:
    return hosted(desk, lambda name, content: Page() if name.startswith("logo") else as_it_is(name, content))


@trips("H07")
def older_picture_at_the_address(desk: Desk) -> Evidence:
    old = encoded(Image.new("RGB", (9, 9)))
    return hosted(desk, lambda name, content: as_it_is(name, old if name.startswith("ana") else content))


@near("H07")
def pictures_as_they_are(desk: Desk) -> Evidence:
    return hosted(desk, as_it_is)


@near("H07")
def small_logo_and_exactly_sharp(desk: Desk) -> Evidence:
    Image.linear_gradient("L").resize((1168, 400)).convert("RGB").save(desk.folder / "images" / "sharp.jpg")
    evidence = desk.issue(
        ISSUE + "  - {type: image, image: images/sharp.jpg, alt: Fog over the river., credit: Riverbend Chiropractic}\n"
    ).evidence()
    return spoilt(evidence, with_picture(encoded(Image.new("RGB", (1, 1))), width=1))


@trips("H08")
def flyer(desk: Desk) -> Evidence:
    """What most often goes wrong: the whole letter is a picture made in another program."""
    issue = ISSUE.replace("None of us sits still for long. This is general information, not a diagnosis.", "See our flyer.")
    return desk.issue(issue.replace("Walk about for five minutes or so.", "See below.")).evidence()


@near("H08")
def short_letter_with_a_portrait(desk: Desk) -> Evidence:
    """Few words, and no picture wider than a portrait."""
    return desk.issue(ISSUE[: ISSUE.index("opening")] + "body: [{heading: Closed, text: We are closed on Friday.}]\n").evidence()


@near("H08")
def large_picture_with_a_letter(desk: Desk) -> Evidence:
    return desk.issue(ISSUE + WORDS).evidence()


@trips("H15")
def black_logo(desk: Desk) -> Evidence:
    logo((25, 30, 35, 255)).save(desk.folder / "images" / "logo.png")
    return desk.evidence()


@trips("H15")
def dark_drawing(desk: Desk) -> Evidence:
    drawing = Image.new("RGBA", (1200, 400))
    ImageDraw.Draw(drawing).line((50, 50, 1150, 350), fill=(20, 20, 60, 255), width=14)
    drawing.save(desk.folder / "images" / "drawing.png")
    return desk.issue(
        ISSUE + "  - {type: image, image: images/drawing.png, alt: A line that rises., credit: Riverbend Chiropractic}\n"
    ).evidence()


@trips("H15")
def dark_words_on_a_picture(desk: Desk) -> Evidence:
    ground = "background-image: url(https://riverbend.example/fog.jpg); background-color: #ffffff"
    return spoilt(desk.evidence(), body_start(f'<div style="{ground}; color: #222222">Winter hours</div>'))


@trips("H15")
def dark_styles_not_announced(desk: Desk) -> Evidence:
    meta = r'<meta name="(?:supported-)?color-schemes?"[^>]*>'
    return spoilt(desk.evidence(), in_part("html", lambda page: re.sub(meta, "", page)))


@trips("H15")
def dark_announced_and_not_made(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), in_html("prefers-color-scheme: dark", "prefers-contrast: more"))


@near("H15")
def dark_logo_with_an_outline(desk: Desk) -> Evidence:
    image = Image.new("RGBA", (360, 360))
    ImageDraw.Draw(image).ellipse((20, 20, 340, 340), fill=(25, 30, 35, 255), outline=(255, 255, 255, 255), width=12)
    image.save(desk.folder / "images" / "logo.png")
    return desk.evidence()


@near("H15")
def dark_logo_on_white(desk: Desk) -> Evidence:
    ground = Image.new("RGBA", (360, 360), "white")
    ground.alpha_composite(logo((25, 30, 35, 255)))
    ground.save(desk.folder / "images" / "logo.png")
    return desk.evidence()


@near("H15")
def colored_logo(desk: Desk) -> Evidence:
    logo((224, 122, 63, 255)).save(desk.folder / "images" / "logo.png")
    return desk.evidence()


@near("H15")
def dark_words_on_a_panel_on_a_picture(desk: Desk) -> Evidence:
    panel = '<p style="background: #ffffff; color: #222222">Winter hours</p>'
    cell = f'<div style="background-image: url(https://riverbend.example/fog.jpg); background-color: #ffffff">{panel}</div>'
    return spoilt(desk.evidence(), body_start(cell))


@near("H15")
def light_words_on_a_dark_picture(desk: Desk) -> Evidence:
    cell = '<div style="background-image: url(https://riverbend.example/night.jpg); color: #ffffff">Winter hours</div>'
    return spoilt(desk.evidence(), body_start(cell))
