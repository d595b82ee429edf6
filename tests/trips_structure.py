"""Mails that break, or nearly break, a rule about what assistive technology goes by."""

from __future__ import annotations

from check_desk import ISSUE, Desk, body_start, in_html, near, spoilt, trips

from newsletter.check.evidence import Evidence

PARAGRAPH = "<p>Rest does less for a sore back than most of us were once told, so keep moving a little.</p>"


@trips("C01")
def language_missing(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), in_html('<html lang="en" dir="ltr"', "<html"))


@trips("C01")
def language_only_on_the_html_tag(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), in_html('role="article" lang="en" dir="ltr"', 'role="article"'))


@trips("C01")
def another_language(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), in_html('role="article" lang="en"', 'role="article" lang="es"'))


@trips("C01")
def language_by_its_name(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), in_html('<html lang="en"', '<html lang="English"'))


@trips("C01")
def words_outside_the_part_with_the_language(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), in_html("</body>", "<p>One more thing.</p></body>"))


@near("C01")
def language_with_a_country(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), in_html('lang="en" dir="ltr"', 'lang="en-US" dir="ltr"'))


@near("C01")
def nothing_to_read_outside(desk: Desk) -> Evidence:
    pixel = '<div>&nbsp;<img src="https://riverbend.example/a.png" alt="" width="10" height="1"></div>'
    return spoilt(desk.evidence(), in_html("</body>", f"{pixel}</body>"))


@near("C01")
def another_language_within(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), body_start('<p lang="es">Bienvenidos a nuestra carta.</p>'))


@trips("C02")
def no_title(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), in_html("<title>Small Breaks</title>", "<title> </title>"))


@trips("C02")
def title_of_any_mail(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), in_html("<title>Small Breaks</title>", "<title>Monthly Newsletter</title>"))


@trips("C02")
def title_left_by_a_program(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), in_html("<title>Small Breaks</title>", "<title>december-final.html</title>"))


@near("C02")
def title_with_a_generic_word(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), in_html("<title>Small Breaks</title>", "<title>Newsletter, March 2027: gardening</title>"))


@trips("C03")
def table_that_is_only_layout(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), body_start(f"<table><tr><td>{PARAGRAPH}</td></tr></table>"))


@trips("C03")
def table_for_outlook_that_is_only_layout(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), body_start('<!--[if mso]><table width="600"><tr><td><![endif]-->'))


@trips("C03")
def layout_table_around_a_table_of_data(desk: Desk) -> Evidence:
    data = "<table><tr><th>Day</th></tr><tr><td>Monday</td></tr></table>"
    return spoilt(desk.evidence(), body_start(f"<table><tr><td>{data}</td></tr></table>"))


@near("C03")
def table_of_hours(desk: Desk) -> Evidence:
    rows = "<tr><th>Day</th><th>Hours</th></tr><tr><td>Monday</td><td>8 to 18</td></tr>"
    return spoilt(desk.evidence(), body_start(f"<table>{rows}</table>"))


@near("C03")
def table_with_no_role_at_all_but_none(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), body_start(f"<table role=none><tr><td>{PARAGRAPH}</td></tr></table>"))


@trips("C05")
def heading_in_the_opening(desk: Desk) -> Evidence:
    return desk.issue(ISSUE.replace("  None of us", "  ### Why breaks help\n\n  None of us")).evidence()


@trips("C05")
def bold_line_for_a_heading(desk: Desk) -> Evidence:
    words = (
        "**Why breaks help**\n\n      None of us sits still for long, and a back likes a change of place every half hour or so."
    )
    return desk.issue(ISSUE.replace("text: Walk about for five minutes or so.", f"text: |\n      {words}")).evidence()


@trips("C05")
def two_main_headings(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), body_start("<h1>Welcome</h1>"))


@trips("C05")
def no_main_heading(desk: Desk) -> Evidence:
    page = spoilt(desk.evidence(), in_html("<h1", "<p"))
    return spoilt(page, in_html("</h1>", "</p>"))


@trips("C05")
def large_bold_cell_for_a_heading(desk: Desk) -> Evidence:
    rows = f'<tr><td style="font-size: 22px; font-weight: bold">Our new hours</td></tr><tr><td>{PARAGRAPH[3:-4]}</td></tr>'
    return spoilt(desk.evidence(), body_start(f'<table role="presentation">{rows}</table>'))


@near("C05")
def heading_inside_a_block(desk: Desk) -> Evidence:
    words = "|\n      ### At the desk\n\n      Stand up.\n\n      ### In the car\n\n      Stop for a walk."
    return desk.issue(ISSUE.replace("Walk about for five minutes or so.", words)).evidence()


@near("C05")
def headings_with_boxes_and_pictures_inside(desk: Desk) -> Evidence:
    picture = '<img src="https://riverbend.example/a.png" alt="Small Breaks" width="300" height="60">'
    page = spoilt(desk.evidence(), in_html("Small Breaks</h1>", f"{picture}</h1>"))
    boxed = f'<h2><div>Why <span style="display: inline-block">breaks</span> help</div></h2>{PARAGRAPH}'
    return spoilt(page, in_html("</h1>", f"</h1>{boxed}"))


@near("C05")
def bold_words_that_open_a_paragraph(desk: Desk) -> Evidence:
    words = "**Stop** if it hurts.\n\n      **Five minutes an hour.** That is enough for most of us, and it costs nothing at all."
    return desk.issue(ISSUE.replace("text: Walk about for five minutes or so.", f"text: |\n      {words}")).evidence()


@near("C05")
def bold_sentence(desk: Desk) -> Evidence:
    words = "**Please call before you come on December 24.**\n\n      We close at noon that day, and answer the phone until then."
    return desk.issue(ISSUE.replace("text: Walk about for five minutes or so.", f"text: |\n      {words}")).evidence()


@near("C05")
def bold_words_above_a_list(desk: Desk) -> Evidence:
    words = "**What to bring**\n\n      - Your card, and a list of all the medicines that you take\n      - Soft clothes"
    return desk.issue(ISSUE.replace("text: Walk about for five minutes or so.", f"text: |\n      {words}")).evidence()


@near("C05")
def cells_beside_each_other(desk: Desk) -> Evidence:
    row = f'<tr><td style="font-size: 30px; font-weight: bold">March 10</td><td>{PARAGRAPH[3:-4]}</td></tr>'
    return spoilt(desk.evidence(), body_start(f'<table role="presentation">{row}</table>'))


@trips("C11")
def drawn_button(desk: Desk) -> Evidence:
    shape = '<v:roundrect href="https://riverbend.example/book" style="width:200px"><center>Book a visit</center></v:roundrect>'
    return spoilt(desk.evidence(), body_start(f"<!--[if mso]>{shape}<![endif]-->"))


@trips("C11")
def link_in_a_drawn_box(desk: Desk) -> Evidence:
    before = '<!--[if gte mso 9]><v:rect fill="true"><v:fill type="tile" color="#eeeeee" /><v:textbox><![endif]-->'
    after = "<!--[if gte mso 9]></v:textbox></v:rect><![endif]-->"
    link = '<p><a href="https://riverbend.example/book">Book your next visit</a></p>'
    return spoilt(desk.evidence(), body_start(f"{before}{link}{after}"))


@near("C11")
def drawn_background_without_a_link(desk: Desk) -> Evidence:
    before = '<!--[if gte mso 9]><v:rect fill="true"><v:fill type="tile" color="#eeeeee" /><v:textbox><![endif]-->'
    after = "<!--[if gte mso 9]></v:textbox></v:rect><![endif]-->"
    return spoilt(
        desk.evidence(), body_start(f'{before}<p>Winter hours</p>{after}<p><a href="https://riverbend.example/v">Hours</a></p>')
    )
