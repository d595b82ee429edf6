"""Holds that the text part reads as well as the page: lines of 78 columns, lists that hang, nothing lost."""

from __future__ import annotations

import pytest

from newsletter.compose.markdown import to_text
from newsletter.compose.plain_text import WIDTH, blocks, fold, refold, tidy, underline
from newsletter.compose.slots import Slot, SlotBook

LONG = "word " * 40
ADDRESS = "https://riverbend.example/" + "x" * 90


@pytest.mark.parametrize(("first", "rest"), [("", None), ("- ", None), ("10. ", None), ("> ", "> ")])
def test_paragraphs_are_folded_under_their_mark(first: str, rest: str | None) -> None:
    """No line is longer than 78 columns, and the second hangs under the text of the first."""
    lines = fold(LONG, first, rest).split("\n")
    assert len(lines) == 3
    assert all(len(line) <= WIDTH for line in lines)
    assert lines[0].startswith(f"{first}word")
    assert lines[1].startswith(("" if rest is None else rest) + (" " * len(first) if rest is None else "") + "word")


@pytest.mark.parametrize("text", ["", "one", f"see {ADDRESS} there", "co-operate " * 12, "a\nb"])
def test_folding_loses_no_word_and_breaks_none(text: str) -> None:
    """An address longer than a line stays in one piece, and a hyphen is no place to break."""
    assert fold(text).split() == text.split()


@pytest.mark.parametrize("lead", ["", "- ", "  - ", "3. ", "12. ", "> "])
def test_a_filled_line_is_folded_like_any_other(lead: str) -> None:
    """A line with a long value breaks where a line without merge fields would."""
    assert refold(lead + LONG.strip()) == fold(LONG, lead.lstrip() if not lead.startswith(" ") else lead)


@pytest.mark.parametrize(
    ("line", "folded"),
    [("short", "short"), (ADDRESS, ADDRESS), ("x" * 78, "x" * 78), (f"a {ADDRESS}", f"a\n{ADDRESS}"), ("", "")],
)
def test_a_line_is_broken_only_where_it_must_and_can(line: str, folded: str) -> None:
    """78 columns fit; one long word stays whole."""
    assert refold(line) == folded


def test_a_paragraph_with_slots_waits_for_its_values() -> None:
    """Only the values decide where such a paragraph breaks."""
    book = SlotBook.avoiding("")
    word = book.name(Slot("first_name"))
    assert fold(f"{LONG}{word}", "- ", None, book.pattern).count("\n") == 0


def test_blocks_stand_apart_and_list_items_together() -> None:
    """Paragraphs have a blank line between them, the items of a list have none."""
    text = blocks(to_text("one\n\n- a\n- b\n\n  more\n- c\n\ntwo"), "  ")
    assert text == "  one\n\n  - a\n  - b\n\n    more\n\n  - c\n\n  two"


def test_a_hard_break_is_a_line_break() -> None:
    """An address of three lines stays one of three lines."""
    assert blocks(to_text("12 Mill Lane  \nProvo\\\nUtah"), "") == "12 Mill Lane\nProvo\nUtah"


@pytest.mark.parametrize(("text", "line"), [("abc", "---"), ("ab\nabcd", "----"), ("x" * 100, "-" * 78), ("", "")])
def test_a_heading_is_underlined_as_far_as_it_goes(text: str, line: str) -> None:
    """The line under a heading is as long as the heading, and never longer than a line."""
    assert underline(text) == line


def test_a_slot_in_a_heading_counts_as_a_name() -> None:
    """The line under a heading with a merge field does not tell how its slot is spelt."""
    book = SlotBook.avoiding("")
    assert len(underline(f"Hello {book.name(Slot('first_name'))}", "=", book.pattern)) == 14


def test_the_whole_text_is_tidy() -> None:
    """No blanks at line ends, one blank line at most, one line end at the end."""
    assert tidy("\n\na  \r\n\n\n\nb\t\n\n") == "a\n\nb\n"
