"""Mails that break, or nearly break, a rule about what eyes and fingers need: words, links, contrast and sizes."""

from __future__ import annotations

from check_desk import ISSUE, Desk, body_start, in_html, near, spoilt, trips

from newsletter.check.evidence import Evidence

SITE = "https://riverbend.example"
STYLE = "font-size: 16px; line-height: 1.5"
LONG = "Rest does less for a sore back than most of us were once told, so keep moving a little each day."


def with_text(desk: Desk, words: str) -> Evidence:
    """The issue with other words in its one article."""
    return desk.issue(ISSUE.replace("Walk about for five minutes or so.", f"|\n      {words}")).evidence()


def with_alt(desk: Desk, words: str) -> Evidence:
    """The issue with other words for its one picture."""
    return desk.issue(ISSUE.replace("A person seen from behind.", words)).evidence()


def with_markup(desk: Desk, markup: str) -> Evidence:
    """The mails with markup at the top, in letters of a good size."""
    return spoilt(desk.evidence(), body_start(f'<div style="{STYLE}">{markup}</div>'))


@trips("C04")
def file_name(desk: Desk) -> Evidence:
    return with_alt(desk, "back-muscles.png")


@trips("C04")
def number_of_the_camera(desk: Desk) -> Evidence:
    return with_alt(desk, "IMG_2041")


@trips("C04")
def name_of_a_draft(desk: Desk) -> Evidence:
    return with_alt(desk, "spine-banner_final")


@trips("C04")
def picture_of_something(desk: Desk) -> Evidence:
    return with_alt(desk, "Picture of a person seen from behind.")


@trips("C04")
def only_a_picture(desk: Desk) -> Evidence:
    return with_alt(desk, "Photo.")


@trips("C04")
def a_whole_paragraph(desk: Desk) -> Evidence:
    return with_alt(
        desk, "A person seen from behind, with the long muscles beside the spine drawn in" + " and named one by one" * 3
    )


@trips("C04")
def the_caption_once_more(desk: Desk) -> Evidence:
    caption = "    caption: A person seen from behind.\n"
    return desk.issue(ISSUE + caption).evidence()


@trips("C04")
def linked_picture_without_words(desk: Desk) -> Evidence:
    return with_markup(desk, f'<a href="{SITE}/book"><img src="{SITE}/a.png" alt="" width="200" height="60"></a>')


@near("C04")
def picture_of_health(desk: Desk) -> Evidence:
    return with_alt(desk, "Picturesque hills behind the clinic, from photo 2 of our calendar.")


@near("C04")
def longest_that_is_good(desk: Desk) -> Evidence:
    return with_alt(
        desk,
        ("A person seen from behind, with the long muscles of the back drawn in beside the spine" + " and the neck" * 4)[:125],
    )


@near("C04")
def words_with_hyphens(desk: Desk) -> Evidence:
    return with_alt(desk, "Knee-to-chest stretch")


@near("C04")
def decoration_beside_a_linked_name(desk: Desk) -> Evidence:
    picture = f'<img src="{SITE}/a.png" alt="" width="48" height="48">'
    return with_markup(desk, f'<p><a href="{SITE}/about">{picture} About Riverbend</a></p>')


@near("C04")
def linked_picture_named_by_its_link(desk: Desk) -> Evidence:
    picture = f'<img src="{SITE}/a.png" alt="" width="48" height="48">'
    return with_markup(desk, f'<p><a href="{SITE}/about" aria-label="About Riverbend">{picture}</a></p>')


@trips("C06")
def click_here(desk: Desk) -> Evidence:
    return with_text(desk, f"For our hours [click here]({SITE}/hours).")


@trips("C06")
def read_more_with_an_arrow(desk: Desk) -> Evidence:
    return with_text(desk, f"Discs heal. [Read more \u00bb]({SITE}/discs)")


@trips("C06")
def a_button_that_says_nothing(desk: Desk) -> Evidence:
    return desk.issue(ISSUE + f"  - type: button\n    label: Learn More\n    url: {SITE}/discs\n").evidence()


@trips("C06")
def bare_address(desk: Desk) -> Evidence:
    return with_text(desk, f"See <{SITE}/winter/hours-of-our-clinic>.")


@trips("C06")
def the_same_words_twice(desk: Desk) -> Evidence:
    events = f"[Save a seat]({SITE}/events/balance) for balance, or [save a seat]({SITE}/events/knees) for knees."
    return with_text(desk, events)


@trips("C06")
def link_without_words(desk: Desk) -> Evidence:
    return with_markup(desk, f'<p>Our hours <a href="{SITE}/hours"></a></p>')


@near("C06")
def click_here_and_why(desk: Desk) -> Evidence:
    return with_text(desk, f"[Click here to book a visit]({SITE}/book), or [read more about discs]({SITE}/discs).")


@near("C06")
def words_that_are_no_link(desk: Desk) -> Evidence:
    return with_text(desk, "Come here to learn more, or read more at home.")


@near("C06")
def name_of_a_website(desk: Desk) -> Evidence:
    return with_text(
        desk, f"Visit [www.riverbend.example]({SITE}) or write to [news@riverbend.example](mailto:news@riverbend.example)."
    )


@near("C06")
def same_words_to_the_same_page(desk: Desk) -> Evidence:
    return with_text(desk, f"[Our hours]({SITE}/hours), and once more: [our hours]({SITE}/hours/?utm_source=letter).")


@near("C06")
def same_words_to_counted_addresses(desk: Desk) -> Evidence:
    links = [
        f'<a href="https://go.riverbend.example/ls/click?upn={code}">Winter hours</a>' for code in ("u001aB" * 5, "u001cD" * 5)
    ]
    return with_markup(desk, "<p>" + ", ".join(links) + "</p>")


@near("C06")
def read_more_with_a_spoken_name(desk: Desk) -> Evidence:
    return with_markup(desk, f'<p>Discs heal. <a href="{SITE}/discs" aria-label="Read how discs heal">Read more</a></p>')


@near("C06")
def picture_that_names_its_link(desk: Desk) -> Evidence:
    return with_markup(
        desk, f'<a href="{SITE}/discs"><img src="{SITE}/a.png" alt="How a disc heals" width="200" height="60"></a>'
    )


@trips("C07")
def link_by_colour_only(desk: Desk) -> Evidence:
    return with_markup(desk, f'<p>See <a href="{SITE}/h" style="text-decoration: none">our winter hours</a> before you come.</p>')


@trips("C07")
def links_by_colour_only_by_a_rule(desk: Desk) -> Evidence:
    page = spoilt(desk.evidence(), in_html("</head>", "<style>.note a { text-decoration: none !important }</style></head>"))
    return spoilt(page, body_start(f'<p class="note">See <a href="{SITE}/h"><span>our winter hours</span></a> first.</p>'))


@near("C07")
def link_with_a_line_of_its_own(desk: Desk) -> Evidence:
    return with_markup(desk, f'<p><a href="{SITE}/h" style="text-decoration: none">Our winter hours</a></p>')


@near("C07")
def bold_link(desk: Desk) -> Evidence:
    return with_markup(desk, f'<p>See <a href="{SITE}/h" style="text-decoration: none"><b>our winter hours</b></a> first.</p>')


@near("C07")
def link_with_a_border(desk: Desk) -> Evidence:
    line = "text-decoration: none; border-bottom: 1px solid #1f6f78"
    return with_markup(desk, f'<p>See <a href="{SITE}/h" style="{line}">our winter hours</a> first.</p>')


@near("C07")
def link_underlined_inside(desk: Desk) -> Evidence:
    return with_markup(desk, f'<p>See <a href="{SITE}/h" style="text-decoration: none"><u>our winter hours</u></a> first.</p>')


@near("C07")
def links_between_bars(desk: Desk) -> Evidence:
    links = " | ".join(f'<a href="{SITE}/{word}" style="text-decoration: none">{word}</a>' for word in ("Hours", "Prices"))
    return with_markup(desk, f"<p>{links}</p>")


@trips("C08")
def pale_words(desk: Desk) -> Evidence:
    return with_markup(desk, '<p style="color: #bbbbbb">Winter hours</p>')


@trips("C08")
def somewhat_pale_words(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), body_start(f'<p bgcolor="white" style="{STYLE}; color: hsl(0, 0%, 50%)">Winter hours</p>'))


@trips("C08")
def dark_words_on_a_dark_table(desk: Desk) -> Evidence:
    table = '<table role="presentation" bgcolor="333333"><tr><td>Winter hours</td></tr></table>'
    return with_markup(desk, table)


@trips("C08")
def pale_by_a_rule(desk: Desk) -> Evidence:
    page = spoilt(desk.evidence(), in_html("</head>", "<style>td .note { color: #aaa !important }</style></head>"))
    cell = f'<td><p class="note" style="{STYLE}">Winter hours</p></td>'
    return spoilt(page, body_start(f'<table role="presentation"><tr>{cell}</tr></table>'))


@trips("C08")
def dark_words_in_dark_mode(desk: Desk) -> Evidence:
    panel = "<style>@media (prefers-color-scheme: dark) { .note { background: #202020 !important } }</style></head>"
    page = spoilt(desk.evidence(), in_html("</head>", panel))
    return spoilt(page, body_start(f'<p class="note" style="{STYLE}; color: #333333; background: #eeeeee">Winter hours</p>'))


@trips("C08")
def see_through_words(desk: Desk) -> Evidence:
    return with_markup(desk, '<div style="opacity: 0.4"><p style="color: #333333">Winter hours</p></div>')


@near("C08")
def pale_words_that_are_large(desk: Desk) -> Evidence:
    words = '<p style="color: #888888; font-size: 24px; background: #ffffff">Winter hours</p>'
    return with_markup(desk, words + '<p style="color: #888; font-size: 19px; background: #fff"><b>Open late</b></p>')


@near("C08")
def white_words_on_a_picture(desk: Desk) -> Evidence:
    ground = f"color: #ffffff; background: #ffffff url('{SITE}/a.png')"
    return with_markup(desk, f'<div style="{ground}"><p>Winter hours</p></div>')


@near("C08")
def white_words_on_a_dark_cell_within(desk: Desk) -> Evidence:
    cell = '<td style="background-color: #123"><p style="color: white">Winter hours</p></td>'
    return with_markup(desk, f'<table role="presentation" bgcolor="#ffffff"><tr>{cell}</tr></table>')


@near("C08")
def bars_and_bullets(desk: Desk) -> Evidence:
    return with_markup(desk, '<p>Hours <span style="color: #dddddd">|</span> Prices <span style="color: #eee">&bull;</span></p>')


@near("C08")
def words_that_nobody_is_shown(desk: Desk) -> Evidence:
    page = spoilt(desk.evidence(), in_html("</head>", "<style>.gone { display: none }</style></head>"))
    return spoilt(page, body_start('<p class="gone" style="color: #fff">Winter hours</p>'))


@near("C08")
def dark_rules_of_one_program(desk: Desk) -> Evidence:
    rule = "<style>[data-ogsc] .note { color: #222222 !important; background: #222222 !important }</style></head>"
    page = spoilt(desk.evidence(), in_html("</head>", rule))
    return spoilt(page, body_start(f'<p class="note" style="{STYLE}">Winter hours</p>'))


@trips("C09")
def small_paragraph(desk: Desk) -> Evidence:
    return with_markup(desk, f'<p style="font-size: 13px; line-height: 1.5">{LONG}</p>')


@trips("C09")
def tiny_note(desk: Desk) -> Evidence:
    return with_markup(desk, '<p>Winter hours <span style="font-size: 8pt">from Monday on</span></p>')


@trips("C09")
def tight_lines(desk: Desk) -> Evidence:
    return with_markup(desk, f'<p style="line-height: 1.2">{LONG}</p>')


@trips("C09")
def lines_of_one_height_for_larger_letters(desk: Desk) -> Evidence:
    return with_markup(desk, f'<div style="line-height: 20px"><p style="font-size: 18px">{LONG}</p></div>')


@trips("C09")
def tight_heading(desk: Desk) -> Evidence:
    heading = "What we learned in ten years of writing to our neighbors about backs"
    return spoilt(desk.evidence(), in_html("</h1>", f'</h1><h2 style="font-size: 24px; line-height: 1">{heading}</h2>'))


@near("C09")
def small_print_in_the_footer(desk: Desk) -> Evidence:
    return with_markup(desk, f'<p class="footnote" style="font-size: 12px; line-height: 1.5">{LONG}</p>')


@near("C09")
def raised_sign(desk: Desk) -> Evidence:
    return with_markup(desk, '<p>Riverbend<sup style="font-size: 10px">TM</sup> stretches</p>')


@near("C09")
def tight_single_line(desk: Desk) -> Evidence:
    return with_markup(desk, '<p style="line-height: 1">Winter hours</p>')


@near("C09")
def spacer_without_letters(desk: Desk) -> Evidence:
    return with_markup(desk, '<div style="font-size: 8px; line-height: 8px">&nbsp;</div>')


@near("C09")
def size_restored_inside(desk: Desk) -> Evidence:
    return with_markup(
        desk, f'<div style="font-size: 0; line-height: 0"><p style="font-size: 16px; line-height: 24px">{LONG}</p></div>'
    )


@trips("C10")
def small_linked_icon(desk: Desk) -> Evidence:
    icon = f'<img src="{SITE}/a.png" alt="Riverbend on the web" width="20" height="20">'
    return with_markup(desk, f'<a href="{SITE}">{icon}</a>')


@trips("C10")
def links_stacked_closely(desk: Desk) -> Evidence:
    links = "<br>".join(f'<a href="{SITE}/{word}">{word}</a>' for word in ("Hours", "Prices", "Parking"))
    return with_markup(desk, f'<p style="font-size: 14px; line-height: 1.4">{links}</p>')


@trips("C10")
def items_stacked_closely(desk: Desk) -> Evidence:
    links = "".join(f'<li><a href="{SITE}/{word}">{word}</a></li>' for word in ("Hours", "Prices", "Parking"))
    return with_markup(desk, f'<ul style="font-size: 14px; line-height: 1.4">{links}</ul>')


@trips("C10")
def low_button(desk: Desk) -> Evidence:
    box = "display: inline-block; padding: 2px 12px; line-height: 16px; border: 1px solid #1f6f78"
    return with_markup(desk, f'<p><a href="{SITE}/book" style="{box}">Book a visit</a></p>')


@trips("C10")
def rather_low_button(desk: Desk) -> Evidence:
    box = "display: inline-block; padding: 6px 12px; border: 1px solid #1f6f78"
    return with_markup(desk, f'<p><a href="{SITE}/book" style="{box}">Book a visit</a></p>')


@near("C10")
def small_icon_with_padding(desk: Desk) -> Evidence:
    icon = f'<img src="{SITE}/a.png" alt="Riverbend on the web" width="20" height="20">'
    return with_markup(desk, f'<a href="{SITE}" style="display: inline-block; padding: 12px">{icon}</a>')


@near("C10")
def small_links_within_sentences(desk: Desk) -> Evidence:
    words = f'See <a href="{SITE}/hours">our hours</a>,<br>or <a href="{SITE}/prices">our prices</a>.'
    return with_markup(desk, f'<p style="font-size: 14px; line-height: 1.4">{words}</p>')


@near("C10")
def links_beside_each_other(desk: Desk) -> Evidence:
    links = " | ".join(f'<a href="{SITE}/{word}">{word}</a>' for word in ("Hours", "Prices", "Parking"))
    return with_markup(desk, f'<p style="font-size: 14px; line-height: 1.4">{links}</p>')


@near("C10")
def items_with_room(desk: Desk) -> Evidence:
    links = "".join(f'<li style="margin: 0 0 8px"><a href="{SITE}/{word}">{word}</a></li>' for word in ("Hours", "Prices"))
    return with_markup(desk, f'<ul style="font-size: 14px; line-height: 1.4">{links}</ul>')


@near("C10")
def good_button(desk: Desk) -> Evidence:
    box = "display: inline-block; padding: 10px 20px; line-height: 24px; border: 1px solid #1f6f78"
    return with_markup(desk, f'<p><a href="{SITE}/book" style="{box}">Book a visit</a></p>')
