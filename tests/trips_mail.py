"""Mails that break, or nearly break, a rule about headers, parts, recipients or the way out."""

from __future__ import annotations

import binascii
import re
from dataclasses import replace
from datetime import timedelta

from check_desk import (
    ISSUE,
    LIST,
    NOW,
    Desk,
    body_start,
    in_html,
    in_part,
    in_text,
    near,
    spoilt,
    trips,
    with_header,
    with_value,
    without,
)

from newsletter.check.evidence import Evidence


@trips("M01")
def reply_to_twice(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), with_header("reply-to", "other@riverbend.example"))


@trips("M01")
def no_from(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), without("From"))


@near("M01")
def received_twice(desk: Desk) -> Evidence:
    both = with_header("Received", "from a.example"), with_header("Received", "from b.example")
    return spoilt(spoilt(desk.evidence(), both[0]), both[1])


@trips("M02")
def two_senders(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), with_value("From", "a@riverbend.example, b@riverbend.example"))


@near("M02")
def comma_in_the_name(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), with_value("From", '"Reyes, Ana" <news@riverbend.example>'))


@trips("M03")
def accent_in_the_address(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), with_value("Reply-To", "=?utf-8?q?j=C3=BCrgen?=@riverbend.example"))


@near("M03")
def accent_in_the_name(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), with_value("Reply-To", "=?utf-8?q?J=C3=BCrgen?= <hello@riverbend.example>"))


@trips("M04")
def encoded_list_id(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), with_value("List-ID", "=?utf-8?q?R=C3=ADo?= <newsletter.riverbend.example>"))


@near("M04")
def encoded_subject(desk: Desk) -> Evidence:
    return desk.issue(ISSUE.replace("small breaks help", "pequeños descansos ayudan")).evidence()


@trips("M05")
def endless_line(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), with_header("X-Note", "word " * 210))


@trips("M05")
def unfolded_header(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), with_header("X-Note", "word " * 20 + "word"))


@near("M05")
def one_long_word(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), with_header("X-Note", "w" * 500))


@trips("M06")
def line_break_in_a_cell(desk: Desk) -> Evidence:
    return desk.people(LIST + 'eve@mail.example,"Eve\nBcc: all@mail.example",,active\n').evidence()


@trips("M06")
def bare_line_feed(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), lambda content: content.replace(b"Walk about", b"Walk\nabout"))


@near("M06")
def line_break_in_an_unused_cell(desk: Desk) -> Evidence:
    return desk.people(LIST.replace(",tags,", ",notes,") + 'eve@mail.example,Eve,"one\ntwo",active\n').evidence()


@trips("M07")
def no_date(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), without("Date"))


@trips("M07")
def unreadable_date(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), with_value("Date", "next Tuesday"))


@trips("M07")
def date_far_ahead(desk: Desk) -> Evidence:
    return replace(desk.evidence(), now=NOW - timedelta(hours=4))


@near("M07")
def date_a_little_ahead(desk: Desk) -> Evidence:
    return replace(desk.evidence(), now=NOW - timedelta(hours=2))


@trips("M08")
def no_message_id(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), without("Message-ID"))


@trips("M08")
def same_message_id(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), with_value("Message-ID", "<one@riverbend.example>"))


@trips("M08")
def foreign_message_id(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), lambda content: re.sub(rb"(?m)^(Message-ID: <.*@)[^>]*", rb"\1localhost", content))


@near("M08")
def long_message_id(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), lambda content: content.replace(b"Message-ID: <", b"Message-ID: <" + b"x" * 400, 1))


@trips("M09")
def latin_text_part(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), lambda content: content.replace(b"text/plain; charset=utf-8", b"text/plain; charset=us-ascii"))


@trips("M09")
def page_first(desk: Desk) -> Evidence:
    def swap(content: bytes) -> bytes:
        before, boundary, rest = re.split(rb"(\r\n--=_alternative_\w+\r\n)", content, maxsplit=1)
        text, _, page = rest.partition(boundary)
        return before + boundary + page.replace(boundary[:-2] + b"--\r\n", b"") + boundary + text + boundary[:-2] + b"--\r\n"

    return spoilt(desk.evidence(), swap)


@trips("M09")
def no_text_part(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), lambda content: content.replace(b"text/plain; charset", b"text/calendar; charset"))


@near("M09")
def charset_in_capitals(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), lambda content: content.replace(b"charset=utf-8", b'charset="UTF-8"'))


@trips("M14")
def copy_to_another(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), with_header("Cc", "front.desk@riverbend.example"))


@trips("M14")
def two_in_to(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), lambda content: content.replace(b"\r\nTo: ", b"\r\nTo: x@mail.example, ", 1))


@trips("M14")
def another_reader_inside(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), in_text("Walk about", "Walk with Zoe.Lindqvist@mail.example about"))


@near("M14")
def longer_address_inside(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), in_text("Walk about", "Walk with joanna.petrov@mail.example about"))


@near("M14")
def ending_of_another_address(desk: Desk) -> Evidence:
    return desk.people(LIST + "m.o'petrov@mail.example,,,active\npetrov@mail.example,Ö,,active\n").evidence()


@near("M14")
def practice_is_on_its_own_list(desk: Desk) -> Evidence:
    return desk.people(LIST + "hello@riverbend.example,Front Desk,only,active\n").evidence()


@trips("M15")
def field_left_open(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), in_html("Walk about", "Walk about, {{ first_name }},"))


@trips("M15")
def hello_none(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), in_text("Hello Anna,", "Hello None,"))


@trips("M15")
def exported_nan(desk: Desk) -> Evidence:
    return desk.people(LIST + "eve@mail.example,nan,,active\n").evidence()


@trips("M15")
def note_to_self(desk: Desk) -> Evidence:
    return desk.issue(ISSUE + "  - heading: More\n    text: TODO write this\n").evidence()


@trips("M15")
def link_to_nowhere(desk: Desk) -> Evidence:
    return desk.issue(ISSUE + "  - {type: button, label: Book, url: https://www.example.com/book}\n").evidence()


def saying(desk: Desk, words: str) -> Evidence:
    """The clean issue with one more article."""
    return desk.issue(ISSUE + f"  - heading: More\n    text: |\n      {words}\n").evidence()


@trips("M15")
def not_available(desk: Desk) -> Evidence:
    return desk.people(LIST + "eve@mail.example,N/A,,active\n").evidence()


@trips("M15")
def words_to_be_replaced(desk: Desk) -> Evidence:
    return saying(desk, "Hello [First Name], we walk on Friday.")


@trips("M15")
def instruction_left_in(desk: Desk) -> Evidence:
    return saying(desk, "[INSERT PHOTO OF THE TEAM] This is our team.")


@trips("M15")
def field_of_another_program(desk: Desk) -> Evidence:
    return saying(desk, "Hello *|FNAME|*, we walk on Friday.")


@trips("M15")
def field_with_percent_signs(desk: Desk) -> Evidence:
    return saying(desk, "Hello %first_name%, we walk on Friday.")


@trips("M15")
def number_to_come(desk: Desk) -> Evidence:
    return saying(desk, "Ask for Jo at extension XXXX.")


@trips("M15")
def html_as_it_is_typed(desk: Desk) -> Evidence:
    return saying(desk, "We are <font color=red>closed</font> on Friday.")


@trips("M15")
def table_of_bars(desk: Desk) -> Evidence:
    return saying(desk, "| Day | Hours |\n      |---|---|\n      | Friday | closed |")


@trips("M15")
def letters_broken_in_copying(desk: Desk) -> Evidence:
    return saying(desk, "Don\u00e2\u20ac\u2122t wait for us.")


@trips("M15")
def address_of_the_example(desk: Desk) -> Evidence:
    path = desk.folder / "practice.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("riverbend.example", "hillside.example").replace("Riverbend", "Hillside"),
        encoding="utf-8",
    )
    return (
        desk.issue(ISSUE.replace("riverbend.example", "hillside.example") + "    # nothing\n")
        .in_practice("website: https://hillside.example", "website: https://riverbend.example")
        .evidence()
    )


@near("M15")
def brackets_bars_and_foreign_letters(desk: Desk) -> Evidence:
    words = (
        "We walk [weather permitting] at 5 < 6 km/h | 2 miles. \u00c2ngela and S\u00e3o say \u00e0 bient\u00f4t; caf\u00e9. "
        "\u00abHello\u00bb, they said: 100% of names, sizes XXL and XL. Save [our number] and the [date and place]."
    )
    return saying(desk, words)


@near("M15")
def honest_words(desk: Desk) -> Evidence:
    words = "None of these, null and void. Finance. Please open your file: it is local. See riverbend.example, my-example.com."
    return desk.issue(ISSUE + f'  - heading: "**None** of it"\n    text: "{words}"\n').evidence()


@near("M15")
def spanish_todo(desk: Desk) -> Evidence:
    desk.in_practice("language: en", "language: es")
    return desk.issue(ISSUE + "  - heading: TODO lo que necesita\n    text: Un paso.\n").evidence()


@trips("U01")
def no_list_unsubscribe(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), without("List-Unsubscribe"))


@near("U01")
def mailbox_only(desk: Desk) -> Evidence:
    return desk.in_practice(', url: "https://riverbend.example/u/{token}"', "").evidence()


@trips("U02")
def bare_address(desk: Desk) -> Evidence:
    change = lambda content: re.sub(rb"(?m)^(List-Unsubscribe: )<([^>]*)>,\r\n <[^>]*>", rb"\1\2", content)  # noqa: E731
    return spoilt(spoilt(desk.evidence(), without("List-Unsubscribe-Post")), change)


@trips("U02")
def unencrypted_page(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), lambda content: content.replace(b"Unsubscribe: <https:", b"Unsubscribe: <http:", 1))


@near("U02")
def mailbox_first(desk: Desk) -> Evidence:
    swap = rb"\1 \3, \2"
    return spoilt(desk.evidence(), lambda content: re.sub(rb"(?m)^(List-Unsubscribe:) (<.*>),\r\n (<.*>)", swap, content))


@trips("U03")
def no_post(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), without("List-Unsubscribe-Post"))


@trips("U03")
def post_without_page(desk: Desk) -> Evidence:
    """The page is gone from the one header, the promise of one click still stands in the other."""
    change = lambda content: re.sub(rb"(?m)^(List-Unsubscribe:) <https[^>]*>,\r\n (<mailto)", rb"\1 \2", content)  # noqa: E731
    return spoilt(desk.evidence(), change)


@trips("U03")
def other_post(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), with_value("List-Unsubscribe-Post", "List-Unsubscribe=yes"))


@near("U03")
def neither_page_nor_post(desk: Desk) -> Evidence:
    return desk.in_practice(', url: "https://riverbend.example/u/{token}"', "").evidence()


@trips("U04")
def same_for_all(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), with_value("List-Unsubscribe", "<https://riverbend.example/u/everyone>"))


@trips("U04")
def address_in_base64(desk: Desk) -> Evidence:
    evidence = desk.evidence()
    samples = []
    for sample in evidence.samples:
        coded = binascii.b2a_base64(sample.subscriber.email.encode(), newline=False).decode().replace("=", "%3D")
        change = with_value("List-Unsubscribe", f"<https://riverbend.example/u/{coded}>")
        samples.append(replace(sample, content=change(sample.content)))
    return replace(evidence, samples=tuple(samples))


@near("U04")
def only_one_subscriber(desk: Desk) -> Evidence:
    return desk.people("email\nanna.petrov@mail.example\n").evidence()


@trips("U05")
def hidden_link(desk: Desk) -> Evidence:
    hide = lambda page: re.sub(r"(<a [^>]*/u/[^ >]*)", r"\1 hidden", page)  # noqa: E731
    return spoilt(desk.evidence(), in_part("html", hide))


@trips("U05")
def no_link_in_the_text(desk: Desk) -> Evidence:
    drop = lambda text: re.sub(r"https://riverbend.example/u/\S*|mailto:\S*", "", text)  # noqa: E731
    return spoilt(desk.evidence(), in_part("plain", drop))


@near("U05")
def other_words_for_it(desk: Desk) -> Evidence:
    words = lambda page: re.sub(r"(<a [^>]*/u/[^>]*>)[^<]*", r"\1Cancelar", page)  # noqa: E731
    return spoilt(desk.evidence(), in_part("html", words))


@trips("U06")
def footer_cut_off(desk: Desk) -> Evidence:
    return spoilt(desk.evidence(), body_start("<p>A long story.</p>" * 5200))


@near("U06")
def long_after_the_footer(desk: Desk) -> Evidence:
    return spoilt(
        desk.evidence(), in_part("html", lambda page: page.replace("</body>", "<p>A long story.</p>" * 5200 + "</body>"))
    )
