"""Holds that Markdown means the same on the page and in the text part, and that what a mail cannot hold is refused."""

from __future__ import annotations

import pytest

from newsletter.compose.markdown import BadLink, bad_links, inline_html, inline_text, to_html, to_text


@pytest.mark.parametrize(
    ("text", "html", "words"),
    [
        ("one\ntwo", "<p>one\ntwo</p>", [("", "one two")]),
        ("**a** *b* `c`", "<p><strong>a</strong> <em>b</em> <code>c</code></p>", [("", "a b c")]),
        ("# A\n\nb", "<h3>A</h3>\n<p>b</p>", [("", "A"), ("", "b")]),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>", [("- ", "a"), ("- ", "b")]),
        ("3. a\n4. b", '<ol start="3">\n<li>a</li>\n<li>b</li>\n</ol>', [("3. ", "a"), ("4. ", "b")]),
        ("0. a\n1. b", '<ol start="0">\n<li>a</li>\n<li>b</li>\n</ol>', [("0. ", "a"), ("1. ", "b")]),
        ("- a\n  1. b\n  2. c\n- d", None, [("- ", "a"), ("  1. ", "b"), ("  2. ", "c"), ("- ", "d")]),
        ("- a\n\n  b", None, [("- ", "a"), ("  ", "b")]),
        ("- `x`\n\n  ```\n  y  z\n  ```\n\n  w", None, [("- ", "x"), ("  ", "y  z"), ("  ", "w")]),
        ("- ```\n  y\n  ```\n\n  w", None, [("- ", "y"), ("  ", "w")]),
        ("a  \nb", "<p>a<br />\nb</p>", [("", "a\nb")]),
        ("a\n\n---\n\nb", "<p>a</p>\n<hr />\n<p>b</p>", [("", "a"), ("", "* * *"), ("", "b")]),
        ("> a", "<blockquote>\n<p>a</p>\n</blockquote>", [("", "a")]),
        ("<b>a</b> & &copy;", "<p>&lt;b&gt;a&lt;/b&gt; &amp; &amp;copy;</p>", [("", "<b>a</b> & &copy;")]),
        ("<script>\nx\n</script>", "<p>&lt;script&gt;\nx\n&lt;/script&gt;</p>", [("", "<script> x </script>")]),
        ("[note]: https://a.example", "<p>[note]: https://a.example</p>", [("", "[note]: https://a.example")]),
        ("\\*a\\*", "<p>*a*</p>", [("", "*a*")]),
        ("", "", []),
        ("[a](https://b.example/)", '<p><a href="https://b.example/">a</a></p>', [("", "a (https://b.example/)")]),
        ("[a](HTTPS://b.example/)", '<p><a href="HTTPS://b.example/">a</a></p>', [("", "a (HTTPS://b.example/)")]),
        ("<https://b.example/>", '<p><a href="https://b.example/">https://b.example/</a></p>', [("", "https://b.example/")]),
        ("<https://b.example/é>", None, [("", "https://b.example/é")]),
        ("<a@b.example>", '<p><a href="mailto:a@b.example">a@b.example</a></p>', [("", "a@b.example")]),
        ("[write](mailto:a@b.example)", None, [("", "write (a@b.example)")]),
        ("[(801) 555-0142](tel:8015550142)", None, [("", "(801) 555-0142")]),
        ("[**a** b](https://c.example) d", None, [("", "a b (https://c.example) d")]),
    ],
)
def test_both_parts_say_the_same(text: str, html: str | None, words: list[tuple[str, str]]) -> None:
    """The page and the text part come from one reading, and nothing that was typed vanishes from either."""
    assert to_text(text) == words
    if html is not None:
        assert str(to_html(text)) == html


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[a](javascript:alert(1))", "not a link we can put in a mail"),
        ("[a](JavaScript:alert(1))", "not a link"),
        ("[a](data:text/html,x)", "not a link"),
        ("[a](file:///etc/passwd)", "not a link"),
        ("[a](page.html)", "not a link"),
        ("[a](/page)", "not a link"),
        ("[a](//b.example)", "not a link"),
        ("[a](#top)", "not a link"),
        ("[a]()", "not a link"),
        ("[a](https:)", "not a link"),
        ("[a](https:///x)", "names no website"),
        ("[a](mailto:)", "not a link"),
        ("<ftp://b.example>", "not a link"),
        ("- one\n- **[a](b)**", "not a link"),
        ("![a](https://b.example/c.png)", "a picture cannot stand inside text"),
        ("[![a](b)](https://c.example)", "a picture cannot stand inside text"),
        ("- " * 40 + "a", "nested more than"),
        ("> " * 40 + "a", "nested more than"),
        ("*a _b " * 20 + "b_ a*" * 20, "nested more than"),
    ],
)
def test_what_a_mail_cannot_hold_is_refused_in_words(text: str, words: str) -> None:
    """Links that lead nowhere, pictures inside text, and nesting that would break the compiler."""
    for convert in (to_html, to_text):
        with pytest.raises(BadLink, match=words):
            convert(text)


def test_all_bad_links_of_a_text_are_known_at_once() -> None:
    """Nobody corrects one link at a time."""
    assert [fault.written for fault in bad_links("[a](b) [c](https://d.example) [e](f)\n\n![g](h)")] == ["](b", "](f", "!["]
    assert len(bad_links("> " * 40 + "a")) == 1


@pytest.mark.parametrize(
    ("text", "html", "words"),
    [
        ("a **b**", "a <strong>b</strong>", "a b"),
        ("- a\n- b", "- a - b", "- a - b"),
        ("# a", "# a", "# a"),
        ("[a](https://b.example)", '<a href="https://b.example">a</a>', "a (https://b.example)"),
        ("1. a", "1. a", "1. a"),
        ("", "", ""),
    ],
)
def test_one_line_has_emphasis_and_links_only(text: str, html: str, words: str) -> None:
    """A tip that begins with a dash is a tip, not a list inside it."""
    assert str(inline_html(text)) == html
    assert inline_text(text) == words


def test_one_line_refuses_the_same_links() -> None:
    """A bad link in a list of tips is as bad as in a paragraph."""
    with pytest.raises(BadLink):
        inline_html("[a](javascript:x)")
    with pytest.raises(BadLink):
        inline_text("[a](javascript:x)")


def test_a_mail_link_with_a_subject_stays_a_link_in_text() -> None:
    """`mailto:` is left off a bare address, but not where it carries more than that."""
    assert inline_text("[write](mailto:a@b.example)") == "write (a@b.example)"
    assert inline_text("[write](mailto:a@b.example?subject=x)") == "write (mailto:a@b.example?subject=x)"
