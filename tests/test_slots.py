"""Holds that a merge field passes through templates untouched, and is written in the way of the place it stands in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from samples import HEAD, Page, mail_of, send_to, someone, use_probe_theme

from newsletter.compose.slots import Opening, Slot, SlotBook, one_line, openings, text_openings, write_html, write_link


def book_with(name: str = "first_name") -> tuple[SlotBook, str]:
    """A book and the word of one slot."""
    book = SlotBook.avoiding("source")
    return book, book.name(Slot(name))


@pytest.mark.parametrize(
    ("page", "write"),
    [
        ("<p>{}</p>", write_html),
        ("{}", write_html),
        ('<p title="{}">', write_html),
        ("<p title='a {} b'>", write_html),
        ('<img alt="{}" src="x">', write_html),
        ('<a href="https://a.example/{}">', write_link),
        ("<a href='https://a.example/?n={}'>", write_link),
        ("<a class=x HREF = https://a.example/{}>", write_link),
        ('<img src="https://a.example/{}.png">', write_link),
        ('<td background="https://a.example/{}">', write_link),
        ('<a href="https://a.example/x">{}</a>', write_html),
        ('<a href="https://a.example/x" title="{}">', write_html),
        ("<!-- {} -->", write_html),
        ('<!--[if mso]><a href="https://a.example/{}"><![endif]-->', write_link),
        ('<!--[if mso]><td title="{}"><![endif]-->', write_html),
        ("<!--[if !mso]><!--><p>{}</p><!--<![endif]-->", write_html),
        ('<p title="a > b">{}</p>', write_html),
        ("<p title='<a href='>{}</p>", write_html),
        ("<title>{}</title>", write_html),
        ("<p>a < b {}</p>", write_html),
        ('<br/><a data-href="{}">', write_html),
    ],
)
def test_every_place_of_a_page_is_told_from_the_others(page: str, write: Callable[[str], str]) -> None:
    """Text, attributes and links, in Outlook's comments too: each has its own way of writing a value."""
    book, word = book_with()
    pieces = openings(page.format(word), book)
    assert [piece.write for piece in pieces if isinstance(piece, Opening)] == [write]
    assert "".join(word if isinstance(piece, Opening) else piece for piece in pieces) == page.format(word)


def test_an_address_that_we_make_ourselves_stays_an_address() -> None:
    """The unsubscribe link is escaped for HTML, and is not percent-encoded into one word."""
    book = SlotBook.avoiding("")
    word = book.name(Slot("unsubscribe_url", whole_link=True))
    assert openings(f'<a href="{word}">', book)[1] == Opening(Slot("unsubscribe_url", whole_link=True), write_html)


@pytest.mark.parametrize(
    ("line", "written"),
    [
        ("Hello {}", "a b&c"),
        ("https://a.example/?n={}", "a%20b%26c"),
        ("(https://a.example/?n={}&m=1)", "a%20b%26c"),
        ("see HTTP://a.example/{}", "a%20b%26c"),
        ("mailto:x@a.example?subject={}", "a%20b%26c"),
        ("https://a.example/ {}", "a b&c"),
        ("Note: {}", "a b&c"),
        ("<https://a.example/> {}", "a b&c"),
    ],
)
def test_in_the_text_part_a_value_inside_an_address_is_encoded(line: str, written: str) -> None:
    """A blank in a name cannot break a link of the text part in two."""
    book, word = book_with()
    filled = [
        piece.filled({"first_name": "a b&c"}) for piece in text_openings(line.format(word), book) if isinstance(piece, Opening)
    ]
    assert filled == [written]


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("Anna", "Anna"),
        (" Anna ", "Anna"),
        ("An\nna", "An na"),
        ("An\r\nna\0", "An na"),
        ("a\x85b\u2028c\u2029d", "a b c d"),
        ("a  b", "a b"),
        ("Jose\u0301", "José"),
        ("👩\u200d⚕️", "👩\u200d⚕️"),
        ("שלום", "שלום"),
        ("\ud800x", "?x"),
        ("", ""),
        ("\t\n", ""),
    ],
)
def test_a_value_is_one_line_without_control_characters(value: str, line: str) -> None:
    """Nothing in a cell can begin a new line, and letters are put together."""
    assert one_line(value) == line


@pytest.mark.parametrize(("value", "shown"), [("Anna", "Anna"), ("", "there"), (" \n ", "there")])
def test_a_fallback_stands_in_where_the_value_is_empty(value: str, shown: str) -> None:
    """An empty cell, and one with nothing to see, is greeted with the fallback."""
    assert Slot("first_name", "there").text(value) == shown


@pytest.mark.parametrize("typed", ["Zslot0Z", "Z**slot**0Z", '"Z\\x73lot0Z"', "zslot0z ZSLOT0Z Zslott0Z"])
def test_no_text_can_pass_for_a_slot(practice_folder: Path, typed: str) -> None:
    """Whatever a slot's word looks like, writing it into an issue shows it and fills nothing."""
    mail = mail_of(
        use_probe_theme(practice_folder),
        f"{HEAD}preheader: '{{{{ first_name }}}}'\nopening: {typed}\nbody: [{{heading: a, text: b}}]\n",
    )
    letter = send_to(mail, someone(first_name="Anna"))
    assert letter.html.count("Anna") == 1
    assert "Anna" not in letter.text
    assert "slot" in Page(letter.html).words.lower()


def test_the_words_of_one_source_are_not_those_of_another() -> None:
    """A word holds a fingerprint of the source, so that no source can hold its own words."""
    one, other = SlotBook.avoiding("one"), SlotBook.avoiding("other")
    assert one.word != other.word
    assert one.word == SlotBook.avoiding("one").word
    assert not one.pattern.search(other.name(Slot("a")))


def test_braces_that_markdown_puts_together_stay_braces(practice_folder: Path) -> None:
    r"""`{\{ last_name }\}` is shown as braces in both parts; only what was typed as a merge field is one."""
    mail = mail_of(use_probe_theme(practice_folder), f"{HEAD}body:\n  - {{heading: a, text: '{{\\{{ last_name }}\\}}'}}\n")
    letter = send_to(mail, someone(last_name="Reyes"))
    for words in (letter.text, Page(letter.html).words):
        assert "{{ last_name }}" in words
        assert "Reyes" not in words
