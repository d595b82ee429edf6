"""Holds that any picture a practice has becomes one that a mail can carry, or is refused in words."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from newsletter.compose import pictures
from newsletter.compose.pictures import BadPicture, PictureDesk, ReadyPicture


def saved(folder: Path, name: str, image: Image.Image, **options: object) -> Path:
    """A picture file in the folder."""
    image.save(folder / name, **options)
    return folder / name


def shown(folder: Path, name: str, width: int = 100, *, square: bool = False) -> tuple[ReadyPicture, Image.Image]:
    """The picture as it is sent, and opened again."""
    ready = PictureDesk(folder, "riverbend.example").show(name, width, square=square)
    return ready, Image.open(io.BytesIO(ready.content))


def photo(width: int = 800, height: int = 400) -> Image.Image:
    """Something with many colours."""
    return Image.linear_gradient("L").resize((width, height)).convert("RGB")


@pytest.mark.parametrize(
    ("size", "width", "sent", "seen"),
    [
        ((800, 400), 100, (200, 100), (100, 50)),
        ((150, 300), 100, (150, 300), (100, 200)),
        ((60, 30), 100, (60, 30), (60, 30)),
        ((1, 1), 100, (1, 1), (1, 1)),
        ((4000, 1), 100, (200, 1), (100, 1)),
        ((1, 4000), 100, (1, 4000), (1, 4000)),
        ((201, 101), 100, (200, 100), (100, 50)),
    ],
)
def test_a_picture_is_twice_as_wide_as_it_is_shown_and_never_made_larger(
    tmp_path: Path, size: tuple[int, int], width: int, sent: tuple[int, int], seen: tuple[int, int]
) -> None:
    """Sharp on phones, and no pixel invented."""
    saved(tmp_path, "a.png", photo(*size))
    ready, image = shown(tmp_path, "a.png", width)
    assert image.size == sent
    assert (ready.width, ready.height) == seen


@pytest.mark.parametrize("size", [(800, 400), (400, 800), (30, 20)])
def test_a_portrait_can_be_square(tmp_path: Path, size: tuple[int, int]) -> None:
    """The middle is kept, the sides are equal, and a small one stays small."""
    saved(tmp_path, "a.jpg", photo(*size))
    ready, image = shown(tmp_path, "a.jpg", 64, square=True)
    assert image.width == image.height == min(128, *size)
    assert ready.width == ready.height


@pytest.mark.parametrize(
    ("name", "mode", "kind"),
    [
        ("a.jpg", "RGB", "jpeg"), ("a.jpg", "L", "jpeg"), ("a.jpg", "CMYK", "jpeg"), ("a.webp", "RGB", "jpeg"),
        ("a.webp", "RGBA", "png"),
        ("a.png", "RGB", "png"), ("a.png", "RGBA", "png"), ("a.png", "P", "png"), ("a.png", "L", "png"), ("a.png", "LA", "png"),
        ("a.png", "1", "png"), ("a.png", "I;16", "png"), ("a.gif", "P", "png"), ("a.bmp", "RGB", "png"),
        ("a.tiff", "CMYK", "png"),
        ("a.tiff", "RGB", "png"), ("a.tiff", "LAB", "png"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("width", [40, 1000])
def test_every_kind_of_picture_becomes_png_or_jpeg(tmp_path: Path, name: str, mode: str, kind: str, width: int) -> None:
    """Photos are sent as JPEG, drawings and what is transparent as PNG, whether or not they are resized."""
    source = photo(200, 100)
    if mode == "I;16":
        image = source.convert("I").point(lambda value: value * 257).convert("I;16")
    elif mode == "LAB":
        image = Image.new("LAB", (200, 100), (128, 128, 128))
    else:
        image = source.convert(mode)
    if mode == "RGBA":
        image.putalpha(128)
    saved(tmp_path, name, image)
    ready, sent = shown(tmp_path, name, width)
    assert ready.subtype == kind
    assert sent.format == kind.upper()
    assert sent.mode in ("RGB", "RGBA", "L", "LA", "P", "1")


def test_a_picture_of_sixteen_bits_keeps_its_greys(tmp_path: Path) -> None:
    """A scan with 16 bits a pixel is neither white nor black in the mail."""
    grey = Image.new("I", (80, 80), 32768).convert("I;16")
    saved(tmp_path, "a.png", grey)
    _, sent = shown(tmp_path, "a.png", 20)
    assert 120 <= sent.convert("L").getpixel((5, 5)) <= 136  # type: ignore[operator]


def test_a_transparent_ground_stays_transparent(tmp_path: Path) -> None:
    """A logo has no box around it in dark mode, with an alpha channel or with a transparent palette colour."""
    logo = Image.new("RGBA", (80, 80), (0, 0, 0, 0))
    logo.paste((200, 0, 0, 255), (20, 20, 60, 60))
    saved(tmp_path, "alpha.png", logo)
    saved(tmp_path, "palette.gif", logo)
    saved(tmp_path, "bytes.png", logo.quantize(8))
    for name in ("alpha.png", "palette.gif", "bytes.png"):
        for width in (20, 80):
            _, sent = shown(tmp_path, name, width)
            seen = sent.convert("RGBA")
            assert seen.getpixel((0, 0))[3] == 0  # type: ignore[index]
            assert seen.getpixel((seen.width // 2, seen.height // 2))[3] >= 250  # type: ignore[index]


def test_a_photo_of_a_tilted_camera_stands_upright(tmp_path: Path) -> None:
    """The rotation that a camera only notes is done to the pixels, and no note is left."""
    image = photo(80, 40)
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x8825] = {1: "N", 2: (40.0, 0.0, 0.0)}
    for name in ("a.jpg", "a.png"):
        saved(tmp_path, name, image, exif=exif)
        _, sent = shown(tmp_path, name)
        assert sent.size == (40, 80)
        assert not sent.getexif()


def test_where_a_photo_was_taken_is_not_sent(tmp_path: Path) -> None:
    """Place, camera and remarks stay at home."""
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    exif[0x8825] = {1: "N", 2: (40.0, 0.0, 0.0)}
    for name in ("a.jpg", "a.png", "a.webp"):
        saved(tmp_path, name, photo(80, 40), exif=exif)
        ready, sent = shown(tmp_path, name)
        assert b"SecretCamera" not in ready.content
        assert not sent.getexif()


def test_of_an_animation_the_first_picture_is_sent(tmp_path: Path) -> None:
    """A mail does not move."""
    frames = [Image.new("RGB", (40, 40), color) for color in ("red", "green", "blue")]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    _, sent = shown(tmp_path, "a.gif")
    assert getattr(sent, "n_frames", 1) == 1
    assert sent.convert("RGB").getpixel((5, 5))[0] > 200  # type: ignore[index]


def test_what_cannot_be_used_is_refused_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file, however broken, ends in anything but a sentence that names it."""
    monkeypatch.setattr(pictures, "MOST_BYTES", 50_000)
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "text.png").write_text("hello")
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "vector.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    whole = saved(tmp_path, "whole.jpg", photo()).read_bytes()
    (tmp_path / "half.jpg").write_bytes(whole[: len(whole) // 2])
    drawing = saved(tmp_path, "whole.png", photo()).read_bytes()
    (tmp_path / "half.png").write_bytes(drawing[: len(drawing) // 2])
    (tmp_path / "large.png").write_bytes(b"\0" * 50_001)
    (tmp_path / "loop.png").symlink_to("loop.png")
    for name, words in {
        "missing.png": "there is no picture missing.png",
        "images/deeper/missing.png": "there is no picture",
        "folder.png": "cannot be read",
        "text.png": "cannot be opened",
        "empty.png": "cannot be opened",
        "vector.svg": "cannot be opened",
        "half.jpg": "cannot be opened",
        "half.png": "cannot be opened",
        "large.png": "is larger than",
        "loop.png": "cannot be read",
        "x" * 300 + ".png": "cannot be read",
    }.items():
        with pytest.raises(BadPicture, match=words) as caught:
            PictureDesk(tmp_path, "a.example").show(name, 100)
        assert caught.value.written == name


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    """A small file that unpacks to gigabytes never is."""
    Image.new("1", (9000, 7000)).save(tmp_path / "bomb.png")
    Image.new("1", (20_000, 20_000)).save(tmp_path / "larger.png")
    with pytest.raises(BadPicture, match="more than 60 million pixels"):
        PictureDesk(tmp_path, "a.example").show("bomb.png", 100)
    with pytest.raises(BadPicture):
        PictureDesk(tmp_path, "a.example").show("larger.png", 100)


def test_no_picture_is_taken_from_outside_the_folder(tmp_path: Path) -> None:
    """Neither a path nor a link leads out of the practice's folder; a link inside it is fine."""
    folder = tmp_path / "practice"
    folder.mkdir()
    saved(tmp_path, "private.png", photo(10, 10))
    saved(folder, "own.png", photo(10, 10))
    (folder / "out.png").symlink_to(tmp_path / "private.png")
    (folder / "in.png").symlink_to(folder / "own.png")
    desk = PictureDesk(folder, "a.example")
    for name in ("../private.png", "out.png", str(tmp_path / "private.png")):
        with pytest.raises(BadPicture, match="lies outside"):
            desk.show(name, 100)
    assert desk.show("in.png", 100).width == 10


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.gif", "a.webp"])
def test_the_same_file_makes_the_same_bytes(tmp_path: Path, name: str) -> None:
    """What was previewed is what is sent."""
    saved(tmp_path, name, photo())
    assert shown(tmp_path, name)[0] == shown(tmp_path, name)[0]


def test_another_width_another_file_and_another_shape_are_other_pictures(tmp_path: Path) -> None:
    """A picture's fingerprint tells all that decides how it looks."""
    saved(tmp_path, "a.png", photo())
    saved(tmp_path, "b.png", photo(800, 500))
    desk = PictureDesk(tmp_path, "a.example")
    made = [desk.show("a.png", 100), desk.show("a.png", 90), desk.show("a.png", 100, square=True), desk.show("b.png", 100)]
    assert len({picture.digest for picture in made}) == 4


def test_finished_pictures_are_kept_between_runs(tmp_path: Path) -> None:
    """The second run takes what the first one made."""
    saved(tmp_path, "a.png", photo())
    first = PictureDesk(tmp_path, "a.example", cache=tmp_path / "cache").show("a.png", 100)
    (kept,) = (tmp_path / "cache").iterdir()
    assert kept.read_bytes() == first.content
    mark = saved(tmp_path, "mark.png", Image.new("RGB", (200, 100), "red")).read_bytes()
    kept.write_bytes(mark)
    again = PictureDesk(tmp_path, "a.example", cache=tmp_path / "cache").show("a.png", 100)
    assert again.content == mark
    assert (again.width, again.height) == (first.width, first.height)


def test_a_half_written_picture_is_never_taken(tmp_path: Path) -> None:
    """What a crash left in the cache is not sent."""
    saved(tmp_path, "a.png", photo())
    cache = tmp_path / "cache"
    first = PictureDesk(tmp_path, "a.example", cache=cache).show("a.png", 100)
    (kept,) = cache.iterdir()
    kept.rename(kept.with_suffix(".123"))
    assert PictureDesk(tmp_path, "a.example", cache=cache).show("a.png", 100) == first


def test_a_cache_that_cannot_be_written_costs_no_picture(tmp_path: Path) -> None:
    """A file where the cache's folder should be is no reason to fail."""
    saved(tmp_path, "a.png", photo())
    (tmp_path / "cache").write_text("in the way")
    assert PictureDesk(tmp_path, "a.example", cache=tmp_path / "cache").show("a.png", 100).width == 100


def test_a_hosted_picture_has_an_address_and_an_embedded_one_an_id(tmp_path: Path) -> None:
    """Names with blanks and accents make addresses that work."""
    saved(tmp_path, "my cat é.png", photo())
    embedded = PictureDesk(tmp_path, "a.example").show("my cat é.png", 100)
    hosted = PictureDesk(tmp_path, "a.example", "https://a.example/news/").show("my cat é.png", 100)
    assert embedded.src == f"cid:{embedded.digest}@a.example"
    assert hosted.src == f"https://a.example/news/my%20cat%20%C3%A9-{hosted.digest[:8]}.png"
