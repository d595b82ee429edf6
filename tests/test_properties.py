"""Holds for any text whatever: what a row or an issue says is what is read, and it can do nothing else.

`NEWSLETTER_EXAMPLES=10000 pytest tests/test_properties.py` tries ten thousand examples of each.
"""

from __future__ import annotations

import email
import html
import os
import re
import shutil
import unicodedata
from collections.abc import Callable
from email.header import decode_header, make_header
from email.utils import parseaddr
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar
from urllib.parse import quote, unquote

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from samples import FIELDS, HEAD, Opened, Page, issue_of, make_practice_folder, practice_of, send_to, someone, use_probe_theme
from test_message import EVERYWHERE, HEADERS, check_bytes, one_line

from newsletter.compose.headers import audit, mailbox, unstructured
from newsletter.compose.mail import Mail
from newsletter.compose.markdown import BadLink, to_html, to_text
from newsletter.compose.plain_text import fold, refold
from newsletter.compose.slots import write_link
from newsletter.errors import NewsletterError, ProblemsFound
from newsletter.read import merge
from newsletter.read.addresses import BadAddress, envelope_address
from newsletter.read.subscribers import LeftOut, Subscriber, SubscriberList
from newsletter.read.yaml_file import Document, parse_document

EXAMPLES = int(os.environ.get("NEWSLETTER_EXAMPLES", "150"))
HOME = TemporaryDirectory()
Made = TypeVar("Made")
tries = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))


def is_noncharacter(sign: str) -> bool:
    """The 66 code points that Unicode keeps for no character; html.unescape drops their references, browsers do not."""
    return ord(sign) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(sign) <= 0xFDEF


SIGNS = st.characters(codec="utf-8").filter(lambda sign: not is_noncharacter(sign))
REFUSED = ["{{", "}}", "{%", "=\n", "\n", "\r", "\0", "\n.\n", "\nFrom ", "\r\nBcc: x@y.example", "]("]
FINE = [
    '"', "'", "<", ">", "&", "&amp;", "&#13;", "{{ email }}", "=", "=3D", "\t", "-->", "<!--", "]]>", "</p>", "<script>",
    "</style>", "Zslot0Z", "=?utf-8?q?x?=", "--=_alternative_",
    "\\", "`", "*", "_", "[", "](x)", "](https://a.example)", "javascript:",
    "- ", "> ", "1. ", "{ ", "\\", "😀", "👩\u200d⚕️", "אבג", "\u202e", "e\u0301", "é", "\u00a0", "\u2028", "x" * 40, "%", "?",
    "#", "/", " ", "  ", "word ", "Anna",
]  # fmt: skip
PIECES = st.sampled_from(REFUSED + FINE)
TEXTS = st.lists(st.one_of(PIECES, st.text(SIGNS, max_size=8)), max_size=8).map("".join)
# What an issue may hold on one line, and now and then what it may not.
TYPED = (
    st.lists(
        st.sampled_from([piece for piece in FINE if piece != "](x)"]) | st.text(SIGNS.filter(str.isprintable), max_size=8),
        min_size=1,
        max_size=8,
    )
    .map("".join)
    .filter(str.strip)
)
LINES = st.integers(0, 40).flatmap(lambda chance: TEXTS if chance == 13 else TYPED)
PARAGRAPHS = st.lists(TYPED, min_size=1, max_size=6).map("\n\n".join) | LINES
LONG_TEXTS = st.lists(st.one_of(PIECES, st.text(SIGNS, max_size=8)), max_size=40).map("".join)


@cache
def folder() -> Path:
    """A practice's folder for all examples."""
    made = use_probe_theme(make_practice_folder(Path(HOME.name) / "practice"))
    shutil.copy(made / "images" / "logo.png", made / "images" / "small.png")
    return made


def outcome(make: Callable[[], Made]) -> Made | NewsletterError | BadAddress:
    """What a call makes, or the trouble that it tells in words; anything else that it raises is a bug, and comes through."""
    try:
        return make()
    except (NewsletterError, BadAddress) as trouble:
        return trouble


@cache
def mail() -> Mail:
    """A mail with a merge field in every place there is."""
    return Mail.of(practice_of(folder()), issue_of(folder(), EVERYWHERE))


@cache
def harmless() -> Page:
    """Its page for somebody with an ordinary name."""
    return Page(send_to(mail(), someone(first_name="Anna", last_name="Reyes")).html)


@tries
@given(first=TEXTS, last=LONG_TEXTS)
@example(first="x" * 75, last="é" * 40)
def test_no_value_does_anything_but_stand_in_its_place(first: str, last: str) -> None:
    """Any two cells: right headers, one recipient, the same tags, each value itself wherever it stands, clean bytes."""
    letter = send_to(mail(), someone(first_name=first, last_name=last))
    check_bytes(letter.content)
    old = email.message_from_bytes(letter.content)
    assert not old.defects
    assert not letter.parsed.defects
    assert [name for name, _ in old.items()] == HEADERS
    assert letter.parsed.get_all("To") == ["anna@mail.example"]
    first, last = one_line(first), one_line(last)
    assert str(make_header(decode_header(re.sub(r"\r\n(?=[ \t])", "", str(old["Subject"]))))) == one_line(
        f"{first}, why {last or 'friend'}?"
    )
    page = Page(letter.html)
    assert page.shape == harmless().shape
    assert f"Dear {first or 'neighbor'}, see {last} and" in page.words
    by_name = [(name, value) for _, attributes in page.tags for name, value in attributes.items()]
    assert ("alt", f"Alt {first}") in by_name
    assert ("href", f"https://a.example/b?n={quote(first, safe='')}") in by_name
    assert any(f'title="T {unescaped(first)}"' in comment for comment in page.comments)
    words = " ".join(letter.text.split())
    assert f"https://a.example/b?n={quote(first, safe='')}" in words
    assert " ".join(f"Dear {first or 'neighbor'}, see".split()) in words
    assert " ".join(f"- {last} - x".split()) in words
    for line in letter.text.split("\n"):
        assert len(line) <= 78 or len(max(line.split(" "), key=len)) >= 78 - 14, line


def unescaped(value: str) -> str:
    """A value as it stands in a comment, where the parser leaves references as they are."""
    return html.escape(value).encode("ascii", "xmlcharrefreplace").decode("ascii")


def quoted(text: str) -> str:
    """A text as a double-quoted YAML scalar."""
    return '"' + "".join(f"\\U{ord(sign):08x}" for sign in text) + '"'


def squeezed(text: str) -> str:
    """Letters and digits only: what has to be on the page whatever Markdown makes of the signs between them."""
    return "".join(sign for sign in unicodedata.normalize("NFC", text) if sign.isalnum())


@tries
@given(title=LINES, heading=LINES, text=PARAGRAPHS, tip=LINES, alt=LINES)
def test_any_issue_is_a_mail_or_a_list_of_problems(title: str, heading: str, text: str, tip: str, alt: str) -> None:
    """Any texts in an issue: refused in words, or on the page and in the text part as they were written; never anything else."""
    source = (
        f"title: {quoted(title)}\ndate: 2026-12-01\nbody:\n  - heading: {quoted(heading)}\n    text: {quoted(text)}\n"
        f"    image: images/small.png\n    alt: {quoted(alt)}\n    caption: {quoted(title)}\n"
        f"  - {{type: tips, heading: {quoted(heading)}, items: [{quoted(tip)}]}}\n"
    )
    made = outcome(lambda: Mail.of(practice_of(folder()), issue_of(folder(), source, "any")))
    letter = outcome(lambda: send_to(made, someone(first_name="Anna", last_name="Reyes"))) if isinstance(made, Mail) else made
    if not isinstance(made, Mail) or not isinstance(letter, Opened):
        assert isinstance(letter, ProblemsFound)
        assert all(problem.path == "issues/any.yaml" and problem.line for problem in letter.problems)
        return
    check_bytes(letter.content)
    assert all(len(line) <= 78 or len(max(line.split(" "), key=len)) > 60 for line in letter.text.split("\n"))
    block, tips = made.issue.text.body
    page = Page(letter.html)
    title, heading, alt = (filled(said) for said in (made.issue.text.title, block.heading, block.alt))
    assert letter.subject == one_line(title)
    assert title in page.words
    assert heading in page.words
    assert ("img", alt) in [(tag, attributes.get("alt")) for tag, attributes in page.tags]
    for said in (block.text, tips.items[0]):
        words = re.sub(r"\]\([^)]*\)|<[a-z]+:[^>]*>|```[^\n]*|~~~[^\n]*|\d+[.)]", " ", filled(said))
        for word in re.findall(r"[^\W\d_]{3,}", words):
            assert squeezed(word) in squeezed(page.words), word
            assert squeezed(word) in squeezed(letter.text), word


def filled(text: str) -> str:
    """A text with its merge fields as Anna reads them."""
    values = {"email": "anna@mail.example", "first_name": "Anna", "last_name": "Reyes"}
    return "".join(
        piece if isinstance(piece, str) else one_line(values.get(piece.name, "")) or one_line(piece.fallback or "")
        for piece in merge.split(text)
    )


MARKDOWN = st.lists(
    st.sampled_from(
        [
            "# ", "## ", "- ", "* ", "1. ", "3) ", "> ", "    ", "  ", "```", "~~~", "---", "***", "**", "*", "_", "__",
            "`", "``",
            "\\", "[", "]", "(", ")", "](", "<", ">", "https://a.example/", "mailto:a@b.example", "![", "\n", "\n\n",
            "  \n", "\t",
            "a", "b", "word", "é", "&lt;", "&", '"', "'", "|", "=", "{{ first_name }}", "<b>", "</p>",
            "<!--", "-->", "<mj-text>", "</mj-text>", "<![CDATA[",
        ]
    ),
    max_size=60,
).map("".join)  # fmt: skip


@tries
@given(text=MARKDOWN)
@example(text="> " * 30 + "a")
@example(text="*a " * 30 + "*" * 30)
@example(text="- " * 500)
@example(text="[" * 500 + "a" + "](https://a.example)" * 500)
def test_any_markdown_compiles_or_is_refused(text: str) -> None:
    """Nothing that can be typed crashes the MJML compiler, breaks the page's tags, or is taken for a template's mistake."""
    if not text.strip():
        return
    source = f"{HEAD}opening: {quoted(text)}\nbody: [{{heading: a, text: b}}]\n"
    page = outcome(lambda: Mail.of(practice_of(folder()), issue_of(folder(), source, "marked")).rendered(None).html)
    if not isinstance(page, str):
        assert isinstance(page, ProblemsFound)
        assert all(problem.path == "issues/marked.yaml" and problem.line for problem in page.problems), str(page)
        return
    opened: list[str] = []
    for tag, _ in Page(page).tags:
        if tag.startswith("/"):
            assert opened.pop() == tag[1:]
        elif tag not in ("br", "hr", "img", "meta", "link"):
            opened.append(tag)
    assert opened == []


@tries
@given(text=LONG_TEXTS)
def test_page_and_text_part_refuse_the_same(text: str) -> None:
    """Where the page has words the text part has the same, and what one refuses the other refuses too."""
    text = unicodedata.normalize("NFC", text.replace("\0", "").replace("\r", ""))
    page, blocks = outcome(lambda: to_html(text)), outcome(lambda: to_text(text))
    if not isinstance(page, str) or not isinstance(blocks, list):
        assert isinstance(page, BadLink)
        assert str(page) == str(blocks)
        return
    said = squeezed(" ".join(words for _, words in blocks))
    for word in re.findall(r"[^\W\d_]{3,}", Page(str(page)).words):
        assert squeezed(word) in said


@tries
@given(text=TEXTS)
def test_any_subject_and_sender_read_as_written(text: str) -> None:
    """Headers hold one line, whatever they were given, and decode to exactly that."""
    text = one_line(text)
    block = b"Subject: " + unstructured("Subject", text) + b"\r\nFrom: " + mailbox("From", text or "x", "a@b.example") + b"\r\n"
    audit(block, ["Subject", "From"])
    check_bytes(block + b"\r\nx\r\n")
    parsed = email.message_from_bytes(block + b"\r\n")
    subject, sender = (re.sub(r"\r\n(?=[ \t])", "", str(parsed[name])) for name in ("Subject", "From"))
    assert str(make_header(decode_header(subject))) == text
    shown, address = parseaddr(sender)
    assert address == "a@b.example"
    assert str(make_header(decode_header(shown))) == (text or "x")


@tries
@given(text=LONG_TEXTS, first=st.sampled_from(["", "- ", "  - ", "12. "]))
def test_folding_keeps_every_word(text: str, first: str) -> None:
    """A paragraph folded at once and one folded when it is filled have the same words in lines of 78 columns."""
    words = " ".join(text.split())
    if not words or words[:1] in "->0123456789*":
        return
    for folded in (fold(words, first), refold(first + words)):
        assert folded.split() == (first + words).split()
        for line in folded.split("\n"):
            assert len(line) <= 78 or line.lstrip(" ").count(" ") <= (1 if first.strip() else 0)


@tries
@given(text=st.one_of(LONG_TEXTS, st.text(SIGNS)))
def test_any_text_is_yaml_or_a_problem(text: str) -> None:
    """Whatever a file holds, it is read or refused in words."""
    for source in (text, f"title: {text}", f"title: T\nbody:\n  - heading: {text}\n    text: |\n      {text}\n"):
        read = outcome(lambda source=source: parse_document(source, "a.yaml"))  # type: ignore[misc]
        if isinstance(read, Document):
            merge.check(read, FIELDS)
        else:
            assert isinstance(read, ProblemsFound)
        assert all(problem.line <= len(re.split(r"\r\n|\r|\n", source)) for problem in read.problems)


@tries
@given(text=LONG_TEXTS)
def test_a_block_of_text_is_read_letter_by_letter(text: str) -> None:
    """What is typed below `|` is what is read, sign by sign."""
    lines = [line for line in re.split(r"[\n\r\x85\u2028\u2029]", text) if line.strip(" ")]
    lines = [
        "".join(sign for sign in line if sign == "\t" or unicodedata.category(sign) not in ("Cc", "Cs")).strip() for line in lines
    ]
    lines = [line.replace("\ufeff", "") for line in lines if line.strip()]
    if not lines:
        return
    document = parse_document("a: |\n" + "".join(f"  {line}\n" for line in lines), "a.yaml")
    assert document.root.plain() == {"a": "".join(f"{line}\n" for line in lines)}


@tries
@given(
    raw=st.one_of(
        st.text(SIGNS, max_size=80), TEXTS, st.emails(), st.from_regex(r"[a-zA-Z0-9.@_'\-\[\]\" ]{0,60}", fullmatch=True)
    )
)
def test_any_address_is_one_for_the_envelope_or_refused(raw: str) -> None:
    """What comes out is ASCII without a blank, a line end or a bracket, and comes out the same a second time."""
    address = outcome(lambda: envelope_address(raw))
    if not isinstance(address, str):
        assert str(address)
        return
    assert address.isascii()
    assert not re.search(r"[\s<>,;:\x00-\x1f\x7f]", address)
    assert address.count("@") == 1
    assert envelope_address(address) == address


@tries
@given(
    content=st.one_of(
        st.binary(max_size=400),
        LONG_TEXTS.map(lambda text: text.encode()),
        LONG_TEXTS.map(lambda text: f"email,name\n{text}".encode()),
    )
)
def test_any_file_is_a_list_or_a_problem(content: bytes) -> None:
    """Noise in the place of a list ends in words, and every row of a list has its line."""
    path = folder() / "noise.csv"
    path.write_bytes(content)
    rows = outcome(lambda: list(SubscriberList(path).rows()))
    if not isinstance(rows, list):
        assert str(rows).startswith(str(path))
        return
    lines = [row.line for row in rows]
    assert lines == sorted(set(lines))
    assert all(isinstance(row, (Subscriber, LeftOut)) for row in rows)


@tries
@given(value=TEXTS)
def test_a_value_in_a_link_is_the_value_again_when_decoded(value: str) -> None:
    """A website gets exactly what the cell says."""
    written = write_link(one_line(value))
    assert unquote(written) == one_line(value)
    assert re.fullmatch(r"[A-Za-z0-9%._~-]*", written)
