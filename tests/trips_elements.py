"""Pages with things that must not stand in a mail, and with what only looks like them."""

from __future__ import annotations

from check_desk import Desk, body_start, in_html, near, spoilt, trips

from newsletter.check.evidence import Evidence

WORDS = "Walk about for five minutes or so."


@trips("H10")
def tracking_pixel(desk: Desk) -> Evidence:
    pixel = '<img src="https://open.tracker.example/o/1.gif" width="1" height="1" alt="">'
    return spoilt(desk.evidence(), body_start(pixel))


@trips("H10")
def fonts_from_elsewhere(desk: Desk) -> Evidence:
    link = '<link rel="stylesheet" href="https://fonts.type.example/css?family=Lato">'
    return spoilt(
        desk.evidence(), in_html("</head>", f"{link}<style>@import url(https://fonts.type.example/lato.css);</style></head>")
    )


@trips("H10")
def picture_of_a_stranger(desk: Desk) -> Evidence:
    return spoilt(
        desk.evidence(), body_start('<img src="https://cdn.icons.example/f.png" width="24" height="24" alt="Facebook">')
    )


@trips("H10")
def name_that_only_ends_alike(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), body_start('<img src="https://notriverbend.example/a.png" width="24" alt="">'))


@near("H10")
def pictures_of_our_own(desk: Desk) -> Evidence:
    sources = ("https://www.riverbend.example/a.png", "https://CDN.riverbend.example/b.png")
    return spoilt(desk.evidence(), body_start("".join(f'<img src="{url}" width="24" alt="">' for url in sources)))


@near("H10")
def link_to_a_stranger(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), in_html(WORDS, f'{WORDS} <a href="https://cdn.icons.example/f.png">A picture</a>'))


@trips("H11")
def form_to_fill_in(desk: Desk) -> Evidence:
    form = '<form action="https://riverbend.example/book"><input name="day" aria-label="Day"><button>Book</button></form>'
    return spoilt(desk.evidence(), body_start(form))


@trips("H11")
def script(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), in_html("</head>", "<script>document.title = 'x'</script></head>"))


@trips("H11")
def map_in_a_frame(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), body_start('<iframe src="https://maps.example/embed" title="Map"></iframe>'))


@trips("H11")
def film(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), body_start('<video src="https://riverbend.example/walk.mp4"></video>'))


@trips("H11")
def placed_by_position(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), body_start(f'<div style="position: absolute; top: 0">{WORDS}</div>'))


@near("H11")
def facts_for_the_inbox(desk: Desk) -> Evidence:
    facts = '<script type="application/ld+json">{"@type": "EmailMessage"}</script>'
    return spoilt(desk.evidence(), in_html("</head>", f"{facts}</head>"))


@near("H11")
def position_that_moves_nothing(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), body_start(f'<p style="position:relative;background-position:center">{WORDS}</p>'))


@near("H11")
def words_about_forms(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), in_html(WORDS, "Fill in the form at the desk. <!-- <form></form> --> No &lt;script&gt; here."))


@trips("H12")
def cell_never_closed(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), body_start(f"<div><strong>{WORDS}</div>"))


@trips("H12")
def quote_left_open(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), body_start(f'<p style="color:#222222>{WORDS}</p><p class="by">And again.</p>'))


@trips("H12")
def one_id_for_two(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), body_start(f'<p id="news">{WORDS}</p><p id="news">And again.</p>'))


@trips("H12")
def words_between_cells(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), body_start(f'<table role="presentation"><tr>{WORDS}<td>And again.</td></tr></table>'))


@trips("H12")
def no_doctype(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), in_html("<!DOCTYPE html>", ""))


@near("H12")
def ends_that_html_lets_out(desk: Desk) -> Evidence:
    table = "<table role='presentation'><tr><td>One<td>Two<tr><td>Three<td>Four</table>"
    return spoilt(desk.evidence(), body_start(f"<ul><li>Stand<li>Walk</ul><p>{WORDS}<p>Again.<br/>{table}"))


@near("H12")
def comments_for_outlook(desk: Desk) -> Evidence:
    ghost = (
        "<!--[if mso]><table><tr><td><![endif]--><!--[if !mso]><!-- --><p>Words</p><!--<![endif]--><![if !mso]>5 < 6<![endif]>"
    )
    return spoilt(desk.evidence(), body_start(ghost + "<!--[if mso]></td></tr></table><![endif]-->"))


@near("H12")
def signs_in_words(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), in_html(WORDS, 'Rest < 5 minutes, or > 2 walks; it\'s "fine" & good: a <3 for you.'))
