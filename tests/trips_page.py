"""Pages that break, or nearly break, a rule about sizes, styles and pictures."""

from __future__ import annotations

from check_desk import Change, Desk, body_start, in_html, in_part, near, spoilt, trips

from newsletter.check.evidence import Evidence


def padded(size: int) -> Change:
    """Makes the page exactly `size` bytes long, after its footer."""
    return in_part("html", lambda page: page + "<!--" + "x" * (size - len(page) - 7) + "-->")


@trips("H01")
def clipped(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), padded(100_000))


@trips("H01")
def nearly_clipped(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), padded(90_000))


@near("H01")
def not_quite_long(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), padded(89_999))


@trips("H02")
def too_many_styles(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), in_html("</head>", "<style>" + ".a { color: red }\n" * 1000 + "</style></head>"))


@trips("H02")
def style_in_the_body(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), body_start("<style>p { text-align: left }</style>"))


@near("H02")
def some_styles(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), in_html("</head>", "<style>" + ".a { color: red }\n" * 300 + "</style></head>"))


@trips("H04")
def picture_in_the_page(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), body_start('<img src="data:image/png;base64,AAAA" alt="" width="1">'))


@trips("H04")
def picture_unencrypted_in_css(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), body_start("<div style=\"background: url('http://riverbend.example/a.png')\"></div>"))


@trips("H04")
def picture_that_is_not_there(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), in_html("cid:", "cid:not-"))


@near("H04")
def pictures_on_the_web(desk: Desk) -> Evidence:
    return desk.in_practice(
        "images: {mode: embed}", "images: {mode: hosted, base_url: https://riverbend.example/news}"
    ).evidence()


@trips("H05")
def picture_without_words(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), body_start('<img src="https://riverbend.example/a.png" width="1">'))


@trips("H05")
def picture_without_width(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), body_start('<img src="https://riverbend.example/a.png" alt="">'))


@near("H05")
def decoration(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), body_start('<img src="https://riverbend.example/a.png" alt="" width="1">'))
