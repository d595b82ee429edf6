"""Pictures of mails, ours and others': what they are, how they look, and that no broken one stops a check."""

from __future__ import annotations

import time
from email.message import EmailMessage
from pathlib import Path

import pytest
from check_desk import NOW, Desk
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw
from trips_pictures import encoded, logo, speckled

from newsletter.check import preflight
from newsletter.check.evidence import Received
from newsletter.check.finding import Severity
from newsletter.check.markup import Page
from newsletter.check.page.dark_mode import is_dark
from newsletter.check.page.sent_pictures import ending_of, kind_of, shown_sources, width_of
from newsletter.check.sample import Sample
from newsletter.compose.pictures import look_at
from newsletter.read.subscribers import Subscriber

SVG = b"<?xml version='1.0'?>\n<!-- made by hand -->\n<svg xmlns='http://www.w3.org/2000/svg'/>"


def foreign(page: str, *pictures: tuple[str, bytes, str]) -> Received:
    """A mail that another program made: its page and its pictures (id, content, type after `image/`)."""
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "Hill Clinic <news@hill.example>", "Winter"
    mail.set_content("Hello")
    mail.add_alternative(f"<html lang='en'><body>{page}</body></html>", subtype="html")
    for name, content, subtype in pictures:
        mail.get_payload()[1].add_related(content, "image", subtype, cid=f"<{name}>", filename=f"{name}.{subtype}")
    content = mail.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return Received((Sample(Subscriber("x@x.example", 0, frozenset(), {}), "a mail", (), content),), NOW, "winter.eml")


def told(mail: Received, *rules: str) -> set[tuple[str, Severity]]:
    """Which of the rules about pictures find something, and how bad."""
    found = preflight.run_received(mail, rules or ("H06", "H07", "H08", "H15")).findings
    return {(finding.id, finding.severity) for finding in found}


LETTER = "<p>" + "Walk a little each hour and your back will thank you. " * 12 + "</p>"


@pytest.mark.parametrize(
    ("page", "pictures", "expected"),
    [
        (LETTER + '<img src="cid:a" width="100">', [("a", encoded(Image.new("RGB", (200, 100))), "png")], set()),
        (LETTER + '<img src="cid:a" width="100">', [("a", SVG, "svg+xml")], {("H06", Severity.ERROR)}),
        (LETTER + '<img src="cid:a" width="100">', [("a", SVG, "png")], {("H06", Severity.ERROR)}),
        (LETTER + '<img src="https://hill.example/a.webp" width="100">', [], {("H06", Severity.WARNING)}),
        (
            LETTER + '<img src="cid:a" width="200">',
            [("a", encoded(Image.new("RGB", (200, 100))), "png")],
            {("H07", Severity.ADVICE)},
        ),
        (LETTER + '<img src="cid:a" width="250">', [("a", encoded(speckled(500, 200)), "png")], {("H07", Severity.WARNING)}),
        (LETTER + '<img src="cid:a" width="9">', [("a", b"", "png")], {("H07", Severity.ERROR)}),
        ('<img src="https://hill.example/flyer.jpg" width="600"><p>Unsubscribe</p>', [], {("H08", Severity.WARNING)}),
        ('<img src="cid:a"><p>Call us</p>', [("a", encoded(Image.new("L", (640, 900))), "png")], {("H08", Severity.WARNING)}),
        ('<img src="https://hill.example/logo.jpg" width="180"><p>We are closed today.</p>', [], set()),
        (LETTER + '<img src="cid:a" width="90">', [("a", encoded(logo((0, 0, 0, 255))), "png")], {("H15", Severity.WARNING)}),
        (LETTER + "<style>@media (prefers-color-scheme: dark) { p { color: #fff } }</style>", [], {("H15", Severity.WARNING)}),
        (LETTER + '<table background="https://hill.example/a.jpg"><td>Hours</td></table>', [], {("H15", Severity.WARNING)}),
        (LETTER + '<table background="https://hill.example/a.jpg"><td style="color:#fff">Hours</td></table>', [], set()),
    ],
)
def test_mails_of_others(page: str, pictures: list[tuple[str, bytes, str]], expected: set[tuple[str, Severity]]) -> None:
    """What needs no file behind the mail is found in any mail."""
    assert told(foreign(page, *pictures)) == expected


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (encoded(Image.new("RGB", (2, 2))), "png"),
        (encoded(Image.new("RGB", (2, 2)), "JPEG"), "jpeg"),
        (encoded(Image.new("RGB", (2, 2)), "GIF"), "gif"),
        (encoded(Image.new("RGB", (2, 2)), "WEBP"), "webp"),
        (encoded(Image.new("RGB", (2, 2)), "BMP"), "bmp"),
        (encoded(Image.new("RGB", (2, 2)), "TIFF"), "tiff"),
        (SVG, "svg"),
        (b"\0\0\0\x1cftypavif\0\0\0\0", "avif"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "heic"),
        (b"%PDF-1.7", "pdf"),
        (b"<html><body><svg></svg></body></html>", ""),
        (b"", ""),
    ],
)
def test_first_bytes(content: bytes, kind: str) -> None:
    """A file is what its bytes are, whatever it is called."""
    assert kind_of(content) == kind


@pytest.mark.parametrize(
    ("address", "ending"),
    [
        ("https://x.example/a.SVG?width=2#top", "svg"),
        ("https://x.example/svg/a", ""),
        ("https://x.example/a%2Ewebp", "webp"),
        ("https://[broken", ""),
        ("cid:logo@x", ""),
        ("https://x.example/a.webp.png", "png"),
    ],
)
def test_endings(address: str, ending: str) -> None:
    """The ending of the path counts; what comes behind a question mark does not."""
    assert ending_of(address) == ending


@pytest.mark.parametrize(
    ("attributes", "width"),
    [
        ({"width": "600"}, 600),
        ({"width": "600px"}, 600),
        ({"width": "100%"}, 0),
        ({"style": "max-width: 300px; width: 280.5px"}, 280),
        ({"style": "max-width:300px"}, 0),
        ({"width": "9" * 5000}, 0),
        ({}, 0),
    ],
)
def test_widths(attributes: dict[str, str], width: int) -> None:
    """In CSS pixels; a share of something else is no width."""
    assert width_of(attributes) == width


@pytest.mark.parametrize(
    ("color", "dark"),
    [
        ("#222", True),
        ("#222222ff", True),
        ("rgb(20, 20, 20)", True),
        ("Navy", True),
        ("#fff", False),
        ("var(--x)", False),
        ("", False),
    ],
)
def test_dark_colors(color: str, dark: bool) -> None:
    """Names, three and six digits, and rgb()."""
    assert is_dark(color) is dark


def test_a_logo_with_thin_dark_letters_is_dark() -> None:
    """Half-transparent pixels at the edge of letters do not make them light."""
    image = Image.new("RGBA", (400, 120))
    ImageDraw.Draw(image).text((20, 40), "Riverbend Chiropractic", fill=(30, 30, 30, 255), font_size=30)
    look = look_at(encoded(image))
    assert look
    assert look.dark_outline > 0.5


@pytest.mark.parametrize("name", ["logo.png", "back-muscles.png", "knee-to-chest.png", "ana-reyes.jpg"])
def test_what_is_shipped_survives_a_dark_mode(name: str) -> None:
    """The pictures that come with the tool have a ground, or light outlines."""
    look = look_at((Path(__file__).parents[1] / "issues" / "images" / name).read_bytes())
    assert look
    assert look.dark_outline < 0.5


def test_srcset_is_only_an_offer() -> None:
    """A picture that is shown counts, even where srcset offers it as well."""
    page = Page.of('<img src="a.jpg" srcset="a.jpg 1x, b.webp 2x"><div style="background:url(c.png)">')
    assert shown_sources(page) == ["a.jpg", "c.png"]


@given(st.binary(max_size=400))
@settings(deadline=None, max_examples=60)
def test_any_bytes_can_be_looked_at(content: bytes) -> None:
    """No file, however broken, raises; nor does one that begins well."""
    for begun in (b"", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"\xff\xd8\xff\xe0", b"RIFF\x10\0\0\0WEBP"):
        look_at(begun + content)
        kind_of(begun + content)


@given(st.text(alphabet='<>/="\' abtdimgsrc:;#()url background-color"', max_size=400))
@settings(deadline=None, max_examples=60)
def test_any_page_can_be_judged(page: str) -> None:
    """No page, however broken, raises."""
    told(foreign(f'<div style="background:url(x)">{page}'))


def test_a_huge_page_is_judged_in_no_time() -> None:
    """Time grows with the page, and with nothing else."""
    page = '<td style="background:#fff url(https://x.example/a.jpg)"><p style="color:#eee">Hello</p></td>' * 5000
    begun = time.monotonic()
    told(foreign(page))
    assert time.monotonic() - begun < 6


def test_a_picture_of_ours_is_told_at_its_line(tmp_path: Path) -> None:
    """A finding about a picture of the practice names the file and line that name it."""
    desk = Desk.at(tmp_path / "practice")
    logo((10, 10, 10, 255)).save(desk.folder / "images" / "logo.png")
    (finding,) = preflight.run(desk.evidence(), ["H15"]).findings
    line = (desk.folder / "practice.yaml").read_text().splitlines()[int(finding.place.partition(":")[2]) - 1]
    assert "logo" in line
